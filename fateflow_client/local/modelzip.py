"""Models as zip archives: written like FATE's, with JSON in place of protobuf; read carefully.

FATE writes a model as protobuf, with copies in JSON that are not always current. Here only JSON is
written and read, straight from the archive: nothing is ever unpacked to disk. Archives of real
servers are refused, and real servers cannot read these.
"""

import base64
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fateflow_client.local.release import Release
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.models import ModelComponent

_MAX_MEMBERS = 2_000
_MAX_MEMBER_BYTES = 64 * 1024 * 1024
_MAX_BYTES = 256 * 1024 * 1024
_PIPELINE = "variables/data/pipeline/pipeline/Pipeline.json"
_PROTOBUF = frozenset(("pipeline.pb", _PIPELINE.removesuffix(".json")))
_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_ENCODED = (
    "inference_dsl",
    "train_dsl",
    "train_runtime_conf",
    "roles",
    "runtime_conf_on_party",
    "parent_info",
)
_PLAIN = ("fate_version", "model_id", "model_version", "initiator_role", "loaded_times", "parent")


class ReadError(Exception):
    """The archive is no model, or not one that is read here; its name is part of an answer."""


@dataclass(frozen=True)
class Archived:
    """What an archive contains."""

    row: JsonObject
    components: list[ModelComponent]


def archive_name(row: JsonObject) -> str:
    """``guest#9999#<model id>_<model version>.zip``."""
    return f"{row['role']}#{row['party_id']}#{row['model_id']}_{row['model_version']}.zip"


def pack(row: JsonObject, components: Sequence[ModelComponent], release: Release) -> bytes:
    """One party's copy of a model as an archive."""
    files: dict[str, str] = {".lock": "", "define/define_meta.yaml": _definition(components)}
    folders = ["define/", "variables/", "variables/data/"]
    if release.run_parameters:
        folders.append("run_parameters/")
        files["run_parameters/pipeline/run_parameters.json"] = "{}"
    for component in components:
        folder = f"variables/data/{component.name}/{component.alias}"
        module = _file_name(component.module)
        files[f"{folder}/{module}Meta.json"] = json.dumps(component.body["meta"])
        files[f"{folder}/{module}Param.json"] = json.dumps(component.body["data"])
        if release.run_parameters:
            path = f"run_parameters/{component.name}/run_parameters.json"
            files[path] = json.dumps(component.run_parameters)
    files[_PIPELINE] = json.dumps(_pipeline(row))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for folder in folders:
            target.writestr(zipfile.ZipInfo(folder), "")
        for name, text in files.items():
            target.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _file_name(module: str) -> str:
    """Modules that a server was given may have any name."""
    return re.sub(r"[^A-Za-z0-9_]", "_", module)


def _definition(components: Sequence[ModelComponent]) -> str:
    """YAML without a YAML library: names were checked when the job was submitted."""
    lines = ["describe: This is the model definition meta", "component_define:"]
    modules = {component.name: _file_name(component.module) for component in components}
    modules["pipeline"] = "Pipeline"
    for name, module in modules.items():
        lines += [f"  {name}:", f"    module_name: {module}"]
    lines.append("model_proto:")
    for component in components:
        module = modules[component.name]
        lines += [f"  {component.name}:", f"    {component.alias}:"]
        lines += [f"      {module}{kind}: {module}{kind}" for kind in ("Meta", "Param")]
    lines += ["  pipeline:", "    pipeline:", "      Pipeline: Pipeline", ""]
    return "\n".join(lines)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _pipeline(row: JsonObject) -> JsonObject:
    shown: JsonObject = {_camel(name): row[name] for name in _PLAIN}
    for name in _ENCODED:
        text = json.dumps(row[name]).encode()
        shown[_camel(name)] = base64.b64encode(text).decode()
    shown["initiatorPartyId"] = int(row["initiator_party_id"])
    return shown


def unpack(content: bytes, where: str, wanted_hash: str | None) -> Archived:
    """Read an archive that came over the wire.

    Args:
        content: The archive.
        where: What the texts of errors call it.
        wanted_hash: The SHA-256 it must have; None does not look.

    Raises:
        ReadError: It is no zip, holds unsafe names or too much, or is no model.
        ValueError: It has another hash.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            _check_members(source, where)
            if wanted_hash and hashlib.sha256(content).hexdigest() != wanted_hash.lower():
                message = "Hash not match."
                raise ValueError(message)
            return _read(source, where)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        message = f"{where} is not a zip file"
        raise ReadError(message) from error


def _check_members(source: zipfile.ZipFile, where: str) -> None:
    infos = source.infolist()
    total = sum(info.file_size for info in infos)
    largest = max((info.file_size for info in infos), default=0)
    if len(infos) > _MAX_MEMBERS or total > _MAX_BYTES or largest > _MAX_MEMBER_BYTES:
        message = f"{where} holds too much: {len(infos)} members, {total} bytes"
        raise ReadError(message)
    if _PROTOBUF.intersection(source.namelist()):
        message = f"{where} holds protobuf, as a real FATE writes it: only own archives are read"
        raise ReadError(message)
    for info in infos:
        parts = info.filename.rstrip("/").split("/")
        kind = info.external_attr >> 28
        is_link = kind not in (0, 4, 8)
        if is_link or any(part in ("", ".", "..") or not _SAFE.fullmatch(part) for part in parts):
            message = f"{where} holds an unsafe member: {info.filename!r}"
            raise ReadError(message)


def _json(source: zipfile.ZipFile, name: str, where: str) -> JsonObject:
    try:
        with source.open(name) as member:
            text = member.read(_MAX_MEMBER_BYTES + 1)
        found = as_object(json.loads(text)) if len(text) <= _MAX_MEMBER_BYTES else None
    except (KeyError, ValueError, RecursionError, EOFError) as error:
        message = f"{where} holds no readable {name}"
        raise ReadError(message) from error
    if found is None:
        message = f"{where}: {name} is no JSON object"
        raise ReadError(message)
    return found


def _read(source: zipfile.ZipFile, where: str) -> Archived:
    pipeline = _json(source, _PIPELINE, where)
    row: JsonObject = {name: pipeline.get(_camel(name)) for name in _PLAIN}
    for name in _ENCODED:
        row[name] = _decoded(pipeline.get(_camel(name)), f"{where}: {_camel(name)}")
    row["initiator_party_id"] = str(pipeline.get("initiatorPartyId"))
    row["parent"] = int(bool(row["parent"]))
    row["loaded_times"] = 0
    return Archived(row, _read_components(source, where))


def _decoded(value: Any, where: str) -> JsonObject:
    try:
        found = as_object(json.loads(base64.b64decode(str(value or ""), validate=True) or b"{}"))
    except (ValueError, RecursionError) as error:
        message = f"{where} is not readable"
        raise ReadError(message) from error
    if found is None:
        message = f"{where} is no JSON object"
        raise ReadError(message)
    return found


def _read_components(source: zipfile.ZipFile, where: str) -> list[ModelComponent]:
    names = set(source.namelist())
    found: list[ModelComponent] = []
    for path in sorted(names):
        matched = re.fullmatch(r"variables/data/([^/]+)/([^/]+)/([^/]+)Param\.json", path)
        if matched is None:
            continue
        name, alias, module = matched.groups()
        meta = f"variables/data/{name}/{alias}/{module}Meta.json"
        body = {"data": _json(source, path, where), "meta": _json(source, meta, where)}
        told = f"run_parameters/{name}/run_parameters.json"
        parameters = _json(source, told, where) if told in names else {}
        found.append(ModelComponent(name, module, alias, body, parameters))
    return found
