"""``python -m fateflow_client.local`` in the foreground, and the package without its extra."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fateflow_client.local import serve
from tests.server.support import Client, one_component, simple_conf

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fateflow_client.local", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_url_serves_and_stops_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    with start("--port", "0", "--data-dir", str(tmp_path)) as process:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        client = Client(url)
        assert client.uploaded(b"id,x\n1,2\n", table_name="t") == "success"
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
    assert (tmp_path / "state" / "state.sqlite3").is_file()


HOLDING = """
import sys
from fateflow_client.local import Module, serve
def hold(task):
    print("holding", flush=True)
    task.canceled.wait()
with serve(sys.argv[1], modules={"Hold": Module(hold, ("guest",))}) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def test_a_killed_server_s_job_is_failed_and_says_so(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        client = Client(process.stdout.readline().strip())
        assert client.uploaded(b"id,x\n1,2\n", table_name="t") == "success"
        job_id = client.submit(simple_conf(), one_component("Hold"))
        assert process.stdout.readline() == "holding\n"
        process.kill()
    with serve(tmp_path) as url:
        client = Client(url)
        assert client.status(job_id) == "failed"
        assert "server was stopped" in client.errors(job_id)
        info = client.post("table/table_info", namespace="experiment", table_name="t").json
        assert info["data"]["count"] == 1


def test_a_refusal_is_one_line_and_exit_code_1() -> None:
    with start("--host", "0.0.0.0") as process:  # noqa: S104
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert "loopback" in errors


@pytest.mark.parametrize("missing", ["flask", "sklearn", "numpy"])
def test_without_the_extra_only_using_it_fails_and_says_what_to_install(missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
import fateflow_client.local as local
for name in ("serve", "write_breast_cancer"):
    try:
        getattr(local, name)
    except ImportError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines
    for line in lines:
        assert line.endswith('pip install "fateflow-client[local]"')
        assert missing in line


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys; import fateflow_client.local; "
        "print(sorted({'flask', 'numpy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
