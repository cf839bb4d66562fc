"""Where everything stands in a JSON text: offsets for every JSON pointer."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(rf'(?P<string>{_STRING})|(?P<mark>[{{}}\[\],:])|(?P<plain>[^\s{{}}\[\],:"]+)')
_CONSTANT = re.compile(rf"{_STRING}|(?P<constant>-?\bInfinity\b|\bNaN\b)")


@dataclass(slots=True)
class Positions:
    """Offsets into a text, by JSON pointer; of what stands twice, those of the last one."""

    values: dict[str, int] = field(default_factory=dict[str, int])
    """Where each value begins."""
    keys: dict[str, int] = field(default_factory=dict[str, int])
    """Where each key begins."""
    again: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Keys that their object has already, in the order of the text."""


@dataclass(slots=True)
class _Frame:
    pointer: str
    is_object: bool
    key_next: bool
    index: int = 0
    seen: set[str] = field(default_factory=set[str])


def join(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a path of keys and indexes."""
    return "".join(f"/{escape(str(part))}" for part in parts)


def escape(key: str) -> str:
    """A key as it stands in a pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def split(pointer: str) -> list[str]:
    """The keys and indexes of a pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def scan(text: str) -> Positions:
    """Find everything in a text that json.loads has read; another text gives nonsense."""
    found = Positions()
    stack: list[_Frame] = []
    here = ""
    for match in _TOKEN.finditer(text):
        start, mark = match.start(), match["mark"]
        top = stack[-1] if stack else None
        if mark in ("{", "["):
            found.values[here] = start
            stack.append(_Frame(here, mark == "{", mark == "{"))
            if mark == "[":
                here = f"{here}/0"
        elif mark in ("}", "]"):
            stack.pop()
        elif mark == "," and top:
            if top.is_object:
                top.key_next = True
            else:
                top.index += 1
                here = f"{top.pointer}/{top.index}"
        elif mark is None and top and top.key_next:
            top.key_next = False
            key = str(json.loads(match["string"]))
            here = f"{top.pointer}/{escape(key)}"
            if key in top.seen:
                found.again.append((here, start))
            top.seen.add(key)
            found.keys[here] = start
        elif mark is None:
            found.values[here] = start
    return found


def find_constant(text: str) -> int | None:
    """Where the first NaN or Infinity stands, which Python reads and JSON does not know."""
    for match in _CONSTANT.finditer(text):
        if match["constant"]:
            return match.start()
    return None


class Lines:
    """Turns offsets into lines and columns, both counted from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *_after_breaks(text)]

    def at(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _after_breaks(text: str) -> Iterable[int]:
    return (match.end() for match in re.finditer(r"\r\n|\n|\r", text))
