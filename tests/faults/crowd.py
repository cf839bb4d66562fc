"""Many threads that share one client, with a fault for every third request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fateflow_client import AmbiguousOutcomeError, FlowError
from tests.faults.flow import Fault
from tests.faults.plays import CrowdClock, fault
from tests.faults.world import DSL, Outcome, World

FAULTS = 0.3
ATTEMPTS = 4


@dataclass
class Crowd:
    """What the threads did, by the number of each call."""

    world: World
    clock: CrowdClock
    submits: dict[int, Outcome[Any]] = field(default_factory=dict[int, Outcome[Any]])
    others: list[Outcome[Any]] = field(default_factory=list[Outcome[Any]])
    broken: list[BaseException] = field(default_factory=list[BaseException])

    def run(self, name: str, calls: int) -> None:
        """One thread's part."""
        random = Random(name)  # noqa: S311 - guards nothing
        try:
            for turn in range(calls):
                self._one(random, f"{name}-{turn}")
        except BaseException as error:
            self.broken.append(error)
        finally:
            self.clock.leave()

    def _one(self, random: Random, name: str) -> None:
        client = self.world.client
        kind = random.randrange(6)
        if kind < 2:
            case, conf = self.world.conf()
            # Several initiators: the rows that a search reads are those of one of them.
            guest = 9990 + random.randrange(6)
            conf |= {
                "initiator": {"role": "guest", "party_id": guest},
                "role": {"guest": [guest], "host": [1]},
            }
            self.submits[case] = self._call(lambda: client.job.submit(conf, DSL))
        elif kind == 2:
            self.others.append(self._call(lambda: client.job.query(role="guest", status="failed")))
        elif kind == 3:
            self.others.append(self._call(lambda: client.table.info("n", name)))
        elif kind == 4:
            self.others.append(self._call(lambda: client.tag.create(name)))
        else:
            self.others.append(self._call(lambda: client.server.versions()))

    def _call(self, act: Callable[[], Any]) -> Outcome[Any]:
        try:
            return Outcome(act(), None, 0)
        except FlowError as error:
            return Outcome(None, error, 0)

    def check(self, calls: int) -> Counter[str]:
        """What must hold when all are through; gives figures."""
        world = self.world
        assert len(self.submits) + len(self.others) == calls
        struck = sum(got.fault is not None for got in world.server.got)
        assert struck > calls * FAULTS / 2, "hardly anything went wrong"
        sent = Counter(
            got.json["job_runtime_conf"]["case"]
            for got in world.server.got
            if got.route == "job/submit" and got.whole
        )
        assert max(sent.values()) <= ATTEMPTS
        assert world.ledger.duplicates(lambda job: job.conf["case"]) == 0
        assert world.ledger.duplicates(lambda job: job.token) == 0
        found = Counter[str]()
        for case, outcome in self.submits.items():
            world.judge_submit(outcome, world.jobs_of(case), findable=False)
            found["unclear"] += isinstance(outcome.error, AmbiguousOutcomeError)
            found["recovered"] += outcome.error is None and outcome.result.recovered
        assert found["recovered"] > 0
        # What is unclear and exists can be found.
        unclear = [case for case, outcome in self.submits.items()
                   if isinstance(outcome.error, AmbiguousOutcomeError)]  # fmt: skip
        for case in unclear:
            if jobs := world.jobs_of(case):
                error = self.submits[case].error
                assert isinstance(error, AmbiguousOutcomeError)
                assert error.reconcile().job_id == jobs[0].job_id
        for outcome in [*self.submits.values(), *self.others]:
            what: Any = outcome.error or outcome.value
            assert what.statistics is None or what.statistics.attempts <= ATTEMPTS
            if outcome.error is not None:
                world.check_text(str(outcome.error))
        found["calls"], found["jobs"] = calls, len(world.ledger.jobs)
        found["duplicates"] = world.ledger.duplicates(lambda job: job.conf["case"])
        return found


def crowd(threads: int, calls: int, seed: int, *, watch: bool = True) -> Counter[str]:
    """Let ``threads`` make ``calls`` between them, and hold all of it against the ledger."""
    clock = CrowdClock(threads)
    chance = Random(seed)  # noqa: S311 - guards nothing
    guard = threading.Lock()

    def strike(route: str) -> Fault | None:
        with guard:
            if chance.random() >= FAULTS:
                return None
            return fault(chance, route, drips=False)

    with World(clock=clock, keep_alive=True, watch=watch) as world:
        part = Crowd(world, clock)
        # Asked for once and by one thread while the others wait for it, without sleeping.
        world.client.job.list(page=1)
        world.server.chance = strike
        workers = [
            threading.Thread(target=part.run, args=(f"{seed}-{number}", calls // threads))
            for number in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        world.server.calm()
        if part.broken:
            raise part.broken[0]
        return part.check(calls)
