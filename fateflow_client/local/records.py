"""A new job's rows: what FATE Flow adds to a conf, and one task row per component and party."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fateflow_client.local.conf import Plan
from fateflow_client.local.modules.base import Module, Party
from fateflow_client.local.release import NEWEST, Release
from fateflow_client.local.shapes import JsonObject, as_object, merged

_KEPT = frozenset(
    (
        "job_type",
        "inheritance_info",
        "computing_engine",
        "federation_engine",
        "storage_engine",
        "engines_address",
        "federated_mode",
        "federation_info",
        "task_cores",
        "task_parallelism",
        "computing_partitions",
        "federated_status_collect_type",
        "federated_data_exchange_type",
        "auto_retries",
        "auto_retry_delay",
        "timeout",
        "eggroll_run",
        "spark_run",
        "rabbitmq_run",
        "pulsar_run",
        "adaptation_parameters",
        "assistant_role",
        "map_table_name",
        "map_namespace",
        "task_conf",
    )
)
_CORES = 4


def model_id(roles: Mapping[str, list[int]]) -> str:
    """``arbiter-10000#guest-9999#host-10000#model``."""
    parts = [f"{role}-{'_'.join(map(str, sorted(set(roles[role]))))}" for role in sorted(roles)]
    return "#".join([*parts, "model"])


def _job_parameters(
    conf: JsonObject, job_id: str, roles: Mapping[str, list[int]], release: Release
) -> JsonObject:
    kept = _KEPT | {"work_mode", "backend"} if release.work_mode else _KEPT
    posted = as_object(conf.get("job_parameters")) or {}
    common = as_object(posted.get("common")) or {}
    cores = common.get("task_cores", _CORES)
    engines: JsonObject = {"cores_per_node": 20, "nodes": 1}
    filled: JsonObject = {
        "adaptation_parameters": {
            "if_initiator_baseline": True,
            "request_task_cores": cores,
            "task_cores_per_node": cores,
            "task_memory_per_node": 0,
            "task_nodes": 1,
        },
        "auto_retries": 0,
        "auto_retry_delay": 1,
        "computing_engine": "STANDALONE",
        "computing_partitions": 4,
        "eggroll_run": {},
        "engines_address": {},
        "federated_mode": "SINGLE",
        "federated_status_collect_type": "PUSH",
        "inheritance_info": {},
        "job_type": "train",
        "pulsar_run": {},
        "rabbitmq_run": {},
        "spark_run": {},
        "task_conf": {},
        "task_parallelism": 1,
        **{name: value for name, value in common.items() if name in kept},
        "model_id": model_id(roles),
        "model_version": job_id,
        "role_parameters": as_object(posted.get("role")) or {},
        "roles": dict(roles),
    }
    if release.engines_in_conf:
        filled |= {"federation_engine": "STANDALONE", "storage_engine": "STANDALONE"}
    filled = {key: filled[key] for key in filled if key not in release.unknown_parameters}
    on_party: JsonObject = {
        **filled,
        "adaptation_parameters": {
            **filled["adaptation_parameters"],
            "if_initiator_baseline": False,
        },
        "eggroll_run": {"eggroll.session.processors.per.node": cores},
        "engines_address": dict.fromkeys(("computing", "federation", "storage"), engines),
        "federation_engine": "STANDALONE",
        "storage_engine": "STANDALONE",
    }
    return {"posted": {**posted, "common": filled}, "on_party": on_party}


