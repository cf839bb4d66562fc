"""Accepting a job: its id, its rows, the answer to a submit."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fateflow_client.local.clock import Clock
from fateflow_client.local.conf import Plan as _Plan
from fateflow_client.local.conf import make_plan, read_roles
from fateflow_client.local.modules.base import Module, Party
from fateflow_client.local.present import Presenter, work_mode_of
from fateflow_client.local.records import job_rows, model_id, task_rows
from fateflow_client.local.rejections import SubmitRejectedError
from fateflow_client.local.release import Release
from fateflow_client.local.runner import SCHEDULE_LOG
from fateflow_client.local.scheduler import Scheduler
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.state import State

_MICROSECONDS = 1_000_000


class JobIds:
    """Job ids as FATE Flow makes them: local time to the microsecond and a counter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        """The next id: 21 digits, always larger than the one before."""
        with self._lock:
            self._last = max(self._clock.now_us(), self._last + 1)
            seconds, micros = divmod(self._last, _MICROSECONDS)
        moment = datetime.fromtimestamp(seconds).replace(microsecond=micros)
        return f"{moment.strftime('%Y%m%d%H%M%S%f')}0"


class Submitter:
    """Takes jobs in.

    Args:
        state: Where jobs are kept.
        modules: The modules by name.
        scheduler: Who is told that a job is waiting.
        release: Whose checks and answers.
    """

    def __init__(
        self,
        state: State,
        modules: Mapping[str, Module],
        scheduler: Scheduler,
        release: Release,
    ) -> None:
        self._state = state
        self._modules = modules
        self._scheduler = scheduler
        self._release = release
        self.ids = JobIds(state.clock)

    def submit(self, job_id: str, conf: JsonObject | None, dsl: Any) -> JsonObject:
        """Store a job as waiting; answers the ``data`` of the reply.

        Raises:
            SubmitRejectedError: The job is not accepted.
        """
        now = self._state.clock.now_ms()
        try:
            if self._release.work_mode:
                _check_work_mode(conf or {})
            plan = make_plan(conf, dsl, self._modules)
        except SubmitRejectedError as error:
            if error.stage in self._release.stored_rejections:
                self._store_rejected(job_id, conf or {}, dsl, now)
            raise
        conf = conf or {}
        release = self._release
        tasks = task_rows(job_id, plan, conf, self._modules, now=now, release=release)
        rows = job_rows(job_id, plan, conf, dsl, now=now, release=release)
        self._state.jobs.create(rows, tasks)
        paths = (SCHEDULE_LOG, "fate_flow_audit.log")
        self._state.tracking.log(job_id, paths, f"job {job_id} was submitted by {plan.initiator}")
        self._scheduler.wake()
        answer = self._answer(job_id, plan.initiator, plan.roles)
        removed = [name for name in ("backend", "work_mode") if _names(conf, name)]
        if removed and not release.work_mode:
            answer["message"] = f"[WARN]{','.join(removed)} is removed,it does not take effect!"
        return Presenter(release).submitted(answer)

    def _store_rejected(self, job_id: str, conf: JsonObject, dsl: Any, now: int) -> None:
        initiator, roles = read_roles(conf)
        parties = tuple(Party(role, str(party)) for role in roles for party in roles[role])
        plan = _Plan((), parties, initiator, roles)
        rows = job_rows(job_id, plan, conf, dsl, now=now, release=self._release, status="failed")
        self._state.jobs.create([{**row, "tag": "submit_failed"} for row in rows], [])

    def _answer(self, job_id: str, initiator: Party, roles: Mapping[str, list[int]]) -> JsonObject:
        folder = f"{self._state.folder}/jobs/{job_id}"
        own = f"{folder}/{initiator.role}/{initiator.party_id}"
        page = f"job_id={job_id}&role={initiator.role}&party_id={initiator.party_id}"
        return {
            "job_id": job_id,
            "code": 0,
            "message": "success",
            "model_info": {"model_id": model_id(roles), "model_version": job_id},
            "board_url": f"http://127.0.0.1:8080/index.html#/dashboard?{page}",
            "logs_directory": f"{self._state.folder}/logs/{job_id}",
            "dsl_path": f"{folder}/job_dsl.json",
            "runtime_conf_path": f"{folder}/job_runtime_conf.json",
            "runtime_conf_on_party_path": f"{own}/job_runtime_on_party_conf.json",
            "train_runtime_conf_path": f"{folder}/train_runtime_conf.json",
            "pipeline_dsl_path": f"{folder}/pipeline_dsl.json",
        }


def _check_work_mode(conf: JsonObject) -> None:
    """What 1.5 and 1.6 look at before anything else."""
    if "job_parameters" not in conf:
        message = "'job_parameters'"
        raise SubmitRejectedError(message)
    if work_mode_of(conf) not in (0, 1):
        modes = "(<WorkMode.CLUSTER: 1>, <WorkMode.STANDALONE: 0>)"
        message = f"required parameter values: work_mode={modes}"
        raise SubmitRejectedError(message)


def _names(conf: JsonObject, name: str) -> bool:
    parameters = as_object(conf.get("job_parameters")) or {}
    return any(
        name in place for place in (conf, parameters, as_object(parameters.get("common")) or {})
    )
