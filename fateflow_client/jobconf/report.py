"""What a check found: findings with places and suggestions, as plain text, JSON or rich text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from fateflow_client.errors import InvalidConfError


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The job or the call certainly fails."""
    WARNING = "warning"
    """It may work, and is probably not what was meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem and its place.

    Attributes:
        severity: ``error`` or ``warning``.
        code: A name that stays the same from release to release, as ``undefined-component``.
        document: Which document: ``conf``, ``dsl``, ``upload`` ...
        message: A sentence.
        pointer: The JSON pointer of the part that is wrong; empty for the whole document. What is
            missing is reported where it should be: at the nearest part that exists.
        line: Its line in the file, from 1; None for a document that came from no text.
        column: Its column, from 1.
        suggestion: What was probably meant, or None.
        file: The file, or None.
    """

    severity: Severity
    code: str
    document: str
    message: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None
    suggestion: str | None = None
    file: str | None = None

    @property
    def place(self) -> str:
        """``file:line:column``; without a file, the document and the pointer."""
        if self.line is None:
            return f"{self.file or self.document}:{self.pointer or '/'}"
        return f"{self.file or self.document}:{self.line}:{self.column}"

    @property
    def sentence(self) -> str:
        """The message and the suggestion."""
        meant = f" (did you mean {self.suggestion!r}?)" if self.suggestion is not None else ""
        return self.message + meant

    def __str__(self) -> str:
        return f"{self.place}: {self.severity} {self.code}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a check found, all at once, in the order of the documents.

    ``str(report)`` is plain text as of a compiler, a finding to a line; rich prints it in colours.
    """

    findings: tuple[Finding, ...] = ()
    """All findings."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What certainly fails."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is worth a look."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)

    @property
    def ok(self) -> bool:
        """Whether there is no error. There may be warnings."""
        return not self.errors

    @property
    def summary(self) -> str:
        """``2 errors, 1 warning``."""
        return f"{_count(len(self.errors), 'error')}, {_count(len(self.warnings), 'warning')}"

    def __str__(self) -> str:
        if not self.findings:
            return "no findings"
        return "\n".join([*map(str, self.findings), self.summary])

    def to_dict(self) -> dict[str, object]:
        """The report as plain values: ``ok`` and ``findings``."""
        return {"ok": self.ok, "findings": [asdict(finding) for finding in self.findings]}

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def __rich__(self) -> str:
        # Only rich calls this, so it is there.
        from rich.markup import escape

        colours = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
        lines = [
            f"[bold]{escape(f.place)}[/bold]: [{colours[f.severity]}]{f.severity}"
            f"[/{colours[f.severity]}] [dim]{f.code}[/dim]: {escape(f.sentence)}"
            for f in self.findings
        ]
        return "\n".join([*lines, self.summary]) if lines else "[green]no findings[/green]"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def invalid(report: Report, source: object) -> InvalidConfError:
    """The error of a report, for calls that refuse to send what certainly fails."""
    lines = "\n".join(f"  {finding}" for finding in report.findings)
    return InvalidConfError(
        f"{report.summary} in what would be sent; nothing was sent\n{lines}\n",
        source=str(source),
        report=report,
        hint="validate=False sends it all the same.",
    )
