"""The interface of a module: what a component is given, and where it puts what it computed.

A module is a function that takes a `Task`: one component of one job, on all its parties at once,
because nothing here is encrypted or sent. It reads ``task.inputs(party)`` and
``task.params(party)``, puts data, metrics, models and summaries per party, calls ``task.check()``
between long steps so that a stopped job stops, and raises `ModuleError` (or calls ``task.fail``
for one party) when it cannot go on.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fateflow_client.local.frames import Data
from fateflow_client.local.shapes import JsonObject
from fateflow_client.local.store.state import State
from fateflow_client.local.store.tracking import Place

COMPUTED = "in the clear, with scikit-learn"
"""How a learning module says that there was no encryption; a key of its summary."""


class ModuleError(Exception):
    """The component fails on all its parties with this message."""


class CanceledError(Exception):
    """The job was stopped while the component was running."""


@dataclass(frozen=True)
class Party:
    """A party of a job."""

    role: str
    party_id: str

    def __str__(self) -> str:
        return f"{self.role} {self.party_id}"


@dataclass(frozen=True)
class Input:
    """Data that another component put out for the same party."""

    kind: str
    """The key in the DSL: data, train_data, validate_data, ..."""
    source: str
    """The component it comes from."""
    data: Data


@dataclass(frozen=True)
class Result:
    """A party's output; ``frame_id`` is set when its rows are stored already."""

    data: Data
    frame_id: int | None = None


class Task:
    """One component of one job on the parties that run it.

    Args:
        job_id: The job.
        name: The component's name in the DSL.
        module: The module's name.
        parties: The parties that run the component.
        params: Each party's parameters, defaults filled in.
        given: The parameter names each party's configuration really contains.
        inputs: Each party's input data.
        declared: The kinds of output the DSL lists: data, model.
        state: Where tables are and results go.
        canceled: Set when the job is stopped or the server closes.
    """

    def __init__(
        self,
        *,
        job_id: str,
        name: str,
        module: str,
        parties: Sequence[Party],
        params: Mapping[Party, JsonObject],
        given: Mapping[Party, frozenset[str]],
        inputs: Mapping[Party, Sequence[Input]],
        declared: Mapping[str, str],
        state: State,
        canceled: threading.Event,
    ) -> None:
        self.job_id = job_id
        self.name = name
        self.module = module
        self.parties = tuple(parties)
        self.state = state
        self.canceled = canceled
        self.results: dict[Party, Result] = {}
        self.failures: dict[Party, str] = {}
        self._params = params
        self._given = given
        self._inputs = inputs
        self._declared = declared

    def of_role(self, *roles: str) -> list[Party]:
        """The running parties of these roles, in the order of the configuration."""
        return [party for party in self.parties if party.role in roles]

    def params(self, party: Party) -> JsonObject:
        """A party's parameters, with every default filled in."""
        return self._params[party]

    def given(self, party: Party) -> frozenset[str]:
        """The names of the parameters that the party's configuration sets."""
        return self._given[party]

    def inputs(self, party: Party, *kinds: str) -> list[Input]:
        """A party's input data, of these kinds only if any are named."""
        found = self._inputs.get(party, ())
        return [item for item in found if not kinds or item.kind in kinds]

    def input(self, party: Party) -> Input:
        """A party's only input data.

        Raises:
            ModuleError: There is none, or more than one.
        """
        found = self.inputs(party, "data", "train_data")
        if len(found) != 1:
            message = f"{self.module} needs exactly one input data on {party}, got {len(found)}"
            raise ModuleError(message)
        return found[0]

    def put_data(self, party: Party, data: Data, frame_id: int | None = None) -> None:
        """Hand data on to the next component; stored if the DSL lists the output."""
        self.results[party] = Result(data, frame_id)
        name = self._declared.get("data")
        if name is not None:
            self.state.tracking.put_output(self.place(party), name, data, frame_id)

    def put_metric(
        self, party: Party, namespace: str, name: str, data: Sequence[Any], meta: JsonObject
    ) -> None:
        """Store a metric."""
        self.state.tracking.put_metric(self.place(party), namespace, name, data, meta)

    def put_model(self, party: Party, param: JsonObject, meta: JsonObject) -> None:
        """Store a model if the DSL lists the output."""
        if "model" in self._declared:
            body: JsonObject = {"data": param, "meta": meta, "module": self.module}
            self.state.tracking.put_document(self.place(party), "model", body)

    def put_summary(self, party: Party, summary: JsonObject) -> None:
        """Store a summary."""
        self.state.tracking.put_document(self.place(party), "summary", summary)

    def fail(self, party: Party, message: str) -> None:
        """Fail the component on one party; the others may still do their part."""
        self.failures[party] = message

    def log(self, message: str, party: Party | None = None, level: str = "INFO") -> None:
        """Write a line to the component's log, on one party or on all."""
        for one in self.parties if party is None else (party,):
            folder = f"{one.role}/{one.party_id}"
            paths = [f"{folder}/INFO.log", f"{folder}/{self.name}/INFO.log"]
            if level != "INFO":
                paths += [f"{folder}/{level}.log", f"{folder}/{self.name}/{level}.log"]
            self.state.tracking.log(self.job_id, paths, f"[{level}] [{self.name}] {message}")

    def check(self) -> None:
        """Give up if the job has been stopped.

        Raises:
            CanceledError: It has.
        """
        if self.canceled.is_set():
            raise CanceledError

    def place(self, party: Party) -> Place:
        """Where a party's results are kept."""
        return Place(self.job_id, self.name, party.role, party.party_id)


Run = Callable[[Task], None]


@dataclass(frozen=True)
class Module:
    """A module that the server runs.

    Args:
        run: The function that does the work.
        roles: The roles that take part.
        defaults: The known parameters and their defaults; None accepts any.
        choices: For some parameters the values the server takes; others are rejected at submit.
    """

    run: Run
    roles: tuple[str, ...] = ("guest", "host", "arbiter")
    defaults: JsonObject | None = None
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict[str, tuple[Any, ...]])


def refuse_changed(task: Task, party: Party, defaults: JsonObject, names: Sequence[str]) -> None:
    """Refuse parameters that would change the result and are not supported.

    Args:
        task: The task.
        party: Whose parameters.
        defaults: The module's defaults.
        names: Dotted names; each must still have its default value.

    Raises:
        ModuleError: One of them was changed.
    """
    for name in names:
        wanted: Any = task.params(party)
        default: Any = defaults
        for part in name.split("."):
            wanted, default = wanted.get(part), default.get(part)
        if wanted != default:
            message = (
                f"{task.module}: the embedded server does not support {name}={wanted!r} "
                f"(only {default!r})"
            )
            raise ModuleError(message)
