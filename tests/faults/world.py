"""A client, a server and their time, and what must hold after every call whatever goes wrong.

These are the criteria of reliability.md 2.11: at most one job for a call, no exception but
FlowError, a job that exists can be found, the deadline is kept, nothing is leaked, no text tells a
secret. The ledger says what happened, never the client.
"""

from __future__ import annotations

import itertools
import logging
import os
import pickle
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

from fateflow_client import (
    AmbiguousOutcomeError,
    FlowClient,
    FlowError,
    JobSubmitted,
    RetryPolicy,
    SubmitRejectedError,
)
from tests.faults.flow import Drip, Fault, FlowClock, FlowServer
from tests.faults.ledger import PASSWORD, Job
from tests.support.clock import FakeClock
from tests.support.samples import CONF

T = TypeVar("T")

DSL: dict[str, Any] = {"components": {"reader_0": {"module": "Reader"}}}
_TABLE = {"0": {"reader_0": {"table": {"namespace": "n", "name": "t"}}}}
TRAIN: dict[str, Any] = CONF | {
    "job_parameters": {"common": {}},
    "component_parameters": {"role": {"guest": _TABLE, "host": _TABLE}},
}
"""A conf that a submit finds nothing wrong with, together with DSL."""
SUBMIT_DEADLINE, QUERY_DEADLINE = 330.0, 60.0


@dataclass
class Outcome(Generic[T]):
    """What a call came to."""

    value: T | None
    error: FlowError | None
    took: float
    """Seconds on the fake clock."""

    @property
    def result(self) -> T:
        """What it gave; raises what it raised."""
        if self.error is not None:
            raise self.error
        assert self.value is not None
        return self.value


