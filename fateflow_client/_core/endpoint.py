"""An endpoint: everything about a call that is a fact and not code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, cast

from pydantic import BaseModel

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client._core.releases import Capability, OldRoute, Release
from fateflow_client._core.trail import Server, Sighting, Trail
from fateflow_client.domain._base import Request, Result
from fateflow_client.errors import ApiError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from fateflow_client.types import Exist

Q = TypeVar("Q", bound=Request)
R = TypeVar("R", bound=Result)


class Repeat(StrEnum):
    """What may be done about a call whose answer was lost."""

    READ = "read"
    """It changes nothing: repeat it."""
    SAFE = "safe"
    """Doing it twice is as good as once: repeat it."""
    NEVER = "never"
    """Doing it twice is twice the effect: repeat it only if nothing was sent."""


@dataclass(frozen=True, slots=True)
class Times:
    """Limits of a call, in seconds."""

    connect: float
    """For the connection."""
    read: float
    """For the next byte of the answer."""
    total: float | None
    """For the whole call, retries included; None for transfers, which only must not stall."""


QUERY = Times(5, 30, 60)
STOP = Times(5, 180, 300)
SUBMIT = Times(5, 300, 330)
MODEL = Times(5, 150, 180)
UPLOAD = Times(5, 60, None)
DOWNLOAD = Times(5, 600, None)
PROBE = Times(5, 5, 10)


class Empty(Enum):
    """The meaning "nothing there" of an answer that looks like an error."""

    EMPTY = "empty"


EMPTY = Empty.EMPTY


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer of one endpoint means, which retcodes alone do not say."""

    outcome: type[ApiError] | Literal[Empty.EMPTY]
    """Nothing there, or the error to raise."""
    retcode: int
    """The retcode it has."""
    text: re.Pattern[str] | None = None
    """What its retmsg holds; None for any."""
    no_data: bool = False
    """Only if there is no data: for retcode 0."""

    def fits(self, retcode: int, retmsg: str, data: object) -> bool:
        """Whether an answer means this."""
        return (
            retcode == self.retcode
            and not (self.no_data and data)
            and (self.text is None or self.text.search(retmsg) is not None)
        )


def meaning(
    outcome: type[ApiError] | Literal[Empty.EMPTY],
    retcode: int,
    text: str | None = None,
    *,
    no_data: bool = False,
) -> Meaning:
    """Write a Meaning down in one line; ``text`` is a pattern."""
    return Meaning(outcome, retcode, re.compile(text) if text else None, no_data)


class Body(Protocol):
    """A body that can be sent again: opening it starts from the beginning."""

    length: int
    """Bytes, known before the first is read."""
    content_type: str
    """Its media type."""

    def open(self) -> Readable:
        """Start reading; the caller closes."""
        ...


class Readable(Protocol):
    """What a transport reads a body from."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; empty at the end."""
        ...

    def close(self) -> None:
        """Let go of the file behind it."""
        ...


