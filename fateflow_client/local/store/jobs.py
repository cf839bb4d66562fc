"""Jobs and their tasks: creation, the statuses they pass through, who may change them when."""

from collections.abc import Mapping, Sequence
from typing import Any

from fateflow_client.local.clock import Clock
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.database import Database
from fateflow_client.local.store.query import RowTable
from fateflow_client.local.store.rows import JOBS, TASKS

END_STATUSES = frozenset(("success", "failed", "canceled", "timeout"))
"""A job in one of these has ended; only a rerun makes it wait again."""


class Jobs:
    """The job and task rows; every change of status is guarded by the status it starts from."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.rows = RowTable(database, JOBS)
        self.tasks = RowTable(database, TASKS)

    def create(self, jobs: Sequence[JsonObject], tasks: Sequence[JsonObject]) -> None:
        """Store a job's rows and its tasks' rows together."""
        with self._database.transaction():
            self.rows.insert(jobs)
            self.tasks.insert(tasks)

    def initiator(self, job_id: str) -> JsonObject | None:
        """The initiator's row of a job, or None."""
        rows = self.rows.select({"job_id": job_id, "is_initiator": 1})
        return rows[0] if rows else None

    def waiting_ids(self) -> list[str]:
        """The ids of waiting jobs, oldest first."""
        rows = self.rows.select({"status": "waiting", "is_initiator": 1})
        return [row["job_id"] for row in rows]

    def start(self, job_id: str) -> bool:
        """Waiting -> running; False when the job is no longer waiting."""
        now = self._clock.now_ms()
        changes: JsonObject = {
            "status": "running",
            "start_time": now,
            "apply_resource_time": now,
            "resource_in_use": 1,
            "engine_name": "STANDALONE",
            "engine_type": "computing",
            "update_time": now,
        }
        return self.rows.update({"job_id": job_id, "status": "waiting"}, changes) > 0

    def reset(self, job_id: str, version: int) -> None:
        """An ended job waits again, its tasks as a new version."""
        cleared = dict.fromkeys(("start_time", "end_time", "elapsed", "cancel_time"))
        with self._database.transaction():
            changes: JsonObject = {
                **cleared,
                "status": "waiting",
                "tag": "",
                "progress": 0,
                "cancel_signal": 0,
                "rerun_signal": 1,
                "end_scheduling_updates": 0,
                "update_time": self._clock.now_ms(),
            }
            self.rows.update({"job_id": job_id}, changes)
            again: JsonObject = {
                **dict.fromkeys(("start_time", "end_time", "elapsed")),
                "status": "waiting",
                "party_status": "waiting",
                "task_version": version,
                "error_report": "",
                "kill_status": 0,
            }
            self.update_tasks({"job_id": job_id}, again)

    def progress(self, job_id: str, percent: int) -> None:
        """Record how much of a running job is done."""
        changes: JsonObject = {"progress": percent, "update_time": self._clock.now_ms()}
        self.rows.update({"job_id": job_id, "status": "running"}, changes)

    def finish(self, job_id: str, status: str) -> bool:
        """Running -> an end status; False when somebody else ended the job before."""
        now = self._clock.now_ms()
        with self._database.transaction():
            row = self.initiator(job_id)
            started = now if row is None or row["start_time"] is None else int(row["start_time"])
            changes: JsonObject = {
                "status": status,
                "tag": "job_end",
                "end_time": now,
                "elapsed": now - started,
                "resource_in_use": 0,
                "return_resource_time": now,
                "end_scheduling_updates": 1,
                "update_time": now,
            }
            if status == "success":
                changes["progress"] = 100
            return self.rows.update({"job_id": job_id, "status": "running"}, changes) > 0

    def cancel(self, job_id: str, status: str = "canceled") -> bool:
        """Stop a job that has not ended; False for one that has (only the signal is kept)."""
        now = self._clock.now_ms()
        with self._database.transaction():
            signal: JsonObject = {"cancel_signal": 1, "cancel_time": now, "update_time": now}
            self.rows.update({"job_id": job_id}, signal)
            canceled: JsonObject = {"status": status, "tag": "job_end"}
            was_waiting = self.rows.update({"job_id": job_id, "status": "waiting"}, canceled)
            was_running = self.finish(job_id, status)
            if was_running:
                self.end_tasks(job_id, status, "")
            return bool(was_waiting) or was_running

    def end_tasks(self, job_id: str, status: str, report: str) -> None:
        """End the tasks that are running; those not started stay as they are."""
        now = self._clock.now_ms()
        with self._database.transaction():
            for task in self.tasks.select({"job_id": job_id, "party_status": "running"}):
                key = {name: task[name] for name in ("job_id", "component_name", "role")}
                changes: JsonObject = {
                    "party_status": status,
                    "status": status,
                    "error_report": report,
                    "end_time": now,
                    "elapsed": now - int(task["start_time"] or now),
                    "update_time": now,
                }
                self.tasks.update({**key, "party_id": task["party_id"]}, changes)

    def update_tasks(self, filters: Mapping[str, Any], changes: JsonObject) -> int:
        """Change task rows and their update time."""
        return self.tasks.update(filters, {**changes, "update_time": self._clock.now_ms()})

    def fail_interrupted(self, reason: str) -> list[str]:
        """Fail the jobs that no process is running any more; answers their ids."""
        with self._database.transaction():
            running = self.rows.select({"status": "running", "is_initiator": 1})
            for row in running:
                self.end_tasks(row["job_id"], "failed", reason)
                self.rows.update({"job_id": row["job_id"]}, {"description": reason})
                self.finish(row["job_id"], "failed")
        return [row["job_id"] for row in running]
