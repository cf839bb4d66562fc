"""Routes below /v1/job that ask: query, lists, configuration, data view, predict DSL."""

from flask import Blueprint, Response, g

from fateflow_client.local.parts import Parts
from fateflow_client.local.predict import DslError, generated
from fateflow_client.local.replies import attachment, body, envelope, error_reply, mapping
from fateflow_client.local.routes.listing import (
    BadParameterError,
    bare_rows,
    list_jobs,
    list_tasks,
)
from fateflow_client.local.shapes import JsonObject, as_list, as_object
from fateflow_client.local.store.query import RowTable, SQLError, filter_clause
from fateflow_client.local.store.rows import JOBS, TASKS, Columns, prefixed

_ARGUMENT_ERROR = 101
_NO_DSL = "DSL generating failed. For more details, please check logs/fate_flow/fate_flow_stat.log."


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("jobs", __name__, url_prefix="/job")
    jobs, release, present = parts.state.jobs, parts.release, parts.present

    def select(table: RowTable, columns: Columns, asked: JsonObject) -> list[JsonObject] | None:
        """Rows by any column; None when no filter is usable."""
        clauses, values = filter_clause(columns, asked)
        if release.no_value_lists and any(
            len(as_list(value) or []) > 1 for name, value in asked.items() if name in columns.kinds
        ):
            message = 'SQLError: near ",": syntax error'
            raise SQLError(message)
        if not clauses:
            return None
        order = asked.get("order_by")
        order_by = order if isinstance(order, str) and order in columns.kinds else None
        descending = bool(asked.get("reverse"))
        return table.where(clauses, values, order_by=order_by, descending=descending)[0]

    @routes.post("/query")
    def query() -> Response:
        rows = select(jobs.rows, JOBS, mapping("query_job()")) or []
        message = "success" if rows else "no job could be found"
        return envelope([prefixed(present.job(row)) for row in rows], retmsg=message)

    @routes.post("/task/query")
    def task_query() -> Response:
        rows = select(jobs.tasks, TASKS, mapping("query_task()"))
        if rows is None and release.unfiltered_tasks:
            rows = jobs.tasks.select({})
        if not rows:
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="find task failed")
        return envelope([prefixed(present.task(row)) for row in rows])

    @routes.post("/list/job")
    def list_job() -> Response:
        if release.bare_lists:
            rows = bare_rows(jobs.rows, body())
            shown = [prefixed(present.job(row)) for row in rows]
            return _bare(shown, _ARGUMENT_ERROR, "No job found")
        try:
            found = list_jobs(jobs.rows, as_object(g.body), release)
        except BadParameterError as error:
            return error_reply(400, str(error))
        return envelope({**found, "jobs": [present.job(row) for row in found["jobs"]]})

    @routes.post("/list/task")
    def list_task() -> Response:
        if release.bare_lists:
            rows = bare_rows(jobs.tasks, body())
            return _bare([prefixed(present.task(row)) for row in rows], 100, "No task found")
        try:
            found = list_tasks(jobs.tasks, as_object(g.body), release)
        except BadParameterError as error:
            return error_reply(400, str(error))
        return envelope({**found, "tasks": [present.task(row) for row in found["tasks"]]})

    @routes.post("/config")
    def config() -> Response:
        rows = select(jobs.rows, JOBS, body())
        if not rows:
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="find job failed")
        first = rows[0]
        common = first["runtime_conf"]["job_parameters"]["common"]
        names = ("model_id", "model_version")
        shown = {key: first[key] for key in ("job_id", "dsl", "runtime_conf", "train_runtime_conf")}
        return envelope({**shown, "model_info": {name: common.get(name) for name in names}})

    @routes.post("/data/view/query")
    def data_view() -> Response:
        asked = mapping("query_component_output_data_info()")
        job_id = asked.get("job_id")
        if release.parser_errors and isinstance(job_id, int):
            message = "unsupported operand type(s) for +: 'int' and 'str'"
            raise TypeError(message)
        outputs = parts.state.outputs.of_job(job_id, asked) if isinstance(job_id, str) else []
        if not outputs:
            if "view" in release.unknown_logged and jobs.initiator(str(job_id)) is None:
                parts.state.tracking.log_unknown(str(job_id), "data view")
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="find data view failed")
        return envelope([present.view(output) for output in outputs])

    @routes.post("/dsl/generate")
    def dsl_generate() -> Response:
        asked = body()
        try:
            dsl = generated(asked, release.dsl_version)
        except DslError:
            return error_reply(210, _NO_DSL)
        filename = asked.get("filename")
        return attachment(dsl, str(filename)) if filename else envelope(dsl)

    return routes


def _bare(rows: list[JsonObject], retcode: int, message: str) -> Response:
    return envelope(rows) if rows else envelope(retcode=retcode, retmsg=message)
