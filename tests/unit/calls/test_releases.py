"""What a release cannot do is refused before it is sent; releases are asked for once, and only by
calls whose wire form depends on them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import (
    ApiError,
    ConfigError,
    FlowClient,
    FlowError,
    ProtocolError,
    UnsupportedByServerError,
)
from fateflow_client._core.releases import (
    NEWEST_PATCH,
    Capability,
    Release,
    parse_release,
    set_by_hand,
)
from fateflow_client.errors import Where
from tests.contract.exchanges import tar_gz
from tests.support.clock import FakeClock
from tests.support.questions import NOTHING_THERE, QUESTIONS
from tests.support.samples import JOB_ID, MODEL, requests_by_call
from tests.support.server import Answer, Drop, ScriptedServer

DAY = "20270115"
PROBE = "/v1/version/get"
GOOD = Answer.of({"retcode": 0, "retmsg": "success"})
HTML = (("Content-Type", "text/html"),)
LOG = Answer(
    headers=(("Content-Type", "application/x-tar"),), body=tar_gz([("a.log", b"[INFO] a\n")])
)


def version(text: object) -> Answer:
    return Answer.of({"retcode": 0, "retmsg": "success", "data": {"FATE": text}})


def at(server: ScriptedServer, release: str | None) -> FlowClient:
    return FlowClient(port=server.port, clock=FakeClock(), server_release=release, trust_env=False)


def paths(server: ScriptedServer) -> list[str]:
    return [got.path for got in server.got]


def test_few_calls_ask_for_the_release(server: ScriptedServer, tmp_path: Path) -> None:
    asked = set()
    for name, request in requests_by_call(tmp_path).items():
        data = {"FATE": "1.11.2", "job_id": JOB_ID, "namespace": "n", "table_name": "t"}
        server.play(Answer.of({"retcode": 0, "jobId": JOB_ID, "data": data}))
        server.aside = QUESTIONS.get(name, {})
        with at(server, None) as client, suppress(FlowError):
            client.send(request)
        if PROBE in [got.path for got in server.got + server.asked]:
            asked.add(name)
    # All but the log note what is there before, in case their answer is lost.
    noting = {"data.upload", "data.download", "model.store", "model.restore", "model.deploy"}
    assert asked == {"job.log", "version/get"} | noting


def test_a_release_is_asked_for_once(server: ScriptedServer) -> None:
    server.play(version("1.11.2"), GOOD)
    with at(server, None) as client:
        for _ in range(3):
            client.task.list(page=1)
            client.model.get_model_info()
            client.task.list()
    once = ["/v1/job/list/task", "/v1/model/query", "/v1/job/list/task"]
    assert paths(server) == [PROBE, *once, *once, *once]
    assert server.got[0].json == {"module": "FATE"}


def test_a_release_is_asked_for_once_by_many_threads(server: ScriptedServer) -> None:
    together = threading.Barrier(8, timeout=30)
    server.play(version("1.11.2"), GOOD)
    with at(server, None) as client, ThreadPoolExecutor(8) as pool:

        def call(_: int) -> None:
            together.wait()
            client.task.list(page=1)

        list(pool.map(call, range(8)))
    assert paths(server).count(PROBE) == 1
    assert len(server.got) == 9


@pytest.mark.parametrize("release", ["1.11", "1.11.2", "v1.9.0", "1.7.1"])
def test_a_release_that_was_set_by_hand_is_not_asked_for(
    release: str, server: ScriptedServer
) -> None:
    server.play(GOOD)
    with at(server, release) as client:
        client.task.list(page=1)
    assert paths(server) == ["/v1/job/list/task"]


FAILURES = {
    "a refusal": (Answer.of({"retcode": 100, "retmsg": "no"}), ApiError),
    "a page": (Answer(404, HTML, b"<h1>Not Found</h1>"), ProtocolError),
    "nothing": (Drop(), FlowError),
    "a null": (version(None), ProtocolError),
    "a word": (version("unknown"), ProtocolError),
    "no FATE": (Answer.of({"retcode": 0, "data": {"API": "v1"}}), ProtocolError),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_release_that_cannot_be_asked_for_is_told_and_not_remembered(
    name: str, server: ScriptedServer
) -> None:
    answer, error = FAILURES[name]
    with at(server, None) as client:
        server.play(answer)
        with pytest.raises(error) as caught:
            client.task.list(page=1)
        assert set(paths(server)) == {PROBE}
        assert isinstance(caught.value, FlowError)
        assert caught.value.path == PROBE
        server.play(version("1.11.2"), GOOD)
        client.task.list(page=1)
        assert paths(server) == [PROBE, "/v1/job/list/task"]


@pytest.mark.parametrize("text", ["", "unknown", "x1.11", "1", "one.eleven", "1.x"])
def test_a_release_that_cannot_be_read_can_be_set_by_hand(
    text: str, server: ScriptedServer
) -> None:
    server.play(version(text))
    with at(server, None) as client, pytest.raises(ProtocolError) as caught:
        client.model.get_model_info()
    assert "release cannot be read" in str(caught.value)
    assert "server_release='1.11'" in str(caught.value)


# What is asked, since which release or up to which one, and what the message says.
Call = Callable[[FlowClient, Path], object]


def _import(client: FlowClient, folder: Path, **more: object) -> object:
    path = folder / "m.zip"
    path.write_bytes(b"PK")
    return client.model.import_model(MODEL | {"file": str(path)} | more)


def _upload(client: FlowClient, folder: Path, **more: object) -> object:
    path = folder / "t.csv"
    path.write_text("id;x\n1;2\n")
    conf = {"file": str(path), "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
    return client.data.upload(conf | more)


SINCE: dict[str, tuple[Call, str, str, str]] = {
    # name: call, last release that cannot, first that can, path
    "a page of jobs": (lambda c, _: c.job.list(page=1), "1.7.0", "1.7.1", "job/list/job"),
    "jobs in an order": (lambda c, _: c.job.list(order="asc"), "1.7.0", "1.7.1", "job/list/job"),
    "a page of tasks": (lambda c, _: c.task.list(page=1), "1.7.0", "1.7.1", "job/list/task"),
    "tasks of a job": (lambda c, _: c.task.list(job_id=JOB_ID), "1.7.0", "1.7.1", "job/list/task"),
    "several statuses": (
        lambda c, _: c.job.query(status=["running", "waiting"]),
        "1.6",
        "1.7.0",
        "job/query",
    ),
    "a forced import": (
        lambda c, folder: _import(c, folder, force_update=1),
        "1.8",
        "1.9.0",
        "model/import",
    ),
    "a deployment of checkpoints": (
        lambda c, _: c.model.deploy("m", "1", components_checkpoint={"a": {"step_index": 1}}),
        "1.6",
        "1.7.0",
        "model/deploy",
    ),
    "models of any version": (
        lambda c, _: c.model.get_model_info("m"),
        "1.8",
        "1.9.0",
        "model/query",
    ),
    "an upload with semicolons": (
        lambda c, folder: _upload(c, folder, id_delimiter=";"),
        "1.9.0",
        "1.9.1",
        "data/upload",
    ),
    "an upload with meta": (
        lambda c, folder: _upload(c, folder, with_meta=True, meta={"delimiter": ","}),
        "1.8",
        "1.9.0",
        "data/upload",
    ),
}


@pytest.mark.parametrize("name", SINCE)
def test_what_a_release_cannot_do_is_refused_and_not_sent(
    name: str, server: ScriptedServer, tmp_path: Path
) -> None:
    call, old, new, _ = SINCE[name]
    first = new if new.count(".") == 2 else f"{new}.0"
    with (
        at(server, old) as client,
        pytest.raises(UnsupportedByServerError, match=f"from release {first} on.*server is {old}"),
    ):
        call(client, tmp_path)
    assert server.connections == 0
    server.play(version(old if old.count(".") == 2 else f"{old}.3"))
    with (
        at(server, None) as client,
        pytest.raises(UnsupportedByServerError, match="Nothing was sent"),
    ):
        call(client, tmp_path)
    assert paths(server) == [PROBE]


@pytest.mark.parametrize("name", SINCE)
def test_what_a_release_can_do_is_sent(name: str, server: ScriptedServer, tmp_path: Path) -> None:
    call, _, new, path = SINCE[name]
    ours = (PROBE, f"/v1/{path}")
    server.aside = {name: say for name, say in NOTHING_THERE.items() if name not in ours}
    data = {"job_id": JOB_ID, "namespace": "n", "table_name": "t", "model_id": "m"}
    many = path.startswith("job/") or path == "model/query"
    more = {} if many else {"data": data | {"model_version": "2"}}
    server.play(version(new), Answer.of({"retcode": 0, "retmsg": "success", "jobId": "1"} | more))
    with at(server, None) as client:
        call(client, tmp_path)
    assert paths(server) == [PROBE, f"/v1/{path}"]


def test_a_refusal_names_the_server_and_the_call(server: ScriptedServer) -> None:
    with at(server, "1.8.0") as client, pytest.raises(UnsupportedByServerError) as caught:
        client.model.get_model_info()
    assert caught.value.path == "/v1/model/query"
    assert caught.value.port == server.port


def test_what_any_release_can_do_is_sent_without_asking(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    data = {"job_id": JOB_ID, "namespace": "n", "table_name": "t", "model_id": "m"}
    calls: list[Call] = [
        lambda c, folder: _import(c, folder),
        lambda c, folder: _import(c, folder, force_update=0),
    ]
    for call in calls:
        server.play(
            Answer.of({"retcode": 0, "jobId": JOB_ID, "data": data | {"model_version": "2"}})
        )
        with at(server, None) as client:
            call(client, tmp_path)
        assert len(server.got) == 1
        assert PROBE not in [got.path for got in server.asked]


def test_an_import_forced_by_a_text_0_is_not_forced(server: ScriptedServer, tmp_path: Path) -> None:
    server.play(GOOD)
    with at(server, "1.8") as client:
        _import(client, tmp_path, force_update="0")


def test_filters_that_a_release_ignores_are_refused(server: ScriptedServer) -> None:
    server.play(GOOD)
    with at(server, "1.8") as client, pytest.raises(UnsupportedByServerError):
        client.model.get_model_info("m", "1", imported=True)


@pytest.mark.parametrize("release", ["1.5.3", "1.6", "1.6.1", "1.7.0"])
@pytest.mark.parametrize("job_id", [None, JOB_ID])
def test_metrics_of_a_day_are_deleted_up_to_1_7_0(
    job_id: str | None, release: str, server: ScriptedServer
) -> None:
    text = f"drop table t_tracking_metric_{DAY}"
    server.play(Answer.of({"retcode": 0, "retmsg": "success", "data": text}))
    with at(server, release) as client:
        assert client.component.metric_delete(DAY, job_id).deleted
    assert server.got[0].json == {"model": DAY}


@pytest.mark.parametrize("release", ["1.7.1", "1.7.2", "1.8", "1.9.0", "1.11", "1.11.2"])
@pytest.mark.parametrize("job_id", [None, JOB_ID])
def test_metrics_of_a_day_are_never_deleted_by_later_releases(
    job_id: str | None, release: str, server: ScriptedServer
) -> None:
    with (
        at(server, release) as client,
        pytest.raises(UnsupportedByServerError, match=r"date.*up to release 1\.7\.0.*Nothing was"),
    ):
        client.component.metric_delete(DAY, job_id)
    assert server.connections == 0


def test_metrics_of_a_job_are_deleted_by_every_release_without_asking(
    server: ScriptedServer,
) -> None:
    server.play(Answer.of({"retcode": 0, "data": "delete status: True"}))
    with at(server, None) as client:
        assert client.component.metric_delete(job_id=JOB_ID).deleted
    assert paths(server) == ["/v1/tracking/component/metric/delete"]


@pytest.mark.parametrize(
    ("release", "method", "path"),
    [
        ("1.5.3", "GET", "/v1/job/log"),
        ("1.6", "GET", "/v1/job/log"),
        ("1.6.1", "GET", "/v1/job/log"),
        ("1.7.0", "POST", "/v1/job/log/download"),
        ("1.7.2", "POST", "/v1/job/log/download"),
        ("1.11", "POST", "/v1/job/log/download"),
    ],
)
def test_logs_are_asked_for_where_the_release_has_them(
    release: str, method: str, path: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(LOG)
    with at(server, release) as client:
        log = client.job.log(JOB_ID, tmp_path)
    (got,) = server.got
    assert (got.method, got.target, got.json) == (method, path, {"job_id": JOB_ID})
    assert [file.name for file in log.files] == ["a.log"]


def test_a_log_that_is_kept_asks_nothing(server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / f"job_{JOB_ID}_log").mkdir()
    with at(server, None) as client:
        client.job.log(JOB_ID, tmp_path, exist="skip")
    assert server.connections == 0


@pytest.mark.parametrize("text", ["1.7", "v1.7", " 1.7 "])
def test_release_1_7_is_two(text: str, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match=r"1\.7 is two: say 1\.7\.0, or 1\.7\.1 or later"):
        FlowClient(port=server.port, server_release=text).table.info("n", "t")
    assert server.connections == 0


@pytest.mark.parametrize("text", ["2.0", "1.4", "1.4.9", "1.12", "0.9", "1", "x", "newest", "1.-7"])
def test_a_release_that_is_none_is_refused(text: str, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match=r"1\.5 to 1\.11, such as '1\.11' or '1\.7\.2'"):
        FlowClient(port=server.port, server_release=text).table.info("n", "t")
    assert server.connections == 0


NUMBER = st.integers(0, 98)


@given(NUMBER, NUMBER, NUMBER, st.sampled_from(["", "v"]), st.sampled_from(["", "-release", "rc1"]))
def test_a_release_that_is_written_down_is_read_back(
    major: int, minor: int, patch: int, before: str, after: str
) -> None:
    release = Release(major, minor, patch)
    assert parse_release(f"{before}{release}{after}") == release
    assert parse_release(f" {release}\n") == release


@given(NUMBER, NUMBER, NUMBER)
def test_a_line_of_releases_counts_as_its_newest(major: int, minor: int, patch: int) -> None:
    newest = parse_release(f"{major}.{minor}")
    assert newest == (major, minor, NEWEST_PATCH)
    assert newest is not None
    assert Release(major, minor, patch) < newest < Release(major, minor + 1, 0)


@given(st.text(max_size=12))
def test_any_text_is_a_release_or_none(text: str) -> None:
    release = parse_release(text)
    if release is not None:
        assert parse_release(str(release)) == release
    with suppress(ConfigError):
        assert set_by_hand(text) == release


RELEASES = st.builds(Release, st.just(1), st.integers(5, 11), st.integers(0, 5))


@given(RELEASES, RELEASES, RELEASES)
def test_a_capability_is_there_between_its_first_and_its_last_release(
    since: Release, until: Release, release: Release
) -> None:
    can = Capability("it", lambda _, __: True, since=since, until=until)
    try:
        can.check(release, Where("host", 1, "/v1/x"))
        refused = False
    except UnsupportedByServerError as error:
        refused = True
        assert str(release) in str(error)
    assert refused == (not since <= release <= until)


def test_a_capability_without_bounds_is_always_there() -> None:
    anything: Any = Capability("it", lambda _, __: True)
    anything.check(Release(1, 5, 0), Where("host", 1, "/v1/x"))
