"""Models: what a deploy made, and whether an import arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fateflow_client._core.shapes import mapping
from fateflow_client._core.trail import NOTHING, Server, Sighting, Trail
from fateflow_client.domain._base import Envelope
from fateflow_client.domain.model import ModelDeployed, ModelImported, ModelInfo, ModelInfoQuery
from fateflow_client.errors import UnsupportedByServerError


@dataclass(frozen=True, slots=True)
class DeployTrail(Trail):
    """The versions that were deployed from a model before."""

    model_id: str
    model_version: str
    children: frozenset[str]

    @classmethod
    def before(cls, server: Server, model_id: str, model_version: str) -> DeployTrail | None:
        """Note the versions there are; None where the release cannot list them (before 1.9)."""
        try:
            return cls(model_id, model_version, _children(server, model_id, model_version))
        except UnsupportedByServerError:
            return None

    def look(self, server: Server, since: float) -> Sighting:
        """Look for versions that are new. Of two nobody can tell which is ours."""
        new = sorted(_children(server, self.model_id, self.model_version) - self.children)
        if len(new) != 1:
            return Sighting(candidates=tuple(new)) if new else NOTHING
        data = {"model_id": self.model_id, "model_version": new[0], "recovered": True}
        return Sighting(result=_result(ModelDeployed, data))


def _children(server: Server, model_id: str, model_version: str) -> frozenset[str]:
    rows = server.send(ModelInfoQuery(model_id=model_id))
    return frozenset(
        row.model_version
        for row in rows
        if row.model_version
        and mapping(row.parent_info).get("parent_model_version") == model_version
    )


@dataclass(frozen=True, slots=True)
class ImportTrail(Trail):
    """A party's model, and what was known of it before."""

    model_id: str
    model_version: str
    role: str
    party_id: int
    before: bool
    """Whether the server had it already: then its being there says nothing."""

    @classmethod
    def noted(
        cls, server: Server, model_id: str, model_version: str, role: str, party_id: int
    ) -> ImportTrail:
        """Note whether it is there."""
        trail = cls(model_id, model_version, role, party_id, before=False)
        there = trail._row(server) is not None
        return cls(model_id, model_version, role, party_id, before=there)

    def look(self, server: Server, since: float) -> Sighting:
        """Look for a model that was not there before."""
        row = None if self.before else self._row(server)
        if row is None:
            return NOTHING
        data: dict[str, Any] = {
            "job_id": row.job_id,
            "role": self.role,
            "party_id": self.party_id,
            "model_id": self.model_id,
            "model_version": self.model_version,
            "recovered": True,
        }
        return Sighting(result=_result(ModelImported, data))

    def _row(self, server: Server) -> ModelInfo | None:
        rows = server.send(
            ModelInfoQuery(
                model_id=self.model_id,
                model_version=self.model_version,
                role=self.role,
                party_id=self.party_id,
            )
        )
        return next(iter(rows), None)


def _result(kind: type[ModelDeployed] | type[ModelImported], data: dict[str, Any]) -> Any:
    envelope = Envelope(
        retmsg="success", data=data, raw={"retcode": 0, "retmsg": "success", "data": data}
    )
    return kind.from_envelope(envelope).with_envelope(envelope)
