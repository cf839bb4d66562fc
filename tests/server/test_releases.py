"""One server, six releases: what each does differently, beyond the recorded requests."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fateflow_client.local import serve
from fateflow_client.local.release import NEWEST, RELEASES, find_release
from fateflow_client.local.server import LocalServer
from fateflow_client.local.settings import Settings
from tests.server.support import Client, lr_job, multipart
from tests.server.test_command import start
from tests.server.test_signatures import KEY, NOW, SECRET, FixedClock, headers

OLD = ("1.6.1", "1.5.3")
WITH_STATUS = ("1.8.0", "1.7.2", "1.7.0")
HTML = ("1.8.0", "1.7.2", "1.7.0", "1.6.1", "1.5.3")
ROWS = b"id,x\n1,2\n3,4\n"


def upload(client: Client, content: bytes = ROWS, **config: Any) -> Any:
    return client.upload(content, work_mode=0, **{"table_name": "t", **config})


def trained(client: Client, files: tuple[Path, Path]) -> str:
    """Run a small HeteroLR job, with a work mode that newer releases only warn about."""
    for path, name in zip(files, ("guest", "host"), strict=True):
        client.wait(upload(client, path.read_bytes(), table_name=name).json["jobId"])
    conf, dsl = lr_job()
    conf["job_parameters"]["common"]["work_mode"] = 0
    job_id = client.submit(conf, dsl)
    assert client.wait(job_id) == "success"
    return job_id


@pytest.mark.parametrize("name", [*RELEASES, "1.11", "1.8", "1.6"])
def test_each_release_says_which_it_is(name: str) -> None:
    with serve(release=name) as url:
        data = Client(url).post("version/get", module="FATE").json["data"]
    fate = {"1.11": "1.11.3", "1.11.2": "1.11.3", "1.8": "1.8.0", "1.6": "1.6.1"}.get(name, name)
    assert data["FATE"] == fate
    assert ("API" in data) == (find_release(name).name not in OLD)


def test_the_newest_is_the_default(flow: Client) -> None:
    assert flow.post("version/get").json["data"]["FATE"] == NEWEST.fate


@pytest.mark.parametrize("name", ["", "1", "1.7", "2.0", "v1.8", "1.11.3"])
def test_other_names_are_refused_with_the_choices(name: str) -> None:
    with pytest.raises(ValueError, match=r"1\.11\.2, 1\.8\.0, 1\.7\.2, 1\.7\.0, 1\.6\.1, 1\.5\.3"):
        find_release(name)
    with pytest.raises(ValueError, match="no release"), serve(release=name):
        pass


def test_the_command_takes_a_release() -> None:
    with start("--port", "0", "--release", "1.6") as process:
        url = process.stdout.readline().strip()
        assert Client(url).post("version/get", module="FATE").json["data"] == {"FATE": "1.6.1"}
        process.terminate()
        assert process.wait(30) == 0
    with start("--release", "9") as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.count("\n")) == (1, 1)
    assert "choose one of" in errors


@pytest.mark.parametrize("name", RELEASES)
def test_a_model_is_trained_deployed_exported_and_imported_on_every_release(
    name: str, files: tuple[Path, Path]
) -> None:
    with serve(release=name) as url:
        client = Client(url)
        job_id = trained(client, files)
        place = {"job_id": job_id, "role": "guest", "party_id": 9999, "component_name": "lr_0"}
        assert client.post("tracking/component/output/model", **place).json["data"]["weight"]
        (listed,) = client.post("tracking/component/output/data/table", **place).json["data"]
        info = {"namespace": listed["table_namespace"], "table_name": listed["table_name"]}
        assert client.post("table/table_info", **info).json["data"]["exist"] == 1
        model = {"model_id": "arbiter-10000#guest-9999#host-10000#model", "model_version": job_id}
        deployed = client.post("model/deploy", **model).json
        assert deployed["retcode"] == 0
        child = {**model, "model_version": deployed["data"]["model_version"]}
        key = {**child, "role": "guest", "party_id": 9999}
        dsl = client.post("model/get/predict/dsl", **child).json["data"]
        assert dsl["components"]["lr_0"]["input"]["model"] == ["pipeline.lr_0.model"]
        exported = client.get("model/export", **key)
        assert exported.headers["Content-Type"] == "application/zip"
        fields = [(n, None, str(v).encode()) for n, v in {**key, "model_version": "x1"}.items()]
        body, kind = multipart([*fields, ("file", "m.zip", exported.content)])
        reply = client.send("POST", "/v1/model/import", body, {"Content-Type": kind})
        assert reply.json["retcode"] == 0, reply.json
        again = client.send("POST", "/v1/model/import", body, {"Content-Type": kind})
        assert again.status == (409 if name == "1.11.2" else 200)
        assert again.json["retcode"] in (100, 409)


@pytest.mark.parametrize("name", RELEASES)
def test_lists_dates_and_paths_have_the_release_s_shape(name: str) -> None:
    bare = name in ("1.7.0", *OLD)
    with serve(release=name) as url:
        client = Client(url)
        empty = client.post("job/list/job", limit=5).json
        assert empty["retcode"] == (101 if bare else 0)
        assert client.post("job/list/task", limit=5).json["retcode"] == (100 if bare else 0)
        accepted = upload(client).json
        client.wait(accepted["jobId"])
        assert ("job_dsl_path" in accepted["data"]) == (name in OLD)
        assert ("code" in accepted["data"]) == (name not in OLD)
        jobs = client.post("job/list/job", limit=5).json["data"]
        row = jobs[0] if bare else jobs["jobs"][0]
        date = row["f_create_date" if bare else "create_date"]
        pattern = r"\w{3}, \d\d \w{3} \d{4} .* GMT" if name in OLD else r"\d{4}-\d\d-\d\d .*"
        assert re.fullmatch(pattern, date)
        assert ("f_work_mode" in client.rows(accepted["jobId"])[0]) == (name in OLD)


@pytest.mark.parametrize("name", RELEASES)
def test_errors_have_the_release_s_form(name: str) -> None:
    with serve(release=name) as url:
        client = Client(url)
        json_type = {"Content-Type": "application/json"}
        for method, path, status in (
            ("POST", "/v1/job/nope", 404),
            ("GET", "/v1/job/query", 405),
            ("POST", "/v2/job/query", 404),
        ):
            reply = client.send(method, path, b"{}", json_type)
            assert reply.status == (status if name in HTML else 200)
            if name in HTML:
                assert reply.headers["Content-Type"] == "text/html"
                assert f"<title>{status} ".encode() in reply.content
        for broken in (b"", b"{"):
            reply = client.send("POST", "/v1/job/query", broken, json_type)
            assert reply.status == (400 if name in HTML else 200)
        slash = client.send("POST", "/v1/job/query/", b"{}", json_type)
        assert slash.status == (404 if name in OLD else 200)
        plain = client.post("tracking/component/metrics").json["retmsg"]
        assert plain == ("KeyError('job_id')" if name == "1.11.2" else "'job_id'")
        missing = client.post("model/export").json
        assert missing["retcode"] == (100 if name in OLD else 101)


@pytest.mark.parametrize("name", RELEASES)
def test_a_job_log_has_one_route(name: str) -> None:
    with serve(release=name) as url:
        client = Client(url)
        job_id = upload(client).json["jobId"]
        client.wait(job_id)
        old = client.get("job/log", job_id=job_id)
        new = client.post("job/log/download", job_id=job_id)
        good, bad = (old, new) if name in OLD else (new, old)
        assert "fate_flow_schedule.log" in good.members()
        assert b"404" in bad.content


@pytest.mark.parametrize(("name", "drop", "destroys"), [
    ("1.11.2", 2, True), ("1.8.0", 2, False), ("1.6.1", 2, False),
    ("1.11.2", 1, True), ("1.8.0", 1, True), ("1.6.1", 1, True),
    ("1.11.2", 0, False), ("1.7.0", 0, False),
])  # fmt: skip
def test_drop_means_what_the_release_means(name: str, drop: int, destroys: bool) -> None:
    with serve(release=name) as url:
        client = Client(url)
        client.wait(upload(client).json["jobId"])
        reply = upload(client, b"id,x\n9,9\n", drop=drop).json
        assert (reply["retcode"] == 0) == destroys
        if destroys:
            client.wait(reply["jobId"])
        info = client.post("table/table_info", namespace="experiment", table_name="t").json
        assert info["data"]["count"] == (1 if destroys else 2)


@pytest.mark.parametrize("name", RELEASES)
def test_a_delimiter_other_than_a_comma_needs_1_9(name: str) -> None:
    with serve(release=name) as url:
        client = Client(url)
        content = b"id;x;y\n1;2;3\n"
        client.wait(upload(client, content, id_delimiter=";").json["jobId"])
        info = client.post("table/table_info", namespace="experiment", table_name="t").json["data"]
        split = info["schema"]["sid"] == "id"
        assert split == (name == "1.11.2")
        reply = upload(client, content, table_name="d", delimiter=";").json
        hidden = reply["retcode"] == 0 and reply["data"]["code"] == 103
        assert hidden == (name in WITH_STATUS)
        assert (reply["retcode"] == 100) == (name in OLD)


@pytest.mark.parametrize("name", RELEASES)
def test_a_date_drops_the_metrics_of_a_day_up_to_1_7_0(name: str, files: tuple[Path, Path]) -> None:
    with serve(release=name) as url:
        client = Client(url)
        job_id = trained(client, files)

        def metrics() -> dict[str, Any]:
            return client.component("metrics", job_id, "evaluation_0")

        assert metrics()["data"]
        reply = client.post("tracking/component/metric/delete", model=job_id[:8]).json
        if name in ("1.7.0", *OLD):
            assert reply["data"] == f"drop table t_tracking_metric_{job_id[:8]}"
            assert metrics()["retcode"] == (100 if name in OLD else 0)
            assert not metrics().get("data")
            again = client.post("tracking/component/metric/delete", model=job_id[:8]).json
            assert again["retcode"] == 100
        else:
            assert reply["retcode"] == 100
            assert metrics()["data"]
            both = client.post("tracking/component/metric/delete", model="1", job_id=job_id).json
            assert both["data"] == "delete status: True"
            assert metrics()["data"] == {}


@pytest.mark.parametrize("name", OLD)
def test_a_work_mode_is_required_up_to_1_6(name: str) -> None:
    with serve(release=name) as url:
        client = Client(url)
        conf, dsl = lr_job()
        reply = client.post("job/submit", job_runtime_conf=conf, job_dsl=dsl).json
        assert (reply["retcode"], "jobId" in reply) == (100, False)
        assert "work_mode" in reply["retmsg"]
        assert "work_mode" in client.upload(ROWS, table_name="t").json["retmsg"]


@pytest.mark.parametrize("name", OLD)
def test_what_checks_no_signatures_takes_no_keys(name: str) -> None:
    keys = {"app_key": KEY, "secret_key": SECRET}
    with pytest.raises(ValueError, match="checks no signatures"):
        Settings(release=find_release(name), **keys)
    with pytest.raises(ValueError, match="checks no signatures"), serve(release=name, **keys):
        pass


@pytest.mark.parametrize("name", WITH_STATUS)
def test_signatures_are_refused_with_http_codes_on_1_7_and_1_8(name: str) -> None:
    settings = Settings(
        app_key=KEY, secret_key=SECRET, clock=FixedClock(NOW), release=find_release(name)
    )
    with LocalServer(settings=settings) as server:
        client = Client(server.url)
        body = b'{"job_id": "1"}'
        json_type = {"Content-Type": "application/json"}
        good = headers("/v1/job/query", body.decode())
        for changes, status, text in (
            ({}, 200, "no job could be found"),
            ({"NONCE": ""}, 401, "Unauthorized"),
            ({"APP-KEY": "other"}, 401, "Unknown APP_KEY"),
            ({"SIGNATURE": "bad"}, 403, "Forbidden"),
            ({"TIMESTAMP": "soon"}, 400, "Invalid TIMESTAMP"),
            ({"TIMESTAMP": str(NOW - 61_000)}, 425, "TIMESTAMP is more than 60 seconds"),
        ):
            reply = client.send("POST", "/v1/job/query", body, {**good, **changes})
            assert reply.status == status
            assert reply.json["retcode"] == (0 if status == 200 else status)
            assert reply.json["retmsg"].startswith(text)
        assert client.send("POST", "/v1/job/nope", body, json_type).status == 401
        assert client.send("POST", "/v1/job/query", b"{", json_type).status == 400


@pytest.mark.parametrize("name", HTML)
def test_web_pages_are_refused_on_every_release(name: str) -> None:
    with serve(release=name) as url:
        reply = Client(url).send("POST", "/v1/job/query", b"{}", {"Origin": "http://x.org"})
        assert (reply.status, reply.json["retcode"]) == (403, 403)


@pytest.mark.parametrize("name", RELEASES)
def test_predictions_are_quoted_since_1_9(name: str, files: tuple[Path, Path]) -> None:
    with serve(release=name) as url:
        client = Client(url)
        job_id = trained(client, files)
        reply = client.output(job_id, "lr_0", limit=1)
        text = reply.members()["data.csv"].decode().splitlines()[1]
        assert ('"{' in text) == (name == "1.11.2")
        named = "Content-Disposition" in reply.headers
        assert named == (name not in ("1.8.0", "1.7.2"))
        reader = client.output(job_id, "reader_0", limit=1).members()["data.csv"].decode()
        assert reader.partition(",")[0] == ("id" if name == "1.11.2" else "sid")


CALLS = """
job/submit job/stop job/query job/config job/list/job job/data/view/query job/dsl/generate
tracking/component/parameters tracking/component/metric/all tracking/component/metrics
tracking/component/metric/delete tracking/component/output/model
tracking/component/output/data/table tracking/component/list
tracking/component/summary/download data/download data/upload data/upload/history
job/list/task job/task/query model/load model/bind model/export model/import model/store
model/restore model/migrate model/model_tag/retrieve model/model_tag/create
model/model_tag/remove model/deploy model/get/predict/dsl model/get/predict/conf model/query
model/tag/create model/tag/update model/tag/list model/tag/retrieve model/tag/destroy
table/table_info table/delete job/clean/queue
job/rerun job/clean job/update table/bind table/list tracking/component/output/data
tracking/component/metric_data resource/query version/get
"""
SINCE = {
    "job/log/download": "1.7.0",
    "job/log/path": "1.7.0",
    "job/parameter/update": "1.7.0",
    "server/version/get": "1.7.0",
    "checkpoint/list": "1.7.0",
    "checkpoint/get": "1.7.0",
    "model/query/detail": "1.11.2",
    "info/version": "1.11.2",
}


@pytest.mark.parametrize("name", RELEASES)
def test_every_call_has_its_route_on_the_releases_that_have_it(name: str) -> None:
    def missing(path: str) -> bool:
        reply = client.post(path)
        return reply.status == 404 or b"NotFound '404" in reply.content

    with serve(release=name) as url:
        client = Client(url)
        assert [path for path in CALLS.split() if missing(path)] == []
        there = {path for path in SINCE if not missing(path)}
        order = list(reversed(RELEASES))
        expected = {
            path for path, since in SINCE.items() if order.index(since) <= order.index(name)
        }
        assert there == expected
        download = client.get("table/download", namespace="n", name="t")
        assert download.status == (405 if name in ("1.7.0", *OLD) else 210)
        preview = client.post("table/preview", namespace="n", name="t").json
        assert (preview == {"retcode": 0, "retmsg": "success"}) == (name != "1.11.2")


@pytest.mark.parametrize("name", RELEASES)
def test_an_output_without_rows_is_told_as_the_release_tells_it(name: str) -> None:
    with serve(release=name) as url:
        client = Client(url)
        for table, content in (("guest", b"id,y,x\na,1,2\nb,0,1\n"), ("host", b"id,z\nc,1\n")):
            client.wait(upload(client, content, table_name=table).json["jobId"])
        conf, dsl = lr_job()
        conf["job_parameters"]["common"]["work_mode"] = 0
        job_id = client.submit(conf, dsl)
        client.wait(job_id)
        reply = client.output(job_id, "intersection_0")
        if name in ("1.7.0", *OLD):
            assert (reply.status, reply.json["retcode"]) == (200, 100)
            assert "did not return a valid response" in reply.json["retmsg"]
        else:
            assert reply.members() == {}
        preview = client.component("output/data", job_id, "intersection_0")
        assert preview == {"data": [], "retcode": 0, "retmsg": "no data"}


def test_a_data_folder_can_be_opened_as_another_release(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    with serve(tmp_path) as url:
        job_id = trained(Client(url), files)
    # As a folder looks that a server without per-day tables has written.
    with sqlite3.connect(tmp_path / "state" / "state.sqlite3") as connection:
        connection.execute("DROP TABLE days")
    connection.close()
    for name in ("1.6.1", "1.8.0", "1.11.2"):
        with serve(tmp_path, release=name) as url:
            client = Client(url)
            assert client.status(job_id) == "success"
            assert client.component("metrics", job_id, "evaluation_0")["data"]
            (row,) = client.post(
                "model/query", model_version=job_id, role="guest", party_id=9999
            ).json["data"]
            assert row["f_fate_version"] == "1.11.3"
