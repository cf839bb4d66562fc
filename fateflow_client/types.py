"""The vocabulary: ids, roles, statuses, limits and times, and how each is checked.

Each input has two spellings. A type checker sees what a caller may pass (``JobIdIn`` is
``str | int``); pydantic sees what it becomes (a string of 21 to 25 digits). Requests use the input
spelling, results the narrow type.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializationInfo,
    WithJsonSchema,
)

ALL = -1
"""The limit that means everything, in every call that has a limit."""

WIRE = {"wire": True}
"""The serialisation context under which values take the form that a server expects."""


class Role(StrEnum):
    """The part that a party plays in a job. ``local`` is used by jobs of one site, as uploads."""

    GUEST = "guest"
    HOST = "host"
    ARBITER = "arbiter"
    LOCAL = "local"


class JobStatus(StrEnum):
    """The statuses known to FATE Flow 1.5 to 1.11. Results keep unknown ones as plain strings."""

    READY = "ready"
    WAITING = "waiting"
    RUNNING = "running"
    CANCELED = "canceled"
    TIMEOUT = "timeout"
    FAILED = "failed"
    PASS = "pass"  # noqa: S105 - a status, no password
    SUCCESS = "success"


class TaskStatus(StrEnum):
    """The statuses of one component on one party."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELED = "canceled"
    TIMEOUT = "timeout"
    FAILED = "failed"
    PASS = "pass"  # noqa: S105 - a status, no password
    SUCCESS = "success"


END_STATUSES = frozenset({"success", "failed", "canceled", "timeout", "pass"})
"""Statuses that a job leaves only when it is rerun."""


def choose(value: str, choices: list[str], what: str) -> str:
    """Return ``value`` if it is one of ``choices``; otherwise say which one was meant."""
    if value in choices:
        return value
    from difflib import get_close_matches

    close = get_close_matches(value.lower(), choices, n=1)
    meant = f"; did you mean {str(close[0])!r}?" if close else ""
    raise ValueError(f"{value!r} is no {what}: it is one of {', '.join(choices)}{meant}")


def _job_id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a job id is a string of 21 to 25 digits")
    text = str(value)
    if not (21 <= len(text) <= 25 and text.isascii() and text.isdigit()):
        raise ValueError("a job id is 21 to 25 digits, such as 202611240403072548420")
    return text


