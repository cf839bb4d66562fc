"""The page on errors, retries and limits says what the endpoints say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fateflow_client._core.endpoint import Endpoint, Repeat, endpoint_of
from fateflow_client.cli.exits import Exit
from tests.support.samples import requests_by_call

TEXT = (Path(__file__).parents[2] / "docs" / "errors.md").read_text("utf-8")


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Endpoint[Any, Any]]:
    """Every call's endpoint."""
    requests = requests_by_call(tmp_path_factory.mktemp("samples"))
    return {call: endpoint_of(request) for call, request in requests.items()}


def test_the_calls_that_are_not_repeated_are_named(
    endpoints: dict[str, Endpoint[Any, Any]],
) -> None:
    listed = re.search(r"These are (.+?)\. Look", TEXT, re.DOTALL)
    assert listed
    named = {name for name in re.findall(r"`([\w.]+)`", listed[1]) if "." in name}
    never = {call for call, endpoint in endpoints.items() if endpoint.repeat is Repeat.NEVER}
    assert named == never
    for call in never:
        conditional = endpoints[call].safe_if is not None
        assert conditional == (re.search(rf"`{call}`\s+with", listed[1]) is not None), call


def test_the_limits_are_the_endpoints(endpoints: dict[str, Endpoint[Any, Any]]) -> None:
    rows = re.findall(r"^\| (.+?) \| (\d+) / (\d+) / (\d+|none) \|$", TEXT, re.MULTILINE)
    limits = {
        call: (float(connect), float(read), None if total == "none" else float(total))
        for calls, connect, read, total in rows
        for call in re.findall(r"`(\w+\.\w+)`|(all others)", calls)
        for call in call
        if call
    }
    assert not set(limits) - set(endpoints) - {"all others", "server.version"}
    for call, endpoint in endpoints.items():
        times = (endpoint.times.connect, endpoint.times.read, endpoint.times.total)
        known = {"version/get": "server.version"}.get(call, call)
        assert times == limits.get(known, limits["all others"]), call


def test_the_exit_codes_are_those_of_the_command() -> None:
    section = TEXT.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == list(Exit)
