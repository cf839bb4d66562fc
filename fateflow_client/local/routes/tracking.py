"""Routes below /v1/tracking/component: what components were told and what they left behind."""

import json
from collections.abc import Iterator
from typing import IO, Any

from flask import Blueprint, Response, g

from fateflow_client.local.replies import (
    archive,
    attachment,
    body,
    envelope,
    error_reply,
    lines_member,
    required,
    text_member,
)
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.state import State
from fateflow_client.local.store.tracking import Place

_FOUR = ("job_id", "component_name", "role", "party_id")
_NO_SUMMARY = "No component summary found, please check if arguments are specified correctly."


def blueprint(state: State) -> Blueprint:
    """The routes."""
    routes = Blueprint("tracking", __name__, url_prefix="/tracking/component")
    jobs, tracking = state.jobs, state.tracking

    def asked_place() -> tuple[JsonObject, Place]:
        """The component asked for; the initiator's party when none is named."""
        asked = body()
        job_id = str(_item(asked, "job_id"))
        role, party_id = asked.get("role"), asked.get("party_id")
        if role is None or party_id is None:
            first = jobs.initiator(job_id) or {}
            role = first.get("role") if role is None else role
            party_id = first.get("party_id") if party_id is None else party_id
        name = str(_item(asked, "component_name"))
        return asked, Place(job_id, name, str(role), str(party_id))

    @routes.post("/list")
    def component_list() -> Response:
        job_id = body().get("job_id")
        first = None if job_id is None else jobs.initiator(str(job_id))
        if first is None:
            message = "No job matched, please make sure the job id is valid."
            return envelope(retcode=100, retmsg=message)
        tasks = jobs.tasks.select({"job_id": str(job_id)})
        return envelope({"components": list(dict.fromkeys(t["component_name"] for t in tasks))})

    @routes.post("/parameters")
    def parameters() -> Response:
        _, place = asked_place()
        rows = jobs.tasks.select(_filters(place))
        if not rows:
            return envelope(retcode=101, retmsg="can not found this task")
        shown: JsonObject = rows[0]["component_parameters"]
        data = {name: value for name, value in shown.items() if name.endswith("Param")}
        return envelope({**data, "module": shown["module"]})

    @routes.post("/metrics")
    def metrics() -> Response:
        _, place = asked_place()
        found = tracking.metrics(place)
        names = {namespace: list(metrics) for namespace, metrics in found.items()}
        return envelope(names, retmsg="success" if names else "no data")

    @routes.post("/metric/all")
    def metric_all() -> Response:
        _, place = asked_place()
        found = tracking.metrics(place)
        for named in found.values():
            for metric in named.values():
                metric["data"].sort(key=_sortable)
        return envelope(found, retmsg="success" if found else "no data")

    @routes.post("/summary/download")
    def summary() -> Response:
        asked = required(*_FOUR)
        place = Place(*(str(asked[name]) for name in _FOUR))
        found = tracking.document(place, "summary")
        if found is None:
            return error_reply(210, _NO_SUMMARY)
        filename = asked.get("filename")
        return attachment(found, str(filename)) if filename else envelope(found)

    @routes.post("/output/model")
    def output_model() -> Response:
        _, place = asked_place()
        party = {"job_id": place.job_id, "role": place.role, "party_id": place.party_id}
        if not jobs.rows.select(party):
            message = "'NoneType' object has no attribute 'runtime_conf_on_party'"
            raise AttributeError(message)
        model = tracking.document(place, "model")
        if model is None:
            return envelope({}, retmsg="no define_meta")
        meta = {"meta_data": model["meta"], "module_name": model["module"]}
        return envelope(model["data"], meta=meta)

    @routes.get("/output/data/download")
    def output_data() -> Response:
        asked = as_object(g.body)
        if asked is None:
            message = f"'{type(g.body).__name__}' object is not subscriptable"
            raise TypeError(message)
        place = Place(*(str(_item(asked, name)) for name in _FOUR))
        if not jobs.tasks.select(_filters(place)):
            message = f"no found task, please check if the parameters are correct:{asked}"
            raise ValueError(message)
        limit = asked.get("limit", -1)
        if limit == 0:
            return error_reply(210, "limit is 0")
        outputs = tracking.outputs(place)
        if not outputs:
            return error_reply(210, "no data")
        # A limit that is no number is ignored, as 1.11 does.
        cut = limit if isinstance(limit, int) and limit > 0 else None
        name = f"job_{place.job_id}_{place.component_name}_{place.role}_{place.party_id}"
        members = _members(state, outputs, cut, head=bool(asked.get("head", True)))
        return archive(f"{name}_output_data.tar.gz", members)

    return routes


def _item(asked: JsonObject, name: str) -> Any:
    """A member of the body; its absence is the real server's KeyError."""
    if name not in asked:
        raise KeyError(name)
    return asked[name]


def _filters(place: Place) -> JsonObject:
    return dict(zip(_FOUR, place.key(), strict=True))


def _sortable(pair: list[Any]) -> tuple[bool, Any]:
    return isinstance(pair[0], str), pair[0]


def _members(
    state: State, outputs: list[tuple[str, int]], limit: int | None, *, head: bool
) -> Iterator[tuple[str, IO[bytes], int]]:
    for name, frame_id in outputs:
        columns, _ = state.frames.describe(frame_id)

        def lines(frame: int = frame_id, header: list[str] = columns) -> Iterator[str]:
            if head and header:
                yield ",".join(header)
            yield from state.frames.lines(frame, limit)

        yield lines_member(f"{name}.csv", lines())
        yield text_member(f"{name}.meta", json.dumps({"header": columns}, indent=4))
