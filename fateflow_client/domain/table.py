"""Tables of the server: requests and results of ``table/*``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from fateflow_client.domain._base import MappingResult, Request, Result, Returns
from fateflow_client.types import (
    FolderIn,
    JobIdIn,
    Name,
    Number,
    PartyIdIn,
    RoleIn,
    ZeroOrOne,
)


class TableInfo(Result):
    """What the server knows of a table; also the answer for a table that does not exist."""

    namespace: str | None = None
    """The table's namespace."""
    table_name: str | None = None
    """The table's name."""
    exists: bool = Field(validation_alias=AliasChoices("exist", "exists"))
    """Whether there is such a table."""
    count: int | None = None
    """Rows."""
    partition: int | None = None
    """In how many parts it is stored."""
    table_schema: Any = Field(default=None, validation_alias=AliasChoices("schema", "table_schema"))
    """The table's header and id column, as the server describes them."""
    address: Mapping[str, Any] | None = Field(default=None, repr=False)
    """Where it is stored. Releases 1.7 to 1.10.0 may tell a database password: not in the repr."""
    enable: bool | None = None
    """Whether jobs may use it (1.8 and later)."""
    origin: str | None = None
    """How it was made: ``upload``, ``output``, ``table_bind`` or ``reader`` (1.8 and later)."""


class TableDeleted(Result):
    """A table that is gone."""

    namespace: str | None = None
    """Its namespace."""
    table_name: str | None = None
    """Its name."""
    message: str = ""
    """The server's text."""
    already: bool = False
    """True where an earlier attempt had deleted it, whose answer was lost."""


class TableDeleteRequest(Request, Returns[TableDeleted]):
    """Delete a table."""

    local_fields: ClassVar[frozenset[str]] = frozenset(
        {"job_id", "role", "party_id", "component_name"}
    )

    namespace: Name | None = None
    """The table's namespace."""
    table_name: Name | None = None
    """The table's name."""
    job_id: JobIdIn | None = None
    """Or the job whose output it is ..."""
    role: RoleIn | None = None
    """... the role of the party that has it ..."""
    party_id: PartyIdIn | None = None
    """... the id of that party ..."""
    component_name: Name | None = None
    """... and the component that made it."""

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        named = (self.namespace, self.table_name)
        output = (self.job_id, self.role, self.party_id, self.component_name)
        by_name = all(value is not None for value in named)
        by_output = all(value is not None for value in output)
        if by_name == by_output or any(v is not None for v in (output if by_name else named)):
            raise ValueError(
                "give namespace and table_name, or job_id, role, party_id and component_name"
            )
        return self


class TableInfoRequest(Request, Returns[TableInfo]):
    """Ask for a table."""

    namespace: Name
    """The table's namespace."""
    table_name: Name
    """The table's name."""


class TableData(Result):
    """The rows of a table, on this machine."""

    directory: Path
    """The folder ``table_{namespace}_{table_name}``."""
    csv: Path | None = None
    """The rows; None for an empty table."""
    header: tuple[str, ...] | None = None
    """The column names, from the ``.meta`` file beside it."""
    files: tuple[Path, ...] = ()
    """Every file, below ``directory``."""


class TableDownloadRequest(Request, Returns[TableData]):
    """Download a table."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"output_path"})

    namespace: Name
    """The table's namespace."""
    table_name: Name = Field(serialization_alias="name")
    """The table's name."""
    output_path: FolderIn
    """The folder to put the table's own folder into; made if absent."""


class TablePreview(Result):
    """The first rows of a table."""

    header: tuple[str, ...] = ()
    """The column names."""
    rows: tuple[tuple[Any, ...], ...] = Field(
        default=(), validation_alias=AliasChoices("data", "rows")
    )
    """The rows, cell by cell."""


class TablePreviewRequest(Request, Returns[TablePreview]):
    """Ask for the first rows of a table."""

    namespace: Name
    """The table's namespace."""
    table_name: Name = Field(serialization_alias="name")
    """The table's name."""
    limit: Annotated[Number, Field(ge=1)] = 100
    """How many rows."""


class TableBound(Result):
    """A table of the server's that lies somewhere else."""

    namespace: str | None = None
    """Its namespace."""
    table_name: str | None = None
    """Its name."""
    message: str = ""
    """The server's text."""
    already: bool = False
    """True where an earlier attempt had bound it, whose answer was lost."""


class TableBindRequest(Request, Returns[TableBound]):
    """Make a table of data that lies where the server can reach it."""

    # An address may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    namespace: Name
    """The table's namespace."""
    table_name: Name = Field(serialization_alias="name")
    """The table's name."""
    engine: Name
    """``PATH``, ``HDFS``, ``MYSQL``, ``HIVE`` ..."""
    address: Mapping[str, Any] = Field(repr=False)
    """Where it lies, as the engine wants it; for ``PATH``, ``{"path": ...}`` on the server."""
    head: ZeroOrOne | None = None
    """1 if the first line holds the column names."""
    id_delimiter: str | None = None
    """What separates the columns."""
    id_column: str | None = None
    """The column of ids."""
    partitions: Annotated[Number, Field(ge=1)] | None = None
    """In how many parts it is read."""
    drop: ZeroOrOne | None = None
    """1 forgets a table of the same name first."""


class TableRef(Result):
    """A table by name."""

    namespace: str | None = None
    """Its namespace."""
    table_name: str | None = Field(
        default=None, validation_alias=AliasChoices("name", "table_name")
    )
    """Its name."""


class ComponentTables(Result):
    """What a component read and made."""

    input: Mapping[str, TableRef] = {}
    """By the output that it was, such as ``reader_0.data``."""
    output: Mapping[str, TableRef] = {}
    """By name in the DSL."""


class JobTables(MappingResult[ComponentTables]):
    """The tables of a job, by component."""


class TableListRequest(Request, Returns[JobTables]):
    """Ask for the tables of a job."""

    job_id: JobIdIn
    """The job."""
    role: RoleIn
    """The role of the party."""
    party_id: PartyIdIn
    """The id of the party."""
