"""``fateflow lint``: confs and DSLs checked as a compiler does, without a server."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fateflow_client.cli.exits import Exit, plain
from fateflow_client.errors import ConfigError
from fateflow_client.jobconf.kinds import ConfKind

if TYPE_CHECKING:
    from fateflow_client.cli.linting import Outcome


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


def lint(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Confs and DSLs.")
    ] = None,
    conf: Annotated[
        Path | None, typer.Option("--conf", "-c", help="The conf that belongs to --dsl.")
    ] = None,
    dsl: Annotated[
        Path | None, typer.Option("--dsl", "-d", help="The DSL that belongs to --conf.")
    ] = None,
    kind: Annotated[
        ConfKind | None, typer.Option(help="What every FILE is; default: its content tells.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="The server's release, as 1.8; default: any.")
    ] = None,
    output: Annotated[Format, typer.Option(help="How to print findings.")] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    by_name: Annotated[
        bool,
        typer.Option(
            "--by-name",
            help="a_conf.json belongs to a_dsl.json, and is looked for beside it.",
        ),
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
) -> None:
    """Check confs and DSLs before anything is submitted.

    A conf and a DSL are checked against each other; of several, those that names tell (--by-name).

    Exit codes: 0 nothing that fails, 1 findings that fail, 2 usage, or a file could not be checked.
    """
    if not (files or conf or dsl):
        raise typer.BadParameter("name at least one file", param_hint="FILE")
    from fateflow_client.cli.linting import lint_files

    job = [(conf, ConfKind.RUNTIME_CONF), (dsl, ConfKind.DSL)]
    try:
        outcome = lint_files(
            [(file, kind) for file in files or ()],
            [(file, its) for file, its in job if file is not None],
            release,
            by_name=by_name,
        )
    except ConfigError as error:
        raise typer.BadParameter(plain(error), param_hint="--release") from None
    failed = outcome.failed(strict=strict)
    if output is Format.JSON:
        _print_json(outcome, ok=not (failed or outcome.failures))
    else:
        _print_text(outcome, colours=not no_color)
    if outcome.failures:
        raise typer.Exit(Exit.USAGE)
    raise typer.Exit(Exit.FINDINGS if failed else Exit.DONE)


def _print_json(outcome: Outcome, *, ok: bool) -> None:
    document = {
        "ok": ok,
        "files": outcome.files,
        "findings": outcome.report.to_dict()["findings"],
        "failures": outcome.failures,
    }
    # Whatever a file holds stays in here as ASCII: no terminal takes it for a command.
    print(json.dumps(document, indent=2))


def _print_text(outcome: Outcome, *, colours: bool) -> None:
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    for failure in outcome.failures:
        print(plain(failure["message"]), file=sys.stderr)
    if colours and not os.environ.get("NO_COLOR") and _print_coloured(outcome):
        return
    for finding in outcome.findings:
        print(plain(finding))
    print(_summary(outcome))


def _print_coloured(outcome: Outcome) -> bool:
    """Print findings in colours; False, and nothing, where nobody would see them."""
    from rich.console import Console
    from rich.text import Text

    console = Console(no_color=False)  # whether they are wanted was asked already
    if not console.is_terminal:
        return False
    for finding in outcome.findings:
        line = Text.assemble(
            (plain(finding.place), "bold"),
            ": ",
            (finding.severity, "red" if finding in outcome.report.errors else "yellow"),
            (f" {finding.code}", "dim"),
            f": {plain(finding.sentence)}",
        )
        console.print(line, soft_wrap=True, highlight=False)
    console.print(_summary(outcome), markup=False, highlight=False)
    return True


def _summary(outcome: Outcome) -> str:
    number = len(outcome.files)
    files = f"{number} file" if number == 1 else f"{number} files"
    return f"{outcome.report.summary if outcome.findings else 'no findings'} in {files}"


def _never_fail(stream: object) -> None:
    """Characters that the stream cannot show are spelled out."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
