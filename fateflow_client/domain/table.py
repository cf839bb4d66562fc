"""Tables of the server: requests and results of ``table/*``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, Field, model_validator

from fateflow_client.domain._base import Request, Result, Returns
from fateflow_client.types import JobIdIn, Name, PartyIdIn, RoleIn


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
