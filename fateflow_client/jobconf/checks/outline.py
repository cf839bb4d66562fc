"""The outline of a runtime conf: what must be there, and of which kind it must be."""

from __future__ import annotations

from collections.abc import Iterator

from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import (
    R170,
    Facts,
    Problem,
    closest,
    warning,
    wrong_type,
)
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.runtime import RuntimeConf, RuntimeConfV1
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object

OBJECT = "an object"
ARRAY = "an array"


def check_outline(facts: Facts) -> Iterator[Problem]:
    """What servers ask for first, in every job of either version."""
    yield from _missing(facts)
    yield from _kinds(facts)
    if facts.version == 2:
        yield from _parameter_kinds(facts)
        yield from _misspelt(facts)


def _missing(facts: Facts) -> Iterator[Problem]:
    conf = facts.conf
    needed = ["initiator", "role"]
    if facts.before(R170):
        needed.append("job_parameters")
    for name in needed:
        if name not in conf:
            yield missing("conf", "", name, conf)
    initiator = conf.get("initiator")
    if is_object(initiator):
        members = mapping(conf["initiator"])
        for name in ("role", "party_id"):
            if name not in members:
                yield missing("conf", join("initiator"), name, members)


def missing(document: str, pointer: str, name: str, members: dict[str, object]) -> Problem:
    """A key that is not there, and the one that was written instead if there is one."""
    where = pointer.rpartition("/")[2] or f"the {document}"
    written = closest(name, members, cutoff=0.8)
    instead = f"; it has {written!r}" if written else ""
    suggestion = name if written else None
    return Problem("missing-key", document, pointer, f"{where} has no {name}{instead}", suggestion)


def _kinds(facts: Facts) -> Iterator[Problem]:
    conf = facts.conf
    initiator, role = conf.get("initiator", {}), conf.get("role", {})
    if not is_object(initiator):
        yield wrong_type("conf", join("initiator"), initiator, OBJECT)
    elif "role" in initiator and not isinstance(mapping(conf["initiator"])["role"], str):
        yield wrong_type(
            "conf", join("initiator", "role"), mapping(conf["initiator"])["role"], "a text"
        )
    if not is_object(role):
        yield wrong_type("conf", join("role"), role, OBJECT)
    for name, ids in mapping(conf.get("role")).items():
        if not isinstance(ids, list):
            yield wrong_type("conf", join("role", name), ids, "an array of party ids")


def _parameter_kinds(facts: Facts) -> Iterator[Problem]:
    conf = facts.conf
    for name in ("job_parameters", "component_parameters"):
        if name not in conf:
            continue
        value = conf[name]
        if not is_object(value):
            # The later releases read nothing at all as no job parameters.
            soft = name == "job_parameters" and not value and not facts.before(R170)
            severity = Severity.WARNING if soft else Severity.ERROR
            yield wrong_type("conf", join(name), value, OBJECT, severity)
            continue
        members = mapping(conf[name])
        for part in ("common", "role"):
            if part in members and not is_object(members[part]):
                yield _part(name, part, members[part])
        for role, entries in mapping(members.get("role")).items():
            if not is_object(entries):
                severity = Severity.ERROR if role in facts.roles else Severity.WARNING
                yield wrong_type("conf", join(name, "role", role), entries, OBJECT, severity)
    yield from _leaf_kinds(facts)


def _part(name: str, part: str, value: object) -> Problem:
    # Null for a role's parameters is nothing on some releases.
    soft = part == "role" and not value
    severity = Severity.WARNING if soft else Severity.ERROR
    return wrong_type("conf", join(name, part), value, OBJECT, severity)


def _leaf_kinds(facts: Facts) -> Iterator[Problem]:
    for name, value in facts.common_parameters.items():
        if not is_object(value):
            pointer = join("component_parameters", "common", name)
            yield wrong_type("conf", pointer, value, OBJECT, _severity(facts, name, value))
    for entry in (*facts.role_parameters, *facts.role_job_parameters):
        ids = facts.roles.get(entry.role, [])
        used = any(entry.applies(index) for index in range(len(ids)))
        if not is_object(entry.value):
            severity = Severity.ERROR if used else Severity.WARNING
            yield wrong_type("conf", entry.pointer, entry.value, OBJECT, severity)
    for entry in facts.role_parameters:
        for name, value in mapping(entry.value).items():
            if entry.indexed and not is_object(value):
                pointer = f"{entry.pointer}{join(name)}"
                yield wrong_type("conf", pointer, value, OBJECT, Severity.WARNING)


def _severity(facts: Facts, name: str, value: object) -> Severity:
    # What belongs to no component is never read; null is nothing on the later releases.
    read = name in facts.components and not facts.predicts and value is not None
    return Severity.ERROR if read else Severity.WARNING


def _misspelt(facts: Facts) -> Iterator[Problem]:
    """Keys that look like one of FATE's. Others are the user's own, and nobody's business."""
    known = RuntimeConf.model_fields
    for name in facts.conf:
        if name in known:
            continue
        if name in RuntimeConfV1.model_fields:
            message = f"{name} belongs to confs of version 1; this one is of version 2"
            yield warning("unknown-key", "conf", join(name), message, at_key=True)
        elif meant := closest(name, known):
            there = meant in facts.conf
            message = f"FATE does not read {name}" + (f", only {meant}" if there else "")
            suggestion = None if there else meant
            yield warning("unknown-key", "conf", join(name), message, suggestion, at_key=True)
    for name in ("job_parameters", "component_parameters"):
        for part in mapping(facts.conf.get(name)):
            # These two are read there by 1.5 and 1.6, or told of by the page on releases.
            if part not in ("common", "role", "work_mode", "backend"):
                message = f"FATE reads {name} below 'common' and 'role' only"
                meant = closest(part, ["common", "role"])
                yield warning("unknown-key", "conf", join(name, part), message, meant, at_key=True)
