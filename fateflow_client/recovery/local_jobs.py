"""The server's own jobs (upload, download, store, restore), found by what they were told to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from fateflow_client._core.shapes import mapping
from fateflow_client._core.trail import MARGIN, NOTHING, Server, Sighting, Trail
from fateflow_client.domain._base import Envelope, LocalJob
from fateflow_client.domain.job import Job
from fateflow_client.recovery.rows import is_accepted, is_refused, lost_refusal, recent_jobs

DEEPEST = 8
"""Levels of a runtime conf that are searched."""


@dataclass(frozen=True, slots=True)
class LocalJobTrail(Trail):
    """The module that does it, and the parameters it was given."""

    kind: type[LocalJob]
    """The result of the call."""
    module: str
    """The module in the job's DSL, as in ``Upload``."""
    parameters: tuple[tuple[str, str], ...]
    """What one mapping in the job's runtime conf holds."""
    answer: tuple[tuple[str, str], ...] = ()
    """What the server's answer would have said beside the job's id."""
    before: frozenset[str] = frozenset()
    """Jobs that do the same and were there before ..."""
    begin: float | None = None
    """... among those from this time on, by the server's clock; later looks begin there too."""

    def begun(self, server: Server) -> LocalJobTrail:
        """Note the jobs there are."""
        begin = server.now()
        rows = list(recent_jobs(server, begin, "local", 0))
        if abs(server.now() - begin) > MARGIN / 2:
            # The first answer has told that the server's clock is another one.
            begin = server.now()
            rows = list(recent_jobs(server, begin, "local", 0))
        before = frozenset(row.job_id for row in rows if self._fits(row))
        return replace(self, before=before, begin=begin)

    def look(self, server: Server, since: float) -> Sighting:
        """Look for such a job. Of two nobody can tell which is ours."""
        rows = [
            row
            for row in recent_jobs(server, since if self.begin is None else self.begin, "local", 0)
            if row.job_id not in self.before and self._fits(row)
        ]
        found = sorted({row.job_id for row in rows})
        if len(found) != 1:
            return Sighting(candidates=tuple(found)) if found else NOTHING
        if any(is_refused(row) for row in rows):
            return Sighting(refusal=lost_refusal(found[0]))
        if not any(is_accepted(row) for row in rows):
            return Sighting(candidates=tuple(found), pending=True)
        data: dict[str, Any] = {"job_id": found[0], "recovered": True, **dict(self.answer)}
        raw = {"retcode": 0, "retmsg": "success", "jobId": found[0], "data": data}
        envelope = Envelope(retmsg="success", data=data, job_id=found[0], raw=raw)
        return Sighting(result=self.kind.from_envelope(envelope).with_envelope(envelope))

    def _fits(self, row: Job) -> bool:
        components = mapping(mapping(row.dsl).get("components"))
        modules = {mapping(component).get("module") for component in components.values()}
        return self.module in modules and _holds(row.runtime_conf, dict(self.parameters), DEEPEST)


def _holds(value: object, wanted: Mapping[str, str], depth: int) -> bool:
    """Whether a mapping in ``value`` has these members, or lists of one of them (up to 1.6)."""
    members = mapping(value)
    if not members or not depth:
        return False
    if all(_is(members.get(name), text) for name, text in wanted.items()):
        return True
    return any(_holds(member, wanted, depth - 1) for member in members.values())


def _is(value: object, text: str) -> bool:
    if isinstance(value, list):
        items = cast("Sequence[object]", value)
        return len(items) == 1 and str(items[0]) == text
    return value is not None and str(value) == text
