"""How files become tables, and how uploads are asked for."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.server.support import Client, Gate, multipart, simple_conf


def content_of(client: Client, name: str) -> bytes:
    conf = simple_conf()
    table = {"table": {"name": name, "namespace": "experiment"}}
    conf["component_parameters"] = {"common": {"reader_0": table}}
    dsl = {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}
    job_id, status = client.run(conf, dsl)
    assert status == "success", client.errors(job_id)
    return client.output(job_id, "reader_0").members()["data.csv"]


def info(client: Client, name: str) -> dict[str, Any]:
    return client.post("table/table_info", namespace="experiment", table_name=name).json["data"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"id,x\n1,2\n3,4\n", b"id,x\n1,2\n3,4\n"),
        (b"\xef\xbb\xbfid,x\n1,2\n", b"id,x\n1,2\n"),
        (b"id,x\r\n1,2\r\n3,4\r\n", b"id,x\n1,2\n3,4\n"),
        (b"id,x\n1,2", b"id,x\n1,2\n"),
        (b"id,x\n1,2\n\n3,4\n", b"id,x\n1,2\n3,4\n"),
        (b"id,x\n10,a\n9,b\n100,c\n", b"id,x\n9,b\n10,a\n100,c\n"),
        (b"id,x\n1,a\n2,b\n1,c\n", b"id,x\n1,c\n2,b\n"),
        ("id,größe\nä,表\n".encode(), "id,größe\nä,表\n".encode()),
        (b"id,x,y\n1,,\n", b"id,x,y\n1,,\n"),
        (b"id\n1\n2\n", b"id\n1\n2\n"),
    ],
    ids=[
        "plain",
        "byte-order-mark",
        "crlf",
        "no-last-newline",
        "blank-line",
        "short-ids-first",
        "the-last-of-equal-ids-wins",
        "utf-8",
        "empty-values",
        "ids-only",
    ],
)
def test_a_file_becomes_these_rows(flow: Client, raw: bytes, expected: bytes) -> None:
    assert flow.uploaded(raw, table_name="t") == "success"
    assert content_of(flow, "t") == expected
    assert info(flow, "t")["count"] == expected.count(b"\n") - 1


def test_quotes_mean_nothing_as_in_fate_but_survive(flow: Client) -> None:
    flow.uploaded(b'id,x,y\n1,"a,b"\n', table_name="t")
    # Split plainly at every comma: three values, the quotes are part of two of them.
    assert content_of(flow, "t") == b'id,x,y\n1,"""a","b"""\n'


def test_another_delimiter_splits_and_the_download_is_csv(flow: Client) -> None:
    flow.uploaded(b"id;x;y\n1;2,5;3\n", table_name="t", id_delimiter=";")
    assert content_of(flow, "t") == b'id,x,y\n1,"2,5",3\n'
    assert info(flow, "t")["schema"]["header"] == "x;y"


def test_a_file_without_a_header(flow: Client) -> None:
    flow.uploaded(b"1,2\n3,4\n", table_name="t", head=0)
    assert content_of(flow, "t") == b"1,2\n3,4\n"
    assert info(flow, "t")["count"] == 2


@pytest.mark.parametrize(
    ("raw", "config", "text"),
    [
        (b"", {}, "no data rows"),
        (b"id,x\n", {}, "no data rows"),
        (b"id,x\n\xff\xfe,2\n", {}, "not UTF-8"),
        (b"id,x\n1,2\n", {"partition": 0}, "partition"),
        (b"id,x\n1,2\n", {"partition": 2000}, "partition"),
        (b"id,x\n1,2\n", {"head": 5}, "head"),
    ],
    ids=["empty", "header-only", "not-utf-8", "no-partition", "many-partitions", "head"],
)
def test_a_bad_file_is_accepted_and_its_job_fails(
    flow: Client, raw: bytes, config: dict[str, Any], text: str
) -> None:
    reply = flow.upload(raw, table_name="t", **config).json
    assert (reply["retcode"], reply["data"]["code"]) == (0, 0)
    assert flow.wait(reply["jobId"]) == "failed"
    assert text in flow.errors(reply["jobId"])
    assert info(flow, "t")["exist"] == 0


def test_an_existing_table_is_kept_unless_dropped(flow: Client) -> None:
    flow.uploaded(b"id,x\n1,2\n3,4\n", table_name="t")
    refused = flow.upload(b"id,x\n1,2\n", table_name="t", drop=0).json
    assert refused["retcode"] == 100
    assert refused["retmsg"].startswith("The data table already exists")
    assert "jobId" not in refused
    assert info(flow, "t")["count"] == 2
    for drop in (1, "1", True, 2):
        assert flow.uploaded(b"id,x\n1,2\n", table_name="t", drop=drop) == "success"
        assert info(flow, "t")["count"] == 1


@pytest.mark.parametrize(
    "name", ["表_é", "a&b=c#d+e", "with space", 'quote"d', "100%", "a/b?c", "{}"]
)
def test_any_table_name_travels_in_the_encoded_query(flow: Client, name: str) -> None:
    reply = flow.upload(b"id,x\n1,2\n", table_name=name).json
    assert reply["data"]["table_name"] == name
    assert flow.wait(reply["jobId"]) == "success"
    assert info(flow, name)["exist"] == 1
    history = flow.post("data/upload/history", limit=1).json["data"]
    assert history[0][reply["jobId"]]["upload_info"]["table_name"] == name


FLAT = {"head": "1", "partition": "2", "namespace": "experiment", "table_name": "t", "drop": "1"}


def test_the_configuration_may_be_plain_query_arguments(flow: Client) -> None:
    body, kind = multipart([("file", "x.csv", b"id,x\n1,2\n")])
    target = f"/v1/data/upload?{urlencode(FLAT)}"
    reply = flow.send("POST", target, body, {"Content-Type": kind}).json
    assert flow.wait(reply["jobId"]) == "success"


def test_the_configuration_may_be_form_fields(flow: Client) -> None:
    fields = [(name, None, value.encode()) for name, value in FLAT.items()]
    body, kind = multipart([*fields, ("file", "x.csv", b"id,x\n1,2\n")])
    reply = flow.send("POST", "/v1/data/upload", body, {"Content-Type": kind}).json
    assert flow.wait(reply["jobId"]) == "success"


@pytest.mark.parametrize("query", ["not-json", "%5B1%5D", "%7B"])
def test_a_query_that_is_no_configuration_is_100(flow: Client, query: str) -> None:
    body, kind = multipart([("file", "x.csv", b"id,x\n1,2\n")])
    reply = flow.send("POST", f"/v1/data/upload?{query}", body, {"Content-Type": kind}).json
    assert reply["retcode"] == 100
    assert "jobId" not in reply


def test_a_submit_that_fails_inside_is_hidden_in_the_data(flow: Client) -> None:
    reply = flow.upload(b"id,x\n1,2\n", table_name="t", task_cores=1000).json
    assert (reply["retcode"], reply["data"]["code"]) == (0, 103)
    assert reply["data"]["message"].startswith("Traceback")
    assert reply["data"]["job_id"] == reply["jobId"]


def test_two_racing_uploads_both_succeed(flow: Client) -> None:
    replies = [flow.upload(b"id,x\n1,2\n", table_name="t", drop=0).json for _ in range(2)]
    accepted = [reply["jobId"] for reply in replies if reply["retcode"] == 0]
    assert accepted
    assert {flow.wait(job_id) for job_id in accepted} == {"success"}
    assert info(flow, "t")["count"] == 1


def test_history_is_newest_first_and_omits_dropped_tables(flow: Client) -> None:
    ids = {}
    for name in ("a", "b", "c"):
        reply = flow.upload(b"id,x\n1,2\n", table_name=name).json
        ids[name] = reply["jobId"]
        flow.wait(reply["jobId"])
    found = flow.post("data/upload/history", limit=2).json["data"]
    assert [list(item) for item in found] == [[ids["c"]], [ids["b"]]]
    flow.post("table/delete", namespace="experiment", table_name="b")
    found = flow.post("data/upload/history").json["data"]
    assert [list(item) for item in found] == [[ids["c"]], [ids["a"]]]
    assert flow.post("data/upload/history", limit=5, job_id=ids["a"]).json["data"] == found[1:]


def test_a_deleted_table_is_gone_and_its_readers_keep_what_they_read(flow: Client) -> None:
    flow.uploaded(b"id,x\n1,2\n", table_name="t")
    conf = simple_conf()
    table = {"table": {"name": "t", "namespace": "experiment"}}
    conf["component_parameters"] = {"common": {"reader_0": table}}
    dsl = {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}
    job_id, _ = flow.run(conf, dsl)
    deleted = flow.post("table/delete", namespace="experiment", table_name="t").json
    assert deleted["data"] == {"namespace": "experiment", "table_name": "t"}
    again = flow.post("table/delete", namespace="experiment", table_name="t").json
    assert again == {"retcode": 101, "retmsg": "no find table"}
    assert flow.table(job_id, "reader_0") == [{"id": "1", "x": "2"}]


def test_the_received_file_is_removed_after_the_job(tmp_path: Any) -> None:
    from fateflow_client.local import serve

    gate = Gate()
    with serve(tmp_path, modules={"Gate": gate.module()}, max_running_jobs=1) as url:
        client = Client(url)
        try:
            client.submit(simple_conf(), {"components": {"g": {"module": "Gate"}}})
            job_id = client.upload(b"id,x\n1,2\n", table_name="t").json["jobId"]
            waiting = list((tmp_path / "state" / "uploads").iterdir())
            assert [path.stem for path in waiting] == [job_id]
            canceled = client.upload(b"id,x\n1,2\n", table_name="u").json["jobId"]
            client.post("job/stop", job_id=canceled)
            assert list((tmp_path / "state" / "uploads").iterdir()) == waiting
        finally:
            gate.open()
        assert client.wait(job_id) == "success"
        assert list((tmp_path / "state" / "uploads").iterdir()) == []


def test_auto_increasing_ids(flow: Client) -> None:
    flow.uploaded(b"x,y\n5,6\n7,8\n", table_name="t", auto_increasing_sid=1)
    assert content_of(flow, "t") == b"sid,x,y\n0,5,6\n1,7,8\n"


def test_the_configuration_is_one_percent_encoded_document(flow: Client) -> None:
    config = {**FLAT, "head": 1, "partition": 1, "meta": {"a": [1, {"b": "&=?"}]}}
    body, kind = multipart([("file", "x.csv", b"id,x\n1,2\n")])
    target = f"/v1/data/upload?{quote(json.dumps(config), safe='')}"
    reply = flow.send("POST", target, body, {"Content-Type": kind}).json
    assert flow.wait(reply["jobId"]) == "success"
    (row,) = flow.rows(reply["jobId"])
    given = row["f_runtime_conf"]["component_parameters"]["role"]["local"]["0"]["upload_0"]
    assert given["meta"] == config["meta"]
