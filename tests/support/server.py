"""A scripted HTTP server on a real socket: it answers as told, or fails as told, and remembers.

It reads whole requests (Content-Length or chunked), keeps them, and takes the next step of its
script for each; the last step is repeated. A step may also cut a request short.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Got:
    """A request as it arrived; ``body`` is what came of it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def query_json(self) -> Any:
        return json.loads(unquote(self.query))


@dataclass(frozen=True)
class Answer:
    """Answer with these bytes. ``cut`` leaves out so many at the end and closes."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b'{"retcode":0,"retmsg":"success","data":{}}'
    cut: int = 0
    length: bool = True
    keep_alive: bool = False

    @classmethod
    def of(cls, document: object, status: int = 200, **more: Any) -> Answer:
        return cls(status=status, body=json.dumps(document).encode(), **more)


@dataclass(frozen=True)
class Raw:
    """Send exactly these bytes and close."""

    data: bytes


@dataclass(frozen=True)
class Drop:
    """Read at least so many bytes of the body (None: all of it), then close without an answer.

    ``reset`` makes it a reset and not an orderly end.
    """

    after: int | None = None
    reset: bool = True


@dataclass(frozen=True)
class Hang:
    """Read the request and never answer, until the test is over."""


Step = Answer | Raw | Drop | Hang


@dataclass
class ScriptedServer:
    """See the module. Use it in a ``with``; ``port`` is free and on loopback."""

    steps: list[Step] = field(default_factory=list[Step])
    got: list[Got] = field(default_factory=list[Got])
    aside: dict[str, Answer] = field(default_factory=dict[str, Answer])
    """Answers by path, for what a call asks before and after: not in the script, not in ``got``."""
    asked: list[Got] = field(default_factory=list[Got])
    """What was answered so."""
    connections: int = 0
    tls: Any = None
    on_request: Callable[[Got], None] | None = None
    port: int = 0

    def __enter__(self) -> ScriptedServer:
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def play(self, *steps: Step) -> None:
        """Replace the script; what was remembered is forgotten."""
        self.steps = list(steps)
        self.got.clear()
        self.asked.clear()
        self.connections = 0

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            reader = connection.makefile("rb")
            while self._one(connection, reader):
                pass
        # close() alone waits for the reader; shutdown ends the connection now.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            connection.close()

    def _next(self) -> Step:
        with self._lock:
            if len(self.steps) > 1:
                return self.steps.pop(0)
            return self.steps[0] if self.steps else Answer()

    def _one(self, connection: socket.socket, reader: Any) -> bool:
        line = reader.readline()
        if not line:
            return False
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (header := reader.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        aside = self.aside.get(target.partition("?")[0])
        step = aside if aside is not None else self._next()
        limit = step.after if isinstance(step, Drop) else None
        body = b"".join(_body(reader, headers, limit))
        got = Got(method, target, headers, body)
        with self._lock:
            (self.got if aside is None else self.asked).append(got)
        if self.on_request is not None:
            self.on_request(got)
        return self._do(step, connection)

    def _do(self, step: Step, connection: socket.socket) -> bool:
        match step:
            case Answer():
                connection.sendall(_answer(step))
                return step.keep_alive
            case Raw(data):
                connection.sendall(data)
            case Drop(reset=True):
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.close()
            case Hang():
                self._over.wait(60)
            case _:
                pass
        return False


def _body(reader: Any, headers: dict[str, str], limit: int | None) -> Iterable[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        yield from _chunks(reader)
        return
    left = int(headers.get("content-length", "0"))
    if limit is not None:
        left = min(left, limit)
    while left and (data := reader.read1(left)):
        left -= len(data)
        yield data


def _chunks(reader: Any) -> Iterator[bytes]:
    while size := int(reader.readline().strip() or b"0", 16):
        yield reader.read(size)
        reader.readline()
    reader.readline()


def _answer(step: Answer) -> bytes:
    headers = dict(step.headers)
    if step.length:
        headers.setdefault("Content-Length", str(len(step.body)))
    if not step.keep_alive:
        headers["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = step.body[: len(step.body) - step.cut]
    return f"HTTP/1.1 {step.status} X\r\n{head}\r\n".encode() + body
