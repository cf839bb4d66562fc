"""Waiting for a job, on a clock that takes no time: what ends it, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import (
    AuthError,
    ConnectError,
    FlowClient,
    Job,
    JobCanceledError,
    JobFailedError,
    JobProgress,
    JobTimeoutError,
    NotFoundError,
    RetryPolicy,
    TransportError,
    Uploaded,
    WaitInterruptedError,
    WaitTimeoutError,
)
from fateflow_client.types import END_STATUSES
from fateflow_client.waiting import own_timeout, whole_status
from tests.support.clock import FakeClock
from tests.support.samples import CONF, JOB_ID
from tests.support.server import Answer, Drop, Got, ScriptedServer, Step

Row = dict[str, Any]


def row(status: str, role: str = "guest", party: int = 9999, **more: Any) -> Row:
    return {
        "f_job_id": JOB_ID, "f_role": role, "f_party_id": str(party), "f_status": status,
        "f_is_initiator": role == "guest", "f_progress": 50, **more,
    }  # fmt: skip


def rows(*of: Row) -> Answer:
    return Answer.of({"retcode": 0, "retmsg": "success", "data": list(of)})


def both(guest: str, host: str) -> Answer:
    return rows(row(guest), row(host, "host", 10000))


def tasks(*of: Row) -> Answer:
    return Answer.of({"retcode": 0, "retmsg": "success", "data": list(of)})


def task(component: str, status: str, **more: Any) -> Row:
    return {
        "f_job_id": JOB_ID, "f_component_name": component, "f_task_id": f"{JOB_ID}_{component}",
        "f_role": "host", "f_party_id": "10000", "f_status": status, "f_party_status": status,
        **more,
    }  # fmt: skip


@pytest.fixture
def client(server: ScriptedServer, clock: FakeClock) -> FlowClient:
    """One try for each poll, so that the script says how many there are."""
    policy = RetryPolicy(attempts=1)
    return FlowClient(port=server.port, clock=clock, retry=policy, trust_env=False)


def test_it_ends_when_every_party_has_ended(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    seen: list[JobProgress] = []
    server.play(
        both("waiting", "waiting"), both("running", "running"), both("success", "running"),
        both("success", "success"),
    )  # fmt: skip
    outcome = client.job.wait(JOB_ID, progress=seen.append)
    assert outcome.status == "success"
    assert outcome.job_id == JOB_ID
    assert [job.role for job in outcome.rows] == ["guest", "host"]
    assert [progress.status for progress in seen] == ["waiting", "running", "running", "success"]
    assert seen[0].progress == 50
    assert len(clock.slept) == 3
    assert outcome.waited == pytest.approx(sum(clock.slept))


def test_it_asks_more_and_more_seldom(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(*[both("running", "running")] * 20, both("success", "success"))
    client.job.wait(JOB_ID, interval=2, max_interval=30)
    bounds = [min(30, 2 * 1.5**n) for n in range(20)]
    for slept, bound in zip(clock.slept, bounds, strict=True):
        assert 0.8 * bound <= slept <= bound


def test_an_upload_is_watched_at_its_local_party(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(rows(row("success", "local", 0)))
    uploaded = Uploaded(job_id=JOB_ID, namespace="n", table_name="t")
    assert client.job.wait(uploaded).status == "success"
    assert server.got[0].json == {"job_id": JOB_ID, "role": "local", "party_id": 0}


def test_run_submits_and_waits(client: FlowClient, server: ScriptedServer) -> None:
    accepted = Answer.of({"retcode": 0, "jobId": JOB_ID, "data": {"job_id": JOB_ID}})
    server.play(accepted, both("running", "running"), both("success", "success"))
    assert client.job.run(CONF).job_id == JOB_ID
    assert [got.path for got in server.got] == ["/v1/job/submit", *["/v1/job/query"] * 2]


FAULTS: list[Step] = [
    Drop(),
    Answer(502, (("Content-Type", "text/html"),), b"<h1>bad</h1>"),
    Answer(body=b"junk"),
    Answer.of({"retcode": 100, "retmsg": "database is locked"}),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_poll_does_not_end_it(
    fault: Step, client: FlowClient, server: ScriptedServer
) -> None:
    server.play(both("running", "running"), fault, fault, both("success", "success"))
    assert client.job.wait(JOB_ID).status == "success"


def test_a_server_that_is_down_at_first_does_not_end_it(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(Drop(), Drop(), both("success", "success"))
    assert client.job.wait(JOB_ID).status == "success"


def test_a_long_outage_ends_it_and_keeps_the_job_id(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(both("running", "running"), Drop())
    begin = clock.now
    with pytest.raises(WaitInterruptedError, match=JOB_ID) as caught:
        client.job.wait(JOB_ID, max_outage=300)
    assert caught.value.job_id == JOB_ID
    assert caught.value.status == "running"
    assert isinstance(caught.value.__cause__, TransportError)
    assert 300 < clock.now - begin < 340


def test_outages_are_not_added_up(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    outage: list[Step] = [Drop()] * 6
    up = both("running", "running")
    server.play(up, *outage, up, *outage, up, *outage, both("success", "success"))
    client.job.wait(JOB_ID, max_outage=200)
    assert sum(clock.slept) > 400


def test_wrong_keys_are_told_at_once(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 109, "retmsg": "Unknown APP_KEY"}))
    with pytest.raises(AuthError):
        client.job.wait(JOB_ID)
    assert len(server.got) == 1


def test_a_server_that_was_never_there_is_an_outage(clock: FakeClock) -> None:
    with ScriptedServer() as gone:
        port = gone.port
    client = FlowClient(port=port, clock=clock, retry=RetryPolicy(attempts=1), trust_env=False)
    with pytest.raises(WaitInterruptedError) as caught:
        client.job.wait(JOB_ID, max_outage=10)
    assert isinstance(caught.value.__cause__, ConnectError)


def test_an_unknown_job_is_not_waited_for(client: FlowClient, server: ScriptedServer) -> None:
    server.play(Answer.of({"retcode": 0, "retmsg": "no job could be found", "data": []}))
    with pytest.raises(NotFoundError, match=JOB_ID):
        client.job.wait(JOB_ID)
    assert len(server.got) == 1


def test_a_failed_job_names_component_party_and_reason(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(
        both("failed", "failed"),
        tasks(
            task("reader_0", "success", f_end_time=1),
            task(
                "dataio_0", "failed", f_end_time=9, f_error_report="Traceback\n  x\nKeyError: 'y'"
            ),
            task("later_0", "failed", f_end_time=20, f_error_report="because of dataio_0"),
            task("other_0", "waiting"),
        ),
    )
    with pytest.raises(JobFailedError, match="dataio_0 on host 10000: KeyError: 'y'") as caught:
        client.job.wait(JOB_ID)
    error = caught.value
    assert (error.job_id, error.status) == (JOB_ID, "failed")
    assert (error.component, error.role, error.party_id) == ("dataio_0", "host", 10000)
    assert error.reason.startswith("Traceback")


def test_a_failed_job_is_told_even_if_its_tasks_are_not(
    client: FlowClient, server: ScriptedServer
) -> None:
    for no_tasks in (Drop(), Answer.of({"retcode": 101, "retmsg": "find task failed"})):
        server.play(both("failed", "failed"), no_tasks)
        with pytest.raises(JobFailedError) as caught:
            client.job.wait(JOB_ID)
        assert caught.value.component is None


def test_a_failure_without_report_names_the_task(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(both("failed", "failed"), tasks(task("a_0", "success"), task("b_0", "failed")))
    with pytest.raises(JobFailedError, match="b_0 on host 10000 has status failed"):
        client.job.wait(JOB_ID)


@pytest.mark.parametrize(
    ("status", "error"), [("canceled", JobCanceledError), ("timeout", JobTimeoutError)]
)
def test_other_ends_have_errors_of_their_own(
    status: str, error: type[Exception], client: FlowClient, server: ScriptedServer
) -> None:
    server.play(both(status, status), tasks(task("a_0", status)))
    with pytest.raises(error):
        client.job.wait(JOB_ID)


def test_a_wait_has_an_end_and_the_job_goes_on(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(both("running", "running"))
    begin = clock.now
    with pytest.raises(WaitTimeoutError, match="goes on") as caught:
        client.job.wait(JOB_ID, timeout=100)
    assert caught.value.job_id == JOB_ID
    assert clock.now - begin == pytest.approx(100)
    assert "/v1/job/stop" not in {got.path for got in server.got}


@pytest.mark.parametrize(
    ("conf", "seconds"),
    [
        ({"job_parameters": {"common": {"timeout": 50}}}, 50),
        ({"job_parameters": {"common": {"timeout": "50"}}}, 259_200),
        ({"job_parameters": {"common": {}}}, 259_200),
        ({"job_parameters": []}, 259_200),
        ({}, 259_200),
        (None, 259_200),
    ],
)
def test_without_a_timeout_it_is_the_jobs_own(
    conf: object, seconds: float, client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    server.play(rows(row("running", f_runtime_conf=conf)))
    begin = clock.now
    with pytest.raises(WaitTimeoutError):
        client.job.wait(JOB_ID, max_interval=100_000)
    assert clock.now - begin == pytest.approx(seconds)


def test_an_unknown_status_is_waited_through_and_a_rerun_too(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(
        both("hibernating", "running"), both("success", "running"), both("waiting", "waiting"),
        both("success", "success"),
    )  # fmt: skip
    assert client.job.wait(JOB_ID).status == "success"


def test_ctrl_c_goes_through(client: FlowClient, server: ScriptedServer, clock: FakeClock) -> None:
    server.play(both("running", "running"))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    clock.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        client.job.wait(JOB_ID)
    clock.on_sleep = None
    server.play(both("success", "success"))
    assert client.job.wait(JOB_ID).status == "success"


def test_a_job_id_is_checked_before_the_first_poll(
    client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ValueError, match="21 to 25 digits"):
        client.job.wait("x")
    assert server.connections == 0


def test_a_slow_answer_counts_as_waiting(
    client: FlowClient, server: ScriptedServer, clock: FakeClock
) -> None:
    def slow(_: Got) -> None:
        clock.now += 5

    server.on_request = slow
    server.play(both("success", "success"))
    assert client.job.wait(JOB_ID).waited == 5


statuses = st.sampled_from(["waiting", "running", "success", "failed", "canceled", "pass", "odd"])


@given(st.lists(st.tuples(statuses, st.booleans()), min_size=1, max_size=5))
def test_the_whole_has_ended_if_and_only_if_every_part_has(parts: list[tuple[str, bool]]) -> None:
    jobs = [Job(job_id=JOB_ID, status=status, is_initiator=first) for status, first in parts]
    whole = whole_status(jobs)
    assert (whole in END_STATUSES) == all(job.ended for job in jobs)
    if whole in ("success", "pass"):
        assert all(job.status in ("success", "pass") for job in jobs)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.booleans(),
        lambda x: st.dictionaries(st.sampled_from(["job_parameters", "common", "timeout"]), x),
    )
)
def test_a_conf_of_any_shape_has_a_timeout_or_none(conf: Any) -> None:
    job = Job(job_id=JOB_ID, status="running", runtime_conf=conf if isinstance(conf, dict) else {})
    seconds = own_timeout([job])
    assert seconds is None or seconds > 0
