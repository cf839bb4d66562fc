"""Tasks, the runs of components: requests and results of ``job/task/*``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fateflow_client.domain._base import (
    Envelope,
    Request,
    Returns,
    RowResult,
    RowsResult,
    rows_and_count,
)
from fateflow_client.domain.job import Elapsed
from fateflow_client.types import (
    END_STATUSES,
    JobIdIn,
    ListLimit,
    Name,
    Number,
    PartyIdIn,
    RoleIn,
    TaskStatusIn,
    Time,
)


class Task(RowResult):
    """A component's run on one party."""

    job_id: str
    """The job."""
    component_name: str
    """The component, as the DSL names it."""
    task_id: str
    """Job id and component name."""
    task_version: int | None = None
    """0, and one more for every rerun."""
    role: str
    """The role of the party."""
    party_id: int
    """The id of the party."""
    status: str
    """The status of the component over all parties, as the initiator last told."""
    party_status: str | None = None
    """Its status on this party."""
    status_code: int | None = None
    """The server's number for why, where it has one."""
    component_module: str | None = None
    """The module that runs; not told by every release."""
    initiator_role: str | None = None
    """The role of the party that started the job."""
    initiator_party_id: int | None = None
    """The id of that party."""
    component_parameters: Mapping[str, Any] | None = None
    """What the component was told."""
    error_report: str | None = None
    """Why it failed; not told by every release."""
    run_ip: str | None = None
    """Where it runs."""
    run_pid: int | None = None
    """The process that runs it."""
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
        """Whether it is over on this party."""
        return (self.party_status or self.status) in END_STATUSES


class TaskList(RowsResult[Task]):
    """Tasks, one row per component and party."""

    count: int | None = None
    """How many there are in all, where the server counts (1.7.1 and later)."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take a list (up to 1.7.0, and every query) or tasks and a count."""
        return cls.model_validate(rows_and_count(envelope.data, "tasks"))


class TaskListRequest(Request, Returns[TaskList]):
    """List tasks: the newest first up to 1.7.0, the oldest first later."""

    limit: ListLimit = 10
    """How many rows, or -1 for all."""
    page: Annotated[Number, Field(ge=1)] | None = None
    """Which page of ``limit`` rows, from 1; release 1.7.1 and later."""
    order_by: Name | None = None
    """``create_time``, ``start_time``, ``end_time`` or ``elapsed``; 1.7.1 and later."""
    order: Literal["asc", "desc"] | None = None
    """The direction; 1.7.1 and later."""
    job_id: JobIdIn | None = None
    """Only tasks of this job; 1.7.1 and later."""
    role: RoleIn | None = None
    """Only tasks of parties in this role; 1.7.1 and later."""
    party_id: PartyIdIn | None = None
    """Only tasks of this party; 1.7.1 and later."""
    component_name: Name | None = None
    """Only tasks of this component; 1.7.1 and later."""


class TaskQuery(Request, Returns[TaskList]):
    """Find tasks; of a component that ran again, the latest run."""

    job_id: JobIdIn | None = None
    """The job."""
    role: RoleIn | None = None
    """The role of the party."""
    party_id: PartyIdIn | None = None
    """The id of the party."""
    component_name: Name | None = None
    """The component, as the DSL names it."""
    status: TaskStatusIn | None = None
    """Only rows with this status."""

    @model_validator(mode="after")
    def _one_filter(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError(
                "give at least one of job_id, role, party_id, component_name and status"
            )
        return self
