"""Models: serving, files, storage, other parties, tags, deployment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, overload

from fateflow_client._core import endpoint as ep
from fateflow_client._core.codec import dump_json
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client._core.releases import ANY_VERSION, CHECKPOINTS, FILTERS, FORCE_UPDATE, R111
from fateflow_client._core.trail import Server
from fateflow_client.domain._base import Done, LocalJob
from fateflow_client.domain.model import (
    DeployRequest,
    ModelBindRequest,
    ModelDeployed,
    ModelDetail,
    ModelDetailQuery,
    ModelExported,
    ModelExportRequest,
    ModelImported,
    ModelImportRequest,
    ModelInfoList,
    ModelInfoQuery,
    ModelLoaded,
    ModelLoadRequest,
    ModelMigrated,
    ModelMigrateRequest,
    ModelRestored,
    ModelRestoreRequest,
    ModelStored,
    ModelStoreRequest,
    ModelTagListRequest,
    ModelTagRequest,
    ModelTags,
    PredictConf,
    PredictConfRequest,
    PredictDsl,
    PredictDslRequest,
)
from fateflow_client.errors import AlreadyExistsError, NotFoundError, PartyError
from fateflow_client.groups._base import Group
from fateflow_client.jobconf.files import find_file
from fateflow_client.jobconf.model import (
    ModelBindConf,
    ModelExportConf,
    ModelImportConf,
    ModelLoadConf,
    ModelMigrateConf,
    PartyModelConf,
)
from fateflow_client.recovery.local_jobs import LocalJobTrail
from fateflow_client.recovery.models import DeployTrail, ImportTrail
from fateflow_client.transfer.multipart import FileBody
from fateflow_client.transfer.place import file_exists
from fateflow_client.transfer.zips import save_zip, sha256_of
from fateflow_client.types import DocumentIn, Exist, JobIdIn, PartyIdIn, RoleIn

_NO_MODEL = "can not be found in database"
_FAILED = meaning(PartyError, 101, "^failed$")


def _migrated(result: ModelMigrated, documents: ep.Documents, _: ep.Wire) -> ModelMigrated:
    version = documents["conf_path"].value.get("unify_model_version") or result.job_id
    return result.model_copy(update={"model_version": version})


def _fixed_version(documents: ep.Documents, token: str | None, now: float) -> ep.Documents:
    """Name the version on this side, so that a migration may be repeated."""
    conf = documents["conf_path"]
    if conf.value.get("unify_model_version"):
        return documents
    # The form of a job's id, which a server's own choice has.
    digits = f"{int(token or '0', 16) % 100_000:05d}"
    version = datetime.fromtimestamp(now).strftime("%Y%m%d%H%M%S%f") + digits
    return {
        **documents,
        "conf_path": replace(conf, value=conf.value | {"unify_model_version": version}),
    }


def _store_trail(
    kind: type[LocalJob], module: str
) -> Callable[[Any, ep.Documents, str | None, Server], LocalJobTrail]:
    def trail(_: Any, documents: ep.Documents, __: str | None, server: Server) -> LocalJobTrail:
        conf = PartyModelConf.model_validate(documents["conf_path"].value)
        return LocalJobTrail(
            kind,
            module,
            (
                ("model_id", f"{conf.role}#{conf.party_id}#{conf.model_id}"),
                ("model_version", conf.model_version),
            ),
        ).begun(server)

    return trail


def _deploy_trail(
    request: DeployRequest, _: ep.Documents, __: str | None, server: Server
) -> DeployTrail | None:
    return DeployTrail.before(server, request.model_id, request.model_version)


def _import_trail(
    _: ModelImportRequest, documents: ep.Documents, __: str | None, server: Server
) -> ImportTrail:
    conf = ModelImportConf.model_validate(documents["conf_path"].value)
    return ImportTrail.noted(
        server, conf.model_id, conf.model_version, str(conf.role), int(conf.party_id)
    )


def _encode_import(
    _: ModelImportRequest, documents: ep.Documents, options: ep.CallOptions, path: str
) -> ep.Wire:
    document = documents["conf_path"]
    conf = ModelImportConf.model_validate(document.value)
    names = ("role", "party_id", "model_id", "model_version", "force_update", "hash")
    given = conf.model_dump(mode="json", include=set(names), exclude_none=True)
    form = {name: str(value) for name, value in given.items()}
    body = FileBody(find_file(conf.file, document.source), options.progress, form)
    return ep.Wire("POST", path, body=body, form=form)


def _imported(result: ModelImported, _: ep.Documents, wire: ep.Wire) -> ModelImported:
    path = wire.body.path if isinstance(wire.body, FileBody) else None
    return result.model_copy(update={"file": path})


def _forced(_: ModelImportRequest, documents: ep.Documents) -> bool:
    # A text "0" is a 0.
    return ModelImportConf.model_validate(documents["conf_path"].value).force_update == 1


def _encode_bind(
    request: ModelBindRequest, documents: ep.Documents, _: ep.CallOptions, path: str
) -> ep.Wire:
    conf = documents["conf_path"].value
    if request.job_id is None:
        ModelLoadConf.model_validate(conf)
        return ep.Wire("POST", path, body=dump_json(conf))
    return ep.Wire("POST", path, body=dump_json(conf | {"job_id": str(request.job_id)}))


def _encode_export(
    _: ModelExportRequest, documents: ep.Documents, __: ep.CallOptions, path: str
) -> ep.Wire:
    members = dict(documents["conf_path"].value)
    members.pop("output_path", None)
    return ep.Wire("POST", path, body=dump_json(members))


def _encode_tag(
    request: ModelTagRequest, _: ep.Documents, __: ep.CallOptions, path: str
) -> ep.Wire:
    verb = "remove" if request.remove else "create"
    return ep.Wire("POST", path.rpartition("/")[0] + f"/{verb}", body=request.wire_json())


def export_target(conf: Mapping[str, Any]) -> Path:
    """Where the zip of an export goes: a name of our own making, never the server's."""
    names = (conf["role"], conf["party_id"], f"{conf['model_id']}_{conf['model_version']}")
    name = "#".join(str(part).replace("/", "_").replace("\\", "_") for part in names)
    if len(name.encode()) > 240:  # a file's name has 255 bytes at most
        name = name[:60] + "#" + hashlib.sha256(name.encode()).hexdigest()[:32]
    return Path(conf["output_path"]) / f"{name}.zip"


