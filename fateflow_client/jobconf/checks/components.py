"""The outline of a DSL: components, their modules, their inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.checks.base import Facts, Problem, closest, warning, wrong_type
from fateflow_client.jobconf.checks.modules import KNOWN
from fateflow_client.jobconf.checks.outline import ARRAY, OBJECT, missing
from fateflow_client.jobconf.dsl import DATA_INPUTS, MODEL_INPUTS, OUTPUTS
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object


def check_components(facts: Facts) -> Iterator[Problem]:
    """The kinds of everything in a DSL; of version 1, only that components have modules."""
    dsl = facts.dsl
    if not dsl:
        message = "a training job needs a DSL, and there is none"
        yield Problem("missing-dsl", "dsl" if dsl is not None else "conf", "", message)
        return
    if "components" not in dsl:
        yield missing("dsl", "", "components", dsl)
        return
    if not is_object(dsl["components"]):
        yield wrong_type("dsl", join("components"), dsl["components"], OBJECT)
        return
    components = mapping(dsl["components"])
    if not components:
        yield warning("no-components", "dsl", join("components"), "the DSL has no components")
    for name, value in components.items():
        yield from _component(facts, name, value)


def _component(facts: Facts, name: str, value: object) -> Iterator[Problem]:
    pointer = join("components", name)
    if not is_object(value):
        yield wrong_type("dsl", pointer, value, OBJECT)
        return
    members = mapping(facts.components[name])
    if "module" not in members:
        yield missing("dsl", pointer, "module", members)
    elif not isinstance(members["module"], str):
        yield wrong_type("dsl", f"{pointer}/module", members["module"], "a text")
    elif members["module"] not in KNOWN:
        module = members["module"]
        message = f"FATE brings no module {module!r} along"
        meant = closest(module, KNOWN)
        yield warning("unknown-module", "dsl", f"{pointer}/module", message, meant)
    if facts.version == 1:
        return
    if not all(c.isalpha() or c.isdigit() or c in "_-" for c in name):
        message = f"component {name!r} may have letters, digits, _ and - in its name only"
        yield Problem("bad-component-name", "dsl", pointer, message, at_key=True)
    if members.get("input") is not None:
        yield from _input(name, f"{pointer}/input", members["input"])
    if "output" in members:
        yield from _output(name, f"{pointer}/output", members["output"])


def _input(name: str, pointer: str, value: Any) -> Iterator[Problem]:
    if not is_object(value):
        yield wrong_type("dsl", pointer, value, OBJECT)
        return
    kinds = ("data", *MODEL_INPUTS)
    for key, given in mapping(value).items():
        inner = f"{pointer}{join(key)}"
        if key not in kinds:
            # A kind of data may stand one level too high.
            meant = f"data/{key}" if key in DATA_INPUTS else closest(key, kinds)
            message = f"{name} takes {key}, which FATE does not read: {', '.join(kinds)}"
            yield warning("unknown-input", "dsl", inner, message, meant, at_key=True)
        elif key != "data":
            yield from _array(inner, given)
        elif not is_object(given):
            yield wrong_type("dsl", inner, given, "an object of arrays by kind of data")
        else:
            yield from _data(name, inner, mapping(given))


def _data(name: str, pointer: str, given: dict[str, Any]) -> Iterator[Problem]:
    for key, listed in given.items():
        inner = f"{pointer}{join(key)}"
        if key not in DATA_INPUTS:
            message = f"{name} takes {key}, which is no kind of data: {', '.join(DATA_INPUTS)}"
            meant = closest(key, DATA_INPUTS)
            yield warning("unknown-input", "dsl", inner, message, meant, at_key=True)
        yield from _array(inner, listed)


def _array(pointer: str, value: object) -> Iterator[Problem]:
    listed = sequence(value)
    if listed is None:
        yield wrong_type("dsl", pointer, value, "an array of component.output")
    for index, reference in enumerate(listed or ()):
        if not isinstance(reference, str):
            yield wrong_type("dsl", f"{pointer}/{index}", reference, "a text, component.output")


def _output(name: str, pointer: str, value: Any) -> Iterator[Problem]:
    if not is_object(value):
        yield wrong_type("dsl", pointer, value, OBJECT)
        return
    for key, given in mapping(value).items():
        inner = f"{pointer}{join(key)}"
        if key not in OUTPUTS:
            message = f"{name} gives {key}, which FATE does not read: {', '.join(OUTPUTS)}"
            meant = closest(key, OUTPUTS)
            yield warning("unknown-output", "dsl", inner, message, meant, at_key=True)
            continue
        listed = sequence(given)
        if listed is None:
            yield wrong_type("dsl", inner, given, f"{ARRAY} of names")
        yield from _names(name, inner, listed or [])


def _names(name: str, pointer: str, listed: list[Any]) -> Iterator[Problem]:
    for index, output in enumerate(listed):
        if not isinstance(output, str):
            inner = f"{pointer}/{index}"
            yield wrong_type("dsl", inner, output, "a name", Severity.WARNING)
        elif output in listed[:index]:
            message = f"{name} gives {output!r} twice"
            yield warning("duplicate-output", "dsl", f"{pointer}/{index}", message)
