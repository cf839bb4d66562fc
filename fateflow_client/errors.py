"""Every exception this library raises on its own account.

    FlowError
    ├── ConfigError (also ValueError)     wrong client settings; values are never shown
    ├── InputFileError                    a file or document that the caller named
    │   └── InvalidConfError              a conf or DSL that certainly fails; holds the report
    ├── TransportError                    no complete answer: phase, sent_bytes, attempts, elapsed
    │   ├── ConnectError                  nothing was sent: no connection
    │   ├── NotSentError                  the request was cut off while it was being sent
    │   ├── CallTimeoutError              a time limit or the deadline of the call ran out
    │   └── UnexpectedRedirectError       a 3xx; never followed
    ├── ProtocolError                     something else answered: HTML, FATEBoard, no envelope
    ├── ApiError                          FATE Flow's refusal: status, retcode, retmsg, data, job_id
    │   ├── NotFoundError  AlreadyExistsError  AuthError
    │   └── SubmitRejectedError  PartyError  UnsupportedByServerError
    ├── AmbiguousOutcomeError             it may have happened; never a kind of anything retryable
    ├── DownloadError
    │   ├── TruncatedDownloadError  UnsafeArchiveError
    │   └── SizeLimitError  TargetExistsError
    ├── JobError
    │   └── JobFailedError  JobCanceledError  JobTimeoutError
    └── WaitTimeoutError  WaitInterruptedError      the job goes on; its id is inside

Invalid arguments are not here: they raise pydantic's ``ValidationError`` from the request model.
All of these can be pickled, because Airflow, Dask and Prefect move exceptions between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fateflow_client.events import Statistics

SHOWN_TEXT = 400
"""How many characters of a server's text an error message shows; the attribute keeps all."""


class Phase(StrEnum):
    """How far an attempt got, by counting bytes and not by an exception's name."""

    BEFORE_SEND = "before anything was sent"
    SENDING = "while the request was being sent"
    SENT = "after the whole request was sent, before any answer"
    REPLYING = "while the answer was arriving"


@dataclass(frozen=True, slots=True)
class Where:
    """The server and path that an error speaks of. Holds no query and no credentials."""

    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}{self.path}"


