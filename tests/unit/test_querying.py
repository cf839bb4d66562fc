"""Filters of job.query and job.list that the original client hid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fateflow_client import FlowClient
from tests.support.server import Answer, ScriptedServer

NOTHING = Answer.of({"retcode": 0, "retmsg": "success", "data": []})


@pytest.fixture
def client(server: ScriptedServer) -> FlowClient:
    server.play(NOTHING)
    return FlowClient(port=server.port, trust_env=False, server_release="1.11")


def test_times_are_sent_in_milliseconds(client: FlowClient, server: ScriptedServer) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    client.job.query(create_time=(midnight, None))
    client.job.query(create_time=(None, midnight.astimezone(timezone(timedelta(hours=8)))))
    client.job.query(create_time=(1795478400000, 1795478400001))
    assert [got.json["create_time"] for got in server.got] == [
        [1795478400000, None],
        [None, 1795478400000],
        [1795478400000, 1795478400001],
    ]


def test_a_time_needs_a_zone(client: FlowClient, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="time zone"):
        client.job.query(create_time=(datetime(2026, 11, 24), None))
    assert server.connections == 0


def test_several_statuses_are_sent_as_a_list(client: FlowClient, server: ScriptedServer) -> None:
    client.job.query(status=["running", "waiting"])
    client.job.query(status="running")
    client.job.list(status=("failed", "canceled"), description="nightly")
    assert [got.json for got in server.got] == [
        {"status": ["running", "waiting"]},
        {"status": "running"},
        {"limit": 10, "status": ["failed", "canceled"], "description": "nightly"},
    ]


def test_a_misspelt_one_of_several_is_named(client: FlowClient, server: ScriptedServer) -> None:
    with pytest.raises(ValueError, match="did you mean 'waiting'"):
        client.job.query(status=["running", "waitin"])
    assert server.connections == 0
