"""The recorded requests of six releases, sent again: answers of the same shape must come back."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fateflow_client.local import serve
from fateflow_client.local.modules.binary_metrics import METRICS, BinaryMetrics
from tests.server.comparing import compared
from tests.server.deviations import ALL, DEVIATIONS, FREE, FREE_BEFORE_1_9
from tests.server.replaying import SHARED, Recordings, data_files, replay
from tests.server.support import Client, Reply

NEWEST = SHARED / "recordings"
needs_recordings = pytest.mark.skipif(
    not NEWEST.is_dir() and not os.environ.get("FATEFLOW_RECORDINGS"),
    reason="no recordings: set FATEFLOW_RECORDINGS to the folder that holds recordings*/",
)


@needs_recordings
@pytest.mark.parametrize("recordings", ALL, ids=[recordings.release for recordings in ALL])
def test_answers_differ_from_the_recorded_ones_only_where_that_is_listed(
    recordings: Recordings, tmp_path: Path
) -> None:
    assert NEWEST.is_dir(), f"FATEFLOW_RECORDINGS names no recordings: {NEWEST}"
    free = FREE if recordings.release == "1.11.2" else {**FREE, **FREE_BEFORE_1_9}
    listed = DEVIATIONS[recordings.release]
    found: dict[str, list[str]] = {}
    count = 0
    for at, section in enumerate(recordings.sections):
        folder = tmp_path / str(at)
        folder.mkdir()
        for number, exchange, reply, _ in replay(recordings, section, folder):
            count += 1
            if different := compared(exchange, reply, free):
                found[number] = [exchange["label"], *different]
    assert count > 100
    assert {number: found[number] for number in found if number not in listed} == {}
    assert sorted(set(listed) - set(found)) == [], "listed as deviations, and no longer there"


@needs_recordings
def test_what_differs_is_noticed(tmp_path: Path) -> None:
    recorded = json.loads((NEWEST / "012-job_submit.json").read_text(encoding="utf-8"))
    body = recorded["response"]["body"]["json"]
    headers = {"Content-Type": "application/json"}

    def ours(document: Any) -> list[str]:
        return compared(recorded, Reply(200, headers, json.dumps(document).encode()), FREE)

    assert ours(body) == []
    assert ours({**body, "retcode": 1}) == ["retcode 1 instead of 0: success"]
    assert ours({**body, "more": 1}) == [".more is ours only"]
    assert ours({**body, "jobId": 1}) == [f".jobId is 1 instead of {body['jobId']!r}"]
    assert ours({**body, "data": {}})[0] == ".data.board_url is missing"
    assert "HTTP 210" in compared(recorded, Reply(210, headers, b"{}"), FREE)[0]
    assert (
        "Content-Type"
        in compared(recorded, Reply(200, {"Content-Type": "text/html"}, b""), FREE)[0]
    )


@needs_recordings
def test_the_recorded_scores_give_the_recorded_metrics() -> None:
    scores = json.loads(next(NEWEST.glob("071-*.json")).read_text(encoding="utf-8"))
    content = base64.b64decode(scores["response"]["body"]["base64"])
    text = Reply(200, {}, content).members()["data.csv"].decode()
    rows = [line.split(",") for line in text.splitlines()[1:]]
    labels = np.array([int(row[1]) for row in rows])
    metrics = BinaryMetrics("hetero_lr_0", labels, np.array([float(row[3]) for row in rows]))
    recorded = json.loads(next(NEWEST.glob("066-*.json")).read_text(encoding="utf-8"))
    expected = recorded["response"]["body"]["json"]["data"]["train"]
    computed = {m.name: {"data": m.data, "meta": m.meta} for m in metrics.compute(METRICS)}
    assert computed == expected


def recorded_body(name: str) -> dict[str, Any]:
    exchange = json.loads((NEWEST / name).read_text(encoding="utf-8"))
    return exchange["request"]["body"]["json"]


@pytest.fixture
def with_tables(tmp_path: Path) -> Iterator[Client]:
    """A server that has the tables which the recorded jobs read."""
    files = data_files(tmp_path)
    with serve() as url:
        client = Client(url)
        names = ("breast_hetero_guest", "breast_hetero_host")
        for name, content in zip(names, files.values(), strict=False):
            assert client.uploaded(content, table_name=name) == "success"
        yield client


@needs_recordings
def test_a_marker_in_the_runtime_conf_comes_back(with_tables: Client) -> None:
    client = with_tables
    body = recorded_body("400-job_submit-marker.json")
    marker = {
        key: value
        for key, value in body["job_runtime_conf"].items()
        if key not in {"dsl_version", "initiator", "role", "job_parameters", "component_parameters"}
    }
    assert marker
    job_id = client.post("job/submit", **body).json["jobId"]
    client.wait(job_id)
    first = client.rows(job_id)[0]
    window = [first["f_create_time"], None]
    found = client.post("job/query", create_time=window, role="guest", party_id=9999).json["data"]
    assert job_id in {row["f_job_id"] for row in found}
    (listed,) = client.post("job/list/job", job_id=job_id, role="guest").json["data"]["jobs"]
    for key, value in marker.items():
        assert first["f_runtime_conf"][key] == value
        assert first["f_runtime_conf_on_party"][key] == value
        assert listed["runtime_conf"][key] == value


@needs_recordings
def test_the_recorded_conf_and_dsl_run_to_success(with_tables: Client) -> None:
    client = with_tables
    job_id = client.post("job/submit", **recorded_body("012-job_submit.json")).json["jobId"]
    assert client.wait(job_id) == "success", client.errors(job_id)
    tasks = {
        (task["f_component_name"], task["f_role"]): task["f_party_status"]
        for task in client.tasks(job_id)
    }
    assert tasks.pop(("evaluation_0", "host")) == "pass"
    assert set(tasks.values()) == {"success"}
    assert len(tasks) == 11
