"""Tags, and which model versions carry them."""

import sqlite3

from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database


class Tags:
    """All tags, in the order in which they were made.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> JsonObject | None:
        """The tag of this name, or None."""
        found = self._rows("SELECT * FROM tags WHERE name = ?", name)
        return found[0] if found else None

    def all(self) -> list[JsonObject]:
        """All tags, with the number of models that carry them."""
        return self._rows(
            "SELECT tags.*, (SELECT COUNT(*) FROM model_tags WHERE tag_id = tags.tag_id) "
            "AS model_count FROM tags ORDER BY tag_id"
        )

    def containing(self, text: str) -> list[JsonObject]:
        """The tags whose names contain this."""
        return self._rows("SELECT * FROM tags WHERE instr(name, ?) > 0 ORDER BY tag_id", text)

    def of_model(self, model_version: str) -> list[JsonObject]:
        """The tags of a model version."""
        return self._rows(
            "SELECT tags.* FROM tags JOIN model_tags USING (tag_id) WHERE model_version = ? "
            "ORDER BY model_tags.rowid",
            model_version,
        )

    def versions(self, tag: JsonObject) -> list[str]:
        """The model versions that carry a tag."""
        rows = self._rows(
            "SELECT model_version FROM model_tags WHERE tag_id = ? ORDER BY rowid", tag["tag_id"]
        )
        return [str(row["model_version"]) for row in rows]

    def create(self, name: str, description: object) -> None:
        """Make a tag; its name must be free."""
        self._run("INSERT INTO tags (name, description) VALUES (?, ?)", name, description)

    def update(self, tag: JsonObject, name: str, description: object) -> None:
        """Rename a tag and set its description."""
        self._run(
            "UPDATE tags SET name = ?, description = ? WHERE tag_id = ?",
            name,
            description,
            tag["tag_id"],
        )

    def destroy(self, tag: JsonObject) -> None:
        """Delete a tag; models lose it."""
        with self._database.transaction():
            self._run("DELETE FROM model_tags WHERE tag_id = ?", tag["tag_id"])
            self._run("DELETE FROM tags WHERE tag_id = ?", tag["tag_id"])

    def link(self, tag: JsonObject, model_version: str) -> bool:
        """Give a model version a tag; False if it has it."""
        statement = "INSERT OR IGNORE INTO model_tags VALUES (?, ?)"
        return self._run(statement, tag["tag_id"], model_version) > 0

    def unlink(self, tag: JsonObject, model_version: str) -> bool:
        """Take a tag from a model version; False if it does not have it."""
        statement = "DELETE FROM model_tags WHERE tag_id = ? AND model_version = ?"
        return self._run(statement, tag["tag_id"], model_version) > 0

    def _rows(self, statement: str, *values: object) -> list[JsonObject]:
        with self._database.transaction() as connection:
            rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
        return [dict(row) for row in rows]

    def _run(self, statement: str, *values: object) -> int:
        with self._database.transaction() as connection:
            return connection.execute(statement, values).rowcount
