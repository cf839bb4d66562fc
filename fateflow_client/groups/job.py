"""Jobs: submit, wait, watch, stop, and their logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from fateflow_client._core import endpoint as ep
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client.domain.data import Uploaded
from fateflow_client.domain.job import (
    JobList,
    JobListRequest,
    JobLog,
    JobLogRequest,
    JobOutcome,
    JobProgress,
    JobQuery,
    JobStopped,
    JobStopRequest,
    JobSubmitRequest,
    JobSubmitted,
)
from fateflow_client.domain.task import TaskQuery
from fateflow_client.errors import NotFoundError, PartyError, SubmitRejectedError
from fateflow_client.groups._base import Group
from fateflow_client.transfer.archive import extract
from fateflow_client.transfer.place import existing, files_below
from fateflow_client.types import (
    DocumentIn,
    Exist,
    FolderIn,
    JobIdIn,
    JobStatusIn,
    PartyIdIn,
    Role,
    RoleIn,
)
from fateflow_client.waiting import wait_for_job


def _with_source(result: JobSubmitted, documents: ep.Documents, _: ep.Wire) -> JobSubmitted:
    source = documents["conf_path"].source
    return result.model_copy(update={"source": str(source)}) if source else result


def _log_folder(request: JobLogRequest) -> Path:
    return Path(request.output_path) / f"job_{request.job_id}_log"


def _log(request: JobLogRequest, files: tuple[Path, ...]) -> JobLog:
    return JobLog(job_id=str(request.job_id), directory=_log_folder(request), files=files)


def _receive_log(request: JobLogRequest, stream: ep.ByteStream, options: ep.CallOptions) -> JobLog:
    return _log(request, extract(stream, _log_folder(request), progress=options.progress))


def _log_there(request: JobLogRequest, options: ep.CallOptions) -> JobLog | None:
    folder = _log_folder(request)
    return _log(request, files_below(folder)) if existing(folder, options.exist) else None


SUBMIT = Endpoint(
    "job/submit",
    JobSubmitRequest,
    JobSubmitted,
    repeat=Repeat.NEVER,
    times=ep.SUBMIT,
    documents={"conf_path": "job_runtime_conf", "dsl_path": "job_dsl"},
    # 103 with a job id from 1.7 on, 100 without one before.
    meanings=(meaning(SubmitRejectedError, 103), meaning(SubmitRejectedError, 100)),
    finish=_with_source,
)
STOP = Endpoint(
    "job/stop",
    JobStopRequest,
    JobStopped,
    repeat=Repeat.SAFE,
    times=ep.STOP,
    meanings=(meaning(NotFoundError, 102), meaning(PartyError, 103)),
)
QUERY = Endpoint("job/query", JobQuery, JobList)
LIST = Endpoint("job/list/job", JobListRequest, JobList, meanings=(meaning(EMPTY, 101, "No job"),))
LOG = Endpoint(
    "job/log/download",
    JobLogRequest,
    JobLog,
    times=ep.DOWNLOAD,
    meanings=(meaning(NotFoundError, 210),),
    receive=_receive_log,
    already=_log_there,
)

_Jobs = JobList
"""JobList under a name that the method ``list`` does not hide."""


class JobGroup(Group):
    """``client.job``: jobs."""

    def submit(
        self,
        conf_path: DocumentIn,
        dsl_path: DocumentIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobSubmitted:
        """Submit a job to every party that its conf names. POST job/submit.

        The answer says that the job was accepted, not that it ran: see ``wait``. Sent again only
        if nothing was sent: a lost answer raises AmbiguousOutcomeError, because submitting twice
        makes two jobs.

        Args:
            conf_path: The runtime conf: a path, a mapping or a model.
            dsl_path: The DSL, likewise; a prediction job needs none.
            timeout: Seconds to wait for the next byte (300: unreachable partners take minutes).
            deadline: Seconds for the whole call (330).

        Raises:
            InputFileError: A file is absent, or no JSON object. Nothing was sent.
            SubmitRejectedError: The server refused the job; its ``retmsg`` says why at length.
            AmbiguousOutcomeError: The job may exist.
        """
        return self._client.send(
            JobSubmitRequest(conf_path=conf_path, dsl_path=dsl_path),
            timeout=timeout,
            deadline=deadline,
        )

    def stop(
        self,
        job_id: JobIdIn,
        *,
        stop_status: JobStatusIn | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobStopped:
        """Stop a job on every party. POST job/stop.

        Takes 20 s and more on a running job. May be repeated: a job that has ended stays as it is,
        and the answer is the same.

        Args:
            job_id: The job.
            stop_status: The status it gets; the server's default is ``canceled``.
            timeout: Seconds to wait for the next byte (180).
            deadline: Seconds for the whole call (300).

        Raises:
            NotFoundError: The server knows no such job.
            PartyError: A party could not stop it.
        """
        return self._client.send(
            JobStopRequest(job_id=job_id, stop_status=stop_status),
            timeout=timeout,
            deadline=deadline,
        )

    def query(
        self,
        job_id: JobIdIn | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        status: JobStatusIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobList:
        """Find jobs: a row for every party of each, none if nothing matches. POST job/query.

        Args:
            job_id: The job.
            role: The role of the party whose rows are wanted.
            party_id: The id of that party.
            status: Only rows with this status.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            JobQuery(job_id=job_id, role=role, party_id=party_id, status=status),
            timeout=timeout,
            deadline=deadline,
        )

    def log(
        self,
        job_id: JobIdIn,
        output_path: FolderIn,
        *,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobLog:
        """Download the logs that the server has of a job. POST job/log/download.

        They go into ``output_path/job_{job_id}_log``, which appears complete or not at all.

        Args:
            job_id: The job.
            output_path: A folder; made if absent.
            exist: What to do if ``job_{job_id}_log`` is there: "replace", "error" or "skip".
            progress: Told of the bytes received, and of all or None.
            timeout: Seconds to the next byte (600: the server packs them first).
            deadline: Seconds for the whole call (none).

        Raises:
            NotFoundError: The server has no logs of such a job.
            DownloadError: They did not arrive whole, or cannot be written; nothing changed.
        """
        return self._client.send(
            JobLogRequest(job_id=job_id, output_path=output_path),
            exist=exist,
            progress=progress,
            timeout=timeout,
            deadline=deadline,
        )

    def list(
        self,
        limit: int = 10,
        *,
        page: int | None = None,
        order_by: str | None = None,
        order: Literal["asc", "desc"] | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> _Jobs:
        """List jobs, newest first: a row for every party of each. POST job/list/job.

        Args:
            limit: How many rows, or -1 for all.
            page: Which page of ``limit`` rows, from 1 (release 1.7.1 and later).
            order_by: ``create_time``, ``elapsed`` ... (1.7.1 and later).
            order: The direction (1.7.1 and later).
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            JobListRequest(limit=limit, page=page, order_by=order_by, order=order),
            timeout=timeout,
            deadline=deadline,
        )

    def wait(
        self,
        job: JobIdIn | JobSubmitted | Uploaded,
        *,
        timeout: float | None = None,
        interval: float = 2.0,
        max_interval: float = 30.0,
        max_outage: float = 300.0,
        progress: Callable[[JobProgress], None] | None = None,
    ) -> JobOutcome:
        """Wait until a job has ended on every party. Polls job/query; stops nothing, ever.

        Args:
            job: A job id, or what ``submit`` or ``data.upload`` returned.
            timeout: Seconds to wait; None: the job's own timeout, by default 259,200.
            interval: Seconds between the first two polls; it grows by half each time ...
            max_interval: ... up to this.
            max_outage: Seconds without any answer after which to give up; a failed poll does not.
            progress: Told of every answer.

        Raises:
            JobFailedError: It failed; component, party and reason are inside.
            JobCanceledError: Somebody canceled it.
            JobTimeoutError: The server ended it.
            WaitTimeoutError: The time is over; the job goes on.
            WaitInterruptedError: The server could not be asked for too long; the job may go on.
            NotFoundError: The server knows no such job.
        """
        upload = isinstance(job, Uploaded)
        job_id = job.job_id if isinstance(job, Uploaded | JobSubmitted) else job
        query = JobQuery(
            job_id=job_id, role=Role.LOCAL if upload else None, party_id=0 if upload else None
        )
        return wait_for_job(
            str(query.job_id),
            lambda: self._client.send(query),
            lambda: self._client.send(TaskQuery(job_id=job_id)),
            self._client.clock,
            timeout=timeout,
            interval=interval,
            max_interval=max_interval,
            max_outage=max_outage,
            progress=progress,
        )

    def run(
        self,
        conf_path: DocumentIn,
        dsl_path: DocumentIn | None = None,
        *,
        timeout: float | None = None,
        progress: Callable[[JobProgress], None] | None = None,
    ) -> JobOutcome:
        """Submit a job and wait for it: see ``submit`` and ``wait``, which it calls."""
        return self.wait(self.submit(conf_path, dsl_path), timeout=timeout, progress=progress)
