"""The server itself: its socket, its threads, its data folder, and `serve` around them."""

import logging
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from fateflow_client.local.app import create_app
from fateflow_client.local.clock import Clock, SystemClock
from fateflow_client.local.modules import MODULES
from fateflow_client.local.modules.base import Module
from fateflow_client.local.release import NEWEST, find_release
from fateflow_client.local.scheduler import Scheduler
from fateflow_client.local.settings import Settings
from fateflow_client.local.store.state import State
from fateflow_client.local.submit import Submitter

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_log = logging.getLogger("fateflow_client.local")
_IDLE_SECONDS = 120
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
"""How soon the serving thread notices that it is to stop."""


class _Connections:
    """The open connections, so that closing the server can end them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[int, socket.socket] = {}
        self._busy: set[int] = set()
        self._ending = False

    def opened(self, connection: socket.socket) -> None:
        with self._changed:
            self._open[id(connection)] = connection
            if self._ending:
                _cut(connection)

    def busy(self, connection: socket.socket) -> None:
        with self._changed:
            self._busy.add(id(connection))

    def closed(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.pop(id(connection), None)
            self._busy.discard(id(connection))
            self._changed.notify_all()

    def end(self) -> None:
        """Let requests under way finish for a moment, then cut every connection."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, timeout=_GRACE_SECONDS)
            self._ending = True
            for connection in self._open.values():
                _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _log.debug("a connection was gone already")


def _handler(connections: _Connections) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        timeout = _IDLE_SECONDS  # a client that stays silent does not hold a thread for ever

        def setup(self) -> None:
            super().setup()
            connections.opened(self.connection)

        def run_wsgi(self) -> None:
            connections.busy(self.connection)
            super().run_wsgi()

        def make_environ(self) -> "WSGIEnvironment":
            environ = super().make_environ()
            # werkzeug drops names with an underscore; the official client spells it so.
            if "APP_KEY" in self.headers:
                environ.setdefault("HTTP_APP_KEY", self.headers["APP_KEY"])
            return environ

        def finish(self) -> None:
            try:
                super().finish()
            finally:
                connections.closed(self.connection)

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 werkzeug's name
            _log.debug("%s %s", self.address_string(), message % args)

    return Handler


class LocalServer:
    """An embedded FATE Flow; `serve` is the usual way to get one.

    Args:
        data_dir: Where the state is kept; None takes a temporary folder and removes it on close.
        settings: Address, keys and limits.
        modules: More modules by name, or others in place of the built-in ones.
    """

    def __init__(
        self,
        data_dir: str | Path | None = None,
        settings: Settings | None = None,
        *,
        modules: Mapping[str, Module] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        known = {**MODULES, **(modules or {})}
        self._temporary = (
            Path(tempfile.mkdtemp(prefix="fateflow-local-")) if data_dir is None else None
        )
        try:
            folder = self._temporary or Path(str(data_dir))
            self._state = State(folder, self.settings.clock)
        except BaseException:
            self._remove_temporary()
            raise
        release = self.settings.release
        workers = self.settings.max_running_jobs
        self._scheduler = Scheduler(self._state, known, workers, release)
        submitter = Submitter(self._state, known, self._scheduler, release)
        app = create_app(self._state, submitter, self._scheduler, self.settings)
        self._connections = _Connections()
        try:
            self._server = self._bind(app)
        except BaseException:
            self._state.close()
            self._remove_temporary()
            raise
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="fateflow-server"
        )

    def _bind(self, app: Flask) -> BaseWSGIServer:
        host = self.settings.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound here: werkzeug ends the process when a port is taken.
        with socket.create_server((host, self.settings.port), family=family) as bound:
            server = make_server(
                host,
                bound.getsockname()[1],
                app,
                threaded=True,
                request_handler=_handler(self._connections),
                fd=bound.fileno(),
            )
        # Otherwise the threads are daemons and closing the server does not wait for them.
        vars(server)["daemon_threads"] = False
        return server

    @property
    def url(self) -> str:
        """The base URL."""
        host = self.settings.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def port(self) -> int:
        """The port that is really bound."""
        return self._server.port

    @property
    def data_dir(self) -> Path:
        """The data folder."""
        return self._state.folder

    def start(self) -> None:
        """Begin to answer requests and to run waiting jobs."""
        # Before the workers start: they take waiting uploads, and need their files.
        self._drop_orphaned_uploads()
        self._scheduler.start()
        self._thread.start()

    def close(self) -> None:
        """Stop answering, stop jobs, join all threads, remove a temporary folder."""
        steps: list[Callable[[], None]] = [self._state.close, self._remove_temporary]
        try:
            if self._thread.ident is not None:
                self._server.shutdown()
                # Before the join: the thread itself waits for the threads of its requests.
                self._connections.end()
                self._thread.join()
            self._server.server_close()
            self._scheduler.close()
        finally:
            for step in steps:
                step()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drop_orphaned_uploads(self) -> None:
        waiting = set(self._state.jobs.waiting_ids())
        for path in self._state.uploads.glob("*.csv"):
            if path.stem not in waiting:
                path.unlink(missing_ok=True)

    def _remove_temporary(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


@contextmanager
def serve(
    data_dir: str | Path | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    app_key: str | None = None,
    secret_key: str | None = None,
    max_running_jobs: int = 2,
    modules: Mapping[str, Module] | None = None,
    clock: Clock | None = None,
    release: str = NEWEST.name,
) -> Generator[str, None, None]:
    """Run an embedded FATE Flow 1.x for the length of a ``with`` block.

    It computes in the clear what FATE computes under encryption: for one machine's own data only.
    On exit the server stops answering, running jobs fail, all threads are joined.

    Args:
        data_dir: Where the state is kept and found again; None takes a temporary folder.
        host: The address to bind; other than loopback only with both keys.
        port: The port; 0 takes a free one.
        app_key: With ``secret_key``: refuse requests that are not signed with them.
        secret_key: See ``app_key``.
        max_running_jobs: How many jobs run at a time; the others wait.
        modules: More modules by name, or others in place of the built-in ones.
        clock: Where the time comes from; the machine's by default.
        release: Which FATE Flow to behave like: ``1.11.2``, ``1.8.0``, ``1.7.2``, ``1.7.0``,
            ``1.6.1`` or ``1.5.3``, also ``1.11``, ``1.8`` and ``1.6``.

    Yields:
        The base URL, ``http://127.0.0.1:PORT``.

    Raises:
        ValueError: The address is not loopback and keys are missing, only one key is given, or
            the release is not known.
        RuntimeError: Another server uses the data folder.
        OSError: The port is taken.
    """
    settings = Settings(
        host=host,
        port=port,
        app_key=app_key,
        secret_key=secret_key,
        max_running_jobs=max_running_jobs,
        clock=clock or SystemClock(),
        release=find_release(release),
    )
    with LocalServer(data_dir, settings, modules=modules) as server:
        yield server.url
