"""The server's clock, as its answers tell it."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_WHOLE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
"""The form that HTTP wants. The parser makes a time of much less."""


class ServerTime:
    """What is known of the server's clock: the ``Date`` of FATE Flow's last answer.

    Safe to share between threads. A proxy's answers do not count: it has a clock of its own.
    """

    def __init__(self) -> None:
        self._last: tuple[str, float] | None = None

    def saw(self, date: str, now: float) -> None:
        """Remember an answer's ``Date`` and when it came; it is read when somebody asks."""
        if _WHOLE.fullmatch(date):
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
