"""What the caller does with trails: attach to an earlier call, recover a lost answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fateflow_client._core.clock import Clock
from fateflow_client._core.log import log
from fateflow_client._core.server_time import ServerTime
from fateflow_client._core.trail import Server, Sighting, Trail, settle
from fateflow_client.errors import AmbiguousOutcomeError, FlowError, Phase, Where
from fateflow_client.events import Statistics

Attach = Callable[[Any, Server, float, float], tuple[Sighting, Trail]]

logger = log("recovery")


class Reconciler:
    """Asks one server what became of calls. Safe to share between threads.

    Args:
        server: Whom to ask, beyond the deadline of the call.
        clock: Time.
        patience: Seconds to look for something before giving up.
        server_time: The server's clock.
    """

    def __init__(
        self, server: Server, clock: Clock, patience: float, server_time: ServerTime
    ) -> None:
        self._server = server
        self._clock = clock
        self._patience = patience
        self._server_time = server_time

    def attach(
        self, attach: Attach, trail: Trail, server: Server, lookback: float, where: Where
    ) -> tuple[Any, Trail]:
        """Look for what an earlier call with the same key has made, before sending anything.

        Gives its result, or None, and the trail to follow from now on.

        Args:
            attach: How the endpoint looks.
            trail: The call's own.
            server: Whom to ask, within the deadline of the call.
            lookback: Seconds.
            where: The call, for errors.
        """
        route = where.path.split("/", 2)[-1]
        since = self._by_server(self._clock.time())
        started = self._clock.monotonic()
        seen, trail = attach(trail, server, since - lookback, since)
        if seen.pending:
            seen, _ = settle(
                lambda: attach(trail, self._server, since - lookback, since)[0],
                self._clock,
                self._patience,
            )
        if seen.result is None and seen.candidates:
            raise AmbiguousOutcomeError(
                f"an earlier {route} with this idempotency_key is neither accepted nor refused "
                f"yet: {', '.join(seen.candidates)}. Nothing was sent",
                operation=route,
                phase=Phase.BEFORE_SEND,
                since=since - lookback,
                advice="Look at it, or try again later.",
                token=trail.token,
                candidates=seen.candidates,
                trail=trail,
                reconcile_with=self.again,
                where=where,
            )
        if seen.result is None:
            return None, trail
        logger.info("%s: found what an earlier call with the same key did", route)
        took = Statistics(attempts=0, elapsed=self._clock.monotonic() - started)
        return seen.result.with_statistics(took), trail

    def recover(self, unclear: AmbiguousOutcomeError, trail: Trail, sent: float) -> Any:
        """Look for what a call has done whose answer was lost, or raise ``unclear``.

        Args:
            unclear: The error of the call.
            trail: What to look by.
            sent: When it was sent, by our clock.
        """
        logger.warning("%s; looking for it for %.0f s at most", unclear.message, self._patience)
        started = self._clock.monotonic()
        try:
            # The server's clock may become known by the first look.
            seen, slept = settle(
                lambda: trail.look(self._server, self._by_server(sent)), self._clock, self._patience
            )
        except KeyboardInterrupt as stop:
            stop.add_note(interrupted(unclear.operation, trail))
            raise
        unclear.since = self._by_server(sent)
        unclear.candidates = seen.candidates
        took = unclear.statistics or Statistics()
        elapsed = took.elapsed + self._clock.monotonic() - started
        unclear.statistics = replace(took, slept=took.slept + slept, elapsed=elapsed)
        return self._seen(seen, unclear)

    def again(self, unclear: AmbiguousOutcomeError) -> Any:
        """See AmbiguousOutcomeError.reconcile."""
        trail = unclear.trail
        if not isinstance(trail, Trail):
            raise unclear

        def look() -> Sighting:
            return trail.look(self._server, unclear.since)

        try:
            seen = look()
            if seen.pending:
                seen, _ = settle(look, self._clock, self._patience)
        except FlowError as error:
            # Not the error itself: a program that repeats those would repeat the call as well.
            raise unclear from error
        unclear.candidates = seen.candidates
        return self._seen(seen, unclear)

    @staticmethod
    def _seen(seen: Sighting, unclear: AmbiguousOutcomeError) -> Any:
        if seen.refusal is not None:
            seen.refusal.where = unclear.where
            seen.refusal.statistics = unclear.statistics
            raise seen.refusal from unclear
        if seen.result is None:
            raise unclear
        logger.warning("%s: the answer was lost, and what it said was found", unclear.operation)
        return seen.result.with_statistics(unclear.statistics or Statistics())

    def _by_server(self, time: float) -> float:
        """One of our times by the server's clock, as far as that is known."""
        return time + (self._server_time.ahead() or 0.0)


def interrupted(route: str, trail: Trail | None) -> str:
    """What to tell who interrupted a call that must not be repeated."""
    text = f"{route} was interrupted after it had been sent, or while it was: it may have been done"
    token = trail.token if trail else None
    return text + (f"; the job has the token {token} in its runtime conf" if token else "")
