"""Documents: the confs and DSLs that a request names, read once per call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from pydantic import BaseModel

from fateflow_client._core.endpoint import Document, Documents, Endpoint
from fateflow_client._core.log import log
from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.domain._base import Request
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.files import read_text

logger = log("documents")


def load(endpoint: Endpoint[Any, Any], request: Request) -> Documents:
    """Read every document that ``request`` names. Raises InputFileError; nothing was sent then."""
    documents: dict[str, Document] = {}
    for name in endpoint.documents:
        value: object = getattr(request, name)
        if value is not None:
            documents[name] = _document(name, value)
            documents[name].value.pop("$schema", None)  # for editors; no server knows it
    for name, model in endpoint.confs.items():
        if name in documents:
            model.model_validate(documents[name].value)
    for name in endpoint.name_lists:
        path: object = getattr(request, name)
        if isinstance(path, Path):
            documents[name] = Document({"names": read_names(path)}, path)
    return documents


def _document(name: str, value: object) -> Document:
    if isinstance(value, Path):
        logger.info("%s is read from %s", name, value)
        return Document(read_object(value), value)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    try:
        # A copy by way of JSON: the caller's object is not kept, and cannot hold what JSON cannot.
        copy = json.loads(json.dumps(value, allow_nan=False, default=_mapping))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputFileError(
            f"{name} holds what JSON cannot express: {error}", source=name
        ) from None
    if not isinstance(copy, dict):
        raise InputFileError(f"{name} is no JSON object", source=name)
    return Document(mapping(cast("object", copy)), None)


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"a {type(value).__name__}")


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object from a UTF-8 file, with or without a byte order mark."""
    source = str(path)
    text = read_text(path)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"{source} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            source=source,
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{source} is not JSON: {error}", source=source) from None
    if not isinstance(value, dict):
        raise InputFileError(f"{source} holds a JSON {_kind(value)}, not an object", source=source)
    return mapping(cast("object", value))


def read_names(path: Path) -> list[str]:
    """Read names from a file: a JSON list of strings, or names between commas and line breaks."""
    text = read_text(path)
    names: list[object] | None = None
    if text.lstrip().startswith("["):
        try:
            names = sequence(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise InputFileError(f"{path} is not JSON: {error}", source=str(path)) from None
    found = re.split(r"[,\n]", text) if names is None else names
    result = [name.strip() for name in found if isinstance(name, str) and name.strip()]
    if not result or (names is not None and len(result) != len(names)):
        raise InputFileError(
            f"{path} holds no list of names",
            source=str(path),
            hint='Write ["a_0", "b_0"], or a_0, b_0, or one to a line.',
        )
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    return "null" if value is None else "number or truth value"
