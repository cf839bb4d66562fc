"""Looking into JSON of unknown shape without believing anything about it."""

from __future__ import annotations

from typing import Any, cast


def mapping(value: object) -> dict[str, Any]:
    """The value if it is an object; otherwise an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any] | None:
    """The value if it is an array; otherwise None."""
    return list(cast("tuple[Any, ...]", value)) if isinstance(value, list) else None
