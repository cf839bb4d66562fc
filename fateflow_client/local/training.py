"""What a job that succeeded leaves as a model, on each of its parties."""

from fateflow_client.local.predict import with_code_paths
from fateflow_client.local.records import model_id
from fateflow_client.local.release import Release
from fateflow_client.local.shapes import JsonObject, as_list, as_object
from fateflow_client.local.store.models import ModelComponent
from fateflow_client.local.store.state import State
from fateflow_client.local.store.tracking import Place


def save_trained(state: State, release: Release, job_id: str) -> None:
    """Keep the model of a job; local jobs, uploads and the like, have none."""
    for job in state.jobs.rows.select({"job_id": job_id}):
        if job["role"] == "local":
            continue
        inference: JsonObject = {}
        if not release.no_training_inference:
            inference = with_code_paths(job["dsl"])
        row: JsonObject = {
            "role": job["role"],
            "party_id": job["party_id"],
            "job_id": job_id,
            "model_id": model_id(job["roles"]),
            "model_version": job_id,
            "initiator_role": job["initiator_role"],
            "initiator_party_id": job["initiator_party_id"],
            "fate_version": release.fate,
            "job_status": "running",
            "parent": 1,
            "roles": job["roles"],
            "runtime_conf": job["runtime_conf"],
            "train_dsl": job["dsl"],
            "train_runtime_conf": job["runtime_conf"],
            "runtime_conf_on_party": job["runtime_conf_on_party"],
            "inference_dsl": inference,
        }
        state.models.put(row, _components(state, job))


def _components(state: State, job: JsonObject) -> list[ModelComponent]:
    found: list[ModelComponent] = []
    for name, value in job["dsl"]["components"].items():
        component = as_object(value) or {}
        place = Place(job["job_id"], name, job["role"], job["party_id"])
        learned = state.tracking.document(place, "model")
        if learned is None:
            continue
        tasks = state.jobs.tasks.select(dict(zip(_FOUR, place.key(), strict=True)))
        parameters: JsonObject = tasks[0]["component_parameters"] if tasks else {}
        aliases = as_list((as_object(component.get("output")) or {}).get("model")) or ["model"]
        body = {"data": learned["data"], "meta": learned["meta"]}
        found.append(ModelComponent(name, learned["module"], str(aliases[0]), body, parameters))
    return found


_FOUR = ("job_id", "component_name", "role", "party_id")
