"""Random calls under random faults, each held against the ledger: for the machine and the soak.

A play is one logical call. What happened is what the ledger has more of afterwards.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Any

from fateflow_client import AlreadyExistsError, AmbiguousOutcomeError, FlowError, NotFoundError
from tests.faults.flow import (
    Chunked,
    Cut,
    Drip,
    Fault,
    Fin,
    FlowClock,
    Garbage,
    Reset,
    Says,
    Sight,
    TwoLengths,
    Whole,
)
from tests.faults.ledger import Plan
from tests.faults.world import DSL, SUBMIT_DEADLINE, Outcome, World
from tests.support.samples import MIGRATION

MODEL_ID, VERSION = "arbiter-10001#guest-9999#host-10000#model", "202701150700000000000"
PARTIES = (("guest", 9999), ("host", 10000), ("arbiter", 10001))
ANY_TIME = 1500.0
"""More seconds than any play here may take."""


# Faults.


def lost(random: Random) -> Sight:
    """How an answer is lost that may have been one to a call that was done."""
    match random.randrange(12):
        case 0 | 1:
            return Reset()
        case 2 | 3:
            return Fin()
        case 4:
            return Cut(random.randint(1, 400), reset=random.random() < 0.3)
        case 5:
            return Cut(random.randint(1, 60), length=False)
        case 6:
            return Chunked(random.random() < 0.5)
        case 7:
            return TwoLengths()
        case 8:
            return Garbage(random.choice([b"\0" * 40, b"SSH-2.0\r\n", b"HTTP/1.1 2OO\r\n\r\n"]))
        case 9:
            body = random.choice([b"", b"null", b"[]", b"{}", b"<h1>hello</h1>", b'{"retcode": 0'])
            return Says(body=body)
        case 10:
            return Says.gateway(random.choice([408, 500, 520]))
        case _:
            after = random.choice([None, "1", "0", "soon", "-5", "30"])
            return Says.gateway(random.choice([502, 503, 504]), after)


DEFINITE: tuple[Sight, ...] = (
    *(Says.gateway(429, after) for after in (None, "1", "9", "x")),
    Says.json({"retcode": 100, "retmsg": "<ClientDisconnected '400: Bad Request'>"}),
)
"""What is only ever said about a request that was not done."""


def fault(random: Random, route: str | None = None, *, drips: bool = True) -> Fault:
    """A fault of any kind."""
    match random.randrange(10):
        case 0 | 1:
            return Fault(route, random.choice(DEFINITE), done=False)
        case 2 | 3 | 4:
            return Fault(route, lost(random), done=False)
        case 5 if drips:
            slowness = random.choice([0.1, 2.0, 10.0])
            return Fault(route, Drip(slowness, random.random() < 0.5, size=40))
        case 6 if drips:
            return Fault(route, Whole(), takes=random.choice([1.0, 40.0, 400.0]))
        case _:
            return Fault(route, lost(random))


def script(random: Random, *routes: str, drips: bool) -> list[Fault]:
    """A few faults, for these routes or for any."""
    chosen = [random.choice([None, *routes, *routes]) for _ in range(random.randrange(6))]
    return [fault(random, route, drips=drips) for route in chosen]


def plan(random: Random) -> Plan:
    """What becomes of a job."""
    match random.randrange(8):
        case 0:
            return Plan(unseen=random.choice([0.5, 20, 100]))
        case 1:
            return Plan(ready=random.choice([0.5, 20, 60]), unseen=random.choice([0, 3]))
        case 2:
            return Plan(rejected=True, ready=random.choice([0, 5]), untagged=random.choice([0, 5]))
        case 3:
            return Plan(rejected=True, stored=False)
        case _:
            return Plan()


# Plays. Each makes one call and says what it came to.


def submit(world: World, random: Random) -> Outcome[Any]:
    """Submit, sometimes without a marker, or with too little time."""
    options: dict[str, Any] = {}
    if random.random() < 0.15:
        options["marker"] = False
    if random.random() < 0.2:
        options["deadline"] = random.choice([0.5, 5, 50])
    return world.submit(findable=options.get("marker", True), **options)


def submit_once(world: World, random: Random) -> Outcome[Any]:
    """Submit with a key: whatever happens, there is one job for it in the end."""
    key = random.choice("abc")
    case, conf = world.conf()
    # What stays unseen for longer than anybody looks cannot be found before the next submit.
    outcome = world.call(
        lambda: world.client.job.submit(conf, DSL, idempotency_key=key),
        SUBMIT_DEADLINE + 2 * (world.settle + 60),
    )
    token = hashlib.sha256(key.encode()).hexdigest()[:32]
    accepted = [job for job in world.ledger.with_token(token) if not job.plan.rejected]
    assert len(accepted) <= 1, f"two jobs for key {key}"
    new = world.jobs_of(case)
    if outcome.error is None and not new:
        assert [outcome.result.job_id] == [job.job_id for job in accepted]
        assert outcome.result.recovered
    elif not (isinstance(outcome.error, AmbiguousOutcomeError) and accepted and not new):
        world.judge_submit(outcome, new)
    return outcome


def query(world: World, random: Random) -> Outcome[Any]:
    """Ask for jobs: all that were there before, and none that never were."""
    with world.server.lock:
        before = {row["f_job_id"] for row in world.ledger.rows() if row["f_role"] == "guest"}
    outcome = world.call(lambda: world.client.job.query(role="guest"), 65)
    if outcome.error is None:
        got = {job.job_id for job in outcome.result}
        assert before <= got <= set(world.ledger.jobs)
    return outcome


def stop(world: World, random: Random) -> Outcome[Any]:
    """Stop some job."""
    with world.server.lock:
        seen = [row["f_job_id"] for row in world.ledger.rows()]
    job_id = random.choice(seen or ["202701150000000000000"])
    before = len(world.server.got)
    outcome = world.call(lambda: world.client.job.stop(job_id), 310)
    if outcome.error is None:
        assert world.ledger.stops[job_id] or _unclear(world, before)
    return outcome


def upload(world: World, random: Random) -> Outcome[Any]:
    """Upload one of a few tables."""
    name, drop = random.choice("xy"), random.randrange(2)
    path = Path(world.folder) / f"{name}.csv"
    path.write_bytes(b"id,x\n" + b"1,2\n" * random.choice([1, 1000]))
    conf = {"file": str(path), "head": 1, "partition": 4, "namespace": "n", "table_name": name}
    if world.ledger.table_there("n", name):
        world.ledger.tables["n", name] = 0.0
    return _makes_one_job(world, lambda: world.client.data.upload(conf, drop=drop))


def _makes_one_job(world: World, act: Callable[[], Any]) -> Outcome[Any]:
    """Make a call that makes one job of the server's own; others like it may be there."""
    before = set(world.ledger.jobs)
    outcome = world.call(act, ANY_TIME)
    new = [job for job_id, job in world.ledger.jobs.items() if job_id not in before]
    accepted = [job.job_id for job in new if not job.plan.rejected]
    assert len(new) <= 1, "one call made several jobs"
    if outcome.error is None:
        assert [outcome.result.job_id] == accepted, f"{outcome.result.job_id} is not {accepted}"
    elif not isinstance(outcome.error, AmbiguousOutcomeError):
        assert accepted == [], f"{outcome.error!r} about a job that exists"
    elif accepted:
        _finds(world, outcome.error, accepted[0])
    return outcome


