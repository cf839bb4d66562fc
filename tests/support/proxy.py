"""A recording reverse proxy between a client and a real server, on real sockets."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.server import Got


class RecordingProxy:
    """Hands every request on and remembers it; can hold one back until it is told to go on."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self.got: list[Got] = []
        self.held = threading.Event()
        self._go_on = threading.Event()
        self._hold: str | None = None
        self._hold_answer: str | None = None

    def hold_after(self, path: str) -> None:
        """Hold back the first request of this path."""
        self._hold = path

    def hold_answer(self, path: str) -> None:
        """Hold back the answer to the first request of this path: the server has done it."""
        self._hold_answer = path

    def release(self) -> None:
        """Let what is held go on."""
        self._go_on.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> RecordingProxy:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                proxy.pass_on(self)

            do_GET = do_POST  # noqa: N815 - the name that the base class looks for

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Hand one request on, and its answer back."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        got = Got(handler.command, handler.path, headers, body)
        self.got.append(got)
        if got.path == self._hold and not self.held.is_set():
            self.held.set()
            self._go_on.wait(120)
        upstream = http.client.HTTPConnection(*self._target, timeout=120)
        try:
            upstream.request(handler.command, handler.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            if got.path == self._hold_answer and not self.held.is_set():
                self.held.set()
                self._go_on.wait(120)
            handler.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client went away, as it was meant to
        finally:
            upstream.close()
