"""From documents to a report: which checks a job needs, and where their findings stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fateflow_client._core.releases import Release
from fateflow_client._core.shapes import mapping
from fateflow_client.jobconf.checks.base import Facts, Problem, wrong_type
from fateflow_client.jobconf.checks.components import check_components
from fateflow_client.jobconf.checks.jobs import check_kind, check_release
from fateflow_client.jobconf.checks.online import Online, check_online
from fateflow_client.jobconf.checks.outline import OBJECT, check_outline
from fateflow_client.jobconf.checks.parameters import check_parameters
from fateflow_client.jobconf.checks.parties import check_parties
from fateflow_client.jobconf.checks.readers import check_readers
from fateflow_client.jobconf.checks.wiring import check_wiring
from fateflow_client.jobconf.report import Finding, Report, Severity
from fateflow_client.jobconf.source import Source, is_object


def check_job(
    conf: Source, dsl: Source | None, release: Release | None, online: Online | None
) -> Report:
    """Check the documents of a job."""
    sources = [conf] if dsl is None else [conf, dsl]
    findings = [finding for source in sources for finding in check_text(source)]
    if any(source.broken or not is_object(source.value) for source in sources):
        # The other document is checked as far as it goes without this one.
        if not conf.broken and is_object(conf.value):
            facts = Facts(mapping(conf.value), None, release)
            findings += located(_conf_only(facts), sources)
        return Report(in_order(findings, sources))
    facts = Facts(mapping(conf.value), mapping(dsl.value) if dsl else None, release)
    findings += located(_job(facts), sources)
    if online is not None and facts.version == 2:
        findings += located(check_online(facts, online), sources)
    return Report(in_order(findings, sources))


def _conf_only(facts: Facts) -> Iterator[Problem]:
    yield from check_outline(facts)
    yield from check_kind(facts)
    yield from check_parties(facts)
    yield from check_release(facts)


def _job(facts: Facts) -> Iterator[Problem]:
    yield from _conf_only(facts)
    if not facts.predicts:
        yield from check_components(facts)
    if facts.version == 1:
        return
    yield from check_parameters(facts)
    if not facts.predicts:
        yield from check_wiring(facts)
        yield from check_readers(facts)


def check_text(source: Source) -> Iterator[Finding]:
    """What is wrong with a document as JSON."""
    name = source.document
    if source.broken:
        message = f"this is no JSON: {source.broken[0].removesuffix(' at')}"
        yield from located([Problem("not-json", name, "", message)], [source])
        return
    if not is_object(source.value):
        yield from located([wrong_type(name, "", source.value, OBJECT)], [source])
    for pointer, (line, column) in source.repeats():
        key = pointer.rpartition("/")[2]
        message = f"{key} stands twice in its object; only the last one counts"
        file = str(source.path) if source.path else None
        yield Finding(
            Severity.WARNING, "duplicate-key", name, message, pointer, line, column, None, file
        )


def located(problems: Iterable[Problem], sources: list[Source]) -> Iterator[Finding]:
    """Give each problem its place in its text."""
    by_name = {source.document: source for source in sources}
    for problem in problems:
        source = by_name[problem.document]
        line, column = source.place(problem.pointer, at_key=problem.at_key) or (None, None)
        yield Finding(
            problem.severity,
            problem.code,
            problem.document,
            problem.message,
            problem.pointer,
            line,
            column,
            problem.suggestion,
            str(source.path) if source.path else None,
        )


def in_order(findings: list[Finding], sources: list[Source]) -> tuple[Finding, ...]:
    """Findings as their documents come, and in each as its text goes."""
    order = [source.document for source in sources]
    return tuple(
        sorted(findings, key=lambda f: (order.index(f.document), f.line or 0, f.column or 0))
    )