def _finds(world: World, error: AmbiguousOutcomeError, wanted: str) -> None:
    """Of an unclear outcome, the right thing can be found: alone, or as a candidate."""
    world.server.calm()
    world.clock.now += 300
    try:
        found = error.reconcile()
        assert getattr(found, "job_id", None) == wanted
    except AmbiguousOutcomeError as again:
        assert wanted in again.candidates


def local_job(world: World, random: Random) -> Outcome[Any]:
    """Let the server write a table or a model somewhere."""
    model = {"role": "guest", "party_id": 9999, "model_id": MODEL_ID, "model_version": VERSION}
    table = {"namespace": "n", "table_name": "t", "output_path": random.choice(["/a", "/b"])}
    act = random.choice(
        [
            lambda: world.client.data.download(table),
            lambda: world.client.model.store(model),
            lambda: world.client.model.restore(model),
        ]
    )
    return _makes_one_job(world, act)


def delete(world: World, random: Random) -> Outcome[Any]:
    """Delete a table that may be there."""
    name = random.choice("xy")
    # A table that its job is still making would appear in the middle of the call.
    if ("n", name) in world.ledger.tables or random.random() < 0.5:
        world.ledger.tables["n", name] = 0.0
    return _once(
        world,
        "table/delete",
        lambda: world.client.table.delete("n", name),
        lambda: not world.ledger.table_there("n", name),
    )


