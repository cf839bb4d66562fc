"""The bases of every request and every result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict

from fateflow_client._core.shapes import mapping
from fateflow_client.events import Statistics
from fateflow_client.types import WIRE

if TYPE_CHECKING:
    from typing import Self

R_co = TypeVar("R_co", covariant=True)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What FATE Flow 1.x wraps every JSON answer in.

    Attributes:
        status: The HTTP status.
        retcode: 0, or a code of an open vocabulary; None where ``raw`` came without an envelope.
        retmsg: The server's text; not stable between releases.
        data: The payload, or None.
        job_id: ``jobId``: the job that the call made, or None.
        meta: What some component calls put beside the data, or None.
        raw: The whole answer as it came.
    """

    status: int = 200
    retcode: int = 0
    retmsg: str = ""
    data: Any = None
    job_id: str | None = None
    meta: Any = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Returns(Generic[R_co]):
    """Says what a request is answered with, for type checkers only."""


class Request(BaseModel):
    """The parameters of one call, checked when it is built. Immutable."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), validate_default=False
    )

    local_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that stay on this side: never on the wire."""

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Leave out what confs and addresses hold: it is long, and may be a password."""
        for name, value in super().__repr_args__():
            kind = type(cast("object", value))
            yield name, kind.__name__ if issubclass(kind, Mapping | BaseModel) else value

    def wire_json(self, without: frozenset[str] = frozenset()) -> bytes:
        """The JSON body: no fields without value, no local fields, numbers as the server wants.

        Args:
            without: More fields to leave out.
        """
        return self.model_dump_json(
            exclude_none=True, exclude={*self.local_fields, *without}, by_alias=True, context=WIRE
        ).encode()

    def wire_members(self) -> dict[str, Any]:
        """Members of the body that are not fields; none for nearly every request."""
        return {}


class Result(BaseModel):
    """What a call is answered with. Immutable; unknown members are kept as attributes."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    @cached_property
    def envelope(self) -> Envelope:
        """The answer as it came. Not part of equality; empty for a result made by hand."""
        return Envelope()

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Read the result out of a successful answer."""
        return cls.model_validate(envelope.data)

    @cached_property
    def statistics(self) -> Statistics:
        """What the call took. Not part of equality; no attempt for a result made by hand."""
        return Statistics(attempts=0)

    def with_statistics(self, statistics: Statistics) -> Self:
        """Remember what the call took."""
        vars(self)["statistics"] = statistics
        return self

    def with_envelope(self, envelope: Envelope) -> Self:
        """Remember the answer this result was read from."""
        # As functools.cached_property does it: pydantic compares and dumps declared fields only.
        vars(self)["envelope"] = envelope
        return self


class Done(Result):
    """The answer to a call that changes something and has nothing to tell but its text."""

    message: str = ""
    """The server's text."""
    already: bool = False
    """True where an earlier attempt had done it, whose answer was lost."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the text."""
        return cls(message=envelope.retmsg)


class LocalJob(Result):
    """A job of the server's own that does what was asked; role ``local``, party 0.

    What it does is done when it has ended with success: see ``job.wait``.
    """

    job_id: str
    """The job's id."""
    board_url: str | None = None
    """The job's page on FATEBoard, as the server believes it is reachable."""
    logs_directory: str | None = None
    """A folder on the server."""
    message: str = ""
    """The server's remark."""
    recovered: bool = False
    """True where the answer was lost and the job was found by looking for it."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Read the id from beside the data if it is not inside."""
        beside = {"job_id": envelope.job_id} if envelope.job_id else {}
        return cls.model_validate(beside | mapping(envelope.data))


class RowResult(Result):
    """A row of one of the server's tables. Older routes prefix its members with ``f_``."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(f"f_{name}", name)
        )
    )


class RowsResult(Result, Generic[Row]):
    """A result that is a list: iterate over it, index it, take its length."""

    rows: tuple[Row, ...] = ()
    """The rows, in the server's order."""

    def __iter__(self) -> Iterator[Row]:  # type: ignore[override]  # a list's rows, not pydantic's (field, value) pairs
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Read the rows; no data means no rows."""
        return cls.model_validate({"rows": envelope.data or ()})


class MappingResult(Result, Generic[Row]):
    """A result that is a mapping by name: index it, iterate over its names, take its length."""

    entries: Mapping[str, Row] = {}
    """The entries by name."""

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # a mapping's names, not pydantic's (field, value) pairs
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, name: str) -> Row:
        return self.entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Read the entries; no data means none."""
        return cls.model_validate({"entries": envelope.data or {}})


def rows_and_count(data: object, name: str) -> dict[str, Any]:
    """Read the two shapes of lists: an array (up to 1.7.0), or an object with a count (later).

    No data means no rows; any other shape is left for validation to refuse.
    """
    if data is None:
        return {"rows": ()}
    members = mapping(data)
    rows = members.get(name) if members else data
    return {"rows": rows, "count": members.get("count")}
