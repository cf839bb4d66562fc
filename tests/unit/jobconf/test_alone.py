"""Documents that are checked alone, and how one tells what they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fateflow_client.errors import ConfigError
from fateflow_client.jobconf.alone import check_alone
from fateflow_client.jobconf.kinds import ConfKind, kind_of
from fateflow_client.jobconf.report import Report
from fateflow_client.jobconf.source import from_text

UPLOAD = {
    "namespace": "lab",
    "table_name": "guest",
    "file": "/data/a.csv",
    "head": 1,
    "partition": 4,
    "use_local_data": 0,
}
PARTY = {"role": "guest", "party_id": 9999}
MODEL = {"model_id": "m", "model_version": "1"}
CONF = {"dsl_version": 2, "initiator": PARTY, "role": {"guest": [9999], "host": [10000]}}
DSL = {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}


def checked(document: object, kind: ConfKind, release: str | None = None) -> Report:
    return check_alone(from_text(json.dumps(document, indent=1), "document"), kind, release)


def told(report: Report) -> list[tuple[str, str, str, str | None]]:
    return [(f.severity.value, f.code, f.pointer, f.suggestion) for f in report.findings]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (CONF, "runtime-conf"),
        ({"role": {}}, "runtime-conf"),
        ({"job_parameters": {"common": {}}}, "runtime-conf"),
        ({**CONF, "job_parameters": {"common": {"job_type": "predict", **MODEL}}}, "runtime-conf"),
        ({"initiator": PARTY, "job_parameters": {**MODEL, "job_type": "predict"}}, "runtime-conf"),
        ({"initiator": PARTY, "role": {}, "job_parameters": MODEL}, "load"),
        ({"initiator": PARTY, "job_parameters": MODEL, "service_id": "x"}, "bind"),
        (DSL, "dsl"),
        (UPLOAD, "upload"),
        ({"table_name": "guest", "file": "a.csv"}, "upload"),
        ({"namespace": "lab", "head": 1, "partition": 4}, "upload"),
        ({"namespace": "lab", "table_name": "guest", "output_path": "x"}, "download"),
        ({**PARTY, **MODEL, "output_path": "x"}, "export"),
        ({**PARTY, **MODEL, "file": "x"}, "import"),
        ({**PARTY, **MODEL}, "store"),
        (MODEL, "deploy"),
        ({"migrate_initiator": PARTY, "role": {}, **MODEL}, "migrate"),
        ({"name": "an-npm-package", "version": "1"}, None),
        ({"namespace": "kube-system"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_its_keys_tell_what_a_document_is(document: object, kind: str | None) -> None:
    assert kind_of(document) == kind


@pytest.mark.parametrize(
    ("release", "change", "finding"),
    [
        (None, {"head": "true"}, ("error", "wrong-value", "/head", None)),
        ("1.6", {}, ("error", "missing-key", "", None)),
        ("1.8", {"work_mode": 1}, ("warning", "dropped-key", "/work_mode", None)),
    ],
)
def test_an_upload_conf_is_checked_for_a_release(
    release: str | None, change: dict[str, Any], finding: object
) -> None:
    assert told(checked(UPLOAD, ConfKind.UPLOAD)) == []
    assert told(checked({**UPLOAD, **change}, ConfKind.UPLOAD, release)) == [finding]


def test_a_table_that_is_not_here_may_be_where_it_is_uploaded_from() -> None:
    report = checked({**UPLOAD, "use_local_data": 1}, ConfKind.UPLOAD)
    assert told(report) == [("warning", "file-not-found", "/file", None)]


def test_a_place_is_that_of_the_wrong_part() -> None:
    load = {
        "initiator": {"role": "gest", "party_id": 9999},
        "role": {"hots": [1]},
        "job_parameters": {"model_id": "m"},
    }
    report = checked(load, ConfKind.LOAD)
    assert [(f.code, f.pointer, f.line, f.column) for f in report.findings] == [
        ("wrong-value", "/initiator/role", 3, 11),
        ("wrong-value", "/role/hots", 7, 3),
        ("missing-key", "/job_parameters", 11, 20),
    ]
    assert {f.document for f in report.findings} == {"load"}
    assert "did you mean 'guest'" in report.findings[0].message


def test_what_is_twice_in_a_conf_is_told() -> None:
    text = json.dumps(UPLOAD).replace('"head"', '"file": "b.csv", "head"')
    report = check_alone(from_text(text, "document"), ConfKind.UPLOAD)
    assert [(f.severity.value, f.code) for f in report.findings] == [("warning", "duplicate-key")]


def test_what_is_no_object_is_told() -> None:
    assert told(checked([], ConfKind.UPLOAD)) == [("error", "wrong-type", "", None)]
    broken = check_alone(from_text("{", "document"), ConfKind.LOAD)
    assert [f.code for f in broken.findings] == ["not-json"]


def test_a_conf_alone_is_not_blamed_for_its_dsl() -> None:
    tables = {"guest": {"0": {"reader_0": {"table": {"name": "a", "namespace": "b"}}}}}
    conf = {**CONF, "component_parameters": {"role": tables, "common": {"lr_0": {"a": 1}}}}
    assert told(checked(conf, ConfKind.RUNTIME_CONF)) == []
    wrong = {**conf, "initiator": {"role": "guest", "party_id": 1}}
    assert not checked(wrong, ConfKind.RUNTIME_CONF).ok


def test_a_dsl_alone_is_not_blamed_for_its_conf() -> None:
    assert told(checked(DSL, ConfKind.DSL)) == []
    unfed = {"module": "Intersection", "input": {"data": {"data": ["readr_0.data"]}}}
    report = checked({"components": {**DSL["components"], "intersection_0": unfed}}, ConfKind.DSL)
    assert told(report) == [
        (
            "error",
            "undefined-component",
            "/components/intersection_0/input/data/data/0",
            "reader_0.data",
        )
    ]


def test_a_dsl_of_version_1_is_known_by_where_its_data_come_from() -> None:
    dsl = {
        "components": {
            "dataio_0": {
                "module": "DataIO",
                "input": {"data": {"data": ["args.train_data"]}},
                "output": {"data": ["train"]},
                "need_deploy": True,
            }
        }
    }
    assert told(checked(dsl, ConfKind.DSL)) == []


def test_a_release_that_is_none_is_an_error() -> None:
    with pytest.raises(ConfigError):
        checked(UPLOAD, ConfKind.UPLOAD, "newest")