def tag(world: World, random: Random) -> Outcome[Any]:
    """Make, describe or delete a tag, or put it on a model."""
    name, ledger, client = random.choice("tu"), world.ledger, world.client
    match random.randrange(5):
        case 0:
            return _once(world, "model/tag/create", lambda: client.tag.create(name),
                         lambda: name in ledger.tags)  # fmt: skip
        case 1:
            return _once(world, "model/tag/destroy", lambda: client.tag.delete(name),
                         lambda: name not in ledger.tags)  # fmt: skip
        case 2:
            desc = random.choice("12")
            return _once(world, "model/tag/update",
                         lambda: client.tag.update(name, new_tag_desc=desc),
                         lambda: ledger.tags.get(name) == desc)  # fmt: skip
        case 3:
            return _once(world, "model/model_tag/create",
                         lambda: client.model.tag_model(VERSION, name),
                         lambda: (VERSION, name) in ledger.model_tags)  # fmt: skip
        case _:
            return _once(world, "model/model_tag/remove",
                         lambda: client.model.tag_model(VERSION, name, remove=True),
                         lambda: (VERSION, name) not in ledger.model_tags)  # fmt: skip


def _once(
    world: World, route: str, act: Callable[[], Any], holds: Callable[[], bool]
) -> Outcome[Any]:
    """Make a call that is repeated, and whose second success is told by a refusal."""
    before, requests = world.ledger.done[route], len(world.server.got)
    outcome = world.call(act, 65)
    done = world.ledger.done[route] - before
    assert done <= 1
    if outcome.error is None:
        assert holds()
        assert done or _unclear(world, requests), "calls its own what somebody else had done"
    elif isinstance(outcome.error, NotFoundError | AlreadyExistsError):
        assert done == 0, f"{outcome.error!r} although an attempt of its own did it"
    return outcome


def _unclear(world: World, since: int) -> bool:
    """Whether an attempt may have been done for all that the client can know."""
    return world.hung_up or any(
        got.whole and got.fault is not None and got.fault.sight not in DEFINITE
        for got in world.server.got[since:]
    )


def rename(world: World, random: Random) -> Outcome[Any]:
    """Rename a tag, which cannot be told from another rename."""
    old, new = random.sample("tuv", 2)
    before = world.ledger.done["model/tag/update"]
    outcome = world.call(lambda: world.client.tag.update(old, new), ANY_TIME)
    _counts(outcome, world.ledger.done["model/tag/update"] - before)
    return outcome


def deploy(world: World, random: Random) -> Outcome[Any]:
    """Deploy the trained model once more."""
    _trained(world)
    before = set(world.ledger.children(VERSION))
    outcome = world.call(lambda: world.client.model.deploy(MODEL_ID, VERSION), ANY_TIME)
    new = set(world.ledger.children(VERSION)) - before
    _counts(outcome, len(new))
    if outcome.error is None:
        assert new == {outcome.result.model_version}
    return outcome


def _trained(world: World) -> None:
    if not any(row["f_model_version"] == VERSION for row in world.ledger.models):
        world.ledger.put_model(MODEL_ID, VERSION, PARTIES)


def _counts(outcome: Outcome[Any], times: int) -> None:
    """Of a call that must not be repeated: how often it was done, and what it says of it."""
    assert times <= 1, "done twice"
    if outcome.error is None:
        assert times == 1, "claims what was not done"
    elif not isinstance(outcome.error, AmbiguousOutcomeError):
        assert times == 0, f"{outcome.error!r} about what was done"


def import_model(world: World, random: Random) -> Outcome[Any]:
    """Import a model, which may be there."""
    path = Path(world.folder) / "model.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    version = random.choice(["202701150000000000001", "202701150000000000002"])
    conf = {"role": "guest", "party_id": 9999, "model_id": MODEL_ID, "model_version": version,
            "file": str(path)}  # fmt: skip
    before = world.ledger.done["model/import"]
    outcome = world.call(lambda: world.client.model.import_model(conf), ANY_TIME)
    _counts(outcome, world.ledger.done["model/import"] - before)
    return outcome


