"""The server must not be a hole in the machine it runs on."""

import ast
import gzip
import io
import json
import socket
import tarfile
from pathlib import Path

import pytest

import fateflow_client.local as package
from fateflow_client.local import serve
from fateflow_client.local.server import LocalServer
from fateflow_client.local.settings import Settings
from tests.server.conftest import Trained
from tests.server.support import Client, lr_job, one_component, simple_conf

PACKAGE = Path(package.__file__).parent


def test_only_loopback_is_bound_without_keys() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org", ""):  # noqa: S104
        with pytest.raises(ValueError, match="loopback"):
            Settings(host=host)
    assert Settings(host="0.0.0.0", app_key="a", secret_key="b").signed  # noqa: S104


def test_one_key_alone_is_refused() -> None:
    for keys in ({"app_key": "a"}, {"secret_key": "b"}, {"app_key": "a", "secret_key": ""}):
        with pytest.raises(ValueError, match="both or neither"):
            Settings(**keys)


def test_the_secret_is_not_in_the_repr() -> None:
    assert "hush" not in repr(Settings(app_key="a", secret_key="hush"))


def test_the_socket_listens_on_loopback_only(flow: Client) -> None:
    assert flow.host == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in others - {"127.0.0.1", "::1"}:
        if not address.startswith("127."):
            with (
                pytest.raises(OSError, match=r"."),
                socket.create_connection((address, flow.port), timeout=2),
            ):
                pass


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://127.0.0.1", ""])
def test_a_request_of_a_web_page_is_refused(flow: Client, origin: str) -> None:
    for method, path in (("POST", "/v1/job/query"), ("OPTIONS", "/v1/job/query"), ("GET", "/")):
        reply = flow.send(method, path, b'{"job_id": "1"}', {"Origin": origin})
        assert reply.status == 403
        assert reply.json["retcode"] == 403
        assert "Origin" in reply.json["retmsg"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.org", 403),
        ("127.0.0.1.example.org", 403),
        ("localhost.example.org:9380", 403),
        ("10.0.0.1:9380", 403),
        ("[::ffff:10.0.0.1]", 403),
        ("[", 403),
        ("", 403),
        ("localhost", 200),
        ("localhost:1", 200),
        ("127.0.0.1:9380", 200),
        ("[::1]:9380", 200),
    ],
)
def test_a_foreign_host_header_is_refused(flow: Client, host: str, status: int) -> None:
    reply = flow.send("POST", "/v1/job/query", b'{"job_id": "1"}', {"Host": host})
    assert reply.status == status
    assert reply.json["retcode"] == (403 if status == 403 else 0)


def server_upload(client: Client, name: str) -> tuple[str, str]:
    reply = client.post(
        "data/upload",
        file=name,
        head=1,
        partition=1,
        namespace="n",
        table_name="t",
        use_local_data=0,
        drop=1,
    )
    job_id = reply.json["jobId"]
    return client.wait(job_id), client.errors(job_id)


def test_a_server_file_is_read_below_the_data_folder_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    secret = tmp_path / "secret.csv"
    secret.write_text("id,x\n1,2\n", encoding="utf-8")
    (tmp_path / "data-beside").mkdir()
    (tmp_path / "data-beside" / "x.csv").write_text("id,x\n1,2\n", encoding="utf-8")
    with serve(data) as url:
        client = Client(url)
        (data / "sub").mkdir()
        (data / "sub" / "good.csv").write_text("id,x\n1,2\n3,4\n", encoding="utf-8")
        (data / "link.csv").symlink_to(secret)
        (data / "folder").symlink_to(tmp_path)
        (data / "inner.csv").symlink_to(data / "sub" / "good.csv")
        for name in ("sub/good.csv", str(data / "sub" / "good.csv"), "inner.csv"):
            assert server_upload(client, name)[0] == "success", name
        for name in (
            str(secret),
            "../secret.csv",
            "sub/../../secret.csv",
            "link.csv",
            "folder/secret.csv",
            "../data-beside/x.csv",
            "/etc/passwd",
            "state/state.sqlite3",
            "sub/../state/state.sqlite3",
        ):
            status, report = server_upload(client, name)
            assert (status, "outside the data folder" in report) == ("failed", True), name
        for name in ("sub/none.csv", "sub", "", "."):
            status, report = server_upload(client, name)
            assert (status, "is not exist" in report) == ("failed", True), name


def test_a_null_in_a_path_fails_the_job_and_nothing_else(tmp_path: Path) -> None:
    with serve(tmp_path) as url:
        client = Client(url)
        assert server_upload(client, "a\0b.csv")[0] == "failed"
        assert client.post("version/get", module="FATE").json["retcode"] == 0


