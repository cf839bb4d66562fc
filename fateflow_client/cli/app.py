"""The commands of ``fateflow``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from fateflow_client.cli.exits import JOB_NOTE, Exit, exit_of, plain, told
from fateflow_client.cli.lint import lint
from fateflow_client.cli.schema import schema
from fateflow_client.client import FlowClient
from fateflow_client.errors import FlowError

app = typer.Typer(name="fateflow", no_args_is_help=True, add_completion=False)

PartyId = Annotated[int, typer.Option(min=0)]


@app.callback()
def root() -> None:
    """FATE Flow 1.x from the command line.

    Exit codes: 0 done, 1 the job or a check failed, 2 usage, 3 not reached, 4 unclear, 5 refused.
    """


@app.command()
def demo(
    server: Annotated[
        str | None, typer.Option(help="URL of a FATE Flow 1.11; default: an embedded one.")
    ] = None,
    guest: PartyId = 9999,
    host: PartyId = 10000,
    arbiter: PartyId = 10000,
    namespace: str = "fateflow_demo",
    guest_table: str = "breast_guest",
    host_table: str = "breast_host",
    output_dir: Annotated[Path, typer.Option(help="Where input and results go.")] = Path(
        "fateflow-demo"
    ),
) -> None:
    """Train a model over two parties' tables, and see what comes out.

    Uploads the two halves of a public table, REPLACING tables of these names.

    Then submits Reader, DataTransform, Intersection, HeteroLR and Evaluation.

    A server's keys come from FATEFLOW_APP_KEY and FATEFLOW_SECRET_KEY.
    """
    from fateflow_client.cli import demo as demonstration
    from fateflow_client.cli.demo_job import DemoJob

    console = Console(emoji=False)
    job = DemoJob(guest, host, arbiter, namespace, guest_table, host_table)
    try:
        with demonstration.server(server) as url, _client(url, named=server is not None) as client:
            pause = 0.2 if server is None else 2.0
            outcome = demonstration.run(client, job, output_dir, console, pause)
            demonstration.tell(outcome, console, embedded=server is None)
    except (FlowError, ValidationError, ImportError, OSError) as error:
        _complain(told(error))
        raise typer.Exit(exit_of(error)) from None
    except KeyboardInterrupt as error:
        notes: list[str] = getattr(error, "__notes__", [])
        jobs = [note.removeprefix(JOB_NOTE) for note in notes if note.startswith(JOB_NOTE)]
        job_id = jobs[0] if jobs else ""
        _complain(f"interrupted; {_fate(plain(job_id), embedded=server is None)}")
        raise typer.Exit(Exit.INTERRUPTED) from None


app.command()(lint)
app.command()(schema)


def _client(url: str, *, named: bool) -> FlowClient:
    """A client of the server: keys and proxies of the environment are for one that was named."""
    if not named:
        return FlowClient.from_url(url, trust_env=False)
    return FlowClient.from_env({**os.environ, "FATEFLOW_URL": url})


def _fate(job_id: str, *, embedded: bool) -> str:
    """What becomes of the work after Ctrl-C; no job id: none had been submitted."""
    if embedded:
        return f"the embedded server has ended{f', and job {job_id} with it' if job_id else ''}"
    if job_id:
        return f"job {job_id} goes on; its id is all you need to find it again"
    return "nothing was stopped on the server"


def _complain(text: str) -> None:
    console = Console(stderr=True, emoji=False)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
