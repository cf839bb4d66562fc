"""What the demo shows while a job runs, and what its errors and exit codes say."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import ValidationError
from rich.console import Console

from fateflow_client import (
    AmbiguousOutcomeError,
    ApiError,
    ConfigError,
    ConnectError,
    FlowClient,
    FlowError,
    InputFileError,
    JobFailedError,
    JobQuery,
    ProtocolError,
    RetryPolicy,
    TruncatedDownloadError,
    WaitInterruptedError,
    WaitTimeoutError,
)
from fateflow_client.cli.demo import run
from fateflow_client.cli.demo_job import DemoJob
from fateflow_client.cli.exits import Exit, exit_of, plain, told
from fateflow_client.cli.screen import JobScreen
from fateflow_client.domain.job import JobProgress
from fateflow_client.domain.task import Task
from fateflow_client.errors import Phase
from fateflow_client.local import serve
from tests.support.proxy import RecordingProxy

JOB = "202611240000000000001"
HOSTILE = "[bold]\x1b[2Jx:key:\x07\u202ey[/]"


def progress() -> JobProgress:
    return JobProgress(job_id=JOB, status=HOSTILE, progress=40, waited=1.0, rows=[])


def task(component: str, role: str, party: int, status: str) -> Task:
    return Task.model_validate(
        {
            "f_job_id": JOB,
            "f_task_id": f"{JOB}_{component}",
            "f_component_name": component,
            "f_role": role,
            "f_party_id": party,
            "f_status": status,
            "f_party_status": status,
        }
    )


def shown(*states: list[Task], terminal: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=terminal, no_color=True, width=160, emoji=False, _environ={}
    )
    with JobScreen(console, ("reader_0", "hetero_lr_0")) as screen:
        for tasks in states:
            screen.show(progress(), tasks)
    return out.getvalue()


def test_lines_tell_each_change_once_in_the_order_of_the_dsl() -> None:
    first = [task("hetero_lr_0", "guest", 1, "waiting"), task("reader_0", "guest", 1, "running")]
    then = [task("hetero_lr_0", "guest", 1, "waiting"), task("reader_0", "guest", 1, "success")]
    lines = [line.split() for line in shown(first, then, terminal=False).splitlines()]
    assert lines == [
        ["reader_0", "guest", "1", "running"],
        ["hetero_lr_0", "guest", "1", "waiting"],
        ["reader_0", "guest", "1", "success"],
    ]


def test_a_terminal_gets_a_row_per_component_and_a_column_per_party() -> None:
    tasks = [
        task("hetero_lr_0", "host", 2, "running"),
        task("reader_0", "guest", 1, "success"),
        task("reader_0", "host", 2, "failed"),
    ]
    last = shown(tasks, terminal=True).split("job " + JOB)[-1]
    assert "guest 1" in last
    assert "host 2" in last
    reader = next(line for line in last.splitlines() if "reader_0" in line)
    assert reader.index("success") < reader.index("failed")
    assert last.index("reader_0") < last.index("hetero_lr_0")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_servers_text_commands_no_terminal(terminal: bool) -> None:
    text = shown([task("reader_0", HOSTILE, 1, HOSTILE)], terminal=terminal)
    assert "[bold]" in text
    assert "[/]" in text
    assert ":key:" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "\u202e" not in text


def test_plain_text_is_one_printable_line() -> None:
    assert plain("a\nb\x9b2J\u2028c\x00") == "a b 2J c "


class Hiccup(RecordingProxy):
    """Answers the first questions after tasks with 503."""

    left = 2

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/v1/job/task/query" and self.left:
            self.left -= 1
            handler.rfile.read(int(handler.headers["Content-Length"]))
            handler.send_error(503)
        else:
            super().pass_on(handler)


def test_the_job_is_not_given_up_where_its_tasks_cannot_be_shown(tmp_path: Path) -> None:
    job = DemoJob(9999, 10000, 10000, "lab", "guest", "host")
    once = RetryPolicy(attempts=1)
    with (
        serve() as url,
        Hiccup(url) as proxy,
        FlowClient.from_url(proxy.url, retry=once, trust_env=False) as client,
    ):
        outcome = run(client, job, tmp_path, Console(file=io.StringIO()), pause=0.1)
        assert proxy.left == 0
    assert outcome.intersection > 0


def test_a_job_without_metrics_is_an_error_that_names_it(tmp_path: Path) -> None:
    class NoMetrics(RecordingProxy):
        def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
            if handler.path != "/v1/tracking/component/metric/all":
                super().pass_on(handler)
                return
            handler.rfile.read(int(handler.headers["Content-Length"]))
            body = b'{"data":{},"retcode":0,"retmsg":"success"}'
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

    job = DemoJob(9999, 10000, 10000, "lab", "guest", "host")
    with (
        serve() as url,
        NoMetrics(url) as proxy,
        FlowClient.from_url(proxy.url, trust_env=False) as client,
        pytest.raises(FlowError, match=r"job \d{21,25} has no AUC and KS") as caught,
    ):
        run(client, job, tmp_path, Console(file=io.StringIO()), pause=0.1)
    assert exit_of(caught.value) is Exit.REFUSED


def refused() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        JobQuery(role="gest")
    return caught.value


SENT = {"operation": "job/submit", "phase": Phase.SENT, "since": 0.0, "advice": ""}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JobFailedError("no", job_id=JOB, status="failed"), 1),
        (refused(), 2),
        (ConfigError("no"), 2),
        (InputFileError("no", source="f"), 2),
        (ImportError("no"), 2),
        (NotADirectoryError(20, "Not a directory", "f"), 2),
        (ConnectError("no", phase=Phase.BEFORE_SEND), 3),
        (ProtocolError("no", status=200, content_type="text/html", head=""), 3),
        (TruncatedDownloadError("no"), 3),
        (AmbiguousOutcomeError("no", **SENT), 4),
        (WaitTimeoutError("no", job_id=JOB, status="running"), 4),
        (WaitInterruptedError("no", job_id=JOB, status="running"), 4),
        (ApiError("no", status=200, retcode=100, retmsg="no"), 5),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_kind_of_error_has_its_code(error: Exception, code: int) -> None:
    assert exit_of(error) == code


def test_what_is_no_error_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_of(ZeroDivisionError())


def test_a_refused_argument_is_told_on_one_line() -> None:
    line = told(refused())
    assert line.startswith("role: ")
    assert "did you mean 'guest'?" in line
    assert "pydantic.dev" not in line
