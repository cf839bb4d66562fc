"""What a person sees of a running job: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from fateflow_client.cli.exits import plain
from fateflow_client.domain.job import JobProgress
from fateflow_client.domain.task import Task

_STYLES = {"success": "green", "pass": "green", "running": "cyan", "failed": "bold red"}


class JobScreen:
    """Shows the components of a job and where each party is with them.

    Args:
        console: Where to write.
        components: Names in the order to show them.
    """

    def __init__(self, console: Console, components: Iterable[str]) -> None:
        self._console = console
        self._order = {name: number for number, name in enumerate(components)}
        self._told: dict[tuple[str, str, int], str] = {}
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: JobProgress, tasks: Iterable[Task]) -> None:
        """Show the latest state."""
        rows = sorted(tasks, key=self._place)
        if self._live is not None:
            self._live.update(self._table(progress, rows), refresh=True)
            return
        for task in rows:
            key = (task.component_name, task.role, task.party_id)
            status = task.party_status or task.status
            if self._told.get(key) != status:
                self._told[key] = status
                line = f"{task.component_name:<18} {task.role:<7} {task.party_id:<8} {status}"
                self._console.print(plain(line), markup=False, highlight=False, soft_wrap=True)

    def _place(self, task: Task) -> tuple[int, str, int]:
        return self._order.get(task.component_name, len(self._order)), task.role, task.party_id

    def _table(self, progress: JobProgress, rows: list[Task]) -> Table:
        parties = sorted({(task.role, task.party_id) for task in rows})
        title = f"job {progress.job_id}: {progress.status}, {progress.progress or 0} %"
        table = Table(title=escape(plain(title)))
        table.add_column("component")
        for role, party in parties:
            table.add_column(escape(plain(f"{role} {party}")))
        status = {
            (task.component_name, task.role, task.party_id): task.party_status or task.status
            for task in rows
        }
        for name in dict.fromkeys(task.component_name for task in rows):
            cells = [status.get((name, role, party), "") for role, party in parties]
            table.add_row(escape(plain(name)), *[_styled(cell) for cell in cells])
        return table


def _styled(status: str) -> str:
    text = escape(plain(status))
    style = _STYLES.get(status)
    return f"[{style}]{text}[/]" if style else text
