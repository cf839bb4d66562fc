"""Tables of the server: requests and results of ``table/*``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field

from fateflow_client.domain._base import Request, Result, Returns
from fateflow_client.types import Name


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


class TableInfoRequest(Request, Returns[TableInfo]):
    """Ask for a table."""

    namespace: Name
    """The table's namespace."""
    table_name: Name
    """The table's name."""
