"""Checks of the other confs: of uploads, downloads, and what is done to models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from fateflow_client._core.releases import Release
from fateflow_client._core.shapes import mapping
from fateflow_client.domain.table import TableInfoRequest
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.checks.base import (
    R170,
    R190,
    R191,
    Problem,
    as_release,
    warning,
)
from fateflow_client.jobconf.checks.online import Online
from fateflow_client.jobconf.checks.outline import missing
from fateflow_client.jobconf.checks.parameters import texts
from fateflow_client.jobconf.checks.run import check_text, in_order, located
from fateflow_client.jobconf.checks.validation import check_keys, check_model
from fateflow_client.jobconf.deploy import ModelDeployConf
from fateflow_client.jobconf.files import find_file
from fateflow_client.jobconf.model import (
    DataDownloadConf,
    ModelBindConf,
    ModelExportConf,
    ModelImportConf,
    ModelLoadConf,
    ModelMigrateConf,
    PartyModelConf,
)
from fateflow_client.jobconf.report import Report, Severity
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import Source, SourceIn, is_object, load
from fateflow_client.jobconf.upload import UploadConf

CONFS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "upload": UploadConf,
        "download": DataDownloadConf,
        "load": ModelLoadConf,
        "bind": ModelBindConf,
        "export": ModelExportConf,
        "import": ModelImportConf,
        "store": PartyModelConf,
        "restore": PartyModelConf,
        "migrate": ModelMigrateConf,
        "deploy": ModelDeployConf,
    }
)
"""The models of these confs, by the last word of the call that reads them."""

UPLOAD_KEYS = frozenset(UploadConf.model_fields) | {
    "auto_increasing_sid",
    "backend",
    "block_size",
    "computing_engine",
    "delimiter",
    "destroy",
    "eggroll_run",
    "extend_sid",
    "federation_engine",
    "meta",
    "name",
    "party_id",
    "schema",
    "spark_run",
    "storage_address",
    "storage_engine",
    "task_cores",
    "verbose",
    "with_meta",
}
"""What some release reads in an upload conf."""
LATER_KEYS: Mapping[str, Release] = MappingProxyType(
    {
        "extend_sid": R170,
        "auto_increasing_sid": R170,
        "block_size": R170,
        "schema": R190,
        "with_meta": R190,
        "meta": R190,
    }
)
"""The first releases that read them; earlier ones ignore them."""


def check_upload(
    conf: SourceIn, release: str | None = None, online: Online | None = None
) -> Report:
    """Check an upload conf and its file, without sending anything unless ``online`` is given.

    Args:
        conf: The upload conf: a path (also a string), a mapping, a model, or JSON text. Its
            ``file`` is looked for beside the conf, then in the working directory.
        release: The server's release, as ``"1.8"``; None: any.
        online: A client. With it, the server is asked whether the table exists already.

    Raises:
        InputFileError: The conf is missing or unreadable.
        ConfigError: ``release`` is none.
        FlowError: The server could not be asked.
    """
    source = load(conf, "upload")
    known = as_release(release)
    problems = _model("upload", source)
    if is_object(source.value):
        value = mapping(source.value)
        problems += check_keys("upload", UPLOAD_KEYS, value)
        problems += _work_mode("upload", value, known)
        problems += _upload_keys(value, known)
        problems += _file(value, source)
        if online is not None and not any(p.severity is Severity.ERROR for p in problems):
            problems += _table(value, online)
    return _report(source, problems)


def check_conf(kind: str, conf: SourceIn, release: str | None = None) -> Report:
    """Check a conf by its model.

    Args:
        kind: One of ``CONFS``: ``download``, ``load``, ``migrate`` ...
        conf: The conf: a path (also a string), a mapping, a model, or JSON text.
        release: The server's release, as ``"1.8"``; None: any.

    Raises:
        ValueError: There is no such kind.
        InputFileError: The conf is missing or unreadable.
        ConfigError: ``release`` is none.
    """
    if kind not in CONFS:
        raise ValueError(f"{kind!r} is none of {', '.join(CONFS)}")
    if kind == "upload":
        return check_upload(conf, release)
    source = load(conf, kind)
    known = as_release(release)
    problems = _model(kind, source)
    if is_object(source.value):
        fields = frozenset(CONFS[kind].model_fields)
        problems += check_keys(kind, fields, mapping(source.value))
        if kind == "download":
            problems += _work_mode(kind, mapping(source.value), known)
    return _report(source, problems)


def _model(kind: str, source: Source) -> list[Problem]:
    if not is_object(source.value):
        return []
    return list(check_model(kind, CONFS[kind], mapping(source.value)))


def _report(source: Source, problems: list[Problem]) -> Report:
    findings = [*check_text(source), *located(problems, [source])]
    return Report(in_order(findings, [source]))


def _work_mode(kind: str, value: dict[str, Any], release: Release | None) -> Iterator[Problem]:
    if release is None:
        return
    if release < R170 and "work_mode" not in value:
        yield missing(kind, "", "work_mode", value)
    for name in ("work_mode", "backend"):
        if release >= R170 and name in value:
            message = f"{name} is not read from release 1.7 on"
            yield warning("dropped-key", kind, join(name), message, at_key=True)


def _upload_keys(value: dict[str, Any], release: Release | None) -> Iterator[Problem]:
    if "delimiter" in value:
        # Releases 1.7 and 1.8 hand it to a component that knows no such parameter.
        fails = release is not None and R170 <= release < R190
        message = "delimiter is not what FATE reads" + (", and its own job fails" if fails else "")
        severity = Severity.ERROR if fails else Severity.WARNING
        meant = "id_delimiter"
        yield Problem("unknown-key", "upload", join("delimiter"), message, meant, severity, True)
    if release is not None and release < R191 and value.get("id_delimiter", ",") != ",":
        message = "id_delimiter is read from release 1.9.1 on; earlier servers know only the comma"
        yield warning("key-not-yet-read", "upload", join("id_delimiter"), message, at_key=True)
    for name, since in LATER_KEYS.items():
        if name in value and release is not None and release < since:
            message = f"{name} is read from release {since.major}.{since.minor} on"
            yield warning("key-not-yet-read", "upload", join(name), message, at_key=True)
    for name in sorted(UPLOAD_KEYS & set(value) - set(UploadConf.model_fields)):
        for pointer, text in texts(value[name], join(name)):
            if text.strip().lower() in ("true", "false"):
                message = f"{text!r} in quotes is a text and no truth value"
                yield warning("truth-as-text", "upload", pointer, message, text.strip().lower())


def _file(value: dict[str, Any], source: Source) -> Iterator[Problem]:
    file = value.get("file")
    if not isinstance(file, str) or not file.strip() or value.get("use_local_data", 1) in (0, "0"):
        return
    try:
        path = find_file(file, source.path)
    except InputFileError as error:
        yield Problem("file-not-found", "upload", join("file"), error.message)
        return
    if not path.is_file():
        yield Problem("file-not-found", "upload", join("file"), f"{path} is no file")
    elif path.stat().st_size == 0:
        message = f"{path} is empty: the server takes it, and its job fails"
        yield Problem("empty-file", "upload", join("file"), message)


def _table(value: dict[str, Any], online: Online) -> Iterator[Problem]:
    if value.get("drop") in (1, "1"):
        return
    conf = UploadConf.model_validate(value)
    request = TableInfoRequest(namespace=conf.namespace, table_name=conf.table_name)
    if online.send(request).exists:
        message = f"there is a table {conf.namespace}.{conf.table_name}; drop 1 replaces it"
        yield Problem("table-exists", "upload", join("table_name"), message)
