"""The retry decision, cell by cell."""

from __future__ import annotations

import pytest

from fateflow_client._core.decision import Action, Event, decide, event_of
from fateflow_client._core.endpoint import Repeat
from fateflow_client.errors import (
    ApiError,
    AuthError,
    CallTimeoutError,
    ConnectError,
    DownloadError,
    FlowError,
    NotSentError,
    PartyError,
    Phase,
    ProtocolError,
    SizeLimitError,
    TransportError,
    TruncatedDownloadError,
    UnexpectedRedirectError,
)

RETRY, RAISE, UNCLEAR = (Action.RETRY, None), (Action.RAISE, None), (Action.AMBIGUOUS, None)
ONCE, TWICE = (Action.RETRY, 2), (Action.RETRY, 3)

TABLE = {
    #                     read   safe   never
    Event.NO_CONNECTION: (RETRY, RETRY, RETRY),
    Event.CANNOT_CONNECT: (RAISE, RAISE, RAISE),
    Event.SEND_BROKEN: (RETRY, RETRY, RETRY),
    Event.ANSWER_LOST: (RETRY, RETRY, UNCLEAR),
    Event.ANSWER_BROKEN: (RETRY, RETRY, UNCLEAR),
    Event.UNREADABLE: (RAISE, RAISE, UNCLEAR),
    Event.BUSY: (RETRY, RETRY, RETRY),
    Event.GATEWAY: (RETRY, RETRY, UNCLEAR),
    Event.SERVER_ERROR: (ONCE, ONCE, UNCLEAR),
    Event.NOT_PARSED: (RETRY, RETRY, RETRY),
    Event.CLOCK: (ONCE, ONCE, ONCE),
    Event.DATABASE: (TWICE, TWICE, UNCLEAR),
    Event.HALF_DONE: (RAISE, RAISE, UNCLEAR),
    Event.FEDERATED: (TWICE, TWICE, RAISE),
    Event.FINAL: (RAISE, RAISE, RAISE),
}


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize(
    ("repeat", "column"), [(Repeat.READ, 0), (Repeat.SAFE, 1), (Repeat.NEVER, 2)]
)
def test_every_cell(event: Event, repeat: Repeat, column: int) -> None:
    assert tuple(decide(repeat, event)) == TABLE[event][column]


def _connect(*, permanent: bool) -> ConnectError:
    error = ConnectError("x", phase=Phase.BEFORE_SEND)
    error.permanent = permanent
    return error


def _api(status: int, retcode: int, retmsg: str = "", cls: type[ApiError] = ApiError) -> ApiError:
    return cls("x", status=status, retcode=retcode, retmsg=retmsg)


def _alien(status: int) -> ProtocolError:
    return ProtocolError("x", status=status)


EVENTS: list[tuple[BaseException, Event]] = [
    (_connect(permanent=False), Event.NO_CONNECTION),
    (_connect(permanent=True), Event.CANNOT_CONNECT),
    (CallTimeoutError("x", phase=Phase.BEFORE_SEND), Event.NO_CONNECTION),
    (NotSentError("x", phase=Phase.SENDING), Event.SEND_BROKEN),
    (CallTimeoutError("x", phase=Phase.SENT), Event.ANSWER_LOST),
    (TransportError("x", phase=Phase.SENT), Event.ANSWER_LOST),
    (TransportError("x", phase=Phase.REPLYING), Event.ANSWER_BROKEN),
    (TruncatedDownloadError("x"), Event.ANSWER_BROKEN),
    (UnexpectedRedirectError("x", status=302, location="", where=None, hint=""), Event.FINAL),
    (_alien(200), Event.ANSWER_BROKEN),
    (ProtocolError("x", status=200, enveloped=True), Event.UNREADABLE),
    (_alien(210), Event.ANSWER_BROKEN),
    (_alien(404), Event.FINAL),
    (_alien(408), Event.GATEWAY),
    *[(_alien(status), Event.FINAL) for status in (400, 401, 499)],
    # Of 1xx and 6xx nobody knows what they mean; of other 5xx, who spoke.
    *[(_alien(status), Event.ANSWER_BROKEN) for status in (199, 399, 501, 505, 519, 530, 531)],
    (_alien(425), Event.GATEWAY),
    (_alien(429), Event.BUSY),
    (_alien(500), Event.SERVER_ERROR),
    *[(_alien(status), Event.GATEWAY) for status in (502, 503, 504, 520, 524, 529)],
    (_api(200, 100), Event.FINAL),
    (_api(200, 100, "<ClientDisconnected '400: Bad Request'>"), Event.NOT_PARSED),
    (_api(200, 103), Event.FINAL),
    (_api(200, 104, cls=PartyError), Event.FEDERATED),
    (_api(200, 105, cls=PartyError), Event.FEDERATED),
    (_api(200, 109, cls=AuthError), Event.FINAL),
    (_api(200, 109, "signature authentication failed", cls=AuthError), Event.FINAL),
    (_api(200, 109, "TIMESTAMP is more than 60 seconds away from", cls=AuthError), Event.CLOCK),
    (_api(425, 425, "TIMESTAMP is more than 60 seconds away from", cls=AuthError), Event.CLOCK),
    (_api(425, 425, cls=AuthError), Event.FINAL),
    (_api(200, 100, "OperationalError('database is locked')"), Event.DATABASE),
    (_api(200, 100, "(2006, 'MySQL server has gone away')"), Event.DATABASE),
    (_api(200, 100, "(2013, 'Lost connection to MySQL server')"), Event.DATABASE),
    (_api(200, 101, "database is locked"), Event.FINAL),
    (_api(200, 103, "Exception: set job to waiting status failed"), Event.HALF_DONE),
    (_api(210, 210), Event.FINAL),
    (_api(404, 404), Event.FINAL),
    (_api(429, 429), Event.BUSY),
    (_api(200, 429), Event.BUSY),
    (_api(429, 100), Event.BUSY),
    *[(_api(200, retcode), Event.FINAL) for retcode in (428, 430)],
    *[(_api(status, 100), Event.FINAL) for status in (428, 430)],
    *[
        (_api(200, retcode, text), Event.FINAL)
        for retcode in (99, 101)
        for text in ("<ClientDisconnected '400: Bad Request'>", "database is locked")
    ],
    *[
        (_api(200, retcode, "set job to waiting status failed"), Event.FINAL)
        for retcode in (102, 106)
    ],
    (_api(429, 429, "Too many forwarding times."), Event.FINAL),
    (_api(503, 503), Event.GATEWAY),
    (_api(500, 500), Event.FINAL),
    (SizeLimitError("x"), Event.UNREADABLE),
    (DownloadError("x"), Event.FINAL),
    (FlowError("x"), Event.FINAL),
    (KeyboardInterrupt(), Event.FINAL),
    (ValueError(), Event.FINAL),
]


@pytest.mark.parametrize(("error", "event"), EVENTS)
def test_every_error_is_one_event(error: BaseException, event: Event) -> None:
    assert event_of(error) is event