@pytest.mark.parametrize(
    "job_id",
    ["../logs/nope", "..", ".", "/etc", "a/../..", "%2e%2e", "state", "x\0y", "*", "' OR 1=1 --"],
)
def test_a_job_id_never_becomes_a_path(flow: Client, job_id: str) -> None:
    reply = flow.post("job/log/download", job_id=job_id)
    assert (reply.status, reply.json["retcode"]) == (404, 404)
    assert flow.post("job/query", job_id=job_id).json["data"] == []
    four = {"role": "guest", "party_id": 1, "component_name": job_id, "job_id": job_id}
    path = "tracking/component/output/data/download"
    assert flow.get(path, **four).json["retcode"] == 100
    assert flow.post("tracking/component/summary/download", **four).status == 210


def test_names_are_data_not_sql_and_not_paths(flow: Client) -> None:
    for name in ("../../x", "a'; DROP TABLE jobs; --", "表_é", "a/b\\c", "%s{0}", "a\nb"):
        assert flow.uploaded(b"id,x\n1,2\n", table_name=name) == "success"
        info = flow.post("table/table_info", namespace="experiment", table_name=name).json["data"]
        assert (info["exist"], info["table_name"]) == (1, name)


def test_archive_members_stay_below_the_archive(trained: Trained) -> None:
    replies = [
        trained.client.post("job/log/download", job_id=trained.job_id),
        trained.client.output(trained.job_id, "lr_0"),
    ]
    for reply in replies:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(reply.content))) as tar:
            for member in tar:
                assert member.isreg()
                assert not member.name.startswith("/")
                assert ".." not in member.name.split("/")


def test_a_component_name_cannot_leave_the_archive(flow: Client) -> None:
    for name in ("../../x", "a/b", "a\\b", ".."):
        dsl = one_component("Reader", name)
        reply = flow.post("job/submit", job_runtime_conf=simple_conf(), job_dsl=dsl).json
        assert reply["retcode"] == 103


def test_a_column_filter_cannot_smuggle_sql(flow: Client) -> None:
    for name in ("job_id = '1' OR 1", "rowid", "1=1; --"):
        assert flow.post("job/query", **{name: 1}).json["data"] == []
    reply = flow.post("job/query", job_id="1", order_by="job_id; DROP TABLE jobs")
    assert reply.json["retcode"] == 0
    assert flow.post("job/list/job", order_by="rowid").status == 400


def test_too_large_bodies_are_refused_before_they_are_read() -> None:
    settings = Settings(max_json_bytes=1000, max_upload_bytes=5000)
    with LocalServer(settings=settings) as server:
        client = Client(server.url)
        large = {"job_id": "1" * 2000}
        reply = client.post("job/query", **large).json
        assert (reply["retcode"], "413" in reply["retmsg"]) == (100, True)
        refused = client.upload(b"id,x\n" + b"1,2\n" * 2000, table_name="t").json
        assert (refused["retcode"], "413" in refused["retmsg"]) == (100, True)
        assert client.uploaded(b"id,x\n1,2\n", table_name="t") == "success"


def test_a_chunked_body_has_the_same_limit() -> None:
    body = json.dumps({"job_id": "1" * 2000}).encode()
    answer = b""
    with (
        LocalServer(settings=Settings(max_json_bytes=1000)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection,
    ):
        head = "POST /v1/job/query HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        while chunk := connection.recv(4096):
            answer += chunk
    assert b"413" in answer


def test_deeply_nested_json_is_no_body(flow: Client) -> None:
    reply = flow.send("POST", "/v1/job/query", b"[" * 200_000)
    assert reply.json["retcode"] == 100


def test_nothing_in_the_package_can_unpickle_or_run_text() -> None:
    forbidden = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "subprocess"}
    calls = {"eval", "exec", "compile", "__import__"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").partition(".")[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, path
            assert not forbidden.intersection(names), path


def test_the_data_folder_is_the_owner_s(tmp_path: Path) -> None:
    with serve(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0
        assert (tmp_path / "new" / "state").stat().st_mode & 0o077 == 0


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with serve(tmp_path) as url:
        with pytest.raises(RuntimeError, match="another server"), serve(tmp_path):
            pass
        assert Client(url).post("version/get", module="FATE").json["retcode"] == 0


def test_a_taken_port_is_an_oserror_and_leaves_nothing_open(flow: Client, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."), serve(tmp_path, port=flow.port):
        pass
    with serve(tmp_path) as url:
        assert Client(url).post("version/get").json["retcode"] == 0


def test_an_idle_connection_does_not_hold_the_server_open() -> None:
    with serve() as url:
        client = Client(url)
        idle = socket.create_connection((client.host, client.port), timeout=30)
        half = socket.create_connection((client.host, client.port), timeout=30)
        half.sendall(b"POST /v1/job/query HTTP/1.1\r\nHost: localhost\r\n")
        assert client.post("version/get").json["retcode"] == 0
    for connection in (idle, half):
        with connection:
            assert connection.recv(100) == b""


def test_lr_jobs_of_the_tests_are_the_recorded_shape() -> None:
    conf, dsl = lr_job()
    assert {"initiator", "role", "job_parameters", "component_parameters"} <= set(conf)
    assert list(dsl["components"]) == [
        "reader_0",
        "data_transform_0",
        "intersection_0",
        "lr_0",
        "evaluation_0",
    ]
