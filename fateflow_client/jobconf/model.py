"""The confs of the model calls: which model, of which party, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fateflow_client.types import Name, PartyIdIn, RoleIn, ZeroOrOne


class _Conf(BaseModel):
    # Some confs hold passwords of databases: no input in messages.
    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), hide_input_in_errors=True
    )


class PartyRef(_Conf):
    """A party of a model conf."""

    role: RoleIn
    """Its role."""
    party_id: PartyIdIn
    """Its id."""


class PartyModelConf(_Conf):
    """One party's model: what store and restore read, and the base of export and import."""

    role: RoleIn
    """The party's role."""
    party_id: PartyIdIn
    """The party's id."""
    model_id: Name
    """The model's id."""
    model_version: Name
    """The model's version."""


class ModelExportConf(PartyModelConf):
    """What ``model.export_model`` reads."""

    output_path: Name
    """The folder on this machine to put the zip into; not sent."""


class ModelImportConf(PartyModelConf):
    """What ``model.import_model`` reads."""

    file: Name
    """The zip that an export made: relative to the conf's own folder, or the working directory."""
    force_update: ZeroOrOne | None = None
    """1 replaces a model that exists (release 1.9 and later)."""
    hash: str | None = None
    """SHA-256 of the file, which the server then checks (release 1.9 and later)."""


class ModelJobParameters(_Conf):
    """The model that a load, bind or migrate conf speaks of."""

    model_id: Name
    """The model's id."""
    model_version: Name
    """The model's version; a deployed one."""


class ModelLoadConf(_Conf):
    """What ``model.load`` reads, and the base of bind."""

    initiator: PartyRef
    """The party that started the training."""
    role: Mapping[RoleIn, list[Any]]
    """Party ids by role."""
    job_parameters: ModelJobParameters
    """The model."""


class ModelBindConf(_Conf):
    """What ``model.bind`` reads; with a job id, the service id is enough."""

    service_id: Name
    """The name under which FATE-Serving offers the model."""
    servings: list[str] | None = None
    """Servers of FATE-Serving, as ``host:port``; None: the server's own."""


class ModelMigrateConf(_Conf):
    """What ``model.migrate`` reads: a model of these parties becomes one of those."""

    migrate_initiator: PartyRef
    """The party that is to be the initiator afterwards."""
    role: Mapping[RoleIn, list[Any]]
    """Party ids by role, before."""
    migrate_role: Mapping[RoleIn, list[Any]]
    """Party ids by role, afterwards: the same roles, with lists as long."""
    model_id: Name
    """The model's id."""
    model_version: Name
    """The model's version."""
    execute_party: Mapping[RoleIn, list[Any]]
    """The parties that do it, by role."""
    job_parameters: Mapping[str, Any]
    """``federated_mode`` is looked for in here."""
    unify_model_version: str | None = Field(default=None, min_length=1)
    """The version of the migrated model; setting it makes a repetition harmless."""

    @model_validator(mode="after")
    def _same_shape(self) -> Self:
        before = {role: len(ids) for role, ids in self.role.items()}
        after = {role: len(ids) for role, ids in self.migrate_role.items()}
        if before != after:
            raise ValueError("role and migrate_role need the same roles, with lists as long")
        if not {"guest", "host"} <= set(before):
            raise ValueError("role and migrate_role need guest and host")
        return self


class DataDownloadConf(_Conf):
    """What ``data.download`` reads."""

    namespace: Name
    """The table's namespace."""
    table_name: Name
    """The table's name."""
    output_path: Name
    """A path ON THE SERVER, where its worker writes the table."""
    delimiter: str | None = None
    """What separates the columns."""
    work_mode: ZeroOrOne | None = None
    """Needed by servers up to 1.6, ignored by later ones."""
