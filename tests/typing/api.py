"""Checked by mypy and pyright, never run: what users write has the types that they expect."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from fateflow_client import (
    ClientConfig,
    Envelope,
    FlowClient,
    Job,
    JobList,
    JobOutcome,
    JobQuery,
    JobStatus,
    JobStopped,
    JobStopRequest,
    JobSubmitRequest,
    JobSubmitted,
    Metric,
    MetricAll,
    OutputData,
    OutputDataRequest,
    RetryPolicy,
    Role,
    TableInfo,
    TaskList,
    Uploaded,
)


def construct() -> None:
    """Every way of making a client."""
    assert_type(FlowClient("127.0.0.1", 9380, "v1", "app", "secret"), FlowClient)
    assert_type(FlowClient.from_url("https://h", ca=Path("x"), retry=RetryPolicy(2)), FlowClient)
    assert_type(FlowClient.from_env(), FlowClient)
    assert_type(FlowClient.from_config(ClientConfig()), FlowClient)
    FlowClient(port="9380")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    FlowClient(colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def call(client: FlowClient, role: str) -> None:
    """Methods take what people have at hand and give narrow types."""
    assert_type(client.job.query(202701150800001234560), JobList)
    assert_type(client.job.query("202701150800001234560", role, "9999"), JobList)
    assert_type(client.job.query(role=Role.GUEST, status=JobStatus.RUNNING), JobList)
    assert_type(client.job.submit("conf.json", Path("dsl.json")), JobSubmitted)
    assert_type(client.job.submit({"role": {}}), JobSubmitted)
    assert_type(client.job.run({}, {}), JobOutcome)
    assert_type(client.job.wait(client.job.submit({})), JobOutcome)
    assert_type(client.job.wait(client.data.upload({})), JobOutcome)
    assert_type(client.data.upload({}, drop=1), Uploaded)
    assert_type(client.table.info("n", "t"), TableInfo)
    assert_type(client.raw("server/x", {"a": 1}), Envelope)
    client.job.stop()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.job.stop(1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.job.query(nope=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def send(client: FlowClient) -> None:
    """A request knows its result."""
    assert_type(client.send(JobQuery(job_id=1)), JobList)
    assert_type(client.send(JobStopRequest(job_id="1")), JobStopped)
    assert_type(client.send(JobSubmitRequest(conf_path={})), JobSubmitted)
    request = OutputDataRequest(
        job_id=1, role="guest", party_id="9999", component_name="x", output_path="out"
    )
    assert_type(client.send(request, exist="skip"), OutputData)
    JobQuery(rol="guest")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def read(jobs: JobList, metrics: MetricAll, tasks: TaskList) -> None:
    """Results are read with types."""
    for job in jobs:
        assert_type(job, Job)
        assert_type(job.status, str)
    assert_type(jobs[0].party_id, int | None)
    assert_type(metrics.get("loss"), Metric | None)
    for namespace in metrics:
        assert_type(namespace, str)
    assert_type(tasks[0].component_name, str)
    assert_type(jobs.envelope.retcode, int)
