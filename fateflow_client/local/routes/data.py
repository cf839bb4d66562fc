"""Routes below /v1/data: upload and its history."""

import json
from typing import Any

from flask import Blueprint, Response, g, request

from fateflow_client.local.conf import SubmitRejectedError
from fateflow_client.local.replies import ExceptionReplyError, body, envelope
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.state import State
from fateflow_client.local.store.tracking import Place
from fateflow_client.local.submit import Submitter

_REQUIRED = ("head", "partition", "namespace", "table_name")
_INTEGERS = ("head", "partition", "drop", "extend_sid", "auto_increasing_sid")
_UPLOAD_PARAMS = (
    "head",
    "partition",
    "namespace",
    "file",
    "id_delimiter",
    "storage_engine",
    "storage_address",
    "extend_sid",
    "auto_increasing_sid",
    "block_size",
    "schema",
    "with_meta",
    "meta",
)
_JOB_PARAMS = ("task_cores", "eggroll_run", "spark_run", "computing_engine", "federation_engine")
_EXISTS = (
    "The data table already exists."
    "If you still want to continue uploading, please add the parameter --drop"
)


def blueprint(state: State, submitter: Submitter) -> Blueprint:
    """The routes."""
    routes = Blueprint("data", __name__, url_prefix="/data")

    @routes.post("/upload")
    def upload() -> Response:
        config, is_server_file = _configuration()
        _check(config)
        job_id = submitter.ids.new()
        namespace, name = str(config["namespace"]), str(config["table_name"])
        destroy = int(config.get("drop") or 0) > 0
        if not destroy and state.tables.get(namespace, name) is not None:
            raise ExceptionReplyError(_EXISTS)
        received = state.uploads / f"{job_id}.csv"
        if not is_server_file:
            request.files["file"].save(received)
            config["file"] = str(received)
        conf = _upload_conf(config, destroy=destroy)
        dsl: JsonObject = {"components": {"upload_0": {"module": "Upload"}}}
        answer: JsonObject = {"table_name": name, "namespace": namespace, "job_id": job_id}
        try:
            answer |= submitter.submit(job_id, conf, dsl)
        except SubmitRejectedError as error:
            received.unlink(missing_ok=True)
            # The envelope says success: this is where 1.11 hides a rejected upload.
            answer |= {"code": 103, "message": error.traceback()}
        return envelope(answer, job_id=job_id)

    @routes.post("/upload/history")
    def history() -> Response:
        asked = body()
        filters: JsonObject = {"component_module": "Upload", "party_status": "success"}
        tasks = state.jobs.tasks.select({**filters, "job_id": asked.get("job_id")})
        limit: Any = asked.get("limit")
        tasks = tasks[-1 : -limit - 1 : -1] if limit else tasks[::-1]
        shown = [_shown(state, task) for task in tasks]
        return envelope([item for item in shown if item])

    return routes


def _configuration() -> tuple[JsonObject, bool]:
    """The upload's configuration, and whether it names a file on the server."""
    posted = as_object(g.body)
    if posted is not None and posted.get("use_local_data", 1) == 0:
        return dict(posted), True
    _ = request.files["file"]  # its absence is answered before the configuration is looked at
    flat = request.args.to_dict() or request.form.to_dict()
    if "namespace" in flat and "table_name" in flat:
        return dict(flat), False
    # One JSON document as the whole query: it arrives as the name of the first argument.
    config = as_object(json.loads(list(flat)[0]))  # noqa: RUF015 IndexError is the answer
    if config is None:
        message = "argument after ** must be a mapping"
        raise TypeError(message)
    return config, False


def _check(config: JsonObject) -> None:
    missing = [name for name in _REQUIRED if name not in config]
    if missing:
        message = f"required parameters are missing: {','.join(missing)}; "
        raise KeyError(message)
    for name in _INTEGERS:
        if config.get(name) is not None:
            config[name] = int(config[name])


def _upload_conf(config: JsonObject, *, destroy: bool) -> JsonObject:
    party_id = int(config.get("party_id") or 0)
    upload = {name: config[name] for name in _UPLOAD_PARAMS if config.get(name) is not None}
    upload |= {"name": config["table_name"], "destroy": destroy}
    common = {name: config[name] for name in _JOB_PARAMS if config.get(name) is not None}
    return {
        "dsl_version": 2,
        "initiator": {"role": "local", "party_id": party_id},
        "role": {"local": [party_id]},
        "job_parameters": {"common": common},
        "component_parameters": {"role": {"local": {"0": {"upload_0": upload}}}},
    }


def _shown(state: State, task: JsonObject) -> JsonObject:
    place = Place(task["job_id"], task["component_name"], task["role"], task["party_id"])
    info = state.tracking.document(place, "upload")
    if info is None:
        return {}
    named: JsonObject = info["upload_info"]
    if state.tables.get(named["namespace"], named["table_name"]) is None:
        return {}
    return {task["job_id"]: info}
