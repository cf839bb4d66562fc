"""What success hides is an error, and what a lost answer leaves open is told or tried again."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AlreadyExistsError,
    AmbiguousOutcomeError,
    ApiError,
    FlowClient,
    NotFoundError,
    PartyError,
    SubmitRejectedError,
)
from tests.support.questions import NOTHING_THERE
from tests.support.samples import DSL, JOB_ID, MIGRATION, MODEL, PARTY
from tests.support.server import Answer, Drop, ScriptedServer, Step

Call = Callable[[FlowClient], Any]
LOCAL_JOB = "202701150755004321980"
DOWNLOAD = {"namespace": "n", "table_name": "t", "output_path": "/srv/t.csv"}
TRACEBACK = 'Traceback (most recent call last):\n  File "a.py"\nException: too many cores\n'


def reply(retcode: object = 0, retmsg: str = "success", status: int = 200, **more: Any) -> Answer:
    return Answer.of({"retcode": retcode, "retmsg": retmsg, **more}, status)


LOCAL_JOBS: dict[str, Call] = {
    "data.download": lambda c: c.data.download(DOWNLOAD),
    "model.store": lambda c: c.model.store(MODEL),
    "model.restore": lambda c: c.model.restore(MODEL),
    "model.export_model": lambda c: c.model.export_model(MODEL, to_database=True),
    "model.import_model": lambda c: c.model.import_model(MODEL, from_database=True),
}


@pytest.mark.parametrize("call", LOCAL_JOBS.values(), ids=LOCAL_JOBS.keys())
def test_a_local_job_that_was_refused_inside_a_success_is_an_error(
    call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    data = {"job_id": LOCAL_JOB, "code": 103, "message": TRACEBACK}
    server.play(reply(jobId=LOCAL_JOB, data=data))
    with pytest.raises(SubmitRejectedError, match=f"too many cores.*{LOCAL_JOB}") as caught:
        call(client)
    assert caught.value.job_id == LOCAL_JOB
    assert caught.value.retcode == 103
    assert caught.value.retmsg == TRACEBACK
    assert len(server.got) == 1


@pytest.mark.parametrize("call", LOCAL_JOBS.values(), ids=LOCAL_JOBS.keys())
@pytest.mark.parametrize("code", [{}, {"code": 0, "message": "success"}], ids=["1.6", "1.7"])
def test_a_local_job_that_was_accepted_has_an_id_to_wait_for(
    code: dict[str, Any], call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    server.play(reply(jobId=LOCAL_JOB, data={"job_id": LOCAL_JOB, **code}))
    assert call(client).job_id == LOCAL_JOB


def test_a_download_says_where_the_server_will_write(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    server.play(reply(jobId=LOCAL_JOB, data={"job_id": LOCAL_JOB, "table_name": "t"}))
    assert client.data.download(DOWNLOAD).output_path == "/srv/t.csv"


LOAD = {
    "initiator": {"role": "guest", "party_id": 9999},
    "role": {"guest": [9999], "host": [10000]},
    "job_parameters": {"model_id": "m#model", "model_version": JOB_ID},
}
PER_PARTY: dict[str, Call] = {
    "load": lambda c: c.model.load(LOAD),
    "deploy": lambda c: c.model.deploy("m#model", JOB_ID),
    "migrate": lambda c: c.model.migrate(MIGRATION),
}
HALF = {
    "guest": {"9999": 0},
    "host": {"10000": 100},
    "detail": {
        "guest": {"9999": {"retcode": 0, "retmsg": "success"}},
        "host": {"10000": {"retcode": 100, "retmsg": "no such model"}},
    },
    "model_id": "m#model",
    "model_version": "2",
}


@pytest.mark.parametrize(
    ("name", "retcode"),
    [("load", 0), ("load", 101), ("deploy", 0), ("deploy", 101), ("migrate", 0)],
)
def test_a_party_that_failed_is_an_error_and_is_named(
    name: str, retcode: int, client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    call = PER_PARTY[name]
    server.play(reply(retcode, "failed" if retcode else "success", jobId=JOB_ID, data=HALF))
    with pytest.raises(PartyError) as caught:
        call(client)
    if retcode == 0:
        assert "host 10000 (100)" in str(caught.value)
        assert "guest" not in caught.value.retmsg
    assert caught.value.parties["host"] == {"10000": 100}
    assert caught.value.parties["guest"] == {"9999": 0}
    assert caught.value.data == HALF
    assert caught.value.job_id == JOB_ID
    assert pickle.loads(pickle.dumps(caught.value)).parties == caught.value.parties  # noqa: S301
    assert len(server.got) == 1


@pytest.mark.parametrize("call", PER_PARTY.values(), ids=PER_PARTY.keys())
def test_parties_that_all_did_it_are_told_apart_from_the_rest(
    call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    server.play(reply(jobId=JOB_ID, data=HALF | {"host": {"10000": 0}}))
    result = call(client)
    assert result.parties == {"guest": {"9999": 0}, "host": {"10000": 0}}
    assert result.detail == HALF["detail"]
    assert result.job_id == JOB_ID


def test_a_migration_tells_the_version_of_the_copy(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(reply(jobId=LOCAL_JOB, data={"guest": {"9999": 0}, "detail": {}}))
    ours = client.model.migrate(MIGRATION).model_version or ""
    assert server.got[0].json == MIGRATION | {"unify_model_version": ours}
    assert ours.isdigit()
    assert len(ours) == 25  # as long as a job's id may be
    assert ours != client.model.migrate(MIGRATION).model_version
    named = MIGRATION | {"unify_model_version": "wine-2"}
    assert client.model.migrate(named).model_version == "wine-2"


def test_a_model_that_is_not_there_is_no_failure_of_a_party(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    text = f"Model with version {JOB_ID} can not be found in database. Please check"
    for call in (
        lambda: client.model.load(LOAD),
        lambda: client.model.bind(LOAD | {"service_id": "s"}),
    ):
        server.play(reply(101, text))
        with pytest.raises(NotFoundError):
            call()
    for answer in (
        reply(100, "Deploy model failed, no model m#model 1 found."),
        reply(404, "Deploy model failed. Model m#model 1 not found.", status=404),
    ):
        server.play(answer)
        with pytest.raises(NotFoundError):
            client.model.deploy("m#model", "1")


def test_a_code_of_fate_serving_is_kept(client: FlowClient, server: ScriptedServer) -> None:
    server.play(reply(123, "service id s is unknown"))
    with pytest.raises(ApiError) as caught:
        client.model.bind(LOAD | {"service_id": "s"})
    assert caught.value.retcode == 123


def test_a_stop_that_failed_at_home_says_so(client: FlowClient, server: ScriptedServer) -> None:
    server.play(reply(0, "stop job on this party failed; stop job on all party success"))
    assert not client.job.stop(JOB_ID).local_success
    server.play(reply(0, "stop job on this party success; stop job on all party success"))
    assert client.job.stop(JOB_ID).local_success


def test_a_stop_that_a_party_refused_is_an_error(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(reply(103, "stop job on all party failed", data={"host": {"10000": 103}}))
    with pytest.raises(PartyError) as caught:
        client.job.stop(JOB_ID)
    assert caught.value.parties == {"host": {"10000": 103}}


def test_a_tag_whose_success_is_a_text_is_a_success(
    client: FlowClient, server: ScriptedServer
) -> None:
    text = "'t' tag has been created successfully."
    server.play(Answer.of({"retcode": text, "retmsg": "success"}))
    done = client.tag.create("t")
    assert not done.already
    assert done.envelope.raw["retcode"] == text
    server.play(Answer.of({"retcode": "0", "retmsg": "success"}))
    with pytest.raises(Exception, match="retcode"):
        client.tag.delete("t")


@pytest.mark.parametrize(
    ("text", "deleted"),
    [
        ("delete status: True", True),
        ("delete status: False", False),
        ("delete from t_tracking_metric_20270115 where f_job_id = '1'", True),
        ("drop table t_tracking_metric_20270115", True),
        (None, False),
    ],
)
def test_metrics_that_were_not_there_are_told(
    text: str | None, deleted: bool, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(reply(data=text))
    assert client.component.metric_delete(job_id=JOB_ID).deleted is deleted


def test_metrics_of_a_day_without_any_are_gone_already(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(reply(100, "SQLError: no such table: t_tracking_metric_20270115"))
    assert not client.component.metric_delete(job_id=JOB_ID).deleted


# What is called, and what the second attempt is told after the first one's answer was lost.
AGAIN: dict[str, tuple[Call, Answer]] = {
    "tag.create": (
        lambda c: c.tag.create("t"),
        reply(100, "Exception(\"'t' has already exists in database.\")"),
    ),
    "tag.delete": (lambda c: c.tag.delete("t"), reply(100, "Can not found 't' tag.")),
    "table.delete": (lambda c: c.table.delete("n", "t"), reply(101, "no find table")),
    "model.tag_model": (
        lambda c: c.model.tag_model(JOB_ID, "t"),
        reply(100, "Model m#model 1 already been tagged as tag 't'."),
    ),
    "model.tag_model (remove)": (
        lambda c: c.model.tag_model(JOB_ID, "t", remove=True),
        reply(100, "Model m#model 1 does not have tag 't'."),
    ),
}


@pytest.mark.parametrize(("call", "again"), AGAIN.values(), ids=AGAIN.keys())
def test_done_before_is_done_if_the_first_answer_was_lost(
    call: Call, again: Answer, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Drop(), again)
    done = call(client)
    assert done.already
    assert done.message
    assert len(server.got) == 2
    assert type(done).model_validate(done.model_dump()) == done


@pytest.mark.parametrize(("call", "again"), AGAIN.values(), ids=AGAIN.keys())
def test_done_before_is_an_error_if_somebody_else_did_it(
    call: Call, again: Answer, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(again)
    with pytest.raises((AlreadyExistsError, NotFoundError)):
        call(client)
    assert len(server.got) == 1


def test_a_model_that_is_not_there_was_not_tagged_by_a_lost_attempt(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Drop(), reply(100, f"Can not found model by job id: '{JOB_ID}'."))
    with pytest.raises(NotFoundError):
        client.model.tag_model(JOB_ID, "t")
    server.play(Drop(), reply(100, "Can not found 't' tag."))
    with pytest.raises(NotFoundError):
        client.model.tag_model(JOB_ID, "t", remove=True)


def test_a_tag_whose_update_was_lost_is_updated(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Drop(), reply(100, "Nothing to be updated."))
    assert client.tag.update("t", new_tag_desc="d").already


def test_a_metric_delete_may_be_sent_again(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Drop(), reply(data="delete status: False"))
    assert not client.component.metric_delete(job_id=JOB_ID).deleted
    assert len(server.got) == 2


def _zip(folder: Path) -> str:
    path = folder / "m.zip"
    path.write_bytes(b"PK")
    return str(path)


GOOD = reply(jobId=LOCAL_JOB, data={"job_id": LOCAL_JOB, "model_id": "m", "model_version": "2"})
Made = Callable[[FlowClient, Path], Any]
NEVER: dict[str, Made] = {
    "tag.update with a new name": lambda c, _: c.tag.update("t", "u", "d"),
    "model.deploy": lambda c, _: c.model.deploy("m#model", JOB_ID),
    "model.deploy with a DSL": lambda c, _: c.model.deploy("m#model", JOB_ID, predict_dsl=DSL),
    "model.store": lambda c, _: c.model.store(MODEL),
    "model.restore": lambda c, _: c.model.restore(MODEL),
    "data.download": lambda c, _: c.data.download(DOWNLOAD),
    "model.import_model": lambda c, folder: c.model.import_model(MODEL | {"file": _zip(folder)}),
    "model.import_model without force": lambda c, folder: c.model.import_model(
        MODEL | {"file": _zip(folder), "force_update": 0}
    ),
}
SAFE: dict[str, Made] = {
    "tag.update with a new description": lambda c, _: c.tag.update("t", new_tag_desc="d"),
    "model.load": lambda c, _: c.model.load(LOAD),
    "model.bind": lambda c, _: c.model.bind(LOAD | {"service_id": "s"}),
    "model.migrate": lambda c, _: c.model.migrate(MIGRATION),
    "model.migrate with its version": lambda c, _: c.model.migrate(
        MIGRATION | {"unify_model_version": "2"}
    ),
    "model.import_model with force": lambda c, folder: c.model.import_model(
        MODEL | {"file": _zip(folder), "force_update": 1}
    ),
    "model.get_predict_dsl": lambda c, _: c.model.get_predict_dsl("m", "1"),
    "model.get_predict_conf": lambda c, _: c.model.get_predict_conf("m", "1"),
    "component.parameters": lambda c, _: c.component.parameters(**PARTY),
    "job.generate_dsl": lambda c, _: c.job.generate_dsl(DSL, cpn_list=["a_0"]),
}
LOST: dict[str, Step] = {
    "no answer": Drop(),
    "half an answer": Answer(body=b'{"retcode":'),
    "a proxy's 502": Answer(502, (("Content-Type", "text/html"),), b"<h1>Bad gateway</h1>"),
}


@pytest.fixture
def newest(server: ScriptedServer, clock: Any) -> FlowClient:
    """A client that knows its server's release."""
    return FlowClient(port=server.port, clock=clock, server_release="1.11", trust_env=False)


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("call", NEVER.values(), ids=NEVER.keys())
def test_what_would_be_done_twice_is_not_repeated(
    call: Made, lost: Step, newest: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    server.play(lost, GOOD)
    with pytest.raises(AmbiguousOutcomeError, match="may have been done") as caught:
        call(newest, tmp_path)
    assert len(server.got) == 1
    assert caught.value.advice


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("call", SAFE.values(), ids=SAFE.keys())
def test_what_is_as_good_as_once_is_repeated(
    call: Made, lost: Step, newest: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(lost, GOOD)
    call(newest, tmp_path)
    assert len(server.got) == 2
    first, second = server.got
    if not first.headers["content-type"].startswith("multipart/"):
        assert first.body == second.body


def test_nothing_there_is_an_empty_list_on_every_release(
    client: FlowClient, server: ScriptedServer
) -> None:
    nothing: list[tuple[Call, Answer]] = [
        (lambda c: c.job.view(JOB_ID), reply(101, "find data view failed")),
        (lambda c: c.task.list(), reply(100, "No task found")),
        (lambda c: c.task.list(), reply(data={"tasks": [], "count": 0})),
        (lambda c: c.job.list(), reply(101, "No job found")),
        (lambda c: c.tag.list(), reply(data={"tags": []})),
        (lambda c: c.tag.query("t").tags, reply(100, "No tags found.")),
        (lambda c: c.tag.query("t", True).models, reply(100, "Can not found 't' tag.")),
        (lambda c: c.tag.query("t", True).models, reply(data={"models": [], "count": 0})),
        (
            lambda c: c.model.get_model_info("m", "1"),
            reply(100, "Query model info failed, cannot find model from db.", data=[]),
        ),
        (
            lambda c: c.component.output_data_table(**PARTY),
            reply(100, "No found table, please check if the parameters are correct"),
        ),
    ]
    for call, answer in nothing:
        server.play(answer)
        assert len(call(client)) == 0


def test_one_named_thing_that_is_not_there_is_an_error_on_every_release(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    no_model = "No model found, please check if arguments are specified correctly."
    nothing: list[tuple[Call, Answer]] = [
        (lambda c: c.component.parameters(**PARTY), reply(101, "can not found this task")),
        (
            lambda c: c.component.parameters(**PARTY),
            reply(0, "can not found this component parameters"),
        ),
        (
            lambda c: c.component.parameters(**PARTY),
            reply(100, "Component nope_0 does not exist, please have a check"),
        ),
        (lambda c: c.component.output_data_table(**PARTY), reply(100, "No found job")),
        (lambda c: c.model.get_predict_dsl("m", "1"), reply(210, no_model, status=210)),
        (lambda c: c.model.get_predict_dsl("m", "1"), reply(0, "success", data={})),
        (lambda c: c.model.get_predict_conf("m", "1"), reply(210, no_model, status=210)),
        (
            lambda c: c.model.tag_list(JOB_ID),
            reply(100, f"Exception(\"Can not found model by job id: '{JOB_ID}'.\")"),
        ),
        (
            lambda c: c.job.config(JOB_ID, "guest", 9999, tmp_path / "out"),
            reply(101, "find job failed"),
        ),
        (lambda c: c.tag.delete("t"), reply(100, "Can not found 't' tag.")),
        (lambda c: c.tag.update("t", new_tag_desc="d"), reply(100, "Can not found 't' tag.")),
        (lambda c: c.table.delete("n", "t"), reply(101, "no find table")),
    ]
    for call, answer in nothing:
        server.play(answer)
        with pytest.raises(NotFoundError):
            call(client)
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_there_already_is_not_replaced(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    for answer in (
        reply(409, "Model already exists.", status=409),
        reply(100, "Model guest#9999#m#model 1 local cache already existed."),
    ):
        server.play(answer)
        with pytest.raises(AlreadyExistsError):
            client.model.import_model(MODEL | {"file": _zip(tmp_path)})
        assert len(server.got) == 1


def test_a_migration_that_an_earlier_attempt_did_is_done(
    client: FlowClient, server: ScriptedServer
) -> None:
    why = {"retcode": 100, "retmsg": "Unify model version 1 has been occupied in database."}
    data = {"guest": {"1": 100}, "detail": {"guest": {"1": why}}}
    conf = MIGRATION | {"unify_model_version": "202701150800007777777"}
    server.play(Drop(), reply(data=data))
    migrated = client.model.migrate(conf)
    assert migrated.model_version == "202701150800007777777"
    server.play(reply(data=data))
    with pytest.raises(PartyError, match=r"guest 1 \(100\): Unify model version 1"):
        client.model.migrate(conf)


def test_a_table_that_an_earlier_attempt_bound_is_bound(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Drop(), reply(100, "The data table already exists."))
    assert client.table.bind("n", "t", "PATH", {"path": "/srv/t.csv"}).already


def test_a_refusal_names_the_route_that_was_called(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(reply(100, "Model m does not have tag 't'."))
    with pytest.raises(NotFoundError, match=r"^model/model_tag/remove was refused"):
        client.model.tag_model(JOB_ID, "t", remove=True)