def _target(documents: ep.Documents) -> Path:
    return export_target(documents["conf_path"].value)


def _receive_export(
    _: ModelExportRequest, documents: ep.Documents, stream: ep.ByteStream, options: ep.CallOptions
) -> ModelExported:
    target = _target(documents)
    sha256 = save_zip(stream, target, options.progress, limits=options.limits)
    return ModelExported(file=target, size=target.stat().st_size, sha256=sha256)


def _export_there(
    _: ModelExportRequest, documents: ep.Documents, options: ep.CallOptions
) -> ModelExported | None:
    target = _target(documents)
    if not file_exists(target, options.exist):
        return None
    return ModelExported(file=target, size=target.stat().st_size, sha256=sha256_of(target))


EXPORT = Endpoint(
    "model/export",
    ModelExportRequest,
    ModelExported,
    times=ep.DOWNLOAD,
    documents={"conf_path": ""},
    confs={"conf_path": ModelExportConf},
    encode=_encode_export,
    # 404 from 1.9 on.
    meanings=(meaning(NotFoundError, 210, "not exist"),),
    receive=_receive_export,
    already=_export_there,
)
LOAD = Endpoint(
    "model/load",
    ModelLoadRequest,
    ModelLoaded,
    repeat=Repeat.SAFE,
    times=ep.MODEL,
    documents={"conf_path": ""},
    confs={"conf_path": ModelLoadConf},
    meanings=(meaning(NotFoundError, 101, _NO_MODEL), _FAILED),
    per_party=True,
)
BIND = Endpoint(
    "model/bind",
    ModelBindRequest,
    Done,
    repeat=Repeat.SAFE,
    times=ep.MODEL,
    documents={"conf_path": ""},
    confs={"conf_path": ModelBindConf},
    encode=_encode_bind,
    meanings=(meaning(NotFoundError, 101, _NO_MODEL),),
)
STORE = Endpoint(
    "model/store",
    ModelStoreRequest,
    ModelStored,
    repeat=Repeat.NEVER,
    documents={"conf_path": ""},
    confs={"conf_path": PartyModelConf},
    trail=_store_trail(ModelStored, "ModelStore"),
)
RESTORE = Endpoint(
    "model/restore",
    ModelRestoreRequest,
    ModelRestored,
    repeat=Repeat.NEVER,
    documents={"conf_path": ""},
    confs={"conf_path": PartyModelConf},
    trail=_store_trail(ModelRestored, "ModelRestore"),
)
IMPORT = Endpoint(
    "model/import",
    ModelImportRequest,
    ModelImported,
    repeat=Repeat.NEVER,
    times=ep.UPLOAD,
    documents={"conf_path": ""},
    encode=_encode_import,
    confs={"conf_path": ModelImportConf},
    # 409 from 1.9 on.
    meanings=(meaning(AlreadyExistsError, 100, "local cache already existed"),),
    needs=(FORCE_UPDATE,),
    safe_if=_forced,
    trail=_import_trail,
    finish=_imported,
)
MIGRATE = Endpoint(
    "model/migrate",
    ModelMigrateRequest,
    ModelMigrated,
    repeat=Repeat.SAFE,
    times=ep.MODEL,
    documents={"conf_path": ""},
    confs={"conf_path": ModelMigrateConf},
    meanings=(_FAILED,),
    per_party=True,
    stamp=_fixed_version,
    # Every party that failed says so: then an earlier attempt did it everywhere.
    done_if=r"^failed on (\w+ \d+ \(\d+\): [^;]*has been occupied[^;]*(; |$))+$",
    finish=_migrated,
)
TAG_LIST = Endpoint(
    "model/model_tag/retrieve",
    ModelTagListRequest,
    ModelTags,
    meanings=(meaning(NotFoundError, 100, "Can not found model"),),
)
TAG_MODEL = Endpoint(
    "model/model_tag/create",
    ModelTagRequest,
    Done,
    repeat=Repeat.SAFE,
    encode=_encode_tag,
    meanings=(
        meaning(NotFoundError, 100, "Can not found|does not have tag"),
        meaning(AlreadyExistsError, 100, "already been tagged"),
    ),
    done_if="already been tagged|does not have tag",
)
DEPLOY = Endpoint(
    "model/deploy",
    DeployRequest,
    ModelDeployed,
    repeat=Repeat.NEVER,
    times=ep.MODEL,
    documents={"predict_dsl": "predict_dsl"},
    meanings=(meaning(NotFoundError, 100, "Deploy model failed.* found"), _FAILED),
    per_party=True,
    needs=(CHECKPOINTS,),
    trail=_deploy_trail,
)
# Up to 1.6 a version that was not deployed has an empty DSL and no error.
_NOT_DEPLOYED = (
    meaning(NotFoundError, 210, "No model found"),
    meaning(NotFoundError, 0, no_data=True),
)
PREDICT_DSL = Endpoint(
    "model/get/predict/dsl", PredictDslRequest, PredictDsl, meanings=_NOT_DEPLOYED
)
PREDICT_CONF = Endpoint(
    "model/get/predict/conf", PredictConfRequest, PredictConf, meanings=_NOT_DEPLOYED
)
INFO = Endpoint(
    "model/query",
    ModelInfoQuery,
    ModelInfoList,
    meanings=(meaning(EMPTY, 100, "cannot find model"),),
    needs=(ANY_VERSION, FILTERS),
)

