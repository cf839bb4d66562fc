"""Edits of a runtime conf: each takes one and gives a new one."""

from __future__ import annotations

import copy
from typing import Any

from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import Facts, as_number, closest
from fateflow_client.jobconf.source import is_object
from fateflow_client.types import Role, choose


def with_party(facts: Facts, role: str, party_id: int | str, index: int | None) -> dict[str, Any]:
    """Add a party to a role, or put it into the place of another one."""
    role = str(choose(role, list(Role), "role"))
    number = None if isinstance(party_id, bool | float) else as_number(party_id)
    if number is None or number < 0:
        raise ValueError("a party id is a whole number, 0 or more, such as 9999")
    conf = copy.deepcopy(facts.conf)
    ids = _array(_object(conf, "role"), role)
    numbers = [as_number(value) for value in ids]
    if index is None:
        if number not in numbers:
            ids.append(number)
        return conf
    if not 0 <= index < len(ids):
        raise ValueError(f"role {role} has {len(ids)} parties: index {index} is none of them")
    initiator = mapping(conf.get("initiator"))
    if initiator.get("role") == role and as_number(initiator.get("party_id")) == numbers[index]:
        # Whoever takes the initiator's place is the initiator.
        initiator["party_id"] = number
    ids[index] = number
    return conf


def with_parameters(
    facts: Facts, component: str, role: str | None, index: int | None, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Set parameters of a component: for everybody, for a role, or for one party of it."""
    if facts.components and component not in facts.components:
        close = closest(component, facts.components)
        meant = f"; did you mean {close!r}?" if close else ""
        raise ValueError(f"the DSL has no component {component!r}{meant}")
    if role is None and index is not None:
        raise ValueError("an index is one of a role: give the role too")
    conf = copy.deepcopy(facts.conf)
    place = _object(conf, "component_parameters")
    if role is None:
        place = _object(place, "common")
    else:
        parties = facts.roles.get(role, [])
        if not parties:
            raise ValueError(
                f"no party has role {role!r}: {', '.join(facts.roles) or 'none is set'}"
            )
        if index is not None and not 0 <= index < len(parties):
            raise ValueError(
                f"role {role} has {len(parties)} parties: index {index} is none of them"
            )
        entries = _object(_object(place, "role"), role)
        key = "all" if index is None else str(index)
        place = _object(entries, key)
        _make_way(entries, key, component, set(parameters))
    _object(place, component).update(copy.deepcopy(parameters))
    return conf


def _make_way(entries: dict[str, Any], key: str, component: str, names: set[str]) -> None:
    """Let nothing stand in the way of parameters: where entries overlap, the last one wins."""
    if key == "all":
        for other in entries.keys() - {key}:
            _drop(entries, other, component, names)
        return
    keys = list(entries)
    later = [k for k in keys[keys.index(key) + 1 :] if k == "all" or key in k.split("|")]
    if not any(names & _names(entries, k, component) for k in later):
        return
    # The entry goes to the end, without what it has said in vain until now.
    for other in later:
        for name in mapping(entries[other]):
            _drop(entries, key, name, _names(entries, other, name))
    entries[key] = entries.pop(key)


def _names(entries: dict[str, Any], key: str, component: str) -> set[str]:
    return set(mapping(mapping(entries[key]).get(component)))


def _drop(entries: dict[str, Any], key: str, component: str, names: set[str]) -> None:
    parameters = mapping(mapping(entries[key]).get(component))
    for name in names & set(parameters):
        del parameters[name]


def predict(facts: Facts, model_id: str, model_version: str) -> dict[str, Any]:
    """The conf of a predict job with the same parties, tables and resources."""
    for name, value in (("model_id", model_id), ("model_version", model_version)):
        if not value.strip():
            raise ValueError(f"{name} must not be empty")
    conf = copy.deepcopy(facts.conf)
    conf["dsl_version"] = 2
    common = _object(_object(conf, "job_parameters"), "common")
    common |= {"job_type": "predict", "model_id": model_id, "model_version": model_version}
    if facts.readers:
        # The model knows the parameters of all the other components.
        parameters = mapping(conf.get("component_parameters"))
        if is_object(parameters.get("common")):
            parameters["common"] = _only(parameters["common"], facts.readers)
        for entries in mapping(parameters.get("role")).values():
            for key, value in mapping(entries).items():
                entries[key] = _only(mapping(value), facts.readers)
    return conf


def _only(members: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name in names}


def _object(members: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, made if it is absent."""
    if members.get(name) is None:
        members[name] = {}
    if not is_object(members[name]):
        raise ValueError(f"{name} is no object: see check()")
    found: dict[str, Any] = members[name]
    return found


def _array(members: dict[str, Any], name: str) -> list[Any]:
    if members.get(name) is None:
        members[name] = []
    if not isinstance(members[name], list):
        raise ValueError(f"{name} is no array: see check()")
    found: list[Any] = members[name]
    return found
