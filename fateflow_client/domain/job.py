"""Jobs: requests and results of ``job/*``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import (
    Done,
    Envelope,
    LocalJob,
    MappingResult,
    Request,
    Result,
    Returns,
    RowResult,
    RowsResult,
    rows_and_count,
)
from fateflow_client.types import (
    END_STATUSES,
    DocumentIn,
    DslVersion,
    FolderIn,
    JobIdIn,
    JobStatusesIn,
    JobStatusIn,
    ListLimit,
    Name,
    NamesIn,
    Number,
    PartyIdIn,
    RoleIn,
    Time,
    TimeWindow,
)

if TYPE_CHECKING:
    Elapsed = timedelta
else:
    Elapsed = Annotated[
        timedelta,
        BeforeValidator(lambda v: timedelta(milliseconds=v) if isinstance(v, int | float) else v),
    ]


class ModelRef(Result):
    """The id of a model: what ``model.*`` calls and prediction jobs ask for."""

    model_id: str
    """Such as ``arbiter-10000#guest-9999#host-10000#model``; the parties are part of it."""
    model_version: str
    """The id of the job that trained it, or a version that deploying made."""


class JobSubmitted(LocalJob):
    """A job that the server accepted. It runs, or waits for its turn: see ``job.wait``."""

    model_info: ModelRef | None = None
    """The model that the job will train."""
    source: str = ""
    """The file that the conf was read from; empty for a mapping."""
    duplicates: tuple[str, ...] = ()
    """More jobs with the same marker, which somebody else's submit made: nothing stops them."""


class JobSubmitRequest(Request, Returns[JobSubmitted]):
    """Submit a job."""

    conf_path: DocumentIn
    """The runtime conf: a path, a mapping or a model."""
    dsl_path: DocumentIn | None = None
    """The DSL, likewise; a prediction job takes its own from the model."""


class JobStopped(Result):
    """A job that was told to stop. Also the answer for a job that had ended already."""

    message: str = ""
    """The server's text."""
    local_success: bool = True
    """False where the server's own tasks could not be killed although the call succeeded."""
    already: bool = False
    """True where an earlier attempt had done it, whose answer was lost, and the job is gone now."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Look into the text: a local failure is told nowhere else."""
        text = envelope.retmsg
        return cls(message=text, local_success="this party failed" not in text)


class JobStopRequest(Request, Returns[JobStopped]):
    """Stop a job on every party."""

    job_id: JobIdIn
    """The job."""
    stop_status: JobStatusIn | None = None
    """The status that the stopped job gets; the server's default is ``canceled``."""


class Job(RowResult):
    """A job as one party sees it: a job has a row for every party that the server serves."""

    job_id: str
    """The job's id."""
    role: str | None = None
    """The role of the party whose row this is."""
    party_id: int | None = None
    """The id of that party."""
    status: str
    """``waiting``, ``running``, ``success`` ...: see JobStatus; unknown ones are kept."""
    status_code: int | None = None
    """The server's number for why, where it has one."""
    progress: int | None = None
    """Percent, 0 to 100."""
    name: str | None = None
    """A name, where somebody gave one."""
    description: str | None = None
    """Notes of the users."""
    tag: str | None = None
    """``job_end``, ``submit_failed`` or empty."""
    is_initiator: bool | None = None
    """Whether this party started the job."""
    initiator_role: str | None = None
    """The role of the party that started the job."""
    initiator_party_id: int | None = None
    """The id of that party."""
    roles: Mapping[str, tuple[int, ...]] | None = None
    """Party ids by role."""
    partners: tuple[int, ...] | None = None
    """Ids of the other parties; only in lists of release 1.7.1 and later."""
    dsl: Mapping[str, Any] | None = None
    """The DSL."""
    runtime_conf: Mapping[str, Any] | None = None
    """The runtime conf, with what the server added."""
    runtime_conf_on_party: Mapping[str, Any] | None = None
    """The runtime conf as this party uses it."""
    train_runtime_conf: Mapping[str, Any] | None = None
    """For a prediction, the conf of the training."""
    cores: int | None = None
    """Cores that the job takes."""
    memory: int | None = None
    """Memory that the job takes, as the server counts."""
    create_time: Time | None = None
    """When it was created."""
    start_time: Time | None = None
    """When it began to run."""
    end_time: Time | None = None
    """When it ended."""
    update_time: Time | None = None
    """When the row last changed."""
    elapsed: Elapsed | None = None
    """How long it ran; set at its end."""
    create_date: str | None = None
    """``create_time`` as the server writes it, in a time zone of its own; use the time instead."""

    @property
    def ended(self) -> bool:
        """Whether this row will not change, short of a rerun."""
        return self.status in END_STATUSES


