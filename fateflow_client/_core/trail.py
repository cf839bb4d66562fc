"""Finding out what became of a call whose answer was lost, by asking only.

Before a call that must not be repeated is sent, its endpoint notes what it would be recognised by:
a Trail. After a lost answer the trail is looked for until it settles the question or time is over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from fateflow_client._core.clock import Clock
from fateflow_client._core.log import log
from fateflow_client._core.releases import Release
from fateflow_client.domain._base import Request, Result
from fateflow_client.errors import ApiError, FlowError

MARGIN = 120.0
"""Seconds before the call at which the search begins: clocks differ."""
LONGEST_PAUSE = 8.0

logger = log("recovery")


class Server(Protocol):
    """Whom a trail asks."""

    def send(self, request: Request) -> Any:
        """Send a request that only reads, and give its result."""
        ...

    def release(self) -> Release:
        """The server's release."""
        ...

    def now(self) -> float:
        """Seconds since the epoch by the server's clock, as far as that is known."""
        ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen at one look."""

    result: Result | None = None
    """What the call would have returned: it was done."""
    refusal: ApiError | None = None
    """The server refused it."""
    candidates: tuple[str, ...] = ()
    """What may have come of it, where it is not sure."""
    pending: bool = False
    """Whether looking again may tell more about the candidates."""

    @property
    def decided(self) -> bool:
        """Whether there is nothing to wait for."""
        sure = self.result is not None or self.refusal is not None
        return sure or (bool(self.candidates) and not self.pending)


NOTHING = Sighting()


class Trail(ABC):
    """What a call is recognised by. Holds nothing secret, and can be pickled."""

    __slots__ = ()

    advice: ClassVar[str] = (
        "It may have been done: error.reconcile() looks again. Sent again, it may be done twice."
    )
    """What to tell who has to decide."""

    @property
    def token(self) -> str | None:
        """The marker, where the server keeps one."""
        return None

    @abstractmethod
    def look(self, server: Server, since: float) -> Sighting:
        """Look once. Raises what asking raises.

        Args:
            server: Whom to ask.
            since: When the call was sent, in seconds since the epoch by the server's clock.
        """


def settle(look: Callable[[], Sighting], clock: Clock, limit: float) -> tuple[Sighting, float]:
    """Look until it is decided or time is over: now, then after 1, 2, 4, 8, 8 ... seconds.

    A look that fails counts for nothing. Gives the last sighting, and the seconds slept.
    """
    until = clock.monotonic() + limit
    pause = 1.0
    slept = 0.0
    last = NOTHING
    while True:
        try:
            last = look()
        except FlowError as error:
            logger.warning("looking for what became of a call failed: %s", error)
        if last.decided:
            return last, slept
        left = until - clock.monotonic()
        if left <= 0:
            return last, slept
        clock.sleep(min(pause, left))
        slept += min(pause, left)
        pause = min(2 * pause, LONGEST_PAUSE)
