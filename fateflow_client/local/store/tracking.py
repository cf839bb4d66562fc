"""What components leave behind: outputs, metrics, models, summaries, log lines."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fateflow_client.local.frames import Data
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.frames import Frames


@dataclass(frozen=True)
class Place:
    """One component on one party."""

    job_id: str
    component_name: str
    role: str
    party_id: str

    def key(self) -> tuple[str, str, str, str]:
        """As the tables are keyed."""
        return self.job_id, self.component_name, self.role, self.party_id


_JOB_ID = re.compile(r"\d{21,25}")
_AT = "job_id = ? AND component_name = ? AND role = ? AND party_id = ?"


class Tracking:
    """Reads and writes by place."""

    def __init__(self, database: Database, frames: Frames) -> None:
        self._database = database
        self._frames = frames

    def put_output(self, place: Place, name: str, data: Data, frame_id: int | None) -> None:
        """Store an output; a frame that exists already is only pointed at."""
        if frame_id is None:
            frame_id = self._frames.write(data.columns(), data.csv_lines())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?)",
                (*place.key(), name, frame_id),
            )

    def outputs(self, place: Place) -> list[tuple[str, int]]:
        """The outputs' names and frames."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT data_name, frame_id FROM outputs WHERE {_AT}",  # noqa: S608 constant
                place.key(),
            ).fetchall()
        return [(row["data_name"], row["frame_id"]) for row in rows]

    def put_metric(
        self, place: Place, namespace: str, name: str, data: Sequence[Any], meta: JsonObject
    ) -> None:
        """Store a metric, replacing one of the same name."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*place.key(), namespace, name, json.dumps(data), json.dumps(meta)),
            )
            self._open_day("metric", place.job_id)

    def _open_day(self, kind: str, job_id: str) -> None:
        """FATE Flow keeps a table per day, made by the first to write to it."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO days VALUES (?, ?)", (kind, job_id[:8]))

    def has_day(self, kind: str, day: str) -> bool:
        """Whether the day's table of metrics or summaries exists."""
        with self._database.transaction() as connection:
            statement = "SELECT 1 FROM days WHERE kind = ? AND day = ?"
            return connection.execute(statement, (kind, day)).fetchone() is not None

    def drop_metric_day(self, day: str) -> None:
        """Delete all metrics of the jobs of a day, as dropping its table does."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM metrics WHERE substr(job_id, 1, 8) = ?", (day,))
            connection.execute("DELETE FROM days WHERE kind = 'metric' AND day = ?", (day,))

    def delete_metrics(self, filters: Mapping[str, str]) -> bool:
        """Delete a job's metrics, or those of a place in it; answers whether there were any."""
        clauses = " AND ".join(f"{name} = ?" for name in filters)
        with self._database.transaction() as connection:
            statement = f"DELETE FROM metrics WHERE {clauses}"  # noqa: S608 own names
            return connection.execute(statement, list(filters.values())).rowcount > 0

    def metrics(self, place: Place) -> dict[str, dict[str, JsonObject]]:
        """All metrics by namespace and name, in the order they were written."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT * FROM metrics WHERE {_AT} ORDER BY rowid",  # noqa: S608 constant
                place.key(),
            ).fetchall()
        found: dict[str, dict[str, JsonObject]] = {}
        for row in rows:
            metric = {"data": json.loads(row["data"]), "meta": json.loads(row["meta"])}
            found.setdefault(row["namespace"], {})[row["name"]] = metric
        return found

    def put_document(self, place: Place, kind: str, body: JsonObject) -> None:
        """Store a model or a summary."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                (*place.key(), kind, json.dumps(body)),
            )
            if kind == "summary":
                self._open_day("summary", place.job_id)

    def document(self, place: Place, kind: str) -> JsonObject | None:
        """A model or a summary, or None."""
        with self._database.transaction() as connection:
            row = connection.execute(
                f"SELECT body FROM documents WHERE {_AT} AND kind = ?",  # noqa: S608 constant
                (*place.key(), kind),
            ).fetchone()
        return None if row is None else json.loads(row["body"])

    def log_unknown(self, job_id: str, call: str) -> None:
        """Note in a log of its own that a job was asked about that does not exist."""
        if _JOB_ID.fullmatch(job_id):
            paths = ("fate_flow_schedule.log", "fate_flow_schedule_error.log")
            self.log(job_id, paths, f"{call}: can not found job {job_id}")

    def log(self, job_id: str, paths: Iterable[str], line: str) -> None:
        """Append a line to log files of a job."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO logs VALUES (?, ?, ?)", [(job_id, path, line) for path in paths]
            )

    def logs(self, job_id: str) -> dict[str, str]:
        """A job's log files by their relative paths."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT path, line FROM logs WHERE job_id = ? ORDER BY rowid", (job_id,)
            ).fetchall()
        files: dict[str, list[str]] = {}
        for row in rows:
            files.setdefault(row["path"], []).append(row["line"])
        return {path: "\n".join(lines) + "\n" for path, lines in files.items()}
