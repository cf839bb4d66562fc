"""Any calls, in any order, under any faults: after each, what the ledger says must hold."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.faults.plays import PLAYS, play
from tests.faults.world import World

# A number for all that a play draws: simpler examples would not be milder ones.
seeds = st.integers(0, 2**32 - 1)


class Calls(RuleBasedStateMachine):
    """The model is the ledger: each play holds the client's answer against it."""

    @initialize(
        release=st.sampled_from(["1.6.1", "1.7.0", "1.8.0", "1.11.2"]),
        keep_alive=st.booleans(),
        skew=st.sampled_from([0.0, -3600.0, 3600.0]),
    )
    def begin(self, release: str, keep_alive: bool, skew: float) -> None:
        # Without waits between attempts, which are random: an example must be the same again.
        world = World(release, skew=skew, keep_alive=keep_alive, base=0)
        self.world = world.__enter__()

    @rule(seconds=st.sampled_from([1, 100, 10_000]))
    def time_passes(self, seconds: float) -> None:
        self.world.client.close()
        self.world.clock.advance(seconds)

    @invariant()
    def no_marker_has_two_jobs(self) -> None:
        assert self.world.ledger.duplicates(lambda job: job.token) == 0

    @invariant()
    def no_submit_has_two_jobs(self) -> None:
        assert self.world.ledger.duplicates(lambda job: job.conf.get("case")) == 0

    @invariant()
    def the_server_understood_everything(self) -> None:
        assert self.world.server.defects == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.__exit__(None, None, None)


def _rule(name: str) -> Callable[[Calls, int], None]:
    @rule(seed=seeds)
    def call(self: Calls, seed: int) -> None:
        play(self.world, Random(seed), name)  # noqa: S311 - guards nothing

    return call


for _name in PLAYS:
    setattr(Calls, _name, _rule(_name))

Calls.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=24,  # at most; half of it on average
    deadline=None,
    derandomize=True,
    database=None,
    # Shrinking takes minutes: add Phase.shrink by hand to understand a failure.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
TestCalls = Calls.TestCase