def migrate(world: World, random: Random) -> Outcome[Any]:
    """Migrate a model: repeated, and still one version."""
    before = {row["f_model_version"] for row in world.ledger.models}
    outcome = world.call(lambda: world.client.model.migrate(MIGRATION), 190)
    new = {row["f_model_version"] for row in world.ledger.models} - before
    assert len(new) <= 1
    if outcome.error is None:
        assert new == {outcome.result.model_version}
    return outcome


def rerun(world: World, random: Random) -> Outcome[Any]:
    """Run a job again that has ended."""
    with world.server.lock:
        seen = [row["f_job_id"] for row in world.ledger.rows()]
    if not seen:
        return submit(world, random)
    job = world.ledger.jobs[random.choice(seen)]
    before = job.runs
    outcome = world.call(lambda: world.client.job.rerun(job.job_id), ANY_TIME)
    _counts(outcome, job.runs - before)
    return outcome


PLAYS: Mapping[str, tuple[Callable[[World, Random], Outcome[Any]], tuple[str, ...]]] = {
    "submit": (submit, ("job/submit", "job/query", "job/list/job")),
    "submit_once": (submit_once, ("job/submit", "job/query", "job/list/job")),
    "query": (query, ("job/query",)),
    "stop": (stop, ("job/stop",)),
    "upload": (upload, ("data/upload", "job/query", "table/table_info")),
    "local_job": (local_job, ("data/download", "model/store", "model/restore", "job/query")),
    "delete": (delete, ("table/delete",)),
    "tag": (tag, ("model/tag/create", "model/tag/destroy", "model/model_tag/create")),
    "rename": (rename, ("model/tag/update", "model/tag/retrieve")),
    "deploy": (deploy, ("model/deploy", "model/query")),
    "import_model": (import_model, ("model/import", "model/query")),
    "migrate": (migrate, ("model/migrate",)),
    "rerun": (rerun, ("job/rerun", "job/task/query")),
}


def play(world: World, random: Random, name: str, counts: Counter[str] | None = None) -> None:
    """Make a call of a kind under a random script, and let time pass afterwards."""
    act, routes = PLAYS[name]
    # Where there is no deadline, an answer that drips is just slow.
    faults = script(random, *routes, drips=name not in ("upload", "import_model"))
    world.ledger.plans.clear()
    if name in ("submit", "submit_once"):
        world.ledger.plans.append(plan(random))
    if name in ("upload", "local_job"):
        # A job of one party: its row is there before the answer is.
        world.ledger.plans.append(replace(plan(random), unseen=0))
    world.hung_up = random.random() < 0.2
    if world.hung_up:
        world.server.hang_up()
    world.server.play(*faults)
    outcome = act(world, random)
    world.server.calm()
    world.ledger.plans.clear()
    world.clock.now += random.choice([0, 0, 1, 200])
    if name == "submit_once":
        # A server answers after its rows are there: a second submit that saw the answer sees them.
        world.clock.now += max((job.plan.unseen for job in world.ledger.jobs.values()), default=0)
    if counts is not None:
        counts["calls"] += 1
        counts["ambiguous"] += isinstance(outcome.error, AmbiguousOutcomeError)
        counts["failed"] += isinstance(outcome.error, FlowError)
        counts["recovered"] += bool(getattr(outcome.value, "recovered", False))
        counts["already"] += bool(getattr(outcome.value, "already", False))


class CrowdClock(FlowClock):
    """Time for many threads: it moves when every one of them sleeps, to the first who wakes.

    So a thread's deadline is not used up by the sleeping of others, and nobody waits really.
    """

    def __init__(self, crowd: int) -> None:
        super().__init__()
        self._crowd = crowd
        self._lock = threading.Lock()
        self._sleepers: list[tuple[float, int, threading.Event]] = []

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            if not self._crowd:
                self.now += seconds
                return
            assert len(self._sleepers) < self._crowd, "more threads than the crowd has"
            woken = threading.Event()
            heappush(self._sleepers, (self.now + seconds, len(self.slept), woken))
            self._move()
        assert woken.wait(120), "nobody wakes this thread: the others are stuck"

    def leave(self) -> None:
        """One thread of the crowd has ended."""
        with self._lock:
            self._crowd -= 1
            self._move()

    def _move(self) -> None:
        if self._sleepers and len(self._sleepers) >= self._crowd:
            self.now = max(self.now, self._sleepers[0][0])
            while self._sleepers and self._sleepers[0][0] <= self.now:
                heappop(self._sleepers)[2].set()