class JobList(RowsResult[Job]):
    """Jobs, one row per job and party."""

    count: int | None = None
    """How many there are in all, where the server counts (1.7.1 and later)."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take a list (up to 1.7.0) or jobs and a count (later)."""
        return cls.model_validate(rows_and_count(envelope.data, "jobs"))


class JobQuery(Request, Returns[JobList]):
    """Find jobs. The server answers nothing at all to no filter, so one is required."""

    job_id: JobIdIn | None = None
    """The job."""
    role: RoleIn | None = None
    """The role of the party whose rows are wanted."""
    party_id: PartyIdIn | None = None
    """The id of that party."""
    status: JobStatusesIn | None = None
    """Only rows with this status, or one of these (several: release 1.7 and later)."""
    create_time: TimeWindow | None = None
    """Only jobs made between these times, by the server's clock; None is open (1.7 and later)."""

    @model_validator(mode="after")
    def _one_filter(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("give at least one of job_id, role, party_id, status and create_time")
        return self


class JobConfigFiles(Result):
    """The conf and DSL of a job, on this machine."""

    job_id: str
    """The job."""
    directory: Path = Path()
    """The folder ``job_{job_id}_config`` that holds them."""
    files: tuple[Path, ...] = ()
    """Below ``directory``: dsl, runtime_conf, train_runtime_conf and model_info, all ``.json``."""
    model_info: ModelRef | None = None
    """The model that the job trains."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the ids; the documents go into the files."""
        data = mapping(envelope.data)
        return cls.model_validate(
            {"job_id": data.get("job_id"), "model_info": data.get("model_info")}
        )


class JobConfigRequest(Request, Returns[JobConfigFiles]):
    """Download a job's conf and DSL."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"output_path"})

    job_id: JobIdIn
    """The job."""
    role: RoleIn
    """The role of the party whose conf is wanted."""
    party_id: PartyIdIn
    """The id of that party."""
    output_path: FolderIn
    """The folder to put ``job_{job_id}_config`` into; made if absent."""


class DataView(RowResult):
    """A table that a job made or read, at one party."""

    job_id: str
    """The job."""
    component_name: str | None = None
    """The component."""
    task_id: str | None = None
    """Job id and component name."""
    task_version: int | None = None
    """The run of the component."""
    data_name: str | None = None
    """The output's name in the DSL."""
    role: str | None = None
    """The party's role."""
    party_id: int | None = None
    """The party's id."""
    table_name: str | None = None
    """The table's name."""
    table_namespace: str | None = None
    """The table's namespace."""
    description: str | None = None
    """Notes."""
    create_time: Time | None = None
    """When it was made."""


class DataViewList(RowsResult[DataView]):
    """Tables of a job."""


class JobViewQuery(Request, Returns[DataViewList]):
    """Find the tables of a job."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"status"})

    job_id: JobIdIn | None = None
    """The job; needed in fact."""
    role: RoleIn | None = None
    """The role of the party."""
    party_id: PartyIdIn | None = None
    """The id of the party."""
    status: JobStatusIn | None = None
    """Ignored by every server, and not sent."""
    component_name: Name | None = None
    """The component, as the DSL names it."""

    @model_validator(mode="after")
    def _job_and_no_status(self) -> Self:
        if self.job_id is None:
            raise ValueError("give job_id: servers look for these tables by the day in it")
        if self.status is not None:
            warnings.warn(
                "job.view: servers ignore status; it is not sent", UserWarning, stacklevel=4
            )
        return self


class GeneratedDsl(MappingResult[Any]):
    """A DSL for predictions, made from one for training."""


class GenerateDslRequest(Request, Returns[GeneratedDsl]):
    """Make a DSL for predictions from one for training."""

    train_dsl_path: DocumentIn
    """The DSL of the training: a path, a mapping or a model."""
    cpn_file_path: FolderIn | None = None
    """A file with the names of the components to keep: a JSON list, or commas and line breaks."""
    cpn_list: NamesIn | None = None
    """Those names, instead of a file."""
    version: DslVersion | None = None
    """The DSL's version, "1" or "2"; None is "2"."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.cpn_file_path is None) == (self.cpn_list is None):
            raise ValueError("give cpn_file_path or cpn_list, and not both")
        return self


class JobListRequest(Request, Returns[JobList]):
    """List jobs, newest first."""

    limit: ListLimit = 10
    """How many rows, or -1 for all."""
    page: Annotated[Number, Field(ge=1)] | None = None
    """Which page of ``limit`` rows, from 1; release 1.7.1 and later."""
    order_by: Name | None = None
    """``create_time``, ``start_time``, ``end_time``, ``elapsed`` or ``job_id``; 1.7.1 and later."""
    order: Literal["asc", "desc"] | None = None
    """The direction; 1.7.1 and later."""
    job_id: Name | None = None
    """Only jobs whose id holds these digits; 1.7.1 and later."""
    description: Name | None = None
    """Only jobs whose notes hold this text; 1.7.1 and later."""
    role: RoleIn | None = None
    """Only rows of parties in this role; 1.7.1 and later."""
    party_id: PartyIdIn | None = None
    """Only rows of this party; 1.7.1 and later."""
    status: JobStatusesIn | None = None
    """Only rows with this status, or one of these; 1.7.1 and later."""


class JobLog(Result):
    """The log files of a job, on this machine."""

    job_id: str
    """The job."""
    directory: Path
    """The folder ``job_{job_id}_log`` that holds them."""
    files: tuple[Path, ...] = ()
    """Every file, below ``directory``."""


class JobLogRequest(Request, Returns[JobLog]):
    """Download a job's logs."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"output_path"})

    job_id: JobIdIn
    """The job."""
    output_path: FolderIn
    """The folder to put ``job_{job_id}_log`` into; made if absent."""


class JobRerunRequest(Request, Returns[Done]):
    """Run a job again, or some of its components."""

    job_id: JobIdIn
    """The job."""
    component_name: NamesIn | None = None
    """Only these components, and what comes after them; None: what did not succeed."""


class JobCleanRequest(Request, Returns[Done]):
    """Clean up what a job's tasks left behind on the engines."""

    job_id: JobIdIn
    """The job."""
    role: RoleIn | None = None
    """Only tasks of parties in this role."""
    party_id: PartyIdIn | None = None
    """Only tasks of this party."""
    component_name: Name | None = None
    """Only tasks of this component."""


class JobUpdateRequest(Request, Returns[Done]):
    """Write notes to a job."""

    job_id: JobIdIn
    """The job."""
    role: RoleIn
    """The role of the party whose row gets them."""
    party_id: PartyIdIn
    """The id of that party."""
    notes: str
    """The notes; they replace older ones."""


class JobParameters(MappingResult[Any]):
    """A job's parameters after a change: ``component_parameters``, ``job_parameters``."""


class JobParameterUpdateRequest(Request, Returns[JobParameters]):
    """Change the parameters that a rerun will use."""

    job_id: JobIdIn
    """The job."""
    component_parameters: Mapping[str, Any] | None = None
    """As in a runtime conf: ``common``, ``role``."""
    job_parameters: Mapping[str, Any] | None = None
    """As in a runtime conf: ``common``, ``role``."""

    @model_validator(mode="after")
    def _something_new(self) -> Self:
        if self.component_parameters is None and self.job_parameters is None:
            raise ValueError("give component_parameters or job_parameters")
        return self


class JobLogPath(Result):
    """Where the server keeps a job's logs."""

    logs_directory: str
    """A folder on the server."""


class JobLogPathRequest(Request, Returns[JobLogPath]):
    """Ask where the server keeps a job's logs."""

    job_id: JobIdIn
    """The job."""


class JobOutcome(Result):
    """A job that ended with success."""

    job_id: str
    """The job."""
    status: str
    """``success``, or ``pass``."""
    rows: tuple[Job, ...]
    """Its last state, a row for every party."""
    waited: float
    """Seconds of waiting."""


class JobProgress(Result):
    """What a wait has just seen."""

    job_id: str
    """The job."""
    status: str
    """The status of the whole job: the initiator's, or ``running`` while parties disagree."""
    progress: int | None = None
    """Percent, 0 to 100, as the initiator sees it."""
    waited: float
    """Seconds of waiting so far."""
    rows: Sequence[Job] = ()
    """A row for every party."""
