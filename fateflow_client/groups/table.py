"""Tables of the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fateflow_client._core import endpoint as ep
from fateflow_client._core.endpoint import Endpoint, Repeat, meaning
from fateflow_client._core.releases import R111, R171
from fateflow_client.domain._base import Request
from fateflow_client.domain.component import OutputDataTableRequest, OutputTableRefs
from fateflow_client.domain.table import (
    JobTables,
    TableBindRequest,
    TableBound,
    TableData,
    TableDeleted,
    TableDeleteRequest,
    TableDownloadRequest,
    TableInfo,
    TableInfoRequest,
    TableListRequest,
    TablePreview,
    TablePreviewRequest,
)
from fateflow_client.errors import AlreadyExistsError, NotFoundError, UnsupportedByServerError
from fateflow_client.groups._base import Group
from fateflow_client.transfer.archive import extract
from fateflow_client.transfer.place import existing, files_below, read_header
from fateflow_client.types import Exist, FolderIn, JobIdIn, PartyIdIn, RoleIn

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
    done_if="no find table",
    prepare=_named,
)


def _table_folder(request: TableDownloadRequest) -> Path:
    name = re.sub(r"[^\w.-]+", "_", f"table_{request.namespace}_{request.table_name}")
    return Path(request.output_path) / name[:200]


def _table(request: TableDownloadRequest, files: tuple[Path, ...]) -> TableData:
    csv = next((path for path in files if path.suffix == ".csv"), None)
    header = read_header(csv.with_suffix(".meta")) if csv else None
    return TableData(directory=_table_folder(request), csv=csv, header=header, files=files)


def _receive_table(
    request: TableDownloadRequest, _: ep.Documents, stream: ep.ByteStream, options: ep.CallOptions
) -> TableData:
    files = extract(
        stream,
        _table_folder(request),
        limits=options.limits,
        progress=options.progress,
        with_meta=True,
    )
    return _table(request, files)


def _table_there(
    request: TableDownloadRequest, _: ep.Documents, options: ep.CallOptions
) -> TableData | None:
    folder = _table_folder(request)
    return _table(request, files_below(folder)) if existing(folder, options.exist) else None


DOWNLOAD = Endpoint(
    "table/download",
    TableDownloadRequest,
    TableData,
    method="GET",
    times=ep.DOWNLOAD,
    receive=_receive_table,
    already=_table_there,
    meanings=(meaning(NotFoundError, 210), meaning(NotFoundError, 100, "o found table")),
    since=R171,
)
PREVIEW = Endpoint(
    "table/preview",
    TablePreviewRequest,
    TablePreview,
    meanings=(
        meaning(NotFoundError, 100, "o found table"),
        # Older servers answer any unknown word after table/ with a bare success.
        meaning(UnsupportedByServerError, 0, no_data=True),
    ),
    since=R111,
)
BIND = Endpoint(
    "table/bind",
    TableBindRequest,
    TableBound,
    repeat=Repeat.SAFE,
    meanings=(meaning(AlreadyExistsError, 100, "already exists"),),
    done_if="already exists",
)
LIST = Endpoint("table/list", TableListRequest, JobTables, meanings=(meaning(NotFoundError, 101),))


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

    def download(
        self,
        namespace: str,
        table_name: str,
        output_path: FolderIn,
        *,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TableData:
        """Download a table to this machine (1.7.1 and later). GET table/download.

        It goes into ``output_path/table_{namespace}_{table_name}``, which appears complete or not
        at all; characters that no file name should have become underscores.

        Args:
            namespace: The table's namespace.
            table_name: The table's name.
            output_path: A folder; made if absent.
            exist: What to do if the table's folder is there: "replace", "error" or "skip".
            progress: Told of the bytes received, and of all or None.
            timeout: Seconds to the next byte (600: the server packs it first).
            deadline: Seconds for the whole call (none).

        Raises:
            NotFoundError: There is no such table.
            DownloadError: It did not arrive whole, or cannot be written; nothing changed.
            UnsupportedByServerError: The server is older.
        """
        return self._client.send(
            TableDownloadRequest(
                namespace=namespace, table_name=table_name, output_path=output_path
            ),
            exist=exist,
            progress=progress,
            timeout=timeout,
            deadline=deadline,
        )

    def preview(
        self,
        namespace: str,
        table_name: str,
        limit: int = 100,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TablePreview:
        """Get the first rows of a table (1.11 and later). POST table/preview.

        Args:
            namespace: The table's namespace.
            table_name: The table's name.
            limit: How many rows.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: There is no such table.
            UnsupportedByServerError: The server is older.
        """
        return self._client.send(
            TablePreviewRequest(namespace=namespace, table_name=table_name, limit=limit),
            timeout=timeout,
            deadline=deadline,
        )

    def bind(
        self,
        namespace: str,
        table_name: str,
        engine: str,
        address: Mapping[str, Any],
        *,
        head: int | None = None,
        id_delimiter: str | None = None,
        id_column: str | None = None,
        partitions: int | None = None,
        drop: int | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> TableBound:
        """Make a table of data that lies where the server can reach it. POST table/bind.

        Args:
            namespace: The table's namespace.
            table_name: The table's name.
            engine: ``PATH``, ``HDFS``, ``MYSQL``, ``HIVE`` ...
            address: Where it lies, as the engine wants it. May hold a password: it is not shown.
            head: 1 if the first line holds the column names.
            id_delimiter: What separates the columns.
            id_column: The column of ids.
            partitions: In how many parts it is read.
            drop: 1 forgets a table of the same name first.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            AlreadyExistsError: There is such a table, and drop is not 1.
        """
        return self._client.send(
            TableBindRequest(
                namespace=namespace,
                table_name=table_name,
                engine=engine,
                address=address,
                head=head,
                id_delimiter=id_delimiter,
                id_column=id_column,
                partitions=partitions,
                drop=drop,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def list(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> JobTables:
        """Get the tables that a job's components read and made, by component. POST table/list.

        Args:
            job_id: The job.
            role: The role of the party.
            party_id: The id of the party.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            TableListRequest(job_id=job_id, role=role, party_id=party_id),
            timeout=timeout,
            deadline=deadline,
        )
