"""Models: what jobs trained, deployed, exported, imported, migrated, tagged."""

import base64
import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fateflow_client.local import serve
from fateflow_client.local.modules.base import Module, Task
from fateflow_client.local.predict import UnknownComponentError, predict_dsl
from tests.server.conftest import Trained
from tests.server.replaying import SHARED
from tests.server.support import Client, Reply, lr_job, multipart, simple_conf

MODEL_ID = "arbiter-10000#guest-9999#host-10000#model"
PREDICTING = ["reader_0", "data_transform_0", "intersection_0", "lr_0"]


def key(version: str, role: str = "guest", party_id: int = 9999) -> dict[str, Any]:
    return {
        "model_id": MODEL_ID,
        "model_version": version,
        "role": role,
        "party_id": party_id,
    }


def import_model(client: Client, content: bytes, **fields: Any) -> Reply:
    parts = [(name, None, str(value).encode()) for name, value in fields.items()]
    body, kind = multipart([*parts, ("file", "model.zip", content)])
    return client.send("POST", "/v1/model/import", body, {"Content-Type": kind})


def deploy(client: Client, version: str, **more: Any) -> str:
    reply = client.post("model/deploy", model_id=MODEL_ID, model_version=version, **more).json
    assert reply["retcode"] == 0, reply
    return reply["data"]["model_version"]


def rezipped(
    content: bytes, changes: dict[str, bytes | None], extra: zipfile.ZipInfo | None = None
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename not in changes:
                new.writestr(info, old.read(info))
        for name, text in changes.items():
            if text is not None:
                new.writestr(name, text)
        if extra is not None:
            new.writestr(extra, b"/etc/passwd")
    return target.getvalue()


@pytest.fixture(scope="module")
def exported(trained: Trained) -> bytes:
    return trained.client.post("model/export", **key(trained.job_id)).content


def test_a_job_leaves_a_model_on_every_party_with_what_it_learned(trained: Trained) -> None:
    client = trained.client
    rows = client.post("model/query", model_version=trained.job_id).json["data"]
    assert {(row["f_role"], row["f_party_id"]) for row in rows} == {
        ("guest", "9999"),
        ("host", "10000"),
        ("arbiter", "10000"),
    }
    with zipfile.ZipFile(
        io.BytesIO(client.get("model/export", **key(trained.job_id)).content)
    ) as archive:
        param = json.loads(archive.read("variables/data/lr_0/model/HeteroLRParam.json"))
    assert param == client.component("output/model", trained.job_id, "lr_0")["data"]


def test_uploads_and_jobs_that_failed_leave_no_model(flow: Client) -> None:
    job_id = flow.upload(b"id,x\n1,2\n", table_name="t").json["jobId"]
    flow.wait(job_id)
    failed, status = flow.run(*lr_job())
    assert status == "failed"
    for version in (job_id, failed):
        assert flow.post("model/query", model_version=version).json["retcode"] == 100


def test_a_deployed_version_has_a_predict_dsl_and_a_conf_to_fill_in(trained: Trained) -> None:
    client = trained.client
    version = deploy(client, trained.job_id, cpn_list=PREDICTING)
    asked = {"model_id": MODEL_ID, "model_version": version}
    components = client.post("model/get/predict/dsl", **asked).json["data"]["components"]
    assert set(components) == set(PREDICTING)
    assert components["lr_0"]["input"] == {
        "model": ["pipeline.lr_0.model"],
        "data": {"test_data": ["intersection_0.data"]},
    }
    assert components["lr_0"]["output"] == {"data": ["data"]}
    conf = client.post("model/get/predict/conf", **asked).json["data"]
    assert conf["job_parameters"]["common"]["job_type"] == "predict"
    assert conf["job_parameters"]["common"]["model_version"] == version
    table = conf["component_parameters"]["role"]["guest"]["0"]["reader_0"]["table"]
    assert table == {"name": "name_to_be_filled_0", "namespace": "namespace_to_be_filled_0"}
    (row,) = client.post("model/query", **key(version)).json["data"]
    assert (row["f_parent"], row["f_parent_info"]["parent_model_version"]) == (
        False,
        trained.job_id,
    )


def test_each_deploy_is_a_version_of_its_own_and_children_are_not_deployed(
    trained: Trained,
) -> None:
    first, second = deploy(trained.client, trained.job_id), deploy(trained.client, trained.job_id)
    assert first != second
    again = trained.client.post("model/deploy", model_id=MODEL_ID, model_version=first).json
    assert again["retcode"] == 101
    assert "Child model" in again["data"]["detail"]["guest"]["9999"]["retmsg"]
    asked = {"model_id": MODEL_ID, "model_version": again["data"]["model_version"]}
    assert trained.client.post("model/get/predict/dsl", **asked).status == 210


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"cpn_list": ["nope_0"]}, "nope_0"),
        ({"cpn_list": []}, "no components"),
        ({"predict_dsl": "{"}, "not JSON"),
        ({"predict_dsl": [1]}, "no object"),
        ({"predict_dsl": {"components": {"nope_0": {}}}}, "nope_0"),
        ({"cpn_list": PREDICTING, "predict_dsl": {"components": {"lr_0": {}}}}, "together"),
    ],
)
def test_a_deploy_that_cannot_be_says_why_for_each_party(
    trained: Trained, more: dict[str, Any], reason: str
) -> None:
    asked = {"model_id": MODEL_ID, "model_version": trained.job_id, **more}
    reply = trained.client.post("model/deploy", **asked).json
    assert (reply["retcode"], reply["data"]["guest"]) == (101, {"9999": 100})
    assert reason in reply["data"]["detail"]["host"]["10000"]["retmsg"]


