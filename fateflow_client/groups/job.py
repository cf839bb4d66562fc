"""Jobs: submit, wait, watch, stop, and their logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from fateflow_client._core import endpoint as ep
from fateflow_client._core.codec import dump_json
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client._core.releases import JOB_LOG_1_6, PAGES, QUERY_LISTS, R170, Release
from fateflow_client._core.shapes import mapping
from fateflow_client._core.trail import Server
from fateflow_client.domain._base import Done, LocalJob
from fateflow_client.domain.job import (
    DataViewList,
    GeneratedDsl,
    GenerateDslRequest,
    Job,
    JobCleanRequest,
    JobConfigFiles,
    JobConfigRequest,
    JobList,
    JobListRequest,
    JobLog,
    JobLogPath,
    JobLogPathRequest,
    JobLogRequest,
    JobOutcome,
    JobParameters,
    JobParameterUpdateRequest,
    JobProgress,
    JobQuery,
    JobRerunRequest,
    JobStopped,
    JobStopRequest,
    JobSubmitRequest,
    JobSubmitted,
    JobUpdateRequest,
    JobViewQuery,
)
from fateflow_client.domain.task import TaskQuery
from fateflow_client.errors import NotFoundError, PartyError, SubmitRejectedError
from fateflow_client.groups._base import Group, every_row
from fateflow_client.jobconf.report import invalid
from fateflow_client.jobconf.spec import JobSpec
from fateflow_client.recovery.jobs import RerunTrail, SubmitTrail, marked
from fateflow_client.transfer.archive import extract
from fateflow_client.transfer.place import existing, files_below, new_folder
from fateflow_client.types import (
    DocumentIn,
    Exist,
    FolderIn,
    JobIdIn,
    JobStatusesIn,
    JobStatusIn,
    PartyIdIn,
    Role,
    RoleIn,
    TimeWindow,
)
from fateflow_client.waiting import wait_for_job


def _with_source(result: JobSubmitted, documents: ep.Documents, _: ep.Wire) -> JobSubmitted:
    source = documents["conf_path"].source
    return result.model_copy(update={"source": str(source)}) if source else result


def _check_job(_: JobSubmitRequest, documents: ep.Documents, release: Release | None) -> None:
    conf, dsl = documents["conf_path"], documents.get("dsl_path")
    text = None if release is None else str(release)
    report = JobSpec(conf.value, None if dsl is None else dsl.value).check(text)
    if not report.ok:
        # Once more from the files, which have lines and columns.
        graph = None if dsl is None else dsl.source or dsl.value
        placed = JobSpec(conf.source or conf.value, graph).check(text)
        raise invalid(report if placed.ok else placed, conf.source or "conf_path")


def _marked(documents: ep.Documents, token: str | None, _: float) -> ep.Documents:
    conf = documents["conf_path"]
    return {**documents, "conf_path": replace(conf, value=marked(conf.value, token))}


def _submit_trail(
    _: JobSubmitRequest, documents: ep.Documents, token: str | None, __: Server
) -> SubmitTrail | None:
    """Whose rows to look at: those of the initiator, whose server this is."""
    if token is None:
        return None
    initiator = mapping(documents["conf_path"].value.get("initiator"))
    try:
        query = JobQuery(role=initiator.get("role"), party_id=initiator.get("party_id"))
    except ValidationError:
        return None  # no server takes such a conf
    if query.role is None or query.party_id is None:
        return None
    return SubmitTrail(token, str(query.role), int(query.party_id))


def _rerun_trail(
    request: JobRerunRequest, _: ep.Documents, __: str | None, server: Server
) -> RerunTrail:
    return RerunTrail.before(server, str(request.job_id))


def _log_folder(request: JobLogRequest) -> Path:
    return Path(request.output_path) / f"job_{request.job_id}_log"


def _log(request: JobLogRequest, files: tuple[Path, ...]) -> JobLog:
    return JobLog(job_id=str(request.job_id), directory=_log_folder(request), files=files)


def _receive_log(
    request: JobLogRequest, _: ep.Documents, stream: ep.ByteStream, options: ep.CallOptions
) -> JobLog:
    files = extract(stream, _log_folder(request), limits=options.limits, progress=options.progress)
    return _log(request, files)


def _log_there(request: JobLogRequest, _: ep.Documents, options: ep.CallOptions) -> JobLog | None:
    folder = _log_folder(request)
    return _log(request, files_below(folder)) if existing(folder, options.exist) else None


def _config_folder(request: JobConfigRequest) -> Path:
    return Path(request.output_path) / f"job_{request.job_id}_config"


CONFIG_FILES = ("dsl", "runtime_conf", "train_runtime_conf", "model_info")
"""The files of a config: never names that a server chose."""


def _write_config(
    result: JobConfigFiles, request: JobConfigRequest, options: ep.CallOptions
) -> JobConfigFiles:
    folder = _config_folder(request)
    data = mapping(result.envelope.data)
    existing(folder, options.exist)
    with new_folder(folder) as part:
        for name in CONFIG_FILES:
            if name in data:
                text = json.dumps(data[name], indent=4, ensure_ascii=False)
                (part / f"{name}.json").write_text(text, encoding="utf-8")
    return result.model_copy(update={"directory": folder, "files": files_below(folder)})


def _config_there(
    request: JobConfigRequest, _: ep.Documents, options: ep.CallOptions
) -> JobConfigFiles | None:
    folder = _config_folder(request)
    if not existing(folder, options.exist):
        return None
    files = files_below(folder)
    return JobConfigFiles(job_id=str(request.job_id), directory=folder, files=files)


def _encode_generate(
    request: GenerateDslRequest, documents: ep.Documents, _: ep.CallOptions, path: str
) -> ep.Wire:
    names = request.cpn_list or documents["cpn_file_path"].value["names"]
    body = {
        # The server wants this document as JSON text inside JSON.
        "train_dsl": dump_json(documents["train_dsl_path"].value).decode(),
        "cpn_str": list(names),
        "version": request.version or "2",
    }
    return ep.Wire("POST", path, body=dump_json(body))


SUBMIT = Endpoint(
    "job/submit",
    JobSubmitRequest,
    JobSubmitted,
    repeat=Repeat.NEVER,
    times=ep.SUBMIT,
    documents={"conf_path": "job_runtime_conf", "dsl_path": "job_dsl"},
    # 103 with a job id from 1.7 on, 100 without one before.
    meanings=(meaning(SubmitRejectedError, 103), meaning(SubmitRejectedError, 100)),
    check=_check_job,
    stamp=_marked,
    trail=_submit_trail,
    attach=SubmitTrail.look_back,
    finish=_with_source,
)
STOP = Endpoint(
    "job/stop",
    JobStopRequest,
    JobStopped,
    repeat=Repeat.SAFE,
    times=ep.STOP,
    meanings=(meaning(NotFoundError, 102), meaning(PartyError, 103)),
    done_if="can not found job",
)
QUERY = Endpoint("job/query", JobQuery, JobList, needs=(QUERY_LISTS,))
LIST = Endpoint(
    "job/list/job",
    JobListRequest,
    JobList,
    meanings=(meaning(EMPTY, 101, "No job"),),
    needs=(PAGES,),
)
LOG = Endpoint(
    "job/log/download",
    JobLogRequest,
    JobLog,
    times=ep.DOWNLOAD,
    meanings=(meaning(NotFoundError, 210),),
    old_route=JOB_LOG_1_6,
    receive=_receive_log,
    already=_log_there,
)

CONFIG = Endpoint(
    "job/config",
    JobConfigRequest,
    JobConfigFiles,
    meanings=(meaning(NotFoundError, 101),),
    write=_write_config,
    already=_config_there,
)
RERUN = Endpoint(
    "job/rerun",
    JobRerunRequest,
    Done,
    repeat=Repeat.NEVER,
    times=ep.STOP,
    meanings=(meaning(NotFoundError, 102),),
    trail=_rerun_trail,
)
CLEAN = Endpoint(
    "job/clean",
    JobCleanRequest,
    Done,
    repeat=Repeat.SAFE,
    times=ep.STOP,
    meanings=(meaning(NotFoundError, 100, "no found task"),),
)
UPDATE = Endpoint(
    "job/update",
    JobUpdateRequest,
    Done,
    repeat=Repeat.SAFE,
    meanings=(meaning(NotFoundError, 101),),
)
PARAMETER_UPDATE = Endpoint(
    "job/parameter/update",
    JobParameterUpdateRequest,
    JobParameters,
    repeat=Repeat.SAFE,
    meanings=(meaning(NotFoundError, 102),),
    since=R170,
)
LOG_PATH = Endpoint("job/log/path", JobLogPathRequest, JobLogPath, since=R170)
VIEW = Endpoint("job/data/view/query", JobViewQuery, DataViewList, meanings=(meaning(EMPTY, 101),))
GENERATE_DSL = Endpoint(
    "job/dsl/generate",
    GenerateDslRequest,
    GeneratedDsl,
    documents={"train_dsl_path": "train_dsl"},
    name_lists=("cpn_file_path",),
    encode=_encode_generate,
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
        idempotency_key: str | None = None,
        lookback: float = 86_400.0,
        marker: bool = True,
        validate: bool = True,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobSubmitted:
        """Submit a job to every party that its conf names. POST job/submit.

        The answer says that the job was accepted, not that it ran: see ``wait``. Submitting twice
        makes two jobs, so it is sent again only if nothing was sent. If the answer is lost, the job
        is looked for by a marker, up to ``RetryPolicy.settle`` seconds beyond the deadline:
        ``recovered`` is True for a job that was found so. The marker is a random token under the
        key ``fateflow_client`` of the conf that is sent; every party sees it, and the model keeps
        it. Your conf is not changed.

        Args:
            conf_path: The runtime conf: a path, a mapping or a model.
            dsl_path: The DSL, likewise; a prediction job needs none.
            idempotency_key: A name for this submit, such as a run's id. A job that was submitted
                under it before is returned, whatever became of it, and nothing is sent. Two
                first submits at the same moment can still both win: no server knows such names.
            lookback: Seconds for which that holds.
            marker: False sends no marker: a lost answer raises AmbiguousOutcomeError at once.
            validate: False sends documents that certainly fail; see ``JobSpec.check``.
            timeout: Seconds to wait for the next byte (300: unreachable partners take minutes).
            deadline: Seconds for the whole call (330), but for looking after a lost answer.

        Raises:
            InputFileError: A file is absent, or no JSON object. Nothing was sent.
            InvalidConfError: The documents certainly fail; ``report`` has every problem and its
                place. Nothing was sent.
            SubmitRejectedError: The server refused the job; its ``retmsg`` says why at length.
            AmbiguousOutcomeError: The answer was lost and no job was found: it may exist.
        """
        return self._client.send(
            JobSubmitRequest(conf_path=conf_path, dsl_path=dsl_path),
            idempotency_key=idempotency_key,
            lookback=lookback,
            marker=marker,
            validate=validate,
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
        status: JobStatusesIn | None = None,
        *,
        create_time: TimeWindow | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobList:
        """Find jobs: a row for every party of each, none if nothing matches. POST job/query.

        Args:
            job_id: The job.
            role: The role of the party whose rows are wanted.
            party_id: The id of that party.
            status: Only rows with this status, or one of these (several: 1.7 and later).
            create_time: Only jobs made between two times, by the server's clock: datetimes with a
                time zone or milliseconds since 1970; None is open (1.7 and later).
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            UnsupportedByServerError: Several statuses, or times, before 1.7. Nothing was sent.
        """
        return self._client.send(
            JobQuery(
                job_id=job_id,
                role=role,
                party_id=party_id,
                status=status,
                create_time=create_time,
            ),
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

    def config(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        output_path: FolderIn,
        *,
        exist: Exist = "replace",
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobConfigFiles:
        """Get a job's conf and DSL as files. POST job/config.

        They go into ``output_path/job_{job_id}_config``, which appears complete or not at all.

        Args:
            job_id: The job.
            role: The role of the party whose conf is wanted.
            party_id: The id of that party.
            output_path: A folder; made if absent.
            exist: What to do if ``job_{job_id}_config`` is there: "replace", "error" or "skip".
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: The server knows no such job at that party.
            DownloadError: The files cannot be written; nothing changed.
        """
        return self._client.send(
            JobConfigRequest(job_id=job_id, role=role, party_id=party_id, output_path=output_path),
            exist=exist,
            timeout=timeout,
            deadline=deadline,
        )

    def view(
        self,
        job_id: JobIdIn | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        status: JobStatusIn | None = None,
        component_name: str | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> DataViewList:
        """Find the tables of a job, none if nothing matches. POST job/data/view/query.

        Args:
            job_id: The job; needed in fact.
            role: The role of the party.
            party_id: The id of the party.
            status: Ignored by every server: not sent, with a warning.
            component_name: The component, as the DSL names it.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            JobViewQuery(
                job_id=job_id,
                role=role,
                party_id=party_id,
                status=status,
                component_name=component_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def generate_dsl(
        self,
        train_dsl_path: DocumentIn,
        cpn_file_path: FolderIn | None = None,
        cpn_list: Sequence[str] | None = None,
        version: str | int | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> GeneratedDsl:
        """Make a DSL for predictions from one for training. POST job/dsl/generate.

        Args:
            train_dsl_path: The DSL of the training: a path, a mapping or a model.
            cpn_file_path: A file with the names of the components to keep: a JSON list, or names
                between commas and line breaks.
            cpn_list: Those names, instead of a file.
            version: The DSL's version, 1 or 2; None is 2.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            ApiError: The server could not make one; it does not say why.
        """
        return self._client.send(
            GenerateDslRequest(
                train_dsl_path=train_dsl_path,
                cpn_file_path=cpn_file_path,
                cpn_list=cpn_list,
                version=version,
            ),
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
        job_id: str | None = None,
        description: str | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        status: JobStatusesIn | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> _Jobs:
        """List jobs, newest first: a row for every party of each. POST job/list/job.

        All but ``limit`` need release 1.7.1, and make this call ask for the server's release.

        Args:
            limit: How many rows, or -1 for all.
            page: Which page of ``limit`` rows, from 1.
            order_by: ``create_time``, ``elapsed`` ...
            order: The direction.
            job_id: Only jobs whose id holds these digits.
            description: Only jobs whose notes hold this text.
            role: Only rows of parties in this role.
            party_id: Only rows of this party.
            status: Only rows with this status, or one of these.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            UnsupportedByServerError: The server is older. Nothing was sent.
        """
        return self._client.send(
            JobListRequest(
                limit=limit,
                page=page,
                order_by=order_by,
                order=order,
                job_id=job_id,
                description=description,
                role=role,
                party_id=party_id,
                status=status,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def iterate(
        self, *, page_size: int = 100, status: JobStatusesIn | None = None
    ) -> Iterator[Job]:
        """Go through all jobs, oldest first, page by page (1.7.1 and later). POST job/list/job.

        A row is given once, although jobs that are submitted meanwhile move the pages.

        Args:
            page_size: Rows to ask for at a time.
            status: Only rows with this status, or one of these.

        Raises:
            UnsupportedByServerError: The server is older.
        """
        return every_row(
            lambda page: self.list(
                page_size, page=page, order_by="create_time", order="asc", status=status
            ),
            page_size,
            lambda job: (job.job_id, job.role, job.party_id),
        )

    def rerun(
        self,
        job_id: JobIdIn,
        *,
        component_name: Sequence[str] | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Run a job again, on every party. POST job/rerun.

        It is not sent again if the answer is lost: it would be run once more. The job's tasks tell
        then whether it runs; ``already`` is True if so.

        Args:
            job_id: The job; it has ended.
            component_name: Only these components, and what comes after them.
            timeout: Seconds to wait for the next byte (180).
            deadline: Seconds for the whole call (300).

        Raises:
            NotFoundError: The server knows no such job.
            AmbiguousOutcomeError: The answer was lost and no task runs again: it may do so yet.
        """
        return self._client.send(
            JobRerunRequest(job_id=job_id, component_name=component_name),
            timeout=timeout,
            deadline=deadline,
        )

    def clean(
        self,
        job_id: JobIdIn,
        *,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        component_name: str | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Clean up what a job's tasks left on the engines. POST job/clean.

        Args:
            job_id: The job.
            role: Only tasks of parties in this role.
            party_id: Only tasks of this party.
            component_name: Only tasks of this component.
            timeout: Seconds to wait for the next byte (180).
            deadline: Seconds for the whole call (300).

        Raises:
            NotFoundError: There is no such task.
        """
        return self._client.send(
            JobCleanRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def update(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        notes: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Write notes to a job; they replace older ones. POST job/update.

        Args:
            job_id: The job.
            role: The role of the party whose row gets them.
            party_id: The id of that party.
            notes: The notes.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            JobUpdateRequest(job_id=job_id, role=role, party_id=party_id, notes=notes),
            timeout=timeout,
            deadline=deadline,
        )

    def parameter_update(
        self,
        job_id: JobIdIn,
        component_parameters: Mapping[str, Any] | None = None,
        job_parameters: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobParameters:
        """Change the parameters that a rerun will use. POST job/parameter/update.

        Args:
            job_id: The job.
            component_parameters: As in a runtime conf: ``common``, ``role``.
            job_parameters: As in a runtime conf: ``common``, ``role``.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            JobParameterUpdateRequest(
                job_id=job_id,
                component_parameters=component_parameters,
                job_parameters=job_parameters,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def log_path(
        self, job_id: JobIdIn, *, timeout: float | None = None, deadline: float | None = None
    ) -> JobLogPath:
        """Get the folder of the SERVER that holds a job's logs. POST job/log/path."""
        return self._client.send(
            JobLogPathRequest(job_id=job_id), timeout=timeout, deadline=deadline
        )

    def wait(
        self,
        job: JobIdIn | LocalJob,
        *,
        timeout: float | None = None,
        interval: float = 2.0,
        max_interval: float = 30.0,
        max_outage: float = 300.0,
        progress: Callable[[JobProgress], None] | None = None,
    ) -> JobOutcome:
        """Wait until a job has ended on every party. Polls job/query; stops nothing, ever.

        Args:
            job: A job id, or what ``submit``, ``data.upload``, ``data.download`` ... returned.
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
        job_id = job.job_id if isinstance(job, LocalJob) else job
        local = isinstance(job, LocalJob) and not isinstance(job, JobSubmitted)
        query = JobQuery(
            job_id=job_id, role=Role.LOCAL if local else None, party_id=0 if local else None
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
