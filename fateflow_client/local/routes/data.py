"""Routes below /v1/data: upload and its history, download to the server's own disk."""

import json
from typing import Any

from flask import Blueprint, Response, g, request

from fateflow_client.local.localjobs import submit_local
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import ExceptionReplyError, body, envelope, error_reply
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.tracking import Place

_UPLOAD_NEEDS = ("head", "partition", "namespace", "table_name")
_DOWNLOAD_NEEDS = ("namespace", "table_name", "output_path")
_INTEGERS = ("head", "partition", "drop", "extend_sid", "auto_increasing_sid")
_UPLOAD_PARAMS = (
    "head",
    "partition",
    "namespace",
    "file",
    "storage_engine",
    "storage_address",
    "extend_sid",
    "auto_increasing_sid",
    "block_size",
)
_META_PARAMS = ("id_delimiter", "schema", "with_meta", "meta")


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("data", __name__, url_prefix="/data")
    state, release = parts.state, parts.release

    @routes.post("/upload")
    def upload() -> Response:
        config, is_server_file = _configuration(parts)
        _check(parts, config, _UPLOAD_NEEDS)
        job_id = parts.submitter.ids.new()
        namespace, name = str(config["namespace"]), str(config["table_name"])
        drop = int(config.get("drop") or 0)
        destroy = drop == 1 if release.exact_drop else drop > 0
        if not destroy and state.tables.get(namespace, name) is not None:
            raise ExceptionReplyError(release.exists)
        received = state.uploads / f"{job_id}.csv"
        if not is_server_file:
            request.files["file"].save(received)
            config["file"] = str(received)
        names = _UPLOAD_PARAMS + (_META_PARAMS if release.id_delimiter else ("delimiter",))
        params = {name: config[name] for name in names if config.get(name) is not None}
        params |= {"name": config["table_name"], "destroy": destroy}
        return submit_local(parts, ("upload_0", "Upload"), config, params, job_id)

    @routes.post("/download")
    def download() -> Response:
        config = dict(body())
        _check(parts, config, _DOWNLOAD_NEEDS)
        params = {
            "delimiter": str(config.get("delimiter", ",")),
            "name": config["table_name"],
            "namespace": config["namespace"],
            "output_path": str(config["output_path"]),
        }
        job_id = parts.submitter.ids.new()
        return submit_local(parts, ("download_0", "Download"), config, params, job_id)

    @routes.post("/upload/history")
    def history() -> Response:
        asked = body()
        filters: JsonObject = {"component_module": "Upload", "party_status": "success"}
        tasks = state.jobs.tasks.select({**filters, "job_id": asked.get("job_id")})
        limit: Any = asked.get("limit")
        tasks = tasks[-1 : -limit - 1 : -1] if limit else tasks[::-1]
        shown = [item for task in tasks if (item := _shown(parts, task))]
        if not shown and release.history_fails:
            message = "'tuple' object has no attribute 'items'"
            raise AttributeError(message)
        return envelope(shown)

    @routes.post("/<word>")
    def other(word: str) -> Response:
        if not release.html_errors:
            return error_reply(400, f"Cannot support this operating: {word}")
        message = f"can not support this operating: {word}"
        raise ExceptionReplyError(message)

    return routes


def _configuration(parts: Parts) -> tuple[JsonObject, bool]:
    """The upload's configuration, and whether it names a file on the server."""
    posted = as_object(g.body)
    if posted is not None and posted.get("use_local_data", 1) == 0:
        return dict(posted), True
    _ = request.files["file"]  # its absence is answered before the configuration is looked at
    flat = request.args.to_dict()
    if not flat and parts.release.form_config:
        flat = request.form.to_dict()
    if "namespace" in flat and "table_name" in flat:
        return dict(flat), False
    # One JSON document as the whole query: it arrives as the name of the first argument.
    config = as_object(json.loads(list(flat)[0]))  # noqa: RUF015 IndexError is the answer
    if config is None:
        message = "argument after ** must be a mapping"
        raise TypeError(message)
    return config, False


def _check(parts: Parts, config: JsonObject, needed: tuple[str, ...]) -> None:
    modes = ("work_mode",) if parts.release.work_mode else ()
    missing = [name for name in (*modes, *needed) if name not in config]
    if missing:
        message = f"required parameters are missing: {','.join(missing)};"
        if parts.release.missing_raises:
            raise ExceptionReplyError(message)
        raise KeyError(f"{message} ")
    for name in (*modes, *_INTEGERS):
        if config.get(name) is not None:
            config[name] = int(config[name])


def _shown(parts: Parts, task: JsonObject) -> JsonObject:
    place = Place(task["job_id"], task["component_name"], task["role"], task["party_id"])
    info = parts.state.tracking.document(place, "upload")
    if info is None:
        return {}
    named: JsonObject = info["upload_info"]
    if parts.state.tables.get(named["namespace"], named["table_name"]) is None:
        return {}
    return {task["job_id"]: {**info, "schema": parts.present.schema(info["schema"])}}
