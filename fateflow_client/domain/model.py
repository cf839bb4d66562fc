"""Models: requests and results of ``model/*``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import (
    Done,
    Envelope,
    LocalJob,
    MappingResult,
    Request,
    Result,
    Returns,
    RowResult,
    RowsResult,
)
from fateflow_client.domain.tag import Tag
from fateflow_client.types import DocumentIn, JobIdIn, Name, NamesIn, PartyIdIn, RoleIn, Time

_HIDDEN = ConfigDict(hide_input_in_errors=True)
"""For requests whose confs may hold passwords of databases: no input in messages."""


class PartyResult(Result):
    """The answer to a call that every party of a model takes part in, and none refused."""

    job_id: str | None = None
    """An id for the operation; no job that could be waited for."""
    parties: Mapping[str, Mapping[str, int]] = {}
    """By role and party id: 0. A party that failed makes the call raise PartyError."""
    detail: Mapping[str, Any] = {}
    """By role and party id: the party's own words."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Tell the parties apart from what stands beside them."""
        data = mapping(envelope.data)
        parties = {
            role: mapping(codes)
            for role, codes in data.items()
            if role != "detail" and mapping(codes)
        }
        rest = {name: value for name, value in data.items() if name not in parties}
        return cls.model_validate({"job_id": envelope.job_id, **rest, "parties": parties})


class ModelLoaded(PartyResult):
    """A model that FATE-Serving got from every party."""


class ModelLoadRequest(Request, Returns[ModelLoaded]):
    """Push a model to FATE-Serving."""

    conf_path: DocumentIn | None = None
    """The load conf: a path, a mapping or a model."""
    job_id: JobIdIn | None = None
    """The job that trained the model, instead of a conf."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.conf_path is None) == (self.job_id is None):
            raise ValueError("give conf_path or job_id, and not both")
        return self


class ModelBindRequest(Request, Returns[Done]):
    """Offer a loaded model under a service id."""

    conf_path: DocumentIn
    """The bind conf, with its ``service_id``."""
    job_id: JobIdIn | None = None
    """The job that trained the model; the rest of the conf is then taken from it."""


class ModelExported(Result):
    """A model in a file on this machine."""

    file: Path
    """The zip, ``{role}#{party_id}#{model_id}_{model_version}.zip``."""
    size: int
    """Bytes."""
    sha256: str
    """The zip's hash, which an import can check."""


class ModelExportRequest(Request, Returns[ModelExported]):
    """Download a model as a zip."""

    model_config = _HIDDEN

    conf_path: DocumentIn
    """The export conf, with the folder ``output_path`` of this machine."""


class ModelStored(LocalJob):
    """A local job that puts a model into the server's model storage; see ``job.wait``."""


class ModelStoreRequest(Request, Returns[ModelStored]):
    """Put a model into the server's model storage."""

    model_config = _HIDDEN

    conf_path: DocumentIn
    """Role, party_id, model_id, model_version."""


class ModelRestored(LocalJob):
    """A local job that gets a model out of the server's model storage; see ``job.wait``."""


class ModelRestoreRequest(Request, Returns[ModelRestored]):
    """Get a model out of the server's model storage."""

    model_config = _HIDDEN

    conf_path: DocumentIn
    """Role, party_id, model_id, model_version."""


class ModelImported(Result):
    """A model that the server has now."""

    job_id: str | None = None
    """The job that trained it (release 1.9 and later)."""
    role: str | None = None
    """The party's role (release 1.9 and later)."""
    party_id: int | None = None
    """The party's id (release 1.9 and later)."""
    model_id: str | None = None
    """The model's id (release 1.9 and later)."""
    model_version: str | None = None
    """The model's version (release 1.9 and later)."""
    file: Path | None = None
    """The zip that was sent."""
    recovered: bool = False
    """True where the answer was lost and the model was found by looking for it."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take what there is: old releases tell nothing."""
        return cls.model_validate(mapping(envelope.data))


class ModelImportRequest(Request, Returns[ModelImported]):
    """Upload a model from a zip."""

    model_config = _HIDDEN

    conf_path: DocumentIn
    """The import conf, with the zip ``file`` of this machine."""


class ModelMigrated(PartyResult):
    """A model that was copied for other parties, each of which must import it."""

    model_version: str | None = None
    """The copy's version: ``unify_model_version``, or the id of the operation."""


class ModelMigrateRequest(Request, Returns[ModelMigrated]):
    """Copy a model for other parties."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"to_database"})

    conf_path: DocumentIn
    """The migrate conf."""
    to_database: Literal[False] = False
    """Only False: no server can do the other."""


class ModelTags(RowsResult[Tag]):
    """The tags of a model."""

    count: int | None = None
    """How many."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the tags and their count."""
        data = mapping(envelope.data)
        return cls.model_validate({"rows": data.get("tags"), "count": data.get("count")})


class ModelTagListRequest(Request, Returns[ModelTags]):
    """Ask for the tags of a model."""

    job_id: JobIdIn
    """The model's version, or the job that trained it, which is the same."""


