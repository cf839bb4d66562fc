"""The server's clock, as its answers tell it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


class ServerTime:
    """What is known of the server's clock: the ``Date`` of its last answer. Safe to share."""

    def __init__(self) -> None:
        self._last: tuple[str, float] | None = None

    def saw(self, date: str, now: float) -> None:
        """Remember an answer's ``Date`` and when it came; it is read when somebody asks."""
        if date:
            self._last = date, now

    def ahead(self) -> float | None:
        """Seconds, to about one, by which the server's clock is ahead of ours; None: unknown."""
        if self._last is None:
            return None
        date, now = self._last
        try:
            return parsedate_to_datetime(date).timestamp() - now
        except (ValueError, OverflowError):
            return None
