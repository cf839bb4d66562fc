"""What the library tells about its attempts: figures on results and errors, and retries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fateflow_client.errors import FlowError, Phase, Where


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a call took.

    Attributes:
        attempts: How often the request was sent, or tried to be; 0 if it was not needed.
        slept: Seconds waited between attempts, and while looking for what an attempt had done.
        elapsed: Seconds in all.
        phase: Where the last attempt broke off; None if it was answered.
    """

    attempts: int = 1
    slept: float = 0.0
    elapsed: float = 0.0
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class RetryEvent:
    """An attempt failed and will be repeated: what ``on_retry`` is told.

    Attributes:
        operation: The route, as in ``job/query``.
        where: The server and path.
        attempt: The number of the attempt that failed, from 1 on.
        wait: Seconds until the next one.
        error: What went wrong.
    """

    operation: str
    where: Where
    attempt: int
    wait: float
    error: FlowError
