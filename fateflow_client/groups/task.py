"""Tasks: the runs of components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from fateflow_client._core.endpoint import EMPTY, Endpoint, meaning
from fateflow_client._core.releases import PAGES
from fateflow_client.domain.task import Task, TaskList, TaskListRequest, TaskQuery
from fateflow_client.groups._base import Group, every_row
from fateflow_client.types import JobIdIn, PartyIdIn, RoleIn, TaskStatusIn

LIST = Endpoint(
    "job/list/task",
    TaskListRequest,
    TaskList,
    meanings=(meaning(EMPTY, 100, "No task"),),
    needs=(PAGES,),
)
_Tasks = TaskList
"""TaskList under a name that the method ``list`` does not hide."""
QUERY = Endpoint("job/task/query", TaskQuery, TaskList, meanings=(meaning(EMPTY, 101),))


class TaskGroup(Group):
    """``client.task``: the runs of components."""

    def list(
        self,
        limit: int = 10,
        *,
        page: int | None = None,
        order_by: str | None = None,
        order: Literal["asc", "desc"] | None = None,
        job_id: JobIdIn | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        component_name: str | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> _Tasks:
        """List tasks: the newest first up to 1.7.0, the oldest first later. POST job/list/task.

        All but ``limit`` need release 1.7.1, and make this call ask for the server's release.

        Args:
            limit: How many rows, or -1 for all.
            page: Which page of ``limit`` rows, from 1.
            order_by: ``create_time``, ``elapsed`` ...
            order: The direction.
            job_id: Only tasks of this job.
            role: Only tasks of parties in this role.
            party_id: Only tasks of this party.
            component_name: Only tasks of this component.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            UnsupportedByServerError: The server is older. Nothing was sent.
        """
        return self._client.send(
            TaskListRequest(
                limit=limit,
                page=page,
                order_by=order_by,
                order=order,
                job_id=job_id,
                role=role,
                party_id=party_id,
                component_name=component_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def iterate(self, *, page_size: int = 100, job_id: JobIdIn | None = None) -> Iterator[Task]:
        """Go through all tasks, oldest first, page by page (1.7.1 and later). POST job/list/task.

        A row is given once, although tasks that are made meanwhile move the pages.

        Args:
            page_size: Rows to ask for at a time.
            job_id: Only tasks of this job.

        Raises:
            UnsupportedByServerError: The server is older.
        """
        return every_row(
            lambda page: self.list(
                page_size, page=page, order_by="create_time", order="asc", job_id=job_id
            ),
            page_size,
            lambda task: (task.task_id, task.task_version, task.role, task.party_id),
        )

    def query(
        self,
        job_id: JobIdIn | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        component_name: str | None = None,
        status: TaskStatusIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TaskList:
        """Find tasks: a row for every component and party. POST job/task/query.

        At least one filter is needed: to none, old releases answer everything and new ones nothing.

        Args:
            job_id: The job.
            role: The role of the party.
            party_id: The id of the party.
            component_name: The component, as the DSL names it.
            status: Only rows with this status.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            TaskQuery(
                job_id=job_id,
                role=role,
                party_id=party_id,
                component_name=component_name,
                status=status,
            ),
            timeout=timeout,
            deadline=deadline,
        )
