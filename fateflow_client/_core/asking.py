"""What a call asks the server beforehand: within the call's own deadline."""

from __future__ import annotations

from typing import Any, Protocol

from fateflow_client._core.clock import Clock
from fateflow_client._core.endpoint import CallOptions, endpoint_of
from fateflow_client._core.releases import Release
from fateflow_client.domain._base import Request
from fateflow_client.errors import CallTimeoutError, Phase, Where


class Sender(Protocol):
    """Who sends; the caller itself."""

    def send(self, request: Request, options: CallOptions = ..., /) -> Any:
        """Send a request and give its result."""
        ...

    def release(self) -> Release:
        """The server's release."""
        ...

    def now(self) -> float:
        """The server's clock, as far as it is known."""
        ...

    def where(self, route: str) -> Where:
        """The server and path of a route."""
        ...


class Asking:
    """A Server (see trail) whose answers must come before ``until``, if that is set."""

    def __init__(self, sender: Sender, clock: Clock, until: float | None) -> None:
        self._sender = sender
        self._clock = clock
        self._until = until

    def send(self, request: Request) -> Any:
        """Send a request that only reads."""
        if self._until is None:
            return self._sender.send(request)
        where = self._sender.where(endpoint_of(request).route)
        left = time_left(self._until, self._clock.monotonic(), where)
        return self._sender.send(request, CallOptions(deadline=left))

    def release(self) -> Release:
        """The server's release, which has limits of its own."""
        return self._sender.release()

    def now(self) -> float:
        """The server's clock."""
        return self._sender.now()


def time_left(until: float | None, now: float, where: Where) -> float:
    """Seconds until the deadline; raises CallTimeoutError after it."""
    if until is None:
        return float("inf")
    if now >= until:
        raise CallTimeoutError(
            "the deadline of the call has passed",
            phase=Phase.BEFORE_SEND,
            sent_bytes=0,
            where=where,
        )
    return until - now