def job_rows(
    job_id: str,
    plan: Plan,
    conf: JsonObject,
    dsl: object,
    *,
    now: int,
    release: Release = NEWEST,
    status: str = "waiting",
) -> list[JsonObject]:
    """One row per party, the initiator's first; unknown keys of the conf are kept."""
    parameters = _job_parameters(conf, job_id, plan.roles, release)
    numbered = {
        "role": dict(plan.roles),
        "initiator": {"role": plan.initiator.role, "party_id": int(plan.initiator.party_id)},
    }
    runtime_conf = {**conf, **numbered, "job_parameters": parameters["posted"]}
    on_party = {**conf, **numbered, "job_parameters": parameters["on_party"]}
    users = {role: {str(party): "" for party in plan.roles[role]} for role in plan.roles}
    ordered = sorted(plan.parties, key=lambda party: party != plan.initiator)
    rows: list[JsonObject] = []
    for party in ordered:
        row: JsonObject = {
            "user_id": "",
            "job_id": job_id,
            "name": "",
            "description": "",
            "tag": "",
            "dsl": dsl,
            "runtime_conf": runtime_conf,
            "runtime_conf_on_party": on_party,
            "train_runtime_conf": {},
            "roles": dict(plan.roles),
            "initiator_role": plan.initiator.role,
            "initiator_party_id": plan.initiator.party_id,
            "status": status,
            "user": users,
            "role": party.role,
            "party_id": party.party_id,
            "is_initiator": int(party == plan.initiator),
            "progress": 0,
            "ready_signal": 0,
            "cancel_signal": 0,
            "rerun_signal": 0,
            "end_scheduling_updates": 0,
            "cores": 0,
            "memory": 0,
            "remaining_cores": 0,
            "remaining_memory": 0,
            "resource_in_use": 0,
            "inheritance_info": {},
            "inheritance_status": "pass",
            "create_time": now,
            "update_time": now,
        }
        rows.append(row)
    return rows


def shown_params(module: str, name: str, spec: Module | None, given: JsonObject) -> JsonObject:
    """A component's parameters as 1.11 shows them, with every default filled in."""
    if spec is None or spec.defaults is None or module == "Upload":
        defaults = {} if spec is None else spec.defaults or {}
        return {"_name": f"{module}#{name}", **merged(defaults, given)}
    fed: list[str] = []
    for key, value in given.items():
        fed.append(key)
        fed += [f"{key}.{inner}" for inner in as_object(value) or {}]
    return {
        "_name": f"{module}#{name}",
        "_is_raw_conf": False,
        "_feeded_deprecated_params": [],
        "_user_feeded_params": fed,
        **merged(spec.defaults, given),
    }


def task_rows(
    job_id: str,
    plan: Plan,
    conf: JsonObject,
    modules: Mapping[str, Module],
    *,
    now: int,
    release: Release = NEWEST,
) -> list[JsonObject]:
    """One row per party and component, each party's in the order of the DSL."""
    parameters = _job_parameters(conf, job_id, plan.roles, release)["posted"]
    rows: list[JsonObject] = []
    for party in plan.parties:
        for component in plan.components:
            if (component.name, party) not in plan.params:
                continue
            spec = modules.get(component.module)
            given = plan.params[component.name, party]
            row = _task_row(job_id, plan, party, now=now, release=release)
            row["component_name"] = component.name
            row["component_module"] = component.module
            row["task_id"] = f"{job_id}_{component.name}"
            row["component_parameters"] = {
                "CodePath": component.module,
                "ComponentParam": shown_params(component.module, component.name, spec, given),
                "ComponentParameterSource": component.name,
                "dsl_version": 2,
                "initiator": {
                    "role": plan.initiator.role,
                    "party_id": int(plan.initiator.party_id),
                },
                "job_parameters": parameters,
                "local": {"role": party.role, "party_id": int(party.party_id)},
                "module": component.module,
                "role": dict(plan.roles),
            }
            rows.append(row)
    return rows


def _task_row(
    job_id: str, plan: Plan, party: Party, *, now: int, release: Release
) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "task_version": 0,
        "initiator_role": plan.initiator.role,
        "initiator_party_id": plan.initiator.party_id,
        "federated_mode": "SINGLE",
        "federated_status_collect_type": "PUSH",
        "status": "waiting",
        "auto_retries": 0,
        "auto_retry_delay": 1,
        "role": party.role,
        "party_id": party.party_id,
        "run_on_this_party": 1,
        "cmd": {},
        "party_status": "waiting",
        "provider_info": {
            "name": "fateflow_client.local",
            "version": release.fate,
            "path": "",
            "python_env": "",
            "env": {},
            "class_path": {},
        },
        "engine_conf": {},
        "kill_status": 0,
        "error_report": "",
        "is_deepspeed": 0,
        "create_time": now,
        "update_time": now,
    }


def started_task(job_id: str, name: str, party: Party, port: int) -> JsonObject:
    """What a task row gains when the task starts."""
    worker = uuid4().hex
    return {
        "status": "running",
        "party_status": "running",
        "worker_id": worker,
        "cmd": ["fateflow_client.local", job_id, name, party.role, party.party_id],
        "run_ip": "127.0.0.1",
        "run_port": port,
        "engine_conf": {"computing_engine": "STANDALONE"},
    }
