"""Keys, clocks and proxies: what is tried again, what is not, and what no text ever tells."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    AmbiguousOutcomeError,
    AuthError,
    ConnectError,
    FlowClient,
    FlowError,
    ProtocolError,
    RetryPolicy,
)
from tests.faults.flow import Fault, FlowServer, Reset, Says
from tests.faults.world import DSL, TRAIN, World
from tests.support.clock import FakeClock
from tests.support.samples import JOB_ID
from tests.support.server import Answer, Drop, ScriptedServer, Step

KEYS = ("my-app", "hush-hush-42")
FAR = "TIMESTAMP is more than 60 seconds away from the server time"
releases = pytest.mark.parametrize("release", ["1.7.0", "1.8.0", "1.9.0", "1.11.2"])

# By name: a call, and the route on which it is refused.
Call = Callable[[World, Path], Any]
CALLS: dict[str, tuple[str, Call]] = {
    "job.query": ("job/query", lambda w, _: w.client.job.query(JOB_ID)),
    "job.submit": ("job/submit", lambda w, _: w.submit().result),
    "data.upload": ("data/upload", lambda w, path: w.upload(w.upload_conf(path)).result),
    "tag.create": ("model/tag/create", lambda w, _: w.client.tag.create("Zoë & co")),
    "model.import_model": ("model/import", lambda w, path: _import(w, path)),
}
calls = pytest.mark.parametrize("name", CALLS)


def _import(world: World, folder: Path) -> Any:
    (folder / "m z.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    return world.client.model.import_model(
        {"role": "guest", "party_id": 9999, "model_id": "arbiter-1#guest-9999#model é",
         "model_version": JOB_ID, "file": str(folder / "m z.zip")}
    )  # fmt: skip


@releases
@calls
def test_what_is_signed_is_accepted(name: str, release: str, tmp_path: Path) -> None:
    with World(release, keys=KEYS) as world:
        CALLS[name][1](world, tmp_path)
        assert world.server.posts(CALLS[name][0]) == 1


# Clocks.


@releases
@calls
@pytest.mark.parametrize("skew", [-90, 90, 86_400])
def test_a_clock_that_is_wrong_is_put_right_once(
    skew: float, name: str, release: str, tmp_path: Path
) -> None:
    with World(release, skew=skew, keys=KEYS, server_release=release) as world:
        route, act = CALLS[name]
        act(world, tmp_path)
        assert world.server.unsigned == 1
        assert world.server.posts(route) <= 2
        # From then on it is right at the first attempt.
        world.client.job.query(JOB_ID)
        assert world.server.unsigned == 1
        assert len(world.ledger.jobs) <= 1
        nonces = [got.headers["nonce"] for got in world.server.got]
        assert len(set(nonces)) == len(nonces), "a nonce was used twice"


@releases
def test_a_wrong_clock_costs_one_more_request_and_only_the_first_time(release: str) -> None:
    with World(release, skew=90, keys=KEYS, server_release=release) as world:
        world.client.job.query(JOB_ID)
        assert world.server.posts("job/query") == 2
        world.client.job.query(JOB_ID)
        assert world.server.posts("job/query") == 3
        # The server's clock is put right behind our back.
        world.server.skew = 0
        world.client.job.query(JOB_ID)
        assert world.server.posts("job/query") == 5


@releases
@calls
def test_a_clock_that_cannot_be_put_right_is_an_error(
    name: str, release: str, tmp_path: Path
) -> None:
    with World(release, keys=KEYS, server_release=release) as world:
        far = {"retcode": 109, "retmsg": FAR}, 200
        if release < "1.9" and release != "1.11.2":
            far = {"retcode": 425, "retmsg": FAR}, 425
        route, act = CALLS[name]
        world.server.play(*[Fault(route, Says.json(*far), done=False)] * 9)
        with pytest.raises(AuthError, match="60 seconds") as caught:
            act(world, tmp_path)
        assert world.server.posts(route) == 2
        assert "clock" in str(caught.value)
        assert world.ledger.jobs == {}


def test_a_clock_is_put_right_amid_other_failures() -> None:
    with World(skew=90, keys=KEYS, server_release="1.11.2") as world:
        world.server.play(
            Fault("job/submit", Says.gateway(429), done=False),
            Fault("job/submit", Says.json({"retcode": 109, "retmsg": FAR}), done=False),
            Fault("job/submit", Reset()),
        )
        assert world.submit().result.recovered
        assert len(world.ledger.jobs) == 1


# Keys.


@releases
@calls
@pytest.mark.parametrize("keys", [("my-app", "wrong-77"), ("no-app", "hush-hush-42")])
def test_wrong_keys_are_not_tried_again(
    keys: tuple[str, str], name: str, release: str, tmp_path: Path
) -> None:
    with World(release, keys=KEYS, server_release=release) as world:
        world.client.close()
        world.client = FlowClient(
            port=world.server.port, app_key=keys[0], secret_key=keys[1], clock=world.clock,
            trust_env=False, server_release=release,
        )  # fmt: skip
        with pytest.raises(AuthError) as caught:
            CALLS[name][1](world, tmp_path)
        assert len(world.server.got) == 1
        assert world.clock.slept == []
        text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert keys[1] not in text
        assert world.ledger.jobs == {}


@releases
def test_no_keys_at_all_are_an_error_of_the_same_kind(release: str) -> None:
    with World(release, keys=KEYS) as world:
        with (
            FlowClient(port=world.server.port, clock=world.clock, trust_env=False) as client,
            pytest.raises(AuthError),
        ):
            client.job.query(JOB_ID)
        assert len(world.server.got) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_proxy_that_wants_other_keys_has_let_nothing_through(status: int) -> None:
    with World() as world:
        world.server.play(*[Fault("job/submit", Says.gateway(status), done=False)] * 9)
        assert isinstance(world.submit().error, AuthError)
        assert world.server.posts("job/submit") == 1


# Proxies.


def _through(proxy: str, clock: FakeClock, url: str = "http://flow.example.test") -> FlowClient:
    return FlowClient.from_url(
        url, proxies={"http": proxy, "https": proxy}, clock=clock, trust_env=False,
        retry=RetryPolicy(settle=3),
    )  # fmt: skip


REFUSED: dict[str, Step] = {
    "407": Answer(407, (("Proxy-Authenticate", "Basic"),), b"<h1>Who are you?</h1>"),
    "403": Answer(403, (), b"<h1>Not there</h1>"),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_not_asked_again(
    scheme: str, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(REFUSED["407"])
    with _through(server.url, clock, f"{scheme}://flow.example.test") as client:
        for act in (lambda: client.job.query(JOB_ID), lambda: client.job.submit(TRAIN, DSL)):
            server.got.clear()
            with pytest.raises(FlowError, match="407") as caught:
                act()
            assert isinstance(caught.value, ProtocolError | ConnectError)
            assert len(server.got) == 1
    assert clock.slept == []


@pytest.mark.parametrize("step", [Drop(), Drop(reset=False), Answer(502, (), b"no")])
def test_a_tunnel_that_breaks_off_carried_nothing(
    step: Step, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(step)
    with _through(server.url, clock, "https://flow.example.test") as client:
        with pytest.raises(ConnectError) as caught:
            client.job.submit(TRAIN, DSL)
        assert not isinstance(caught.value, AmbiguousOutcomeError)
    assert len(server.got) == 4
    assert {got.method for got in server.got} == {"CONNECT"}


def test_a_proxy_that_is_down_carried_nothing(clock: FakeClock) -> None:
    with ScriptedServer() as gone:
        url = gone.url
    with _through(url, clock) as client, pytest.raises(ConnectError) as caught:
        client.job.submit(TRAIN, DSL)
    assert caught.value.attempts == 4


def test_the_password_of_a_proxy_is_told_to_the_proxy_alone(
    server: ScriptedServer, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = server.url.replace("http://", "http://me:hush-hush-42@")
    texts = ""
    for scheme in ("http", "https"):
        server.play(Answer(502, (), b"no"))
        with caplog.at_level(10), _through(proxy, clock, f"{scheme}://flow.example.test") as client:
            with pytest.raises(FlowError) as caught:
                client.job.query(JOB_ID)
            texts += "".join(traceback.format_exception(caught.value)) + repr(client)
            texts += repr(vars(caught.value)) + repr(client.config)
        assert "proxy-authorization" in server.got[0].headers
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("fateflow"))
    assert "hush-hush-42" not in texts + ours


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", ".1,127.0.0.1"])
def test_a_proxy_of_the_environment_is_left_alone_for_hosts_it_is_not_for(
    exempt: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with World(trust_env=True) as world:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, server.url)
            monkeypatch.setenv(name.upper(), server.url)
        monkeypatch.setenv("no_proxy", exempt)
        monkeypatch.setenv("NO_PROXY", exempt)
        world.submit().result  # noqa: B018 - raises if it failed
        assert server.connections == 0


def test_a_netrc_of_the_machine_is_read_for_nobody(
    server: ScriptedServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password hush-hush-42\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server.play(Answer.of({"retcode": 0, "data": []}))
    with FlowClient.from_url("http://flow.example.test", clock=clock) as client:
        client.job.query(JOB_ID)
    sent = server.got[0].headers
    assert "authorization" not in sent
    assert "proxy-authorization" not in sent


def test_a_redirect_gets_no_signature() -> None:
    with FlowServer(FakeClock()) as other, World(keys=KEYS) as world:
        redirect = Says.redirect(307, f"{other.url}/v1/job/query")
        world.server.play(Fault("job/query", redirect, done=False))
        with pytest.raises(FlowError, match="never followed"):
            world.client.job.query(JOB_ID)
        assert other.connections == 0
