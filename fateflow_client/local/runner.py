"""Runs one job: component after component, on all parties, until the end or the first failure."""

import threading
import traceback
from collections.abc import Mapping, Sequence

from fateflow_client.local.conf import Component, Plan, make_plan
from fateflow_client.local.modules.base import (
    CanceledError,
    Input,
    Module,
    ModuleError,
    Party,
    Result,
    Task,
)
from fateflow_client.local.records import started_task
from fateflow_client.local.release import NEWEST, Release
from fateflow_client.local.shapes import JsonObject, merged
from fateflow_client.local.store.state import State
from fateflow_client.local.training import save_trained

SCHEDULE_LOG = "fate_flow_schedule.log"
ERROR_LOG = "fate_flow_schedule_error.log"


class Runner:
    """One job on its way.

    Args:
        state: Where everything is kept.
        modules: The modules by name.
        job_id: The job.
        canceled: Set when the job is stopped or the server closes.
        release: Whose way of keeping models.
    """

    def __init__(
        self,
        state: State,
        modules: Mapping[str, Module],
        job_id: str,
        canceled: threading.Event,
        release: Release = NEWEST,
    ) -> None:
        self._state = state
        self._modules = modules
        self._job_id = job_id
        self._canceled = canceled
        self._release = release
        self._results: dict[tuple[str, Party], Result] = {}

    def run(self) -> None:
        """Run the job to its end; every failure ends in a status, none is raised."""
        jobs = self._state.jobs
        if not jobs.start(self._job_id):
            return
        self._log("job is running")
        try:
            status = self._run_components()
        except CanceledError:
            self._log("job was stopped")
            return
        except Exception as error:  # a job must end whatever happens
            self._log(f"{traceback.format_exc()}", ERROR_LOG)
            jobs.end_tasks(self._job_id, "failed", f"{type(error).__name__}: {error}")
            status = "failed"
        if self._finish(status):
            self._log(f"job ended: {status}")

    def _finish(self, status: str) -> bool:
        # Together: who sees the job succeed finds its model.
        try:
            with self._state.database.transaction():
                ended = self._state.jobs.finish(self._job_id, status)
                if ended and status == "success":
                    save_trained(self._state, self._release, self._job_id)
        except Exception:  # a job must end whatever happens
            self._log(traceback.format_exc(), ERROR_LOG)
            return self._state.jobs.finish(self._job_id, "failed")
        return ended

    def _plan(self) -> Plan:
        row = self._state.jobs.initiator(self._job_id)
        if row is None:
            message = f"job {self._job_id} is gone"
            raise ModuleError(message)
        conf: JsonObject = {**row["runtime_conf"], "dsl_version": 2}
        return make_plan(conf, row["dsl"], self._modules)

    def _run_components(self) -> str:
        plan = self._plan()
        total = len(plan.components)
        for done, component in enumerate(plan.components, start=1):
            if self._canceled.is_set():
                raise CanceledError
            succeeded = self._run_component(plan, component)
            self._state.jobs.progress(self._job_id, done * 100 // total)
            if not succeeded:
                return "failed"
        return "success"

    def _run_component(self, plan: Plan, component: Component) -> bool:
        parties = plan.runs(component, self._modules)
        given = {party: plan.params[component.name, party] for party in parties}
        passing = [party for party in parties if given[party].get("need_run") is False]
        running = [party for party in parties if party not in passing]
        module = self._modules.get(component.module)
        defaults = (module.defaults if module is not None else None) or {}
        task = Task(
            job_id=self._job_id,
            name=component.name,
            module=component.module,
            parties=running,
            params={party: merged(defaults, given[party]) for party in running},
            given={party: frozenset(given[party]) for party in running},
            inputs={party: self._inputs(component, party) for party in running},
            declared=component.outputs,
            state=self._state,
            canceled=self._canceled,
        )
        self._start(task)
        self._pass(component, passing)
        failures = self._call(task, module) if running else {}
        if self._canceled.is_set():
            raise CanceledError
        for party, result in task.results.items():
            self._results[component.name, party] = result
        self._end(task, failures)
        return not failures

    def _inputs(self, component: Component, party: Party) -> list[Input]:
        return [
            Input(kind, source, self._results[source, party].data)
            for kind, source in component.inputs
            if (source, party) in self._results
        ]

    def _call(self, task: Task, module: Module | None) -> dict[Party, str]:
        report = ""
        try:
            if module is None:
                message = f"the embedded server does not run the module {task.module}"
                raise ModuleError(message)
            module.run(task)
        except CanceledError:
            raise
        except ModuleError as error:
            report = _report(str(error), "ModuleError", task)
        except Exception as error:  # a bug in a module fails the job, not the server
            self._log(traceback.format_exc(), ERROR_LOG)
            report = _report(str(error), type(error).__name__, task)
        if report:
            return dict.fromkeys(task.parties, report)
        return {
            party: _report(message, "RuntimeError", task)
            for party, message in task.failures.items()
        }

    def _start(self, task: Task) -> None:
        now = self._state.clock.now_ms()
        self._log(f"{task.name} ({task.module}) is running")
        for party in task.parties:
            changes = started_task(self._job_id, task.name, party, 0)
            self._state.jobs.update_tasks(
                {**self._key(task.name, party), "party_status": "waiting"},
                {**changes, "start_time": now},
            )
            task.log(f"{task.module} starts", party)

    def _pass(self, component: Component, parties: Sequence[Party]) -> None:
        """A party with need_run false hands its input on."""
        for party in parties:
            inputs = self._inputs(component, party)
            if inputs:
                self._results[component.name, party] = Result(inputs[0].data)
            self._state.jobs.update_tasks(
                {**self._key(component.name, party), "party_status": "waiting"},
                {"status": "success", "party_status": "pass"},
            )

    def _end(self, task: Task, failures: Mapping[Party, str]) -> None:
        now = self._state.clock.now_ms()
        overall = "failed" if failures else "success"
        for party in task.parties:
            report = failures.get(party, "")
            row = self._state.jobs.tasks.select(self._key(task.name, party))[0]
            self._state.jobs.update_tasks(
                {**self._key(task.name, party), "party_status": "running"},
                {
                    "status": overall,
                    "party_status": "failed" if report else "success",
                    "error_report": report,
                    "end_time": now,
                    "elapsed": now - int(row["start_time"] or now),
                    "kill_status": 1,
                },
            )
            if report:
                task.log(report, party, "ERROR")
                self._log(f"{task.name} failed on {party}: {report}", ERROR_LOG)
            else:
                task.log(f"{task.module} ended", party)

    def _key(self, name: str, party: Party) -> JsonObject:
        return {
            "job_id": self._job_id,
            "component_name": name,
            "role": party.role,
            "party_id": party.party_id,
        }

    def _log(self, message: str, *more: str) -> None:
        self._state.tracking.log(self._job_id, (SCHEDULE_LOG, *more), message)


def _report(message: str, kind: str, task: Task) -> str:
    where = f'  File "fateflow_client/local/modules", in {task.module}\n'
    return f"Traceback (most recent call last):\n{where}{kind}: {message}"
