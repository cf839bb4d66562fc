"""The official clients and ours, asked the same, say the same to a server; what differs is listed.

The official clients are no dependency: ``python -m tests.differential.install`` gets them. Without
them these tests skip, or fail if FATEFLOW_OFFICIAL says where they should be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.differential.cases import CALLS, CASES, Case
from tests.differential.compare import (
    RUNS,
    Difference,
    Observed,
    Run,
    Us,
    ask_official,
    differences,
    is_missing,
    our_clients,
)
from tests.differential.deviations import DEVIATIONS, Deviation, dead_patterns
from tests.differential.install import ENVIRONMENT, folder, missing
from tests.differential.wire import shown

PAIRS = [
    pytest.param(run, case, id=f"{run.name}-{case.name}")
    for run in RUNS
    for case in CASES
    if run.client in case.clients
]


class Comparison:
    """All three clients, asked as far as a test wants to know."""

    def __init__(self, room: Path, us: Us) -> None:
        self._room = room
        self._us = us
        self._theirs: dict[Run, dict[str, Observed]] = {}
        self._ours: dict[tuple[Run, str], Observed] = {}

    def theirs(self, run: Run, case: Case) -> Observed:
        """What the official client did."""
        if run not in self._theirs:
            self._theirs[run] = ask_official(run, self._below(f"theirs {run.name}"))
        return self._theirs[run][case.name]

    def ours(self, run: Run, case: Case) -> Observed:
        """What we did."""
        key = (run, case.name)
        if key not in self._ours:
            self._ours[key] = self._us.ask(run, case, self._below(f"ours {len(self._ours)}"))
        return self._ours[key]

    def differences(self, run: Run, case: Case) -> list[Difference]:
        """Where we differ."""
        return differences(self.ours(run, case), self.theirs(run, case))

    def _below(self, name: str) -> Path:
        path = self._room / name
        path.mkdir()
        return path


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comparison]:
    if absent := missing():
        reason = f"no fate-client {' and '.join(absent)} in {folder()}: " + (
            "python -m tests.differential.install gets it"
        )
        if os.environ.get(ENVIRONMENT):
            pytest.fail(reason)
        pytest.skip(reason)
    with our_clients() as us:
        yield Comparison(tmp_path_factory.mktemp("differential"), us)


def _entries(run: Run, case: Case) -> tuple[Deviation, ...]:
    return tuple(deviation for deviation in DEVIATIONS if deviation.covers(run, case))


@pytest.mark.parametrize(("run", "case"), PAIRS)
def test_the_same_call_means_the_same_request(comparison: Comparison, run: Run, case: Case) -> None:
    ours, theirs = comparison.ours(run, case), comparison.theirs(run, case)
    lines = []
    for found in comparison.differences(run, case):
        entries = [d.reason for d in _entries(run, case) if d.fits(run, case, found)]
        if len(entries) != 1:
            why = f"fits {len(entries)} deviations {entries}" if entries else "is not listed"
            lines.append(f"{found.fact} {why}: {shown(found.ours)}, theirs {shown(found.theirs)}")
    said = f"ours raised {ours.raised}, theirs {theirs.raised}"
    assert not lines, "\n".join([*lines, said])


@pytest.mark.parametrize(("run", "case"), PAIRS)
def test_signatures_are_right_where_there_are_keys(
    comparison: Comparison, run: Run, case: Case
) -> None:
    for observed in (comparison.ours(run, case), comparison.theirs(run, case)):
        if not observed.requests:
            continue
        signature = {n: v for n, v in observed.facts.items() if n.startswith("header/")}
        key = signature.pop("header/app-key", None) or signature.pop("header/app_key", None)
        if run.keys:
            assert key == run.keys[0]
            assert signature == {
                "header/timestamp": "ms",
                "header/nonce": "some",
                "header/signature": "right",
            }
        else:
            assert key is None
            assert signature == {}


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda d: f"{d.facts} of {d.cases[0]}")
def test_every_listed_deviation_still_occurs(comparison: Comparison, deviation: Deviation) -> None:
    expected: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    for run in RUNS:
        for case in CASES:
            if not deviation.covers(run, case):
                continue
            where = (run.client, case.call)
            expected.add(where)
            if any(deviation.fits(run, case, d) for d in comparison.differences(run, case)):
                seen.add(where)
    assert expected
    assert not expected - seen, f"strike off: {deviation.reason}: {sorted(expected - seen)}"


def test_every_pattern_of_the_deviations_fits_a_case() -> None:
    assert dead_patterns() == []


def test_names_of_cases_are_unique_and_there_are_41_calls() -> None:
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)
    assert len(CALLS) == 41


def test_our_client_has_all_of_them() -> None:
    assert [call for call in CALLS if is_missing(call)] == []
