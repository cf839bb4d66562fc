"""The base of every group."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from fateflow_client._core.clock import Clock
    from fateflow_client._core.endpoint import Progress
    from fateflow_client.domain._base import Returns, RowsResult
    from fateflow_client.types import Exist

R = TypeVar("R")
Row = TypeVar("Row")


class Sender(Protocol):
    """What a group needs of the client."""

    @property
    def clock(self) -> Clock:
        """Time, as the client sees it."""
        ...

    def send(
        self,
        request: Returns[R],
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        exist: Exist = "replace",
        progress: Progress | None = None,
        idempotency_key: str | None = None,
        lookback: float = 86_400.0,
        marker: bool = True,
        validate: bool = True,
    ) -> R:
        """Send a request."""
        ...


class Group:
    """Calls that belong together; an attribute of the client."""

    __slots__ = ("_client",)

    def __init__(self, client: Sender) -> None:
        self._client = client


def every_row(
    ask: Callable[[int], RowsResult[Row]], size: int, key: Callable[[Row], Hashable]
) -> Iterator[Row]:
    """Go through pages from 1 on until one is not full; give a row that moved only once."""
    seen: set[Hashable] = set()
    for page in count(1):
        rows = ask(page)
        for row in rows:
            if key(row) not in seen:
                seen.add(key(row))
                yield row
        if len(rows) < size:
            return
