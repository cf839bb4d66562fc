"""Documents as users wrote them: their value, and where each part of it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, cast

from pydantic import BaseModel

from fateflow_client._core.log import log
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.files import read_text
from fateflow_client.jobconf.scan import Lines, Positions, find_constant, scan

logger = log("jobconf")

SCHEMA_KEY = "$schema"
"""What editors read to know a document's schema; it is not part of the document."""


@dataclass(frozen=True)
class Source:
    """A document: its value, and the text and file it came from if there are any.

    Attributes:
        document: What it is: ``conf``, ``dsl``, ``upload`` ...
        value: The value without a ``$schema``; None where the text is no JSON.
        text: The text it was read from, or None.
        path: The file it was read from, or None.
        broken: Why the text is no JSON, and at which offset as far as that is known.
        has_repeats: Whether some object of the text has a key twice.
    """

    document: str
    value: Any
    text: str | None = field(default=None, repr=False)
    path: Path | None = None
    broken: tuple[str, int | None] | None = None
    has_repeats: bool = False

    @cached_property
    def _positions(self) -> Positions:
        return scan(self.text) if self.text is not None and not self.broken else Positions()

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text or "")

    def place(self, pointer: str, *, at_key: bool = False) -> tuple[int, int] | None:
        """Where a part stands in the text, as line and column from 1; None without a text.

        Args:
            pointer: The part. What the text lacks stands where the nearest thing around it does.
            at_key: The place of its key instead of its value's.
        """
        if self.text is None:
            return None
        if self.broken:
            return None if self.broken[1] is None else self._lines.at(self.broken[1])
        if at_key and pointer in self._positions.keys:
            return self._lines.at(self._positions.keys[pointer])
        while pointer and pointer not in self._positions.values:
            pointer = pointer.rpartition("/")[0]
        return self._lines.at(self._positions.values.get(pointer, 0))

    def repeats(self) -> list[tuple[str, tuple[int, int]]]:
        """Keys that an object has twice, of which the last one counts: pointers and places."""
        if not self.has_repeats:
            return []
        return [(pointer, self._lines.at(at)) for pointer, at in self._positions.again]


SourceIn: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | BaseModel | Source
"""A path, JSON text (a string that begins with a brace), a mapping, a model or a source."""


def load(value: SourceIn, document: str) -> Source:
    """Read a document.

    Args:
        value: A path (also a string, unless it begins with ``{``: that is JSON text), a mapping, a
            model, or a source, which is given back as it is.
        document: What it is, for messages.

    Raises:
        InputFileError: The file is missing or unreadable, or the value holds what JSON cannot
            express. A text that is no JSON is no error here: see ``Source.broken``.
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, str) and value.lstrip("\ufeff \t\r\n").startswith("{"):
        return from_text(value, document)
    if isinstance(value, str | os.PathLike):
        path = Path(value)
        if not str(value).strip():
            raise InputFileError(f"the path of the {document} is empty", source=document)
        logger.info("%s is read from %s", document, path)
        return from_text(read_text(path), document, path)
    return Source(document, _without_schema(_plain(value, document)))


def from_text(text: str, document: str, path: Path | None = None) -> Source:
    """Read a document from JSON text, with or without a byte order mark."""
    text = text.removeprefix("\ufeff")
    repeats = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        found = dict(pairs)
        repeats |= len(found) != len(pairs)
        return found

    try:
        value: object = json.loads(text, object_pairs_hook=members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return Source(document, None, text, path, (error.msg, error.pos))
    except _ConstantError as error:
        return Source(document, None, text, path, (str(error), find_constant(text)))
    except (ValueError, RecursionError) as error:
        return Source(document, None, text, path, (str(error), None))
    return Source(document, _without_schema(value), text, path, None, repeats)


def is_object(value: object) -> bool:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


class _ConstantError(ValueError):
    pass


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is no JSON")


def _without_schema(value: object) -> object:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {key: member for key, member in members.items() if key != SCHEMA_KEY}
    return value


def _plain(value: Mapping[str, Any] | BaseModel, document: str) -> object:
    """A copy by way of JSON: the caller's object is not kept."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=_mapping))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputFileError(
            f"the {document} holds what JSON cannot express: {error}", source=document
        ) from None


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"a {type(value).__name__}")
