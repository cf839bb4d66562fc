"""The base of every group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from fateflow_client._core.clock import Clock
    from fateflow_client._core.endpoint import Progress
    from fateflow_client.domain._base import Returns
    from fateflow_client.types import Exist

R = TypeVar("R")


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
    ) -> R:
        """Send a request."""
        ...


class Group:
    """Calls that belong together; an attribute of the client."""

    __slots__ = ("_client",)

    def __init__(self, client: Sender) -> None:
        self._client = client
