"""Releases: asked for once, only where it matters; what a release cannot do is refused unsent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import (
    ConfigError,
    ConnectError,
    FlowClient,
    FlowError,
    ProtocolError,
    RetryPolicy,
    UnsupportedByServerError,
)
from fateflow_client._core.releases import NEWEST_PATCH, Release, parse_release, set_by_hand
from tests.support.clock import FakeClock
from tests.support.samples import JOB_ID, MODEL
from tests.support.server import Answer, ScriptedServer

VERSION_PATH = "/v1/version/get"


def version(text: object) -> Answer:
    return Answer.of({"retcode": 0, "retmsg": "success", "data": {"API": "v1", "FATE": text}})


NOTHING = Answer.of({"retcode": 0, "retmsg": "success", "data": []})


@pytest.fixture
def client(server: ScriptedServer, clock: FakeClock) -> FlowClient:
    policy = RetryPolicy(attempts=1)
    return FlowClient(port=server.port, clock=clock, retry=policy, trust_env=False)


def paths(server: ScriptedServer) -> list[str]:
    return [got.path.removeprefix("/v1/") for got in server.got]


def test_a_call_that_does_not_depend_on_it_does_not_ask(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(NOTHING)
    client.job.query(JOB_ID)
    client.job.list()
    client.task.list()
    client.component.metric_delete(job_id=JOB_ID)
    client.model.get_model_info("m", JOB_ID)
    assert VERSION_PATH not in {got.path for got in server.got}


def test_it_is_asked_for_once(client: FlowClient, server: ScriptedServer) -> None:
    server.play(version("1.11.3"), NOTHING)
    for _ in range(3):
        client.job.list(page=1)
    client.task.list(page=1)
    assert paths(server) == ["version/get", *["job/list/job"] * 3, "job/list/task"]
    assert server.got[0].json == {"module": "FATE"}


def test_it_is_not_asked_for_if_it_was_set(server: ScriptedServer) -> None:
    server.play(NOTHING)
    client = FlowClient(port=server.port, server_release="1.8", trust_env=False)
    client.job.list(page=1)
    assert paths(server) == ["job/list/job"]


def test_if_asking_fails_that_is_raised_and_asked_again_next_time(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Answer.of({"retcode": 109, "retmsg": "Unknown APP_KEY"}))
    with pytest.raises(FlowError, match="Unknown APP_KEY"):
        client.job.list(page=1)
    server.play(version("1.11.3"), NOTHING)
    client.job.list(page=1)
    assert paths(server) == ["version/get", "job/list/job"]


@pytest.mark.parametrize("text", [None, "", "unknown", "x.y", 7])
def test_a_release_that_cannot_be_read_is_not_guessed(
    text: object, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(version(text))
    with pytest.raises(ProtocolError) as caught:
        client.job.list(page=1)
    assert "job/list/job" not in paths(server)
    assert "server_release" in str(caught.value) or "shape" in str(caught.value)


def test_a_server_that_is_not_there_is_told(clock: FakeClock) -> None:
    with ScriptedServer() as gone:
        port = gone.port
    client = FlowClient(port=port, clock=clock, trust_env=False)
    with pytest.raises(ConnectError, match="version/get"):
        client.job.log(JOB_ID, "out")


@pytest.mark.parametrize("text", ["2.0", "1.4", "1.12", "x", "1", "-1.8", "1.8.0.0.0.x1", "v"])
def test_a_release_set_by_hand_is_one_of_1_5_to_1_11(text: str) -> None:
    if text == "1.8.0.0.0.x1":
        assert set_by_hand(text) == (1, 8, 0)
        return
    with pytest.raises(ConfigError, match=r"1\.5 to 1\.11"):
        set_by_hand(text)


def test_1_7_is_two() -> None:
    with pytest.raises(ConfigError, match=r"1\.7\.0, or 1\.7\.1"):
        set_by_hand("1.7")
    assert set_by_hand("1.7.0") < set_by_hand("1.7.1") < set_by_hand("1.8")


@given(
    st.integers(0, 999),
    st.integers(0, 999),
    st.integers(0, 999),
    st.sampled_from(["", "-rc1", ".post1"]),
)
def test_a_release_is_read_and_ordered(major: int, minor: int, patch: int, tail: str) -> None:
    release = parse_release(f"{major}.{minor}.{patch}{tail}")
    assert release == Release(major, minor, patch)
    assert str(release) == f"{major}.{minor}.{patch}"
    assert parse_release(f"{major}.{minor}") == Release(major, minor, NEWEST_PATCH)


@given(st.text(max_size=12))
def test_any_text_is_a_release_or_none(text: str) -> None:
    release = parse_release(text)
    assert release is None or isinstance(release, Release)


def _upload(folder: Path, **more: object) -> dict[str, object]:
    table = folder / "t.csv"
    table.write_text("id;x\n1;2\n")
    conf = {"file": str(table), "head": 1, "partition": 1, "namespace": "n", "table_name": "t"}
    return conf | more


Act = Callable[[FlowClient, Path], object]
UP_TO_170 = r"up to release 1\.7\.0"
NEEDS: dict[str, tuple[Act, str, str, str]] = {
    # What is asked, a release that cannot, one that can, and the words.
    "a date": (
        lambda c, _: c.component.metric_delete(date="20261124"),
        "1.7.1", "1.7.0", UP_TO_170,
    ),
    "a date with a job id": (
        lambda c, _: c.component.metric_delete(date=20261124, job_id=JOB_ID),
        "1.11.3", "1.6.1", UP_TO_170,
    ),
    "a delimiter": (
        lambda c, f: c.data.upload(_upload(f, id_delimiter=";")),
        "1.9.0", "1.9.1", r"from release 1\.9\.1 on",
    ),
    "an upload's schema": (
        lambda c, f: c.data.upload(_upload(f, with_meta=True)),
        "1.8.0", "1.9.0", r"from release 1\.9\.0 on",
    ),
    "force_update": (
        lambda c, f: c.model.import_model(
            MODEL | {"file": str(_upload(f)["file"]), "force_update": 1}
        ),
        "1.8.0", "1.9.0", r"from release 1\.9\.0 on",
    ),
    "a checkpoint": (
        lambda c, _: c.model.deploy("m", JOB_ID, components_checkpoint={"c": {"step_index": 1}}),
        "1.6.1", "1.7.0", r"from release 1\.7\.0 on",
    ),
    "models of any version": (
        lambda c, _: c.model.get_model_info(role="guest"),
        "1.8.0", "1.9.0", r"from release 1\.9\.0 on",
    ),
    "several statuses": (
        lambda c, _: c.job.query(status=["running", "waiting"]),
        "1.6.1", "1.7.0", r"from release 1\.7\.0 on",
    ),
    "a time window": (
        lambda c, _: c.job.query(create_time=(datetime(2026, 1, 1, tzinfo=UTC), None)),
        "1.6.1", "1.7.0", r"from release 1\.7\.0 on",
    ),
    "a page of jobs": (
        lambda c, _: c.job.list(page=2), "1.7.0", "1.7.1", r"from release 1\.7\.1 on",
    ),
    "a filter of tasks": (
        lambda c, _: c.task.list(job_id=JOB_ID), "1.7.0", "1.7.1", r"from release 1\.7\.1 on",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("act", "cannot", "can", "words"), NEEDS.values(), ids=NEEDS.keys())
def test_what_a_release_cannot_do_is_refused_and_what_it_can_is_sent(
    act: Act, cannot: str, can: str, words: str, server: ScriptedServer, tmp_path: Path
) -> None:
    old = FlowClient(port=server.port, server_release=cannot, trust_env=False)
    with pytest.raises(UnsupportedByServerError, match=words) as caught:
        act(old, tmp_path)
    assert cannot in str(caught.value)
    assert "Nothing was sent" in str(caught.value)
    assert server.connections == 0
    new = FlowClient(port=server.port, server_release=can, trust_env=False)
    server.play(NOTHING)
    try:
        act(new, tmp_path)
    except FlowError as error:
        assert not isinstance(error, UnsupportedByServerError)
    assert len(server.got) == 1


@pytest.mark.parametrize(
    ("release", "method", "path"),
    [
        ("1.5.3", "GET", "/v1/job/log"),
        ("1.6", "GET", "/v1/job/log"),
        ("1.7.0", "POST", "/v1/job/log/download"),
        ("1.11", "POST", "/v1/job/log/download"),
    ],
)
def test_the_logs_are_where_the_release_has_them(
    release: str, method: str, path: str, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Answer.of({"retcode": 210, "retmsg": "Log file path: x not found."}, 210))
    client = FlowClient(port=server.port, server_release=release, trust_env=False)
    with pytest.raises(FlowError, match=path):
        client.job.log(JOB_ID, tmp_path)
    assert (server.got[0].method, server.got[0].path) == (method, path)


def test_a_comma_is_a_delimiter_that_every_release_knows(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    table = {"namespace": "n", "table_name": "t"}
    server.play(Answer.of({"retcode": 0, "jobId": JOB_ID, "data": table}))
    client.data.upload(_upload(tmp_path, id_delimiter=","))
    assert paths(server) == ["data/upload"]


def test_times_are_sent_in_milliseconds(server: ScriptedServer) -> None:
    server.play(NOTHING)
    client = FlowClient(port=server.port, server_release="1.11", trust_env=False)
    window: Any = (datetime(2026, 11, 24, tzinfo=UTC), None)
    client.job.query(create_time=window, status=["running"])
    assert server.got[0].json == {"create_time": [1795478400000, None], "status": ["running"]}
    client.job.query(create_time=(1795478400000, 1795478400001))
    assert server.got[1].json == {"create_time": [1795478400000, 1795478400001]}
    with pytest.raises(ValueError, match="time zone"):
        client.job.query(create_time=(datetime(2026, 11, 24), None))
