"""One job for a submit, or an honest word that nobody can know: every way to lose an answer.

The oracle is the ledger of the server: how many jobs there are, and how often it was asked for one.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from fateflow_client import (
    AmbiguousOutcomeError,
    ConnectError,
    FlowClient,
    Phase,
    RetryEvent,
    RetryPolicy,
    SubmitRejectedError,
    UnexpectedRedirectError,
)
from tests.faults.flow import (
    Chunked,
    Cut,
    Fault,
    Fin,
    FlowServer,
    Garbage,
    Late,
    Reset,
    Says,
    Sight,
    TwoLengths,
)
from tests.faults.ledger import EXISTS, Plan
from tests.faults.world import DSL, World
from tests.support.clock import FakeClock

SUBMIT = "job/submit"
LOST: dict[str, Sight] = {
    "a reset": Reset(),
    "an orderly end": Fin(),
    "an answer that is cut": Cut(),
    "an answer that is cut by a reset": Cut(reset=True),
    "an answer that is cut before its first byte of JSON": Cut(10_000),
    "an answer without length that is cut": Cut(length=False),
    "a chunk that ends early": Chunked(),
    "a chunk whose size is no number": Chunked(bad_size=True),
    "two lengths": TwoLengths(),
    "no HTTP": Garbage(),
    "an empty answer": Says(),
    "JSON of somebody else": Says.json({"timestamp": 1, "status": 500, "path": "/"}),
    "a list": Says.json([]),
    "null": Says.json(None),
    "a success without an id": Says.json({"retcode": 0, "retmsg": "success"}),
    "408": Says.gateway(408),
    "500 as HTML": Says.gateway(500),
    "502": Says.gateway(502),
    "503": Says.gateway(503),
    "503 with a time to wait": Says.gateway(503, "1"),
    "504": Says.gateway(504),
    "520": Says.gateway(520),
}
sights = pytest.mark.parametrize("sight", LOST.values(), ids=LOST.keys())
releases = pytest.mark.parametrize(
    "release", ["1.5.3", "1.6.1", "1.7.0", "1.7.2", "1.8.0", "1.9.0", "1.11.2"]
)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@sights
def test_a_job_whose_answer_is_lost_is_found(sight: Sight, world: World) -> None:
    world.server.play(Fault(SUBMIT, sight))
    result = world.submit().result
    assert result.recovered
    assert result.duplicates == ()
    assert world.server.posts(SUBMIT) == 1
    assert len(world.ledger.jobs) == 1
    assert result.statistics is not None
    assert result.statistics.attempts == 1


@pytest.mark.parametrize(
    ("sight", "phase"), [(Reset(), Phase.SENT), (Fin(), Phase.SENT), (Cut(), Phase.REPLYING)]
)
def test_a_job_that_was_found_tells_how_far_its_answer_got(
    sight: Sight, phase: Phase, world: World
) -> None:
    world.ledger.plans.append(Plan(unseen=3))
    world.server.play(Fault(SUBMIT, sight))
    outcome = world.submit()
    statistics = outcome.result.statistics
    assert statistics is not None
    assert statistics.phase is phase
    assert statistics.slept == outcome.took == statistics.elapsed


@sights
def test_a_job_that_was_never_made_is_not_claimed(sight: Sight, world: World) -> None:
    world.server.play(Fault(SUBMIT, sight, done=False))
    error = world.submit().error
    assert isinstance(error, AmbiguousOutcomeError)
    assert error.operation == SUBMIT
    assert error.phase in (Phase.SENT, Phase.REPLYING)
    assert error.candidates == ()
    assert error.token is not None
    assert world.server.posts(SUBMIT) == 1
    assert world.ledger.jobs == {}


def test_it_is_looked_for_at_once_and_then_more_seldom_until_it_would_have_settled(
    world: World,
) -> None:
    world.server.play(Fault(SUBMIT, Reset(), done=False))
    outcome = world.submit()
    assert world.clock.slept[:5] == [1, 2, 4, 8, 8]
    assert max(world.clock.slept) == 8
    assert 112 < outcome.took <= 120
    error = outcome.error
    assert isinstance(error, AmbiguousOutcomeError)
    assert "reconcile()" in error.advice
    assert error.statistics is not None
    assert error.statistics.attempts == 1
    assert error.statistics.slept == pytest.approx(outcome.took)


@pytest.mark.parametrize("unseen", [0.5, 20, 110])
def test_a_job_that_appears_late_is_found(unseen: float, world: World) -> None:
    world.ledger.plans.append(Plan(unseen=unseen))
    world.server.play(Fault(SUBMIT, Fin()))
    outcome = world.submit()
    assert outcome.result.recovered
    assert unseen <= outcome.took <= unseen + 9
    assert world.server.posts(SUBMIT) == 1


def test_a_job_that_appears_when_nobody_looks_any_more_can_still_be_found(world: World) -> None:
    world.ledger.plans.append(Plan(unseen=1000))
    world.server.play(Fault(SUBMIT, Fin()))
    assert isinstance(world.submit().error, AmbiguousOutcomeError)


def test_how_long_to_look_is_for_the_caller_to_say() -> None:
    with World(settle=10) as world:
        world.server.play(Fault(SUBMIT, Fin(), done=False))
        assert 7 < world.submit().took <= 10
    with World(settle=0) as world:
        world.server.play(Fault(SUBMIT, Fin()))
        outcome = world.submit()
        assert outcome.result.recovered
        assert outcome.took == 0


def test_ready_is_not_accepted_yet(world: World) -> None:
    world.ledger.plans.append(Plan(ready=30))
    world.server.play(Fault(SUBMIT, Fin()))
    outcome = world.submit()
    assert outcome.result.recovered
    assert outcome.took >= 30


@pytest.mark.parametrize(
    "plan",
    [Plan(rejected=True), Plan(rejected=True, ready=10), Plan(rejected=True, untagged=20)],
    ids=["at once", "after a while", "and tagged later"],
)
def test_a_job_that_is_rejected_while_the_answer_is_lost(plan: Plan, world: World) -> None:
    world.ledger.plans.append(plan)
    world.server.play(Fault(SUBMIT, Fin()))
    error = world.submit().error
    assert isinstance(error, SubmitRejectedError)
    assert [error.job_id] == list(world.ledger.jobs)
    assert world.server.posts(SUBMIT) == 1


def test_a_job_that_stays_undecided_is_named_but_not_returned(world: World) -> None:
    world.ledger.plans.append(Plan(ready=100_000))
    world.server.play(Fault(SUBMIT, Fin()))
    _, conf = world.conf()
    outcome = world.call(lambda: world.client.job.submit(conf, DSL), 600)
    assert isinstance(outcome.error, AmbiguousOutcomeError)
    assert list(outcome.error.candidates) == list(world.ledger.jobs)


def test_a_rejection_that_leaves_no_row_stays_unknown(world: World) -> None:
    world.ledger.plans.append(Plan(rejected=True, stored=False))
    world.server.play(Fault(SUBMIT, Fin()))
    assert isinstance(world.submit().error, AmbiguousOutcomeError)


def test_looking_may_fail_several_times(world: World) -> None:
    looks = [Reset(), Says.gateway(503), Garbage()]
    world.server.play(Fault(SUBMIT, Fin()), *[Fault("job/query", sight) for sight in looks])
    assert world.submit().result.recovered
    assert world.server.posts(SUBMIT) == 1


def test_looking_may_fail_for_a_minute(world: World) -> None:
    world.ledger.plans.append(Plan(unseen=5))
    looks = [Fault("job/query", Reset())] * 20
    world.server.play(Fault(SUBMIT, Fin()), *looks)
    assert world.submit().result.recovered


def test_looking_may_be_refused_by_a_server_in_trouble(world: World) -> None:
    refused = Says.json({"retcode": 100, "retmsg": "OperationalError('database is locked')"})
    world.server.play(Fault(SUBMIT, Fin()), *[Fault("job/query", refused)] * 3)
    assert world.submit().result.recovered


def test_the_server_may_be_away_for_a_while(world: World) -> None:
    world.server.play(Fault(SUBMIT, Fin()))
    port, ledger = world.server.port, world.ledger
    back: list[FlowServer] = []

    def restart(_: float) -> None:
        # It dies when the answer was lost, and is back after half a minute with its database.
        if not back and len(world.clock.slept) == 1:
            world.server.stop()
        if not back and world.clock.now - began > 30:
            server = FlowServer(world.clock, port=port)
            server.ledger = ledger
            back.append(server)
            server.__enter__()

    began = world.clock.now
    world.ledger.plans.append(Plan(unseen=1))
    world.clock.on_sleep = restart
    try:
        assert world.submit().result.recovered
    finally:
        world.clock.on_sleep = None
        for server in back:
            server.stop()
    assert back, "the server was never away"


def test_an_answer_later_than_anybody_waits_is_ignored(world: World) -> None:
    world.server.play(Fault(SUBMIT, Late()))
    first = world.submit(timeout=0.2).result
    assert first.recovered
    # The late answer of the first call is not taken for one to the second.
    second = world.submit().result
    assert not second.recovered
    assert second.job_id != first.job_id


def test_an_answer_that_never_comes(world: World) -> None:
    world.server.play(Fault(SUBMIT, Late(answers=False)))
    assert world.submit(timeout=0.2).result.recovered


@releases
def test_every_release_lets_it_be_found(release: str) -> None:
    with World(release) as world:
        assert not world.submit().result.recovered
        world.ledger.plans.append(Plan(unseen=3, ready=2))
        world.server.play(Fault(SUBMIT, Reset()))
        assert world.submit().result.recovered
        assert world.server.posts(SUBMIT) == 2


@releases
def test_every_release_says_so_if_it_is_not_found(release: str) -> None:
    with World(release) as world:
        world.submit()
        world.server.play(Fault(SUBMIT, Reset(), done=False))
        assert isinstance(world.submit().error, AmbiguousOutcomeError)
        assert len(world.ledger.jobs) == 1


@releases
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("skew", [-3600, -90, 90, 3600])
def test_the_servers_clock_may_be_wrong(skew: float, known: bool, release: str) -> None:
    # With the release set by hand there is no answer before the lost one to tell the time.
    with World(release, skew=skew, server_release=release) as world:
        if known:
            world.client.table.info("n", "t")
        world.server.play(Fault(SUBMIT, Reset()))
        assert world.submit().result.recovered


@releases
@pytest.mark.parametrize("ahead", [-86_400, -3600, 3600, 86_400])
def test_a_proxys_clock_may_be_wrong(ahead: float, release: str) -> None:
    with World(release) as world:
        date = formatdate(world.clock.now + ahead, usegmt=True)
        world.server.play(Fault(SUBMIT, Says(502, b"<h1>bad</h1>", (("Date", date),))))
        assert world.submit().result.recovered


@releases
def test_other_peoples_jobs_may_be_many(release: str) -> None:
    with World(release) as world:
        world.ledger.plans.append(Plan(unseen=2))
        world.server.play(Fault(SUBMIT, Reset()))

        def busy(_: float) -> None:
            # Forty jobs of three parties each, after ours and before the next look.
            world.clock.on_sleep = None
            for _ in range(40):
                conf = world.conf()[1] | {"fateflow_client": {"token": "of somebody else"}}
                parties = [("guest", 9999), ("host", 10000), ("arbiter", 10001)]
                world.ledger.add_job("submit", conf, DSL, parties)

        world.clock.on_sleep = busy
        assert world.submit().result.recovered


# What is sent.


def test_the_marker_is_random_and_alone_at_the_top_of_the_conf(world: World) -> None:
    for _ in range(2):
        world.submit().result  # noqa: B018 - raises if it failed
    confs = [got.json["job_runtime_conf"] for got in world.server.got if got.route == SUBMIT]
    tokens = [conf.pop("fateflow_client")["token"] for conf in confs]
    assert len(set(tokens)) == 2
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)
    assert "fateflow_client" not in str(confs)


def test_the_marker_of_an_older_job_is_not_sent_again(world: World) -> None:
    _, conf = world.conf()
    old = conf | {"fateflow_client": {"token": "0" * 32, "more": 1}}
    world.client.job.submit(old, DSL)
    sent = world.server.got[-1].json["job_runtime_conf"]["fateflow_client"]
    assert list(sent) == ["token"]
    assert sent["token"] != "0" * 32
    assert old["fateflow_client"] == {"token": "0" * 32, "more": 1}


def test_the_same_marker_goes_with_every_attempt(world: World) -> None:
    busy = Fault(SUBMIT, Says.gateway(429), done=False)
    world.server.play(busy, busy, Fault(SUBMIT, Fin()))
    assert world.submit().result.recovered
    tokens = {got.json["job_runtime_conf"]["fateflow_client"]["token"] for got in world.server.got
              if got.route == SUBMIT}  # fmt: skip
    assert len(tokens) == 1
    assert world.server.posts(SUBMIT) == 3


def test_an_idempotency_key_is_not_told(world: World) -> None:
    key = "etl-2027-01-15 of Zoë"
    world.submit(idempotency_key=key).result  # noqa: B018 - raises if it failed
    token = world.server.got[-1].json["job_runtime_conf"]["fateflow_client"]["token"]
    assert token == hashlib.sha256(key.encode()).hexdigest()[:32]
    assert not any(b"etl-2027" in got.body for got in world.server.got)


@pytest.mark.parametrize("done", [True, False], ids=["made", "not made"])
def test_without_a_marker_a_lost_answer_is_told_at_once(done: bool, world: World) -> None:
    world.server.play(Fault(SUBMIT, Fin(), done=done))
    outcome = world.submit(marker=False, findable=False)
    assert isinstance(outcome.error, AmbiguousOutcomeError)
    assert outcome.error.token is None
    assert outcome.took == 0
    assert world.server.posts("job/query") == 0
    assert "fateflow_client" not in world.server.got[-1].json["job_runtime_conf"]
    with pytest.raises(AmbiguousOutcomeError):
        outcome.error.reconcile()


def test_without_a_marker_that_of_an_older_job_is_not_sent_either(world: World) -> None:
    _, conf = world.conf()
    world.client.job.submit(conf | {"fateflow_client": {"token": "0" * 32}}, DSL, marker=False)
    assert "fateflow_client" not in world.server.got[-1].json["job_runtime_conf"]


# What is sent again.


def test_nothing_was_sent_while_nobody_listened(world: World) -> None:
    with FlowServer(FakeClock()) as gone:
        port = gone.port
    server = FlowServer(world.clock, port=port)
    events: list[RetryEvent] = []

    def come_back(_: float) -> None:
        if len(world.clock.slept) == 2:
            server.__enter__()

    world.clock.on_sleep = come_back
    with FlowClient(
        port=port, clock=world.clock, trust_env=False, on_retry=events.append
    ) as client:
        result = client.job.submit(world.conf()[1], DSL)
    server.stop()
    assert result.statistics is not None
    assert result.statistics.attempts == 3
    assert not result.recovered
    assert len(server.ledger.jobs) == 1
    assert [event.attempt for event in events] == [1, 2]
    assert [event.operation for event in events] == [SUBMIT] * 2
    assert all(isinstance(event.error, ConnectError) for event in events)
    assert [event.wait for event in events] == world.clock.slept


@pytest.mark.parametrize("times", [1, 3])
def test_half_a_body_makes_no_job(times: int, world: World) -> None:
    conf = world.conf()[1] | {"notes": "x" * 8_000_000}
    world.server.play(*[Fault(SUBMIT, Reset(), read=2000)] * times, Fault(SUBMIT, Fin()))
    outcome = world.call(lambda: world.client.job.submit(conf, DSL), 600)
    assert outcome.result.recovered
    assert world.server.posts(SUBMIT) == 1
    assert list(world.ledger.jobs) == [outcome.result.job_id]


def test_a_server_that_is_too_busy_is_asked_again_when_it_said(world: World) -> None:
    busy = Fault(SUBMIT, Says.gateway(429, "7"), done=False)
    world.server.play(busy, busy)
    outcome = world.submit()
    assert not outcome.result.recovered
    assert outcome.took >= 14
    assert world.server.posts(SUBMIT) == 3
    assert outcome.result.statistics is not None
    assert outcome.result.statistics.attempts == 3
    assert outcome.result.statistics.slept == pytest.approx(outcome.took)


def test_a_server_that_stays_too_busy_has_made_no_job(world: World) -> None:
    world.server.play(*[Fault(SUBMIT, Says.gateway(429), done=False)] * 9)
    assert not isinstance(world.submit().error, AmbiguousOutcomeError | None)
    assert world.server.posts(SUBMIT) == 4


def test_a_body_that_the_server_did_not_get_whole_is_sent_again(world: World) -> None:
    cut = Says.json({"retcode": 100, "retmsg": "<ClientDisconnected '400: Bad Request'>"})
    world.server.play(Fault(SUBMIT, cut, done=False))
    assert not world.submit().result.recovered
    assert world.server.posts(SUBMIT) == 2


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("where", ["here", "elsewhere", "nowhere"])
def test_a_redirect_is_neither_followed_nor_signed_for(status: int, where: str) -> None:
    with FlowServer(FakeClock()) as other, World(keys=("me", "hush-hush-42")) as world:
        with FlowServer(FakeClock()) as gone:
            dead = gone.url
        target = {"here": world.server.url, "elsewhere": other.url, "nowhere": dead}[where]
        redirect = Says.redirect(status, f"{target}/v1/job/submit")
        world.server.play(*[Fault(SUBMIT, redirect, done=False)] * 9)
        assert isinstance(world.submit().error, UnexpectedRedirectError)
        assert world.server.posts(SUBMIT) == 1
        assert other.connections == 0


# What the server refuses.


def test_a_rejected_job_says_which_and_why_and_is_not_sent_again(world: World) -> None:
    world.ledger.plans.append(Plan(rejected=True))
    error = world.submit().error
    assert isinstance(error, SubmitRejectedError)
    assert [error.job_id] == list(world.ledger.jobs)
    assert "create job failed" in str(error)
    assert "provider does not exist" in error.retmsg
    assert world.server.posts(SUBMIT) == 1
    assert world.clock.slept == []


def test_a_rejected_job_tells_what_each_party_said(world: World) -> None:
    world.ledger.plans.append(Plan(rejected=True))
    error: Any = world.submit().error
    assert set(error.parties) == {"guest", "host"}
    assert "provider does not exist" in str(error.parties["host"])


@pytest.mark.parametrize("release", ["1.5.3", "1.6.1"])
def test_old_releases_reject_without_an_id(release: str) -> None:
    with World(release) as world:
        world.ledger.plans.append(Plan(rejected=True))
        error = world.submit().error
        assert isinstance(error, SubmitRejectedError)
        assert error.job_id is None
        assert world.server.posts(SUBMIT) == 1


# With a key of the caller's own.


@releases
def test_the_same_key_gives_the_same_job(release: str) -> None:
    with World(release) as world:
        first = world.submit(idempotency_key="k").result
        assert not first.recovered
        _, conf = world.conf()
        with world.another_client() as restarted:
            again = restarted.job.submit(conf, DSL, idempotency_key="k")
        assert again.recovered
        assert again.job_id == first.job_id
        assert again.statistics is not None
        assert again.statistics.attempts == 0
        other = world.submit(idempotency_key="another").result
        assert not other.recovered
        assert world.server.posts(SUBMIT) == 2


@releases
def test_a_key_is_remembered_beyond_many_other_jobs(release: str) -> None:
    with World(release) as world:
        first = world.submit(idempotency_key="k").result
        for _ in range(150):
            world.clock.advance(60)
            parties = [("guest", 9999), ("host", 10000), ("arbiter", 10001)]
            world.ledger.add_job("submit", world.conf()[1], DSL, parties)
        again = world.client.job.submit(world.conf()[1], DSL, idempotency_key="k")
        assert again.recovered
        assert again.job_id == first.job_id
        assert world.server.posts(SUBMIT) == 1


@releases
def test_a_key_is_forgotten_after_the_time_to_look_back(release: str) -> None:
    with World(release) as world:
        first = world.submit(idempotency_key="k").result
        world.clock.advance(3600)
        kept = world.client.job.submit(world.conf()[1], DSL, idempotency_key="k", lookback=4000)
        assert kept.job_id == first.job_id
        new = world.submit(idempotency_key="k", lookback=3000).result
        assert not new.recovered
        assert new.job_id != first.job_id


def test_a_key_counts_whatever_became_of_its_job(world: World) -> None:
    for status in ("running", "success", "failed", "canceled"):
        first = world.submit(idempotency_key=status).result
        world.ledger.jobs[first.job_id].status = status
        again = world.client.job.submit(world.conf()[1], DSL, idempotency_key=status)
        assert again.recovered
        assert again.job_id == first.job_id
    assert world.server.posts(SUBMIT) == 4


def test_a_rejected_job_does_not_use_up_its_key(world: World) -> None:
    world.ledger.plans.append(Plan(rejected=True))
    assert isinstance(world.submit(idempotency_key="k").error, SubmitRejectedError)
    result = world.submit(idempotency_key="k").result
    assert not result.recovered
    # Nor is the rejected one taken for the next, when that one's answer is lost.
    world.ledger.plans.extend([Plan(rejected=True), Plan()])
    assert isinstance(world.submit(idempotency_key="l").error, SubmitRejectedError)
    world.server.play(Fault(SUBMIT, Fin()))
    assert world.submit(idempotency_key="l").result.recovered


def test_two_jobs_of_one_key_are_both_named_and_none_is_stopped(world: World) -> None:
    first = world.submit(idempotency_key="k").result
    sent = world.server.got[-1].json
    world.clock.advance(5)
    second = world.client.raw(SUBMIT, sent).job_id  # as somebody who sends it again blindly
    again = world.client.job.submit(world.conf()[1], DSL, idempotency_key="k")
    assert again.job_id == first.job_id
    assert again.duplicates == (second,)
    assert world.ledger.stops == {}
    assert world.server.posts(SUBMIT) == 2


def test_two_jobs_of_one_marker_are_both_named(world: World) -> None:
    # A proxy that sends a request twice, and loses both answers.
    world.ledger.plans.extend([Plan(unseen=2), Plan(unseen=0.5)])
    world.server.play(Fault(SUBMIT, Fin()))

    def twice(_: float) -> None:
        world.clock.on_sleep = None
        world.clock.now -= 0.9
        with FlowClient(port=world.server.port, clock=world.clock, trust_env=False) as proxy:
            sent = next(got for got in world.server.got if got.route == SUBMIT)
            proxy.raw(SUBMIT, sent.json)
        world.clock.now += 2.9

    world.clock.on_sleep = twice
    _, conf = world.conf()
    result = world.client.job.submit(conf, DSL)
    assert [result.job_id, *result.duplicates] == sorted(world.ledger.jobs)
    assert len(result.duplicates) == 1


def test_a_key_whose_job_is_undecided_sends_nothing(world: World) -> None:
    world.ledger.plans.append(Plan(ready=100_000))
    world.submit(idempotency_key="k").result  # noqa: B018 - the server said that it took it
    outcome = world.call(
        lambda: world.client.job.submit(world.conf()[1], DSL, idempotency_key="k"), 600
    )
    assert isinstance(outcome.error, AmbiguousOutcomeError)
    assert list(outcome.error.candidates) == list(world.ledger.jobs)
    assert world.server.posts(SUBMIT) == 1


def test_a_key_cannot_be_looked_for_while_the_server_cannot_be_asked(world: World) -> None:
    first = world.submit(idempotency_key="k").result
    for route in ("job/list/job", "job/query"):
        world.server.play(*[Fault(route, Reset())] * 40)
        outcome = world.call(
            lambda: world.client.job.submit(world.conf()[1], DSL, idempotency_key="k"), 600
        )
        if outcome.error is None:
            assert outcome.result.job_id == first.job_id
    assert world.server.posts(SUBMIT) == 1


SCRIPT = """
import json, sys
from fateflow_client import FlowClient
port, release, conf, dsl = sys.argv[1:]
client = FlowClient(port=int(port), trust_env=False, server_release=release)
client.job.submit(json.loads(conf), json.loads(dsl), idempotency_key="nightly")
"""


@pytest.mark.parametrize("release", ["1.6.1", "1.7.0", "1.11.2"])
def test_a_process_that_is_killed_before_its_answer_leaves_one_job(release: str) -> None:
    with World(release) as world:
        world.clock.now = time.time()  # the other process has no clock but the machine's
        world.server.play(Fault(SUBMIT, Late()))
        documents = [json.dumps(world.conf()[1]), json.dumps(DSL)]
        command = [sys.executable, "-c", SCRIPT, str(world.server.port), release, *documents]
        with subprocess.Popen(command) as process:
            while not world.ledger.jobs and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        assert len(world.ledger.jobs) == 1
        result = world.client.job.submit(world.conf()[1], DSL, idempotency_key="nightly")
        assert result.recovered
        assert list(world.ledger.jobs) == [result.job_id]
        assert world.server.posts(SUBMIT) == 1


# What an unclear outcome tells.


def test_an_unclear_outcome_can_be_asked_about_in_another_process(world: World) -> None:
    world.ledger.plans.append(Plan(unseen=500))
    world.server.play(Fault(SUBMIT, Fin()))
    _, conf = world.conf()
    error = world.call(lambda: world.client.job.submit(conf, DSL), 600).error
    assert isinstance(error, AmbiguousOutcomeError)
    travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    with world.another_client() as other:
        with pytest.raises(AmbiguousOutcomeError):
            other.reconcile(travelled)
        world.clock.advance(500)
        result = other.reconcile(travelled)
    assert [result.job_id] == list(world.ledger.jobs)
    assert error.reconcile().job_id == result.job_id
    assert world.server.posts(SUBMIT) == 1


def test_asking_again_about_an_unclear_outcome_may_fail_as_well(world: World) -> None:
    world.server.play(Fault(SUBMIT, Fin(), done=False))
    error = world.submit().error
    assert isinstance(error, AmbiguousOutcomeError)
    world.server.play(*[Fault(None, Reset())] * 40)
    # Not what looking raised: a program that retries that would submit again.
    outcome = world.call(error.reconcile, 400)
    assert isinstance(outcome.error, AmbiguousOutcomeError)


def test_the_deadline_holds_before_anything_was_sent(world: World) -> None:
    world.server.play(*[Fault(SUBMIT, Says.gateway(429), done=False)] * 9)
    outcome = world.call(lambda: world.client.job.submit(world.conf()[1], DSL, deadline=1), 1)
    assert outcome.error is not None
    assert world.ledger.jobs == {}


def test_a_server_that_takes_longer_than_the_deadline_may_have_done_it(world: World) -> None:
    world.server.play(Fault(SUBMIT, Cut(), takes=400))
    outcome = world.call(lambda: world.client.job.submit(world.conf()[1], DSL), 400 + 180)
    assert outcome.result.recovered


def test_attempts_are_the_callers_to_bound() -> None:
    with World(retry=RetryPolicy(attempts=1, settle=120)) as world:
        world.server.play(Fault(SUBMIT, Says.gateway(429), done=False))
        assert world.submit().error is not None
        assert world.server.posts(SUBMIT) == 1
        world.server.play(Fault(SUBMIT, Fin()))
        assert world.submit().result.recovered


def test_the_texts_of_the_recordings_are_those_of_the_fault_server() -> None:
    # The client tells "exists" by this text.
    assert "already exists" in EXISTS
