"""A clock that tests turn by hand."""

from __future__ import annotations

from collections.abc import Callable


class FakeClock:
    """Sleeping takes no time and moves the clock. ``on_sleep`` may change the world meanwhile."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        self.on_sleep: Callable[[float], None] | None = None

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if self.on_sleep is not None:
            self.on_sleep(seconds)
