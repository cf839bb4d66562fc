"""Tasks: the runs of components."""

from __future__ import annotations

from fateflow_client._core.endpoint import EMPTY, Endpoint, meaning
from fateflow_client.domain.task import TaskList, TaskQuery
from fateflow_client.groups._base import Group
from fateflow_client.types import JobIdIn, PartyIdIn, RoleIn, TaskStatusIn

QUERY = Endpoint("job/task/query", TaskQuery, TaskList, meanings=(meaning(EMPTY, 101),))


class TaskGroup(Group):
    """``client.task``: the runs of components."""

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
