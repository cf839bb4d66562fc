"""TLS: whom the client trusts, whom it shows itself to, and what it says when it does not."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from fateflow_client import ConnectError, FlowClient, FlowError
from tests.support.clock import FakeClock
from tests.support.samples import JOB_ID
from tests.support.server import Answer, ScriptedServer

GOOD = Answer.of({"retcode": 0, "data": []})


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[ScriptedServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    with ScriptedServer([GOOD], tls=context) as server:
        yield server


def _client(server: ScriptedServer, clock: FakeClock, **options: object) -> FlowClient:
    return FlowClient.from_url(
        f"https://127.0.0.1:{server.port}", clock=clock, trust_env=False, **options  # type: ignore[arg-type]  # several kinds
    )  # fmt: skip


def test_a_server_of_a_trusted_authority_is_spoken_to(
    secure: ScriptedServer, ca: Path, clock: FakeClock
) -> None:
    assert len(_client(secure, clock, ca=ca).job.query(JOB_ID)) == 0


def test_a_server_of_an_unknown_authority_is_not_and_never_tried_again(
    secure: ScriptedServer, clock: FakeClock
) -> None:
    with pytest.raises(ConnectError, match="certificate is not trusted") as caught:
        _client(secure, clock).job.query(JOB_ID)
    assert caught.value.permanent
    assert secure.got == []
    assert clock.slept == []


def test_a_server_of_another_name_is_not(authority: trustme.CA, ca: Path, clock: FakeClock) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("elsewhere.example.org").configure_cert(context)
    with ScriptedServer([GOOD], tls=context) as server:
        with pytest.raises(ConnectError, match="another name"):
            _client(server, clock, ca=ca).job.query(JOB_ID)
        assert server.got == []


def test_checking_can_be_switched_off_and_that_is_said(
    secure: ScriptedServer,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    import urllib3

    # urllib3 warns for every request; that is its own business and its own switch.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    assert len(_client(secure, clock, verify=False).job.query(JOB_ID)) == 0
    assert "not checked" in caplog.text


def test_the_client_shows_its_own_certificate(
    authority: trustme.CA, ca: Path, clock: FakeClock, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    mine = authority.issue_cert("me@example.org")
    both, cert, key = tmp_path / "both.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    mine.private_key_and_cert_chain_pem.write_to_path(both)
    mine.cert_chain_pems[0].write_to_path(cert)
    mine.private_key_pem.write_to_path(key)
    with ScriptedServer([GOOD], tls=context) as server:
        _client(server, clock, ca=ca, cert=both).job.query(JOB_ID)
        _client(server, clock, ca=ca, cert=cert, cert_key=key).job.query(JOB_ID)
        assert len(server.got) == 2
        with pytest.raises(FlowError):
            _client(server, clock, ca=ca).job.query(JOB_ID)
        assert len(server.got) == 2


def test_plain_http_to_a_tls_port_and_back_are_told(
    secure: ScriptedServer, server: ScriptedServer, clock: FakeClock
) -> None:
    with pytest.raises(FlowError):
        FlowClient(port=secure.port, clock=clock, trust_env=False).job.query(JOB_ID)
    # A server that waits for plain HTTP may wait in silence: the handshake has a limit.
    client = _client(server, clock, connect_timeout=0.2, read_timeout=0.2)
    with pytest.raises(FlowError):
        client.job.query(JOB_ID)


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://no-such-host.invalid", True),
        ("https://no-such-host.invalid", False),
        ("http://127.0.0.1:9", False),
        ("http://localhost:9", False),
    ],
)
def test_signing_without_encryption_is_warned_of_once(
    url: str, warned: bool, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    keys: dict[str, Any] = {"app_key": "me", "secret_key": "hush"}
    with FlowClient.from_url(url, clock=clock, trust_env=False, **keys) as client:
        for _ in range(2):
            with pytest.raises(ConnectError):
                client.job.query("202701150800001234560")
    assert caplog.text.count("not encrypted") == warned


@contextmanager
def tunnels() -> Iterator[str]:
    """A proxy that connects whoever asks, and hands bytes on both ways."""

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            host, _, port = self.rfile.readline().split()[1].decode().partition(":")
            while self.rfile.readline().strip():
                pass
            with socket.create_connection((host, int(port)), 30) as there:
                self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                ends = {self.connection: there, there: self.connection}
                while readable := select.select(list(ends), [], [], 30)[0]:
                    for end in readable:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join(30)


def test_a_tunnel_that_is_opened_anew_has_the_time_of_its_own_call(
    secure: ScriptedServer, ca: Path, clock: FakeClock
) -> None:
    # The server closes after each answer, so that the pooled connection connects again.
    with tunnels() as proxy, _client(secure, clock, ca=ca, proxies={"https": proxy}) as client:
        for _ in range(3):
            assert len(client.job.query(JOB_ID)) == 0
            clock.now += 1000  # long after the deadline of the call before
    assert len(secure.got) == 3
    assert clock.slept == []
