"""``fateflow demo`` as a person runs it, in a process of its own."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from fateflow_client.local import serve
from tests.support.proxy import RecordingProxy

COMMAND = [sys.executable, "-W", "error", "-m", "fateflow_client.cli"]


def inherited() -> dict[str, str]:
    """The environment without settings of a FATE Flow, and without orders to colour."""
    ours = ("FATEFLOW_", "FORCE_COLOR", "TTY_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd, env=inherited() | {"COLUMNS": "200"} | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def python(program: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd, env=inherited() | {"COLUMNS": "40"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(output: str, label: str) -> float:
    found = re.search(rf"{label}\D*([\d.]+)", output)
    assert found, output
    return float(found.group(1))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    result = run("demo", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout, folder / "fateflow-demo"


def test_it_tells_what_the_files_say(done: tuple[str, Path]) -> None:
    output, folder = done
    guest = rows(folder / "input" / "breast_cancer_guest.csv")
    host = rows(folder / "input" / "breast_cancer_host.csv")
    common = {row["id"] for row in guest} & {row["id"] for row in host}
    assert len(common) < min(len(guest), len(host))
    assert number(output, "rows of the guest") == len(guest)
    assert number(output, "rows of the host") == len(host)
    assert number(output, r"\(intersection\)") == len(common)
    scores = rows(next(folder.glob("output/*hetero_lr_0*/data.csv")))
    assert {row["id"] for row in scores} == common
    labels = [int(row["label"]) for row in scores]
    truth = {row["id"]: int(row["y"]) for row in guest}
    assert labels == [truth[row["id"]] for row in scores]
    auc = roc_auc_score(labels, [float(row["predict_score"]) for row in scores])
    assert number(output, "AUC") == pytest.approx(auc, abs=1e-3)


def test_it_says_where_the_files_are(done: tuple[str, Path]) -> None:
    output, folder = done
    named = [line for line in output.splitlines() if line.endswith(".csv")]
    assert len(named) == 2
    assert all((folder.parent / line).is_file() for line in named)


def test_without_a_terminal_it_prints_plain_lines(done: tuple[str, Path]) -> None:
    output, _ = done
    assert "\x1b" not in output
    assert re.search(r"^hetero_lr_0 +guest +9999 +success$", output, re.MULTILINE)
    assert re.search(r"^hetero_lr_0 +host +10000 +success$", output, re.MULTILINE)


def test_a_second_run_replaces_the_tables(tmp_path: Path) -> None:
    with serve(tmp_path / "state") as url:
        for _ in range(2):
            result = run("demo", "--server", url, cwd=tmp_path)
            assert result.returncode == 0, result.stderr


def test_parties_and_tables_are_options(tmp_path: Path) -> None:
    with serve(app_key="me", secret_key="hush") as url:
        result = run(
            "demo", "--server", url, "--guest", "1", "--host", "2", "--arbiter", "3",
            "--namespace", "näme", "--guest-table", "a&b", "--host-table", "c d",
            "--output-dir", "elsewhere", cwd=tmp_path,
            FATEFLOW_APP_KEY="me", FATEFLOW_SECRET_KEY="hush",
        )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert re.search(r"^hetero_lr_0 +host +2 +success$", result.stdout, re.MULTILINE)
    assert list((tmp_path / "elsewhere").glob("output/*_guest_1_output_data/data.csv"))


def test_errors_are_one_line_and_a_code(tmp_path: Path) -> None:
    with serve(app_key="me", secret_key="hush") as url:
        refused = run("demo", "--server", url, cwd=tmp_path)
    gone = run("demo", "--server", url, cwd=tmp_path)
    usage = run("demo", "--server", "ftp://x", cwd=tmp_path)
    wrong = run("demo", "--guest", "-1", cwd=tmp_path)
    codes = [result.returncode for result in (refused, gone, usage, wrong)]
    assert codes == [5, 3, 2, 2]
    for result in (refused, gone, usage):
        assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "109" in refused.stderr
    assert "refused" in gone.stderr


def test_a_proxy_of_the_environment_is_not_for_the_embedded_server(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    result = run("demo", cwd=tmp_path, HTTP_PROXY=nobody, http_proxy=nobody, NO_PROXY="")
    assert result.returncode == 0, result.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    result = run("demo", "--output-dir", "taken", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == ["taken/input: Not a directory"]


def test_a_refused_argument_is_one_line_without_a_link(tmp_path: Path) -> None:
    result = run("demo", "--namespace", "", cwd=tmp_path)
    assert result.returncode == 2
    place = "upload:/namespace"
    said = f"{place}: error wrong-value: namespace: a name must not be empty"
    assert result.stderr.splitlines() == [said]


@pytest.mark.parametrize(
    ("missing", "extra"),
    [("typer", "cli"), ("rich", "cli"), ("flask", "local"), ("sklearn", "local")],
)
def test_what_is_not_installed_is_said_with_what_to_install(
    missing: str, extra: str, tmp_path: Path
) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['fateflow', 'demo'];"
        "from fateflow_client.cli import main; main()"
    )
    result = python(program, cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert missing in result.stderr
    assert f"fateflow-client[{extra}]" in result.stderr


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[RecordingProxy]:
    with serve(tmp_path / "state") as url, RecordingProxy(url) as proxy:
        yield proxy


@pytest.mark.parametrize("held", ["/v1/job/task/query", "/v1/data/upload"])
def test_ctrl_c_says_what_goes_on(held: str, slow: RecordingProxy, tmp_path: Path) -> None:
    slow.hold_after(held)
    # A runner in the background may have told its children to ignore the signal.
    heed = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", heed, *COMMAND, "demo", "--server", slow.url],
        cwd=tmp_path, env=inherited() | {"COLUMNS": "40"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert slow.held.wait(120)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    slow.release()
    job = re.search(r"submitted job (\d+)", output)
    assert bool(job) == (held == "/v1/job/task/query"), output
    assert process.returncode == 130
    assert errors.splitlines() == [
        f"interrupted; job {job[1]} goes on; its id is all you need to find it again"
        if job
        else "interrupted; nothing was stopped on the server"
    ]


def test_ctrl_c_does_not_promise_that_a_job_outlives_its_server(tmp_path: Path) -> None:
    result = python(
        "import signal, sys; from fateflow_client.cli import main, screen;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "screen.JobScreen.show = lambda *_: signal.raise_signal(signal.SIGINT);"
        "sys.argv = ['fateflow', 'demo']; main()",
        cwd=tmp_path,
    )
    job = re.search(r"submitted job (\d+)", result.stdout)
    assert job, result.stdout
    assert result.returncode == 130
    assert result.stderr.splitlines() == [
        f"interrupted; the embedded server has ended, and job {job[1]} with it"
    ]
