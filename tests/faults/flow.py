"""A FATE Flow that fails as told, on raw sockets: a script of faults in front of a ledger.

A request takes the first fault of the script that is for its route, or none. A fault says how
much of the request is read, whether it is done, and what the client sees of it. The server's time
is the client's clock, so that sleeping makes rows appear.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from tests.faults.ledger import Ledger, Reply, no, parts_of
from tests.support.clock import FakeClock


class FlowClock(FakeClock):
    """A clock that a server's threads may move too, and that counts how often it was read."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        super().__init__(now)
        self._changed = threading.Condition()
        self.reads = 0

    def monotonic(self) -> float:
        with self._changed:
            self.reads += 1
            self._changed.notify_all()
            return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        if self.on_sleep is not None:
            self.on_sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._changed:
            self.now += seconds

    def wait_until_read(self, reads: int) -> bool:
        """Wait a moment for somebody to look at the clock for more than the ``reads``th time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.reads > reads, 0.02)


# What the client sees.


@dataclass(frozen=True)
class Whole:
    """The answer, as it should be."""


@dataclass(frozen=True)
class Reset:
    """No byte of an answer, and a reset."""


@dataclass(frozen=True)
class Fin:
    """No byte of an answer, and an orderly end."""


@dataclass(frozen=True)
class Cut:
    """The answer without its last bytes; ``length`` says whether it announces its length."""

    missing: int = 5
    length: bool = True
    reset: bool = False


@dataclass(frozen=True)
class Chunked:
    """The answer in chunks, of which one ends early, or has no size that can be read."""

    bad_size: bool = False


@dataclass(frozen=True)
class TwoLengths:
    """The answer, with two lengths that contradict each other."""


@dataclass(frozen=True)
class Says:
    """Another answer than the server's own: a proxy's, or anything else's."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)

    @classmethod
    def json(cls, document: object, status: int = 200) -> Says:
        headers = (("Content-Type", "application/json"),)
        return cls(status, json.dumps(document).encode(), headers)

    @classmethod
    def gateway(cls, status: int, retry_after: str | None = None) -> Says:
        """What a proxy says about the server behind it."""
        after = (("Retry-After", retry_after),) if retry_after is not None else ()
        return cls(status, b"<h1>trouble</h1>", (("Content-Type", "text/html"), *after))

    @classmethod
    def redirect(cls, status: int, location: str) -> Says:
        return cls(status, b"", (("Location", location),))


@dataclass(frozen=True)
class Garbage:
    """These bytes and no HTTP."""

    data: bytes = b"SSH-2.0-OpenSSH_9.2\r\n"


@dataclass(frozen=True)
class Late:
    """Nothing until the client has gone; then the answer, if ``answers``."""

    answers: bool = True


@dataclass(frozen=True)
class Drip:
    """The answer byte by byte, each after so many seconds; ``head`` drips the head too."""

    seconds: float = 0.3
    head: bool = False
    size: int = 1
    """Bytes at a time."""


@dataclass(frozen=True)
class Endless:
    """These bytes, then those again and again until the client has had enough."""

    start: bytes
    again: bytes
    seconds: float = 0.0
    """How long each repetition takes."""


Sight: TypeAlias = (
    Whole | Reset | Fin | Cut | Chunked | TwoLengths | Says | Garbage | Late | Drip | Endless
)


@dataclass(frozen=True)
class Fault:
    """What happens to one request."""

    route: str | None
    """For which route, such as ``job/submit``; None: for any."""
    sight: Sight
    """What the client sees of it."""
    done: bool = True
    """Whether the server does what is asked."""
    read: int | None = None
    """How many bytes of the body it reads at most; None: all. What is not read is not done."""
    takes: float = 0.0
    """Seconds that pass while it is done."""