def test_a_predict_dsl_skips_what_is_not_deployed() -> None:
    train = {
        "components": {
            "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
            "scale_0": {
                "module": "FeatureScale",
                "input": {"data": {"data": ["reader_0.data"]}},
                "output": {"data": ["data"], "model": ["model"]},
            },
            "lr_0": {
                "module": "HeteroLR",
                "input": {
                    "data": {"train_data": ["scale_0.data"], "validate_data": ["reader_0.data"]}
                },
                "output": {"data": ["data"], "model": ["model"]},
            },
            "lr_1": {
                "module": "HeteroLR",
                "input": {"data": {"test_data": ["scale_0.data"]}, "model": ["lr_0.model"]},
                "output": {"data": ["data"]},
            },
        }
    }
    found = predict_dsl(train, ["lr_1", "lr_0", "reader_0"])["components"]
    assert list(found) == ["reader_0", "lr_0", "lr_1"]
    assert found["lr_0"]["input"]["data"] == {"test_data": ["reader_0.data"]}
    assert found["lr_1"]["input"] == {
        "model": ["pipeline.lr_0.model"],
        "data": {"test_data": ["reader_0.data"]},
    }
    with pytest.raises(UnknownComponentError, match="nope"):
        predict_dsl(train, ["nope"])


def test_an_export_is_imported_with_what_it_holds(trained: Trained, exported: bytes) -> None:
    client = trained.client
    sha = hashlib.sha256(exported).hexdigest()
    reply = import_model(client, exported, **key("copied_1"), hash=sha).json
    assert reply["retcode"] == 0, reply
    (row,) = client.post("model/query", **key("copied_1")).json["data"]
    assert row["f_imported"] == 1
    again = client.get("model/export", **key("copied_1"))
    name = f"guest#9999#{MODEL_ID}_copied_1.zip"
    assert again.headers["Content-Disposition"] == f"attachment; filename={name}"
    with (
        zipfile.ZipFile(io.BytesIO(exported)) as one,
        zipfile.ZipFile(io.BytesIO(again.content)) as two,
    ):
        assert one.namelist() == two.namelist()
        for member in one.namelist():
            if "pipeline/Pipeline" not in member:
                assert one.read(member) == two.read(member)
    # Only the guest's copy is here: the others refuse.
    asked = {"model_id": MODEL_ID, "model_version": "copied_1"}
    deployed = client.post("model/deploy", **asked).json
    assert (deployed["data"]["guest"], deployed["data"]["host"]) == ({"9999": 0}, {"10000": 100})


def test_an_import_is_kept_between_starts(tmp_path: Path, exported: bytes) -> None:
    with serve(tmp_path) as url:
        assert import_model(Client(url), exported, **key("kept_1")).json["retcode"] == 0
    with serve(tmp_path) as url:
        assert Client(url).post("model/query", **key("kept_1")).json["retcode"] == 0


def test_importing_again_needs_force_update(trained: Trained, exported: bytes) -> None:
    fields = key("forced_1")
    assert import_model(trained.client, exported, **fields).status == 200
    assert import_model(trained.client, exported, **fields).status == 409
    assert import_model(trained.client, exported, **fields, force_update=1).status == 200


