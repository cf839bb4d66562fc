"""Running an ended job again, cleaning what it left, changing its parameters for the next run."""

from collections.abc import Sequence

from fateflow_client.local.conf import component_params
from fateflow_client.local.modules.base import Party
from fateflow_client.local.shapes import JsonObject, as_object, merged
from fateflow_client.local.store.jobs import END_STATUSES
from fateflow_client.local.store.state import State

_KEYS = ("job_id", "role", "party_id", "component_name")


class RerunError(Exception):
    """The job cannot be run again, and why."""


def rerun(state: State, job_id: str, names: Sequence[str], *, force: bool) -> None:
    """Make an ended job wait again; all its components run again, as a new version.

    FATE Flow keeps what succeeded and starts behind it. Here nothing parsed outlives a job, so
    everything is computed again, which gives the same results.

    Raises:
        RerunError: The job has not ended, a name is not one of its components, or it succeeded
            and no component was named.
    """
    with state.database.transaction():
        row = state.jobs.initiator(job_id)
        tasks = state.jobs.tasks.select({"job_id": job_id})
        unknown = sorted(set(names) - {task["component_name"] for task in tasks})
        if unknown:
            message = f"components {unknown} are not in job {job_id}"
            raise RerunError(message)
        if row is None or row["status"] not in END_STATUSES or not tasks:
            message = f"job {job_id} has not ended or was never accepted"
            raise RerunError(message)
        if row["status"] == "success" and not names and not force:
            message = f"job {job_id} no task to rerun"
            raise RerunError(message)
        state.jobs.reset(job_id, 1 + max(task["task_version"] for task in tasks))


def clean(state: State, asked: JsonObject) -> bool:
    """Delete what tasks left behind: tables, metrics or both; answers whether there are tasks."""
    filters = {name: asked.get(name) for name in _KEYS}
    if asked.get("job_id") is None:
        return False
    tasks = state.jobs.tasks.select(filters)
    kind = str(asked.get("content_type") or "").lower()
    for task in tasks:
        place = {name: str(task[name]) for name in _KEYS}
        if kind in ("", "table"):
            for output in state.outputs.of_job(str(task["job_id"]), place):
                state.tables.delete(output["table_namespace"], output["table_name"])
        if kind in ("", "metrics"):
            state.tracking.delete_metrics(place)
    return bool(tasks)


def update_parameters(state: State, first: JsonObject, asked: JsonObject) -> JsonObject:
    """Lay new parameters over a job's own; they count from its next run on."""
    changed: JsonObject = {}
    for name in ("component_parameters", "job_parameters"):
        over = as_object(asked.get(name)) or {}
        changed[name] = merged(as_object(first["runtime_conf"].get(name)) or {}, over)
    for row in state.jobs.rows.select({"job_id": first["job_id"]}):
        key = {name: row[name] for name in ("job_id", "role", "party_id")}
        own: JsonObject = {"component_parameters": changed["component_parameters"]}
        changes = {
            "runtime_conf": {**row["runtime_conf"], **changed},
            "runtime_conf_on_party": {**row["runtime_conf_on_party"], **own},
        }
        state.jobs.rows.update(key, changes)
    conf: JsonObject = {**first["runtime_conf"], **changed}
    affected: list[str] = []
    for task in state.jobs.tasks.select({"job_id": first["job_id"]}):
        shown: JsonObject = task["component_parameters"]
        party = Party(task["role"], task["party_id"])
        given = component_params(conf, task["component_name"], party, first["roles"])
        new = {**shown, "ComponentParam": merged(shown.get("ComponentParam", {}), given)}
        if new == shown:
            continue
        key = {name: task[name] for name in _KEYS}
        state.jobs.update_tasks(key, {"component_parameters": new})
        if task["status"] == "waiting" and task["component_name"] not in affected:
            affected.append(task["component_name"])
    return {**changed, "components": affected}
