"""Tags of models: requests and results of ``model/tag/*``."""

from __future__ import annotations

from typing import Self

from pydantic import AliasChoices, Field, model_validator

from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import Done, Envelope, Request, Result, Returns, RowsResult
from fateflow_client.types import ManyLimit, Name


class Tag(Result):
    """A tag."""

    name: str
    """Its name."""
    description: str | None = None
    """What it is for."""
    model_count: int | None = None
    """How many models have it; told by lists only."""


class TagList(RowsResult[Tag]):
    """Tags."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the tags."""
        return cls.model_validate({"rows": mapping(envelope.data).get("tags")})


class TagCreateRequest(Request, Returns[Done]):
    """Make a tag."""

    tag_name: Name
    """Its name."""
    tag_desc: str | None = None
    """What it is for."""


class TagUpdateRequest(Request, Returns[Done]):
    """Rename or describe a tag."""

    tag_name: Name
    """Its name now."""
    new_tag_name: Name | None = None
    """Its name afterwards; None leaves it."""
    new_tag_desc: str | None = None
    """Its description afterwards; None leaves it, although the server would erase it."""

    @model_validator(mode="after")
    def _something_new(self) -> Self:
        if self.new_tag_name is None and self.new_tag_desc is None:
            raise ValueError("give new_tag_name or new_tag_desc")
        return self


class TagListRequest(Request, Returns[TagList]):
    """List tags."""

    limit: ManyLimit = 10
    """How many, or -1 for all."""


class TaggedModel(Result):
    """A model that has a tag."""

    model_id: str
    """The model's id."""
    model_version: str
    """Its version."""
    role: str | None = None
    """The role of the party that has it."""
    party_id: int | None = None
    """The id of that party."""
    size: int | None = Field(default=None, validation_alias=AliasChoices("model_size", "size"))
    """KiB on disk."""


class TagMatches(Result):
    """What a tag query found."""

    tags: tuple[Tag, ...] = ()
    """Tags whose names hold the text, if no models were asked for."""
    models: tuple[TaggedModel, ...] = ()
    """Models that have exactly that tag, if models were asked for."""
    count: int | None = None
    """How many models."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take tags or models; no data means none."""
        return cls.model_validate(mapping(envelope.data))


class TagQuery(Request, Returns[TagMatches]):
    """Find tags, or the models that have one."""

    tag_name: Name
    """A part of the tag's name; with with_model, the whole."""
    with_model: bool = False
    """True asks for the models that have the tag."""


class TagDeleteRequest(Request, Returns[Done]):
    """Delete a tag, and take it from every model."""

    tag_name: Name
    """Its name."""
