"""The kinds of documents that users write for FATE, and how one tells which a document is."""

from __future__ import annotations

from enum import StrEnum

from fateflow_client._core.shapes import mapping


class ConfKind(StrEnum):
    """What a document is."""

    RUNTIME_CONF = "runtime-conf"
    """The conf of a job: ``job.submit``."""
    DSL = "dsl"
    """The DSL of a job: ``job.submit``."""
    UPLOAD = "upload"
    """``data.upload``."""
    DOWNLOAD = "download"
    """``data.download``."""
    LOAD = "load"
    """``model.load``."""
    BIND = "bind"
    """``model.bind``."""
    EXPORT = "export"
    """``model.export_model``."""
    IMPORT = "import"
    """``model.import_model``."""
    STORE = "store"
    """``model.store`` and ``model.restore``."""
    MIGRATE = "migrate"
    """``model.migrate``."""
    DEPLOY = "deploy"
    """``model.deploy``."""


_UPLOAD = {"namespace", "table_name", "file", "head", "partition"}
_ONLY_IN_JOBS = {"dsl_version", "component_parameters", "role_parameters", "algorithm_parameters"}


def kind_of(value: object) -> ConfKind | None:
    """Tell by its keys what a document is; None: by no key of its own."""
    keys = set(mapping(value))
    if "components" in keys:
        return ConfKind.DSL
    if keys & {"migrate_initiator", "migrate_role"}:
        return ConfKind.MIGRATE
    if "service_id" in keys:
        return ConfKind.BIND
    if {"table_name", "file"} <= keys or len(keys & _UPLOAD) > 2:
        return ConfKind.UPLOAD
    if {"table_name", "output_path"} <= keys:
        return ConfKind.DOWNLOAD
    if {"model_id", "model_version"} <= keys and "job_parameters" not in keys:
        return _of_a_model(keys)
    if keys & {"initiator", "role", "job_parameters"}:
        return ConfKind.LOAD if _loads(mapping(value), keys) else ConfKind.RUNTIME_CONF
    return None


def _of_a_model(keys: set[str]) -> ConfKind:
    if not keys & {"role", "party_id"}:
        return ConfKind.DEPLOY
    if "output_path" in keys:
        return ConfKind.EXPORT
    return ConfKind.IMPORT if "file" in keys else ConfKind.STORE


def _loads(conf: dict[str, object], keys: set[str]) -> bool:
    """A load conf looks like the conf of a predict job, but for what only jobs have."""
    parameters = set(mapping(conf.get("job_parameters")))
    model = {"model_id", "model_version"} <= parameters
    return model and not keys & _ONLY_IN_JOBS and not parameters & {"job_type", "common"}
