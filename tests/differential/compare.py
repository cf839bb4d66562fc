"""Ask all three clients, and find where they differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fateflow_client import FlowClient
from tests.differential.cases import CASES, US, Case, Writer
from tests.differential.install import NEW, OLD, folder
from tests.differential.wire import APP_KEY, SECRET_KEY, Facts, RecordingServer, facts
from tests.support.clock import FakeClock
from tests.support.questions import QUESTIONS
from tests.support.server import Got, ScriptedServer

DRIVER = Path(__file__).with_name("driver.py")


@dataclass(frozen=True)
class Run:
    """An official client, asked everything once."""

    client: str
    signed: bool = False

    @property
    def release(self) -> str:
        """The server that we are told we speak to."""
        return {NEW: "1.11", OLD: "1.6"}[self.client]

    @property
    def name(self) -> str:
        """For test ids."""
        return self.client + (" signed" if self.signed else "")

    @property
    def keys(self) -> tuple[str, str] | None:
        """What both sides sign with."""
        return (APP_KEY, SECRET_KEY) if self.signed else None


RUNS = (Run(NEW), Run(NEW, signed=True), Run(OLD))


@dataclass(frozen=True)
class Observed:
    """What came of a case: the requests, and the name and text of what was raised."""

    requests: tuple[Got, ...]
    raised: tuple[str, str] | None

    @property
    def facts(self) -> Facts:
        """How many requests there were, whether it failed, and what the last request says."""
        found: Facts = {"requests": len(self.requests)}
        if self.raised:
            found["raised"] = self.raised[0]
        return found | (facts(self.requests[-1]) if self.requests else {})


ABSENT: Any = "(absent)"


@dataclass(frozen=True)
class Difference:
    """A fact that the two clients do not share."""

    fact: str
    ours: Any
    theirs: Any


def differences(ours: Observed, theirs: Observed) -> list[Difference]:
    """Compare; where either sent nothing, only that is told."""
    left, right = ours.facts, theirs.facts
    if not (ours.requests and theirs.requests):
        left = {k: v for k, v in left.items() if k in ("requests", "raised")}
        right = {k: v for k, v in right.items() if k in ("requests", "raised")}
    names = sorted({*left, *right})
    found = (Difference(n, left.get(n, ABSENT), right.get(n, ABSENT)) for n in names)
    return [d for d in found if not same(d.ours, d.theirs)]


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down: 1, "1" and True are three things."""
    if isinstance(left, bytes) or isinstance(right, bytes):
        return bool(left == right)
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def ask_official(run: Run, room: Path) -> dict[str, Observed]:
    """Let an official client make all of its calls, in a process of its own; by case."""
    cases = [case for case in CASES if run.client in case.clients]
    writers = [Writer(room / str(number), run.client) for number in range(len(cases))]
    plan, report = room / "plan.json", room / "report.json"
    with RecordingServer() as server:
        calls = [
            (case.call, *writer.call(case.asked(run.client)))
            for case, writer in zip(cases, writers, strict=True)
        ]
        orders = {
            "folder": str(folder() / run.client),
            "port": server.port,
            "keys": run.keys,
            "calls": calls,
            "report": str(report),
        }
        plan.write_text(json.dumps(orders), encoding="utf-8")
        # A bare environment: no proxies, and no FATE_DEPLOY_BASE to resolve files against.
        environment = {k: os.environ[k] for k in ("PATH", "HOME", "SYSTEMROOT") if k in os.environ}
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-W", "ignore", str(DRIVER), str(plan)],
            cwd=room,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        requests = _by_mark(server.got)
    outcomes = json.loads(report.read_text("utf-8"))
    return {
        case.name: Observed(tuple(got), tuple(outcome) if outcome else None)
        for case, got, outcome in zip(cases, requests, outcomes, strict=True)
    }


def _by_mark(got: list[Got]) -> list[list[Got]]:
    groups: list[list[Got]] = []
    for request in got:
        if request.path.startswith("/mark/"):
            groups.append([])
        else:
            groups[-1].append(request)
    return groups


class Us:
    """Our client, on a recording server of its own."""

    def __init__(self, server: ScriptedServer, clients: Mapping[Run, FlowClient]) -> None:
        self._server = server
        self._clients = clients

    def ask(self, run: Run, case: Case, room: Path) -> Observed:
        """Let us make the call of a case."""
        args, kwargs = Writer(room, US).call(case.ours)
        self._server.play()
        self._server.aside = QUESTIONS.get(case.call, {})
        if case.call in ("job.submit", "data.upload"):
            kwargs["validate"] = False  # the wire is compared, whatever the confs are worth
        raised: tuple[str, str] | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # job.view warns of a status
            try:
                method_of(self._clients[run], case.call)(*args, **kwargs)
            except Exception as error:
                raised = (type(error).__name__, str(error))
        return Observed(tuple(self._server.got), raised)


@contextmanager
def our_clients() -> Iterator[Us]:
    """Make a client for every run."""
    with RecordingServer() as server:
        clients = {
            run: FlowClient(
                "127.0.0.1",
                server.port,
                "v1",
                *(run.keys or ()),
                clock=FakeClock(),
                trust_env=False,
                server_release=run.release,
            )
            for run in RUNS
        }
        yield Us(server, clients)
        for client in clients.values():
            client.close()


def method_of(client: FlowClient, call: str) -> Any:
    """Find the method of a call, or None where there is none yet."""
    group, _, name = call.partition(".")
    return getattr(getattr(client, group, None), name, None)


def is_missing(call: str) -> bool:
    """Whether our client does not have a call."""
    return method_of(FlowClient(), call) is None
