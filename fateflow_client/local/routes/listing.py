"""The lists of jobs and tasks: bare up to 1.7.0, later paged and picky about parameters."""

from typing import Any

from fateflow_client.local.conf import ROLES
from fateflow_client.local.release import Release
from fateflow_client.local.shapes import JsonObject, as_list
from fateflow_client.local.store.query import RowTable

_STATUSES = ("success", "running", "waiting", "failed", "canceled")
_ORDERS = ("job_id", "task_version", "create_time", "start_time", "end_time", "elapsed")
_DIRECTIONS = ("asc", "desc")


class BadParameterError(Exception):
    """A parameter has a value that the list does not take.

    Args:
        names: The parameter or parameters.
        prefix: A word more that some releases have in their text.
    """

    def __init__(self, *names: str, prefix: str = "") -> None:
        shown = " or ".join(f"'{name}'" for name in names)
        super().__init__(f"Invalid parameter {prefix}{shown}.")


def list_jobs(table: RowTable, asked: JsonObject | None, release: Release) -> JsonObject:
    """``job/list/job``: newest first, rejected submits hidden, keys without ``f_``."""
    asked = _body(asked)
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
    rows, count = _page(table, asked, clauses, values, ("create_time", "desc"), release)
    for row in rows:
        row["party_id"] = int(row["party_id"])
        everyone = {party for parties in row["roles"].values() for party in parties}
        row["partners"] = sorted(everyone - {row["party_id"]})
    return {"jobs": rows, "count": count}


def list_tasks(table: RowTable, asked: JsonObject | None, release: Release) -> JsonObject:
    """``job/list/task``: oldest first, keys without ``f_``."""
    asked = _body(asked)
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
    rows, count = _page(table, asked, clauses, values, ("create_time", "asc"), release)
    return {"tasks": rows, "count": count}


def _body(asked: JsonObject | None) -> JsonObject:
    if asked is None:
        raise BadParameterError("limit", "page")
    return asked


def bare_rows(table: RowTable, asked: JsonObject) -> list[JsonObject]:
    """The lists up to 1.7.0: newest first, and a limit is all they know."""
    limit: Any = asked.get("limit")
    # The comparison fails on null and text with the texts that clients see.
    count = limit if limit > 0 else 0
    return table.where([], [], order_by="create_time", descending=True, limit=count)[0]


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
    release: Release,
) -> tuple[list[JsonObject], int]:
    try:
        limit, page = int(asked.get("limit", 0)), int(asked.get("page", 1))
    except (TypeError, ValueError):
        raise BadParameterError("limit", "page") from None
    order_by = asked.get("order_by", default[0])
    order = asked.get("order", default[1])
    of_jobs = "tag != ?" in clauses
    no_version = of_jobs or release.old_order_text
    if order_by not in _ORDERS or (order_by == "task_version" and no_version):
        raise BadParameterError("order_by")
    if order not in _DIRECTIONS:
        raise BadParameterError("order", prefix="order " if release.old_order_text else "")
    return table.where(
        clauses,
        values,
        order_by=order_by,
        descending=order == "desc",
        limit=limit,
        offset=limit * (max(page, 1) - 1),
    )
