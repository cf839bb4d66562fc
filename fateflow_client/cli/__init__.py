"""The command line, ``fateflow``: the extra ``cli`` (typer, rich)."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; says what to install where typer or rich are missing."""
    try:
        import rich
        import typer
    except ImportError as error:
        print(f"fateflow needs {error.name}: pip install 'fateflow-client[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    del rich, typer
    from fateflow_client.cli.app import app

    app()
