"""Upload confs and the confs of model calls: every problem at once, before a file is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fateflow_client as f
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.confs import CONFS, check_conf, check_upload
from fateflow_client.jobconf.report import Report, Severity
from tests.unit.jobconf.documents import GONE, GUEST, changed, told
from tests.unit.jobconf.test_online import OneSite

UPLOAD: dict[str, Any] = {
    "file": "guest.csv",
    "head": 1,
    "partition": 4,
    "namespace": "experiment",
    "table_name": "breast_hetero_guest",
}
PARTY: dict[str, Any] = {
    "role": "guest",
    "party_id": 9999,
    "model_id": "guest-9999#host-10000#model",
    "model_version": "202611240405111932740",
}
LOAD: dict[str, Any] = {
    "initiator": {"role": "guest", "party_id": "9999"},
    "role": {"guest": ["9999"], "host": ["10000"]},
    "job_parameters": {"model_id": "m", "model_version": "v"},
}
MIGRATE: dict[str, Any] = {
    "migrate_initiator": {"role": "guest", "party_id": 1},
    "role": {"guest": [9999], "host": [10000]},
    "migrate_role": {"guest": [1], "host": [2]},
    "execute_party": {"guest": [9999]},
    "model_id": "m",
    "model_version": "v",
    "job_parameters": {"federated_mode": "SINGLE"},
}
RIGHT: dict[str, dict[str, Any]] = {
    "download": {"namespace": "n", "table_name": "t", "output_path": "/tmp/t.csv"},  # noqa: S108
    "load": LOAD,
    "bind": {**LOAD, "service_id": "s"},
    "export": {**PARTY, "output_path": "out"},
    "import": {**PARTY, "file": "model.zip"},
    "store": PARTY,
    "restore": PARTY,
    "migrate": MIGRATE,
    "deploy": {"model_id": "m", "model_version": "v", "cpn_list": ["reader_0"]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "guest.csv").write_text("id,y,x0\n1,0,0.5\n", "utf-8")
    (tmp_path / "empty.csv").write_text("", "utf-8")
    return tmp_path


def _check(folder: Path, conf: object, **options: Any) -> Report:
    path = folder / "upload.json"
    path.write_text(json.dumps(conf), "utf-8")
    return check_upload(path, **options)


def test_an_upload_that_is_right_has_no_findings(folder: Path) -> None:
    assert told(_check(folder, UPLOAD)) == []
    assert told(_check(folder, {**UPLOAD, "head": "1", "drop": True, "partition": "2"})) == []


def test_an_upload_may_come_from_a_mapping_or_a_model(folder: Path) -> None:
    conf = {**UPLOAD, "file": str(folder / "guest.csv")}
    assert told(check_upload(conf)) == []
    assert told(check_upload(f.UploadConf.model_validate(conf))) == []
    assert told(check_upload(json.dumps({"$schema": "x", **conf}))) == []


UPLOAD_ERRORS: list[tuple[str, Any, str, str, str | None]] = [
    ("/head", GONE, "missing-key", "", None),
    ("/table_name", GONE, "missing-key", "", None),
    ("/namespace", 3, "wrong-type", "/namespace", None),
    ("/namespace", " ", "wrong-value", "/namespace", None),
    ("/head", "true", "wrong-value", "/head", None),
    ("/head", 5, "wrong-value", "/head", None),
    ("/drop", 2, "wrong-value", "/drop", None),
    ("/drop", "false", "wrong-value", "/drop", None),
    ("/partition", 0, "wrong-value", "/partition", None),
    ("/partition", 2000, "wrong-value", "/partition", None),
    ("/partition", True, "wrong-value", "/partition", None),
    ("/id_delimiter", "\n", "wrong-value", "", None),
    ("/file", "ghost.csv", "file-not-found", "/file", None),
    ("/file", ".", "file-not-found", "/file", None),
    ("/file", "empty.csv", "empty-file", "/file", None),
]


@pytest.mark.parametrize(("at", "value", "code", "pointer", "meant"), UPLOAD_ERRORS)
def test_what_an_upload_cannot_do_with_is_an_error(
    folder: Path, at: str, value: Any, code: str, pointer: str, meant: str | None
) -> None:
    report = _check(folder, changed(UPLOAD, (at, value)))
    assert [(x.code, x.document, x.pointer, x.suggestion) for x in report.errors] == [
        (code, "upload", pointer, meant)
    ]
    assert report.errors[0].line == 1


def test_a_key_that_was_misspelt_is_recognized(folder: Path) -> None:
    report = _check(folder, changed(UPLOAD, ("/partitions", 4), ("/partition", GONE)))
    assert [(x.severity, x.code, x.suggestion) for x in report.findings] == [
        (Severity.ERROR, "missing-key", "partition"),
        (Severity.WARNING, "unknown-key", "partition"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "release", "expected"),
    [
        ("delimiter", ";", "1.8", ("error", "unknown-key")),
        ("delimiter", ";", None, ("warning", "unknown-key")),
        ("delimiter", ";", "1.11", ("warning", "unknown-key")),
        ("id_delimiter", ";", "1.8", ("warning", "key-not-yet-read")),
        ("id_delimiter", ";", "1.9.1", None),
        ("id_delimiter", ",", "1.8", None),
        ("meta", {}, "1.8", ("warning", "key-not-yet-read")),
        ("meta", {}, "1.9", None),
        ("extend_sid", 1, "1.6", ("warning", "key-not-yet-read")),
        ("extend_sid", "true", "1.8", ("warning", "truth-as-text")),
        ("backend", 0, "1.7", ("warning", "dropped-key")),
        ("own_note", 1, None, None),
    ],
)
def test_keys_of_an_upload_depend_on_the_release(
    folder: Path, key: str, value: Any, release: str | None, expected: tuple[str, str] | None
) -> None:
    conf = {**UPLOAD, key: value, **({"work_mode": 0} if release == "1.6" else {})}
    found = told(_check(folder, conf, release=release))
    assert found == ([] if expected is None else [(*expected, "upload", f"/{key}")])


def test_servers_up_to_1_6_need_a_work_mode_for_uploads_and_downloads(folder: Path) -> None:
    assert told(_check(folder, UPLOAD, release="1.5.3")) == [("error", "missing-key", "upload", "")]
    assert told(check_conf("download", RIGHT["download"], "1.6")) == [
        ("error", "missing-key", "download", "")
    ]
    assert told(_check(folder, {**UPLOAD, "work_mode": 0}, release="1.8")) == [
        ("warning", "dropped-key", "upload", "/work_mode")
    ]


def test_a_file_on_the_server_is_not_looked_for_here(folder: Path) -> None:
    assert told(_check(folder, {**UPLOAD, "file": "/data/x.csv", "use_local_data": 0})) == []


def test_a_table_that_exists_is_an_error_unless_it_is_dropped(folder: Path) -> None:
    site = OneSite([GUEST], None)
    assert told(_check(folder, UPLOAD, online=site)) == [
        ("error", "table-exists", "upload", "/table_name")
    ]
    assert told(_check(folder, {**UPLOAD, "drop": 1}, online=site)) == []
    assert told(_check(folder, UPLOAD, online=OneSite([], None))) == []


def test_a_wrong_upload_is_not_asked_for(folder: Path) -> None:
    site = OneSite([], None)
    _check(folder, changed(UPLOAD, ("/head", 7)), online=site)
    assert site.asked == []


def test_values_of_an_upload_are_not_in_its_findings(folder: Path) -> None:
    conf = {**UPLOAD, "storage_address": {"password": "hunter2"}, "head": "hunter2"}
    assert "hunter2" not in str(_check(folder, conf))


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_a_conf_that_is_right_has_no_findings(kind: str) -> None:
    assert told(check_conf(kind, RIGHT[kind])) == []


def test_every_kind_of_conf_is_tried_here() -> None:
    assert set(RIGHT) | {"upload"} == set(CONFS)


@pytest.mark.parametrize(
    ("kind", "at", "value", "code", "pointer"),
    [
        ("download", "/output_path", GONE, "missing-key", ""),
        ("load", "/job_parameters/model_id", GONE, "missing-key", "/job_parameters"),
        ("load", "/initiator/party_id", "x", "wrong-value", "/initiator/party_id"),
        ("load", "/role/hots", [1], "wrong-value", "/role/hots"),
        ("load", "/role", [], "wrong-type", "/role"),
        ("bind", "/service_id", GONE, "missing-key", ""),
        ("export", "/role", "gest", "wrong-value", "/role"),
        ("import", "/force_update", 2, "wrong-value", "/force_update"),
        ("store", "/model_version", "", "wrong-value", "/model_version"),
        ("migrate", "/migrate_role/host", [2, 3], "wrong-value", ""),
        ("deploy", "/predict_dsl", {"components": {}}, "wrong-value", ""),
    ],
)
def test_what_is_wrong_with_a_conf_is_told_with_its_place(
    kind: str, at: str, value: Any, code: str, pointer: str
) -> None:
    report = check_conf(kind, changed(RIGHT[kind], (at, value)))
    assert told(report) == [("error", code, kind, pointer)]


def test_all_problems_of_a_conf_are_told_at_once() -> None:
    report = check_conf("store", {"role": "guest", "party_id": "x", "model_versoin": "v"})
    assert {x.code for x in report.errors} == {"missing-key", "wrong-value"}
    assert [x.suggestion for x in report.findings if x.suggestion] == [
        "model_version",
        "model_version",
    ]


def test_an_upload_conf_is_a_conf_too(folder: Path) -> None:
    assert told(check_conf("upload", {**UPLOAD, "file": str(folder / "guest.csv")})) == []


def test_a_kind_or_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of upload, download"):
        check_conf("uplaod", UPLOAD)
    with pytest.raises(InputFileError):
        check_conf("load", tmp_path / "none.json")


@pytest.mark.parametrize("kind", ["upload", "load"])
def test_a_text_that_is_no_json_or_no_object_is_reported(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "conf.json"
    for text, code in (("{", "not-json"), ("[]", "wrong-type")):
        path.write_text(text, "utf-8")
        assert [x.code for x in check_conf(kind, path).errors] == [code]
