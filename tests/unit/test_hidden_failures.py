"""What success hides becomes an error or a result that says so; what is repeated, and what not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AmbiguousOutcomeError,
    FlowClient,
    NotFoundError,
    PartyError,
    SubmitRejectedError,
)
from tests.support.samples import JOB_ID, MIGRATION, MODEL, requests_by_call
from tests.support.server import Answer, Drop, ScriptedServer

LOCAL_JOBS = ["data.upload", "data.download", "model.store", "model.restore"]
NEVER_TWICE = [*LOCAL_JOBS, "job.submit", "job.rerun", "model.deploy", "model.migrate",
               "model.import_model"]  # fmt: skip
SUCCESS = {"retcode": 0, "retmsg": "success"}


@pytest.mark.parametrize("call", LOCAL_JOBS)
def test_a_refused_local_job_is_no_success(
    call: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    inside = {"code": 103, "message": "Traceback\nValueError: no cores", "job_id": JOB_ID}
    server.play(Answer.of(SUCCESS | {"jobId": JOB_ID, "data": inside}))
    with pytest.raises(SubmitRejectedError, match="no cores") as caught:
        client.send(requests_by_call(tmp_path)[call])
    assert caught.value.job_id == JOB_ID
    assert caught.value.retcode == 103
    assert len(server.got) == 1


@pytest.mark.parametrize("call", ["model.load", "model.deploy", "model.migrate"])
@pytest.mark.parametrize("top", [0, 101])
def test_a_party_that_failed_is_no_success(
    top: int, call: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    data = {
        "guest": {"9999": 0},
        "host": {"10000": 100},
        "detail": {"host": {"10000": {"retcode": 100, "retmsg": "no"}}},
    }
    retmsg = "success" if top == 0 else "failed"
    server.play(Answer.of({"retcode": top, "retmsg": retmsg, "data": data, "jobId": JOB_ID}))
    with pytest.raises(PartyError) as caught:
        client.send(requests_by_call(tmp_path)[call])
    assert caught.value.parties["host"] == {"10000": 100}
    if top == 0:
        assert "host 10000 (100)" in str(caught.value)
        assert "guest" not in str(caught.value)


def test_parties_that_all_succeeded_are_told(client: FlowClient, server: ScriptedServer) -> None:
    data = {
        "guest": {"9999": 0}, "host": {"10000": 0}, "detail": {"guest": {"9999": {"retcode": 0}}},
        "model_id": "m", "model_version": "202701150800007777777",
    }  # fmt: skip
    server.play(Answer.of(SUCCESS | {"data": data}))
    deployed = client.model.deploy("m", JOB_ID)
    assert deployed.model_version == "202701150800007777777"
    assert deployed.parties == {"guest": {"9999": 0}, "host": {"10000": 0}}
    assert deployed.detail == data["detail"]


def test_a_stop_that_failed_here_says_so(client: FlowClient, server: ScriptedServer) -> None:
    text = "stop job on this party failed; stop job on all party success"
    server.play(Answer.of({"retcode": 0, "retmsg": text}))
    stopped = client.job.stop(JOB_ID)
    assert not stopped.local_success
    assert stopped.message == text
    server.play(Answer.of({"retcode": 0, "retmsg": text.replace("failed", "success")}))
    assert client.job.stop(JOB_ID).local_success


def test_a_stop_that_a_party_refused_is_an_error(
    client: FlowClient, server: ScriptedServer
) -> None:
    data = {"host": {"10000": {"retcode": 104}}}
    server.play(Answer.of({"retcode": 103, "retmsg": "stop failed", "data": data}))
    with pytest.raises(PartyError) as caught:
        client.job.stop(JOB_ID)
    assert caught.value.parties == data


def test_a_text_for_a_retcode_is_success_where_old_servers_answer_so(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Answer.of({"retcode": "'t' tag has been created", "retmsg": "success"}))
    assert not client.tag.create("t").already


@pytest.mark.parametrize("call", NEVER_TWICE)
def test_what_must_not_be_done_twice_is_not_sent_twice(
    call: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Drop(), Answer.of(SUCCESS | {"jobId": JOB_ID, "data": {"job_id": JOB_ID}}))
    with pytest.raises(AmbiguousOutcomeError):
        client.send(requests_by_call(tmp_path)[call])
    assert len(server.got) == 1


Call = Callable[[FlowClient, Path], Any]
HARMLESS: dict[str, Call] = {
    "a migration with a version of its own": lambda c, _: c.model.migrate(
        MIGRATION | {"unify_model_version": "202701150800007777777"}
    ),
    "an import by force": lambda c, f: c.model.import_model(
        MODEL | {"file": str(_zip(f)), "force_update": 1}
    ),
}


def _zip(folder: Path) -> Path:
    path = folder / "m.zip"
    path.write_bytes(b"PK")
    return path


@pytest.mark.parametrize("call", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_may_be_done_twice_is_sent_again(
    call: Call, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Drop(), Answer.of(SUCCESS | {"data": {"guest": {"1": 0}}}))
    client = FlowClient(port=server.port, server_release="1.11", trust_env=False)
    call(client, tmp_path)
    assert len(server.got) == 2


ALREADY: dict[str, tuple[Call, dict[str, Any]]] = {
    "tag.create": (
        lambda c, _: c.tag.create("t"),
        {"retcode": 100, "retmsg": "Exception(\"'t' has already exists in database.\")"},
    ),
    "tag.delete": (
        lambda c, _: c.tag.delete("t"),
        {"retcode": 100, "retmsg": "Exception(\"Can not found 't' tag.\")"},
    ),
    "model.tag_model": (
        lambda c, _: c.model.tag_model(JOB_ID, "t"),
        {"retcode": 100, "retmsg": "Model m has already been tagged as tag 't'."},
    ),
    "model.tag_model (remove)": (
        lambda c, _: c.model.tag_model(JOB_ID, "t", remove=True),
        {"retcode": 100, "retmsg": "Model m does not have tag 't'."},
    ),
    "table.delete": (
        lambda c, _: c.table.delete("n", "t"),
        {"retcode": 101, "retmsg": "no find table"},
    ),
}


@pytest.mark.parametrize(("call", "answer"), ALREADY.values(), ids=ALREADY.keys())
def test_what_an_earlier_attempt_did_counts_as_done(
    call: Call, answer: dict[str, Any], client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Drop(), Answer.of(answer))
    result = call(client, tmp_path)
    assert result.already
    assert result.message == answer["retmsg"]
    assert len(server.got) == 2
    server.play(Answer.of(answer))
    with pytest.raises(Exception, match="refused with retcode"):
        call(client, tmp_path)  # but not the first time


# -- calls that look before they act -------------------------------------------------------------


def test_renaming_a_tag_keeps_its_description(client: FlowClient, server: ScriptedServer) -> None:
    tags = [{"name": "new-t", "description": "another"}, {"name": "t", "description": "mine"}]
    server.play(Answer.of(SUCCESS | {"data": {"tags": tags}}), Answer.of(SUCCESS))
    client.tag.update("t", "u")
    assert server.got[1].json == {"tag_name": "t", "new_tag_name": "u", "new_tag_desc": "mine"}


def test_describing_a_tag_asks_nothing(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Answer.of(SUCCESS))
    client.tag.update("t", new_tag_desc="")
    assert [got.json for got in server.got] == [{"tag_name": "t", "new_tag_desc": ""}]


def _tables(*names: str) -> Answer:
    rows = [{"table_name": n, "table_namespace": "out", "data_name": n} for n in names]
    return Answer.of(SUCCESS | {"data": rows})


def test_a_table_is_deleted_by_the_output_that_it_is(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(_tables("abc"), Answer.of(SUCCESS | {"data": {"namespace": "out"}}))
    client.table.delete(job_id=JOB_ID, role="guest", party_id=1, component_name="c")
    assert server.got[1].json == {"namespace": "out", "table_name": "abc"}


@pytest.mark.parametrize("names", [(), ("train", "test")])
def test_which_of_several_tables_is_not_guessed(
    names: tuple[str, ...], client: FlowClient, server: ScriptedServer
) -> None:
    server.play(_tables(*names))
    with pytest.raises(NotFoundError, match=f"{len(names)} output tables and not one"):
        client.table.delete(job_id=JOB_ID, role="guest", party_id=1, component_name="c")
    assert len(server.got) == 1


def test_the_status_of_a_view_is_not_sent_and_that_is_said(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Answer.of(SUCCESS | {"data": []}))
    with pytest.warns(UserWarning, match="ignore status"):
        client.job.view(JOB_ID, status="success")
    assert server.got[0].json == {"job_id": JOB_ID}


NAMES = {
    "a JSON list": '["a_0", "b_0"]',
    "commas": "a_0, b_0",
    "lines": "a_0\nb_0\n",
    "commas, lines and a byte order mark": "\ufeffa_0,\nb_0\n",
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES.keys())
def test_names_of_components_come_from_a_file(
    text: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    names = tmp_path / "names"
    names.write_text(text, encoding="utf-8")
    server.play(Answer.of(SUCCESS | {"data": {"components": {}}}))
    client.job.generate_dsl({"components": {}}, names)
    assert server.got[0].json == {
        "train_dsl": '{"components":{}}', "cpn_str": ["a_0", "b_0"], "version": "2"
    }  # fmt: skip
