"""Time as an argument, so that a test of an hour takes none."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the library asks of time, in seconds."""

    def monotonic(self) -> float:
        """A reading that never goes back; only differences mean something."""
        ...

    def time(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()

    def time(self) -> float:
        """See Clock."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        time.sleep(seconds)
