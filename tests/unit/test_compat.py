"""The official client's shapes: its arguments in, the server's envelopes out."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import fateflow_client
from fateflow_client import AmbiguousOutcomeError, RetryPolicy
from fateflow_client.compat import FlowClient
from tests.contract.exchanges import load_samples, tar_gz
from tests.support.samples import CONF, DSL, JOB_ID, PARTY
from tests.support.server import Answer, Drop, ScriptedServer


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Any]:
    policy = RetryPolicy(attempts=1, settle=0)
    with FlowClient(
        "127.0.0.1", server.port, "v1", retry=policy, trust_env=False, server_release="1.11"
    ) as compat:
        yield compat


def test_a_success_is_the_servers_envelope(client: Any, server: ScriptedServer) -> None:
    envelope = {"retcode": 0, "retmsg": "success", "jobId": JOB_ID, "data": {"job_id": JOB_ID}}
    server.play(Answer.of(envelope))
    assert client.job.submit(CONF, DSL) == envelope
    assert client.job.submit(config_data=CONF, dsl_data=DSL) == envelope
    assert client.job.submit(conf_path=CONF, dsl_path=DSL) == envelope
    for got in server.got:
        sent = got.json
        assert sent["job_runtime_conf"].pop("fateflow_client")
        assert sent == {"job_runtime_conf": CONF, "job_dsl": DSL}


def test_a_refusal_is_the_servers_envelope_too(client: Any, server: ScriptedServer) -> None:
    for envelope in (
        {"retcode": 103, "retmsg": "Traceback", "jobId": JOB_ID},
        {"retcode": 101, "retmsg": "find job failed"},
        {"retcode": 109, "retmsg": "Unknown APP_KEY"},
    ):
        server.play(Answer.of(envelope))
        assert client.job.submit(CONF) == envelope


def test_nothing_there_keeps_the_words_of_the_release(client: Any, server: ScriptedServer) -> None:
    envelope = {"retcode": 101, "retmsg": "No job found"}
    server.play(Answer.of(envelope))
    assert client.job.list() == envelope


def test_an_error_of_this_side_has_the_official_clients_retcode(
    client: Any, server: ScriptedServer
) -> None:
    server.play(Answer(body=b"<html>", headers=(("Content-Type", "text/html"),)))
    answer = client.job.query(JOB_ID)
    assert answer["retcode"] == 100
    assert f"127.0.0.1:{server.port}" in answer["retmsg"]
    assert client.component.metric_delete(date="20260101")["retcode"] == 100
    assert len(server.got) == 1


def test_a_download_says_where_it_is(client: Any, server: ScriptedServer, tmp_path: Path) -> None:
    body = tar_gz([("data.csv", b"id\n1\n"), ("data.meta", b'{"header": ["id"]}')])
    server.play(Answer(200, (("Content-Type", "application/x-tar"),), body))
    answer = client.component.output_data(**PARTY, output_path=tmp_path)
    assert answer["retcode"] == 0
    assert (Path(answer["directory"]) / "data.csv").read_bytes() == b"id\n1\n"


def test_what_a_dict_cannot_say_is_raised(client: Any, server: ScriptedServer) -> None:
    server.play(Drop())
    with pytest.raises(AmbiguousOutcomeError):
        client.job.submit(CONF)
    with pytest.raises(ValidationError):
        client.job.query(role="gest")


def test_it_has_every_group_and_method_of_the_typed_client(client: Any) -> None:
    typed = fateflow_client.FlowClient()
    for group in ("job", "component", "data", "task", "model", "tag", "table", "queue"):
        for name, method in inspect.getmembers(getattr(typed, group), inspect.ismethod):
            if not name.startswith("_"):
                assert name in dir(getattr(client, group))
                assert callable(getattr(getattr(client, group), name)), method
    with pytest.raises(AttributeError):
        _ = client.nope
    with pytest.raises(AttributeError):
        _ = client.job.nope


@pytest.mark.parametrize("sample", [s for s in load_samples() if s.call == "job.query"])
def test_every_sample_comes_back_as_it_was_sent(
    sample: Any, client: Any, server: ScriptedServer
) -> None:
    server.play(Answer(sample.status, sample.response_headers, sample.response_body))
    try:
        expected = json.loads(sample.response_body)
    except ValueError:
        return
    assert client.job.query(JOB_ID) == expected


def test_an_error_never_looks_like_a_success(client: Any, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "retmsg": "no define_meta", "data": {}}))
    assert client.component.output_model(**PARTY)["retcode"] == 100
    server.play(Answer.of({"retcode": 0, "retmsg": "no job could be found", "data": []}))
    assert client.job.wait(JOB_ID)["retcode"] == 100


def test_names_of_components_may_be_one_text(client: Any, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "data": {"components": {}}}))
    client.job.generate_dsl(train_dsl=DSL, cpn="[a_0, b_0]")
    assert server.got[0].json["cpn_str"] == ["a_0", "b_0"]


def test_raw_and_iterate_work_too(client: Any, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "data": {"a": 1}}))
    assert client.raw("x/y")["data"] == {"a": 1}
    server.play(Answer.of({"retcode": 0, "data": {"jobs": [], "count": 0}}))
    assert list(client.job.iterate()) == []
