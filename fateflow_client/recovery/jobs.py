"""Submitted jobs, found by the marker in their runtime conf, and reruns, by their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from fateflow_client._core.shapes import mapping
from fateflow_client._core.trail import NOTHING, Server, Sighting, Trail
from fateflow_client.domain._base import Done, Envelope
from fateflow_client.domain.job import Job, JobSubmitted
from fateflow_client.domain.task import TaskQuery
from fateflow_client.recovery.rows import (
    is_accepted,
    is_refused,
    jobs_since,
    lost_refusal,
    recent_jobs,
)

MARKER = "fateflow_client"
"""The top-level key of a runtime conf under which every release keeps what it does not know."""


def marked(conf: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """A conf with this marker and no other: confs that come from older jobs carry theirs."""
    unmarked = {name: value for name, value in conf.items() if name != MARKER}
    return unmarked if token is None else unmarked | {MARKER: {"token": token}}


def _token(row: Job) -> object:
    return mapping(mapping(row.runtime_conf).get(MARKER)).get("token")


@dataclass(frozen=True, slots=True)
class SubmitTrail(Trail):
    """A job's marker, and whose rows to look at."""

    marker: str
    role: str
    party_id: int
    rejected: frozenset[str] = frozenset()
    """Jobs with this marker that were refused before this submit."""

    advice: ClassVar[str] = (
        "The job may exist: error.reconcile() looks for it again. Submitted again it may run "
        "twice; with the idempotency_key it had, a new submit looks first."
    )

    @property
    def token(self) -> str | None:
        """See Trail."""
        return self.marker

    def look(self, server: Server, since: float) -> Sighting:
        """Look for the marker among recent jobs."""
        return self._judge(recent_jobs(server, since, self.role, self.party_id))

    def look_back(self, server: Server, begin: float, since: float) -> tuple[Sighting, SubmitTrail]:
        """Look before a submit: for a job that an earlier one with the same key has made.

        Also gives the trail that knows of jobs that were refused: they count for nothing.

        Args:
            server: Whom to ask.
            begin: The time from which on jobs count, as ``since``.
            since: See look.
        """
        # Lists hide what was refused, and the window below does not reach far enough back.
        seen = self._judge(jobs_since(server, begin, self.role, self.party_id))
        if seen.refusal is None and seen is not NOTHING:
            return seen, self
        rows = list(recent_jobs(server, since, self.role, self.party_id))
        refused = {row.job_id for row in rows if _token(row) == self.marker and is_refused(row)}
        trail = replace(self, rejected=frozenset(refused))
        return trail._judge(rows), trail

    def _judge(self, rows: Iterable[Job]) -> Sighting:
        own = [
            row for row in rows if _token(row) == self.marker and row.job_id not in self.rejected
        ]
        accepted = sorted({row.job_id for row in own if is_accepted(row)})
        refused = sorted({row.job_id for row in own if is_refused(row)})
        pending = sorted({row.job_id for row in own} - {*accepted, *refused})
        if accepted:
            first = next(row for row in own if row.job_id == accepted[0])
            others = sorted({*accepted[1:], *pending})
            return Sighting(result=_submitted(first, tuple(others)))
        if pending:
            return Sighting(candidates=tuple(pending), pending=True)
        if refused:
            return Sighting(refusal=lost_refusal(refused[-1]))
        return NOTHING


def _submitted(row: Job, duplicates: tuple[str, ...]) -> JobSubmitted:
    parameters = mapping(mapping(row.runtime_conf).get("job_parameters"))
    model = mapping(parameters.get("common")) or parameters
    data: dict[str, Any] = {"job_id": row.job_id, "recovered": True, "duplicates": duplicates}
    if model.get("model_id") and model.get("model_version"):
        names = ("model_id", "model_version")
        data["model_info"] = {name: str(model[name]) for name in names}
    raw = {"retcode": 0, "retmsg": "success", "jobId": row.job_id, "data": data}
    envelope = Envelope(retmsg="success", data=data, job_id=row.job_id, raw=raw)
    return JobSubmitted.from_envelope(envelope).with_envelope(envelope)


@dataclass(frozen=True, slots=True)
class RerunTrail(Trail):
    """The runs that a job's tasks had before."""

    job_id: str
    runs: frozenset[tuple[str, str, int, int]]

    @classmethod
    def before(cls, server: Server, job_id: str) -> RerunTrail:
        """Note the runs there are."""
        return cls(job_id, _runs(server, job_id))

    def look(self, server: Server, since: float) -> Sighting:
        """Look for runs that are new."""
        if _runs(server, self.job_id) <= self.runs:
            return NOTHING
        text = "the job runs again; the answer that said so was lost"
        return Sighting(result=Done(message=text, already=True))


def _runs(server: Server, job_id: str) -> frozenset[tuple[str, str, int, int]]:
    return frozenset(
        (task.task_id, task.role, task.party_id, task.task_version or 0)
        for task in server.send(TaskQuery(job_id=job_id))
    )
