"""What ``model.deploy`` is told, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from fateflow_client.types import Name


class ModelDeployConf(BaseModel):
    """Which trained model becomes one that predicts, and with which components."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    model_id: Name
    """The model's id."""
    model_version: Name
    """The version that was trained."""
    cpn_list: list[Name] | None = None
    """Only these components; without it and without ``predict_dsl``, all of the training's."""
    predict_dsl: Mapping[str, Any] | str | None = None
    """The DSL to predict with, as an object or as JSON text."""
    components_checkpoint: Mapping[str, Mapping[str, Any]] | None = None
    """By component, the step of its training to take (1.7 and later)."""

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        # Some releases let one of them win silently, later ones fail on every party.
        if self.cpn_list is not None and self.predict_dsl is not None:
            raise ValueError("give cpn_list or predict_dsl, not both")
        return self
