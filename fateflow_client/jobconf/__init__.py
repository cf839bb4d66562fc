"""The files that users write for FATE, as models, checked before anything is submitted.

    from fateflow_client.jobconf import JobSpec

    report = JobSpec("conf.json", "dsl.json").check(release="1.8")
    print(report)

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fateflow_client.jobconf.build import Pipeline, Step, Table
    from fateflow_client.jobconf.confs import CONFS, check_conf, check_upload
    from fateflow_client.jobconf.deploy import ModelDeployConf
    from fateflow_client.jobconf.dsl import Component, Dsl, DslV1
    from fateflow_client.jobconf.graph import Edge, Graph, Node
    from fateflow_client.jobconf.kinds import ConfKind
    from fateflow_client.jobconf.report import Finding, Report, Severity
    from fateflow_client.jobconf.runtime import RuntimeConf, RuntimeConfV1
    from fateflow_client.jobconf.schema import json_schema
    from fateflow_client.jobconf.spec import JobSpec

_HOMES = {
    "CONFS": "confs",
    "Component": "dsl",
    "ConfKind": "kinds",
    "Dsl": "dsl",
    "DslV1": "dsl",
    "Edge": "graph",
    "Finding": "report",
    "Graph": "graph",
    "JobSpec": "spec",
    "ModelDeployConf": "deploy",
    "Node": "graph",
    "Pipeline": "build",
    "Report": "report",
    "RuntimeConf": "runtime",
    "RuntimeConfV1": "runtime",
    "Severity": "report",
    "Step": "build",
    "Table": "build",
    "check_conf": "confs",
    "check_upload": "confs",
    "json_schema": "schema",
}

__all__ = [
    "CONFS",
    "Component",
    "ConfKind",
    "Dsl",
    "DslV1",
    "Edge",
    "Finding",
    "Graph",
    "JobSpec",
    "ModelDeployConf",
    "Node",
    "Pipeline",
    "Report",
    "RuntimeConf",
    "RuntimeConfV1",
    "Severity",
    "Step",
    "Table",
    "check_conf",
    "check_upload",
    "json_schema",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
