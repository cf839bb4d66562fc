"""Reading how an attempt broke: from what requests raised to how far it got. Pure."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from urllib3 import exceptions as uexc

from fateflow_client._core.patience import OverdueError
from fateflow_client.errors import (
    CallTimeoutError,
    ConnectError,
    InputFileError,
    NotSentError,
    Phase,
    TransportError,
    Where,
)


class BodySourceError(Exception):
    """The file behind a body cannot be read to its end."""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that stand behind it, as requests and urllib3 wrap them."""
    seen: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        current = queue.pop(0)
        if isinstance(current, BaseException) and current not in seen:
            seen.append(current)
            yield current
            queue += [current.__cause__, current.__context__, getattr(current, "reason", None)]
            queue += current.args


def innermost(error: BaseException) -> str:
    """The innermost reason, without URLs: requests' own texts hold the query."""
    for cause in reversed(list(_causes(error))):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    last = list(_causes(error))[-1]
    text = str(last)
    return type(last).__name__ if "url" in text or len(text) > 120 else text or type(last).__name__


def read_breakage(error: Exception, sent: int, length: int, where: Where) -> Exception:
    """Say what became of an attempt of which no status line arrived.

    Args:
        error: What requests raised.
        sent: Bytes of the body that were handed over.
        length: Bytes of the body.
        where: The server and path.
    """
    causes = list(_causes(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    for cause in causes:
        if isinstance(cause, BodySourceError):
            return InputFileError(
                f"the file could not be sent whole: {cause}",
                source="file",
                hint="Write it to another name, and rename it when it is complete.",
            )
    if not isinstance(error, OSError | uexc.HTTPError):
        return error  # a defect of this program, not of the network
    if has(uexc.InvalidHeader):
        return TransportError(
            "the answer's head contradicts itself",
            phase=Phase.REPLYING,
            sent_bytes=sent,
            where=where,
        )
    connecting = has(uexc.NewConnectionError, uexc.ConnectTimeoutError, uexc.NameResolutionError)
    if has(ssl.SSLCertVerificationError):
        return _connect_error(
            "the server's certificate is not trusted or has another name", where, permanent=True
        )
    if has(uexc.ProxyError):
        # A tunnel that the proxy refuses ends in "407 Proxy Authentication Required" and the like.
        refused = next((str(c) for c in causes if "Tunnel connection failed" in str(c)), "")
        return _connect_error(
            f"the proxy did not connect: {refused or innermost(error)}",
            where,
            permanent="407" in refused,
        )
    if connecting:
        # NewConnectionError is a ConnectTimeoutError to urllib3, though it says refused or unknown.
        if not has(uexc.NewConnectionError, uexc.NameResolutionError):
            return _connect_error("no connection within the time limit", where)
        return _connect_error(f"no connection: {innermost(error)}", where)
    if sent == 0 and length:
        return _connect_error(f"the connection broke off at once: {innermost(error)}", where)
    if sent < length:
        stalled = has(TimeoutError) and not has(OverdueError)
        what = "the server stopped reading" if stalled else "the connection broke off"
        return NotSentError(
            f"{what} after {sent} of {length} bytes: {innermost(error)}",
            phase=Phase.SENDING,
            sent_bytes=sent,
            where=where,
        )
    if has(OverdueError):
        return CallTimeoutError(
            "the deadline of the call passed before an answer came",
            phase=Phase.SENT,
            sent_bytes=sent,
            where=where,
        )
    if has(uexc.ReadTimeoutError, TimeoutError):
        return CallTimeoutError(
            "no answer within the time limit", phase=Phase.SENT, sent_bytes=sent, where=where
        )
    return TransportError(
        f"the connection broke off before an answer came: {innermost(error)}",
        phase=Phase.SENT,
        sent_bytes=sent,
        where=where,
    )


def _connect_error(message: str, where: Where, *, permanent: bool = False) -> ConnectError:
    hint = (
        "Set ca=, or ask whoever runs the proxy."
        if permanent
        else "Is FATE Flow running, and are host and port right?"
    )
    error = ConnectError(message, phase=Phase.BEFORE_SEND, sent_bytes=0, where=where, hint=hint)
    error.permanent = permanent
    return error
