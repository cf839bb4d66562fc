"""Tables of the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fateflow_client._core.endpoint import Endpoint, Repeat, meaning
from fateflow_client.domain._base import Request
from fateflow_client.domain.component import OutputDataTableRequest, OutputTableRefs
from fateflow_client.domain.table import (
    TableDeleted,
    TableDeleteRequest,
    TableInfo,
    TableInfoRequest,
)
from fateflow_client.errors import NotFoundError
from fateflow_client.groups._base import Group
from fateflow_client.types import JobIdIn, PartyIdIn, RoleIn

INFO = Endpoint("table/table_info", TableInfoRequest, TableInfo)


def _named(request: TableDeleteRequest, send: Callable[[Request], Any]) -> TableDeleteRequest:
    """Servers read the table's name only: ask what the output's is."""
    if request.namespace is not None:
        return request
    found: OutputTableRefs = send(
        OutputDataTableRequest.model_validate(
            request.model_dump(include={"job_id", "role", "party_id", "component_name"})
        )
    )
    if len(found) != 1:
        names = ", ".join(f"{ref.data_name}: {ref.namespace}/{ref.table_name}" for ref in found)
        raise NotFoundError(
            f"{request.component_name} has {len(found)} output tables and not one ({names})",
            status=200,
            retcode=0,
            retmsg="",
            hint="Name one by namespace and table_name.",
        )
    named = {"namespace": found[0].namespace, "table_name": found[0].table_name}
    return request.model_copy(update=named)


DELETE = Endpoint(
    "table/delete",
    TableDeleteRequest,
    TableDeleted,
    repeat=Repeat.SAFE,
    meanings=(meaning(NotFoundError, 101),),
    done_if=(NotFoundError,),
    prepare=_named,
)


class TableGroup(Group):
    """``client.table``: tables of the server."""

    def info(
        self,
        namespace: str,
        table_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TableInfo:
        """Look a table up; ``exists`` says whether there is one. POST table/table_info.

        Args:
            namespace: The table's namespace.
            table_name: The table's name.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            TableInfoRequest(namespace=namespace, table_name=table_name),
            timeout=timeout,
            deadline=deadline,
        )

    def delete(
        self,
        namespace: str | None = None,
        table_name: str | None = None,
        job_id: JobIdIn | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        component_name: str | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TableDeleted:
        """Delete a table and its rows, at once and for good. POST table/delete.

        Nobody is asked whether a job still needs it.

        Args:
            namespace: The table's namespace, with ``table_name``.
            table_name: The table's name.
            job_id: Or the job whose output it is, with the next three: the name is looked up first.
            role: The role of the party that has it.
            party_id: The id of that party.
            component_name: The component that made it.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: There is no such table, or the component has not just one.
        """
        return self._client.send(
            TableDeleteRequest(
                namespace=namespace,
                table_name=table_name,
                job_id=job_id,
                role=role,
                party_id=party_id,
                component_name=component_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )
