"""``fateflow schema``: JSON Schemas for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fateflow_client.cli.exits import Exit, told
from fateflow_client.jobconf.kinds import ConfKind


def schema(
    kind: Annotated[ConfKind | None, typer.Argument(help="What it is the schema of.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default: stdout.")
    ] = None,
    list_kinds: Annotated[bool, typer.Option("--list", help="Name the kinds.")] = False,
) -> None:
    """Print the JSON Schema of a kind of conf, for an editor."""
    if list_kinds:
        for each in ConfKind:
            print(each.value)
        return
    if kind is None:
        raise typer.BadParameter("name a kind; --list names all", param_hint="KIND")
    import json

    from fateflow_client.jobconf.schema import json_schema

    text = json.dumps(json_schema(kind), indent=2)
    if output is None:
        print(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(told(error), err=True)
        raise typer.Exit(Exit.USAGE) from None
