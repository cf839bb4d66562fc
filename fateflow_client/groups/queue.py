"""The queue of waiting jobs."""

from __future__ import annotations

from fateflow_client._core.endpoint import STOP, Endpoint, Repeat
from fateflow_client.domain.queue import QueueCleaned, QueueCleanRequest
from fateflow_client.groups._base import Group

CLEAN = Endpoint("job/clean/queue", QueueCleanRequest, QueueCleaned, repeat=Repeat.SAFE, times=STOP)


class QueueGroup(Group):
    """``client.queue``: jobs that wait for their turn."""

    def clean(self, *, timeout: float | None = None, deadline: float | None = None) -> QueueCleaned:
        """Cancel EVERY waiting job of the site, whoever started it. POST job/clean/queue.

        Running jobs go on. May be repeated.

        Args:
            timeout: Seconds to wait for the next byte (180).
            deadline: Seconds for the whole call (300).
        """
        return self._client.send(QueueCleanRequest(), timeout=timeout, deadline=deadline)