def _party_id(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a party id is a whole number")
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("a party id is a whole number, 0 or more, such as 9999")
    return int(text)


def _role(value: object) -> object:
    return choose(value, list(Role), "role") if isinstance(value, str) else value


def _job_status(value: object) -> object:
    return choose(value, list(JobStatus), "job status") if isinstance(value, str) else value


def _task_status(value: object) -> object:
    return choose(value, list(TaskStatus), "task status") if isinstance(value, str) else value


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("True and False are not numbers here")
    return value


def _zero_or_one(value: object) -> object:
    # True and False say the same, and the server wants the number.
    if value in ("0", "1") or (isinstance(value, int) and value in (0, 1)):
        return int(value)
    raise ValueError("give 0 or 1")


def _dsl_version(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if text not in ("1", "2"):
        raise ValueError("a DSL's version is 1 or 2")
    return text


def _limit(value: int) -> int:
    if value < 1 and value != ALL:
        raise ValueError("a limit is 1 or more, or -1 for all")
    return value


def _name(value: str) -> str:
    if not value.strip():
        raise ValueError("a name must not be empty")
    return value


def _date8(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a date is YYYYMMDD")
    text = str(value)
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        raise ValueError("a date is YYYYMMDD, such as 20261124")
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f"{text} is no day of the calendar (YYYYMMDD)") from None
    return text


def _aware(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time needs a time zone: datetime.now(UTC), or milliseconds since 1970")
    return _epoch_ms(_no_bool(value))


def _window_ms(value: tuple[datetime | None, ...], info: SerializationInfo) -> object:
    if info.context is not WIRE:
        return value
    return [None if time is None else round(time.timestamp() * 1000) for time in value]


def _zero_for_all(value: int, info: SerializationInfo) -> int:
    # These routes read 0 as "all"; some of them slice from the end for a negative number.
    return 0 if value == ALL and info.context is WIRE else value


def _many_for_all(value: int, info: SerializationInfo) -> int:
    # This route has no number for "all" and slices from the end for a negative one.
    return 2**31 - 1 if value == ALL and info.context is WIRE else value


def _epoch_ms(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    return value


def _document(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        raise ValueError("give a path, a mapping or a model; bytes are none of them")
    if isinstance(value, str) and value.lstrip().startswith("{"):
        raise ValueError("a string is taken as a path; parse JSON text with json.loads first")
    if isinstance(value, str) and not value.strip():
        raise ValueError("a path must not be empty")
    if isinstance(value, str | os.PathLike):
        return Path(cast("str | os.PathLike[str]", value))
    if isinstance(value, Mapping | BaseModel):
        return cast("object", value)
    raise ValueError("give a path, a mapping or a model")


def _folder(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("a path must not be empty")
    return value


if TYPE_CHECKING:
    JobIdIn: TypeAlias = str | int
    PartyIdIn: TypeAlias = int | str
    RoleIn: TypeAlias = str
    JobStatusIn: TypeAlias = str
    TaskStatusIn: TypeAlias = str
    Limit: TypeAlias = int
    ListLimit: TypeAlias = int
    ManyLimit: TypeAlias = int
    Number: TypeAlias = int
    ZeroOrOne: TypeAlias = int
    DslVersion: TypeAlias = str | int
    NamesIn: TypeAlias = Sequence[str]
    Name: TypeAlias = str
    Date8In: TypeAlias = str | int
    DocumentIn: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | BaseModel
    FolderIn: TypeAlias = str | os.PathLike[str]
    Time: TypeAlias = datetime
    TimeWindow: TypeAlias = tuple[datetime | int | None, datetime | int | None]
    JobStatusesIn: TypeAlias = str | Sequence[str]
else:
    JobIdIn = Annotated[str, BeforeValidator(_job_id)]
    # An editor must not underline what is taken.
    _PARTY = {
        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}]
    }
    PartyIdIn = Annotated[int, BeforeValidator(_party_id), WithJsonSchema(_PARTY)]
    RoleIn = Annotated[Role, BeforeValidator(_role)]
    JobStatusIn = Annotated[JobStatus, BeforeValidator(_job_status)]
    TaskStatusIn = Annotated[TaskStatus, BeforeValidator(_task_status)]
    Limit = Annotated[int, BeforeValidator(_no_bool), AfterValidator(_limit)]
    ListLimit = Annotated[Limit, PlainSerializer(_zero_for_all)]
    ManyLimit = Annotated[Limit, PlainSerializer(_many_for_all)]
    Number = Annotated[int, BeforeValidator(_no_bool)]
    _TRUTHS = {"enum": [0, 1, "0", "1", False, True]}
    ZeroOrOne = Annotated[int, BeforeValidator(_zero_or_one), WithJsonSchema(_TRUTHS)]
    DslVersion = Annotated[str, BeforeValidator(_dsl_version)]
    Name = Annotated[str, AfterValidator(_name)]
    NamesIn = Annotated[tuple[Name, ...], Field(min_length=1)]
    Date8In = Annotated[str, BeforeValidator(_date8)]
    DocumentIn = Annotated[Any, BeforeValidator(_document)]
    FolderIn = Annotated[Path, BeforeValidator(_folder)]
    Time = Annotated[datetime, BeforeValidator(_epoch_ms)]
    _TimeIn = Annotated[datetime, BeforeValidator(_aware)]
    TimeWindow = Annotated[tuple[_TimeIn | None, _TimeIn | None], PlainSerializer(_window_ms)]
    JobStatusesIn = JobStatusIn | Annotated[tuple[JobStatusIn, ...], Field(min_length=1)]

Exist: TypeAlias = Literal["replace", "error", "skip"]
"""What a download does where its target exists."""
