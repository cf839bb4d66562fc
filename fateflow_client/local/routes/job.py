"""Routes below /v1/job: submit, stop, query, lists, logs, queue."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g

from fateflow_client.local.conf import SubmitRejectedError
from fateflow_client.local.replies import (
    archive,
    body,
    envelope,
    error_reply,
    required,
    text_member,
)
from fateflow_client.local.routes.listing import BadParameterError, list_jobs, list_tasks
from fateflow_client.local.scheduler import Scheduler
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.query import RowTable, filter_clause
from fateflow_client.local.store.rows import JOBS, TASKS, Columns, prefixed
from fateflow_client.local.store.state import State
from fateflow_client.local.submit import Submitter

_OPERATING_ERROR = 103


def _mapping(call: str) -> JsonObject:
    """The body as keyword arguments of a call; the text of the error is Python's own."""
    found = as_object(g.body)
    if found is None:
        kind = type(g.body).__name__
        message = f"{call} argument after ** must be a mapping, not {kind}"
        raise TypeError(message)
    return found


def blueprint(state: State, submitter: Submitter, scheduler: Scheduler) -> Blueprint:
    """The routes."""
    routes = Blueprint("job", __name__, url_prefix="/job")
    jobs = state.jobs

    @routes.post("/submit")
    def submit() -> Response:
        posted = _mapping("type object")
        job_id = submitter.ids.new()
        try:
            conf = as_object(posted.get("job_runtime_conf"))
            data = submitter.submit(job_id, conf, posted.get("job_dsl"))
        except SubmitRejectedError as error:
            return envelope(retcode=_OPERATING_ERROR, retmsg=error.traceback(), job_id=job_id)
        return envelope(data, job_id=job_id)

    @routes.post("/stop")
    def stop() -> Response:
        job_id = body().get("job_id")
        if job_id is None or jobs.initiator(str(job_id)) is None:
            return envelope(retcode=102, retmsg="can not found job")
        scheduler.stop(str(job_id))
        return envelope(retmsg="stop job on this party success; stop job on all party success")

    @routes.post("/query")
    def query() -> Response:
        rows = _select(jobs.rows, JOBS, _mapping("query_job()"))
        message = "success" if rows else "no job could be found"
        return envelope([prefixed(row) for row in rows], retmsg=message)

    @routes.post("/task/query")
    def task_query() -> Response:
        rows = _select(jobs.tasks, TASKS, _mapping("query_task()"))
        if not rows:
            return envelope(retcode=101, retmsg="find task failed")
        return envelope([prefixed(row) for row in rows])

    @routes.post("/list/job")
    def list_job() -> Response:
        return _listed(list_jobs, jobs.rows)

    @routes.post("/list/task")
    def list_task() -> Response:
        return _listed(list_tasks, jobs.tasks)

    @routes.post("/log/download")
    def log_download() -> Response:
        job_id = str(required("job_id")["job_id"])
        files = state.tracking.logs(job_id)
        if not files:
            path = f"{state.folder}/logs/{job_id}"
            message = f"Log file path: '{path}' not found. Please check if the job id is valid."
            return error_reply(404, message)
        members = (text_member(name, text) for name, text in files.items())
        return archive(f"job_{job_id}_log.tar.gz", members)

    @routes.post("/clean/queue")
    def clean_queue() -> Response:
        cleaned: dict[str, int] = {}
        for job_id in jobs.waiting_ids():
            scheduler.stop(job_id)
            cleaned[job_id] = 0
        return envelope(cleaned)

    return routes


def _select(table: RowTable, columns: Columns, asked: JsonObject) -> list[JsonObject]:
    """Rows by any column; nothing when no filter is usable, as 1.11 answers."""
    clauses, values = filter_clause(columns, asked)
    if not clauses:
        return []
    order = asked.get("order_by")
    order_by = order if isinstance(order, str) and order in columns.kinds else None
    descending = bool(asked.get("reverse"))
    return table.where(clauses, values, order_by=order_by, descending=descending)[0]


def _listed(listing: Callable[[RowTable, JsonObject], Any], table: RowTable) -> Response:
    try:
        return envelope(listing(table, body()))
    except BadParameterError as error:
        return error_reply(400, str(error))
