"""Routes below /v1/tracking/component: what components were told, their metrics and models."""

from typing import Any

from flask import Blueprint, Response

from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import (
    ExceptionReplyError,
    attachment,
    body,
    day_of,
    envelope,
    error_reply,
    required,
)
from fateflow_client.local.routes.places import (
    FOUR,
    asked_place,
    check_component,
    check_day,
    filters,
    item,
    metric_place,
)
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.query import SQLError
from fateflow_client.local.store.tracking import Place

_ARGUMENT_ERROR = 101
_NO_SUMMARY = "No component summary found, please check if arguments are specified correctly."


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("tracking", __name__, url_prefix="/tracking/component")
    release, jobs, tracking = parts.release, parts.state.jobs, parts.state.tracking

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
        if release.parser_errors and jobs.initiator(str(body().get("job_id"))) is None:
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="can not found this job")
        place = asked_place(parts)
        if release.parser_errors:
            check_component(parts, place)
        rows = jobs.tasks.select(filters(place))
        if not rows and release.parser_errors:
            return envelope(retmsg="can not found this component parameters")
        if not rows:
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="can not found this task")
        shown: JsonObject = rows[0]["component_parameters"]
        return envelope(parts.present.parameters(shown["module"], shown))

    @routes.post("/metrics")
    def metrics() -> Response:
        found = tracking.metrics(metric_place(parts))
        names = {namespace: list(metrics) for namespace, metrics in found.items()}
        return envelope(names, retmsg="success" if names else "no data")

    @routes.post("/metric/all")
    def metric_all() -> Response:
        found = tracking.metrics(metric_place(parts))
        for named in found.values():
            for metric in named.values():
                metric["data"].sort(key=_sortable)
        return envelope(found, retmsg="success" if found else "no data")

    @routes.post("/metric_data")
    def metric_data() -> Response:
        asked, place = body(), metric_place(parts)
        namespace, name = item(asked, "metric_namespace"), item(asked, "metric_name")
        found = tracking.metrics(place).get(str(namespace), {}).get(str(name))
        if found is None:
            return envelope([], meta={"metric_type": None, "name": None})
        return envelope(sorted(found["data"], key=_sortable), meta=found["meta"])

    @routes.post("/metric/delete")
    def metric_delete() -> Response:
        asked = body()
        date = asked.get("model")
        if release.metric_delete == "drop" and date is not None:
            check_day(parts, "metric", str(date))
            tracking.drop_metric_day(str(date))
            return envelope(f"drop table t_tracking_metric_{date}")
        job_id = item(asked, "job_id") if release.metric_delete == "drop" else asked.get("job_id")
        day = day_of(job_id)
        check_day(parts, "metric", day)
        names: tuple[str, ...] = ("job_id", "role", "party_id", "component_name")
        if release.metric_delete == "job":
            names = ("job_id",)
        wanted = {name: str(asked[name]) for name in names if asked.get(name) is not None}
        deleted = tracking.delete_metrics(wanted)
        if release.metric_delete != "drop":
            return envelope(f"delete status: {deleted}")
        shown = " and ".join(f'f_{name}="{value}"' for name, value in wanted.items())
        # Only the text of the answer: the old releases show the statement they ran.
        return envelope(f"delete from t_tracking_metric_{day}  where {shown}")  # noqa: S608

    @routes.post("/summary/download")
    def summary() -> Response:
        try:
            found, asked = _summary(parts)
        except ExceptionReplyError as error:
            return error_reply(210, str(error))
        except SQLError as error:
            return error_reply(210, str(error))
        if found is None:
            return error_reply(210, _NO_SUMMARY)
        filename = asked.get("filename")
        return attachment(found, str(filename)) if filename else envelope(found)

    @routes.post("/output/model")
    def output_model() -> Response:
        place = asked_place(parts)
        party = {"job_id": place.job_id, "role": place.role, "party_id": place.party_id}
        if not jobs.rows.select(party):
            raise AttributeError(release.no_model_job)
        if release.named_components:
            check_component(parts, place)
        model = tracking.document(place, "model")
        if model is None:
            return envelope({}, retmsg=release.no_model)
        meta = {"meta_data": model["meta"], "module_name": model["module"]}
        return envelope(model["data"], meta=meta)

    return routes


def _summary(parts: Parts) -> tuple[JsonObject | None, JsonObject]:
    asked = required(*FOUR)
    job_id = asked["job_id"]
    if not isinstance(job_id, str):
        message = "unsupported operand type(s) for +: 'int' and 'str'"
        raise ExceptionReplyError(message)
    if "summary" in parts.release.day_tables:
        check_day(parts, "summary", day_of(job_id))
    place = Place(*(str(asked[name]) for name in FOUR))
    return parts.state.tracking.document(place, "summary"), asked


def _sortable(pair: list[Any]) -> tuple[bool, Any]:
    return isinstance(pair[0], str), pair[0]
