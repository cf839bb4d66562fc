"""A job that every server takes, and ways to spoil it."""

from __future__ import annotations

import copy
from typing import Any

from fateflow_client.jobconf.report import Finding, Report
from fateflow_client.jobconf.spec import JobSpec

GUEST = {"name": "breast_hetero_guest", "namespace": "experiment"}
HOST = {"name": "breast_hetero_host", "namespace": "experiment"}
CONF: dict[str, Any] = {
    "dsl_version": 2,
    "initiator": {"role": "guest", "party_id": 9999},
    "role": {"guest": [9999], "host": [10000, 10001], "arbiter": [10002]},
    "job_parameters": {
        "common": {"job_type": "train", "task_cores": 2, "work_mode": 0},
        "role": {"host": {"0": {"task_cores": 4}}},
    },
    "component_parameters": {
        "common": {"hetero_lr_0": {"max_iter": 3}, "evaluation_0": {"eval_type": "binary"}},
        "role": {
            "guest": {
                "0": {"reader_0": {"table": GUEST}, "data_transform_0": {"with_label": True}}
            },
            "host": {
                "0|1": {"reader_0": {"table": HOST}},
                "all": {"data_transform_0": {"with_label": False}},
            },
        },
    },
}
DSL: dict[str, Any] = {
    "components": {
        "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
        "data_transform_0": {
            "module": "DataTransform",
            "input": {"data": {"data": ["reader_0.data"]}},
            "output": {"data": ["data"], "model": ["model"]},
        },
        "intersection_0": {
            "module": "Intersection",
            "input": {"data": {"data": ["data_transform_0.data"]}},
            "output": {"data": ["data"]},
        },
        "hetero_lr_0": {
            "module": "HeteroLR",
            "input": {"data": {"train_data": ["intersection_0.data"]}},
            "output": {"data": ["data"], "model": ["model"]},
        },
        "hetero_lr_1": {
            "module": "HeteroLR",
            "input": {
                "data": {"test_data": ["intersection_0.data"]},
                "model": ["hetero_lr_0.model"],
            },
            "output": {"data": ["data"]},
        },
        "evaluation_0": {
            "module": "Evaluation",
            "input": {"data": {"data": ["hetero_lr_0.data", "hetero_lr_1.data"]}},
        },
    }
}
GONE = object()
"""What `changed` takes for the absence of a value."""


def changed(document: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """A copy with values set at pointers (without escapes), or taken away."""
    result = copy.deepcopy(document)
    for pointer, value in changes:
        *path, last = pointer.split("/")[1:]
        place: Any = result
        for part in path:
            if isinstance(place, dict) and part not in place:
                place[part] = {}
            place = place[int(part)] if isinstance(place, list) else place[part]
        key: Any = int(last) if isinstance(place, list) else last
        if value is GONE:
            del place[key]
        elif isinstance(place, list) and key == len(place):
            place.append(value)
        else:
            place[key] = value
    return result


def check(conf: object = CONF, dsl: object = DSL, release: str | None = None) -> Report:
    """Check a job."""
    spec: Any = JobSpec
    report: Report = spec(conf, dsl).check(release=release)
    return report


def told(report: Report) -> list[tuple[str, str, str, str]]:
    """What a report says, without sentences and places in texts."""
    return [(f.severity.value, f.code, f.document, f.pointer) for f in report.findings]


def only(report: Report) -> Finding:
    """The one finding of a report."""
    assert len(report.findings) == 1, str(report)
    return report.findings[0]