def _rebuild(cls: type[FlowError], args: tuple[object, ...], state: dict[str, Any]) -> FlowError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class FlowError(Exception):
    """Anything that goes wrong in a call: what happened, to what, and what to try.

    Attributes:
        message: What happened, one sentence.
        where: Host, port and path of the call, or None if it never had one.
        hint: What to try, or an empty string.
        statistics: What the call took; None for an error that is not of one call.
    """

    statistics: Statistics | None = None

    def __init__(self, message: str, *, where: Where | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    @property
    def host(self) -> str | None:
        """The server's host name or address."""
        return self.where.host if self.where else None

    @property
    def port(self) -> int | None:
        """The server's port."""
        return self.where.port if self.where else None

    @property
    def path(self) -> str | None:
        """The path of the call, as in ``/v1/job/query``."""
        return self.where.path if self.where else None

    def __str__(self) -> str:
        text = self.message
        if self.where:
            text += f" [{self.where}]"
        if self.hint:
            text += f" {self.hint}"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class ConfigError(FlowError, ValueError):
    """The client's settings are wrong. The values are never shown, for one may be a secret."""


class InputFileError(FlowError):
    """A file or document that the caller named cannot be used. Nothing was sent.

    Attributes:
        source: The file's path, or the argument's name where a mapping was given.
    """

    def __init__(self, message: str, *, source: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source


class InvalidConfError(InputFileError):
    """A conf or DSL holds what certainly fails. Nothing was sent.

    The message holds every finding, a line each; ``validate=False`` sends it all the same.

    Attributes:
        report: What was found, as a ``fateflow_client.Report``: all errors and warnings at once,
            each with its place and a suggestion.
    """

    def __init__(self, message: str, *, source: str, report: Any, hint: str = "") -> None:
        super().__init__(message, source=source, hint=hint)
        self.report = report


class TransportError(FlowError):
    """No complete answer arrived.

    Attributes:
        phase: How far the last attempt got.
        sent_bytes: Bytes of the body handed to the network, or None where they were not counted.
        retry_after: Seconds that the server asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        phase: Phase,
        sent_bytes: int | None = None,
        where: Where | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.phase = phase
        self.sent_bytes = sent_bytes
        self.retry_after: float | None = None

    @property
    def attempts(self) -> int:
        """How often the request was tried."""
        return self.statistics.attempts if self.statistics else 1

    @property
    def elapsed(self) -> float:
        """Seconds from the first attempt to this error."""
        return self.statistics.elapsed if self.statistics else 0.0

    def __str__(self) -> str:
        text = super().__str__()
        if self.attempts > 1:
            text += f" (tried {self.attempts} times in {self.elapsed:.1f} s)"
        return text


class ConnectError(TransportError):
    """There was no connection, so nothing was sent.

    Attributes:
        permanent: True where trying again cannot help: a certificate that is not trusted, a proxy
            that wants a password.
    """

    permanent: bool = False


class NotSentError(TransportError):
    """The request broke off while it was being sent: the server did not get a whole one."""


class CallTimeoutError(TransportError):
    """A time limit of the call, or its deadline, ran out."""


class UnexpectedRedirectError(TransportError):
    """The server answered with a redirect, which is never followed: it would repeat the call.

    Attributes:
        status: The HTTP status, 3xx.
        location: Scheme, host, port and path of the target; no query, no credentials.
    """

    def __init__(
        self, message: str, *, status: int, location: str, where: Where | None, hint: str
    ) -> None:
        super().__init__(message, phase=Phase.REPLYING, where=where, hint=hint)
        self.status = status
        self.location = location


class ProtocolError(FlowError):
    """Something answered, but not as FATE Flow does.

    Attributes:
        status: The HTTP status.
        content_type: The answer's content type, or an empty string.
        head: The first 2 KiB of the body, decoded leniently.
        enveloped: True where the envelope was there and reported success, and only its data have
            another shape than expected.
        retry_after: Seconds that the server asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        content_type: str = "",
        head: str = "",
        enveloped: bool = False,
        where: Where | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.enveloped = enveloped
        self.status = status
        self.content_type = content_type
        self.head = head
        self.retry_after: float | None = None


class ApiError(FlowError):
    """FATE Flow refused the call, or did it and failed.

    Attributes:
        status: The HTTP status; FATE Flow also uses 210 for errors.
        retcode: FATE Flow's return code. An open vocabulary: releases and FATE-Serving add to it.
        retmsg: FATE Flow's text, whole; often a traceback of many lines.
        data: What came beside it, or None.
        job_id: The job that the answer named, or None.
        retry_after: Seconds that the server asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retcode: int,
        retmsg: str,
        data: object = None,
        job_id: str | None = None,
        where: Where | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.retcode = retcode
        self.retmsg = retmsg
        self.data = data
        self.job_id = job_id
        self.retry_after: float | None = None


class NotFoundError(ApiError):
    """The one thing that the call named does not exist (or does not exist yet)."""


class AlreadyExistsError(ApiError):
    """What the call would create exists already."""


class AuthError(ApiError):
    """The server did not accept the keys, the signature or the clock of this client."""


class SubmitRejectedError(ApiError):
    """The server took the request, made a job id, and then refused the job."""

    @property
    def parties(self) -> Mapping[str, object]:
        """What each party answered, by role and party id, as far as the server told."""
        return _by_party(self.data) or _by_party(_repeated(self.retmsg))


class PartyError(ApiError):
    """At least one party failed or could not be reached."""

    @property
    def parties(self) -> Mapping[str, object]:
        """What each party answered, as far as the server told."""
        return _by_party(self.data)


def _by_party(data: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", data) if isinstance(data, dict) else {}


def _repeated(retmsg: str) -> object:
    """The parties' answers at the end of a traceback, where Python wrote them down as a tuple."""
    import ast

    begin = retmsg.rfind("('create job failed', ")
    if begin < 0 or len(retmsg) - begin > 100_000:
        return None
    try:
        return ast.literal_eval(retmsg[begin:].strip())[1]
    except (ValueError, SyntaxError, RecursionError, MemoryError, IndexError, TypeError):
        return None


class UnsupportedByServerError(ApiError):
    """The server's release cannot do what was asked."""


class AmbiguousOutcomeError(FlowError):
    """The request was sent and the answer was lost: it may have been done, or not.

    Deliberately no kind of TransportError: code that retries those must not retry this.

    Attributes:
        operation: The route that was called, as in ``job/submit``.
        phase: How far the attempt got.
        since: When it was sent, by the server's clock as far as that is known, in seconds since the
            epoch.
        advice: How to find out what happened.
        token: The marker that a submitted job carries in its runtime conf, or None.
        candidates: Ids of jobs, or versions of models, one of which may be what the call made.
        trail: What ``reconcile`` looks by, or None where the server keeps nothing to look by.
        retry_after: Seconds that a proxy asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        phase: Phase,
        since: float,
        advice: str,
        token: str | None = None,
        candidates: tuple[str, ...] = (),
        trail: object = None,
        reconcile_with: Callable[[AmbiguousOutcomeError], Any] | None = None,
        where: Where | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=advice)
        self.operation = operation
        self.phase = phase
        self.since = since
        self.advice = advice
        self.token = token
        self.candidates = candidates
        self.trail = trail
        self.retry_after: float | None = None
        self._reconcile_with = reconcile_with

    def reconcile(self) -> Any:
        """Look once more what became of it. Sends nothing but questions.

        Returns:
            What the call would have returned, if it was done.

        Raises:
            SubmitRejectedError: The server refused the job.
            AmbiguousOutcomeError: It is still not known. A job that does not exist minutes after
                ``since`` will not appear any more.
            ConfigError: This error came from another process: ``client.reconcile(error)`` does it.
        """
        if self._reconcile_with is None:
            raise ConfigError(
                "this error has left the client that raised it",
                hint="Ask another client of the same server: client.reconcile(error).",
            )
        return self._reconcile_with(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # The client stays behind.
        return _rebuild, (type(self), self.args, self.__dict__ | {"_reconcile_with": None})


class DownloadError(FlowError):
    """A download could not be finished. The target is as it was."""


class TruncatedDownloadError(DownloadError):
    """The stream ended early or was damaged on the way."""


class UnsafeArchiveError(DownloadError):
    """The archive holds what no log or table needs: links, devices, paths outside, duplicates."""


class SizeLimitError(DownloadError):
    """The download is larger than the limits allow."""


class TargetExistsError(DownloadError):
    """The target exists and the call was told not to replace it."""


class JobError(FlowError):
    """A job ended without success.

    Attributes:
        job_id: The job.
        status: Its last status, as the server spells it.
        component: The component that failed, or None if no task says so.
        role: The role of the party on which it failed, or None.
        party_id: The id of that party, or None.
        reason: The server's text, or an empty string.
    """

    def __init__(
        self,
        message: str,
        *,
        job_id: str,
        status: str,
        component: str | None = None,
        role: str | None = None,
        party_id: int | None = None,
        reason: str = "",
        where: Where | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.job_id = job_id
        self.status = status
        self.component = component
        self.role = role
        self.party_id = party_id
        self.reason = reason


class JobFailedError(JobError):
    """The job failed."""


class JobCanceledError(JobError):
    """Somebody canceled the job."""


class JobTimeoutError(JobError):
    """The server stopped the job because its own time was over."""


class _WaitEndedError(FlowError):
    def __init__(self, message: str, *, job_id: str, status: str | None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.job_id = job_id
        self.status = status


class WaitTimeoutError(_WaitEndedError):
    """The time to wait is over. The job goes on: wait again with its job_id, or stop it."""


class WaitInterruptedError(_WaitEndedError):
    """The server could not be asked for too long. The job may go on: its job_id is inside."""


def error_class(status: int, retcode: int) -> type[ApiError]:
    """The class for an answer of which no endpoint knows better: by retcode, then by status."""
    by_code: dict[int, type[ApiError]] = {
        104: PartyError,
        105: PartyError,
        108: AuthError,
        109: AuthError,
        401: AuthError,
        403: AuthError,
        404: NotFoundError,
        409: AlreadyExistsError,
        425: AuthError,
    }
    return by_code.get(retcode) or by_code.get(status) or ApiError


def shown(text: str) -> str:
    """A server's text for an error message: a traceback's last line, bounded, printable."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) > 1:
        lines = lines[-1:] if lines[0].startswith("Traceback") else lines[:1]
    line = "".join(c if c.isprintable() else " " for c in (lines[0] if lines else ""))
    return line if len(line) <= SHOWN_TEXT else line[: SHOWN_TEXT - 1] + "…"
