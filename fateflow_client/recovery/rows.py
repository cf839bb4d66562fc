"""Asking for recent jobs, in the way that the server's release has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count

from fateflow_client._core.releases import R170, R171
from fateflow_client._core.trail import MARGIN, Server
from fateflow_client.domain.job import Job, JobListRequest, JobQuery
from fateflow_client.errors import SubmitRejectedError

PAGE = 100
"""Rows of a list to ask for at once: two or three for every job."""


def recent_jobs(server: Server, since: float, role: str, party_id: int) -> Iterable[Job]:
    """One party's rows of the jobs made after ``since``, and shortly before."""
    begin = datetime.fromtimestamp(since - MARGIN, UTC)
    if server.release() >= R170:
        rows: Iterable[Job] = server.send(
            JobQuery(create_time=(begin, None), role=role, party_id=party_id)
        )
        return rows
    return [
        row for rows in _growing(server, begin) for row in rows if _fits(row, begin, role, party_id)
    ]


def jobs_since(server: Server, since: float, role: str, party_id: int) -> Iterator[Job]:
    """One party's rows of all jobs made after ``since``, newest first, a page at a time."""
    begin = datetime.fromtimestamp(since, UTC)
    pages = _pages(server, role) if server.release() >= R171 else _growing(server, begin)
    for rows in pages:
        for row in rows:
            if _fits(row, begin, role, party_id):
                yield row
        if not rows or not _is_after(rows[-1], begin):
            return


def _pages(server: Server, role: str) -> Iterator[list[Job]]:
    for page in count(1):
        request = JobListRequest(
            limit=PAGE, page=page, order_by="create_time", order="desc", role=role
        )
        rows: list[Job] = list(server.send(request))
        yield rows
        if len(rows) < PAGE:
            return


def _growing(server: Server, begin: datetime) -> Iterator[list[Job]]:
    """For servers without pages: ask for twice as many until they reach back far enough."""
    limit = PAGE
    while True:
        rows: list[Job] = list(server.send(JobListRequest(limit=limit)))
        if len(rows) < limit or not _is_after(rows[-1], begin):
            yield rows
            return
        limit *= 2


def _fits(row: Job, begin: datetime, role: str, party_id: int) -> bool:
    return row.role == role and row.party_id == party_id and _is_after(row, begin)


def _is_after(row: Job, begin: datetime) -> bool:
    return row.create_time is None or row.create_time >= begin


def is_refused(row: Job) -> bool:
    """Whether the server has refused to run the job."""
    return row.tag == "submit_failed"


def is_accepted(row: Job) -> bool:
    """Whether the server has decided to run it: until then rows are ready, or failed untagged."""
    undecided = row.status == "ready" or (row.status == "failed" and not row.tag)
    return not undecided and not is_refused(row)


def lost_refusal(job_id: str) -> SubmitRejectedError:
    """The error for a job that is tagged as refused, whose answer with the reason was lost."""
    return SubmitRejectedError(
        f"the job was refused (job {job_id}); the answer that said why was lost",
        status=200,
        retcode=103,
        retmsg="",
        job_id=job_id,
        hint="job.log() of that job has the server's words.",
    )
