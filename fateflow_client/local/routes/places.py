"""Which component on which party a request asks about, and what releases say if there is none."""

from typing import Any

from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import ExceptionReplyError, body, day_of
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.query import SQLError
from fateflow_client.local.store.tracking import Place

FOUR = ("job_id", "component_name", "role", "party_id")
NO_PARSER = "can not get dag parser, please check if the parameters are correct"


def item(asked: JsonObject, name: str) -> Any:
    """A member of the body; its absence is the real server's KeyError."""
    if name not in asked:
        raise KeyError(name)
    return asked[name]


def filters(place: Place) -> JsonObject:
    """The place as filters on tasks."""
    return dict(zip(FOUR, place.key(), strict=True))


def asked_place(parts: Parts, asked: JsonObject | None = None) -> Place:
    """The component asked for; the initiator's party when none is named."""
    asked = body() if asked is None else asked
    job_id = str(item(asked, "job_id"))
    role, party_id = asked.get("role"), asked.get("party_id")
    both = role is None and party_id is None
    if both or (not parts.release.pair_fill and (role is None or party_id is None)):
        first = parts.state.jobs.initiator(job_id) or {}
        role = first.get("role") if role is None else role
        party_id = first.get("party_id") if party_id is None else party_id
    name = str(item(asked, "component_name"))
    return Place(job_id, name, str(role), str(party_id))


def check_day(parts: Parts, kind: str, day: str) -> None:
    """The day's table must exist.

    Raises:
        SQLError: It does not.
    """
    if not parts.state.tracking.has_day(kind, day):
        table = {"metric": "t_tracking_metric", "summary": "t_component_summary"}[kind]
        message = f"SQLError: no such table: {table}_{day}"
        raise SQLError(message)


def metric_place(parts: Parts) -> Place:
    """The component whose metrics are asked for.

    Raises:
        SQLError: No metric was ever written on the job's day, on releases that show it.
    """
    asked = body()
    day = day_of(item(asked, "job_id"))
    if "metric" in parts.release.day_tables:
        check_day(parts, "metric", day)
    return asked_place(parts, asked)


def in_dsl(parts: Parts, place: Place) -> bool:
    """Whether the job's DSL has the component."""
    first = parts.state.jobs.initiator(place.job_id)
    return first is not None and place.component_name in first["dsl"]["components"]


def check_component(parts: Parts, place: Place) -> None:
    """The component must be in the DSL.

    Raises:
        ExceptionReplyError: It is not.
    """
    if not in_dsl(parts, place):
        message = f"Component {place.component_name} does not exist, please have a check"
        raise ExceptionReplyError(message)
