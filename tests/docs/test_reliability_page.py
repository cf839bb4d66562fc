"""The page on reliability says what the decision table and the endpoints say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fateflow_client import RetryPolicy
from fateflow_client._core.decision import Action, Event, decide
from fateflow_client._core.endpoint import Repeat, endpoint_of
from tests.support.samples import requests_by_call

TEXT = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text("utf-8")
WORDS = {
    (Action.RETRY, None): "again",
    (Action.RETRY, 2): "again, once",
    (Action.RETRY, 3): "again, twice",
    (Action.RAISE, None): "raise",
    (Action.AMBIGUOUS, None): "look",
}


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_table_is_the_decision() -> None:
    said = {
        event: (may, must_not) for event, may, must_not in rows("What happens for which failure")
    }
    assert said == {
        event.value: tuple(WORDS[decide(repeat, event)] for repeat in (Repeat.READ, Repeat.NEVER))
        for event in Event
    }


def test_the_figures_are_the_policy() -> None:
    policy = RetryPolicy()
    assert f"settle={policy.settle:.0f}" in TEXT
    assert f"at most {policy.cap:.0f} s" in TEXT
    assert f"({policy.base} s, {policy.base * 2:.0f} s" in TEXT
    assert policy.attempts == 4
    assert "Four attempts" in TEXT


def test_every_call_that_must_not_be_repeated_has_its_way_of_being_found(
    tmp_path: Path,
) -> None:
    endpoints = {call: endpoint_of(one) for call, one in requests_by_call(tmp_path).items()}
    never = {call: e for call, e in endpoints.items() if e.repeat is Repeat.NEVER}
    said = {
        re.findall(r"`(.+?)`", call)[0]: how for call, how, _ in rows("How a lost answer is found")
    }
    assert set(said) == set(never)
    for call, endpoint in never.items():
        assert (endpoint.trail is None) == said[call].startswith("nothing"), call


@pytest.mark.parametrize(
    "layer", re.findall(r"`(?:fateflow_client)?\.(\w+)`", TEXT.rpartition("loggers are")[2])
)
def test_a_logger_that_is_named_exists(layer: str) -> None:
    source = Path(__file__).parents[2] / "fateflow_client"
    assert any(f'log("{layer}")' in file.read_text("utf-8") for file in source.rglob("*.py"))
