"""What flows where in a DSL: references that lead nowhere, circles, components without input."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from fateflow_client.jobconf.checks.base import (
    R170,
    Facts,
    Problem,
    Reference,
    closest,
    warning,
)
from fateflow_client.jobconf.checks.modules import CONSUMERS
from fateflow_client.jobconf.dsl import OUTPUT_OF_INPUT
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.scan import join


def check_wiring(facts: Facts) -> Iterator[Problem]:
    """References, circles, and components that nothing feeds."""
    for reference in facts.references:
        if reference.kind in OUTPUT_OF_INPUT:
            yield from _reference(facts, reference)
    yield from _cycles(facts)
    yield from _unfed(facts)


def _reference(facts: Facts, ref: Reference) -> Iterator[Problem]:
    severity = Severity.ERROR
    if ref.kind == "cache" and not facts.since(R170):
        # Servers up to 1.6 do not read caches.
        severity = Severity.WARNING
    parts = ref.text.split(".")
    if ref.source not in facts.components:
        yield _undefined(facts, ref, severity)
        return
    kind = OUTPUT_OF_INPUT[ref.kind]
    outputs = [o for o in facts.outputs(ref.source, kind) or () if isinstance(o, str)]
    meant = closest(parts[-1], outputs) or (outputs[0] if len(outputs) == 1 else None)
    suggestion = f"{ref.source}.{meant}" if meant else None
    if len(parts) == 1:
        message = f"{ref.component} takes {ref.text!r}, which names no output: component.output"
        yield Problem("bad-reference", "dsl", ref.pointer, message, suggestion, severity)
    elif not {parts[1], parts[-1]} <= set(outputs):
        has = f"it gives {', '.join(outputs)}" if outputs else f"it gives no {kind}"
        message = f"{ref.component} takes {ref.text!r}, which {ref.source} does not give: {has}"
        if facts.outputs(ref.source, kind) == [] and kind != "data":
            severity = Severity.WARNING  # servers do not look for a name among none
        yield Problem("undefined-output", "dsl", ref.pointer, message, suggestion, severity)
    elif len(parts) > 2:
        message = f"{ref.component} takes {ref.text!r}, which is not of the form component.output"
        yield warning("bad-reference", "dsl", ref.pointer, message, suggestion)


def _undefined(facts: Facts, ref: Reference, severity: Severity) -> Problem:
    if ref.source == "pipeline":
        message = (
            f"{ref.component} takes {ref.text!r}, a model of the past: that is for predict DSLs"
        )
        return warning("pipeline-reference", "dsl", ref.pointer, message)
    if ref.source == "args" and not facts.since(R170):
        severity = Severity.WARNING  # a word of version 1, which servers up to 1.6 let pass
    meant = closest(ref.source, [name for name in facts.components if name != ref.component])
    rest = ref.text.removeprefix(ref.source)
    message = f"{ref.component} takes {ref.text!r}, and there is no component {ref.source!r}"
    suggestion = f"{meant}{rest}" if meant else None
    return Problem("undefined-component", "dsl", ref.pointer, message, suggestion, severity)


def _cycles(facts: Facts) -> Iterator[Problem]:
    sources: dict[str, dict[str, Reference]] = {name: {} for name in facts.components}
    for ref in facts.references:
        read = ref.kind in OUTPUT_OF_INPUT and (ref.kind != "cache" or facts.since(R170))
        if read and ref.source in sources:
            sources[ref.component].setdefault(ref.source, ref)
    while True:
        try:
            TopologicalSorter(sources).prepare()
        except CycleError as error:
            ring: list[str] = error.args[1][:-1]
            yield _cycle(sources, ring)
            for name in ring:
                sources[name] = {}
        else:
            return


def _cycle(sources: dict[str, dict[str, Reference]], ring: list[str]) -> Problem:
    """A circle, told from its first component in the DSL on."""
    order = list(sources)
    start = min(range(len(ring)), key=lambda index: order.index(ring[index]))
    ring = ring[start:] + ring[:start]
    # Each one gives to the next, and the last one to the first.
    ref = sources[ring[0]][ring[-1]]
    path = " -> ".join([*ring, ring[0]])
    message = f"components feed each other in a circle: {path}"
    return Problem("cycle", "dsl", ref.pointer, message)


def _unfed(facts: Facts) -> Iterator[Problem]:
    fed = {ref.component for ref in facts.references}
    for name, component in facts.components.items():
        module = component.get("module")
        if name not in fed and isinstance(module, str) and module in CONSUMERS:
            message = f"{name} ({module}) works on data, and nothing feeds it"
            yield warning("unfed-component", "dsl", join("components", name), message, at_key=True)
