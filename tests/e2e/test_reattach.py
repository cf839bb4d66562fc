"""A process that submits is killed and started again: there is one job, and it is waited for."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fateflow_client import FlowClient
from fateflow_client.cli.demo_job import DemoJob, dsl
from fateflow_client.local import serve, write_breast_cancer
from tests.support.proxy import RecordingProxy

TASK = """
import json, sys
from fateflow_client import FlowClient

url, conf, dsl, key = sys.argv[1:]
with FlowClient.from_url(url) as client:
    job = client.job.submit(conf, dsl, idempotency_key=key)
    client.job.wait(job, interval=0.1)
    print(json.dumps([job.job_id, job.recovered]))
"""
"""What an orchestrator runs."""
JOB = DemoJob(9999, 10000, 10000, "lab", "guest", "host")


@pytest.mark.parametrize("release", ["1.11.2", "1.8.0", "1.6.1"])
@pytest.mark.parametrize("moment", ["before the server got it", "before the answer came"])
def test_a_task_that_is_killed_and_started_again_ends_with_one_job(
    moment: str, release: str, tmp_path: Path
) -> None:
    lost = moment == "before the server got it"
    with serve(release=release) as url, RecordingProxy(url) as proxy:
        _upload(url, tmp_path, release)
        conf = JOB.conf() if release != "1.6.1" else JOB.conf() | _old()
        files = [tmp_path / "conf.json", tmp_path / "dsl.json"]
        for file, document in zip(files, (conf, dsl()), strict=True):
            file.write_text(json.dumps(document))
        (proxy.hold_after if lost else proxy.hold_answer)("/v1/job/submit")
        task = [sys.executable, "-c", TASK, proxy.url, *map(str, files), "run-7"]

        with subprocess.Popen(task) as first:
            assert proxy.held.wait(60)
            first.send_signal(signal.SIGKILL)
        if not lost:
            proxy.release()  # else what is held never gets there: its sender is dead
        done = subprocess.run(task, capture_output=True, text=True, timeout=120, check=True)

        job_id, recovered = json.loads(done.stdout)
        with FlowClient.from_url(url) as client:
            guests = [job for job in client.job.list(-1) if job.role == "guest"]
        assert [job.job_id for job in guests] == [job_id]
        assert guests[0].status == "success"
        assert recovered == (not lost)


def _old() -> dict[str, object]:
    parameters = JOB.conf()["job_parameters"]
    common = {**parameters["common"], "work_mode": 0, "backend": 0}
    return {"job_parameters": {**parameters, "common": common}}


def _upload(url: str, folder: Path, release: str) -> None:
    old = {"work_mode": 0} if release == "1.6.1" else {}
    with FlowClient.from_url(url) as client:
        for table, file in zip(("guest", "host"), write_breast_cancer(folder), strict=True):
            conf = {
                "file": str(file), "head": 1, "partition": 4, "namespace": "lab",
                "table_name": table, **old,
            }  # fmt: skip
            client.job.wait(client.data.upload(conf), interval=0.1)
