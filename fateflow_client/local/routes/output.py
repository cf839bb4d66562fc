"""Routes below /v1/tracking/component/output/data: a component's rows, and their tables."""

from flask import Blueprint, Response, g

from fateflow_client.local.downloads import members, preview
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import (
    ExceptionReplyError,
    archive,
    envelope,
    error_reply,
    required,
)
from fateflow_client.local.routes.places import (
    FOUR,
    NO_PARSER,
    asked_place,
    check_component,
    filters,
    item,
)
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.tracking import Place

_NO_TABLE = "No found table, please check if the parameters are correct"
_NOTHING_RETURNED = (
    "The view function did not return a valid response. The function either returned None or "
    "ended without a return statement."
)


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("output", __name__, url_prefix="/tracking/component/output/data")
    release, jobs, tracking = parts.release, parts.state.jobs, parts.state.tracking

    @routes.get("/download")
    def download() -> Response:
        try:
            asked, place = _asked(parts)
        except (ExceptionReplyError, KeyError, TypeError) as error:
            if release.data_errors_210:
                return error_reply(210, str(error))
            raise
        limit = asked.get("limit", -1)
        if limit == 0:
            return error_reply(210, "limit is 0")
        # A number as job id finds the task but not the day's table of outputs.
        outputs = tracking.outputs(place) if isinstance(asked["job_id"], str) else []
        if not outputs:
            return error_reply(210, "no data")
        if release.empty_output_fails and not any(
            parts.state.frames.describe(frame_id)[1] for _, frame_id in outputs
        ):
            raise ExceptionReplyError(_NOTHING_RETURNED)
        # A limit that is no number is ignored, as FATE Flow does.
        cut = limit if isinstance(limit, int) and limit > 0 else None
        name = f"job_{place.job_id}_{place.component_name}_{place.role}_{place.party_id}"
        found = members(parts, outputs, cut, head=bool(asked.get("head", True)))
        named = release.named_downloads
        return archive(f"{name}_output_data.tar.gz", found, named=named)

    @routes.post("/table")
    def table() -> Response:
        asked = required("job_id", "role", "party_id", "component_name")
        job_id = str(asked["job_id"])
        if jobs.initiator(job_id) is None:
            return envelope(retcode=100, retmsg="No found job")
        place = {name: asked[name] for name in FOUR}
        found = parts.state.outputs.of_job(job_id, place)
        if not found:
            return envelope(retcode=100, retmsg=_NO_TABLE)
        names = ("data_name", "table_name", "table_namespace")
        return envelope([{name: output[name] for name in names} for output in found])

    @routes.post("")
    def rows() -> Response:
        place = asked_place(parts)
        shown = [
            (name, *preview(parts, frame_id))
            for name, frame_id in tracking.outputs(place)
            if parts.state.frames.describe(frame_id)[1]
        ]
        if not shown:
            return envelope([], retmsg="no data")
        meta: JsonObject = {
            "header": [header for _, _, header, _ in shown],
            "names": [name for name, _, _, _ in shown],
            "total": [total for _, _, _, total in shown],
        }
        return envelope([found for _, found, _, _ in shown], meta=meta)

    return routes


def _asked(parts: Parts) -> tuple[JsonObject, Place]:
    """The body and its place, if the place has a task."""
    asked = as_object(g.body)
    old = parts.release.parser_errors
    if asked is None:
        kind = type(g.body).__name__
        message = f"'{kind}' object is not subscriptable"
        raise TypeError(f"argument of type '{kind}' is not iterable" if old else message)
    place = Place(*(str(item(asked, name)) for name in FOUR))
    if old:
        if parts.state.jobs.initiator(place.job_id) is None:
            raise ExceptionReplyError(NO_PARSER)
        check_component(parts, place)
    elif not parts.state.jobs.tasks.select(filters(place)):
        message = f"no found task, please check if the parameters are correct:{asked}"
        raise ValueError(message)
    return asked, place
