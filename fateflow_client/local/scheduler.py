"""The worker threads: waiting jobs start in the order they came, a few at a time."""

import threading
from collections.abc import Mapping

from fateflow_client.local.modules.base import Module
from fateflow_client.local.release import NEWEST, Release
from fateflow_client.local.runner import ERROR_LOG, SCHEDULE_LOG, Runner
from fateflow_client.local.store.state import State

INTERRUPTED = "the server was stopped while this job was running"


class Scheduler:
    """Starts waiting jobs and stops running ones.

    Args:
        state: Where jobs are kept.
        modules: The modules by name.
        workers: How many jobs run at a time.
        release: Whose way of keeping models.
    """

    def __init__(
        self,
        state: State,
        modules: Mapping[str, Module],
        workers: int,
        release: Release = NEWEST,
    ) -> None:
        self._release = release
        self._state = state
        self._modules = modules
        self._changed = threading.Condition()
        self._running: dict[str, threading.Event] = {}
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"fateflow-worker-{number}")
            for number in range(workers)
        ]

    def start(self) -> None:
        """Fail what a dead process left running, then start the workers."""
        self._fail_interrupted()
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell the workers that a job is waiting."""
        with self._changed:
            self._changed.notify_all()

    def stop(self, job_id: str, status: str = "canceled") -> None:
        """Stop a job that exists; what it is computing right now is thrown away."""
        with self._changed:
            self._state.jobs.cancel(job_id, status)
            event = self._running.get(job_id)
            if event is not None:
                event.set()
            else:
                # An upload that never ran leaves its file behind.
                (self._state.uploads / f"{job_id}.csv").unlink(missing_ok=True)

    def close(self) -> None:
        """Stop the workers; jobs that were running fail, waiting ones wait for the next start."""
        with self._changed:
            self._closing = True
            for event in self._running.values():
                event.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._fail_interrupted()

    def _fail_interrupted(self) -> None:
        for job_id in self._state.jobs.fail_interrupted(INTERRUPTED):
            self._state.tracking.log(job_id, (SCHEDULE_LOG, ERROR_LOG), INTERRUPTED)

    def _work(self) -> None:
        while True:
            taken = self._take()
            if taken is None:
                return
            job_id, event = taken
            try:
                Runner(self._state, self._modules, job_id, event, self._release).run()
            finally:
                with self._changed:
                    self._running.pop(job_id, None)
                    self._changed.notify_all()

    def _take(self) -> tuple[str, threading.Event] | None:
        with self._changed:
            while not self._closing:
                for job_id in self._state.jobs.waiting_ids():
                    if job_id not in self._running:
                        event = self._running[job_id] = threading.Event()
                        return job_id, event
                self._changed.wait()
        return None
