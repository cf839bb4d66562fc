"""The queue of waiting jobs: request and result of ``job/clean/queue``."""

from __future__ import annotations

from fateflow_client.domain._base import MappingResult, Request, Returns


class QueueCleaned(MappingResult[int]):
    """The jobs that were canceled, by id, each with what came of it.

    0 success, 1 some parties only, 2 failed, 3 an error, 4 had no effect.
    """


class QueueCleanRequest(Request, Returns[QueueCleaned]):
    """Cancel every waiting job of the site."""
