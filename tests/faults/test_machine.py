"""Any calls, in any order, under any faults: after each, what the ledger says must hold."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.faults.plays import PLAYS, play
from tests.faults.world import World

randoms = st.randoms(use_true_random=False)


class Calls(RuleBasedStateMachine):
    """The model is the ledger: the rules' own checks hold the client against it."""

    @initialize(
        release=st.sampled_from(["1.6.1", "1.7.0", "1.8.0", "1.11.2"]),
        keep_alive=st.booleans(),
        skew=st.sampled_from([0.0, -3600.0, 3600.0]),
    )
    def begin(self, release: str, keep_alive: bool, skew: float) -> None:
        # Without waits between attempts, which are random: an example must be the same again.
        world = World(release, skew=skew, keep_alive=keep_alive, base=0)
        self.world = world.__enter__()

    @rule(random=randoms, name=st.sampled_from(sorted(PLAYS)))
    def call(self, random: Random, name: str) -> None:
        play(self.world, random, name)

    @rule(random=randoms)
    def submit(self, random: Random) -> None:
        # The call that matters most, more often than the others.
        play(self.world, random, "submit")

    @rule(seconds=st.sampled_from([1, 100, 10_000]))
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def forget_connections(self) -> None:
        self.world.client.close()

    @invariant()
    def no_marker_has_two_jobs(self) -> None:
        assert self.world.ledger.duplicates(lambda job: job.token) == 0

    @invariant()
    def no_case_has_two_jobs(self) -> None:
        assert self.world.ledger.duplicates(lambda job: job.conf.get("case")) == 0

    @invariant()
    def the_server_understood_everything(self) -> None:
        assert self.world.server.defects == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.__exit__(None, None, None)


Calls.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
TestCalls = Calls.TestCase
