"""The models that jobs trained, their deployed versions, and what was imported or migrated."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fateflow_client.local.clock import Clock
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.query import RowTable
from fateflow_client.local.store.rows import MODELS

_KEY = ("role", "party_id", "model_id", "model_version")
_AT = " AND ".join(f"{name} = ?" for name in _KEY)
_KIBIBYTE = 1024


@dataclass(frozen=True)
class ModelComponent:
    """One component's part of a model: what it learned, and how it was told to."""

    name: str
    module: str
    alias: str
    body: JsonObject
    """``data`` and ``meta``, as output/model shows them."""
    run_parameters: JsonObject


class Models:
    """Model rows, one per party, and their components.

    Args:
        database: Where they are kept.
        clock: Where the time comes from.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.rows = RowTable(database, MODELS)

    def put(self, row: JsonObject, components: Sequence[ModelComponent]) -> None:
        """Store one party's copy, replacing one of the same key."""
        now = self._clock.now_ms()
        key = {name: row[name] for name in _KEY}
        size = sum(len(json.dumps(component.body)) for component in components)
        full: JsonObject = {
            "loaded_times": 0,
            "imported": 0,
            "in_database": 1,
            "description": "",
            "parent_info": {},
            "work_mode": 0,
            "create_time": now,
            "update_time": now,
            **row,
            "size": max(1, -(-size // _KIBIBYTE)),
        }
        with self._database.transaction() as connection:
            self.delete(key)
            self.rows.insert([full])
            connection.executemany(
                "INSERT INTO model_components VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *key.values(),
                        component.name,
                        component.module,
                        component.alias,
                        json.dumps(component.body),
                        json.dumps(component.run_parameters),
                    )
                    for component in components
                ],
            )

    def delete(self, key: JsonObject) -> None:
        """Forget one party's copy."""
        values = [str(key[name]) for name in _KEY]
        with self._database.transaction() as connection:
            for table in ("models", "model_components"):
                connection.execute(f"DELETE FROM {table} WHERE {_AT}", values)  # noqa: S608 own names

    def copies(
        self, model_id: object, model_version: object, roles: Iterable[str] = ()
    ) -> list[JsonObject]:
        """The parties' copies of a model on this server, of these roles only if any are named."""
        rows = self.rows.select({"model_id": str(model_id), "model_version": str(model_version)})
        wanted = list(roles)
        return [row for row in rows if not wanted or row["role"] in wanted]

    def get(self, key: JsonObject) -> JsonObject | None:
        """One party's copy, or None."""
        rows = self.rows.select({name: str(key.get(name)) for name in _KEY})
        return rows[0] if rows else None

    def components(self, row: JsonObject) -> list[ModelComponent]:
        """The components of one party's copy."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT * FROM model_components WHERE {_AT} ORDER BY rowid",  # noqa: S608 constant
                [row[name] for name in _KEY],
            ).fetchall()
        return [
            ModelComponent(
                found["component_name"],
                found["module"],
                found["alias"],
                json.loads(found["body"]),
                json.loads(found["run_parameters"]),
            )
            for found in rows
        ]
