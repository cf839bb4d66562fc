"""Waiting for a job while its server comes and goes, or says things nobody expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fateflow_client import (
    FlowClient,
    JobFailedError,
    JobProgress,
    NotFoundError,
    WaitInterruptedError,
    WaitTimeoutError,
)
from tests.faults.flow import Drip, Fault, FlowServer, Garbage, Reset, Says
from tests.faults.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def at(world: World, *events: tuple[float, Callable[[], object]]) -> None:
    """Let things happen so many seconds from now, when the client sleeps past them."""
    began, left = world.clock.now, sorted(events, key=lambda event: event[0])

    def pass_by(_: float) -> None:
        while left and world.clock.now - began >= left[0][0]:
            left.pop(0)[1]()

    world.clock.on_sleep = pass_by


class Restart:
    """Stops a world's server, and starts it again on its port with what it knew."""

    def __init__(self, world: World) -> None:
        self._world = world

    def stop(self) -> None:
        self._world.server.stop()

    def start(self) -> None:
        old = self._world.server
        self._world.server = FlowServer(self._world.clock, port=old.port)
        self._world.server.ledger = old.ledger
        self._world.server.__enter__()


def test_a_wait_outlives_a_restart_of_the_server(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]
    restart = Restart(world)

    def finish() -> None:
        job.status = "success"

    at(world, (10, restart.stop), (30, restart.start), (60, finish))
    outcome = world.client.job.wait(job.job_id)
    assert outcome.status == "success"
    assert outcome.waited >= 60


def test_a_wait_ends_if_the_server_stays_away(world: World) -> None:
    job_id = world.submit().result.job_id
    at(world, (10, Restart(world).stop))
    began = world.clock.now
    with pytest.raises(WaitInterruptedError) as caught:
        world.client.job.wait(job_id, max_outage=100)
    assert caught.value.job_id == job_id
    assert caught.value.status == "waiting"
    # One more poll, with its own attempts, begins before the time without an answer is over.
    assert 100 <= world.clock.now - began <= 10 + 100 + 30 + 60
    assert world.ledger.stops == {}
    world.check_error(caught.value)


def test_a_wait_that_was_interrupted_can_be_resumed(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]
    restart = Restart(world)
    at(world, (10, restart.stop), (200, restart.start))
    with pytest.raises(WaitInterruptedError) as caught:
        world.client.job.wait(job.job_id, max_outage=60)
    restart.start()
    job.status = "success"
    assert world.client.job.wait(caught.value.job_id).status == "success"


def test_many_short_outages_are_not_a_long_one(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]

    def finish() -> None:
        job.status = "success"

    at(world, (2000, finish))
    polls = iter(range(10_000))
    # Six requests fail, more than the attempts of a poll; then one is answered.
    world.server.chance = lambda _: Fault(None, Reset()) if next(polls) % 7 else None
    assert world.client.job.wait(job.job_id, max_outage=300).status == "success"


def test_a_server_in_trouble_is_asked_again(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]
    world.client.job.query(job.job_id)
    locked = Says.json({"retcode": 100, "retmsg": "OperationalError('database is locked')"})
    sights = [locked, Garbage(), Says.gateway(502), Drip(1.0), locked, Says.json([])]
    world.server.play(
        Fault("job/query", Says.json({"retcode": 0, "data": list(world.ledger.rows())})),
        *[Fault("job/query", sight) for sight in sights],
    )
    job.status = "success"
    assert world.client.job.wait(job.job_id).status == "success"


def test_a_job_that_runs_again_is_waited_for_again(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]
    job.status = "failed"
    with pytest.raises(JobFailedError):
        world.client.job.wait(job.job_id)
    world.client.job.rerun(job.job_id)

    def finish() -> None:
        job.status = "success"

    at(world, (20, finish))
    assert world.client.job.wait(job.job_id).status == "success"


def test_a_job_that_goes_from_an_end_back_to_waiting_is_no_surprise(world: World) -> None:
    # Not all parties' rows have ended when somebody runs the job again.
    job = world.ledger.jobs[world.submit().result.job_id]
    seen: list[JobProgress] = []

    def row(role: str, party: int, status: str) -> dict[str, object]:
        return {"f_job_id": job.job_id, "f_role": role, "f_party_id": str(party),
                "f_status": status, "f_is_initiator": role == "guest"}  # fmt: skip

    guests = ["success", "waiting", "running", "success"]
    hosts = ["running", "waiting", "success", "success"]
    pairs = zip(guests, hosts, strict=True)
    answers = [
        Says.json({"retcode": 0, "data": [row("guest", 9999, g), row("host", 10000, h)]})
        for g, h in pairs
    ]
    world.server.play(*[Fault("job/query", answer) for answer in answers])
    outcome = world.client.job.wait(job.job_id, progress=seen.append)
    assert outcome.status == "success"
    assert [progress.status for progress in seen] == ["running", "waiting", "running", "success"]


def test_a_status_that_nobody_knows_is_told_and_waited_through(world: World) -> None:
    job = world.ledger.jobs[world.submit().result.job_id]
    job.status = "hibernating"
    seen: list[JobProgress] = []

    def finish() -> None:
        job.status = "success"

    at(world, (10, finish))
    assert world.client.job.wait(job.job_id, progress=seen.append).status == "success"
    assert seen[0].status == "hibernating"
    job.status = "hibernating"
    with pytest.raises(WaitTimeoutError) as caught:
        world.client.job.wait(job.job_id, timeout=30)
    assert caught.value.status == "hibernating"
    assert caught.value.job_id == job.job_id


def test_a_job_that_vanishes_is_an_error_and_no_endless_wait(world: World) -> None:
    job_id = world.submit().result.job_id
    at(world, (10, world.ledger.jobs.clear))
    with pytest.raises(NotFoundError):
        world.client.job.wait(job_id)


def test_a_wait_keeps_its_time_while_answers_drip(world: World) -> None:
    job_id = world.submit().result.job_id
    world.server.chance = lambda _: Fault("job/query", Drip(0.01))
    began = world.clock.now
    with pytest.raises((WaitTimeoutError, WaitInterruptedError)):
        world.client.job.wait(job_id, timeout=100)
    # The last poll may take its own deadline.
    assert world.clock.now - began <= 100 + 60 + 2


def test_a_recovered_job_can_be_waited_for(world: World) -> None:
    world.server.play(Fault("job/submit", Reset()))
    submitted = world.submit().result
    world.ledger.jobs[submitted.job_id].status = "success"
    client: FlowClient = world.client
    assert client.job.wait(submitted).job_id == submitted.job_id
