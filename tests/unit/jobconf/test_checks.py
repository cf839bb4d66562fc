"""Every problem of a runtime conf or a DSL is told with its code, its place and what was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fateflow_client.errors import ConfigError
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.spec import JobSpec
from tests.unit.jobconf.documents import CONF, DSL, GONE, GUEST, changed, check, only, told

RELEASES = [None, "1.5.3", "1.6", "1.7.0", "1.7", "1.8.0", "1.9.1", "1.11"]
READER_OF_GUEST = "/component_parameters/role/guest/0/reader_0"


def test_a_job_that_is_right_has_no_findings() -> None:
    assert told(check()) == []


@pytest.mark.parametrize("release", RELEASES)
def test_a_job_that_is_right_has_no_errors_on_any_release(release: str | None) -> None:
    assert check(release=release).ok


# Pointer and value of the change, and then what is told of it; what was meant comes last.
CONF_ERRORS: list[tuple[str, Any, str, str, str | None]] = [
    ("/initiator", GONE, "missing-key", "", None),
    ("/role", GONE, "missing-key", "", None),
    ("/initiator/role", GONE, "missing-key", "/initiator", None),
    ("/initiator/party_id", GONE, "missing-key", "/initiator", None),
    ("/initiator", [], "wrong-type", "/initiator", None),
    ("/initiator/role", 1, "wrong-type", "/initiator/role", None),
    ("/role", [9999], "wrong-type", "/role", None),
    ("/role/arbiter", 10002, "wrong-type", "/role/arbiter", None),
    ("/job_parameters", "x", "wrong-type", "/job_parameters", None),
    ("/job_parameters/common", None, "wrong-type", "/job_parameters/common", None),
    ("/job_parameters/role", [1], "wrong-type", "/job_parameters/role", None),
    ("/job_parameters/role/host/0", 1, "wrong-type", "/job_parameters/role/host/0", None),
    ("/component_parameters/common/hetero_lr_0", 3, "wrong-type",
     "/component_parameters/common/hetero_lr_0", None),
    ("/component_parameters/role/host/all", [], "wrong-type",
     "/component_parameters/role/host/all", None),
    ("/dsl_version", "two", "bad-dsl-version", "/dsl_version", "2"),
    ("/dsl_version", 3, "bad-dsl-version", "/dsl_version", "2"),
    ("/initiator/party_id", "abc", "party-id-not-a-number", "/initiator/party_id", None),
    ("/role/host/1", "1o001", "party-id-not-a-number", "/role/host/1", None),
    ("/role/host/1", None, "party-id-not-a-number", "/role/host/1", None),
    ("/initiator/party_id", 9998, "initiator-not-in-role", "/initiator/party_id", "9999"),
    ("/initiator/role", "gest", "initiator-not-in-role", "/initiator/role", "guest"),
    ("/job_parameters/common/job_type", "predct", "bad-job-type",
     "/job_parameters/common/job_type", "predict"),
    ("/component_parameters/role/local", {"0": {}}, "role-without-parties",
     "/component_parameters/role/local", None),
    ("/component_parameters/role/guest/2", {"reader_0": {"table": GUEST}}, "index-out-of-range",
     "/component_parameters/role/guest/2", "0"),
    ("/component_parameters/role/guest/x", {"reader_0": {"table": GUEST}}, "not-an-index",
     "/component_parameters/role/guest/x", None),
    (READER_OF_GUEST, GONE, "missing-table", "/component_parameters/role/guest/0", None),
    (f"{READER_OF_GUEST}/table", GONE, "missing-table", "/component_parameters/role/guest/0", None),
    (f"{READER_OF_GUEST}/table", "ns.t", "missing-table", f"{READER_OF_GUEST}/table", None),
    (f"{READER_OF_GUEST}/table/namespace", GONE, "missing-table", f"{READER_OF_GUEST}/table", None),
    ("/component_parameters/role/guest", {}, "missing-table", "/component_parameters/role/guest",
     None),
]  # fmt: skip


@pytest.mark.parametrize("release", [None, "1.6.1", "1.11.2"])
@pytest.mark.parametrize(("at", "value", "code", "pointer", "meant"), CONF_ERRORS)
def test_what_no_server_takes_in_a_conf_is_an_error(
    at: str, value: Any, code: str, pointer: str, meant: str | None, release: str | None
) -> None:
    errors = check(changed(CONF, (at, value)), release=release).errors
    assert [(f.code, f.document, f.pointer, f.suggestion) for f in errors] == [
        (code, "conf", pointer, meant)
    ]


CONF_WARNINGS: list[tuple[str, Any, str, str, str | None]] = [
    ("/initiatr", {}, "unknown-key", "/initiatr", None),
    ("/componet_parameters", {}, "unknown-key", "/componet_parameters", None),
    ("/role_parameters", {}, "unknown-key", "/role_parameters", None),
    ("/provder", {}, "unknown-key", "/provder", "provider"),
    ("/job_parameters/commn", {}, "unknown-key", "/job_parameters/commn", "common"),
    ("/job_parameters/role/host/9", {}, "index-out-of-range", "/job_parameters/role/host/9", None),
    ("/job_parameters/role/local", {}, "role-without-parties", "/job_parameters/role/local", None),
    ("/job_parameters/common/task_core", 1, "unknown-job-parameter",
     "/job_parameters/common/task_core", None),
    ("/job_parameters/common/timout", 1, "unknown-job-parameter",
     "/job_parameters/common/timout", "timeout"),
    ("/job_parameters/common/model_id", "m", "ignored-model",
     "/job_parameters/common/model_id", None),
    ("/component_parameters/common/hetero_lr_2", {}, "unknown-component",
     "/component_parameters/common/hetero_lr_2", "hetero_lr_1"),
    ("/component_parameters/common/own", 3, "unknown-component",
     "/component_parameters/common/own", None),
    ("/component_parameters/role/host/all/union_0", {}, "unknown-component",
     "/component_parameters/role/host/all/union_0", None),
    ("/component_parameters/role/host/7", {"hetero_lr_0": {}}, "index-out-of-range",
     "/component_parameters/role/host/7", None),
    ("/component_parameters/role/host/hetero_lr_0", {"max_iter": 1}, "not-an-index",
     "/component_parameters/role/host/hetero_lr_0", None),
    ("/component_parameters/common/evaluation_0/need_run", "False", "truth-as-text",
     "/component_parameters/common/evaluation_0/need_run", "false"),
    ("/component_parameters/common/evaluation_0/x", [{"y": "true"}], "truth-as-text",
     "/component_parameters/common/evaluation_0/x/0/y", "true"),
    ("/role/assistant", [1], "unknown-role", "/role/assistant", None),
    ("/role/arbitr", [1], "unknown-role", "/role/arbitr", "arbiter"),
    ("/role/local", [], "empty-role", "/role/local", None),
    ("/role/arbiter/1", 10002, "duplicate-party", "/role/arbiter/1", None),
    ("/role/arbiter/1", "10002", "duplicate-party", "/role/arbiter/1", None),
    ("/role/arbiter/0", True, "party-id-not-a-number", "/role/arbiter/0", None),
    ("/dsl_version", 2.0, "bad-dsl-version", "/dsl_version", "2"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "value", "code", "pointer", "meant"), CONF_WARNINGS)
def test_what_servers_put_up_with_in_a_conf_is_a_warning(
    at: str, value: Any, code: str, pointer: str, meant: str | None
) -> None:
    report = check(changed(CONF, (at, value)))
    found = next((f for f in report.findings if f.code == code), None)
    assert found is not None, report
    assert report.ok, report
    assert (found.severity, found.document, found.pointer) == (Severity.WARNING, "conf", pointer)
    if meant is not None:
        assert found.suggestion == meant


LR = "/components/hetero_lr_0"
DSL_ERRORS: list[tuple[str, Any, str, str, str | None]] = [
    ("/components", [], "wrong-type", "/components", None),
    ("/components/x", 1, "wrong-type", "/components/x", None),
    (f"{LR}/module", GONE, "missing-key", LR, None),
    (f"{LR}/module", 1, "wrong-type", f"{LR}/module", None),
    (f"{LR}/input", [], "wrong-type", f"{LR}/input", None),
    (f"{LR}/input/data", [], "wrong-type", f"{LR}/input/data", None),
    (f"{LR}/input/data/train_data", "intersection_0.data", "wrong-type",
     f"{LR}/input/data/train_data", None),
    (f"{LR}/input/data/train_data/0", 1, "wrong-type", f"{LR}/input/data/train_data/0", None),
    ("/components/hetero_lr_1/input/model", "x", "wrong-type",
     "/components/hetero_lr_1/input/model", None),
    ("/components/evaluation_0/output", [], "wrong-type", "/components/evaluation_0/output", None),
    ("/components/evaluation_0/output", {"data": "data"}, "wrong-type",
     "/components/evaluation_0/output/data", None),
    ("/components/a b", {"module": "Reader"}, "bad-component-name", "/components/a b", None),
    (f"{LR}/input/data/train_data/0", "intersect_0.data", "undefined-component",
     f"{LR}/input/data/train_data/0", "intersection_0.data"),
    (f"{LR}/input/data/train_data/0", "intersection_0.date", "undefined-output",
     f"{LR}/input/data/train_data/0", "intersection_0.data"),
    (f"{LR}/input/data/train_data/0", "intersection_0", "bad-reference",
     f"{LR}/input/data/train_data/0", "intersection_0.data"),
    (f"{LR}/input/data/train_data/0", "evaluation_0.data", "undefined-output",
     f"{LR}/input/data/train_data/0", None),
    (f"{LR}/input/isometric_model", ["intersection_0.model"], "undefined-output",
     f"{LR}/input/isometric_model/0", None),
    (f"{LR}/input/model", ["hetero_lr_1.model"], "undefined-output", f"{LR}/input/model/0", None),
    (f"{LR}/input/data/train_data/0", "hetero_lr_0.data", "cycle",
     f"{LR}/input/data/train_data/0", None),
    ("/components/data_transform_0/input/data/data/0", "hetero_lr_1.data", "cycle",
     "/components/data_transform_0/input/data/data/0", None),
]  # fmt: skip


@pytest.mark.parametrize("release", [None, "1.6.1", "1.11.2"])
@pytest.mark.parametrize(("at", "value", "code", "pointer", "meant"), DSL_ERRORS)
def test_what_no_server_takes_in_a_dsl_is_an_error(
    at: str, value: Any, code: str, pointer: str, meant: str | None, release: str | None
) -> None:
    errors = check(dsl=changed(DSL, (at, value)), release=release).errors
    about = [f for f in errors if f.code != "missing-table"]
    assert (code, "dsl", pointer, meant) in [
        (f.code, f.document, f.pointer, f.suggestion) for f in about
    ]
    assert {f.code for f in about} <= {code, "cycle"}


DSL_WARNINGS: list[tuple[str, Any, str, str, str | None]] = [
    (f"{LR}/module", "HetroLR", "unknown-module", f"{LR}/module", "HeteroLR"),
    (f"{LR}/module", "heterolr", "unknown-module", f"{LR}/module", "HeteroLR"),
    (f"{LR}/module", "OwnThing", "unknown-module", f"{LR}/module", None),
    (f"{LR}/input/train_data", [], "unknown-input", f"{LR}/input/train_data", "data/train_data"),
    (f"{LR}/input/data/trian_data", [], "unknown-input", f"{LR}/input/data/trian_data",
     "train_data"),
    (f"{LR}/output/models", [], "unknown-output", f"{LR}/output/models", "model"),
    (f"{LR}/output/data/1", "data", "duplicate-output", f"{LR}/output/data/1", None),
    (f"{LR}/output/data/1", 3, "wrong-type", f"{LR}/output/data/1", None),
    (f"{LR}/input/data", GONE, "unfed-component", LR, None),
    (f"{LR}/input", None, "unfed-component", LR, None),
    (f"{LR}/input/model", ["pipeline.hetero_lr_0.model"], "pipeline-reference",
     f"{LR}/input/model/0", None),
    (f"{LR}/input/cache", ["intersection_9.cache"], "undefined-component", f"{LR}/input/cache/0",
     "intersection_0.cache"),
    (f"{LR}/input/data/train_data/0", "args.train_data", "undefined-component",
     f"{LR}/input/data/train_data/0", None),
    ("/components", {}, "no-components", "/components", None),
]  # fmt: skip


@pytest.mark.parametrize(("at", "value", "code", "pointer", "meant"), DSL_WARNINGS)
def test_what_servers_put_up_with_in_a_dsl_is_a_warning(
    at: str, value: Any, code: str, pointer: str, meant: str | None
) -> None:
    report = check(dsl=changed(DSL, (at, value)))
    found = next((f for f in report.findings if f.code == code), None)
    assert found is not None, report
    assert report.ok, report
    assert (found.severity, found.document, found.pointer) == (Severity.WARNING, "dsl", pointer)
    if meant is not None:
        assert found.suggestion == meant


def test_a_missing_key_that_was_misspelt_is_recognized() -> None:
    found = only(check(changed(CONF, ("/initiator/partyid", 9999), ("/initiator/party_id", GONE))))
    assert (found.code, found.suggestion) == ("missing-key", "party_id")
    assert "partyid" in found.message


@pytest.mark.parametrize("dsl", [None, {}])
def test_a_training_job_needs_a_dsl(dsl: object) -> None:
    assert "missing-dsl" in {f.code for f in check(dsl=dsl).errors}


def test_a_dsl_without_components_is_told_what_it_has_instead() -> None:
    found = check(dsl={"componets": DSL["components"]}).errors
    assert [(f.code, f.pointer, f.suggestion) for f in found] == [("missing-key", "", "components")]


def test_several_circles_are_all_told() -> None:
    more = {
        name: {
            "module": "Union",
            "input": {"data": {"data": [f"{other}.data"]}},
            "output": {"data": ["data"]},
        }
        for name, other in (("a", "b"), ("b", "a"), ("c", "d"), ("d", "e"), ("e", "c"))
    }
    report = check(dsl=changed(DSL, *((f"/components/{n}", c) for n, c in more.items())))
    assert [f.pointer for f in report.errors] == [
        "/components/a/input/data/data/0",
        "/components/c/input/data/data/0",
    ]
    assert "a -> b -> a" in report.errors[0].message


def test_tables_may_be_common_or_the_output_of_a_job() -> None:
    output = {"job_id": "2", "component_name": "union_0", "data_name": "data"}
    common = changed(
        CONF,
        (READER_OF_GUEST, GONE),
        ("/component_parameters/common/reader_0", {"table": output}),
    )
    assert told(check(common)) == []


def test_a_reader_that_does_not_run_or_inherits_its_output_needs_no_table() -> None:
    idle = changed(CONF, (READER_OF_GUEST, {"need_run": False}))
    assert told(check(idle)) == []
    heir = changed(
        CONF,
        (READER_OF_GUEST, GONE),
        (
            "/job_parameters/common/inheritance_info",
            {"job_id": "1", "component_list": ["reader_0"]},
        ),
    )
    assert told(check(heir)) == []


def test_every_party_without_a_table_is_told() -> None:
    report = check(changed(CONF, ("/component_parameters/role/host/0|1", GONE)))
    assert [f.message for f in report.errors] == [
        "reader_0 has no table for host 0",
        "reader_0 has no table for host 1",
    ]


@pytest.mark.parametrize(
    ("guest", "host", "arbiter", "any_release", "later"),
    [
        ([1], [2], [3], None, None),
        ([1], [2], [2], None, None),
        ([1], [1], [1], Severity.WARNING, None),
        ([1], [2], [1], Severity.WARNING, Severity.ERROR),
        ([1], [1, 2], [1], Severity.ERROR, Severity.ERROR),
    ],
)
def test_generalized_linear_models_restrict_who_is_arbiter(
    guest: list[int],
    host: list[int],
    arbiter: list[int],
    any_release: Severity | None,
    later: Severity | None,
) -> None:
    conf = changed(
        CONF,
        ("/role", {"guest": guest, "host": host, "arbiter": arbiter}),
        ("/initiator/party_id", 1),
        ("/component_parameters/role/host/all/reader_0", {"table": GUEST}),
    )
    for release, expected in ((None, any_release), ("1.8", later)):
        found = [f for f in check(conf, release=release).findings if f.code == "glm-parties"]
        assert [f.severity for f in found] == ([] if expected is None else [expected])
        assert all(f.pointer == "/role/arbiter/0" for f in found)
    other = changed(DSL, (f"{LR}/module", "HomoLR"), ("/components/hetero_lr_1/module", "HomoLR"))
    assert not [f for f in check(conf, other).findings if f.code == "glm-parties"]


def _predict(**common: object) -> dict[str, Any]:
    return changed(CONF, ("/job_parameters/common", {"job_type": "predict", **common}))


MODEL = {"model_id": "guest-9999#host-10000#model", "model_version": "202611240405111932740"}


def test_a_predict_job_needs_a_model_and_no_dsl() -> None:
    assert told(check(_predict(**MODEL), None)) == []
    errors = check(_predict(model_id="x"), None).errors
    assert [(f.code, f.pointer) for f in errors] == [("missing-model", "/job_parameters/common")]
    errors = check(_predict(**{**MODEL, "model_version": ""}), None).errors
    assert errors[0].pointer == "/job_parameters/common/model_version"


def test_a_dsl_of_a_predict_job_is_ignored_whatever_it_says() -> None:
    nonsense = {"components": {"a": {"input": {"model": ["pipeline.a.model"]}}}}
    assert told(check(_predict(**MODEL), nonsense)) == [("warning", "ignored-dsl", "dsl", "")]


def test_version_1_is_an_error_only_where_no_server_takes_it() -> None:
    v1 = {
        "initiator": CONF["initiator"],
        "role": CONF["role"],
        "job_parameters": {"work_mode": 0},
        "role_parameters": {"guest": {"args": {"data": {"train_data": [GUEST]}}}},
    }
    dsl = {
        "components": {"dataio_0": {"module": "DataIO", "input": {"data": {"data": ["args.x"]}}}}
    }
    assert told(check(v1, dsl, "1.6")) == []
    assert told(check(v1, dsl)) == [("warning", "dsl-version-1", "conf", "")]
    assert told(check(v1, dsl, "1.7.0")) == [
        ("error", "dsl-version-1", "conf", ""),
        ("warning", "dropped-key", "conf", "/job_parameters/work_mode"),
    ]
    forgotten = check(changed(CONF, ("/dsl_version", GONE)))
    assert [f.code for f in forgotten.warnings if f.suggestion] == ["dsl-version-1"]
    assert forgotten.ok


def test_servers_up_to_1_6_need_a_work_mode() -> None:
    gone = changed(CONF, ("/job_parameters/common/work_mode", GONE))
    assert told(check(gone)) == []
    assert told(check(gone, release="1.6")) == [
        ("error", "missing-key", "conf", "/job_parameters/common")
    ]
    text = changed(CONF, ("/job_parameters/common/work_mode", "0"))
    assert told(check(text, release="1.5.3")) == [
        ("error", "wrong-value", "conf", "/job_parameters/common/work_mode")
    ]
    none = changed(CONF, ("/job_parameters", GONE))
    assert told(check(none)) == []
    assert told(check(none, release="1.6")) == [("error", "missing-key", "conf", "")]


def test_keys_that_a_release_dropped_or_does_not_have_yet_are_warnings() -> None:
    conf = changed(
        CONF, ("/provider", {}), ("/backend", 0), ("/job_parameters/common/auto_retries", 1)
    )
    dsl = changed(DSL, (f"{LR}/provider", "fate@1.8.0"), (f"{LR}/output/cache", ["cache"]))
    assert set(told(check(conf, dsl, "1.8"))) == {
        ("warning", "key-not-yet-read", "conf", "/provider"),
        ("warning", "dropped-key", "conf", "/backend"),
        ("warning", "dropped-key", "conf", "/job_parameters/common/work_mode"),
    }
    assert {f.pointer for f in check(conf, dsl, "1.6").findings} == {
        "/provider",
        "/job_parameters/common/auto_retries",
        f"{LR}/provider",
        f"{LR}/output/cache",
    }
    assert told(check(conf, dsl)) == []


def test_what_is_null_or_nothing_is_an_error_only_where_no_server_reads_it() -> None:
    assert check(changed(CONF, ("/job_parameters", None))).ok
    assert not check(changed(CONF, ("/job_parameters", None)), release="1.6").ok
    assert check(changed(CONF, ("/component_parameters/common/hetero_lr_0", None))).ok
    assert check(changed(CONF, ("/job_parameters/role", None))).ok


def test_party_ids_as_digits_are_as_good_as_numbers() -> None:
    conf = changed(CONF, ("/initiator/party_id", "9999"), ("/role/host", ["10000", " 10001"]))
    assert told(check(conf)) == []


def test_findings_have_lines_and_columns_of_their_files(tmp_path: Path) -> None:
    conf, dsl = tmp_path / "conf.json", tmp_path / "dsl.json"
    conf.write_text(json.dumps(changed(CONF, ("/role/host/1", "x")), indent=2), "utf-8")
    dsl.write_text(json.dumps(changed(DSL, (f"{LR}/module", "HetroLR")), indent=2), "utf-8")
    report = JobSpec(conf, str(dsl)).check()
    for finding, path, text in zip(report.findings, (conf, dsl), ('"x"', '"HetroLR"'), strict=True):
        assert finding.file == str(path)
        lines = path.read_text("utf-8").splitlines()
        assert finding.line is not None
        assert finding.column is not None
        assert lines[finding.line - 1][finding.column - 1 :].startswith(text)
        assert str(finding).startswith(f"{path}:{finding.line}:{finding.column}: ")


def test_a_wrong_key_is_pointed_at_itself(tmp_path: Path) -> None:
    path = tmp_path / "conf.json"
    path.write_text(json.dumps({"provder": 1, **CONF}), "utf-8")
    found = only(JobSpec(path, DSL).check())
    assert (found.line, found.column) == (1, 2)


def test_findings_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    spoiled = changed(CONF, ("/component_parameters/role/guest/5", {}), ("/role/host/0", None))
    path = tmp_path / "conf.json"
    path.write_text(json.dumps(spoiled, indent=1), "utf-8")
    report = JobSpec(path, changed(DSL, (f"{LR}/module", "x"))).check()
    assert [f.document for f in report.findings] == ["conf", "conf", "dsl"]
    places = [f.line for f in report.findings if f.line]
    assert places == sorted(places)


def test_a_text_that_is_no_json_is_reported_and_the_other_file_is_checked() -> None:
    assert told(check('{"role": ', DSL)) == [("error", "not-json", "conf", "")]
    report = check(changed(CONF, ("/initiator", GONE)), '{"components": {,}}')
    assert told(report) == [
        ("error", "missing-key", "conf", ""),
        ("error", "not-json", "dsl", ""),
    ]
    assert (report.errors[1].line, report.errors[1].column) == (1, 17)


def test_a_file_that_holds_no_object_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "conf.json"
    path.write_text("[]", "utf-8")
    assert told(JobSpec(path, DSL).check()) == [("error", "wrong-type", "conf", "")]


def test_a_component_that_stands_twice_is_a_warning_with_its_place() -> None:
    text = (
        json.dumps(DSL)[:-2]
        + ',\n "reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}'
    )
    found = only(check(dsl=text))
    assert (found.code, found.pointer, found.line) == ("duplicate-key", "/components/reader_0", 2)


def test_a_release_must_be_one() -> None:
    with pytest.raises(ConfigError):
        check(release="latest")