class ByteStream(Protocol):
    """The body of an answer as it arrives."""

    length: int | None
    """Content-Length, or None where the end of the connection is the end."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; empty at the end. Raises TransportError where it breaks off."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as it goes on the wire, but for the signature."""

    method: str
    path: str
    """``/v1/...``, what the server sees."""
    query: str = ""
    """Percent-encoded already."""
    body: bytes | Body = b"{}"
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    """Form fields beside a file, which the signature covers."""

    @property
    def target(self) -> str:
        """Path and query, as in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Document:
    """A conf or DSL that a request named, read once per call."""

    value: dict[str, Any]
    """The parsed object; nobody else holds it."""
    source: Path | None
    """The file, or None for a mapping or a model."""


Progress = Callable[[int, "int | None"], None]
"""Called with bytes done, and bytes in all or None, while something is transferred."""

Documents = Mapping[str, Document]
"""Documents by the request's field."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What a caller may say about one call. Never on the wire, never part of the request."""

    timeout: float | None = None
    """Seconds to wait for the next byte; None: the endpoint's own."""
    deadline: float | None = None
    """Seconds for the whole call, retries included; None: the endpoint's own."""
    exist: Exist = "replace"
    """What a download does where its target exists."""
    progress: Progress | None = None
    """Told of a transfer's progress."""
    idempotency_key: str | None = None
    """Names a submit: one that was made under this name is found and not made again."""
    lookback: float = 86_400.0
    """Seconds to look back for it."""
    marker: bool = True
    """False sends no marker; a lost answer cannot be made up for then."""
    validate: bool = True
    """False sends confs that certainly fail."""
    limits: DownloadLimits = DEFAULT_LIMITS
    """How much a download may hold; the client's setting, not one of the call."""

    def __post_init__(self) -> None:
        for name in ("timeout", "deadline", "lookback"):
            seconds: float | None = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ConfigError(f"{name} is a number of seconds above 0")
        if self.idempotency_key is not None and not (self.idempotency_key and self.marker):
            raise ConfigError("idempotency_key is not empty, and needs the marker")
        if self.exist not in ("replace", "error", "skip"):
            raise ConfigError('exist is "replace", "error" or "skip"')


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Q, R]):
    """One call of FATE Flow 1.x."""

    route: str
    """The path after the API version."""
    request: type[Q]
    """What is asked."""
    result: type[R]
    """What is answered."""
    repeat: Repeat = Repeat.READ
    """What may be done about a lost answer."""
    method: str = "POST"
    """The HTTP verb."""
    times: Times = QUERY
    """Its limits."""
    meanings: tuple[Meaning, ...] = ()
    """What its answers mean where retcodes do not say; the first that fits counts."""
    documents: Mapping[str, str] = field(default_factory=dict[str, str])
    """Fields that name a document, each with the member of the body that it becomes; "" is the
    body itself."""
    confs: Mapping[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])
    """Models that check those documents."""
    name_lists: tuple[str, ...] = ()
    """Fields that name a file with a list of names."""
    needs: tuple[Capability, ...] = ()
    """What not every release can do of this call."""
    old_route: OldRoute | None = None
    """Where the call was in old releases."""
    since: Release | None = None
    """The first release that has the call, where that is not 1.5."""
    per_party: bool = False
    """Whether a success holds a retcode for every party, which may be a failure."""
    text_retcode: bool = False
    """Whether old releases answer a success with a text for a retcode."""
    done_if: str | None = None
    """A pattern of the refusal that means that an earlier attempt did it, whose answer was lost."""
    safe_if: Callable[[Q, Documents], bool] | None = None
    """Says of a call that must not be repeated when it may be."""
    check: Callable[[Q, Documents, Release | None], None] | None = None
    """Raises InvalidConfError for documents that certainly fail; the release if it is known."""
    prepare: Callable[[Q, Callable[[Request], Any]], Q] | None = None
    """Completes a request by asking the server first."""
    stamp: Callable[[Documents, str | None, float], Documents] | None = None
    """Writes into the documents what the call is recognised by: a token (or None: nothing), or a
    name made of it and the time in seconds since the epoch."""
    trail: Callable[[Q, Documents, str | None, Server], Trail | None] | None = None
    """Notes, before the call is sent, what to look for after a lost answer; may refuse the call."""
    attach: Callable[[Any, Server, float, float], tuple[Sighting, Trail]] | None = None
    """Looks for what an earlier call with the same key did: trail, server, from when on, now."""
    encode: Callable[[Q, Documents, CallOptions, str], Wire] | None = None
    """Makes the Wire where it is not plain JSON; takes the path last."""
    receive: Callable[[Q, Documents, ByteStream, CallOptions], R] | None = None
    """Takes the body of a download; the call is repeated if it raises TruncatedDownloadError."""
    finish: Callable[[R, Documents, Wire], R] | None = None
    """Adds to the result what only this side knows."""
    write: Callable[[R, Q, CallOptions], R] | None = None
    """Writes the result to where the request said, and tells it the paths."""
    already: Callable[[Q, Documents, CallOptions], R | None] | None = None
    """Looks before a download: gives the result if the target may stay as it is."""


def endpoint_of(request: Request) -> Endpoint[Any, Any]:
    """Find the endpoint of a request: in the group's module that has the name of its own module."""
    return _endpoint_of(type(request))


@cache
def _endpoint_of(kind: type[Request]) -> Endpoint[Any, Any]:
    for cls in kind.__mro__:
        if cls.__module__.startswith("fateflow_client.domain."):
            name = cls.__module__.rpartition(".")[2]
            module = import_module(f"fateflow_client.groups.{name}")
            for value in vars(module).values():
                found = cast("Any", value) if isinstance(value, Endpoint) else None
                if found is not None and found.request is cls:
                    endpoint: Endpoint[Any, Any] = found
                    return endpoint
    raise TypeError(f"{kind.__name__} is no request of this library")