def unsafe_archives() -> Iterator[Any]:
    link = zipfile.ZipInfo("define/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipeline = "variables/data/pipeline/pipeline/Pipeline.json"
    yield pytest.param({"../evil": b"x"}, None, "unsafe", id="parent")
    yield pytest.param({"/etc/evil": b"x"}, None, "unsafe", id="absolute")
    yield pytest.param({"define/..\\evil": b"x"}, None, "unsafe", id="backslash")
    yield pytest.param({}, link, "unsafe", id="link")
    yield pytest.param({pipeline: None}, None, "Pipeline.json", id="no pipeline")
    yield pytest.param({pipeline: b"{"}, None, "Pipeline.json", id="broken pipeline")
    yield pytest.param({pipeline: b'{"roles": "*"}'}, None, "readable", id="broken base64")
    yield pytest.param({f"m{at}": b"" for at in range(2001)}, None, "too much", id="members")


@pytest.mark.parametrize(("changes", "extra", "reason"), [*unsafe_archives()])
def test_an_archive_that_is_no_model_is_refused(
    trained: Trained,
    exported: bytes,
    changes: dict[str, bytes | None],
    extra: zipfile.ZipInfo | None,
    reason: str,
) -> None:
    content = rezipped(exported, changes, extra)
    reply = import_model(trained.client, content, **key("bad_1")).json
    assert reply["retcode"] == 100
    assert reason in reply["retmsg"]
    assert trained.client.post("model/query", **key("bad_1")).json["data"] == []


def test_a_bomb_is_refused_before_it_is_unpacked(trained: Trained) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("variables/data/pipeline/pipeline/Pipeline.json", b" " * 70_000_000)
    reply = import_model(trained.client, target.getvalue(), **key("bomb_1")).json
    assert "too much" in reply["retmsg"]


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "a b", 'a"b', "a\nb", "..", "", "x" * 300])
def test_names_that_could_be_paths_are_refused(
    trained: Trained, exported: bytes, name: str
) -> None:
    for fields in ({**key(name)}, {**key("v"), "model_id": name}):
        reply = import_model(trained.client, exported, **fields)
        assert reply.json["retcode"] in (100, 101)
        assert trained.client.post("model/query", **fields).json["retcode"] == 100


def test_a_wrong_hash_is_refused(trained: Trained, exported: bytes) -> None:
    reply = import_model(trained.client, exported, **key("hashed_1"), hash="0" * 64).json
    assert reply == {"retcode": 100, "retmsg": "ValueError('Hash not match.')"}


def test_a_module_s_name_is_no_path_in_an_archive() -> None:
    def learn(task: Task) -> None:
        for party in task.parties:
            task.put_model(party, {"weight": 1}, {"rounds": 2})

    module = "../odd: name\n"
    with serve(modules={module: Module(learn, ("guest",))}) as url:
        client = Client(url)
        dsl = {"components": {"a_0": {"module": module, "output": {"model": ["model"]}}}}
        job_id, status = client.run(simple_conf(), dsl)
        assert status == "success"
        fields = {**key(job_id), "model_id": "guest-9999#model"}
        content = client.get("model/export", **fields).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert "variables/data/a_0/model/___odd__name_Param.json" in archive.namelist()
        copied = import_model(client, content, **{**fields, "model_version": "v2"}).json
        assert copied["retcode"] == 0, copied


def migration(version: str, **changes: Any) -> dict[str, Any]:
    roles = {"guest": [9999], "host": [10000], "arbiter": [10000]}
    return {
        "job_parameters": {"federated_mode": "SINGLE"},
        "role": roles,
        "execute_party": roles,
        "migrate_initiator": {"role": "guest", "party_id": 99},
        "migrate_role": {"guest": [99], "host": [100], "arbiter": [100]},
        "model_id": MODEL_ID,
        "model_version": version,
        **changes,
    }


def test_a_migrated_model_belongs_to_the_new_parties(tmp_path: Path, exported: bytes) -> None:
    with serve(tmp_path) as url:
        client = Client(url)
        assert import_model(client, exported, **key("v1")).json["retcode"] == 0
        asked = migration("v1", unify_model_version="mig_1")
        reply = client.post("model/migrate", **asked).json
        assert (reply["retcode"], reply["data"]["guest"]) == (0, {"9999": 0})
        assert reply["data"]["host"] == {"10000": 100}
        new_id = "arbiter-100#guest-99#host-100#model"
        (row,) = client.post("model/query", model_id=new_id, model_version="mig_1").json["data"]
        assert (row["f_party_id"], row["f_roles"]["host"]) == ("99", [100])
        path = tmp_path / "temp" / f"guest#99#{new_id}_mig_1.zip"
        assert str(path) in reply["data"]["detail"]["guest"]["9999"]["retmsg"]
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        again = client.post("model/migrate", **asked).json
        assert (again["retcode"], again["data"]["guest"]) == (0, {"9999": 100})


