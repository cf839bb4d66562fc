"""Connections that watch the clock at every send and every receive.

A read timeout starts anew with every byte, so a server that drips would hold a caller for ever.
"""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from fateflow_client._core.clock import Clock

if TYPE_CHECKING:
    from socket import socket

STALL = 60.0
"""Seconds without a byte, in either direction, that end a transfer once it has begun."""


class OverdueError(TimeoutError):
    """The deadline of the call has passed, whatever the network does."""


def is_overdue(error: BaseException | None) -> bool:
    """Whether the deadline is behind ``error``, which other libraries wrapped."""
    while error is not None:
        if isinstance(error, OverdueError):
            return True
        error = error.__cause__ or error.__context__
    return False


class Patience:
    """How long one attempt may wait for its next byte."""

    def __init__(self, clock: Clock, until: float | None, read: float) -> None:
        self._clock = clock
        self._until = until
        self._read = read
        self._idle = min(read, STALL)

    def answer_awaited(self) -> None:
        """The request is out: from here on the first byte of the answer may take its time."""
        self._idle = self._read

    def answer_begun(self) -> None:
        """The head has arrived: what follows must not stall."""
        self._idle = min(self._read, STALL)

    def left(self) -> float:
        """Seconds to wait for the next byte. Raises OverdueError after the deadline."""
        if self._until is None:
            return self._idle
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise OverdueError("the deadline of the call has passed")
        return min(self._idle, left)


class _Watched(io.RawIOBase):
    """The reading side of a socket, with a limit of time set before every receive."""

    def __init__(self, raw: io.RawIOBase, sock: socket, patience: Patience) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._patience.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, patience: Patience, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Watched(self.fp.detach(), sock, patience))


class _Watching(HTTPConnection):
    """A connection that takes the Patience of the body it is given."""

    _patience: Patience | None = None

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        self._patience = getattr(body, "patience", None)
        super().request(method, url, body, *args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self._patience is not None and self.sock is not None:
            self.sock.settimeout(self._patience.left())
        super().send(data)

    def getresponse(self) -> Any:
        patience, self._patience = self._patience, None
        if patience is None:
            return super().getresponse()
        patience.answer_awaited()
        made: list[_Response] = []

        def make(*args: Any, **kwargs: Any) -> _Response:
            made.append(_Response(*args, patience=patience, **kwargs))
            return made[-1]

        # On the instance and only for this answer: a proxy's answer to CONNECT has no such limits.
        self.response_class = make  # type: ignore[assignment]  # http.client only calls it
        try:
            response = super().getresponse()
        except BaseException:
            # urllib3 drops an answer whose head it refuses, and its socket stays open.
            for one in made:
                one.close()
            raise
        finally:
            del self.response_class
        patience.answer_begun()
        return response

    def close(self) -> None:
        # A pooled connection may open anew, and a proxy's tunnel is not the last call's to time.
        self._patience = None
        super().close()


class _WatchingTls(_Watching, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    # pyright reads urllib3's protocol of connections as one that not even its own class fits.
    ConnectionCls = _Watching  # pyright: ignore[reportAssignmentType]


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchingTls  # pyright: ignore[reportAssignmentType]  # as above


POOLS: dict[str, type] = {"http": _Pool, "https": _TlsPool}
"""urllib3's pools by scheme, with connections that watch the time."""
