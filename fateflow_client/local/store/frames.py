"""Rows in SQLite, as chunks of CSV text: fast to write, to stream and to cut."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from fateflow_client.local.store.database import Database

_CHUNK = 5_000


class Frames:
    """Row storage shared by uploaded tables and component outputs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, columns: Sequence[str], lines: Iterable[str]) -> int:
        """Store CSV lines; answers the new frame's number.

        Each chunk is its own transaction, so that queries are answered meanwhile. What a process
        that died halfway has left is swept up by `drop_orphans`.
        """
        source = iter(lines)
        with self._database.transaction() as connection:
            statement = "INSERT INTO frames (header, count) VALUES (?, 0) RETURNING frame_id"
            row = connection.execute(statement, (json.dumps(list(columns)),)).fetchone()
        frame_id = int(row["frame_id"])
        for seq, chunk in enumerate(iter(lambda: list(islice(source, _CHUNK)), [])):
            text = "\n".join(chunk)
            with self._database.transaction() as connection:
                connection.execute("INSERT INTO chunks VALUES (?, ?, ?)", (frame_id, seq, text))
                connection.execute(
                    "UPDATE frames SET count = count + ? WHERE frame_id = ?",
                    (len(chunk), frame_id),
                )
        return frame_id

    def drop_orphans(self) -> None:
        """Delete the frames that no table and no output shows; only before anything runs."""
        unused = "frame_id NOT IN (SELECT frame_id FROM tables UNION SELECT frame_id FROM outputs)"
        with self._database.transaction() as connection:
            for name in ("chunks", "frames"):
                connection.execute(f"DELETE FROM {name} WHERE {unused}")  # noqa: S608 own names

    def describe(self, frame_id: int) -> tuple[list[str], int]:
        """A frame's header and its number of rows."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT header, count FROM frames WHERE frame_id = ?", (frame_id,)
            ).fetchone()
        return ([], 0) if row is None else (json.loads(row["header"]), row["count"])

    def lines(self, frame_id: int, limit: int | None = None) -> Iterator[str]:
        """The CSV lines, at most ``limit``; read a chunk at a time."""
        left = limit
        seq = 0
        while left is None or left > 0:
            with self._database.transaction() as connection:
                row = connection.execute(
                    "SELECT text FROM chunks WHERE frame_id = ? AND seq = ?", (frame_id, seq)
                ).fetchone()
            if row is None:
                return
            chunk: list[str] = row["text"].split("\n")
            chunk = chunk if left is None else chunk[:left]
            yield from chunk
            left = None if left is None else left - len(chunk)
            seq += 1

    def rows(self, frame_id: int) -> Iterator[list[str]]:
        """The parsed rows, id first."""
        return csv.reader(self.lines(frame_id))

    def drop_unused(self, frame_id: int) -> None:
        """Delete a frame unless a table or an output still shows it."""
        with self._database.transaction() as connection:
            used = connection.execute(
                "SELECT 1 FROM tables WHERE frame_id = ? UNION ALL "
                "SELECT 1 FROM outputs WHERE frame_id = ?",
                (frame_id, frame_id),
            ).fetchone()
            if used is None:
                connection.execute("DELETE FROM chunks WHERE frame_id = ?", (frame_id,))
                connection.execute("DELETE FROM frames WHERE frame_id = ?", (frame_id,))