class World:
    """One server, one client, one clock. Use it in a ``with``: the end checks for leaks.

    ``watch`` is False where many of them live at a time: then nothing is said about leaks and logs.
    """

    def __init__(
        self,
        release: str = "1.11.2",
        *,
        skew: float = 0.0,
        keys: tuple[str, str] | None = None,
        keep_alive: bool = False,
        clock: FakeClock | None = None,
        settle: float = 120.0,
        base: float = 0.5,
        watch: bool = True,
        **options: Any,
    ) -> None:
        self.clock = clock or FlowClock()
        self.server = FlowServer(self.clock, release, skew, keys, keep_alive)
        self.ledger = self.server.ledger
        self.settle = settle
        self._options: dict[str, Any] = {
            "retry": RetryPolicy(base=base, settle=settle),
            "trust_env": False,
            "server_release": None,
        } | options
        self._cases = itertools.count(1)
        self._texts = _Texts()
        self._watch = watch
        self.hung_up = False
        self._folder = TemporaryDirectory()
        self.folder = self._folder.name

    def __enter__(self) -> World:
        self._threads, self._files = set(threading.enumerate()), _open_files()
        logger = logging.getLogger("fateflow_client")
        self._level = logger.level
        if self._watch:
            logger.setLevel(logging.DEBUG)
            logger.addHandler(self._texts)
        self.server.__enter__()
        self.client = self.another_client()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.client.close()
        self.server.stop()
        self._folder.cleanup()
        logger = logging.getLogger("fateflow_client")
        if self._watch:
            logger.removeHandler(self._texts)
            logger.setLevel(self._level)
        if kind is not None:
            return
        assert self.server.defects == []
        if not self._watch:
            return
        for thread in set(threading.enumerate()) - self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a thread was left behind"
        # Not after a garbage collection, which would close what was forgotten.
        assert _open_files() <= self._files, "a descriptor was left open"
        self.check_text("\n".join(self._texts.lines))

    def another_client(self, **options: Any) -> FlowClient:
        """A client of this server, as another process would have one."""
        return FlowClient(
            "127.0.0.1",
            self.server.port,
            app_key=self.server.keys[0] if self.server.keys else None,
            secret_key=self.server.keys[1] if self.server.keys else None,
            clock=self.clock,
            **(self._options | options),
        )

    def call(self, act: Callable[[], T], most: float) -> Outcome[T]:
        """Make a call that may take ``most`` seconds, looking for a lost answer included.

        Whatever it raises that is no FlowError goes through, and fails the test.
        """
        begin, requests = self.clock.now, len(self.server.got)
        value, error = None, None
        try:
            value = act()
        except FlowError as caught:
            error = caught
        took = self.clock.now - begin
        most += sum(_leaps(got.fault) for got in self.server.got[requests:])
        assert took <= most, f"{took} s instead of {most}"
        if error is not None:
            self.check_error(error)
        return Outcome(value, error, took)

    # What must hold of errors.

    def check_error(self, error: FlowError) -> None:
        """No secret in any text of it; it goes into another process as it is."""
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        self.check_text("".join(traceback.format_exception(error)))
        self.check_text(repr(error) + repr(vars(error)))
        self.check_text(pickle.dumps(error).decode("latin-1"))

    def check_text(self, text: str) -> None:
        for secret in self.secrets():
            assert secret not in text

    def secrets(self) -> set[str]:
        """What no text may tell: the key, and what was signed with it."""
        secrets = {PASSWORD, *((self.server.keys[1],) if self.server.keys else ())}
        for got in self.server.got:
            secrets |= {got.headers[name] for name in ("signature", "nonce") if name in got.headers}
        return secrets

    # Submits.

    def conf(self) -> tuple[int, dict[str, Any]]:
        """A conf that no other submit of this world has, and its number."""
        case = next(self._cases)
        # Servers up to 1.6 need a work_mode.
        common = {} if self.ledger.at_least("1.7.0") else {"work_mode": 0}
        return case, TRAIN | {"job_parameters": {"common": common}, "case": case}

    def submit(self, *, findable: bool = True, **options: Any) -> Outcome[JobSubmitted]:
        """Submit a job of its own, and hold the outcome against the ledger."""
        case, conf = self.conf()
        before = pickle.dumps(conf)
        deadline = options.get("deadline") or SUBMIT_DEADLINE
        outcome = self.call(
            lambda: self.client.job.submit(conf, DSL, **options),
            deadline + self.settle + QUERY_DEADLINE,
        )
        assert pickle.dumps(conf) == before, "the caller's conf was changed"
        self.judge_submit(outcome, self.jobs_of(case), findable=findable)
        return outcome

    def jobs_of(self, case: int) -> list[Job]:
        """Every job that one submit made, rejected ones too."""
        with self.server.lock:
            return [job for job in self.ledger.jobs.values() if job.conf.get("case") == case]

    def judge_submit(
        self, outcome: Outcome[Any], jobs: list[Job], *, findable: bool = True
    ) -> None:
        """The criteria, for anything that makes one job."""
        accepted = [job for job in jobs if not job.plan.rejected]
        assert len(jobs) <= 1, "one call made several jobs"
        if outcome.error is None:
            assert [job.job_id for job in accepted] == [outcome.result.job_id]
        elif isinstance(outcome.error, SubmitRejectedError):
            assert accepted == []
        elif not isinstance(outcome.error, AmbiguousOutcomeError):
            # Everything else says that nothing happened.
            assert accepted == [], f"{outcome.error!r} about a job that exists"
        elif findable:
            self.judge_reconcile(outcome.error, jobs)

    def judge_reconcile(self, error: AmbiguousOutcomeError, jobs: list[Job]) -> None:
        """What an honest "I do not know" must still be able to find, here and elsewhere."""
        travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        self.server.calm()
        for job in jobs:
            plan = job.plan
            shown = job.created + plan.unseen + plan.ready + plan.untagged + 1
            self.clock.now = max(self.clock.now, shown - self.server.skew)
        other = self.another_client()
        for look in (error.reconcile, lambda: other.reconcile(travelled)):
            if not jobs:
                with suppress(AmbiguousOutcomeError):
                    raise AssertionError(f"found {look()!r} where nothing is")
            elif jobs[0].plan.rejected:
                try:
                    raise AssertionError(f"found {look()!r}, which was rejected")
                except SubmitRejectedError as rejected:
                    assert rejected.job_id == jobs[0].job_id
                except AmbiguousOutcomeError:
                    assert not jobs[0].plan.stored
            else:
                found = look()
                assert found.job_id == jobs[0].job_id
                assert found.recovered
        other.close()

    # Uploads.

    def upload_conf(self, folder: Path, size: int = 100) -> dict[str, Any]:
        """An upload of a table that no other upload of this world makes."""
        case = next(self._cases)
        path = folder / f"table_{case}.csv"
        path.write_bytes(b"id,x\n" + b"1,2\n" * (size // 4))
        old: dict[str, Any] = {} if self.ledger.at_least("1.7.0") else {"work_mode": 0}
        return old | {
            "file": str(path), "head": 1, "partition": 4, "namespace": "n", "table_name": f"t{case}"
        }  # fmt: skip

    def upload(self, conf: Mapping[str, Any], **options: Any) -> Outcome[Any]:
        """Upload a table, and hold the outcome against the ledger."""
        outcome = self.call(
            lambda: self.client.data.upload(conf, **options), 600 + self.settle + QUERY_DEADLINE
        )
        made = self.ledger.uploaded(conf["namespace"], conf["table_name"])
        data = Path(conf["file"]).read_bytes()
        assert all(upload.data == data for upload in made), "a file arrived damaged"
        self.judge_submit(outcome, [self.ledger.jobs[upload.job_id] for upload in made])
        return outcome


def _leaps(fault: Fault | None) -> float:
    """Seconds that a fault lets pass while the client is in the middle of a real receive."""
    if fault is None:
        return 0
    # The server is up to two bytes ahead of the client.
    return fault.takes + (3 * fault.sight.seconds if isinstance(fault.sight, Drip) else 0)


class _Texts(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
