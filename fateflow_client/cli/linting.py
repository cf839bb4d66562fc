"""What ``fateflow lint`` does: read files, tell what they are and what belongs together, check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from fateflow_client.cli.exits import told
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.alone import NAMES, check_alone
from fateflow_client.jobconf.checks.run import check_text
from fateflow_client.jobconf.kinds import ConfKind, kind_of
from fateflow_client.jobconf.report import Finding, Report
from fateflow_client.jobconf.source import Source, is_object, load
from fateflow_client.jobconf.spec import JobSpec

_NO_NAME = {"conf", "dsl", "runtime"}
"""Words in which the names of a conf and of its DSL differ."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read."""

    path: Path
    source: Source
    kind: ConfKind | None
    """None: it is no JSON object, which is all that can be said of it."""


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Attributes:
        files: The files that were checked, with their kinds and what they were checked against.
        findings: All findings.
        failures: The files that could not be checked, and why.
    """

    files: list[dict[str, str | None]] = field(default_factory=list[dict[str, str | None]])
    findings: tuple[Finding, ...] = ()
    failures: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def report(self) -> Report:
        """The findings as a report."""
        return Report(self.findings)

    def failed(self, *, strict: bool) -> bool:
        """Whether a finding fails: an error, or any if it is strict."""
        return bool(self.findings) if strict else not self.report.ok


def lint_files(
    files: list[tuple[Path, ConfKind | None]],
    job: list[tuple[Path, ConfKind]],
    release: str | None,
    *,
    by_name: bool,
) -> Outcome:
    """Check files.

    Args:
        files: The files, each with its kind or None: its content tells.
        job: A conf and a DSL that belong together, or one of them.
        release: The server's release, or None: any.
        by_name: Whether only names say which conf and DSL belong together, and partners that are
            not among the files are looked for beside them.

    Raises:
        ConfigError: ``release`` is none.
    """
    outcome = Outcome()
    pair = _read(job, outcome)
    explicit = {pair[0].path: pair[1]} if len(pair) == 2 else {}
    named = {path for path, _ in job}
    documents = [*pair, *_read((f for f in dict(files).items() if f[0] not in named), outcome)]
    if by_name:
        documents += _beside(documents)
    free = documents[2:] if explicit else documents
    partners = explicit | _partners(free, by_name=by_name)
    shared = {partner.path for partner in partners.values()}
    findings: list[Finding] = []
    for document in documents:
        partner = partners.get(document.path)
        outcome.files.append(_told(document, partner))
        if partner is not None:
            spec = JobSpec(_of_job(document), _of_job(partner))
            findings += spec.check(release).findings
        elif document.path not in shared:
            findings += _alone(document, release)
    # A DSL that several confs share has its own findings once.
    outcome.findings = tuple(dict.fromkeys(findings))
    return outcome


def _read(files: Iterable[tuple[Path, ConfKind | None]], outcome: Outcome) -> list[Document]:
    documents: list[Document] = []
    for path, given in files:
        try:
            source = load(path, "document")
        except InputFileError as error:
            outcome.failures.append({"file": str(path), "message": told(error)})
            continue
        is_known = given is not None or not is_object(source.value)
        kind = given if is_known else kind_of(source.value)
        if kind is None and not is_known:
            message = "its keys do not tell what it is; say so with --kind"
            outcome.failures.append({"file": str(path), "message": f"{path}: {message}"})
            continue
        documents.append(Document(path, source, kind))
    return documents


def _of_job(document: Document) -> Source:
    name = NAMES[ConfKind.DSL if document.kind is ConfKind.DSL else ConfKind.RUNTIME_CONF]
    return replace(document.source, document=name)


def _alone(document: Document, release: str | None) -> Iterable[Finding]:
    if document.kind is None:
        return check_text(document.source)
    return check_alone(document.source, document.kind, release).findings


def _told(document: Document, partner: Document | None) -> dict[str, str | None]:
    return {
        "file": str(document.path),
        "kind": document.kind.value if document.kind else None,
        "with": str(partner.path) if partner else None,
    }


def _partners(documents: list[Document], *, by_name: bool) -> dict[Path, Document]:
    """The DSL of each conf that has one."""
    confs = [d for d in documents if d.kind is ConfKind.RUNTIME_CONF]
    dsls = [d for d in documents if d.kind is ConfKind.DSL]
    if len(confs) == len(dsls) == 1 and not by_name:
        return {confs[0].path: dsls[0]}
    by_key = {_key(dsl.path): dsl for dsl in reversed(dsls)}
    return {conf.path: by_key[key] for conf in confs if (key := _key(conf.path)) in by_key}


def _key(path: Path) -> tuple[Path, tuple[str, ...]]:
    """What the names of a conf and its DSL have in common."""
    words = re.split(r"[\W_]+", path.stem.casefold())
    return path.absolute().parent, tuple(word for word in words if word not in _NO_NAME)


def _beside(documents: list[Document]) -> list[Document]:
    """Confs and DSLs that belong to these by their names, and were not named."""
    seen = {document.path.absolute() for document in documents}
    found: list[Document] = []
    for document in documents:
        if document.kind not in NAMES:
            continue
        for path in sorted(document.path.parent.glob("*.json")):
            if path.absolute() not in seen and _key(path) == _key(document.path):
                seen.add(path.absolute())
                # Whatever is no conf or DSL was not asked for.
                found += [d for d in _read([(path, None)], Outcome()) if d.kind in NAMES]
    return found
