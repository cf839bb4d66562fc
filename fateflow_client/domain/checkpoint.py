"""Checkpoints of models in training: requests and results of ``checkpoint/*``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from fateflow_client.domain._base import MappingResult, Request, Returns, RowsResult
from fateflow_client.types import Name, Number, PartyIdIn, RoleIn


class _CheckpointRequest(Request):
    model_id: Name
    """The model's id."""
    model_version: Name
    """Its version."""
    role: RoleIn
    """The role of the party that has it."""
    party_id: PartyIdIn
    """The id of that party."""
    component_name: Name
    """The component, as the DSL names it."""


class Checkpoints(RowsResult[Mapping[str, Any]]):
    """Checkpoints of a component, as the server describes them."""


class CheckpointListRequest(_CheckpointRequest, Returns[Checkpoints]):
    """List the checkpoints of a component."""


class Checkpoint(MappingResult[Any]):
    """A checkpoint with its models."""


class CheckpointGetRequest(_CheckpointRequest, Returns[Checkpoint]):
    """Ask for one checkpoint."""

    step_index: Annotated[Number, Field(ge=0)] | None = None
    """Its number ..."""
    step_name: Name | None = None
    """... or its name."""

    @model_validator(mode="after")
    def _one_step(self) -> Self:
        if (self.step_index is None) == (self.step_name is None):
            raise ValueError("give step_index or step_name, and not both")
        return self
