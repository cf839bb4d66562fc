"""Tables of the server."""

from __future__ import annotations

from fateflow_client._core.endpoint import Endpoint
from fateflow_client.domain.table import TableInfo, TableInfoRequest
from fateflow_client.groups._base import Group

INFO = Endpoint("table/table_info", TableInfoRequest, TableInfo)


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
