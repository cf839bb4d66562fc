"""Who takes part: ids that are numbers, an initiator among them, roles that FATE has."""

from __future__ import annotations

from collections.abc import Iterator

from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import (
    R170,
    Facts,
    Problem,
    as_number,
    closest,
    warning,
)
from fateflow_client.jobconf.report import Severity
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object
from fateflow_client.types import Role

GLM = ("heterolr", "heterolinr", "heteropoisson")
"""Modules for which servers look at who is arbiter, as they compare them."""


def check_parties(facts: Facts) -> Iterator[Problem]:
    """Party ids and the initiator."""
    yield from _ids(facts)
    yield from _roles(facts)
    yield from _initiator(facts)
    yield from _glm(facts)


def _ids(facts: Facts) -> Iterator[Problem]:
    initiator = mapping(facts.conf.get("initiator"))
    places = (
        [(join("initiator", "party_id"), initiator["party_id"])] if "party_id" in initiator else []
    )
    for role, ids in facts.roles.items():
        places += [(join("role", role, index), value) for index, value in enumerate(ids)]
    for pointer, value in places:
        if as_number(value) is None:
            message = f"{_shown(value)} is no party id: those are whole numbers, such as 9999"
            yield Problem("party-id-not-a-number", "conf", pointer, message)
        elif isinstance(value, bool | float):
            message = f"{_shown(value)} as a party id becomes {as_number(value)}"
            yield warning("party-id-not-a-number", "conf", pointer, message)


def _shown(value: object) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"


def _roles(facts: Facts) -> Iterator[Problem]:
    for role, ids in facts.roles.items():
        if role not in list(Role):
            message = f"{role!r} is no role: FATE knows {', '.join(Role)}"
            meant = closest(role, list(Role))
            yield warning("unknown-role", "conf", join("role", role), message, meant, at_key=True)
        if not ids:
            message = f"role {role} has no party"
            yield warning("empty-role", "conf", join("role", role), message)
        seen: set[int] = set()
        for index, value in enumerate(ids):
            number = as_number(value)
            if number in seen:
                message = f"party {number} is {role} twice"
                yield warning("duplicate-party", "conf", join("role", role, index), message)
            if number is not None:
                seen.add(number)


def _initiator(facts: Facts) -> Iterator[Problem]:
    initiator = mapping(facts.conf.get("initiator"))
    role, number = initiator.get("role"), as_number(initiator.get("party_id"))
    roles = facts.conf.get("role")
    if not isinstance(role, str) or not is_object(roles):
        return
    if role not in mapping(roles):
        message = f"the initiator is a {role}, and no party has that role"
        meant = closest(role, facts.roles)
        pointer = join("initiator", "role")
        yield Problem("initiator-not-in-role", "conf", pointer, message, meant)
        return
    ids = [as_number(value) for value in facts.roles.get(role, [])]
    if number is not None and role in facts.roles and number not in ids:
        message = f"the initiator, party {number}, is not among the parties of role {role}"
        meant = str(ids[0]) if len(ids) == 1 and ids[0] is not None else None
        pointer = join("initiator", "party_id")
        yield Problem("initiator-not-in-role", "conf", pointer, message, meant)


def _glm(facts: Facts) -> Iterator[Problem]:
    modules = {str(c.get("module")).lower(): c["module"] for c in facts.components.values()
               if "module" in c}  # fmt: skip
    used = next((modules[name] for name in GLM if name in modules), None)
    if used is None or not {"guest", "host", "arbiter"} <= set(facts.roles):
        return
    guest, host, arbiter = (
        {as_number(value) for value in facts.roles[role]} for role in ("guest", "host", "arbiter")
    )
    hosts = len(facts.roles["host"])
    both = guest & arbiter
    # Two rules were in force: from 1.7 on, guests that are arbiters must be all of the hosts;
    # some earlier server refuses them if they are hosts.
    later = any(party not in host for party in both) or (bool(both) and len(both) != hosts)
    earlier = bool(both & host)
    if not later and not earlier:
        return
    certain = later if facts.since(R170) else later and earlier
    if facts.since(R170) and not later:
        return
    index = next(i for i, value in enumerate(facts.roles["arbiter"]) if as_number(value) in both)
    message = f"with {used}, a guest can be the arbiter only where every host is one too"
    severity = Severity.ERROR if certain and not facts.predicts else Severity.WARNING
    pointer = join("role", "arbiter", index)
    yield Problem("glm-parties", "conf", pointer, message, None, severity)
