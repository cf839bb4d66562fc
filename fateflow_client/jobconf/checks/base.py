"""What every check works with: the documents looked at once, and the problems they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from fateflow_client._core.releases import Release, parse_release
from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.errors import ConfigError
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object

R170, R190, R191 = Release(1, 7, 0), Release(1, 9, 0), Release(1, 9, 1)
TABLE_ROLES = ("guest", "host")
"""The roles that have data: a Reader runs on these."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that does not know yet where it stands in a text."""

    code: str
    document: str
    pointer: str
    message: str
    suggestion: str | None = None
    severity: Severity = Severity.ERROR
    at_key: bool = False
    """Whether the key is wrong, and not its value."""


def warning(
    code: str,
    document: str,
    pointer: str,
    message: str,
    suggestion: str | None = None,
    *,
    at_key: bool = False,
) -> Problem:
    """A problem that servers may put up with."""
    return Problem(code, document, pointer, message, suggestion, Severity.WARNING, at_key)


def wrong_type(
    document: str, pointer: str, value: object, wanted: str, severity: Severity = Severity.ERROR
) -> Problem:
    """A value of a kind that the server cannot read."""
    name = pointer.rpartition("/")[2] or f"the {document}"
    message = f"{name} is {kind(value)}, where FATE reads {wanted}"
    return Problem("wrong-type", document, pointer, message, None, severity)


def kind(value: object) -> str:
    """A value's kind in words."""
    if isinstance(value, bool):
        return "a truth value"
    kinds: dict[type, str] = {dict: "an object", list: "an array", str: "a text"}
    return "null" if value is None else kinds.get(type(value), "a number")


def closest(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The choice that was probably meant, or None; ``cutoff`` is how like it must be, up to 1."""
    from difflib import get_close_matches

    by_fold = {choice.casefold(): str(choice) for choice in choices}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else None


def as_release(text: str | None) -> Release | None:
    """Read a release that a caller named; raises ConfigError if it is none."""
    if text is None:
        return None
    release = parse_release(text)
    if release is None:
        raise ConfigError("a release is named as '1.11' or '1.7.2'")
    return release


class RoleEntry(NamedTuple):
    """Parameters of single parties: what stands below a role and an index."""

    role: str
    key: str
    value: Any
    pointer: str

    @property
    def indexed(self) -> bool:
        """Whether the key is an index, several, or ``all``: below anything else nothing is read."""
        parts = self.key.split("|")
        return self.key == "all" or all(part.isdecimal() for part in parts)

    def applies(self, index: int) -> bool:
        """Whether the server gives it to the party at that index, as the server decides it."""
        return self.key == "all" or str(index) in self.key.split("|")


class Reference(NamedTuple):
    """An input of a component: the output of another one."""

    component: str
    kind: str
    """``data``, ``model``, ``isometric_model`` or ``cache``."""
    text: str
    pointer: str
    input: str
    """As what it is taken: the kind, or for data the kind of data."""

    @property
    def source(self) -> str:
        """The component that it names."""
        return self.text.split(".")[0]


@dataclass(frozen=True)
class Facts:
    """The documents of a job, looked at once. Nothing here believes that they are right."""

    conf: dict[str, Any]
    dsl: dict[str, Any] | None
    release: Release | None = None

    def before(self, release: Release) -> bool:
        """Whether the server is known to be older than that."""
        return self.release is not None and self.release < release

    def since(self, release: Release) -> bool:
        """Whether the server is known to be that or newer."""
        return self.release is not None and self.release >= release

    @cached_property
    def version(self) -> int | None:
        """The conf's version as servers read it: 1 if it is absent, None if it is none."""
        value = self.conf.get("dsl_version", 1)
        return {"1": 1, "2": 2}.get(str(value)) if isinstance(value, int | str) else None

    @cached_property
    def job_parameters(self) -> dict[str, Any]:
        """The job parameters for everybody."""
        parameters = mapping(self.conf.get("job_parameters"))
        return mapping(parameters.get("common")) if self.version != 1 else parameters

    @property
    def job_parameters_pointer(self) -> str:
        """Where they stand."""
        return join("job_parameters", "common") if self.version != 1 else join("job_parameters")

    @cached_property
    def predicts(self) -> bool:
        """Whether it is a predict job, whose DSL comes out of the model."""
        return self.job_parameters.get("job_type") == "predict"

    @cached_property
    def roles(self) -> dict[str, list[Any]]:
        """Party ids by role, as they are written."""
        found = {role: sequence(ids) for role, ids in mapping(self.conf.get("role")).items()}
        return {role: ids for role, ids in found.items() if ids is not None}

    @cached_property
    def components(self) -> dict[str, dict[str, Any]]:
        """The components that are objects, by name."""
        components = mapping(mapping(self.dsl).get("components"))
        return {name: value for name, value in components.items() if is_object(value)}

    @cached_property
    def readers(self) -> tuple[str, ...]:
        """The names of the readers."""
        return tuple(n for n, c in self.components.items() if c.get("module") == "Reader")

    @cached_property
    def common_parameters(self) -> dict[str, Any]:
        """Parameters by component, for everybody."""
        return mapping(mapping(self.conf.get("component_parameters")).get("common"))

    @cached_property
    def role_parameters(self) -> tuple[RoleEntry, ...]:
        """Parameters of components for single parties."""
        return tuple(self._entries("component_parameters"))

    @cached_property
    def role_job_parameters(self) -> tuple[RoleEntry, ...]:
        """Parameters of the job for single parties."""
        return tuple(self._entries("job_parameters"))

    def _entries(self, document: str) -> Iterator[RoleEntry]:
        for role, entries in mapping(mapping(self.conf.get(document)).get("role")).items():
            for key, value in mapping(entries).items():
                yield RoleEntry(role, key, value, join(document, "role", role, key))

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All inputs that are texts in arrays, in the order of the DSL."""
        return tuple(
            reference
            for name, component in self.components.items()
            for reference in _references(name, mapping(component.get("input")))
        )

    def outputs(self, component: str, kind: str) -> list[Any] | None:
        """The outputs of a kind that a component has; None if it does not even say so."""
        return sequence(mapping(self.components[component].get("output")).get(kind))


def _references(name: str, inputs: dict[str, Any]) -> Iterator[Reference]:
    for key, value in inputs.items():
        lists = mapping(value) if key == "data" else {"": value}
        for data_key, listed in lists.items():
            for index, text in enumerate(sequence(listed) or ()):
                if isinstance(text, str):
                    inner = (data_key,) if key == "data" else ()
                    pointer = join("components", name, "input", key, *inner, index)
                    yield Reference(name, key, text, pointer, data_key or key)


def as_number(value: object) -> int | None:
    """A party id as servers read it (with Python's ``int``), or None if they cannot."""
    if not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None
