"""The loop around attempts. The only module that imports tenacity; what it decides is elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from tenacity import RetryCallState, Retrying, wait_random_exponential

from fateflow_client._core.clock import Clock
from fateflow_client._core.decision import Action, Decision, Event, decide, event_of
from fateflow_client._core.endpoint import Repeat
from fateflow_client._core.log import log
from fateflow_client._core.trail import Trail
from fateflow_client.config import RetryPolicy
from fateflow_client.errors import (
    AmbiguousOutcomeError,
    ApiError,
    CallTimeoutError,
    FlowError,
    Phase,
    ProtocolError,
    TransportError,
    TruncatedDownloadError,
    Where,
)
from fateflow_client.events import RetryEvent, Statistics

logger = log("retry")

NO_TRAIL = "It may have been done. Look before you send it again: it would be done twice."
"""The advice where nothing can be looked for."""

T = TypeVar("T")


@dataclass(slots=True)
class Operation(Generic[T]):
    """One logical call: what is tried, how often at most, and until when."""

    attempt: Callable[[], T]
    """Makes one attempt."""
    name: str
    """The route, for errors and the log."""
    where: Where
    """The server and path, for errors."""
    repeat: Repeat
    """What may be done about a lost answer."""
    started: float
    """The monotonic clock at the start."""
    since: float
    """Seconds since the epoch at the start."""
    until: float | None
    """The deadline on the monotonic clock, or None."""
    trail: Trail | None
    """What to look for after a lost answer, if there is anything."""
    reconcile: Callable[[AmbiguousOutcomeError], Any]
    """How to look."""
    tries: int = 0
    """Attempts so far."""
    slept: float = 0.0
    """Seconds waited so far."""
    last: Decision = field(default=Decision(Action.RAISE))
    """What to do about the last error."""
    happened: Counter[Event] = field(default_factory=Counter[Event])
    """How often each event has happened."""
    failure: FlowError | None = None
    """What the last attempt failed with."""
    may_be_done: bool = False
    """Whether an attempt that failed may have been done all the same."""


class Retries:
    """Runs operations under one policy. One for a client; safe to share between threads."""

    def __init__(
        self,
        policy: RetryPolicy,
        clock: Clock,
        on_retry: Callable[[RetryEvent], object] | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._on_retry = on_retry
        self._backoff = wait_random_exponential(multiplier=policy.base, max=policy.cap)
        self._retrying = Retrying(
            sleep=clock.sleep,
            retry=self._wanted,
            wait=self._pause,
            stop=self._over,
            before_sleep=self._tell,
            reraise=True,
        )

    def run(self, operation: Operation[T]) -> T:
        """Try until it works or must not be tried again."""
        try:
            return cast("T", self._retrying(self._once, operation))
        except FlowError as last:
            # That there is no time left for one more attempt explains less than why it was needed.
            late = isinstance(last, CallTimeoutError) and last.phase is Phase.BEFORE_SEND
            error = operation.failure if late and operation.failure is not None else last
            error.where = error.where or operation.where
            error.statistics = self.statistics(operation, error)
            if decide(operation.repeat, event_of(error)).action is Action.AMBIGUOUS:
                raise _ambiguous(operation, error) from error
            if error is last:
                raise
            raise error from None

    def statistics(self, operation: Operation[Any], error: FlowError | None = None) -> Statistics:
        """What the operation took so far."""
        return Statistics(
            operation.tries,
            operation.slept,
            self._clock.monotonic() - operation.started,
            _phase_of(error),
        )

    @staticmethod
    def _once(operation: Operation[Any]) -> Any:
        operation.tries += 1
        return operation.attempt()

    @staticmethod
    def _wanted(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, FlowError):
            return False
        operation: Operation[Any] = state.args[0]
        event = event_of(error)
        late = isinstance(error, CallTimeoutError) and error.phase is Phase.BEFORE_SEND
        operation.failure = operation.failure if late else error
        operation.last = decide(operation.repeat, event)
        operation.happened[event] += 1
        if decide(Repeat.NEVER, event).action is Action.AMBIGUOUS:
            operation.may_be_done = True
        return operation.last.action is Action.RETRY

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None) or 0.0
        return max(asked, self._backoff(state))

    def _over(self, state: RetryCallState) -> bool:
        operation: Operation[Any] = state.args[0]
        error = state.outcome.exception() if state.outcome else None
        most = operation.last.most
        if operation.tries >= self._policy.attempts:
            return True
        if most is not None and error and operation.happened[event_of(error)] >= most:
            return True
        if operation.until is None:
            # Without a deadline only an absurd Retry-After could keep a transfer waiting.
            return state.upcoming_sleep > 3600
        return self._clock.monotonic() + state.upcoming_sleep >= operation.until

    def _tell(self, state: RetryCallState) -> None:
        operation: Operation[Any] = state.args[0]
        error = state.outcome.exception() if state.outcome else None
        wait = state.upcoming_sleep
        operation.slept += wait
        if not isinstance(error, FlowError):
            return  # cannot be: _wanted retries nothing else
        logger.warning(
            "%s [%s]: try %d failed (%s); next in %.1f s",
            operation.name,
            operation.where,
            operation.tries,
            error.message,
            wait,
        )
        if self._on_retry is not None:
            event = RetryEvent(operation.name, operation.where, operation.tries, wait, error)
            try:
                self._on_retry(event)
            except Exception:
                # An observer must not decide what becomes of a call.
                logger.exception("on_retry failed")


def _phase_of(error: FlowError | None) -> Phase | None:
    """Where an attempt broke off; None if it was answered."""
    if isinstance(error, TransportError):
        return error.phase
    return Phase.REPLYING if isinstance(error, TruncatedDownloadError) else None


def _ambiguous(operation: Operation[Any], error: FlowError) -> AmbiguousOutcomeError:
    phase = error.phase if isinstance(error, TransportError) else Phase.REPLYING
    trail = operation.trail
    unclear = AmbiguousOutcomeError(
        f"{operation.name} was sent, and what became of it is not known: {error.message}",
        operation=operation.name,
        phase=phase,
        since=operation.since,
        advice=trail.advice if trail else NO_TRAIL,
        token=trail.token if trail else None,
        trail=trail,
        reconcile_with=operation.reconcile,
        where=operation.where,
    )
    unclear.statistics = error.statistics
    if isinstance(error, TransportError | ProtocolError | ApiError):
        unclear.retry_after = error.retry_after
    return unclear