DETAIL = Endpoint(
    "model/query/detail",
    ModelDetailQuery,
    ModelDetail,
    meanings=(meaning(NotFoundError, 100, "cannot find model"),),
    since=R111,
)


class ModelGroup(Group):
    """``client.model``: what jobs trained."""

    def load(
        self,
        conf_path: DocumentIn | None = None,
        job_id: JobIdIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelLoaded:
        """Push a deployed model to FATE-Serving, at every party. POST model/load.

        May be repeated: it only counts the times.

        Args:
            conf_path: The load conf: a path, a mapping or a model.
            job_id: The job that made the model, instead of a conf.
            timeout: Seconds to wait for the next byte (150).
            deadline: Seconds for the whole call (180).

        Raises:
            NotFoundError: The server knows no model of such a job.
            PartyError: A party could not; ``parties`` says which.
        """
        return self._client.send(
            ModelLoadRequest(conf_path=conf_path, job_id=job_id), timeout=timeout, deadline=deadline
        )

    def bind(
        self,
        conf_path: DocumentIn,
        job_id: JobIdIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Offer a loaded model under a service id; the last one wins. POST model/bind.

        Args:
            conf_path: The bind conf, with its ``service_id``; without a job id, all of a load conf.
            job_id: The job that made the model; the rest is then taken from it.
            timeout: Seconds to wait for the next byte (150).
            deadline: Seconds for the whole call (180).

        Raises:
            NotFoundError: The server knows no model of such a job.
            ApiError: FATE-Serving refused; its code is the ``retcode``.
        """
        return self._client.send(
            ModelBindRequest(conf_path=conf_path, job_id=job_id), timeout=timeout, deadline=deadline
        )

    @overload
    def export_model(
        self,
        conf_path: DocumentIn,
        to_database: Literal[False] = False,
        *,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelExported: ...
    @overload
    def export_model(
        self,
        conf_path: DocumentIn,
        to_database: Literal[True],
        *,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelStored: ...
    def export_model(
        self,
        conf_path: DocumentIn,
        to_database: bool = False,
        *,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelExported | ModelStored:
        """Download a model as a zip, or store it. POST model/export, model/store.

        Args:
            conf_path: Role, party_id, model_id, model_version, and for a file ``output_path``: the
                folder on this machine.
            to_database: True stores it on the server's side: see ``store``.
            exist: What to do if the zip is there: "replace", "error" or "skip".
            progress: Told of the bytes received, and of all or None.
            timeout: Seconds to the next byte (600).
            deadline: Seconds for the whole call (none).

        Raises:
            NotFoundError: There is no such model.
            DownloadError: The zip did not arrive whole, or cannot be written; nothing changed.
        """
        if to_database:
            return self.store(conf_path, timeout=timeout, deadline=deadline)
        return self._client.send(
            ModelExportRequest(conf_path=conf_path),
            exist=exist,
            progress=progress,
            timeout=timeout,
            deadline=deadline,
        )

    def store(
        self,
        conf_path: DocumentIn,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelStored:
        """Put a model into the server's model storage. POST model/store.

        A local job does it: ``client.job.wait(result)``. Not repeated blindly.

        Args:
            conf_path: Role, party_id, model_id, model_version.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            SubmitRejectedError: The server refused its own job.
            AmbiguousOutcomeError: The job may exist.
        """
        return self._client.send(
            ModelStoreRequest(conf_path=conf_path), timeout=timeout, deadline=deadline
        )

    def restore(
        self,
        conf_path: DocumentIn,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelRestored:
        """Get a model out of the server's model storage. POST model/restore.

        A local job does it: ``client.job.wait(result)``. Arguments and errors as for ``store``.
        """
        return self._client.send(
            ModelRestoreRequest(conf_path=conf_path), timeout=timeout, deadline=deadline
        )

    @overload
    def import_model(
        self,
        conf_path: DocumentIn,
        from_database: Literal[False] = False,
        *,
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelImported: ...
    @overload
    def import_model(
        self,
        conf_path: DocumentIn,
        from_database: Literal[True],
        *,
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelRestored: ...
    def import_model(
        self,
        conf_path: DocumentIn,
        from_database: bool = False,
        *,
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelImported | ModelRestored:
        """Upload a model from a zip, or get it out of storage. POST model/import, model/restore.

        Args:
            conf_path: Role, party_id, model_id, model_version, and the zip ``file`` that an export
                made: looked for beside the conf, then in the working directory.
            from_database: True gets it from the server's storage: see ``restore``.
            progress: Told of the bytes sent, and of all.
            timeout: Seconds without progress (60).
            deadline: Seconds for the whole call (none).

        Raises:
            AlreadyExistsError: There is such a model, and ``force_update`` is not 1.
            UnsupportedByServerError: ``force_update`` for a server before 1.9. Nothing was sent.
            AmbiguousOutcomeError: The model may be there.
        """
        if from_database:
            return self.restore(conf_path, timeout=timeout, deadline=deadline)
        return self._client.send(
            ModelImportRequest(conf_path=conf_path),
            progress=progress,
            timeout=timeout,
            deadline=deadline,
        )

    def migrate(
        self,
        conf_path: DocumentIn,
        to_database: Literal[False] = False,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelMigrated:
        """Copy a model for other parties, each of which must import it. POST model/migrate.

        Args:
            conf_path: The migrate conf. With ``unify_model_version`` it may be repeated.
            to_database: Only False: no server can do the other.
            timeout: Seconds to wait for the next byte (150).
            deadline: Seconds for the whole call (180).

        Raises:
            PartyError: A party could not, which the server itself calls a success.
            AmbiguousOutcomeError: The copy may exist.
        """
        return self._client.send(
            ModelMigrateRequest(conf_path=conf_path, to_database=to_database),
            timeout=timeout,
            deadline=deadline,
        )

    def tag_list(
        self, job_id: JobIdIn, *, timeout: float | None = None, deadline: float | None = None
    ) -> ModelTags:
        """Get the tags of a model. POST model/model_tag/retrieve.

        Args:
            job_id: The model's version, or the job that trained it, which is the same.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: The server knows no such model.
        """
        return self._client.send(
            ModelTagListRequest(job_id=job_id), timeout=timeout, deadline=deadline
        )

    def tag_model(
        self,
        job_id: JobIdIn,
        tag_name: str,
        remove: bool = False,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Done:
        """Tag a model, or remove a tag. POST model/model_tag/create, model/model_tag/remove.

        Args:
            job_id: The model's version, or the job that trained it, which is the same.
            tag_name: The tag; made if there is none of that name.
            remove: True removes it from the model; the tag stays.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: No such model, or it does not have the tag.
            AlreadyExistsError: It has the tag.
        """
        return self._client.send(
            ModelTagRequest(job_id=job_id, tag_name=tag_name, remove=remove),
            timeout=timeout,
            deadline=deadline,
        )

    def deploy(
        self,
        model_id: str,
        model_version: str,
        cpn_list: Sequence[str] | None = None,
        predict_dsl: DocumentIn | None = None,
        *,
        components_checkpoint: Mapping[str, Mapping[str, Any]] | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelDeployed:
        """Make a version of a model that predicts, at every party. POST model/deploy.

        Every call makes a new version, so a lost answer is not repeated.

        Args:
            model_id: The trained model's id.
            model_version: The trained model's version; a deployed one cannot be deployed again.
            cpn_list: The components to deploy; None: all of the training.
            predict_dsl: The DSL of predictions, instead: a path, a mapping or a model.
            components_checkpoint: By component, ``step_index`` or ``step_name`` (1.7 and later).
            timeout: Seconds to wait for the next byte (150).
            deadline: Seconds for the whole call (180).

        Raises:
            NotFoundError: There is no such model.
            PartyError: A party could not; ``parties`` says which.
            AmbiguousOutcomeError: A new version may exist.
        """
        return self._client.send(
            DeployRequest(
                model_id=model_id,
                model_version=model_version,
                cpn_list=cpn_list,
                predict_dsl=predict_dsl,
                components_checkpoint=components_checkpoint,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def get_predict_dsl(
        self,
        model_id: str,
        model_version: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> PredictDsl:
        """Get the DSL of a deployed model's predictions. POST model/get/predict/dsl.

        Args:
            model_id: The model's id.
            model_version: The deployed version; for another, servers may give the training's DSL.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: There is no such model.
        """
        return self._client.send(
            PredictDslRequest(model_id=model_id, model_version=model_version),
            timeout=timeout,
            deadline=deadline,
        )

    def get_predict_conf(
        self,
        model_id: str,
        model_version: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> PredictConf:
        """Get a runtime conf to fill in for predictions. POST model/get/predict/conf.

        Arguments and errors as for ``get_predict_dsl``.
        """
        return self._client.send(
            PredictConfRequest(model_id=model_id, model_version=model_version),
            timeout=timeout,
            deadline=deadline,
        )

    def get_model_info(
        self,
        model_id: str | None = None,
        model_version: str | None = None,
        role: RoleIn | None = None,
        party_id: PartyIdIn | None = None,
        query_filters: Sequence[str] | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        **filters: str | int | bool,
    ) -> ModelInfoList:
        """Find models: a row for every party that has one. POST model/query.

        Args:
            model_id: The model's id.
            model_version: Its version; needed before 1.9.
            role: The role of the party that has it.
            party_id: The id of that party.
            query_filters: Only these columns, by their names without ``f_``.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
            **filters: More columns and the values they must have (1.9 and later).

        Raises:
            UnsupportedByServerError: No model_version for a server before 1.9. Nothing was sent.
        """
        return self._client.send(
            ModelInfoQuery(
                model_id=model_id,
                model_version=model_version,
                role=role,
                party_id=party_id,
                query_filters=query_filters,
                filters=filters,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def query_detail(
        self,
        model_id: str,
        model_version: str,
        role: RoleIn,
        party_id: PartyIdIn,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ModelDetail:
        """Get a model with its components (1.11 and later). POST model/query/detail.

        Args:
            model_id: The model's id.
            model_version: Its version.
            role: The role of the party that has it.
            party_id: The id of that party.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            NotFoundError: There is no such model.
        """
        return self._client.send(
            ModelDetailQuery(
                model_id=model_id, model_version=model_version, role=role, party_id=party_id
            ),
            timeout=timeout,
            deadline=deadline,
        )
