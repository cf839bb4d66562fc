"""Documents checked alone: a conf without its DSL, a DSL without its conf, and all other confs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fateflow_client._core.releases import Release
from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.checks.base import (
    R170,
    R191,
    Problem,
    as_release,
    closest,
    warning,
    wrong_type,
)
from fateflow_client.jobconf.checks.outline import ARRAY, OBJECT, missing
from fateflow_client.jobconf.checks.run import check_job, check_text, located
from fateflow_client.jobconf.kinds import ConfKind
from fateflow_client.jobconf.report import Finding, Report
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.schema import MODELS
from fateflow_client.jobconf.source import Source, is_object

NAMES: dict[ConfKind | None, str] = {ConfKind.RUNTIME_CONF: "conf", ConfKind.DSL: "dsl"}
"""What documents of a job are called in findings; others are called by their kind."""

_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "list_type": ARRAY,
    "mapping_type": OBJECT,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
}
_ALSO_READ = {
    "backend",
    "block_size",
    "computing_engine",
    "delimiter",
    "eggroll_run",
    "extend_sid",
    "auto_increasing_sid",
    "federated_mode",
    "federation_engine",
    "load_type",
    "meta",
    "party_id",
    "schema",
    "spark_run",
    "storage_address",
    "storage_engine",
    "task_cores",
    "verbose",
    "with_meta",
}
"""Keys that servers read in some of these confs, and that no model names."""


def check_alone(source: Source, kind: ConfKind, release: str | None = None) -> Report:
    """Check a document as far as that goes without any other.

    Args:
        source: The document.
        kind: What it is.
        release: The server's release, as ``"1.8"``; None: any.

    Raises:
        ConfigError: ``release`` is none.
    """
    source = replace(source, document=NAMES.get(kind, kind.value))
    known = as_release(release)
    if kind is ConfKind.RUNTIME_CONF:
        report = check_job(source, None, known, None)
        # The DSL is somewhere else; whether there is one, nobody asked.
        return _without(report, lambda f: f.code == "missing-dsl")
    if kind is ConfKind.DSL:
        conf = Source("conf", {"dsl_version": _dsl_version(source.value)})
        return _without(check_job(conf, source, known, None), lambda f: f.document == "conf")
    findings = list(check_text(source))
    if is_object(source.value):
        findings += located(_conf(source, kind, known), [source])
    return Report(tuple(sorted(findings, key=lambda f: (f.line or 0, f.column or 0))))


def _without(report: Report, left_out: Callable[[Finding], bool]) -> Report:
    return Report(tuple(found for found in report.findings if not left_out(found)))


def _dsl_version(value: object) -> int:
    """1 for a DSL that takes its data from ``args``, as only those of version 1 do."""
    components = mapping(mapping(value).get("components"))
    for component in components.values():
        for listed in mapping(mapping(mapping(component).get("input")).get("data")).values():
            if any(str(text).startswith("args.") for text in sequence(listed) or ()):
                return 1
    return 2


def _conf(source: Source, kind: ConfKind, release: Release | None) -> Iterator[Problem]:
    name, members = source.document, mapping(source.value)
    try:
        MODELS[kind].model_validate(members)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=False, include_input=False):
            yield _problem(name, members, details)
    fields = set(MODELS[kind].model_fields)
    optional = {key for key, model in MODELS[kind].model_fields.items() if not model.is_required()}
    for key in members:
        if key in fields | _ALSO_READ:
            continue
        # A required one is missing, which is told already.
        if meant := closest(key, optional - set(members)):
            message = f"FATE does not read {key}"
            yield warning("unknown-key", name, join(key), message, meant, at_key=True)
    for key, value in members.items():
        if isinstance(value, str) and key not in fields and value.lower() in ("true", "false"):
            message = f"{value!r} in quotes is a text and no truth value"
            yield warning("truth-as-text", name, join(key), message, value.lower())
    yield from _release(name, kind, members, release)


def _problem(document: str, members: dict[str, Any], details: ErrorDetails) -> Problem:
    """What pydantic says, as a problem at a place."""
    at_key = "[key]" in details["loc"]
    parts = [part for part in details["loc"] if part != "[key]"]
    if details["type"] == "missing":
        around = mapping(_value(members, parts[:-1]))
        return missing(document, join(*parts[:-1]), str(parts[-1]), around)
    pointer, value = join(*parts), _value(members, parts)
    if wanted := _KINDS.get(details["type"]):
        return wrong_type(document, pointer, value, wanted)
    where = f"{parts[-1]}: " if parts else ""
    message = where + details["msg"].removeprefix("Value error, ")
    return Problem("wrong-value", document, pointer, message, at_key=at_key)


def _value(members: dict[str, Any], parts: list[int | str]) -> Any:
    value: Any = members
    for part in parts:
        listed = sequence(value)
        value = mapping(value).get(str(part)) if listed is None else listed[int(part)]
    return value


def _release(
    document: str, kind: ConfKind, members: dict[str, Any], release: Release | None
) -> Iterator[Problem]:
    if kind not in (ConfKind.UPLOAD, ConfKind.DOWNLOAD) or release is None:
        return
    if release >= R170 and "work_mode" in members:
        message = "work_mode is not read from release 1.7 on"
        yield warning("dropped-key", document, join("work_mode"), message, at_key=True)
    if release < R170 and "work_mode" not in members:
        message = "servers up to 1.6 need a work_mode: 0 for one site alone, 1 for several"
        yield Problem("missing-key", document, "", message)
    if release < R191 and members.get("id_delimiter", ",") != ",":
        message = "servers before 1.9.1 know no id_delimiter but the comma"
        pointer = join("id_delimiter")
        yield warning("key-not-yet-read", document, pointer, message, at_key=True)