@pytest.mark.parametrize(
    "changes",
    [
        {"migrate_role": {"guest": [9999], "host": [10000], "arbiter": [10000]}},
        {"migrate_role": {"guest": [99]}},
        {"migrate_role": {"guest": ["x"], "host": [1], "arbiter": [1]}},
        {"role": {"../x": [1]}, "migrate_role": {"../x": [2]}, "execute_party": {"../x": [1]}},
        {"unify_model_version": "../../x"},
    ],
)
def test_migrations_that_make_no_sense_are_refused(
    trained: Trained, changes: dict[str, Any]
) -> None:
    reply = trained.client.post("model/migrate", **migration(trained.job_id, **changes)).json
    assert reply["retcode"] == 100


def test_loading_and_binding_say_that_there_is_no_serving(trained: Trained) -> None:
    client = trained.client
    version = deploy(client, trained.job_id)
    loaded = client.post("model/load", job_id=version).json
    assert (loaded["retcode"], loaded["data"]["guest"]) == (101, {"9999": 100})
    assert "arbiter" not in loaded["data"]
    assert "no FATE-Serving" in loaded["data"]["detail"]["host"]["10000"]["retmsg"]
    bound = client.post("model/bind", job_id=version, service_id="s").json
    assert bound["retcode"] == 100
    assert "no FATE-Serving" in bound["retmsg"]


@pytest.mark.parametrize("operation", ["store", "restore"])
def test_storing_and_restoring_are_accepted_and_fail_as_jobs(
    trained: Trained, operation: str
) -> None:
    client = trained.client
    reply = client.post(f"model/{operation}", **key(trained.job_id)).json
    assert reply["data"]["code"] == 0
    assert client.wait(reply["jobId"]) == "failed"
    assert "no model storage is configured" in client.errors(reply["jobId"])


def test_a_tag_s_life(flow: Client) -> None:
    def tags() -> list[dict[str, Any]]:
        return flow.post("model/tag/list", limit=10).json["data"]["tags"]

    assert flow.post("model/tag/create", tag_name="a", tag_desc="d").json["retcode"] == 0
    assert flow.post("model/tag/create", tag_name="a").json["retcode"] == 100
    assert tags() == [{"name": "a", "description": "d", "model_count": 0}]
    assert flow.post("model/tag/update", tag_name="a", new_tag_name="ab").json["retcode"] == 0
    found = flow.post("model/tag/retrieve", tag_name="b", with_model=False).json["data"]
    assert found == {"tags": [{"name": "ab", "description": None}]}
    assert flow.post("model/tag/destroy", tag_name="ab").json["retcode"] == 0
    assert flow.post("model/tag/destroy", tag_name="ab").json["retcode"] == 100
    assert tags() == []


@pytest.mark.parametrize("name", ["'; DROP TABLE tags; --", "../x", "%_", "标签", 'a"b'])
def test_a_tag_s_name_is_only_a_name(flow: Client, name: str) -> None:
    assert flow.post("model/tag/create", tag_name=name).json["retcode"] == 0
    found = flow.post("model/tag/retrieve", tag_name=name).json["data"]["tags"]
    assert found == [{"name": name, "description": None}]
    assert flow.post("model/tag/retrieve", tag_name="zzz").json["retcode"] == 100


def test_a_model_gets_a_tag_and_loses_it_with_the_tag(trained: Trained) -> None:
    client = trained.client
    asked = {"job_id": trained.job_id, "tag_name": "best"}
    assert client.post("model/model_tag/create", **asked).json["retcode"] == 0
    assert client.post("model/model_tag/create", **asked).json["retcode"] == 100
    models = client.post("model/tag/retrieve", tag_name="best", with_model=True).json["data"]
    assert (models["count"], len(models["models"])) == (3, 3)
    assert client.post("model/tag/destroy", tag_name="best").json["retcode"] == 0
    left = client.post("model/model_tag/retrieve", job_id=trained.job_id).json["data"]
    assert left == {"tags": [], "count": 0}
    assert client.post("model/model_tag/remove", **asked).json["retcode"] == 100


def test_an_archive_of_a_real_server_is_refused_because_it_is_protobuf(flow: Client) -> None:
    found = sorted((SHARED / "recordings-1.8").glob("160-*.json"))
    if not found:
        assert not os.environ.get("FATEFLOW_RECORDINGS"), "it names no recordings"
        pytest.skip("no recordings")
    body = json.loads(found[0].read_text(encoding="utf-8"))["response"]["body"]
    reply = import_model(flow, base64.b64decode(body["base64"]), **key("real_1")).json
    assert reply["retcode"] == 100
    assert "protobuf" in reply["retmsg"]
