"""The calls beyond the original client's manual: rules, wire, results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fateflow_client import (
    AlreadyExistsError,
    AmbiguousOutcomeError,
    FlowClient,
    NotFoundError,
    UnsupportedByServerError,
)
from tests.contract.exchanges import tar_gz
from tests.support.questions import NOTHING_THERE
from tests.support.samples import JOB_ID, MODEL, PARTY
from tests.support.server import Answer, Drop, ScriptedServer

Call = Callable[[FlowClient], Any]
OK = {"retcode": 0, "retmsg": "success"}
CHECKPOINT = MODEL | {"component_name": "hetero_lr_0"}


def reply(data: Any = None, **more: Any) -> Answer:
    return Answer.of(OK | ({} if data is None else {"data": data}) | more)


RULES: dict[str, tuple[Call, str]] = {
    "a rerun of no components": (lambda c: c.job.rerun(JOB_ID, component_name=[]), "at least 1"),
    "an update of no party": (lambda c: c.job.update(JOB_ID, "guest", "x", "n"), "whole number"),
    "nothing to change": (
        lambda c: c.job.parameter_update(JOB_ID), "component_parameters or job_parameters"
    ),
    "a preview of 0 rows": (lambda c: c.table.preview("n", "t", 0), "greater than or equal to 1"),
    "a table bound to nothing": (lambda c: c.table.bind("n", "t", "", {}), "must not be empty"),
    "a checkpoint without a step": (
        lambda c: c.checkpoint.get(**CHECKPOINT), "step_index or step_name"
    ),
    "a checkpoint with two steps": (
        lambda c: c.checkpoint.get(**CHECKPOINT, step_index=1, step_name="x"),
        "step_index or step_name",
    ),
    "a negative step": (lambda c: c.checkpoint.get(**CHECKPOINT, step_index=-1), "greater than"),
    "a metric without a name": (
        lambda c: c.component.metric_data(**PARTY, metric_namespace="train", metric_name=""),
        "must not be empty",
    ),
    "a job that is none": (lambda c: c.table.list("1", "guest", 1), "21 to 25 digits"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "words"), RULES.values(), ids=RULES.keys())
def test_a_rule_is_told_and_nothing_is_sent(
    call: Call, words: str, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValidationError, match=words):
        call(client)
    assert server.connections == 0


def test_a_password_in_an_address_is_not_shown(client: FlowClient) -> None:
    from fateflow_client import TableBindRequest

    address = {"host": "db", "passwd": "hush-hush"}
    request = TableBindRequest(namespace="n", table_name="t", engine="MYSQL", address=address)
    assert "hush-hush" not in repr(request)
    with pytest.raises(ValidationError) as caught:
        client.table.bind("n", "t", "MYSQL", address, partitions=0)
    assert "hush-hush" not in str(caught.value)


BODIES: dict[str, tuple[Call, str, dict[str, Any]]] = {
    "rerun": (
        lambda c: c.job.rerun(JOB_ID, component_name=["a", "b"]),
        "job/rerun", {"job_id": JOB_ID, "component_name": ["a", "b"]},
    ),
    "clean": (lambda c: c.job.clean(JOB_ID, role="host"), "job/clean",
              {"job_id": JOB_ID, "role": "host"}),
    "update": (
        lambda c: c.job.update(JOB_ID, "guest", "9999", "hello"), "job/update",
        {"job_id": JOB_ID, "role": "guest", "party_id": 9999, "notes": "hello"},
    ),
    "parameter_update": (
        lambda c: c.job.parameter_update(JOB_ID, {"common": {"lr_0": {"max_iter": 2}}}),
        "job/parameter/update",
        {"job_id": JOB_ID, "component_parameters": {"common": {"lr_0": {"max_iter": 2}}}},
    ),
    "preview": (
        lambda c: c.table.preview("n", "t", 2), "table/preview",
        {"namespace": "n", "name": "t", "limit": 2},
    ),
    "bind": (
        lambda c: c.table.bind("n", "t", "PATH", {"path": "/srv/t.csv"}, drop=1), "table/bind",
        {"namespace": "n", "name": "t", "engine": "PATH", "address": {"path": "/srv/t.csv"},
         "drop": 1},
    ),
    "checkpoint": (
        lambda c: c.checkpoint.get(**CHECKPOINT, step_index=3), "checkpoint/get",
        CHECKPOINT | {"step_index": 3},
    ),
    "resources": (lambda c: c.server.resources(), "resource/query", {}),
    "versions": (lambda c: c.server.versions(), "server/version/get", {}),
}  # fmt: skip


@pytest.mark.parametrize(("call", "route", "body"), BODIES.values(), ids=BODIES.keys())
def test_a_call_is_one_post_with_this_body(
    call: Call, route: str, body: dict[str, Any], client: FlowClient, server: ScriptedServer
) -> None:
    server.aside = NOTHING_THERE
    server.play(reply({"namespace": "n", "table_name": "t"}))
    call(client)
    (got,) = server.got
    assert (got.method, got.path, got.json) == ("POST", f"/v1/{route}", body)


def test_a_rerun_is_not_sent_twice(client: FlowClient, server: ScriptedServer) -> None:
    server.aside = NOTHING_THERE
    server.play(Drop(), reply())
    with pytest.raises(AmbiguousOutcomeError):
        client.job.rerun(JOB_ID)
    assert len(server.got) == 1


def test_results_are_typed(client: FlowClient, server: ScriptedServer) -> None:
    server.play(reply({"logs_directory": "/srv/logs/1"}))
    assert client.job.log_path(JOB_ID).logs_directory == "/srv/logs/1"
    server.play(reply({"data": [["1", "0"]], "header": ["id", "y"]}))
    preview = client.table.preview("n", "t")
    assert (preview.header, preview.rows) == (("id", "y"), (("1", "0"),))
    tables = {"lr_0": {"input": {"a.data": {"name": "x", "namespace": "y"}}, "output": {}}}
    server.play(reply(tables))
    found = client.table.list(JOB_ID, "guest", 1)["lr_0"].input["a.data"]
    assert (found.namespace, found.table_name) == ("y", "x")
    server.play(reply([[0, 0.7], [1, 0.5]], meta={"name": "loss", "metric_type": "LOSS"}))
    metric = client.component.metric_data(**PARTY, metric_namespace="train", metric_name="loss")
    assert (metric.data, metric.meta.metric_type) == (((0, 0.7), (1, 0.5)), "LOSS")
    meta = {"header": [["id", "y"]], "total": [2], "names": ["data"]}
    server.play(reply([[["1", 0], ["2", 1]]], meta=meta))
    output = client.component.output_data_preview(**PARTY)
    assert output.tables == ((("1", 0), ("2", 1)),)
    assert (output.headers, output.totals, output.names) == ((("id", "y"),), (2,), ("data",))


GONE: dict[str, tuple[Call, dict[str, Any], type[Exception]]] = {
    "rerun": (lambda c: c.job.rerun(JOB_ID), {"retcode": 102, "retmsg": "can not found job"},
              NotFoundError),
    "clean": (lambda c: c.job.clean(JOB_ID), {"retcode": 100, "retmsg": "no found task"},
              NotFoundError),
    "bind": (lambda c: c.table.bind("n", "t", "PATH", {}),
             {"retcode": 100, "retmsg": "The data table already exists."}, AlreadyExistsError),
    "preview, before 1.11": (lambda c: c.table.preview("n", "t"), OK, UnsupportedByServerError),
}  # fmt: skip


@pytest.mark.parametrize(("call", "answer", "error"), GONE.values(), ids=GONE.keys())
def test_refusals_are_typed(
    call: Call, answer: dict[str, Any], error: type[Exception],
    client: FlowClient, server: ScriptedServer,
) -> None:  # fmt: skip
    server.aside = NOTHING_THERE
    server.play(Answer.of(answer))
    with pytest.raises(error):
        call(client)


def test_a_table_is_downloaded_into_a_folder_of_a_safe_name(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    body = tar_gz([("table.csv", b"id,y\n1,0\n"), ("table.meta", b'{"header": ["id", "y"]}')])
    server.play(Answer(200, (("Content-Type", "application/x-tar"),), body))
    data = client.table.download("../../etc", "pass/wd é", tmp_path)
    assert data.directory.parent == tmp_path
    assert data.directory.name == "table_.._.._etc_pass_wd_é"
    assert data.csv is not None
    assert data.csv.read_bytes() == b"id,y\n1,0\n"
    assert data.header == ("id", "y")
    got = server.got[0]
    assert (got.method, got.json) == ("GET", {"namespace": "../../etc", "name": "pass/wd é"})
    again = client.table.download("../../etc", "pass/wd é", tmp_path, exist="skip")
    assert again == data
    assert len(server.got) == 1


def test_a_table_that_is_not_there_leaves_nothing(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Answer.of({"retcode": 210, "retmsg": "no found table:n t"}, 210))
    with pytest.raises(NotFoundError):
        client.table.download("n", "t", tmp_path)
    assert list(tmp_path.iterdir()) == []
