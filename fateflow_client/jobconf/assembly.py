"""What a pipeline is put together from: tables, steps, and the documents that grow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from fateflow_client.jobconf.checks.base import as_number


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a party."""

    namespace: str
    """Its namespace."""
    name: str
    """Its name."""


PartiesIn: TypeAlias = int | str | Sequence[int | str]
"""A party id or several."""
TablesIn: TypeAlias = Table | Sequence[Table]
"""A table for every party of a role, or one for each, in the order of the role."""


@dataclass(frozen=True, slots=True)
class Step:
    """A component of a pipeline, to be fed to others."""

    name: str
    """Its name in the DSL, as ``hetero_lr_0``."""
    module: str
    """What it does."""

    @property
    def data(self) -> str:
        """Its data, as the DSL refers to them."""
        return f"{self.name}.data"

    @property
    def model(self) -> str:
        """Its model, as the DSL refers to it."""
        return f"{self.name}.model"


class Assembly:
    """The parts of a job's documents while they grow."""

    def __init__(self, roles: Mapping[str, list[int]]) -> None:
        self.roles = {role: ids for role, ids in roles.items() if ids}
        self.components: dict[str, dict[str, Any]] = {}
        self.common: dict[str, dict[str, Any]] = {}
        self.by_role: dict[str, dict[str, dict[str, Any]]] = {}

    def add(
        self,
        module: str,
        stem: str,
        name: str | None,
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
    ) -> Step:
        """Add a component; raises ValueError if its name is taken or its inputs are unknown."""
        taken = [name for names in inputs.get("data", {}).values() for name in names]
        for reference in (*taken, *inputs.get("model", ())):
            if reference.partition(".")[0] not in self.components:
                raise ValueError(f"{reference} belongs to another pipeline")
        if name is None:
            name = next(n for i in range(10**6) if (n := f"{stem}_{i}") not in self.components)
        if name in self.components:
            raise ValueError(f"there is a component {name!r} already")
        described: dict[str, Any] = {"module": module}
        if inputs:
            described["input"] = inputs
        described["output"] = {kind: [kind] for kind in outputs}
        self.components[name] = described
        return Step(name, module)

    def parameters(self, step: Step, parameters: Mapping[str, Any]) -> Step:
        """Set a component's parameters for everybody."""
        if parameters:
            self.common[step.name] = json.loads(json.dumps(parameters, allow_nan=False))
        return step

    def set_for(self, role: str, key: str, component: str, parameters: dict[str, Any]) -> None:
        """Set a component's parameters for a role, if anybody has it."""
        if role in self.roles:
            self.by_role.setdefault(role, {}).setdefault(key, {})[component] = parameters

    def match(self, role: str, given: TablesIn | None) -> None:
        """Refuse more or fewer tables than parties."""
        parties = len(self.roles.get(role, ()))
        tables = 0 if given is None else len(self.tables(role, given))
        if tables != parties:
            raise ValueError(f"{role}: {tables} tables for {parties} parties")

    def tables(self, role: str, given: TablesIn) -> list[Table]:
        """A table for each party of a role."""
        parties = len(self.roles.get(role, ()))
        return [given] * max(parties, 1) if isinstance(given, Table) else list(given)


def parties(given: PartiesIn) -> list[int]:
    """Party ids as numbers; raises ValueError if one is none."""
    listed = [given] if isinstance(given, int | str) else list(given)
    ids = [None if isinstance(value, bool) else as_number(value) for value in listed]
    if any(number is None or number < 0 for number in ids):
        raise ValueError("a party id is a whole number, 0 or more, such as 9999")
    return [number for number in ids if number is not None]


def data_input(key: str, *steps: Step) -> dict[str, Any]:
    """The inputs of a component that takes the data of others."""
    return {"data": {key: [step.data for step in steps]}}


def like_input(inputs: dict[str, Any], module: str, like: Step | None) -> dict[str, Any]:
    """The inputs with the model of a component that has done the same."""
    if like is None:
        return inputs
    if like.module != module:
        raise ValueError(f"a {module} cannot do as {like.name}, which is a {like.module}")
    return {**inputs, "model": [like.model]}
