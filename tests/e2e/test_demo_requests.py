"""The demo sends what a real FATE Flow 1.11.2 was sent when it ran such a job to success."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from rich.console import Console

from fateflow_client import FlowClient
from fateflow_client.cli.demo import run
from fateflow_client.cli.demo_job import DemoJob
from fateflow_client.local import serve
from tests.contract.exchanges import ENVIRONMENT, Exchange, load_recordings, recordings_root
from tests.support.proxy import RecordingProxy
from tests.support.server import Got

KINDS = {
    "/v1/data/upload": "005",
    "/v1/job/submit": "012",
    "/v1/version/get": "001",
    "/v1/job/task/query": "014",
    "/v1/job/query": "020",
    "/v1/tracking/component/metric/all": "066",
    "/v1/tracking/component/output/data/download": "071",
}
"""Every path that the demo may use, with the recording that it follows."""
NOT_SENT = {
    "local": "role and party once more; no server reads it",
    "output_path": "a folder of the caller's machine",
    "verbose": "a setting of the official client's progress bar",
}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> list[Got]:
    folder = tmp_path_factory.mktemp("demo")
    job = DemoJob(9999, 10000, 10000, "experiment", "breast_hetero_guest", "breast_hetero_host")
    with serve() as url, RecordingProxy(url) as proxy, FlowClient.from_url(proxy.url) as client:
        with (folder / "log").open("w") as log:
            run(client, job, folder, Console(file=log), pause=0.1)
        return list(proxy.got)


@pytest.fixture(scope="module")
def recorded() -> Mapping[str, Exchange]:
    if recordings_root() is None:
        assert ENVIRONMENT not in os.environ
        pytest.skip("no recordings of real servers")
    by_number = {exchange.source[11:14]: exchange for exchange in load_recordings("recordings")}
    return {path: by_number[number] for path, number in KINDS.items()}


def test_every_kind_of_request_is_one_that_was_recorded(sent: list[Got]) -> None:
    assert {got.path for got in sent} == set(KINDS)


def test_verb_path_and_keys_are_the_recorded_ones(
    sent: list[Got], recorded: Mapping[str, Exchange]
) -> None:
    for got in sent:
        if got.path == "/v1/job/query" and "create_time" in got.json:
            # What an upload notes before it is sent, in case its answer is lost: recordings/401.
            assert set(got.json) == {"create_time", "role", "party_id"}
            continue
        theirs = recorded[got.path]
        assert (got.method, got.path) == (theirs.method, theirs.path)
        if got.path == "/v1/data/upload":
            keys = set(json.loads(unquote(theirs.query)))
            assert set(got.query_json) == keys - set(NOT_SENT)
        else:
            assert set(got.json) == set(theirs.request_json) - set(NOT_SENT)


def _keys(value: Any, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {path}.union(*(_keys(item, f"{path}/{name}") for name, item in value.items()))


def test_conf_and_dsl_have_the_recorded_keys_all_the_way_down(
    sent: list[Got], recorded: Mapping[str, Exchange]
) -> None:
    ours = next(got for got in sent if got.path == "/v1/job/submit").json
    theirs = recorded["/v1/job/submit"].request_json
    assert ours["job_runtime_conf"].pop("fateflow_client")  # the marker: recordings/400
    assert _keys(ours) == _keys(theirs)
    assert ours["job_dsl"] == theirs["job_dsl"]


def test_the_proxy_saw_the_files_whole(sent: list[Got], tmp_path: Path) -> None:
    uploads = [got for got in sent if got.path == "/v1/data/upload"]
    assert len(uploads) == 2
    for got in uploads:
        name = got.query_json["file"]
        assert f'name="file"; filename="{name}"'.encode() in got.body
        assert got.body.count(b"\n") > 500
