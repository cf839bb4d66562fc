"""Tables, uploaded or put out: their names, how they were split, which frame has their rows."""

import json
from dataclasses import dataclass, field

from fateflow_client.local.frames import Table
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.frames import Frames
from fateflow_client.local.store.outputs import Outputs


@dataclass(frozen=True)
class TableMeta:
    """What is known about one table."""

    namespace: str
    name: str
    partitions: int
    frame_id: int = 0
    count: int = 0
    origin: str = "upload"
    schema: JsonObject = field(default_factory=dict[str, object])
    extend_sid: bool = False
    id_delimiter: str = ","
    job_id: str = ""


class Tables:
    """The tables of the server."""

    def __init__(self, database: Database, frames: Frames, outputs: Outputs) -> None:
        self._database = database
        self._frames = frames
        self._outputs = outputs

    def get(self, namespace: str, name: str) -> TableMeta | None:
        """The table's description, or None."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT tables.*, frames.count FROM tables JOIN frames USING (frame_id) "
                "WHERE namespace = ? AND name = ?",
                (namespace, name),
            ).fetchone()
        if row is None:
            return self._output(namespace, name)
        return TableMeta(
            namespace=row["namespace"],
            name=row["name"],
            partitions=row["partitions"],
            frame_id=row["frame_id"],
            count=row["count"],
            origin=row["origin"],
            schema=json.loads(row["schema"]),
            extend_sid=bool(row["extend_sid"]),
            id_delimiter=row["id_delimiter"],
            job_id=row["job_id"],
        )

    def _output(self, namespace: str, name: str) -> TableMeta | None:
        """A component's output under the name it has as a table."""
        output = self._outputs.find(namespace, name)
        if output is None:
            return None
        header: list[str] = output["header"]
        schema: JsonObject = {"header": ",".join(header[1:]), "sid": "".join(header[:1])}
        return TableMeta(
            namespace=namespace,
            name=name,
            partitions=1,
            frame_id=output["frame_id"],
            count=output["count"],
            origin="output",
            schema=schema,
            job_id=output["job_id"],
        )

    def is_uploaded(self, frame_id: int) -> bool:
        """Whether a frame holds rows as they were uploaded."""
        with self._database.transaction() as connection:
            statement = "SELECT 1 FROM tables WHERE frame_id = ?"
            return connection.execute(statement, (frame_id,)).fetchone() is not None

    def put(self, meta: TableMeta, table: Table) -> None:
        """Store a table, replacing one of the same name."""
        frame_id = self._frames.write(table.columns(), table.csv_lines())
        with self._database.transaction() as connection:
            self.delete(meta.namespace, meta.name)
            connection.execute(
                "INSERT INTO tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    meta.namespace,
                    meta.name,
                    frame_id,
                    meta.partitions,
                    meta.origin,
                    json.dumps(meta.schema),
                    int(meta.extend_sid),
                    meta.id_delimiter,
                    meta.job_id,
                ),
            )

    def delete(self, namespace: str, name: str) -> bool:
        """Delete a table; answers whether there was one."""
        with self._database.transaction() as connection:
            meta = self.get(namespace, name)
            if meta is None:
                return False
            output = self._outputs.find(namespace, name) if meta.origin == "output" else None
            if output is not None:
                self._outputs.delete(output)
            connection.execute(
                "DELETE FROM tables WHERE namespace = ? AND name = ?", (namespace, name)
            )
            self._frames.drop_unused(meta.frame_id)
        return True

    def read(self, meta: TableMeta) -> Table:
        """The table's rows."""
        columns, _ = self._frames.describe(meta.frame_id)
        ids: list[str] = []
        lines: list[str] = []
        for row in self._frames.rows(meta.frame_id):
            ids.append(row[0])
            lines.append(meta.id_delimiter.join(row[1:]))
        sid = columns[0] if columns else ""
        return Table(sid, tuple(columns[1:]), ids, lines, meta.id_delimiter)
