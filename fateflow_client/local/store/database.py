"""One SQLite connection shared by all threads behind one lock, and the schema."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fateflow_client.local.store.rows import JOBS, MODELS, TASKS

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS jobs ({JOBS.ddl()}, PRIMARY KEY (job_id, role, party_id));
CREATE TABLE IF NOT EXISTS tasks ({TASKS.ddl()},
    PRIMARY KEY (job_id, component_name, role, party_id));
CREATE TABLE IF NOT EXISTS frames (
    frame_id INTEGER PRIMARY KEY, header TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    frame_id INTEGER, seq INTEGER, text TEXT NOT NULL, PRIMARY KEY (frame_id, seq));
CREATE TABLE IF NOT EXISTS tables (
    namespace TEXT, name TEXT, frame_id INTEGER NOT NULL, partitions INTEGER, origin TEXT,
    schema TEXT, extend_sid INTEGER, id_delimiter TEXT, job_id TEXT,
    PRIMARY KEY (namespace, name));
CREATE TABLE IF NOT EXISTS outputs (
    job_id TEXT, component_name TEXT, role TEXT, party_id TEXT, data_name TEXT,
    frame_id INTEGER NOT NULL, PRIMARY KEY (job_id, component_name, role, party_id, data_name));
CREATE TABLE IF NOT EXISTS metrics (
    job_id TEXT, component_name TEXT, role TEXT, party_id TEXT, namespace TEXT, name TEXT,
    data TEXT NOT NULL, meta TEXT NOT NULL,
    PRIMARY KEY (job_id, component_name, role, party_id, namespace, name));
CREATE TABLE IF NOT EXISTS documents (
    job_id TEXT, component_name TEXT, role TEXT, party_id TEXT, kind TEXT, body TEXT NOT NULL,
    PRIMARY KEY (job_id, component_name, role, party_id, kind));
CREATE TABLE IF NOT EXISTS days (kind TEXT, day TEXT, PRIMARY KEY (kind, day));
CREATE TABLE IF NOT EXISTS models ({MODELS.ddl()},
    PRIMARY KEY (role, party_id, model_id, model_version));
CREATE TABLE IF NOT EXISTS model_components (
    role TEXT, party_id TEXT, model_id TEXT, model_version TEXT, component_name TEXT,
    module TEXT, alias TEXT, body TEXT NOT NULL, run_parameters TEXT NOT NULL,
    PRIMARY KEY (role, party_id, model_id, model_version, component_name, alias));
CREATE TABLE IF NOT EXISTS tags (
    tag_id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, description TEXT);
CREATE TABLE IF NOT EXISTS model_tags (
    tag_id INTEGER, model_version TEXT, PRIMARY KEY (tag_id, model_version));
CREATE TABLE IF NOT EXISTS logs (job_id TEXT, path TEXT, line TEXT);
CREATE INDEX IF NOT EXISTS logs_by_job ON logs (job_id);
"""
# A folder that an earlier version of this server wrote has no days yet.
_FILL_DAYS = """
INSERT OR IGNORE INTO days SELECT 'metric', substr(job_id, 1, 8) FROM metrics;
INSERT OR IGNORE INTO days SELECT 'summary', substr(job_id, 1, 8) FROM documents
    WHERE kind = 'summary';
"""


class Database:
    """The state file, held exclusively: a second server on the same folder is refused."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=0.5
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA + _FILL_DAYS)
        except sqlite3.Error as error:
            self._connection.close()
            message = f"{path} cannot be opened; is another server using it? ({error})"
            raise RuntimeError(message) from error

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        """Everything inside happens or nothing does; other threads wait."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
