"""Exit codes, and how an error becomes one."""

from __future__ import annotations

from enum import IntEnum

from pydantic import ValidationError

from fateflow_client.errors import (
    AmbiguousOutcomeError,
    ApiError,
    ConfigError,
    DownloadError,
    FlowError,
    InputFileError,
    InvalidConfError,
    JobError,
    ProtocolError,
    TransportError,
    WaitInterruptedError,
    WaitTimeoutError,
)

JOB_NOTE = "the job goes on: "
"""What the note of an interruption begins with; the job's id follows."""


class Exit(IntEnum):
    """What ``fateflow`` exits with."""

    DONE = 0
    JOB_FAILED = 1
    FINDINGS = 1
    USAGE = 2
    NOT_REACHED = 3
    UNCLEAR = 4
    REFUSED = 5
    INTERRUPTED = 130


def exit_of(error: Exception) -> Exit:
    """The exit code that an error means."""
    match error:
        case ValidationError() | ConfigError() | InputFileError() | ImportError() | OSError():
            return Exit.USAGE
        case JobError():
            return Exit.JOB_FAILED
        case AmbiguousOutcomeError() | WaitTimeoutError() | WaitInterruptedError():
            return Exit.UNCLEAR
        case ApiError():
            return Exit.REFUSED
        case TransportError() | ProtocolError() | DownloadError() | FlowError():
            return Exit.NOT_REACHED
        case _:
            raise error


def told(error: Exception) -> str:
    """An error as one line for a person; the input that was refused is not in it."""
    match error:
        case ValidationError():
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return plain(
                "; ".join(_problem(problem["loc"], problem["msg"]) for problem in problems)
            )
        case InvalidConfError():
            return "; ".join(plain(finding) for finding in error.report.errors)
        case OSError(filename=str(), strerror=str()):
            return plain(f"{error.filename}: {error.strerror}")
        case _:
            return plain(error)


def _problem(place: tuple[int | str, ...], text: str) -> str:
    text = text.removeprefix("Value error, ")
    return f"{'.'.join(map(str, place))}: {text}" if place else text


def plain(text: object) -> str:
    """Somebody else's text, for a terminal: no control characters, on one line."""
    return "".join(char if char.isprintable() else " " for char in str(text))
