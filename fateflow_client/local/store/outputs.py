"""Component outputs as the tables they are in FATE: each has a name and a namespace."""

import hashlib
import json
import re
from collections.abc import Mapping

from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database

_NAMESPACE = re.compile(r"output_data_(\d+)_(.+)_(\d+)")
_JOINED = """
SELECT outputs.*, tasks.task_id, tasks.task_version, tasks.start_time, frames.count, frames.header
FROM outputs JOIN tasks USING (job_id, component_name, role, party_id) JOIN frames USING (frame_id)
"""


class Outputs:
    """The data that components put out, by job or by table.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_job(self, job_id: str, filters: Mapping[str, object] | None = None) -> list[JsonObject]:
        """A job's outputs, oldest first; filters on columns that do not exist are ignored."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_JOINED} WHERE job_id = ? ORDER BY outputs.rowid",
                (job_id,),
            ).fetchall()
        found = [_described(dict(row)) for row in rows]
        wanted = {name: str(value) for name, value in (filters or {}).items() if value is not None}
        return [
            output
            for output in found
            if all(str(output[name]) == value for name, value in wanted.items() if name in output)
        ]

    def find(self, namespace: str, name: str) -> JsonObject | None:
        """The output that is this table, or None."""
        matched = _NAMESPACE.fullmatch(namespace)
        if matched is None:
            return None
        outputs = self.of_job(matched[1], {"component_name": matched[2]})
        for output in outputs:
            if (output["table_namespace"], output["table_name"]) == (namespace, name):
                return output
        return None

    def delete(self, output: JsonObject) -> None:
        """Forget an output; its rows are the caller's to drop."""
        names = ("job_id", "component_name", "role", "party_id", "data_name")
        clauses = " AND ".join(f"{name} = ?" for name in names)
        with self._database.transaction() as connection:
            connection.execute(
                f"DELETE FROM outputs WHERE {clauses}",  # noqa: S608 own names
                [output[name] for name in names],
            )


def _described(row: JsonObject) -> JsonObject:
    row["header"] = json.loads(row["header"])
    row["create_time"] = row.pop("start_time")
    key = [row["job_id"], row["component_name"], row["role"], row["party_id"], row["data_name"]]
    text = "\n".join([*key, str(row["task_version"])])
    row["table_name"] = hashlib.blake2s(text.encode(), digest_size=16).hexdigest()
    row["table_namespace"] = "_".join(
        ["output_data", row["job_id"], row["component_name"], str(row["task_version"])]
    )
    return row