@dataclass(frozen=True)
class Got:
    """A request as it arrived; ``body`` is what came of it."""

    route: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    fault: Fault | None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FlowServer:
    """See the module. Use it in a ``with``; ``port`` is free and on loopback."""

    clock: FakeClock
    release: str = "1.11.2"
    skew: float = 0.0
    """Seconds by which the server's clock is ahead."""
    keys: tuple[str, str] | None = None
    """app_key and secret_key, if it wants signatures."""
    keep_alive: bool = False
    script: list[Fault] = field(default_factory=list[Fault])
    chance: Callable[[str], Fault | None] | None = None
    """Asked for a fault where the script has none for a route."""
    port: int = 0
    got: list[Got] = field(default_factory=list[Got])
    connections: int = 0
    unsigned: int = 0
    """How many requests were refused for their keys, signature or time."""
    defects: list[BaseException] = field(default_factory=list[BaseException])
    """Errors of the server's own: none, unless a request was one that no client may send."""

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.ledger = Ledger(self.now, self.release)

    def now(self) -> float:
        return self.clock.now + self.skew

    def __enter__(self) -> FlowServer:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A small window: of a large body the client cannot hand over all before it is cut.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        self._over = False
        self._open: dict[int, socket.socket] = {}
        self._threads: set[threading.Thread] = set()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close everything, as a server that is killed."""
        self._over = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(10)
        self.hang_up()
        with self.lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        """Close every connection that is open, as for those that were idle too long."""
        with self.lock:
            sockets = list(self._open.values())
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def play(self, *faults: Fault) -> None:
        """Replace the script."""
        with self.lock:
            self.script = list(faults)

    def calm(self) -> None:
        """Let nothing go wrong from now on."""
        with self.lock:
            self.script, self.chance = [], None

    def posts(self, route: str) -> int:
        """How many requests of a route arrived whole."""
        return sum(got.route == route and got.whole for got in self.got)

    def routes(self) -> list[str]:
        """Routes of all requests, in their order."""
        return [got.route for got in self.got]

    # The network's side.

    def _accept(self) -> None:
        while not self._over:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self.lock:
                self.connections += 1
                self._open[id(connection)] = connection
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = connection.makefile("rb")
        try:
            while self._one(connection, reader):
                pass
        except (OSError, ValueError):
            pass
        except Exception as error:
            self.defects.append(error)
        finally:
            # What was not read makes the end a reset, as it does when a server dies.
            for close in (reader.close, connection.close):
                with contextlib.suppress(OSError):
                    close()
            with self.lock:
                self._open.pop(id(connection), None)
                self._threads.discard(threading.current_thread())

    def _one(self, connection: socket.socket, reader: Any) -> bool:
        line = reader.readline()
        if not line:
            return False
        target = line.decode("latin-1").split(" ", 2)[1]
        path, _, query = target.partition("?")
        route = path.split("/", 2)[2]
        headers: dict[str, str] = {}
        while (header := reader.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower().replace("-", "_")] = value.strip()
        headers["content-type"] = headers.get("content_type", "")
        fault = self._take(route)
        length = int(headers.get("content_length", "0"))
        wanted = length if fault is None or fault.read is None else min(length, fault.read)
        body = b"".join(_exactly(reader, wanted))
        whole = len(body) == length and (fault is None or fault.read is None)
        reply = no(100, "<ClientDisconnected '400: Bad Request'>")
        if fault is not None and fault.takes and isinstance(self.clock, FlowClock):
            self.clock.advance(fault.takes)
        with self.lock:
            self.got.append(Got(route, target, headers, body, whole, fault))
            if whole and (fault is None or fault.done):
                refusal = self._refusal(path, query, headers, body)
                self.unsigned += refusal is not None
                reply = refusal or self.ledger.answer(route, query, headers, body)
            date = formatdate(self.now(), usegmt=True)
        return self._show(connection, reply, date, fault.sight if fault else Whole())

    def _take(self, route: str) -> Fault | None:
        with self.lock:
            for place, fault in enumerate(self.script):
                if fault.route in (None, route):
                    return self.script.pop(place)
            chance = self.chance
        # Without the lock: it may call this server itself.
        return chance(route) if chance is not None else None

    def _show(self, connection: socket.socket, reply: Reply, date: str, sight: Sight) -> bool:
        body = json.dumps(reply.document).encode()
        keep = "keep-alive" if self.keep_alive else "close"
        start = f"Date: {date}\r\nConnection: {keep}\r\n"
        json_type = "Content-Type: application/json\r\n"
        head = f"HTTP/1.1 {reply.status} X\r\n{start}{json_type}"
        match sight:
            case Whole():
                connection.sendall(_with_length(head, body))
                return self.keep_alive
            case Says(status, said, headers):
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
                if any(name == "Date" for name, _ in headers):
                    start = f"Connection: {keep}\r\n"  # somebody else's clock
                connection.sendall(_with_length(f"HTTP/1.1 {status} X\r\n{start}{lines}", said))
                return self.keep_alive
            case Reset():
                _reset(connection)
            case Fin():
                connection.shutdown(socket.SHUT_WR)
            case Cut(missing, length, reset):
                sent = _with_length(head, body) if length else f"{head}\r\n".encode() + body
                connection.sendall(sent[: len(sent) - missing])
                if reset:
                    _reset(connection)
            case Chunked(bad_size):
                size = b"zz" if bad_size else b"%x" % (len(body) + 9)
                start_line = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()
                connection.sendall(start_line + size + b"\r\n" + body)
            case TwoLengths():
                twice = f"{head}Content-Length: {len(body)}\r\n"
                connection.sendall(_with_length(twice, body, len(body) + 1))
            case Garbage(data):
                connection.sendall(data)
            case Late(answers):
                _until_gone(connection)
                if answers:
                    connection.sendall(_with_length(head, body))
            case Drip(seconds, drips_head, size):
                sent = _with_length(head, body)
                at = 0 if drips_head else len(sent) - len(body)
                connection.sendall(sent[:at])
                watched = True
                for place in range(at, len(sent), size):
                    data = sent[place : place + size]
                    watched = self._slowly(connection, data, seconds, watched)
                return self.keep_alive
            case Endless(beginning, again, seconds):
                connection.sendall(beginning)
                watched = True
                while not self._over:
                    watched = self._slowly(connection, again, seconds, watched)
        return False

    def _slowly(
        self, connection: socket.socket, data: bytes, seconds: float, watched: bool
    ) -> bool:
        """Send so slowly that who looks at the clock for every byte can look; say if it did."""
        assert isinstance(self.clock, FlowClock)
        if seconds and _gone(connection):
            # Time must not go on passing for a client that has given up.
            raise ConnectionError("the client has gone")
        reads = self.clock.reads
        if seconds:
            self.clock.advance(seconds)
        connection.sendall(data)
        # The client must have had the chance to look, or time would run away from it. A call
        # without a deadline never looks.
        if not (seconds and watched):
            return False
        return any(self.clock.wait_until_read(reads) or self._over for _ in range(50))

    def _refusal(
        self, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | None:
        """Check the signature as FATE Flow does, by its own reckoning."""
        if self.keys is None:
            return None
        new = self.ledger.at_least("1.9.0")
        named = [headers.get(name, "") for name in ("timestamp", "nonce", "app_key", "signature")]
        if not all(named):
            text = "requirement headers parameters: ['TIMESTAMP', 'NONCE', 'APP_KEY', 'SIGNATURE']"
            return no(109, text) if new else no(401, "Unauthorized", 401)
        timestamp, nonce, app_key, signature = named
        if abs(int(timestamp) / 1000 - self.now()) > 60:
            text = "TIMESTAMP is more than 60 seconds away from the server time"
            return no(109, text) if new else no(425, text, 425)
        if app_key != self.keys[0]:
            return no(109, "Unknown APP_KEY") if new else no(401, "Unknown APP_KEY", 401)
        form: dict[str, str] = {}
        if headers["content-type"].startswith("multipart/"):
            parts = parts_of(headers["content-type"], body)
            form = {name: value.decode() for name, value in parts if name != "file"}
            body = b""
        lines = [
            timestamp,
            nonce,
            app_key,
            f"{path}?{query}" if query else path,
            "" if body == b"{}" else body.decode(),
            urlencode(sorted(form.items()), quote_via=quote, safe="-._~"),
        ]
        key, text = self.keys[1].encode(), "\n".join(lines).encode()
        digest = base64.b64encode(hmac.new(key, text, hashlib.sha1).digest())
        if hmac.compare_digest(digest, signature.encode()):
            return None
        return no(109, "signature authentication failed") if new else no(403, "Forbidden", 403)


def _exactly(reader: Any, left: int) -> Iterator[bytes]:
    while left and (data := reader.read1(left)):
        left -= len(data)
        yield data


def _with_length(head: str, body: bytes, length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + body


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _gone(connection: socket.socket) -> bool:
    """Whether the other side has closed."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def _until_gone(connection: socket.socket) -> None:
    connection.settimeout(30)
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass
