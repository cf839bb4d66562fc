"""Routes below /v1/job that start, change and end jobs, and the one that fetches their logs."""

from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response

from fateflow_client.local.parts import Parts
from fateflow_client.local.rejections import SubmitRejectedError
from fateflow_client.local.replies import (
    ExceptionReplyError,
    archive,
    body,
    envelope,
    error_reply,
    mapping,
    required,
    text_member,
)
from fateflow_client.local.rerun import RerunError, clean, rerun, update_parameters
from fateflow_client.local.shapes import as_list, as_object
from fateflow_client.local.store.jobs import END_STATUSES

_DATA_ERROR = 102
_OPERATING_ERROR = 103
_ARGUMENT_ERROR = 101
_NO_JOB = "can not found job"


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("job", __name__, url_prefix="/job")
    state, release = parts.state, parts.release
    jobs = state.jobs

    @routes.post("/submit")
    def submit() -> Response:
        posted = body() if release.short_rejections else mapping("type object")
        conf, dsl = posted.get("job_runtime_conf"), posted.get("job_dsl")
        if not release.short_rejections:
            conf, dsl = conf or posted.get("runtime_conf"), dsl or posted.get("dsl")
        job_id = parts.submitter.ids.new()
        try:
            data = parts.submitter.submit(job_id, as_object(conf), dsl)
        except SubmitRejectedError as error:
            if release.short_rejections:
                raise ExceptionReplyError(error.short(), error.per_party) from error
            return envelope(retcode=_OPERATING_ERROR, retmsg=error.traceback(), job_id=job_id)
        return envelope(data, job_id=job_id, retmsg=data.get("message", "success"))

    @routes.post("/stop")
    def stop() -> Response:
        job_id = body().get("job_id")
        if release.stop_needs_text and isinstance(job_id, int):
            message = "unsupported operand type(s) for +: 'int' and 'str'"
            raise TypeError(message)
        if job_id is None or jobs.initiator(str(job_id)) is None:
            if "stop" in release.unknown_logged:
                state.tracking.log_unknown(str(job_id), "stop")
            return envelope(retcode=_DATA_ERROR, retmsg=_NO_JOB)
        wanted = str(body().get("stop_status", "canceled"))
        parts.scheduler.stop(str(job_id), wanted if wanted in END_STATUSES else "canceled")
        return envelope(retmsg=release.stopped)

    @routes.post("/rerun")
    def rerun_job() -> Response:
        asked = body()
        job_id = str(asked.get("job_id"))
        if jobs.initiator(job_id) is None:
            return envelope(retcode=_DATA_ERROR, retmsg=_NO_JOB)
        named = asked.get("component_name")
        names = [str(name) for name in as_list(named) or ([named] if named else [])]
        try:
            rerun(state, job_id, names, force=bool(asked.get("force")))
        except RerunError as error:
            message = f"rerun job failed:\n{error}"
            return envelope(retcode=_OPERATING_ERROR, retmsg=message)
        parts.scheduler.wake()
        return envelope(retmsg="rerun job success")

    @routes.post("/clean")
    def clean_job() -> Response:
        asked = body()
        if not clean(state, asked):
            message = "no found task"
            raise Exception(message)
        return envelope()

    @routes.post("/update")
    def update() -> Response:
        asked = body()
        key = {name: asked[name] for name in ("job_id", "party_id", "role")}
        if asked["job_id"] is None or not jobs.rows.select(key):
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="find job failed")
        jobs.rows.update(key, {"description": str(asked.get("notes", ""))})
        return envelope()

    @routes.post("/parameter/update")
    def parameter_update() -> Response:
        asked = required("job_id")
        first = jobs.initiator(str(asked["job_id"]))
        if first is None:
            return envelope(retcode=_DATA_ERROR, retmsg=_NO_JOB)
        return envelope(update_parameters(state, first, asked))

    @routes.post("/clean/queue")
    def clean_queue() -> Response:
        cleaned: dict[str, int] = {}
        for job_id in jobs.waiting_ids():
            parts.scheduler.stop(job_id)
            cleaned[job_id] = 0
        return envelope(cleaned)

    _log_routes(routes, parts)
    return routes


def _log_routes(routes: Blueprint, parts: Parts) -> None:
    state = parts.state

    def log_folder(job_id: object) -> str:
        return f"{state.folder}/logs/{job_id}"

    def no_log(job_id: str) -> Response:
        path = log_folder(job_id)
        message = f"Log file path: '{path}' not found. Please check if the job id is valid."
        return error_reply(404, message)

    @routes.post("/log/download")
    def log_download() -> Response:
        job_id = str(required("job_id")["job_id"])
        files = state.tracking.logs(job_id)
        if not files:
            return no_log(job_id)
        return archive(f"job_{job_id}_log.tar.gz", _members(files))

    @routes.get("/log")
    def log() -> Response:
        job_id = body().get("job_id") or ""
        if not isinstance(job_id, str):
            message = f"join() argument must be str or bytes, not '{type(job_id).__name__}'"
            raise TypeError(message)
        # Without a job id the release hands out every log of the server.
        files = state.tracking.logs(job_id) if job_id else _all_logs(parts)
        if job_id and not files:
            path = log_folder(job_id)
            message = f"Log file path: {path} not found. Please check if the job id is valid."
            return error_reply(210, message)
        return archive(f"job_{job_id}_log.tar.gz", _members(files))

    @routes.post("/log/path")
    def log_path() -> Response:
        job_id = str(required("job_id")["job_id"])
        if not state.tracking.logs(job_id):
            return no_log(job_id)
        return envelope({"logs_directory": log_folder(job_id)})


def _all_logs(parts: Parts) -> dict[str, str]:
    rows = parts.state.jobs.rows.select({"is_initiator": 1})
    return {
        f"{row['job_id']}/{path}": text
        for row in rows
        for path, text in parts.state.tracking.logs(row["job_id"]).items()
    }


def _members(files: dict[str, str]) -> Iterator[tuple[str, IO[bytes], int]]:
    return (text_member(name, text) for name, text in files.items())
