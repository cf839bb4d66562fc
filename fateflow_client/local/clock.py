"""The one source of time of the embedded server: milliseconds, and FATE's local date strings."""

import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What the server asks for the time; a virtual clock only has to answer this."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def now_us(self) -> int:
        """Microseconds since the epoch: job ids are made of them."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def now_us(self) -> int:
        """Microseconds since the epoch."""
        return time.time_ns() // 1_000


def rfc_date(ms: int | None) -> str | None:
    """As 1.5 and 1.6 write it: RFC 1123 that says GMT and is the server's own time zone."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms // 1000).strftime("%a, %d %b %Y %H:%M:%S GMT")


def date_string(ms: int | None) -> str | None:
    """``YYYY-MM-DD HH:MM:SS`` in the server's own time zone, as 1.11 writes it."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms // 1000).strftime("%Y-%m-%d %H:%M:%S")
