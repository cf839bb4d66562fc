"""What each call puts on the wire: verb, path and body, as every release reads them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.formparser import parse_form_data

from fateflow_client import FlowClient, InputFileError, NotFoundError
from tests.support.questions import NOTHING_THERE
from tests.support.samples import DSL, JOB_ID, MIGRATION, MODEL, PARTY
from tests.support.server import Answer, Got, ScriptedServer

Call = Callable[[FlowClient], object]
LOAD: dict[str, Any] = {
    "initiator": {"role": "guest", "party_id": "9999"},
    "role": {"guest": ["9999"], "host": ["10000"]},
    "job_parameters": {"model_id": MODEL["model_id"], "model_version": JOB_ID},
}
DOWNLOAD = {"namespace": "n", "table_name": "t", "output_path": "/srv/t.csv"}
PLACE: dict[str, Any] = {"job_id": JOB_ID, "role": "guest", "party_id": 9999}
JOB = {"job_id": JOB_ID, "namespace": "n", "table_name": "t"}
DONE = Answer.of({"retcode": 0, "retmsg": "success", "jobId": JOB_ID, "data": JOB})
MODEL_2 = {"model_id": "m#model", "model_version": JOB_ID}

# What is called: the call, the path after /v1/, the body.
WIRE: dict[str, tuple[Call, str, dict[str, Any]]] = {
    "metrics of a day": (
        lambda c: c.component.metric_delete(20261124),
        "tracking/component/metric/delete",
        {"model": "20261124"},
    ),
    "metrics of a job": (
        lambda c: c.component.metric_delete(job_id=int(JOB_ID)),
        "tracking/component/metric/delete",
        {"job_id": JOB_ID},
    ),
    "metrics of a day, and a job": (
        lambda c: c.component.metric_delete("20261124", JOB_ID),
        "tracking/component/metric/delete",
        {"model": "20261124"},
    ),
    "parameters": (
        lambda c: c.component.parameters(JOB_ID, "guest", "9999", "hetero_lr_0"),
        "tracking/component/parameters",
        PARTY,
    ),
    "output tables": (
        lambda c: c.component.output_data_table(**PARTY),
        "tracking/component/output/data/table",
        PARTY,
    ),
    "a list of tasks": (lambda c: c.task.list(), "job/list/task", {"limit": 10}),
    "a list of all tasks": (lambda c: c.task.list(-1), "job/list/task", {"limit": 0}),
    "a page of tasks": (
        lambda c: c.task.list(
            5, page=2, order_by="elapsed", order="desc", role="host", party_id="1"
        ),
        "job/list/task",
        {"limit": 5, "page": 2, "order_by": "elapsed", "order": "desc", "role": "host",
         "party_id": 1},
    ),
    "a list of all jobs": (lambda c: c.job.list(-1), "job/list/job", {"limit": 0}),
    "a page of jobs": (
        lambda c: c.job.list(5, page=3, status=["running", "waiting"], description="nightly"),
        "job/list/job",
        {"limit": 5, "page": 3, "status": ["running", "waiting"], "description": "nightly"},
    ),
    "a list of tags": (lambda c: c.tag.list(), "model/tag/list", {"limit": 10}),
    "a list of all tags": (lambda c: c.tag.list(-1), "model/tag/list", {"limit": 2**31 - 1}),
    "the whole history of uploads": (
        lambda c: c.data.upload_history(-1),
        "data/upload/history",
        {"limit": 0},
    ),
    "a new tag": (lambda c: c.tag.create("t"), "model/tag/create", {"tag_name": "t"}),
    "a new tag with a description": (
        lambda c: c.tag.create("é", "d"),
        "model/tag/create",
        {"tag_name": "é", "tag_desc": "d"},
    ),
    "a tag's new description": (
        lambda c: c.tag.update("t", new_tag_desc=""),
        "model/tag/update",
        {"tag_name": "t", "new_tag_desc": ""},
    ),
    "a query for tags": (
        lambda c: c.tag.query("t"),
        "model/tag/retrieve",
        {"tag_name": "t", "with_model": False},
    ),
    "a query for a tag's models": (
        lambda c: c.tag.query("t", True),
        "model/tag/retrieve",
        {"tag_name": "t", "with_model": True},
    ),
    "a tag's end": (lambda c: c.tag.delete("t"), "model/tag/destroy", {"tag_name": "t"}),
    "a table's end": (
        lambda c: c.table.delete("n", "t"),
        "table/delete",
        {"namespace": "n", "table_name": "t"},
    ),
    "a view of tables": (
        lambda c: c.job.view(JOB_ID, "guest", 9999, component_name="reader_0"),
        "job/data/view/query",
        PLACE | {"component_name": "reader_0"},
    ),
    "a server-side download": (lambda c: c.data.download(DOWNLOAD), "data/download", DOWNLOAD),
    "a server-side download of old": (
        lambda c: c.data.download(DOWNLOAD | {"work_mode": 1, "delimiter": ";"}),
        "data/download",
        DOWNLOAD | {"work_mode": 1, "delimiter": ";"},
    ),
    "a load by conf": (lambda c: c.model.load(LOAD), "model/load", LOAD),
    "a load by job": (lambda c: c.model.load(job_id=JOB_ID), "model/load", {"job_id": JOB_ID}),
    "a bind by conf": (
        lambda c: c.model.bind(LOAD | {"service_id": "s", "servings": ["h:8000"]}),
        "model/bind",
        LOAD | {"service_id": "s", "servings": ["h:8000"]},
    ),
    "a bind by job": (
        lambda c: c.model.bind({"service_id": "s"}, JOB_ID),
        "model/bind",
        {"service_id": "s", "job_id": JOB_ID},
    ),
    "a bind by conf and job": (
        lambda c: c.model.bind(LOAD | {"service_id": "s", "job_id": "7"}, int(JOB_ID)),
        "model/bind",
        LOAD | {"service_id": "s", "job_id": JOB_ID},
    ),
    "a store": (lambda c: c.model.store(MODEL), "model/store", MODEL),
    "a store as an export": (
        lambda c: c.model.export_model(MODEL, to_database=True),
        "model/store",
        MODEL,
    ),
    "a restore": (lambda c: c.model.restore(MODEL), "model/restore", MODEL),
    "a restore as an import": (
        lambda c: c.model.import_model(MODEL, True),
        "model/restore",
        MODEL,
    ),
    "a migration with its version": (
        lambda c: c.model.migrate(MIGRATION | {"unify_model_version": "v2"}, False),
        "model/migrate",
        MIGRATION | {"unify_model_version": "v2"},
    ),
    "a model's tags": (
        lambda c: c.model.tag_list(JOB_ID),
        "model/model_tag/retrieve",
        {"job_id": JOB_ID},
    ),
    "a model's new tag": (
        lambda c: c.model.tag_model(JOB_ID, "t"),
        "model/model_tag/create",
        {"job_id": JOB_ID, "tag_name": "t"},
    ),
    "a model's tag that goes": (
        lambda c: c.model.tag_model(JOB_ID, "t", True),
        "model/model_tag/remove",
        {"job_id": JOB_ID, "tag_name": "t"},
    ),
    "a predict DSL": (
        lambda c: c.model.get_predict_dsl("m#model", JOB_ID),
        "model/get/predict/dsl",
        MODEL_2,
    ),
    "a predict conf": (
        lambda c: c.model.get_predict_conf("m#model", JOB_ID),
        "model/get/predict/conf",
        MODEL_2,
    ),
    "models": (lambda c: c.model.get_model_info(**MODEL), "model/query", MODEL),
    "all models": (lambda c: c.model.get_model_info(), "model/query", {}),
    "columns of models": (
        lambda c: c.model.get_model_info(model_version=JOB_ID, query_filters=["size", "role"]),
        "model/query",
        {"model_version": JOB_ID, "query_filters": ["size", "role"]},
    ),
    "models by more columns": (
        lambda c: c.model.get_model_info(**MODEL_2, imported=True, parent=False, loaded_times=2),
        "model/query",
        MODEL_2 | {"imported": True, "parent": False, "loaded_times": 2},
    ),
}  # fmt: skip

SERVERS = {
    "metrics of a day": "1.7.0",
    "metrics of a day, and a job": "1.6",
}
DATA: dict[str, Any] = {
    # What a success holds, where the result needs it.
    "data/download": JOB,
    "model/store": JOB,
    "model/restore": JOB,
    "model/get/predict/dsl": DSL,
    "model/get/predict/conf": DSL,
    "model/tag/list": {"tags": []},
    "model/model_tag/retrieve": {"tags": []},
    "table/delete": {"namespace": "n", "table_name": "t"},
    "tracking/component/parameters": {"module": "HeteroLR"},
}


@pytest.mark.parametrize("name", WIRE)
def test_a_call_is_one_post_with_this_body(name: str, server: ScriptedServer) -> None:
    call, path, body = WIRE[name]
    success = {"retcode": 0, "retmsg": "success", "jobId": JOB_ID}
    server.play(Answer.of(success | ({"data": DATA[path]} if path in DATA else {})))
    server.aside = {name: say for name, say in NOTHING_THERE.items() if name != f"/v1/{path}"}
    release = SERVERS.get(name, "1.11")
    with FlowClient(port=server.port, server_release=release, trust_env=False) as client:
        call(client)
    (got,) = server.got
    assert (got.method, got.target) == ("POST", f"/v1/{path}")
    assert got.headers["content-type"] == "application/json"
    assert got.json == body


DEPLOYED = Answer.of({"retcode": 0, "jobId": JOB_ID, "data": MODEL_2})


def test_a_deployment_sends_only_what_was_given(client: FlowClient, server: ScriptedServer) -> None:
    server.aside = NOTHING_THERE
    server.play(DEPLOYED)
    client.model.deploy("m#model", JOB_ID)
    client.model.deploy("m#model", JOB_ID, ("a_0", "b_0"))
    client.model.deploy("m#model", JOB_ID, predict_dsl=DSL)
    assert [got.path for got in server.got] == ["/v1/model/deploy"] * 3
    assert [got.json for got in server.got] == [
        MODEL_2,
        MODEL_2 | {"cpn_list": ["a_0", "b_0"]},
        MODEL_2 | {"predict_dsl": DSL},
    ]


def test_a_deployment_reads_its_dsl_from_a_file(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    path = tmp_path / "predict.json"
    path.write_text("\ufeff" + json.dumps(DSL), encoding="utf-8")
    server.play(DEPLOYED)
    for given in (path, str(path)):
        client.model.deploy("m#model", JOB_ID, predict_dsl=given)
        assert server.got[-1].json == MODEL_2 | {"predict_dsl": DSL}
    with pytest.raises(InputFileError, match="does not exist"):
        client.model.deploy("m#model", JOB_ID, predict_dsl=tmp_path / "none.json")
    assert len(server.got) == 2


def test_a_deployment_from_checkpoints_names_them(server: ScriptedServer) -> None:
    server.aside = NOTHING_THERE
    server.play(DEPLOYED)
    steps = {"hetero_lr_0": {"step_index": 3}}
    with FlowClient(port=server.port, server_release="1.9", trust_env=False) as client:
        client.model.deploy("m#model", JOB_ID, components_checkpoint=steps)
    assert server.got[0].json == MODEL_2 | {"components_checkpoint": steps}


TRAIN = {"components": {"reader_0": {"module": "Reader", "note": "Größe"}}}


def test_a_dsl_is_generated_from_json_text_inside_json(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps(TRAIN), encoding="utf-8")
    for given in (TRAIN, path, str(path)):
        client.job.generate_dsl(given, cpn_list=["reader_0", "hetero_lr_0"])
        got = server.got[-1]
        assert (got.method, got.target) == ("POST", "/v1/job/dsl/generate")
        assert sorted(got.json) == ["cpn_str", "train_dsl", "version"]
        assert isinstance(got.json["train_dsl"], str)
        assert json.loads(got.json["train_dsl"]) == TRAIN
        assert got.json["cpn_str"] == ["reader_0", "hetero_lr_0"]
        assert got.json["version"] == "2"


@pytest.mark.parametrize(("version", "sent"), [(None, "2"), (1, "1"), ("1", "1"), (2, "2")])
def test_a_dsl_s_version_is_text(
    version: Any, sent: str, client: FlowClient, server: ScriptedServer
) -> None:
    client.job.generate_dsl(TRAIN, cpn_list=["a_0"], version=version)
    assert server.got[0].json["version"] == sent


@pytest.mark.parametrize(
    "content",
    [
        b'["a_0", "b_0", "c_0"]',
        b' [\n "a_0",\n "b_0",\n "c_0"\n]\n',
        b"a_0,b_0,c_0",
        b"a_0\nb_0\nc_0\n",
        b"a_0\r\nb_0\r\nc_0\r\n",
        b" a_0 , b_0,\n\nc_0,\n",
        b"\xef\xbb\xbfa_0\nb_0\nc_0",
        b'\xef\xbb\xbf["a_0", "b_0", "c_0"]',
    ],
)
def test_names_of_components_may_lie_in_a_file(
    content: bytes, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    for given in (path, str(path)):
        client.job.generate_dsl(TRAIN, given)
        assert server.got[-1].json["cpn_str"] == ["a_0", "b_0", "c_0"]


def test_a_view_by_status_warns_that_servers_ignore_it(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Answer.of({"retcode": 101, "retmsg": "find data view failed"}))
    with pytest.warns(UserWarning, match=r"job\.view: servers ignore status; it is not sent"):
        assert len(client.job.view(JOB_ID, status="success")) == 0
    assert server.got[0].json == {"job_id": JOB_ID}


def _tags(*pairs: tuple[str, str | None]) -> Answer:
    tags = [{"name": name, "description": text} for name, text in pairs]
    return Answer.of({"retcode": 0, "retmsg": "success", "data": {"tags": tags}})


@pytest.mark.parametrize(
    ("matches", "kept"),
    [
        (_tags(("wine_old", "old"), ("wine", "for tests"), ("wine_new", "new")), "for tests"),
        (_tags(("wine_old", "old")), None),
        (_tags(("wine", None)), None),
        (_tags(("wine", "")), None),
        (Answer.of({"retcode": 100, "retmsg": "No tags found"}), None),
    ],
    ids=["exactly one", "only longer names", "no description", "an empty one", "no tag"],
)
def test_a_tag_that_gets_another_name_keeps_its_description(
    matches: Answer, kept: str | None, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(matches, Answer())
    client.tag.update("wine", "whisky")
    query, update = server.got
    assert query.path == "/v1/model/tag/retrieve"
    assert query.json == {"tag_name": "wine", "with_model": False}
    assert update.path == "/v1/model/tag/update"
    wanted = {"tag_name": "wine", "new_tag_name": "whisky"}
    assert update.json == wanted | ({} if kept is None else {"new_tag_desc": kept})


def test_a_tag_s_new_description_needs_no_look_at_the_old_one(
    client: FlowClient, server: ScriptedServer
) -> None:
    client.tag.update("wine", "whisky", "for the pipeline")
    (got,) = server.got
    assert got.json == {
        "tag_name": "wine",
        "new_tag_name": "whisky",
        "new_tag_desc": "for the pipeline",
    }


def _outputs(*names: str) -> Answer:
    rows = [
        {"data_name": name, "table_name": f"table_{name}", "table_namespace": "out"}
        for name in names
    ]
    return Answer.of({"retcode": 0, "retmsg": "success", "data": rows})


def test_an_output_s_table_is_looked_up_before_it_is_deleted(
    client: FlowClient, server: ScriptedServer
) -> None:
    table = {"namespace": "out", "table_name": "table_train"}
    server.play(_outputs("train"), Answer.of({"retcode": 0, "retmsg": "success", "data": table}))
    deleted = client.table.delete(**PARTY)
    lookup, deletion = server.got
    assert (lookup.path, lookup.json) == ("/v1/tracking/component/output/data/table", PARTY)
    assert (deletion.path, deletion.json) == ("/v1/table/delete", table)
    assert (deleted.namespace, deleted.table_name) == ("out", "table_train")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (_outputs(), "hetero_lr_0 has 0 output tables"),
        (Answer.of({"retcode": 100, "retmsg": "No found table, please check"}), "has 0 output"),
        (_outputs("a", "b"), "has 2 output tables and not one.*a: out/table_a, b: out/table_b"),
        (Answer.of({"retcode": 100, "retmsg": "No found job"}), "No found job"),
    ],
    ids=["none", "none in words", "two", "no job"],
)
def test_nothing_is_deleted_unless_a_component_has_just_one_table(
    found: Answer, text: str, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(found)
    with pytest.raises(NotFoundError, match=text):
        client.table.delete(**PARTY)
    assert [got.path for got in server.got] == ["/v1/tracking/component/output/data/table"]


def parts_of(got: Got) -> tuple[dict[str, str], str | None, bytes]:
    """The form fields, the file's name and its bytes, as a server of Flask's reads them."""
    environ = {
        "REQUEST_METHOD": got.method,
        "CONTENT_TYPE": got.headers["content-type"],
        "CONTENT_LENGTH": got.headers["content-length"],
        "wsgi.input": io.BytesIO(got.body),
    }
    _, form, files = parse_form_data(environ, silent=False)
    assert list(files) == ["file"]
    with closing(files["file"]) as file:
        return form.to_dict(), file.filename, file.read()


def test_an_import_is_a_form_with_one_file(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    content = bytes(range(256)) * 2000 + b"\r\n--"
    file = tmp_path / "guest#9999#m.zip"
    file.write_bytes(content)
    conf = MODEL | {"file": str(file), "hash": "0" * 64, "output_path": "x", "notes": "é"}
    imported = client.model.import_model(conf)
    (got,) = server.got
    assert (got.method, got.target) == ("POST", "/v1/model/import")
    form, name, sent = parts_of(got)
    assert form == {name: str(value) for name, value in MODEL.items()} | {"hash": "0" * 64}
    assert name == "guest_9999_m.zip"
    assert sent == content
    assert imported.file == file


def test_an_import_that_is_forced_says_so(server: ScriptedServer, tmp_path: Path) -> None:
    server.aside = NOTHING_THERE
    file = tmp_path / "m.zip"
    file.write_bytes(b"zip")
    for value, sent in ((1, "1"), (True, "1"), ("1", "1"), (0, "0"), ("0", "0")):
        server.play(Answer())
        with FlowClient(port=server.port, server_release="1.11", trust_env=False) as client:
            client.model.import_model(MODEL | {"file": str(file), "force_update": value})
        assert parts_of(server.got[0])[0]["force_update"] == sent


def test_an_import_takes_the_zip_beside_its_conf(
    client: FlowClient, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.aside = NOTHING_THERE
    beside, here = tmp_path / "confs", tmp_path / "here"
    for folder in (beside, here):
        folder.mkdir()
        (folder / "m.zip").write_text(folder.name)
    conf = beside / "import.json"
    conf.write_text(json.dumps(MODEL | {"file": "m.zip"}))
    monkeypatch.chdir(here)
    assert client.model.import_model(conf).file == beside / "m.zip"
    assert parts_of(server.got[0])[2] == b"confs"
    (beside / "m.zip").unlink()
    client.model.import_model(conf)
    assert parts_of(server.got[1])[2] == b"here"


def test_an_export_is_posted_without_its_folder(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Answer.of({"retcode": 210, "retmsg": "the model does not exist"}, status=210))
    with pytest.raises(NotFoundError):
        client.model.export_model(MODEL | {"output_path": str(tmp_path)})
    (got,) = server.got
    assert (got.method, got.target, got.json) == ("POST", "/v1/model/export", MODEL)


def test_a_config_s_folder_is_not_sent(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Answer.of({"retcode": 101, "retmsg": "find job failed"}))
    with pytest.raises(NotFoundError):
        client.job.config(**PLACE, output_path=tmp_path)
    assert server.got[0].path == "/v1/job/config"
    assert server.got[0].json == PLACE


def test_confs_of_callers_are_not_changed(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    file = tmp_path / "m.zip"
    file.write_bytes(b"zip")
    confs: list[dict[str, Any]] = [
        MODEL | {"output_path": str(tmp_path)},
        MODEL | {"file": str(file)},
        LOAD | {"service_id": "s"},
        dict(MIGRATION),
        dict(DOWNLOAD),
    ]
    before = json.dumps(confs)
    server.play(DONE)
    client.model.store(confs[0])
    client.model.import_model(confs[1])
    client.model.bind(confs[2], JOB_ID)
    client.model.migrate(confs[3])
    client.data.download(confs[4])
    assert json.dumps(confs) == before
