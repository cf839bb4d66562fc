"""What each call asks of its arguments: whoever breaks a rule reads which one, before anything
is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import fateflow_client as f
from fateflow_client import FlowClient, InputFileError, InvalidConfError
from tests.support.samples import DSL, JOB_ID, MIGRATION, MODEL, PARTY
from tests.support.server import ScriptedServer

Call = Callable[[Any], object]
LOAD: dict[str, Any] = {
    "initiator": {"role": "guest", "party_id": 9999},
    "role": {"guest": [9999], "host": [10000], "arbiter": [10001]},
    "job_parameters": {"model_id": MODEL["model_id"], "model_version": JOB_ID},
}
TABLE = {"namespace": "n", "table_name": "t"}
PLACE: dict[str, Any] = {"job_id": JOB_ID, "role": "guest", "party_id": 9999}


def without(conf: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in conf.items() if key != name}


# What is wrong: the call, and what its message says, in this order.
RULES: dict[str, tuple[Call, str]] = {
    "a load of nothing": (lambda c: c.model.load(), "give conf_path or job_id"),
    "a load of two": (lambda c: c.model.load(LOAD, JOB_ID), "give conf_path or job_id, and not"),
    "a load by a short job id": (
        lambda c: c.model.load(job_id="1"),
        "job_id.*21 to 25 digits, such as",
    ),
    "a load conf without initiator": (
        lambda c: c.model.load(without(LOAD, "initiator")),
        "initiator.*required",
    ),
    "a load conf without role": (lambda c: c.model.load(without(LOAD, "role")), "role.*required"),
    "a load conf without model": (
        lambda c: c.model.load(without(LOAD, "job_parameters")),
        "job_parameters.*required",
    ),
    "a load conf without version": (
        lambda c: c.model.load(LOAD | {"job_parameters": {"model_id": "m"}}),
        "job_parameters.model_version.*required",
    ),
    "a load conf with a misspelt role": (
        lambda c: c.model.load(LOAD | {"role": {"gest": [1]}}),
        "role.*'gest'.*guest, host, arbiter, local.*did you mean 'guest'",
    ),
    "a load conf with a misspelt initiator": (
        lambda c: c.model.load(LOAD | {"initiator": {"role": "hots", "party_id": 1}}),
        "initiator.role.*'hots'.*did you mean 'host'",
    ),
    "a bind without service id": (lambda c: c.model.bind(LOAD), "service_id.*required"),
    "a bind with an empty service id": (
        lambda c: c.model.bind(LOAD | {"service_id": " "}),
        "service_id.*must not be empty",
    ),
    "a bind by job id without service id": (
        lambda c: c.model.bind({"servings": ["h:1"]}, JOB_ID),
        "service_id.*required",
    ),
    "a bind without a model": (
        lambda c: c.model.bind({"service_id": "s"}),
        "initiator.*required.*role.*required.*job_parameters.*required",
    ),
    "a bind with servings that are no list": (
        lambda c: c.model.bind(LOAD | {"service_id": "s", "servings": "h:1"}),
        "servings.*valid list",
    ),
    "an export without output path": (
        lambda c: c.model.export_model(MODEL),
        "output_path.*required",
    ),
    "an export to an empty path": (
        lambda c: c.model.export_model(MODEL | {"output_path": ""}),
        "output_path.*must not be empty",
    ),
    "an import without file": (lambda c: c.model.import_model(MODEL), "file.*required"),
    "an import forced twice": (
        lambda c: c.model.import_model(MODEL | {"file": "m.zip", "force_update": 2}),
        "force_update.*0 or 1",
    ),
    "a migration into a database": (
        lambda c: c.model.migrate(MIGRATION, to_database=True),
        "to_database.*False",
    ),
    "a migration to other roles": (
        lambda c: c.model.migrate(MIGRATION | {"migrate_role": {"guest": [1], "arbiter": [2]}}),
        "role and migrate_role need the same roles",
    ),
    "a migration to fewer parties": (
        lambda c: c.model.migrate(MIGRATION | {"role": {"guest": [9999], "host": [1, 2]}}),
        "role and migrate_role need the same roles, with lists as long",
    ),
    "a migration without host": (
        lambda c: c.model.migrate(
            MIGRATION | {"role": {"guest": [1]}, "migrate_role": {"guest": [2]}}
        ),
        "need guest and host",
    ),
    "a migration to an empty version": (
        lambda c: c.model.migrate(MIGRATION | {"unify_model_version": ""}),
        "unify_model_version.*at least 1 character",
    ),
    "a deployment by two lists": (
        lambda c: c.model.deploy("m", JOB_ID, cpn_list=["a_0"], predict_dsl=DSL),
        "cpn_list or predict_dsl, and not both",
    ),
    "a deployment of no components": (
        lambda c: c.model.deploy("m", JOB_ID, cpn_list=[]),
        "cpn_list.*at least 1 item",
    ),
    "a deployment of a nameless component": (
        lambda c: c.model.deploy("m", JOB_ID, cpn_list=["a_0", ""]),
        "cpn_list.1.*must not be empty",
    ),
    "a deployment of one string": (
        lambda c: c.model.deploy("m", JOB_ID, cpn_list="a_0"),
        "cpn_list.*valid tuple",
    ),
    "a deployment of a nameless model": (
        lambda c: c.model.deploy("", JOB_ID),
        "model_id.*must not be empty",
    ),
    "a deployment of a model without version": (
        lambda c: c.model.deploy("m", " "),
        "model_version.*must not be empty",
    ),
    "a predict DSL of a nameless model": (
        lambda c: c.model.get_predict_dsl("", JOB_ID),
        "model_id.*must not be empty",
    ),
    "a predict conf without version": (
        lambda c: c.model.get_predict_conf("m", ""),
        "model_version.*must not be empty",
    ),
    "models of a misspelt role": (
        lambda c: c.model.get_model_info("m", JOB_ID, "guests"),
        "role.*'guests'.*did you mean 'guest'",
    ),
    "models without columns": (
        lambda c: c.model.get_model_info("m", JOB_ID, query_filters=[]),
        "query_filters.*at least 1 item",
    ),
    "tags of a model that is no job": (
        lambda c: c.model.tag_list("m"),
        "job_id.*21 to 25 digits",
    ),
    "a model's tag without name": (
        lambda c: c.model.tag_model(JOB_ID, ""),
        "tag_name.*must not be empty",
    ),
    "a model's tag that is removed 'maybe'": (
        lambda c: c.model.tag_model(JOB_ID, "t", remove="maybe"),
        "remove.*boolean",
    ),
    "a deletion of no metrics": (
        lambda c: c.component.metric_delete(),
        r"give date \(YYYYMMDD\) or job_id",
    ),
    "a deletion of a day that is none": (
        lambda c: c.component.metric_delete(20260230),
        "date.*20260230 is no day of the calendar",
    ),
    "a deletion of a day with dashes": (
        lambda c: c.component.metric_delete("2026-02-01"),
        "date.*YYYYMMDD, such as 20261124",
    ),
    "a deletion of the day True": (
        lambda c: c.component.metric_delete(True),
        "date.*YYYYMMDD",
    ),
    "a deletion of the day x": (lambda c: c.component.metric_delete("x"), "date.*YYYYMMDD"),
    "a deletion of a day of other digits": (
        lambda c: c.component.metric_delete("٢٠٢٦٠٢٠١"),
        "date.*YYYYMMDD",
    ),
    "a deletion of a day that is SQL": (
        lambda c: c.component.metric_delete("20260201; drop table t_job"),
        "date.*YYYYMMDD",
    ),
    "a bad day beside a good job": (
        lambda c: c.component.metric_delete("20261301", JOB_ID),
        "date.*20261301 is no day",
    ),
    "a bad job beside a good day": (
        lambda c: c.component.metric_delete("20261201", "7"),
        "job_id.*21 to 25 digits",
    ),
    "parameters of a nameless component": (
        lambda c: c.component.parameters(JOB_ID, "guest", 9999, ""),
        "component_name.*must not be empty",
    ),
    "parameters of a party with a name": (
        lambda c: c.component.parameters(JOB_ID, "guest", "ana", "a_0"),
        "party_id.*whole number, 0 or more",
    ),
    "output tables of a misspelt role": (
        lambda c: c.component.output_data_table(JOB_ID, "Guest", 9999, "a_0"),
        "role.*'Guest'.*did you mean 'guest'",
    ),
    "a download without table": (
        lambda c: c.data.download({"output_path": "/srv/t.csv"}),
        "namespace.*required.*table_name.*required",
    ),
    "a download to nowhere": (lambda c: c.data.download(TABLE), "output_path.*required"),
    "a download of a nameless table": (
        lambda c: c.data.download(TABLE | {"table_name": "", "output_path": "/srv/t"}),
        "table_name.*must not be empty",
    ),
    "a download with work mode 2": (
        lambda c: c.data.download(TABLE | {"output_path": "/srv/t", "work_mode": 2}),
        "work_mode.*0 or 1",
    ),
    "a deletion of no table": (
        lambda c: c.table.delete(),
        "namespace and table_name, or job_id, role, party_id and component_name",
    ),
    "a deletion of half a name": (lambda c: c.table.delete("n"), "namespace and table_name, or"),
    "a deletion of half an output": (
        lambda c: c.table.delete(job_id=JOB_ID, role="guest"),
        "or job_id, role, party_id and component_name",
    ),
    "a deletion in two ways": (
        lambda c: c.table.delete("n", "t", **PARTY),
        "namespace and table_name, or",
    ),
    "a deletion in a way and a half": (
        lambda c: c.table.delete("n", "t", job_id=JOB_ID),
        "namespace and table_name, or",
    ),
    "a deletion of an output with a namespace": (
        lambda c: c.table.delete("n", **PARTY),
        "namespace and table_name, or",
    ),
    "an empty tag": (lambda c: c.tag.create(""), "tag_name.*must not be empty"),
    "a blank tag": (lambda c: c.tag.delete("  "), "tag_name.*must not be empty"),
    "a query for an empty tag": (lambda c: c.tag.query(""), "tag_name.*must not be empty"),
    "an update of nothing": (lambda c: c.tag.update("t"), "give new_tag_name or new_tag_desc"),
    "a tag that loses its name": (
        lambda c: c.tag.update("t", ""),
        "new_tag_name.*must not be empty",
    ),
    "a list of no tags": (lambda c: c.tag.list(0), "limit.*1 or more, or -1 for all"),
    "a list of -2 tags": (lambda c: c.tag.list(-2), "limit.*1 or more, or -1 for all"),
    "a list of True tags": (lambda c: c.tag.list(True), "limit.*True and False are not numbers"),
    "a list of no tasks": (lambda c: c.task.list(0), "limit.*1 or more, or -1 for all"),
    "a list of 'ten' tasks": (lambda c: c.task.list("ten"), "limit.*valid integer"),
    "page 0 of tasks": (lambda c: c.task.list(page=0), "page.*greater than or equal to 1"),
    "tasks in the order 'up'": (lambda c: c.task.list(order="up"), "order.*'asc' or 'desc'"),
    "a view of no job": (lambda c: c.job.view(role="guest"), "give job_id"),
    "a view of a misspelt status": (
        lambda c: c.job.view(JOB_ID, status="sucess"),
        "status.*'sucess' is no job status.*did you mean 'success'",
    ),
    "a view of a nameless component": (
        lambda c: c.job.view(JOB_ID, component_name=""),
        "component_name.*must not be empty",
    ),
    "a config without party": (
        lambda c: c.job.config(JOB_ID, "guest", None, "out"),
        "party_id.*whole number",
    ),
    "a config to nowhere": (
        lambda c: c.job.config(**PLACE, output_path=""),
        "output_path.*must not be empty",
    ),
    "a DSL of no components": (
        lambda c: c.job.generate_dsl(DSL),
        "cpn_file_path or cpn_list, and not both",
    ),
    "a DSL of two lists": (
        lambda c: c.job.generate_dsl(DSL, "names.txt", ["a_0"]),
        "cpn_file_path or cpn_list, and not both",
    ),
    "a DSL of an empty list": (
        lambda c: c.job.generate_dsl(DSL, cpn_list=[]),
        "cpn_list.*at least 1 item",
    ),
    "a DSL of version 3": (
        lambda c: c.job.generate_dsl(DSL, cpn_list=["a_0"], version=3),
        "version.*1 or 2",
    ),
    "a DSL of version True": (
        lambda c: c.job.generate_dsl(DSL, cpn_list=["a_0"], version=True),
        "version.*1 or 2",
    ),
    "a DSL that is JSON text": (
        lambda c: c.job.generate_dsl('{"components": {}}', cpn_list=["a_0"]),
        "train_dsl_path.*taken as a path; parse JSON text",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "text"), RULES.values(), ids=RULES.keys())
def test_whoever_breaks_a_rule_reads_it_and_nothing_is_sent(
    call: Call, text: str, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValidationError, match=f"(?s){text}"):
        call(client)
    assert server.connections == 0


@pytest.mark.parametrize("name", ["role", "party_id", "model_id", "model_version"])
@pytest.mark.parametrize("verb", ["store", "restore", "export_model", "import_model"])
def test_a_conf_of_a_party_s_model_needs_the_party_and_the_model(
    name: str, verb: str, client: FlowClient, server: ScriptedServer
) -> None:
    conf = without(MODEL | {"output_path": "out", "file": "m.zip"}, name)
    with pytest.raises(ValidationError, match=rf"(?s)1 validation error.*{name}\n.*required"):
        getattr(client.model, verb)(conf)
    assert server.connections == 0


@pytest.mark.parametrize("name", MIGRATION)
def test_a_migration_needs_every_member(
    name: str, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValidationError, match=rf"(?s)1 validation error.*{name}\n.*required"):
        client.model.migrate(without(MIGRATION, name))
    assert server.connections == 0


def test_export_and_import_by_way_of_the_database_ask_for_no_file(
    client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValidationError, match=r"(?s)model_id.*required") as caught:
        client.model.export_model({}, to_database=True)
    assert "output_path" not in str(caught.value)
    with pytest.raises(ValidationError, match=r"(?s)model_id.*required") as caught:
        client.model.import_model({}, from_database=True)
    assert "\nfile" not in str(caught.value)
    assert server.connections == 0


def test_a_zip_that_is_absent_is_looked_for_in_two_places_and_named(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    conf = tmp_path / "import.json"
    conf.write_text(json.dumps(MODEL | {"file": "m.zip"}))
    with pytest.raises(InputFileError, match="does not exist") as caught:
        client.model.import_model(conf)
    assert str(tmp_path / "m.zip") in str(caught.value)
    assert str(Path.cwd() / "m.zip") in str(caught.value)
    assert server.connections == 0


def test_a_zip_that_is_empty_or_a_folder_is_refused(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    empty = tmp_path / "m.zip"
    empty.touch()
    for path, text in ((empty, "is empty"), (tmp_path, "no regular file")):
        with pytest.raises(InputFileError, match=text):
            client.model.import_model(MODEL | {"file": str(path)})
    assert server.connections == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "does not exist"),
        (b"", "holds no list of names"),
        (b" ,\n, ", "holds no list of names"),
        (b"[]", "holds no list of names"),
        (b'["a_0", 7]', "holds no list of names"),
        (b'["a_0", ""]', "holds no list of names"),
        (b'["a_0"', "is not JSON"),
        (b"a_0\xff", "is not UTF-8"),
    ],
)
def test_a_file_without_names_is_named(
    content: bytes | None,
    text: str,
    client: FlowClient,
    server: ScriptedServer,
    tmp_path: Path,
) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFileError, match=text) as caught:
        client.job.generate_dsl(DSL, path)
    assert caught.value.source == str(path)
    assert server.connections == 0


PASSWORD = "pass-word-1"
STORAGE = {"storage": "mysql", "storage_address": {"user": "u", "passwd": PASSWORD}}
HIDDEN: dict[str, Call] = {
    "a store conf without model": lambda c: c.model.store(STORAGE),
    "a restore conf without model": lambda c: c.model.restore(STORAGE),
    "an export conf without path": lambda c: c.model.export_model(MODEL | STORAGE),
    "an import conf without file": lambda c: c.model.import_model(MODEL | STORAGE),
    "a store conf whose model is the password": lambda c: c.model.store(
        MODEL | {"party_id": PASSWORD}
    ),
    "a load conf without model": lambda c: c.model.load(STORAGE),
    "a bind conf without model": lambda c: c.model.bind(STORAGE | {"service_id": "s"}),
    "a migrate conf": lambda c: c.model.migrate(MIGRATION | STORAGE | {"migrate_role": {}}),
    "an upload conf without table": lambda c: c.data.upload({"file": "f"} | STORAGE),
    "a download conf without table": lambda c: c.data.download(STORAGE),
    "a store request with a misspelt argument": lambda _: f.ModelStoreRequest(conf=STORAGE),
    "a restore request with a misspelt argument": lambda _: f.ModelRestoreRequest(conf=STORAGE),
    "an upload request with a drop of 2": lambda c: c.data.upload(STORAGE, drop=2),
    "a store conf that is text": lambda c: c.model.store(f'{{"passwd": "{PASSWORD}"}}'),
    "a restore conf that is a list": lambda c: c.model.restore([STORAGE]),
    "a load of two": lambda c: c.model.load(STORAGE, JOB_ID),
}


@pytest.mark.parametrize("call", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_password_in_a_conf_is_never_part_of_the_message(
    call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises((ValidationError, InvalidConfError)) as caught:
        call(client)
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value)
    report = getattr(caught.value, "report", None)
    assert PASSWORD not in repr(report)
    assert server.connections == 0


class _Conf(BaseModel):
    namespace: str = "n"
    table_name: str = "t"
    output_path: str = "/srv/t.csv"


def test_a_conf_may_be_a_model_and_is_checked_like_a_mapping(
    client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValidationError, match="table_name"):
        client.data.download(_Conf(namespace="n", table_name="", output_path="/srv/t.csv"))
    assert server.connections == 0


def test_unknown_members_of_a_conf_are_let_through(
    client: FlowClient, server: ScriptedServer
) -> None:
    client.model.load(LOAD | {"load_type": "FILE"})
    assert server.got[0].json["load_type"] == "FILE"
