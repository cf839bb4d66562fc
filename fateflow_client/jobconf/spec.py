"""A job as a user specifies it: the runtime conf and the DSL together, checked and edited."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any

from fateflow_client._core.shapes import mapping
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf import edit
from fateflow_client.jobconf.checks.base import Facts, as_release
from fateflow_client.jobconf.checks.online import Online
from fateflow_client.jobconf.checks.run import check_job
from fateflow_client.jobconf.dsl import Dsl, DslV1
from fateflow_client.jobconf.graph import Graph, graph_of
from fateflow_client.jobconf.report import Report
from fateflow_client.jobconf.runtime import RuntimeConf, RuntimeConfV1
from fateflow_client.jobconf.source import Source, SourceIn, is_object, load


class JobSpec:
    """A runtime conf and its DSL. Immutable: every edit gives a new one.

    Making one reads the files and judges nothing; ``check`` reports everything that is wrong.

    Args:
        conf: The runtime conf: a path (also a string), a mapping, a model, or JSON text.
        dsl: The DSL, likewise; None for a predict job, whose DSL comes out of the model.

    Raises:
        InputFileError: A file is missing or unreadable, or a mapping holds what JSON cannot
            express. A file that is no JSON is reported by ``check``.
    """

    def __init__(self, conf: SourceIn, dsl: SourceIn | None = None) -> None:
        self._conf = load(conf, "conf")
        self._dsl = None if dsl is None else load(dsl, "dsl")

    def check(self, release: str | None = None, online: Online | None = None) -> Report:
        """Check everything at once, without sending anything unless ``online`` is given.

        An error is what certainly fails on every server, or on one of that release; what servers
        may put up with is a warning.

        Args:
            release: The server's release, as ``"1.8"`` or ``"1.7.2"``; None: any.
            online: A client. With it, the server is asked whether the initiator's tables exist and
                whether a predict job's model exists and is deployed.

        Raises:
            ConfigError: ``release`` is none.
            FlowError: The server could not be asked.
        """
        return check_job(self._conf, self._dsl, as_release(release), online)

    @cached_property
    def _facts(self) -> Facts:
        return Facts(_object(self._conf), None if self._dsl is None else _object(self._dsl))

    @property
    def conf(self) -> RuntimeConf | RuntimeConfV1:
        """The runtime conf as a model; raises ValidationError where it is too wrong for one."""
        kind = RuntimeConfV1 if self._facts.version == 1 else RuntimeConf
        return kind.model_validate(self._facts.conf)

    @property
    def dsl(self) -> Dsl | DslV1 | None:
        """The DSL as a model, or None; raises ValidationError where it is too wrong for one."""
        if not self._facts.dsl:
            return None  # an empty one is none, too: 1.5's official client sends that
        kind = DslV1 if self._facts.version == 1 else Dsl
        return kind.model_validate(self._facts.dsl)

    def dump(self) -> dict[str, Any]:
        """What is sent: ``job_runtime_conf``, and ``job_dsl`` if there is a DSL.

        Documents that nobody changed are the same JSON as they were, with all keys and in the same
        order, without a ``$schema``.
        """
        conf, dsl = copy.deepcopy((self._facts.conf, self._facts.dsl))
        return {"job_runtime_conf": conf} | ({} if dsl is None else {"job_dsl": dsl})

    def with_party(self, role: str, party_id: int | str, *, index: int | None = None) -> JobSpec:
        """Add a party, or with an index let it take another one's place.

        A party that has the role already is not added again. Who takes the initiator's place is
        the initiator.

        Args:
            role: ``guest``, ``host`` or ``arbiter``.
            party_id: The party.
            index: The place in the role's list to put it in; None: at the end.

        Raises:
            ValueError: There is no such role, id or place.
        """
        return self._with_conf(edit.with_party(self._facts, role, party_id, index))

    def with_parameters(
        self,
        component: str,
        role: str | None = None,
        index: int | None = None,
        **parameters: Any,
    ) -> JobSpec:
        """Set parameters of a component, beside those that it has.

        What is set for a role or a party wins over what is set for everybody.

        Args:
            component: The component's name.
            role: Only for parties of this role; None: for everybody.
            index: Only for the party at that place of the role's list; None: for all of the role.
            **parameters: The parameters, as FATE's manual of the component lists them.

        Raises:
            ValueError: There is no such component, role or party.
        """
        return self._with_conf(
            edit.with_parameters(self._facts, component, role, index, parameters)
        )

    def predict(self, model_id: str, model_version: str) -> JobSpec:
        """The predict job that goes with this one: same parties, same tables, no DSL.

        Args:
            model_id: The model.
            model_version: A deployed version of it: what ``model.deploy`` gave.

        Raises:
            ValueError: One of them is empty.
        """
        return JobSpec(edit.predict(self._facts, model_id, model_version))

    def graph(self) -> Graph:
        """The DSL as a graph, also if it is wrong; empty without a DSL."""
        return graph_of(self._facts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JobSpec):
            return NotImplemented
        return (self._conf.value, self._dsl and self._dsl.value) == (
            other._conf.value,
            other._dsl and other._dsl.value,
        )

    __hash__ = None  # type: ignore[assignment]  # holds JSON

    def __repr__(self) -> str:
        """Name the files; contents are long, and may hold passwords."""
        conf = str(self._conf.path or "a conf")
        dsl = "no DSL" if self._dsl is None else str(self._dsl.path or "a DSL")
        return f"JobSpec({conf}, {dsl})"

    def _with_conf(self, conf: dict[str, Any]) -> JobSpec:
        return JobSpec(conf, self._dsl)


def _object(source: Source) -> dict[str, Any]:
    if not is_object(source.value):
        why = f": {source.broken[0]}" if source.broken else ""
        name = str(source.path or source.document)
        raise InputFileError(f"{name} is no JSON object{why}", source=name)
    return mapping(source.value)
