"""The paged lists of 1.11: which parameters they take and which they answer with HTTP 400."""

from typing import Any

from fateflow_client.local.conf import ROLES
from fateflow_client.local.shapes import JsonObject, as_list
from fateflow_client.local.store.query import RowTable

_STATUSES = ("success", "running", "waiting", "failed", "canceled")
_ORDERS = ("job_id", "task_version", "create_time", "start_time", "end_time", "elapsed")
_DIRECTIONS = ("asc", "desc")


class BadParameterError(Exception):
    """A parameter has a value that the list does not take.

    Args:
        name: The parameter or parameters.
    """

    def __init__(self, *names: str) -> None:
        super().__init__("Invalid parameter " + " or ".join(f"'{name}'" for name in names) + ".")


def list_jobs(table: RowTable, asked: JsonObject) -> JsonObject:
    """``job/list/job``: newest first, rejected submits hidden, keys without ``f_``."""
    clauses: list[str] = ["tag != ?"]
    values: list[Any] = ["submit_failed"]
    for name in ("job_id", "description"):
        if asked.get(name) is not None:
            _contains(clauses, values, name, asked[name])
    if asked.get("party_id") is not None:
        _contains(clauses, values, "party_id", _integer(asked["party_id"], "party_id"))
    if asked.get("partner") is not None:
        name = "partner"
        raise KeyError(name)  # the real server trips over this one; clients must see it
    for name, known in (("role", ROLES), ("status", _STATUSES)):
        if asked.get(name) is not None:
            _one_of(clauses, values, name, asked[name], known)
    rows, count = _page(table, asked, clauses, values, ("create_time", "desc"))
    for row in rows:
        row["party_id"] = int(row["party_id"])
        everyone = {party for parties in row["roles"].values() for party in parties}
        row["partners"] = sorted(everyone - {row["party_id"]})
    return {"jobs": rows, "count": count}


def list_tasks(table: RowTable, asked: JsonObject) -> JsonObject:
    """``job/list/task``: oldest first, keys without ``f_``."""
    clauses: list[str] = []
    values: list[Any] = []
    if asked.get("role") is not None:
        _one_of(clauses, values, "role", asked["role"], ROLES)
    if asked.get("party_id") is not None:
        clauses.append("party_id = ?")
        values.append(str(_integer(asked["party_id"], "party_id")))
    for name in ("job_id", "component_name"):
        if asked.get(name) is not None:
            clauses.append(f"{name} = ?")
            values.append(str(asked[name]))
    rows, count = _page(table, asked, clauses, values, ("create_time", "asc"))
    return {"tasks": rows, "count": count}


def _contains(clauses: list[str], values: list[Any], name: str, wanted: Any) -> None:
    clauses.append(f"instr({name}, ?) > 0")
    values.append(str(wanted))


def _one_of(
    clauses: list[str], values: list[Any], name: str, wanted: Any, known: tuple[str, ...]
) -> None:
    listed = as_list(wanted)
    several = [wanted] if listed is None else listed
    if any(value not in known for value in several):
        raise BadParameterError(name)
    clauses.append(f"{name} IN ({', '.join('?' * len(several))})")
    values.extend(several)


def _integer(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise BadParameterError(name) from None


def _page(
    table: RowTable,
    asked: JsonObject,
    clauses: list[str],
    values: list[Any],
    default: tuple[str, str],
) -> tuple[list[JsonObject], int]:
    try:
        limit, page = int(asked.get("limit", 0)), int(asked.get("page", 1))
    except (TypeError, ValueError):
        raise BadParameterError("limit", "page") from None
    order_by = asked.get("order_by", default[0])
    order = asked.get("order", default[1])
    if order_by not in _ORDERS or (order_by == "task_version" and "tag != ?" in clauses):
        raise BadParameterError("order_by")
    if order not in _DIRECTIONS:
        raise BadParameterError("order")
    return table.where(
        clauses,
        values,
        order_by=order_by,
        descending=order == "desc",
        limit=limit,
        offset=limit * (max(page, 1) - 1),
    )
