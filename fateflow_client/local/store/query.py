"""Insert, update and select on the job and task tables, with the filters 1.11 understands."""

from collections.abc import Mapping, Sequence
from typing import Any

from fateflow_client.local.shapes import JsonObject, as_list
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.rows import Columns

_RANGE_LENGTH = 2


class SQLError(Exception):
    """What FATE Flow's database layer raises; its name is part of an answer."""


def filter_clause(columns: Columns, filters: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """The usable filters as SQL; unknown columns and nulls are ignored, as 1.11 does.

    A list means "one of", except two numbers on a numeric column: from and to, null is open.
    """
    clauses: list[str] = []
    values: list[Any] = []
    for name, wanted in filters.items():
        kind = columns.kinds.get(name)
        if kind is None or kind == "json" or wanted is None:
            continue
        several = as_list(wanted)
        if several is None:
            clauses.append(f"{name} = ?")
            values.append(_comparable(kind, wanted))
        elif kind == "int" and len(several) == _RANGE_LENGTH:
            for limit, operator in zip(several, (">=", "<="), strict=True):
                if limit is not None:
                    clauses.append(f"{name} {operator} ?")
                    values.append(limit)
        else:
            clauses.append(f"{name} IN ({', '.join('?' * len(several))})")
            values.extend(_comparable(kind, value) for value in several)
    return clauses, values


def _comparable(kind: str, value: Any) -> Any:
    return str(value) if kind == "text" else value


class RowTable:
    """Rows of one kind; column names come from the code, values are always bound."""

    def __init__(self, database: Database, columns: Columns) -> None:
        self._database = database
        self._columns = columns

    def insert(self, rows: Sequence[JsonObject]) -> None:
        """Add rows; columns that a row leaves out are null."""
        names = list(self._columns.kinds)
        statement = (
            f"INSERT INTO {self._columns.table} ({', '.join(names)}) "  # noqa: S608 own names
            f"VALUES ({', '.join('?' * len(names))})"
        )
        with self._database.transaction() as connection:
            connection.executemany(
                statement,
                [[self._columns.encode(name, row.get(name)) for name in names] for row in rows],
            )

    def update(self, filters: Mapping[str, Any], changes: JsonObject) -> int:
        """Change the rows that match; answers how many did."""
        clauses, values = filter_clause(self._columns, filters)
        assignments = ", ".join(f"{name} = ?" for name in changes)
        new = [self._columns.encode(name, value) for name, value in changes.items()]
        statement = (
            f"UPDATE {self._columns.table} SET {assignments} "  # noqa: S608 own names
            f"WHERE {' AND '.join(clauses)}"
        )
        with self._database.transaction() as connection:
            return connection.execute(statement, [*new, *values]).rowcount

    def select(
        self,
        filters: Mapping[str, Any],
        *,
        order_by: str | None = None,
        descending: bool = False,
    ) -> list[JsonObject]:
        """The rows that match, in insertion order unless told otherwise."""
        clauses, values = filter_clause(self._columns, filters)
        return self.where(clauses, values, order_by=order_by, descending=descending)[0]

    def where(
        self,
        clauses: Sequence[str],
        values: Sequence[Any],
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int = 0,
        offset: int = 0,
    ) -> tuple[list[JsonObject], int]:
        """The rows of one page, and how many there are in all; a limit of 0 is no limit."""
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        direction = "DESC" if descending else "ASC"
        order = f"{order_by} {direction}, rowid {direction}" if order_by else f"rowid {direction}"
        table = self._columns.table
        page = f" LIMIT {limit} OFFSET {max(offset, 0)}" if limit > 0 else ""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT * FROM {table}{condition} ORDER BY {order}{page}",  # noqa: S608 own names
                list(values),
            ).fetchall()
            count = connection.execute(
                f"SELECT COUNT(*) FROM {table}{condition}",  # noqa: S608 own names
                list(values),
            ).fetchone()[0]
        return [self._columns.decode(row) for row in rows], int(count)
