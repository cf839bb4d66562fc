"""Tables: bound, previewed, downloaded, listed, deleted; and the paths that are refused."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fateflow_client.local import serve
from tests.server.conftest import Trained
from tests.server.support import Client, lr_job, place

OUTSIDE = [
    "/etc/passwd",
    "../outside.csv",
    "state/state.sqlite3",
    "state",
    "link/x.csv",
    "",
    "a\0b",
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Client, Path]]:
    data = tmp_path / "data"
    with serve(data) as url:
        (data / "t.csv").write_text("id,x,y\n1,2,3\n4,5,6\n")
        (tmp_path / "outside.csv").write_text("id,x\n1,2\n")
        (data / "link").symlink_to(tmp_path)
        (tmp_path / "x.csv").write_text("id,x\n1,2\n")
        yield Client(url), data


def bind(client: Client, path: str, **more: Any) -> dict[str, Any]:
    asked = {"engine": "PATH", "namespace": "n", "name": "t", "address": {"path": path}, **more}
    return client.post("table/bind", **asked).json


def test_a_file_of_the_data_folder_is_bound_as_a_table(server: tuple[Client, Path]) -> None:
    client, data = server
    assert bind(client, str(data / "t.csv"))["retcode"] == 0
    info = client.post("table/table_info", namespace="n", table_name="t").json["data"]
    assert (info["count"], info["origin"]) == (2, "table_bind")
    assert info["schema"] == {"sid": "id", "header": "x,y", "meta": {}}
    assert bind(client, "t.csv")["retcode"] == 100
    assert bind(client, "t.csv", drop=1)["retcode"] == 0
    shown = client.post("table/preview", namespace="n", name="t", limit=1).json["data"]
    assert shown == {"data": [["1", "2", "3"]], "header": ["id", "x", "y"]}


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_file_elsewhere_is_not_bound(server: tuple[Client, Path], path: str) -> None:
    client, _ = server
    assert bind(client, path)["retcode"] == 100
    info = client.post("table/table_info", namespace="n", table_name="t").json["data"]
    assert info["exist"] == 0


def test_other_engines_are_refused(server: tuple[Client, Path]) -> None:
    reply = bind(server[0], "t.csv", engine="MYSQL")
    assert (reply["retcode"], "PATH" in reply["retmsg"]) == (100, True)


def write(client: Client, path: str, table: str = "t") -> str:
    asked = {"namespace": "experiment", "table_name": table, "output_path": path}
    reply = client.post("data/download", **asked).json
    assert (reply["retcode"], reply["data"]["code"]) == (0, 0)
    return client.wait(reply["jobId"])


def test_a_table_is_written_to_the_server_s_disk(server: tuple[Client, Path]) -> None:
    client, data = server
    client.uploaded(b"id,x\n1,2\n3,4\n", table_name="t")
    for path in (data / "out" / "one.csv", data / "two.csv"):
        assert write(client, str(path)) == "success"
        assert path.read_text() == "1,2\n3,4\n"
    assert write(client, "three.csv") == "success"
    assert (data / "three.csv").is_file()


@pytest.mark.parametrize("path", [*OUTSIDE, "link", "."])
def test_nothing_is_written_elsewhere(server: tuple[Client, Path], path: str) -> None:
    client, data = server
    client.uploaded(b"id,x\n1,2\n", table_name="t")

    def below() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in data.parent.glob("*.csv")}

    before = below()
    assert write(client, path) == "failed"
    assert below() == before
    info = client.post("table/table_info", namespace="experiment", table_name="t").json["data"]
    assert info["exist"] == 1


def test_an_unknown_table_fails_the_job(server: tuple[Client, Path]) -> None:
    assert write(server[0], "x.csv", "nope") == "failed"
    assert not (server[1] / "x.csv").exists()


def test_a_table_comes_back_as_it_was_uploaded(flow: Client) -> None:
    content = "id,x\n1,2\n3,4\n"
    flow.uploaded(content.encode(), table_name="t")
    reply = flow.get("table/download", namespace="experiment", name="t")
    assert reply.members()["table.csv"].decode() == content
    assert "table_experiment_t.tar.gz" in reply.headers["Content-Disposition"]
    missing = flow.get("table/download", namespace="experiment", name="nope")
    assert (missing.status, missing.json["retcode"]) == (210, 210)


@pytest.mark.parametrize("name", ["../x", "a/b", 'q"uote', "new\nline", "標"])
def test_a_table_s_name_does_no_harm_in_a_file_name(flow: Client, name: str) -> None:
    assert flow.uploaded(b"id,x\n1,2\n", table_name=name) == "success"
    reply = flow.get("table/download", namespace="experiment", name=name)
    disposition = reply.headers.get("Content-Disposition", "")
    assert "\n" not in disposition
    assert reply.status == 200


def test_outputs_are_tables_of_their_own(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    (output,) = client.component("output/data/table", job_id, "lr_0")["data"]
    table = {"namespace": output["table_namespace"], "table_name": output["table_name"]}
    info = client.post("table/table_info", **table).json["data"]
    rows = client.table(job_id, "lr_0")
    assert (info["exist"], info["origin"], info["count"]) == (1, "output", len(rows))
    content = client.get("table/download", **table).members()["table.csv"].decode()
    assert list(csv.DictReader(io.StringIO(content))) == rows
    assert client.post("table/delete", **table).json["retcode"] == 0
    assert client.post("table/delete", **table).json["retcode"] == 101
    assert client.output(job_id, "lr_0").status == 210
    assert client.component("output/data/table", job_id, "lr_0")["retcode"] == 100


def test_deleting_a_reader_s_output_keeps_the_uploaded_table(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    (output,) = client.component("output/data/table", job_id, "reader_0")["data"]
    table = {"namespace": output["table_namespace"], "table_name": output["table_name"]}
    assert client.post("table/delete", **table).json["retcode"] == 0
    kept = client.post("table/table_info", namespace="experiment", table_name="guest").json
    assert kept["data"]["count"] == len(client.table(trained.job_id, "reader_0"))


def test_a_job_s_tables_are_listed_with_where_they_come_from(trained: Trained) -> None:
    asked = {"job_id": trained.job_id, "role": "guest", "party_id": 9999}
    found = trained.client.post("table/list", **asked).json["data"]
    assert found["reader_0"]["input"] == {"table": {"name": "guest", "namespace": "experiment"}}
    handed_on = found["intersection_0"]["output"]["data"]
    assert found["lr_0"]["input"] == {"intersection_0.data": handed_on}
    assert found["evaluation_0"]["output"] == {}
    unknown = trained.client.post("table/list", **{**asked, "job_id": "1"}).json
    assert unknown == {"retcode": 101, "retmsg": "no find job"}


def test_arguments_that_name_an_output_do_not_delete_anything(trained: Trained) -> None:
    reply = trained.client.post("table/delete", **place(trained.job_id, "lr_0")).json
    assert reply["retcode"] == 101
    assert trained.client.output(trained.job_id, "lr_0").status == 200


def test_files_that_appear_are_the_owner_s_only(server: tuple[Client, Path]) -> None:
    client, data = server
    client.uploaded(b"id,x\n1,2\n", table_name="t")
    assert write(client, "deep/one.csv") == "success"
    assert os.stat(data / "deep").st_mode & 0o077 == 0
