"""What depends on the kind of job and on the server's release."""

from __future__ import annotations

from collections.abc import Iterator

from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import (
    R170,
    R190,
    Facts,
    Problem,
    closest,
    warning,
)
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object

DROPPED = ("work_mode", "backend")
"""What servers from 1.7 on do not read any more."""


def check_kind(facts: Facts) -> Iterator[Problem]:
    """The version of the conf, and whether it trains or predicts."""
    yield from _version(facts)
    yield from _job_type(facts)
    if facts.predicts:
        yield from _model(facts)
    elif facts.version == 2:
        yield from _no_model(facts)


def _version(facts: Facts) -> Iterator[Problem]:
    value = facts.conf.get("dsl_version", 1)
    pointer = join("dsl_version") if "dsl_version" in facts.conf else ""
    if facts.version is None:
        # Some server may read 2.0 as 2.
        severity = Severity.WARNING if value == 2 else Severity.ERROR
        message = "dsl_version is 2, or 1 for servers up to 1.6"
        yield Problem("bad-dsl-version", "conf", pointer, message, "2", severity)
    elif facts.version == 1:
        absent = "" if "dsl_version" in facts.conf else "dsl_version is missing: "
        message = f"{absent}the conf is of version 1, which servers from 1.7 on do not train"
        severity = Severity.ERROR if facts.since(R170) and not facts.predicts else Severity.WARNING
        # On an old server it may be meant so; a conf that looks like version 2 never is.
        parameters = mapping(facts.conf.get("job_parameters"))
        looks_new = "component_parameters" in facts.conf or "common" in parameters
        if not facts.before(R170) or looks_new:
            meant = '"dsl_version": 2' if looks_new else None
            yield Problem("dsl-version-1", "conf", pointer, message, meant, severity)


def _job_type(facts: Facts) -> Iterator[Problem]:
    value = facts.job_parameters.get("job_type")
    if value not in ("train", "predict", None, ""):
        pointer = f"{facts.job_parameters_pointer}/job_type"
        message = f"job_type is train or predict, not {value!r}"
        meant = closest(value, ["train", "predict"]) if isinstance(value, str) else None
        yield Problem("bad-job-type", "conf", pointer, message, meant)


def _model(facts: Facts) -> Iterator[Problem]:
    for name in ("model_id", "model_version"):
        value = facts.job_parameters.get(name)
        if value is None or value == "":
            there = name in facts.job_parameters
            pointer = facts.job_parameters_pointer + (join(name) if there else "")
            message = f"a predict job needs a {name}"
            yield Problem("missing-model", "conf", pointer, message)
        elif not isinstance(value, str):
            pointer = facts.job_parameters_pointer + join(name)
            message = f"{name} is a text; as a number it may lose digits or not be found"
            yield warning("wrong-type", "conf", pointer, message, str(value))
    if facts.dsl:
        message = "a predict job takes its DSL out of the model: this one is ignored"
        yield warning("ignored-dsl", "dsl", "", message)


def _no_model(facts: Facts) -> Iterator[Problem]:
    for name in ("model_id", "model_version"):
        if facts.job_parameters.get(name):
            pointer = facts.job_parameters_pointer + join(name)
            message = f"{name} is ignored in training: only predict jobs use a model"
            yield warning("ignored-model", "conf", pointer, message, at_key=True)


def check_release(facts: Facts) -> Iterator[Problem]:
    """Keys that the release does not read any more, or does not read yet, or must have."""
    if facts.before(R170):
        yield from _work_mode(facts)
    if facts.since(R170):
        yield from _dropped(facts)
    yield from _not_yet(facts)


def _work_mode(facts: Facts) -> Iterator[Problem]:
    parameters = mapping(facts.conf.get("job_parameters"))
    found = facts.job_parameters.get("work_mode", parameters.get("work_mode"))
    if found in (0, 1) and not isinstance(found, float):
        return
    there = "work_mode" in facts.job_parameters
    # Objects only: of anything else it is said already that it is none.
    containers = (facts.conf.get("job_parameters"), parameters.get("common", {}))
    if all(is_object(value) for value in containers):
        pointer = facts.job_parameters_pointer + (join("work_mode") if there else "")
        message = "servers up to 1.6 need a work_mode: 0 for one site alone, 1 for several"
        code = "wrong-value" if there else "missing-key"
        yield Problem(code, "conf", pointer, message)


def _dropped(facts: Facts) -> Iterator[Problem]:
    parameters = mapping(facts.conf.get("job_parameters"))
    places = [("", facts.conf), (join("job_parameters"), parameters)]
    if facts.version != 1:
        places.append((facts.job_parameters_pointer, facts.job_parameters))
    for pointer, members in places:
        for name in DROPPED:
            if name in members:
                message = f"{name} is not read from release 1.7 on"
                yield warning("dropped-key", "conf", f"{pointer}/{name}", message, at_key=True)


def _not_yet(facts: Facts) -> Iterator[Problem]:
    if "provider" in facts.conf and facts.before(R190):
        message = "the provider in a conf is read from release 1.9 on"
        yield warning("key-not-yet-read", "conf", join("provider"), message, at_key=True)
    if not facts.before(R170):
        return
    for name in ("auto_retries", "auto_retry_delay", "inheritance_info"):
        if name in facts.job_parameters:
            pointer = facts.job_parameters_pointer + join(name)
            message = f"{name} is read from release 1.7 on"
            yield warning("key-not-yet-read", "conf", pointer, message, at_key=True)
    for name, component in facts.components.items():
        inner = join("components", name)
        places = [(f"{inner}/provider", "provider" in component)]
        places += [
            (f"{inner}/{side}/cache", "cache" in mapping(component.get(side)))
            for side in ("input", "output")
        ]
        for pointer, there in places:
            if there:
                key = pointer.rpartition("/")[2]
                message = f"the {key} of {name} is read from release 1.7 on"
                yield warning("key-not-yet-read", "dsl", pointer, message, at_key=True)
