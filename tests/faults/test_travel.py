"""Clients that are pickled or forked: a new session there, and no secret on the way."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator

import pytest

from fateflow_client import AmbiguousOutcomeError, ConfigError, FlowClient, RetryPolicy
from tests.faults.flow import Fault, Fin, FlowServer
from tests.faults.world import DSL, TRAIN, World
from tests.support.clock import FakeClock
from tests.support.samples import JOB_ID

KEYS = ("my-app", "hush-hush-42")


@pytest.fixture
def flow() -> Iterator[FlowServer]:
    """A server that keeps connections open, on the machine's own clock."""
    clock = FakeClock()
    import time

    clock.now = time.time()
    with FlowServer(clock, keep_alive=True) as server:
        yield server


def _used(flow: FlowServer) -> FlowClient:
    client = FlowClient(port=flow.port, trust_env=False, retry=RetryPolicy(attempts=2, settle=1))
    client.job.query(JOB_ID)
    return client


def test_a_pickled_client_has_its_settings_and_connections_of_its_own(flow: FlowServer) -> None:
    with _used(flow) as client:
        copies = [pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)]  # noqa: S301 - made here
        for number, other in enumerate(copies):
            assert other is not client
            assert other.config == client.config
            other.job.query(JOB_ID)
            assert flow.connections == 2 + number
            other.close()
        # The first one's is as it was.
        client.job.query(JOB_ID)
        assert flow.connections == 1 + len(copies)


def test_a_client_can_be_pickled_before_it_was_ever_used(flow: FlowServer) -> None:
    with FlowClient(port=flow.port, trust_env=False) as client:
        data = pickle.dumps(client)
    with pickle.loads(data) as other:  # noqa: S301 - made here
        assert len(other.job.query(JOB_ID)) == 0


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_the_secret_key_is_not_pickled(
    protocol: int, flow: FlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.keys = KEYS
    with FlowClient(port=flow.port, app_key=KEYS[0], secret_key=KEYS[1], trust_env=False) as client:
        client.job.query(JOB_ID)
        data = pickle.dumps(client, protocol)
    assert KEYS[1].encode() not in data
    monkeypatch.delenv("FATEFLOW_SECRET_KEY", raising=False)
    with pytest.raises(ConfigError, match="FATEFLOW_SECRET_KEY") as caught:
        pickle.loads(data)  # noqa: S301 - made here
    assert KEYS[1] not in "".join(traceback.format_exception(caught.value))
    monkeypatch.setenv("FATEFLOW_SECRET_KEY", KEYS[1])
    with pickle.loads(data) as other:  # noqa: S301 - made here
        assert len(other.job.query(JOB_ID)) == 0


def test_an_unsigned_client_does_not_begin_to_sign_elsewhere(
    flow: FlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FATEFLOW_SECRET_KEY", KEYS[1])
    monkeypatch.setenv("FATEFLOW_APP_KEY", KEYS[0])
    with _used(flow) as client, pickle.loads(pickle.dumps(client)) as other:  # noqa: S301 - made here
        other.job.query(JOB_ID)
    assert "signature" not in flow.got[-1].headers


def test_a_client_with_a_hook_that_cannot_be_pickled_says_so(flow: FlowServer) -> None:
    with FlowClient(port=flow.port, trust_env=False, on_retry=lambda _: None) as client:
        try:
            other = pickle.loads(pickle.dumps(client))  # noqa: S301 - made here
        except (pickle.PicklingError, AttributeError, TypeError, ConfigError):
            return
        with other:
            assert len(other.job.query(JOB_ID)) == 0


CHILD = """
import pickle, sys
client = pickle.load(sys.stdin.buffer)
print(client.job.submit({conf!r}, {dsl!r}).job_id)
"""


def test_a_client_travels_to_another_process(flow: FlowServer) -> None:
    with _used(flow) as client:
        data = pickle.dumps(client)
    code = CHILD.format(conf=TRAIN, dsl=DSL)
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [done.stdout.decode().strip()] == list(flow.ledger.jobs)


def _fork(act: object) -> int:
    """Run ``act`` in a forked child, and give what it returns as the child's exit code."""
    with warnings.catch_warnings():
        # Later Pythons warn of threads; here they are the server's, and stay behind.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        os._exit(act())  # type: ignore[operator]  # a function of no arguments
    except BaseException:
        traceback.print_exc()
        os._exit(99)


def test_a_forked_child_has_a_connection_of_its_own(flow: FlowServer) -> None:
    with _used(flow) as client:
        for number in range(2):
            assert _fork(lambda: len(client.job.query(JOB_ID))) == 0
            assert flow.connections == 2 + number
            # Nothing of the child's conversation arrives here, and ours is still open.
            assert client.job.submit(TRAIN, DSL).job_id in flow.ledger.jobs
            assert flow.connections == 2 + number
    assert len(flow.ledger.jobs) == 2


def test_a_child_that_closes_the_client_leaves_the_parents_connection_alone(
    flow: FlowServer,
) -> None:
    with _used(flow) as client:
        assert _fork(lambda: client.close() or 0) == 0
        client.job.query(JOB_ID)
        assert flow.connections == 1


def test_jobs_of_parent_and_child_are_two(flow: FlowServer) -> None:
    with _used(flow) as client:
        # Random markers must not be the same in both, or one would be taken for the other.
        assert _fork(lambda: 0 if client.job.submit(TRAIN, DSL).job_id else 1) == 0
        client.job.submit(TRAIN, DSL)
    tokens = {job.token for job in flow.ledger.jobs.values()}
    assert len(tokens) == len(flow.ledger.jobs) == 2


def test_a_grandchild_works_too(flow: FlowServer) -> None:
    with _used(flow) as client:

        def child() -> int:
            client.job.query(JOB_ID)
            return _fork(lambda: len(client.job.query(JOB_ID)))

        assert _fork(child) == 0
        assert flow.connections == 3


def test_an_unclear_outcome_travels_and_is_cleared_up_elsewhere() -> None:
    with World(settle=1) as world:
        _, conf = world.conf()
        world.server.play(Fault("job/submit", Fin()), *[Fault(None, Fin())] * 99)
        error = world.call(lambda: world.client.job.submit(conf, DSL), 600).error
        assert isinstance(error, AmbiguousOutcomeError)
        world.server.calm()
        travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        with pytest.raises(ConfigError, match="reconcile"):
            travelled.reconcile()
        with world.another_client() as other:
            assert [other.reconcile(travelled).job_id] == list(world.ledger.jobs)
