"""The columns of FATE Flow's job and task rows, and how a row looks on the wire."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fateflow_client.local.clock import date_string
from fateflow_client.local.shapes import JsonObject

_SQL_TYPE = {"text": "TEXT", "int": "INTEGER", "bool": "INTEGER", "json": "TEXT"}
_DATED = frozenset(("create_time", "update_time", "start_time", "end_time"))


@dataclass(frozen=True)
class Columns:
    """A table's columns: name to kind (text, int, bool or json)."""

    table: str
    kinds: Mapping[str, str]

    def ddl(self) -> str:
        """The column part of CREATE TABLE."""
        return ", ".join(f"{name} {_SQL_TYPE[kind]}" for name, kind in self.kinds.items())

    def encode(self, name: str, value: Any) -> Any:
        """A value as SQLite stores it."""
        return json.dumps(value) if self.kinds[name] == "json" else value

    def decode(self, row: sqlite3.Row) -> JsonObject:
        """A stored row as an object with its own types, dates included."""
        result: JsonObject = {}
        for name, kind in self.kinds.items():
            value = row[name]
            if value is not None and kind == "json":
                value = json.loads(value)
            elif value is not None and kind == "bool":
                value = bool(value)
            result[name] = value
        for name in self.kinds.keys() & _DATED:
            result[name.replace("_time", "_date")] = date_string(result[name])
        return result


def prefixed(row: JsonObject) -> JsonObject:
    """The row with FATE's ``f_`` in front of every key."""
    return {f"f_{name}": value for name, value in row.items()}


def _kinds(text: str, integer: str, boolean: str, document: str) -> dict[str, str]:
    kinds = dict.fromkeys(text.split(), "text")
    kinds |= dict.fromkeys(integer.split(), "int")
    kinds |= dict.fromkeys(boolean.split(), "bool")
    return kinds | dict.fromkeys(document.split(), "json")


JOBS = Columns(
    "jobs",
    _kinds(
        text="user_id job_id name description tag initiator_role initiator_party_id status role "
        "party_id engine_name engine_type inheritance_status",
        integer="status_code progress ready_time cancel_time end_scheduling_updates cores memory "
        "remaining_cores remaining_memory apply_resource_time return_resource_time "
        "start_time end_time elapsed create_time update_time",
        boolean="is_initiator ready_signal cancel_signal rerun_signal resource_in_use",
        document="dsl runtime_conf runtime_conf_on_party train_runtime_conf roles user "
        "inheritance_info",
    ),
)

MODELS = Columns(
    "models",
    _kinds(
        text="role party_id job_id model_id model_version initiator_role initiator_party_id "
        "description job_status fate_version archive_sha256 archive_from_ip",
        integer="size loaded_times imported in_database work_mode create_time update_time",
        boolean="parent",
        document="roles runtime_conf train_dsl train_runtime_conf runtime_conf_on_party "
        "inference_dsl parent_info",
    ),
)

TASKS = Columns(
    "tasks",
    _kinds(
        text="job_id component_name component_module task_id initiator_role initiator_party_id "
        "federated_mode federated_status_collect_type status role party_id worker_id run_ip "
        "party_status error_report deepspeed_id",
        integer="task_version status_code auto_retries auto_retry_delay run_port run_pid "
        "start_time end_time elapsed create_time update_time",
        boolean="run_on_this_party kill_status is_deepspeed",
        document="cmd provider_info component_parameters engine_conf",
    ),
)
