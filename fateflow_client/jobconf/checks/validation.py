"""What pydantic says about a document, as problems with codes and pointers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import Problem, closest, warning
from fateflow_client.jobconf.checks.outline import missing
from fateflow_client.jobconf.scan import join, split


def check_model(document: str, model: type[BaseModel], value: dict[str, Any]) -> Iterator[Problem]:
    """Check a document by its model. Values are not in the messages: some are passwords."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        for told in error.errors(include_input=False, include_url=False, include_context=False):
            yield _problem(document, value, told["loc"], told["type"], told["msg"])


def check_keys(document: str, known: frozenset[str], value: dict[str, Any]) -> Iterator[Problem]:
    """Keys that look like one of FATE's. Others are the user's own."""
    for name in value:
        if name not in known and (meant := closest(name, known)):
            message = f"FATE does not read {name}"
            suggestion = None if meant in value else meant
            yield warning("unknown-key", document, join(name), message, suggestion, at_key=True)


def _problem(
    document: str, value: dict[str, Any], loc: tuple[int | str, ...], kind: str, text: str
) -> Problem:
    at_key = bool(loc) and loc[-1] == "[key]"
    pointer = join(*(loc[:-1] if at_key else loc))
    name = pointer.rpartition("/")[2]
    if kind == "missing":
        parent = pointer.rpartition("/")[0]
        return missing(document, parent, name, _at(value, parent))
    text = text.removeprefix("Value error, ")
    code = "wrong-type" if kind.endswith("_type") else "wrong-value"
    message = f"{name}: {text}" if name else text
    return Problem(code, document, pointer, message, at_key=at_key)


def _at(value: object, pointer: str) -> dict[str, Any]:
    for part in split(pointer):
        value = mapping(value).get(part)
    return mapping(value)
