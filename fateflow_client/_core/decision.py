"""The retry decision: what to do about an attempt that failed. Pure, and a table."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from fateflow_client._core.endpoint import Repeat
from fateflow_client.errors import (
    ApiError,
    ConnectError,
    Phase,
    ProtocolError,
    SizeLimitError,
    TransportError,
    TruncatedDownloadError,
    UnexpectedRedirectError,
)


class Event(Enum):
    """What happened to an attempt."""

    NO_CONNECTION = "nothing was sent"
    CANNOT_CONNECT = "nothing was sent, and trying again cannot help"
    SEND_BROKEN = "the request broke off while it was sent"
    ANSWER_LOST = "the request was sent, and no answer came"
    ANSWER_BROKEN = "an answer began and broke off, or made no sense"
    UNREADABLE = "an answer that is too large, or reports success in a shape nobody knows"
    BUSY = "429: too many requests"
    GATEWAY = "408, 425, 502, 503, 504 or 52x: a proxy spoke"
    SERVER_ERROR = "500 without an envelope"
    NOT_PARSED = "the server did not get a whole body, and says so"
    CLOCK = "the signature's time was too far from the server's"
    DATABASE = "100: the server's database was busy or gone"
    HALF_DONE = "refused after the job had been stored: it may run all the same"
    FEDERATED = "104 or 105: a party could not be reached"
    FINAL = "an answer"


class Action(Enum):
    """What to do."""

    RETRY = "try again"
    RAISE = "tell the caller"
    AMBIGUOUS = "tell the caller that it may have happened"


class Decision(NamedTuple):
    """An action, and how often the event may happen in one call before it is final after all.

    ``most`` None: as often as the policy allows attempts.
    """

    action: Action
    most: int | None = None


_RETRY = Decision(Action.RETRY)
_RETRY_ONCE = Decision(Action.RETRY, 2)
_RETRY_TWICE = Decision(Action.RETRY, 3)
_RAISE = Decision(Action.RAISE)
_AMBIGUOUS = Decision(Action.AMBIGUOUS)

#                         may be repeated, must not be repeated
_TABLE: dict[Event, tuple[Decision, Decision]] = {
    Event.NO_CONNECTION: (_RETRY, _RETRY),
    Event.CANNOT_CONNECT: (_RAISE, _RAISE),
    Event.SEND_BROKEN: (_RETRY, _RETRY),
    Event.ANSWER_LOST: (_RETRY, _AMBIGUOUS),
    Event.ANSWER_BROKEN: (_RETRY, _AMBIGUOUS),
    Event.UNREADABLE: (_RAISE, _AMBIGUOUS),
    Event.BUSY: (_RETRY, _RETRY),
    Event.GATEWAY: (_RETRY, _AMBIGUOUS),
    Event.SERVER_ERROR: (_RETRY_ONCE, _AMBIGUOUS),
    Event.NOT_PARSED: (_RETRY, _RETRY),
    Event.CLOCK: (_RETRY_ONCE, _RETRY_ONCE),
    Event.DATABASE: (_RETRY_TWICE, _AMBIGUOUS),
    Event.HALF_DONE: (_RAISE, _AMBIGUOUS),
    Event.FEDERATED: (_RETRY_TWICE, _RAISE),
    Event.FINAL: (_RAISE, _RAISE),
}


def decide(repeat: Repeat, event: Event) -> Decision:
    """What to do about ``event`` of a call that may be repeated as ``repeat`` says."""
    may, must_not = _TABLE[event]
    return must_not if repeat is Repeat.NEVER else may


_NOT_PARSED = ("ClientDisconnected", "BadRequest '400", "BadRequest: 400")
_DATABASE = ("database is locked", "MySQL server has gone away", "Lost connection to MySQL")
_HALF_DONE = "set job to waiting status failed"


def event_of(error: BaseException) -> Event:
    """Read an error of one attempt."""
    match error:
        case UnexpectedRedirectError():
            return Event.FINAL
        case ConnectError():
            return Event.CANNOT_CONNECT if error.permanent else Event.NO_CONNECTION
        case TransportError():
            return {
                Phase.BEFORE_SEND: Event.NO_CONNECTION,
                Phase.SENDING: Event.SEND_BROKEN,
                Phase.SENT: Event.ANSWER_LOST,
                Phase.REPLYING: Event.ANSWER_BROKEN,
            }[error.phase]
        case TruncatedDownloadError():
            return Event.ANSWER_BROKEN
        case SizeLimitError():
            return Event.UNREADABLE
        case ApiError() if error.retcode == 429 or error.status == 429:
            # FATE Flow's own 429 says that requests go round in circles between servers.
            return Event.FINAL if "forwarding" in error.retmsg else Event.BUSY
        case ApiError() if error.retcode in (104, 105):
            return Event.FEDERATED
        case ApiError() if error.retcode == 100 and any(t in error.retmsg for t in _NOT_PARSED):
            return Event.NOT_PARSED
        case ApiError() if error.retcode == 100 and any(t in error.retmsg for t in _DATABASE):
            return Event.DATABASE
        case ApiError() if error.retcode == 103 and _HALF_DONE in error.retmsg:
            return Event.HALF_DONE
        case ApiError() if error.retcode in (109, 425) and "TIMESTAMP is more" in error.retmsg:
            return Event.CLOCK
        case ApiError() if error.status in (425, 500):
            return Event.FINAL  # FATE Flow's own words; a 500 without an envelope says nothing
        case ApiError():
            return _by_status(error.status, Event.FINAL)
        case ProtocolError() if error.enveloped:
            return Event.UNREADABLE
        case ProtocolError():
            return _by_status(error.status, Event.ANSWER_BROKEN)
        case _:
            return Event.FINAL


def _by_status(status: int, otherwise: Event) -> Event:
    if status == 429:
        return Event.BUSY
    if status in (408, 425, 502, 503, 504) or 520 <= status < 530:
        return Event.GATEWAY
    if status == 500:
        return Event.SERVER_ERROR
    if 400 <= status < 500:
        return Event.FINAL
    return otherwise
