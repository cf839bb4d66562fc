"""Fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from fateflow_client import FlowClient
from tests.support.clock import FakeClock
from tests.support.server import ScriptedServer

# The servers of these tests are on loopback, where a proxy of the machine does not lead.
for _name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until something sleeps."""
    return FakeClock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers as told."""
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def client(server: ScriptedServer, clock: FakeClock) -> Iterator[FlowClient]:
    """A client of that server, on that clock."""
    with FlowClient("127.0.0.1", server.port, clock=clock, trust_env=False) as flow_client:
        yield flow_client
