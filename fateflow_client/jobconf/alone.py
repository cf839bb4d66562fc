"""Documents checked alone: a conf without its DSL, a DSL without its conf, and all other confs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.checks.base import as_release
from fateflow_client.jobconf.checks.run import check_job
from fateflow_client.jobconf.confs import check_conf
from fateflow_client.jobconf.kinds import ConfKind
from fateflow_client.jobconf.report import Finding, Report, Severity
from fateflow_client.jobconf.source import Source

NAMES: dict[ConfKind | None, str] = {ConfKind.RUNTIME_CONF: "conf", ConfKind.DSL: "dsl"}
"""What documents of a job are called in findings; others are called by their kind."""


def check_alone(source: Source, kind: ConfKind, release: str | None = None) -> Report:
    """Check a document as far as that goes without any other, and without the tables it names.

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
        # The DSL is somewhere else; whether there is one, nobody asked.
        return _without(check_job(source, None, known, None), lambda f: f.code == "missing-dsl")
    if kind is ConfKind.DSL:
        conf = Source("conf", {"dsl_version": _dsl_version(source.value)})
        return _without(check_job(conf, source, known, None), lambda f: f.document == "conf")
    report = check_conf(kind.value, source, release)
    return Report(tuple(_elsewhere(finding) for finding in report.findings))


def _without(report: Report, left_out: Callable[[Finding], bool]) -> Report:
    return Report(tuple(found for found in report.findings if not left_out(found)))


def _elsewhere(finding: Finding) -> Finding:
    """A table may well be on another machine than the one that checks its upload conf."""
    if finding.code == "file-not-found":
        return replace(finding, severity=Severity.WARNING)
    return finding


def _dsl_version(value: object) -> int:
    """1 for a DSL that takes its data from ``args``, as only those of version 1 do."""
    components = mapping(mapping(value).get("components"))
    for component in components.values():
        for listed in mapping(mapping(mapping(component).get("input")).get("data")).values():
            if any(str(text).startswith("args.") for text in sequence(listed) or ()):
                return 1
    return 2
