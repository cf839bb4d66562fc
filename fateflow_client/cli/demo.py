"""``fateflow demo``: a federated job from two CSV files to its AUC."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fateflow_client.cli.demo_job import COMPONENTS, DemoJob, dsl
from fateflow_client.cli.exits import JOB_NOTE, plain
from fateflow_client.cli.screen import JobScreen
from fateflow_client.client import FlowClient
from fateflow_client.domain.component import OutputData
from fateflow_client.domain.job import JobProgress
from fateflow_client.errors import FlowError, NotFoundError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo found out, all of it from the server's answers and the files sent."""

    job_id: str
    guest_rows: int
    host_rows: int
    intersection: int
    auc: float
    ks: float
    files: tuple[Path, ...]


def server(url: str | None) -> AbstractContextManager[str]:
    """The server to use: the one named, or an embedded one. Raises ImportError without extra."""
    if url is not None:
        return nullcontext(url)
    from fateflow_client.local import serve

    return serve()


def run(client: FlowClient, job: DemoJob, folder: Path, console: Console, pause: float) -> Outcome:
    """Upload, train, look at the result.

    Args:
        client: The server.
        job: Who takes part, and where their tables are.
        folder: Where data and results go.
        console: Where to tell.
        pause: Seconds between the first two questions of a wait.
    """
    from fateflow_client.local import write_breast_cancer

    guest, host = write_breast_cancer(folder / "input")
    for file, table in ((guest, job.guest_table), (host, job.host_table)):
        uploaded = client.data.upload(job.upload_conf(file, table), drop=1)
        line = plain(f"upload {table}: job {uploaded.job_id}")
        console.print(line, markup=False, highlight=False, soft_wrap=True)
        client.job.wait(uploaded.job_id, interval=pause)
    submitted = client.job.submit(job.conf(), dsl())
    job_id = submitted.job_id
    console.print(f"submitted job {plain(job_id)}", markup=False, highlight=False)
    _watch(client, job_id, console, pause)
    results = folder / "output"
    common = client.component.output_data(job_id, "guest", job.guest, "intersection_0", results)
    scores = client.component.output_data(job_id, "guest", job.guest, "hetero_lr_0", results)
    auc, ks = _quality(client, job_id, job.guest)
    return Outcome(
        job_id=job_id,
        guest_rows=_rows(guest),
        host_rows=_rows(host),
        intersection=sum(_rows(table.csv) for table in common.tables),
        auc=auc,
        ks=ks,
        files=_csv_files(common) + _csv_files(scores),
    )


def _watch(client: FlowClient, job_id: str, console: Console, pause: float) -> None:
    with JobScreen(console, COMPONENTS) as screen:

        def show(progress: JobProgress) -> None:
            try:
                tasks = client.task.query(job_id)
            except FlowError:
                return  # the screen is old for a while; how long is too long, the wait decides
            screen.show(progress, tasks)

        try:
            client.job.wait(job_id, interval=pause, max_interval=4 * pause, progress=show)
        except KeyboardInterrupt as error:
            error.add_note(f"{JOB_NOTE}{job_id}")
            raise


def _quality(client: FlowClient, job_id: str, guest: int) -> tuple[float, float]:
    metrics = client.component.metric_all(job_id, "guest", guest, "evaluation_0")
    metric = metrics.get("hetero_lr_0")
    values = dict(metric.data) if metric else {}
    try:
        return float(values["auc"]), float(values["ks"])
    except (KeyError, TypeError, ValueError):
        raise NotFoundError(
            f"job {job_id} has no AUC and KS among its metrics",
            status=metrics.envelope.status,
            retcode=metrics.envelope.retcode,
            retmsg=metrics.envelope.retmsg,
            job_id=job_id,
        ) from None


def _rows(file: Path) -> int:
    """Lines but the first, which holds the column names."""
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip()) - 1


def _csv_files(output: OutputData) -> tuple[Path, ...]:
    return tuple(table.csv for table in output.tables)


def tell(outcome: Outcome, console: Console, *, embedded: bool) -> None:
    """Print the result as a table."""
    table = Table(title=f"job {escape(plain(outcome.job_id))}", show_header=False)
    table.add_row("rows of the guest", str(outcome.guest_rows))
    table.add_row("rows of the host", str(outcome.host_rows))
    table.add_row("rows in both (intersection)", str(outcome.intersection))
    table.add_row("AUC", f"{outcome.auc:.4f}")
    table.add_row("KS", f"{outcome.ks:.4f}")
    console.print(table)
    for file in outcome.files:
        console.print(plain(file), markup=False, highlight=False, soft_wrap=True)
    if embedded:
        console.print(
            "The embedded server computed this in the clear; FATE computes it encrypted.",
            markup=False,
        )
