"""Waiting for a job: a loop over (ask, clock) that neither a failed poll nor a restart ends."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from fateflow_client._core.clock import Clock
from fateflow_client._core.log import log
from fateflow_client._core.shapes import mapping
from fateflow_client.domain.job import Job, JobList, JobOutcome, JobProgress
from fateflow_client.domain.task import Task, TaskList
from fateflow_client.errors import (
    AuthError,
    FlowError,
    JobCanceledError,
    JobError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    TransportError,
    UnexpectedRedirectError,
    WaitInterruptedError,
    WaitTimeoutError,
    shown,
)

logger = log("waiting")

JOB_TIMEOUT = 259_200.0
"""Seconds after which the server itself ends a job that has no timeout of its own."""
GROWTH = 1.5
_FAILURES: dict[str, type[JobError]] = {"canceled": JobCanceledError, "timeout": JobTimeoutError}
_FINE = ("success", "pass")


def wait_for_job(
    job_id: str,
    ask: Callable[[], JobList],
    tasks: Callable[[], TaskList],
    clock: Clock,
    *,
    timeout: float | None,
    interval: float,
    max_interval: float,
    max_outage: float,
    progress: Callable[[JobProgress], None] | None,
) -> JobOutcome:
    """Ask until every party's row has ended.

    Args:
        job_id: The job, for messages.
        ask: Gives the job's rows.
        tasks: Gives its tasks; used once, to say why it failed.
        clock: Time.
        timeout: Seconds to wait; None: the job's own timeout, or 259,200.
        interval: Seconds before the second question; then half as long again each time ...
        max_interval: ... up to this.
        max_outage: Seconds without an answer that end the wait.
        progress: Told of every answer.
    """
    started = answered = clock.monotonic()
    status: str | None = None
    while True:
        try:
            rows = ask()
        except FlowError as error:
            now = clock.monotonic()
            if _hopeless(error, seen=status is not None):
                raise
            if now - answered > max_outage:
                raise WaitInterruptedError(
                    f"job {job_id} could not be asked for {now - answered:.0f} s: {error.message}",
                    job_id=job_id,
                    status=status,
                    hint="It may go on; wait again with its job_id.",
                ) from error
            logger.warning("job %s: a poll failed, waiting goes on: %s", job_id, error)
        else:
            answered = clock.monotonic()
            if not rows.rows:
                raise _unknown(job_id, rows)
            status = whole_status(rows)
            if timeout is None:
                timeout = own_timeout(rows) or JOB_TIMEOUT
            if progress is not None:
                progress(_progress(job_id, status, rows, answered - started))
            if all(row.ended for row in rows):
                return _end(job_id, status, rows, tasks, answered - started)
        interval = _pause(clock, job_id, status, started, timeout or JOB_TIMEOUT, interval)
        interval = min(interval * GROWTH, max_interval)


def whole_status(rows: Iterable[Job]) -> str:
    """The status of a job from its parties' rows, which are briefly of different opinions.

    While one party's row has not ended, neither has the job.
    """
    rows = list(rows)
    leading = next((row for row in rows if row.is_initiator), rows[0])
    if all(row.ended for row in rows):
        bad = [row.status for row in rows if row.status not in _FINE]
        return leading.status if leading.status not in _FINE or not bad else bad[0]
    return leading.status if not leading.ended else "running"


def own_timeout(rows: Iterable[Job]) -> float | None:
    """The timeout that the job's conf sets, in seconds."""
    for row in rows:
        parameters = mapping(mapping(row.runtime_conf).get("job_parameters"))
        value = mapping(parameters.get("common")).get("timeout")
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return None


def _hopeless(error: FlowError, *, seen: bool) -> bool:
    """Whether waiting on would be pointless: wrong keys, wrong server, or never reached at all."""
    if isinstance(error, AuthError | UnexpectedRedirectError):
        return not seen
    return not seen and not isinstance(error, TransportError)


def _pause(
    clock: Clock, job_id: str, status: str | None, started: float, timeout: float, interval: float
) -> float:
    left = started + timeout - clock.monotonic()
    if left <= 0:
        raise WaitTimeoutError(
            f"job {job_id} did not end within {timeout:.0f} s; it goes on (status: {status})",
            job_id=job_id,
            status=status,
            hint="Wait again with its job_id, or stop it with job.stop().",
        )
    # Jitter keeps many waiting programs from asking in step. It guards nothing.
    clock.sleep(min(left, interval * random.uniform(0.8, 1.0)))  # noqa: S311
    return interval


def _progress(job_id: str, status: str, rows: JobList, waited: float) -> JobProgress:
    leading = next((row for row in rows if row.is_initiator), rows[0])
    return JobProgress(
        job_id=job_id, status=status, progress=leading.progress, waited=waited, rows=rows.rows
    )


def _unknown(job_id: str, rows: JobList) -> FlowError:
    return NotFoundError(
        f"the server knows no job {job_id}",
        status=rows.envelope.status,
        retcode=rows.envelope.retcode,
        retmsg=rows.envelope.retmsg,
        job_id=job_id,
        hint="A job is known to the servers of its own parties only.",
    )


def _end(
    job_id: str, status: str, rows: JobList, tasks: Callable[[], TaskList], waited: float
) -> JobOutcome:
    if status in _FINE:
        return JobOutcome(job_id=job_id, status=status, rows=rows.rows, waited=waited)
    task = _culprit(tasks) if status != "canceled" else None
    reason = (task.error_report or "").strip() if task else ""
    message = f"job {job_id} ended with status {status}"
    if task:
        message += f": {task.component_name} on {task.role} {task.party_id}"
        message += f": {shown(reason)}" if reason else f" has status {task.party_status}"
    raise _FAILURES.get(status, JobFailedError)(
        message,
        job_id=job_id,
        status=status,
        component=task.component_name if task else None,
        role=task.role if task else None,
        party_id=task.party_id if task else None,
        reason=reason,
        hint="job.log() downloads its logs." if status != "canceled" else "",
    )


def _culprit(tasks: Callable[[], TaskList]) -> Task | None:
    """The task that failed first: of those with a reason if there are any."""
    try:
        rows = tasks()
    except FlowError as error:
        logger.warning("the tasks of the failed job could not be asked for: %s", error)
        return None
    bad = [task for task in rows if (task.party_status or task.status) in ("failed", "timeout")]
    with_reason = [task for task in bad if (task.error_report or "").strip()]
    candidates = with_reason or bad
    if not candidates:
        return None
    return min(candidates, key=lambda task: task.end_time.timestamp() if task.end_time else 9e18)
