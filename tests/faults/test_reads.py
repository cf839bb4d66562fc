"""Calls that only read: what is asked again, what is not, and what is never taken for data."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import pytest

from fateflow_client import (
    AmbiguousOutcomeError,
    ApiError,
    CallTimeoutError,
    ConnectError,
    FlowClient,
    FlowError,
    Phase,
    ProtocolError,
    RetryEvent,
    RetryPolicy,
)
from tests.faults.flow import Drip, Endless, Fault, Reset, Says, Sight
from tests.faults.ledger import PASSWORD, Plan
from tests.faults.world import DSL, QUERY_DEADLINE, TRAIN, World
from tests.support.clock import FakeClock

QUERY = "job/query"
JSON = ("Content-Type", "application/json")


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        world.submit()
        world.server.got.clear()
        yield world


def rows(*extra: str) -> bytes:
    """An answer with one job, and more members as JSON text."""
    job = {"f_job_id": "202701150800001234560", "f_status": "running", "f_role": "guest"}
    text = json.dumps(job)[:-1] + "".join(f", {member}" for member in extra) + "}"
    return b'{"retcode": 0, "retmsg": "success", "data": [' + text.encode() + b"]}"


# What can be read, however odd.

ODD: dict[str, Says] = {
    "a byte order mark": Says(body=b"\xef\xbb\xbf" + rows(), headers=(JSON,)),
    "UTF-8 that calls itself Latin-1": Says(
        body=rows('"f_name": "Zoë"'), headers=(("Content-Type", "application/json;charset=latin1"),)
    ),
    "no content type": Says(body=rows(), headers=()),
    "HTML by its content type": Says(body=rows()),
    "compression that nobody asked for": Says(
        body=gzip.compress(rows()), headers=(JSON, ("Content-Encoding", "gzip"))
    ),
    "a number that is none": Says(body=rows('"f_more": NaN'), headers=(JSON,)),
    "an infinite number": Says(body=rows('"f_more": -Infinity'), headers=(JSON,)),
    "a number of 400 digits": Says(body=rows('"f_more": ' + "9" * 400), headers=(JSON,)),
    "a member twice": Says(body=rows('"f_status": "running"'), headers=(JSON,)),
    "a status that nobody knows": Says(body=rows('"f_status": "paused"'), headers=(JSON,)),
    "spaces around it": Says(body=b" \r\n" + rows() + b"\n" * 1000, headers=(JSON,)),
}


@pytest.mark.parametrize("sight", ODD.values(), ids=ODD.keys())
def test_an_odd_answer_is_read(sight: Says, world: World) -> None:
    world.server.play(Fault(QUERY, sight))
    jobs = world.client.job.query(role="guest")
    assert [job.job_id for job in jobs] == ["202701150800001234560"]
    assert jobs[0].status in ("running", "paused")
    assert world.server.posts(QUERY) == 1


# What cannot.

UNREADABLE: dict[str, Says] = {
    "gzip that is none": Says(body=rows(), headers=(JSON, ("Content-Encoding", "gzip"))),
    "gzip that is cut": Says(
        body=gzip.compress(rows())[:-12], headers=(JSON, ("Content-Encoding", "gzip"))
    ),
    "deflate that is none": Says(body=rows(), headers=(JSON, ("Content-Encoding", "deflate"))),
    "UTF-16": Says(body=rows().decode().encode("utf-16"), headers=(JSON,)),
    "bytes that are no UTF-8": Says(body=rows('"f_name": "\0"').replace(b"\0", b"\xff\xfe")),
    "half a document": Says(body=rows()[:-3], headers=(JSON,)),
    "a document and more": Says(body=rows() + b"{}", headers=(JSON,)),
    "nothing": Says(headers=(JSON,)),
    "brackets without end": Says(body=b"[" * 200_000, headers=(JSON,)),
    "brackets 200,000 deep": Says(body=b"[" * 200_000 + b"]" * 200_000, headers=(JSON,)),
    "a list": Says.json([{"f_job_id": "1"}]),
    "null": Says.json(None),
    "a text": Says.json("success"),
    "a number": Says.json(0),
    "no retcode": Says.json({"data": [], "retmsg": "success"}),
    "a retcode that is null": Says.json({"retcode": None, "data": []}),
    "a retcode that is true": Says.json({"retcode": False, "data": []}),
    "a retcode that is a text": Says.json({"retcode": "0", "data": []}),
    "a retcode with a fraction": Says.json({"retcode": 0.5, "data": []}),
    "FATEBoard": Says.json({"timestamp": 1, "status": 404, "error": "Not Found", "path": "/v1"}),
    "HTML": Says(body=b"<html>Welcome to nginx!</html>"),
    "204": Says(status=204),
    "206": Says(status=206, body=b"<html>a part</html>"),
}


@pytest.mark.parametrize("sight", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_asked_for_again(sight: Says, world: World) -> None:
    world.server.play(Fault(QUERY, sight))
    assert len(world.client.job.query(role="guest")) == 1
    assert world.server.posts(QUERY) == 2


@pytest.mark.parametrize("sight", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_can_never_be_read_is_an_error_and_no_empty_result(sight: Says, world: World) -> None:
    world.server.play(*[Fault(QUERY, sight)] * 9)
    outcome = world.call(lambda: world.client.job.query(role="guest"), QUERY_DEADLINE)
    assert outcome.error is not None
    assert not isinstance(outcome.error, AmbiguousOutcomeError | ApiError)
    assert world.server.posts(QUERY) == 4


@pytest.mark.parametrize("name", ["passwd", "password"])
@pytest.mark.parametrize("end", [b"-of-the", b'"more"', b"xxxxx"], ids=["in it", "after", "later"])
def test_what_is_kept_of_an_unreadable_answer_tells_no_password(
    end: bytes, name: str, world: World
) -> None:
    # Rows of jobs that store models hold it, and half an answer cannot be taken apart.
    parameters = {"store_address": {"user": "fate", name: PASSWORD}, "more": "x" * 2000}
    body = json.dumps({"retcode": 0, "data": [parameters]}).encode()
    half = Says(body=body[: body.index(end)], headers=(JSON,))
    world.server.play(*[Fault(QUERY, half)] * 9)
    with pytest.raises(ProtocolError) as caught:
        world.client.job.query(role="guest")
    assert caught.value.head
    assert PASSWORD[:4] not in str(caught.value) + repr(vars(caught.value))


def test_fateboard_is_named(world: World) -> None:
    world.server.play(*[Fault(QUERY, UNREADABLE["FATEBoard"])] * 9)
    with pytest.raises(ProtocolError, match="FATEBoard"):
        world.client.job.query(role="guest")


SHAPES = [
    {"retcode": 0, "retmsg": "success", "data": 7},
    {"retcode": 0, "retmsg": "success", "data": "rows"},
    {"retcode": 0, "retmsg": "success", "data": [1, 2]},
    {"retcode": 0, "retmsg": "success", "data": [{"f_job_id": {}, "f_status": []}]},
    {"retcode": 0, "retmsg": "success", "data": [{"f_status": "running"}]},
    {"retcode": 0, "retmsg": "success", "data": [{"f_job_id": "1", "f_status": "x",
                                                  "f_create_time": 10**30}]},
]  # fmt: skip


@pytest.mark.parametrize("document", SHAPES)
def test_a_success_of_another_shape_is_an_error_and_is_not_asked_for_again(
    document: dict[str, object], world: World
) -> None:
    world.server.play(Fault(QUERY, Says.json(document)))
    with pytest.raises(ProtocolError) as caught:
        world.client.job.query(role="guest")
    assert caught.value.enveloped
    assert world.server.posts(QUERY) == 1


@pytest.mark.parametrize("status", [210, 400, 404, 409, 500])
def test_an_error_that_comes_with_another_status_is_an_error(status: int, world: World) -> None:
    # 210 looks like a success to most of HTTP.
    document = {"retcode": status, "retmsg": "something is wrong", "data": [{"f_job_id": "1"}]}
    world.server.play(Fault(QUERY, Says.json(document, status)))
    with pytest.raises(ApiError, match="something is wrong") as caught:
        world.client.job.query(role="guest")
    assert caught.value.status == status
    assert world.server.posts(QUERY) == 1


def test_a_210_with_a_retcode_of_success_is_no_data(world: World) -> None:
    document = {"retcode": 0, "retmsg": "success", "data": []}
    world.server.play(*[Fault(QUERY, Says.json(document, 210))] * 9)
    with pytest.raises(FlowError):
        world.client.job.query(role="guest")


@pytest.mark.parametrize("status", [200, 429])
def test_requests_that_go_round_in_circles_are_not_sent_again(status: int, world: World) -> None:
    document = {"retcode": 429, "retmsg": "Too many forwarding times."}
    for act, route in (
        (lambda: world.client.job.query(role="guest"), QUERY),
        (lambda: world.client.job.submit(world.conf()[1], DSL), "job/submit"),
    ):
        world.server.play(Fault(route, Says.json(document, status), done=False))
        before = world.server.posts(route)
        with pytest.raises(ApiError, match="forwarding") as caught:
            act()
        assert caught.value.retcode == 429
        assert world.server.posts(route) == before + 1
    assert world.clock.slept == []


def test_a_500_without_an_envelope_is_asked_for_once_more(world: World) -> None:
    world.server.play(*[Fault(QUERY, Says.gateway(500))] * 9)
    with pytest.raises(ProtocolError):
        world.client.job.query(role="guest")
    assert world.server.posts(QUERY) == 2


# Answers without end.

ENDLESS: dict[str, Endless] = {
    "headers": Endless(b"HTTP/1.1 200 X\r\n", b"X-More: y\r\n"),
    "one header": Endless(b"HTTP/1.1 200 X\r\nX-More: ", b"y" * 10_000),
    "a status line": Endless(b"HTTP/1.1 200 ", b"X" * 10_000),
    "a body without length": Endless(b"HTTP/1.1 200 X\r\n\r\n[", b"0," * 20_000),
    "chunks": Endless(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n",
                      b"4e20\r\n" + b"0," * 10_000 + b"\r\n"),
    "the size of a chunk": Endless(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                                   b"y" * 10_000),
}  # fmt: skip


@pytest.mark.parametrize("sight", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_answer_without_end_is_not_read_without_end(sight: Endless, world: World) -> None:
    # The clock stands still: what ends it is how much there is.
    world.server.play(*[Fault(QUERY, sight)] * 9)
    with world.another_client(max_reply_bytes=100_000) as client:
        outcome = world.call(lambda: client.job.query(role="guest"), QUERY_DEADLINE)
    assert outcome.error is not None


DRIPS: dict[str, Sight] = {
    "a body": Drip(1.0),
    "a head": Drip(1.0, head=True),
    "a body without length": Endless(b"HTTP/1.1 200 X\r\n\r\n[", b"0,", seconds=1.0),
    "a chunk": Endless(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n", b"0,", 1.0),
    "hundreds of 100 Continue": Endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", seconds=1.0),
    "trailers": Endless(
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n", 1.0
    ),
}


@pytest.mark.parametrize("sight", DRIPS.values(), ids=DRIPS.keys())
def test_a_deadline_holds_while_an_answer_drips(sight: Sight, world: World) -> None:
    world.server.play(*[Fault(QUERY, sight)] * 9)
    # Three seconds of grace: the server is up to two bytes ahead of the client.
    outcome = world.call(lambda: world.client.job.query(role="guest", deadline=20), 20 + 3)
    assert isinstance(outcome.error, CallTimeoutError)
    assert "deadline" in str(outcome.error)
    assert world.server.posts(QUERY) == 1


def test_an_answer_that_drips_in_time_is_read(world: World) -> None:
    world.server.play(Fault(QUERY, Drip(0.001, head=True)))
    outcome = world.call(lambda: world.client.job.query(role="guest"), QUERY_DEADLINE)
    assert len(outcome.result) == 1
    assert world.server.posts(QUERY) == 1
    assert outcome.took > 1


@pytest.mark.parametrize("head", [True, False])
def test_a_submit_whose_answer_drips_beyond_its_deadline_is_looked_for(
    head: bool, world: World
) -> None:
    world.ledger.plans.append(Plan(unseen=10))
    world.server.play(Fault("job/submit", Drip(1.0, head=head)))
    assert world.submit(deadline=20).result.recovered
    assert world.server.posts("job/submit") == 1


def test_a_look_that_drips_does_not_last_for_ever(world: World) -> None:
    world.server.play(Fault("job/submit", Reset()), Fault(QUERY, Drip(1.0)))
    outcome = world.submit()
    assert outcome.result.recovered
    assert outcome.took <= 60 + 3 + 8


def test_a_handshake_that_stalls_has_sent_nothing() -> None:
    clock = FakeClock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        policy = RetryPolicy(attempts=2)
        with FlowClient.from_url(
            url, clock=clock, retry=policy, connect_timeout=0.1, trust_env=False
        ) as client:
            for act in (
                lambda: client.job.query(role="guest"),
                lambda: client.job.submit(TRAIN, DSL),
            ):
                with pytest.raises(ConnectError) as caught:
                    act()
                assert caught.value.phase is Phase.BEFORE_SEND
                assert caught.value.attempts == 2
                assert not caught.value.permanent


def test_a_hook_that_fails_changes_nothing() -> None:
    def hook(_: RetryEvent) -> None:
        raise RuntimeError("the hook's own trouble")

    with World(on_retry=hook) as world:
        world.server.play(Fault(QUERY, Reset()), Fault(QUERY, Says.gateway(502)))
        assert len(world.client.job.query(role="guest")) == 0
        assert world.server.posts(QUERY) == 3


def test_what_was_asked_twice_is_told(world: World) -> None:
    world.server.play(Fault(QUERY, Reset()), Fault(QUERY, Says.gateway(502)))
    result = world.client.job.query(role="guest")
    assert result.statistics is not None
    assert result.statistics.attempts == 3
    assert result.statistics.phase is None
    assert result.statistics.slept == pytest.approx(sum(world.clock.slept))
    assert result.statistics.elapsed == pytest.approx(sum(world.clock.slept))


def test_connections_are_shared_after_a_failure_too() -> None:
    with World(keep_alive=True) as world:
        client: FlowClient = world.client
        for _ in range(3):
            world.server.play(Fault(QUERY, Says.gateway(502)))
            client.job.query(role="guest")
        assert world.server.connections == 1
        # A broken one is not used again.
        world.server.play(Fault(QUERY, Reset()))
        client.job.query(role="guest")
        client.job.query(role="guest")
        assert world.server.connections == 2


def test_an_idle_connection_that_the_server_has_closed_costs_no_job() -> None:
    with World(keep_alive=True) as world:
        world.submit()
        for _ in range(3):
            # As a proxy closes idle connections, just when the next request leaves.
            world.server.hang_up()
            world.submit()
        assert len(world.ledger.jobs) == 4
