"""JSON values and the narrow readings of them that the server needs."""

from collections.abc import Iterable
from typing import Any, cast

JsonObject = dict[str, Any]


def as_object(value: object) -> JsonObject | None:
    """The value if it is a JSON object, else None."""
    return cast("JsonObject", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any] | None:
    """The value if it is a JSON array, else None."""
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else None


def merged(base: JsonObject, over: JsonObject) -> JsonObject:
    """A new object: ``over`` laid on ``base``, objects merged key by key."""
    result = dict(base)
    for key, value in over.items():
        below, above = as_object(result.get(key)), as_object(value)
        result[key] = merged(below, above) if below is not None and above is not None else value
    return result


def id_order(sid: str) -> tuple[int, str]:
    """The sort key of row ids: FATE's standalone storage yields shorter ids first."""
    return len(sid), sid
