"""Checkpoints of models in training."""

from __future__ import annotations

from fateflow_client._core.endpoint import Endpoint
from fateflow_client._core.releases import R170
from fateflow_client.domain.checkpoint import (
    Checkpoint,
    CheckpointGetRequest,
    CheckpointListRequest,
    Checkpoints,
)
from fateflow_client.groups._base import Group
from fateflow_client.types import PartyIdIn, RoleIn

LIST = Endpoint("checkpoint/list", CheckpointListRequest, Checkpoints, since=R170)
GET = Endpoint("checkpoint/get", CheckpointGetRequest, Checkpoint, since=R170)


class CheckpointGroup(Group):
    """``client.checkpoint``: checkpoints of models in training."""

    def list(
        self,
        model_id: str,
        model_version: str,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Checkpoints:
        """List the checkpoints of a component (1.7 and later). POST checkpoint/list.

        Args:
            model_id: The model's id.
            model_version: Its version.
            role: The role of the party that has it.
            party_id: The id of that party.
            component_name: The component, as the DSL names it.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            CheckpointListRequest(
                model_id=model_id,
                model_version=model_version,
                role=role,
                party_id=party_id,
                component_name=component_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def get(
        self,
        model_id: str,
        model_version: str,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        step_index: int | None = None,
        step_name: str | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Checkpoint:
        """Get one checkpoint (1.7 and later). POST checkpoint/get.

        Args:
            model_id: The model's id.
            model_version: Its version.
            role: The role of the party that has it.
            party_id: The id of that party.
            component_name: The component, as the DSL names it.
            step_index: Its number ...
            step_name: ... or its name.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            CheckpointGetRequest(
                model_id=model_id,
                model_version=model_version,
                role=role,
                party_id=party_id,
                component_name=component_name,
                step_index=step_index,
                step_name=step_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )
