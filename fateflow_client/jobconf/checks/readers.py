"""Tables: every reader needs one for every party that has data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.checks.base import (
    TABLE_ROLES,
    Facts,
    Problem,
    as_number,
)
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object

SHAPES = (("name", "namespace"), ("job_id", "component_name", "data_name"))
"""What a table is named by: itself, or the output of a job."""


@dataclass(frozen=True, slots=True)
class TableOf:
    """The table that a reader reads on one party."""

    reader: str
    role: str
    index: int
    table: Any
    pointer: str
    """Where it stands, or should stand."""


def check_readers(facts: Facts) -> Iterator[Problem]:
    """Readers without a table for some party."""
    if facts.predicts:
        return  # the readers are those of the model
    for found in tables(facts, facts.readers):
        who = f"{found.role} {found.index}"
        if found.table is None:
            message = f"{found.reader} has no table for {who}"
        elif not is_object(found.table):
            message = f"the table of {found.reader} for {who} is no object with name and namespace"
        elif not any(all(mapping(found.table).get(k) for k in keys) for keys in SHAPES):
            message = f"the table of {found.reader} for {who} needs a name and a namespace"
        else:
            continue
        yield Problem("missing-table", "conf", found.pointer, message)


def tables(facts: Facts, readers: tuple[str, ...]) -> Iterator[TableOf]:
    """The tables of readers for every party with data, as servers put parameters together."""
    inherited = mapping(facts.job_parameters.get("inheritance_info")).get("component_list")
    for reader in readers:
        if reader in (sequence(inherited) or ()):
            continue  # its output comes from an earlier job
        for role in TABLE_ROLES:
            for index, party in enumerate(facts.roles.get(role, [])):
                found = _table(facts, reader, role, index)
                if found is not None and as_number(party) is not None:
                    yield found


def _table(facts: Facts, reader: str, role: str, index: int) -> TableOf | None:
    common = join("component_parameters", "common", reader)
    entries = [e for e in facts.role_parameters if e.role == role and e.applies(index)]
    parts = [(common, mapping(facts.common_parameters.get(reader)))]
    parts += [(e.pointer + join(reader), mapping(mapping(e.value).get(reader))) for e in entries]
    merged: dict[str, Any] = {}
    pointer = ""
    for place, parameters in parts:
        merged |= parameters
        if "table" in parameters:
            pointer = f"{place}/table"
    if merged.get("need_run") is False:
        return None
    table = merged.get("table")
    if table is None and any(_is_table(value) for value in merged.values()):
        return None  # some servers take the first parameter, whatever it is called
    return TableOf(reader, role, index, table, pointer or _nearest(facts, reader, role, parts))


def _is_table(value: object) -> bool:
    return all(mapping(value).get(key) for key in SHAPES[0])


def _nearest(facts: Facts, reader: str, role: str, parts: list[tuple[str, dict[str, Any]]]) -> str:
    """The part of the conf around the place where the table is missing."""
    for place, parameters in parts[::-1]:
        if parameters:
            return place
    if len(parts) > 1:
        return parts[-1][0].removesuffix(join(reader))
    pointer: str = ""
    value: object = facts.conf
    for key in ("component_parameters", "role", role):
        value = mapping(value).get(key)
        if not is_object(value):
            break
        pointer += join(key)
    return pointer
