"""Routes about the site itself: versions, resources, checkpoints."""

from flask import Blueprint, Response, g

from fateflow_client.local.clock import date_string
from fateflow_client.local.conf import MAX_CORES
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import body, envelope, error_reply
from fateflow_client.local.shapes import as_object

_CHECKPOINT_NEEDS = ("role", "party_id", "model_id", "model_version", "component_name")


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("site", __name__)
    release = parts.release
    started = parts.state.clock.now_ms()

    @routes.post("/version/get")
    def version_get() -> Response:
        if not release.api_version:
            return envelope({str(body().get("module") or "null"): _version(parts)})
        module = (as_object(g.body) or {}).get("module", "FATE")
        version = {"FATE": release.fate, "FATEFlow": release.name}.get(module)
        if version is not None:
            return envelope({module: version, "API": "v1"})
        if release.unknown_module_is_null:
            return envelope({str(module): None, "API": "v1"})
        return error_reply(404, f"unknown module {module}")

    @routes.post("/server/version/get")
    @routes.post("/info/version", endpoint="info_version")
    def versions() -> Response:
        # Of the modules that a FATE installation lists, these are what there is here.
        return envelope({"API": "v1", "FATE": release.fate, "FATEFlow": release.name})

    @routes.post("/resource/query")
    def resource_query() -> Response:
        running = parts.state.jobs.rows.select({"resource_in_use": 1})
        now = parts.state.clock.now_ms()
        engine = {
            "f_cores": MAX_CORES,
            "f_remaining_cores": MAX_CORES,
            "f_memory": 0,
            "f_remaining_memory": 0,
            "f_nodes": 1,
            "f_engine_config": {"cores_per_node": MAX_CORES, "nodes": 1},
            "f_engine_entrance": "fate_on_standalone",
            "f_engine_name": "STANDALONE",
            "f_engine_type": "computing",
            "f_create_time": started,
            "f_create_date": date_string(started),
            "f_update_time": now,
            "f_update_date": date_string(now),
        }
        names = ("job_id", "role", "party_id", "cores", "memory")
        users = [{f"f_{name}": row[name] for name in names} for row in running]
        return envelope({"computing_engine_resource": engine, "use_resource_job": users})

    @routes.post("/checkpoint/list")
    def checkpoint_list() -> Response:
        return _checkpoints() or envelope([])

    @routes.post("/checkpoint/get")
    def checkpoint_get() -> Response:
        refused = _checkpoints()
        if refused is None and not {"step_index", "step_name"} & body().keys():
            return error_reply(400, "step_index or step_name is required")
        return refused or envelope({})

    return routes


def _version(parts: Parts) -> str | None:
    module = body().get("module", "FATE")
    return parts.release.fate if module == "FATE" else None


def _checkpoints() -> Response | None:
    """Why no checkpoint can be looked for; jobs here write none, so nothing is ever found."""
    asked = as_object(g.body)
    if not asked:
        return error_reply(400, "no parameters")
    missing = [name for name in _CHECKPOINT_NEEDS if asked.get(name) is None]
    if missing:
        return error_reply(400, f"required parameters are missing: {','.join(missing)}; ")
    return None
