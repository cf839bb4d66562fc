"""What goes wrong on the way, on real sockets: what is sent again, and what never is.

The oracle is what the server saw, never the client's opinion.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AmbiguousOutcomeError,
    ApiError,
    CallTimeoutError,
    ConnectError,
    FlowClient,
    FlowError,
    NotSentError,
    Phase,
    ProtocolError,
    RetryPolicy,
    SizeLimitError,
    TransportError,
    UnexpectedRedirectError,
)
from tests.support.clock import FakeClock
from tests.support.questions import NOTHING_THERE
from tests.support.samples import CONF, JOB_ID, requests_by_call
from tests.support.server import Answer, Drop, Got, Hang, Raw, ScriptedServer, Step

GOOD = Answer.of({"retcode": 0, "retmsg": "success", "data": [], "jobId": JOB_ID})
SUBMITTED = Answer.of({"retcode": 0, "jobId": JOB_ID, "data": {"job_id": JOB_ID}})
HTML = (("Content-Type", "text/html"),)

PASSING: dict[str, Step] = {
    "the connection is reset": Drop(),
    "the connection ends in order": Drop(reset=False),
    "the answer is cut": Answer.of({"retcode": 0, "data": []}, cut=5),
    "the answer is cut and has no length": Answer.of({"retcode": 0}, cut=5, length=False),
    "a chunk is broken": Raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "the chunks end early": Raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"),
    "two lengths": Raw(b"HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    "no HTTP": Raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "an empty answer": Answer(body=b""),
    "half a JSON document": Answer(body=b'{"retcode":'),
    "502": Answer(502, HTML, b"<h1>Bad gateway</h1>"),
    "503": Answer(503, HTML, b"<h1>Unavailable</h1>"),
    "504": Answer(504, HTML, b"<h1>Timeout</h1>"),
    "429": Answer(429, HTML, b"slow down"),
}
SENT_AND_UNCLEAR = set(PASSING) - {"429"}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_query_is_sent_again(
    fault: Step, client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(fault, fault, GOOD)
    assert len(client.job.query(JOB_ID)) == 0
    assert len(server.got) == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_query_is_given_up_after_four_tries(
    fault: Step, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(fault)
    with pytest.raises(FlowError) as caught:
        client.job.query(JOB_ID)
    assert len(server.got) == 4
    assert caught.value.port == server.port
    if isinstance(caught.value, TransportError):
        assert caught.value.attempts == 4


@pytest.mark.parametrize("name", sorted(SENT_AND_UNCLEAR))
def test_a_submit_whose_answer_is_lost_is_not_sent_again(
    name: str, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(PASSING[name], SUBMITTED)
    with pytest.raises(AmbiguousOutcomeError, match="may have been done") as caught:
        client.job.submit(CONF, marker=False)
    assert len(server.got) == 1
    assert caught.value.operation == "job/submit"
    assert caught.value.phase in (Phase.SENT, Phase.REPLYING)
    assert not isinstance(caught.value, TransportError)


@pytest.mark.parametrize("call", ["data.upload", "job.submit"])
def test_what_must_not_be_repeated_is_sent_again_if_the_server_was_too_busy_to_look(
    call: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    request = requests_by_call(tmp_path)[call]
    table = {"job_id": JOB_ID, "namespace": "n", "table_name": "t"}
    server.play(PASSING["429"], Answer.of({"retcode": 0, "jobId": JOB_ID, "data": table}))
    assert client.send(request).job_id == JOB_ID
    assert len(server.got) == 2


def test_a_submit_is_tried_again_while_nothing_listens(
    clock: FakeClock,
) -> None:
    with ScriptedServer([SUBMITTED]) as gone:
        port = gone.port
    with ExitStack() as stack:
        server = ScriptedServer([SUBMITTED], port=port)

        def come_back(_: float) -> None:
            if len(clock.slept) == 2:
                stack.enter_context(server)

        clock.on_sleep = come_back
        client = FlowClient(port=port, clock=clock, trust_env=False)
        assert client.job.submit(CONF).job_id == JOB_ID
        assert len(server.got) == 1
        assert len(clock.slept) == 2


def test_nothing_listens_at_all(clock: FakeClock) -> None:
    with ScriptedServer() as gone:
        port = gone.port
    client = FlowClient("127.0.0.1", port, clock=clock, trust_env=False)
    with pytest.raises(ConnectError, match=f"127.0.0.1:{port}/v1/job/submit") as caught:
        client.job.submit(CONF)
    assert caught.value.attempts == 4
    assert caught.value.phase is Phase.BEFORE_SEND
    assert "refused" in str(caught.value)


def test_a_name_that_does_not_resolve_is_named(clock: FakeClock) -> None:
    client = FlowClient("no-such-host.invalid", clock=clock, trust_env=False)
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid:9380"):
        client.job.query(JOB_ID)


def test_an_upload_that_breaks_off_is_sent_again_from_the_start(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    table = tmp_path / "big.csv"
    table.write_bytes(b"id,x\n" + b"1,2\n" * 4_000_000)
    conf = {"file": str(table), "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
    server.play(Drop(after=1000), Answer.of({"retcode": 0, "data": {"job_id": JOB_ID} | conf}))
    assert client.data.upload(conf).job_id == JOB_ID
    assert len(server.got) == 2
    assert len(server.got[1].body) > table.stat().st_size
    assert table.read_bytes() in server.got[1].body


def test_an_upload_that_breaks_off_for_good_says_that_it_was_not_sent(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    table = tmp_path / "big.csv"
    table.write_bytes(b"id,x\n" + b"1,2\n" * 4_000_000)
    conf = {"file": str(table), "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
    server.play(Drop(after=1000))
    with pytest.raises(NotSentError) as caught:
        client.data.upload(conf)
    assert caught.value.sent_bytes is not None
    assert 0 < caught.value.sent_bytes < table.stat().st_size
    assert len(server.got) == 4


@pytest.mark.parametrize("call", ["job.submit", "data.upload", "job.query", "job.log"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(
    status: int, call: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    with ScriptedServer() as other:
        target = f"http://user:word@127.0.0.1:{other.port}/v1/job/query?secret=1"
        server.play(Answer(status, (("Location", target),), b""))
        with pytest.raises(UnexpectedRedirectError, match=f"127.0.0.1:{other.port}") as caught:
            client.send(requests_by_call(tmp_path)[call])
        assert len(server.got) == 1
        assert other.connections == 0
    assert "word" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.status == status


def test_an_answer_that_never_comes_is_lost(server: ScriptedServer) -> None:
    server.play(Hang())
    policy = RetryPolicy(attempts=1, settle=0)
    client = FlowClient(port=server.port, retry=policy, trust_env=False)
    with pytest.raises(CallTimeoutError) as caught:
        client.job.query(JOB_ID, timeout=0.05)
    assert caught.value.phase is Phase.SENT
    with pytest.raises(AmbiguousOutcomeError):
        client.job.submit(CONF, timeout=0.05, marker=False)


def test_a_call_ends_at_its_deadline(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(Drop())
    begin = clock.now
    with pytest.raises(TransportError) as caught:
        client.job.query(JOB_ID, deadline=0.001)
    assert clock.now - begin <= 0.001
    assert caught.value.attempts == 1


def test_a_deadline_that_passes_in_a_pause_hides_no_failure(clock: FakeClock) -> None:
    # A busy machine sleeps longer than it was told.
    clock.on_sleep = lambda _: setattr(clock, "now", clock.now + 100)
    with ScriptedServer() as gone:
        port = gone.port
    client = FlowClient(port=port, clock=clock, trust_env=False)
    with pytest.raises(ConnectError, match="refused"):
        client.job.query(JOB_ID)
    assert len(clock.slept) == 1


def test_the_deadline_holds_while_an_answer_arrives(
    server: ScriptedServer, clock: FakeClock
) -> None:
    # The clock moves when the request arrives: the answer is read after the deadline.
    def advance(_: Got) -> None:
        clock.now += 61

    server.on_request = advance
    server.play(GOOD)
    client = FlowClient(port=server.port, clock=clock, trust_env=False)
    with pytest.raises(CallTimeoutError, match="deadline"):
        client.job.query(JOB_ID)
    assert len(server.got) == 1


RETRY_AFTER: dict[str, tuple[str, float, float]] = {
    "seconds": ("7", 7, 7.5),
    "zero": ("0", 0, 0.5),
    "nonsense": ("soon", 0, 0.5),
    "negative": ("-5", 0, 0.5),
}


@pytest.mark.parametrize(("value", "least", "most"), RETRY_AFTER.values(), ids=RETRY_AFTER.keys())
def test_the_server_may_ask_to_wait(
    value: str, least: float, most: float,
    client: FlowClient, server: ScriptedServer, clock: FakeClock,
) -> None:  # fmt: skip
    server.play(Answer(503, (("Retry-After", value),), b"busy"), GOOD)
    client.job.query(JOB_ID)
    assert least <= clock.slept[0] <= most


def test_the_server_may_ask_to_wait_until_a_date(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    date = formatdate(clock.now + 9, usegmt=True)
    server.play(Answer(429, (("Retry-After", date),), b"busy"), GOOD)
    client.job.query(JOB_ID)
    assert 8 <= clock.slept[0] <= 10


@pytest.mark.parametrize("seconds", [61, 10**9, 10**30])
def test_a_wait_beyond_the_deadline_is_not_waited(
    seconds: int, client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(Answer(503, (("Retry-After", str(seconds)),), b"busy"))
    with pytest.raises(ProtocolError) as caught:
        client.job.query(JOB_ID)
    assert clock.slept == []
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 61


def test_waits_grow_and_are_bounded(server: ScriptedServer, clock: FakeClock) -> None:
    server.play(Drop())
    policy = RetryPolicy(attempts=9, base=1, cap=4)
    client = FlowClient(port=server.port, clock=clock, retry=policy, trust_env=False)
    with pytest.raises(TransportError):
        client.job.query(JOB_ID, deadline=10_000)
    assert len(clock.slept) == 8
    bounds = [min(4, 2**n) for n in range(8)]
    assert all(0 <= slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))


@pytest.mark.parametrize("retcode", [100, 101, 102, 103, 109, 210, 4242])
def test_a_refusal_is_not_asked_for_again(
    retcode: int, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Answer.of({"retcode": retcode, "retmsg": "no"}))
    with pytest.raises(ApiError) as caught:
        client.job.stop(JOB_ID)
    assert len(server.got) == 1
    assert caught.value.retcode == retcode


def test_an_answer_that_is_too_large_is_not_read(server: ScriptedServer) -> None:
    server.play(Answer(body=b'{"retcode":0,"data":"' + b"x" * 100_000 + b'"}'))
    client = FlowClient(port=server.port, max_reply_bytes=2000, trust_env=False)
    with pytest.raises(SizeLimitError, match="2000"):
        client.job.query(JOB_ID)
    assert len(server.got) == 1


def test_a_submit_whose_answer_is_too_large_may_have_been_done(server: ScriptedServer) -> None:
    server.play(Answer(body=b'{"retcode":0,"data":"' + b"x" * 100_000 + b'"}'))
    client = FlowClient(port=server.port, max_reply_bytes=2000, trust_env=False)
    with pytest.raises(AmbiguousOutcomeError) as caught:
        client.job.submit(CONF, marker=False)
    assert isinstance(caught.value.__cause__, SizeLimitError)
    assert len(server.got) == 1


def test_a_server_without_end_of_headers_is_bounded(
    client: FlowClient, server: ScriptedServer
) -> None:
    for junk in (b"X: " + b"y" * 200_000, b"".join(b"X%d: y\r\n" % n for n in range(300))):
        server.play(Raw(b"HTTP/1.1 200 X\r\n" + junk + b"\r\n\r\n"))
        with pytest.raises(FlowError):
            client.job.query(JOB_ID)


def test_a_proxy_variable_and_netrc_of_the_machine_add_no_credentials(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.play(GOOD)
    with FlowClient(port=server.port) as client:
        client.job.query(JOB_ID)
    assert "authorization" not in server.got[0].headers


def test_cookies_are_not_kept(client: FlowClient, server: ScriptedServer) -> None:
    headers = (("Content-Type", "application/json"), ("Set-Cookie", "a=b; Path=/"))
    server.play(Answer(200, headers, b'{"retcode":0,"data":[]}'))
    client.job.query(JOB_ID)
    client.job.query(JOB_ID)
    assert "cookie" not in server.got[1].headers


def test_a_proxy_of_the_environment_is_used(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    server.play(GOOD)
    with FlowClient("flow.example.test", 9380) as client:
        client.job.query(JOB_ID)
    assert server.got[0].target == "http://flow.example.test:9380/v1/job/query"


def test_a_retry_is_logged_without_secrets(
    server: ScriptedServer, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    server.play(Drop(), GOOD)
    client = FlowClient(
        port=server.port, clock=clock, app_key="me", secret_key="hush-hush", trust_env=False
    )
    with caplog.at_level(logging.DEBUG, "fateflow_client"):
        client.job.query(JOB_ID)
    assert "try 1 failed" in caplog.text
    for secret in ("hush-hush", server.got[0].headers["signature"], server.got[0].headers["nonce"]):
        assert secret not in caplog.text


def test_every_attempt_is_signed_anew(server: ScriptedServer, clock: FakeClock) -> None:
    server.play(Drop(), GOOD)
    client = FlowClient(port=server.port, clock=clock, app_key="a", secret_key="s", trust_env=False)
    client.job.query(JOB_ID)
    first, second = (got.headers for got in server.got)
    assert first["nonce"] != second["nonce"]
    assert int(second["timestamp"]) - int(first["timestamp"]) == int(clock.slept[0] * 1000) or (
        abs(int(second["timestamp"]) - int(first["timestamp"]) - clock.slept[0] * 1000) < 2
    )


def test_keep_alive_connections_are_reused(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "data": []}, keep_alive=True))
    for _ in range(5):
        client.job.query(JOB_ID)
    assert server.connections == 1


def test_the_user_agent_names_this_library(server: ScriptedServer) -> None:
    server.play(GOOD)
    client = FlowClient(port=server.port, user_agent="pipeline/7", trust_env=False)
    client.job.query(JOB_ID)
    assert server.got[0].headers["user-agent"].startswith("pipeline/7 fateflow-client")


def test_raw_reaches_other_routes(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "retmsg": "success", "data": {"a": 1}}))
    envelope = client.raw("server/service/get", {"b": 2})
    assert envelope.data == {"a": 1}
    assert server.got[0].path == "/v1/server/service/get"
    assert server.got[0].json == {"b": 2}
    server.play(Answer.of({"retcode": 100, "retmsg": "<NotFound '404: Not Found'>"}))
    with pytest.raises(ApiError, match="no such route"):
        client.raw("nope")
    server.play(Drop())
    with pytest.raises(AmbiguousOutcomeError):
        client.raw("nope")
    with pytest.raises(TransportError):
        client.raw("nope", repeat=True)


def test_raw_quotes_a_route_and_refuses_what_json_cannot_say(
    client: FlowClient, server: ScriptedServer
) -> None:
    client.raw("job/a b?c#d")
    assert server.got[0].target == "/v1/job/a%20b%3Fc%23d"
    bad: Any = {"a": object()}
    with pytest.raises(FlowError, match="no JSON"):
        client.raw("job/x", bad)
