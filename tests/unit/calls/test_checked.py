"""Submits and uploads that certainly fail are refused with every problem at once."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    ConfigError,
    FlowClient,
    InputFileError,
    InvalidConfError,
    JobQuery,
    JobSpec,
    Report,
    Severity,
)
from tests.support.questions import NOTHING_THERE
from tests.support.samples import CONF, JOB_ID
from tests.support.server import Answer, ScriptedServer

DONE = Answer.of({"retcode": 0, "jobId": JOB_ID, "data": {"job_id": JOB_ID}})
TRAINING: dict[str, Any] = CONF | {"job_parameters": {"common": {"job_type": "train"}}}
DSL: dict[str, Any] = {
    "components": {
        "intersection_0": {
            "module": "Intersection",
            "input": {"data": {"data": ["data_transform_0.data"]}},
            "output": {"data": ["data"]},
        }
    }
}


def test_all_problems_are_told_with_their_places(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    conf, dsl = tmp_path / "conf.json", tmp_path / "dsl.json"
    wrong = TRAINING | {"initiator": {"role": "guest", "party_id": 8888}}
    conf.write_text(json.dumps(wrong, indent=2), "utf-8")
    dsl.write_text(json.dumps(DSL, indent=2), "utf-8")
    with pytest.raises(InvalidConfError) as caught:
        client.job.submit(conf, dsl)
    assert server.connections == 0
    report: Report = caught.value.report
    found = {finding.code: finding for finding in report.errors}
    assert {"initiator-not-in-role", "undefined-component"} <= set(found)
    place = found["undefined-component"]
    assert place.file == str(dsl)
    line = dsl.read_text("utf-8").splitlines()[(place.line or 0) - 1]
    assert "data_transform_0.data" in line
    for finding in report.findings:
        assert str(finding) in str(caught.value)
    assert isinstance(caught.value, InputFileError)
    assert pickle.loads(pickle.dumps(caught.value)).report == report  # noqa: S301 - our own


def test_whoever_knows_better_may_send_it(client: FlowClient, server: ScriptedServer) -> None:
    server.play(DONE)
    with pytest.raises(InvalidConfError, match="validate=False"):
        client.job.submit(TRAINING)
    assert client.job.submit(TRAINING, validate=False).job_id == JOB_ID
    assert len(server.got) == 1


def test_warnings_stop_nothing(client: FlowClient, server: ScriptedServer) -> None:
    server.play(DONE)
    assert client.job.submit(CONF, DSL).job_id == JOB_ID  # a prediction does not need the DSL


def test_a_release_that_is_known_counts(server: ScriptedServer) -> None:
    server.play(DONE)
    with FlowClient(port=server.port, trust_env=False, server_release="1.6") as old:
        with pytest.raises(InvalidConfError, match="work_mode") as caught:
            old.job.submit(CONF)
        assert server.got == []
    assert all(f.severity is Severity.ERROR for f in caught.value.report.errors)


def test_an_upload_is_checked_with_its_file(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    conf = tmp_path / "upload.json"
    conf.write_text('{"file": "t.csv", "head": 2,\n "partition": 0, "table_name": "t"}', "utf-8")
    with pytest.raises(InvalidConfError) as caught:
        client.data.upload(conf)
    assert server.connections == 0
    codes = {finding.code for finding in caught.value.report.errors}
    assert {"missing-key", "wrong-value", "file-not-found"} <= codes
    assert str(conf) in str(caught.value)


def test_the_schema_of_an_editor_is_not_sent(client: FlowClient, server: ScriptedServer) -> None:
    server.play(DONE)
    client.job.submit({"$schema": "./runtime-conf.json", **CONF}, marker=False)
    assert server.got[0].json == {"job_runtime_conf": CONF}


def test_only_what_is_checked_can_go_unchecked(client: FlowClient) -> None:
    with pytest.raises(ConfigError, match="validate is not for job/query"):
        client.send(JobQuery(job_id=JOB_ID), validate=False)
    with pytest.raises(ConfigError, match="not for job/query"):
        client.send(JobQuery(job_id=JOB_ID), idempotency_key="k")


def test_what_was_probably_meant_is_said_in_plain_words(client: FlowClient, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfError, match=r"\(did you mean 'host'\?\)"):
        client.job.submit(TRAINING | {"role": {"guest": [9999], "hots": [10000]}})
    conf = tmp_path / "conf.json"
    conf.write_text('{"a": "\x01"}', "utf-8")
    report = JobSpec(conf).check()
    assert "Invalid control character" in str(report)
    assert "character at" not in str(report)