class ModelTagRequest(Request, Returns[Done]):
    """Tag a model, or remove a tag from it."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"remove"})

    job_id: JobIdIn
    """The model's version, or the job that trained it, which is the same."""
    tag_name: Name
    """The tag; made if there is none of that name."""
    remove: bool = False
    """True removes it."""


class ModelDeployed(PartyResult):
    """A version of a model that predicts: a child of the one that was trained."""

    model_id: str
    """The model's id."""
    model_version: str
    """The new version, which prediction jobs ask for."""
    recovered: bool = False
    """True where the answer was lost and the version was found by looking for it."""


class DeployRequest(Request, Returns[ModelDeployed]):
    """Make a version of a model that predicts."""

    model_id: Name
    """The trained model's id."""
    model_version: Name
    """The trained model's version."""
    cpn_list: NamesIn | None = None
    """The components to deploy; None: all of the training."""
    predict_dsl: DocumentIn | None = None
    """The DSL of predictions, instead of cpn_list: a path, a mapping or a model."""
    components_checkpoint: Mapping[str, Mapping[str, Any]] | None = None
    """By component: ``step_index`` or ``step_name`` (release 1.7 and later)."""

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.cpn_list is not None and self.predict_dsl is not None:
            raise ValueError("give cpn_list or predict_dsl, and not both: servers disagree on that")
        return self


class PredictDsl(MappingResult[Any]):
    """The DSL of a deployed model's predictions."""


class PredictDslRequest(Request, Returns[PredictDsl]):
    """Ask for the DSL of a deployed model's predictions."""

    model_id: Name
    """The model's id."""
    model_version: Name
    """The deployed version."""


class PredictConf(MappingResult[Any]):
    """A runtime conf to fill in for predictions with a deployed model."""


class PredictConfRequest(Request, Returns[PredictConf]):
    """Ask for a runtime conf for predictions with a deployed model."""

    model_id: Name
    """The model's id."""
    model_version: Name
    """The deployed version."""


class ModelInfo(RowResult):
    """A model as one party has it. With query_filters, only the columns asked for."""

    model_id: str | None = None
    """The model's id."""
    model_version: str | None = None
    """Its version."""
    role: str | None = None
    """The party's role."""
    party_id: int | None = None
    """The party's id."""
    job_id: str | None = None
    """The job that made it."""
    roles: Mapping[str, tuple[int, ...]] | None = None
    """Party ids by role."""
    initiator_role: str | None = None
    """The role of the party that started the training."""
    initiator_party_id: int | None = None
    """The id of that party."""
    size: int | None = None
    """KiB on disk."""
    parent: bool | None = None
    """Whether it was trained here, and not deployed from another version."""
    parent_info: Mapping[str, Any] | None = None
    """For a deployed one, the model that it came from."""
    loaded_times: int | None = None
    """How often it was loaded."""
    imported: bool | None = None
    """Whether it was imported."""
    fate_version: str | None = None
    """The release that trained it."""
    archive_sha256: str | None = None
    """The hash of its archive (release 1.9 and later)."""
    runtime_conf: Mapping[str, Any] | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("f_runtime_conf", "runtime_conf")
    )
    """The conf of its job."""
    train_dsl: Mapping[str, Any] | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("f_train_dsl", "train_dsl")
    )
    """The DSL of its training."""
    train_runtime_conf: Mapping[str, Any] | None = Field(
        default=None,
        repr=False,
        validation_alias=AliasChoices("f_train_runtime_conf", "train_runtime_conf"),
    )
    """The conf of its training."""
    inference_dsl: Mapping[str, Any] | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("f_inference_dsl", "inference_dsl")
    )
    """The DSL of its predictions."""
    create_time: Time | None = None
    """When it was made."""
    update_time: Time | None = None
    """When the row last changed."""


class ModelInfoList(RowsResult[ModelInfo]):
    """Models, one row for every party that has one."""


class ModelInfoQuery(Request, Returns[ModelInfoList]):
    """Find models. Without a filter the server gives all; before 1.9 model_version is needed."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"filters"})

    model_id: Name | None = None
    """The model's id."""
    model_version: Name | None = None
    """Its version."""
    role: RoleIn | None = None
    """The role of the party that has it."""
    party_id: PartyIdIn | None = None
    """The id of that party."""
    query_filters: NamesIn | None = None
    """Only these columns, by their names without ``f_``."""
    filters: Mapping[str, str | int | bool] = {}
    """More columns and the values they must have (release 1.9 and later)."""

    def wire_members(self) -> dict[str, Any]:
        """The columns to filter by, beside the fields."""
        return dict(self.filters)


class ModelDetail(MappingResult[Any]):
    """A model with its components: ``component_info``, ``dsl``, ``train_dsl`` and more."""


class ModelDetailQuery(Request, Returns[ModelDetail]):
    """Ask for a model with its components."""

    model_id: Name
    """The model's id."""
    model_version: Name
    """Its version."""
    role: RoleIn
    """The role of the party that has it."""
    party_id: PartyIdIn
    """The id of that party."""
