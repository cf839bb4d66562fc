"""Read HTTP exchanges: those recorded against real servers, and the project's own samples.

Recordings are not part of this repository: they live in ``recordings*/`` folders below
`recordings_root()`, one JSON file per exchange. Samples are in ``samples/``, one JSON file per
call and outcome. Both become an `Exchange`, whose ``response_body`` is bytes, as a socket would
have given them.

A sample file holds::

    label     one line for people
    call      "job.query", ..., "version/get"; or "any": every call must answer it so
    outcome   one word or two; with the release it names the file
    release   the server release whose shape this is
    follows   the recordings (folder/number-route) after which it was written; [] if none
    request   method, path, query (as on the wire), headers, and one of
              "json" (may be null) | "parts" [{name, filename, text}] | "text"
    response  status, headers, and one of
              "json" | "text" (UTF-8) | "tar.gz" [{name, text}] | none of them: empty;
              "cut": N drops the last N bytes
    expect    {"result": true | {...}} or {"error": class name, ...}
    note      (optional) why it is doubtful, or made up

``expect["result"]`` holds what the typed result must say, by its own names (without ``f_``):
``len`` the number of items, ``first`` some values of the first item, ``keys`` the keys of a
mapping, ``members`` the file names of an archive, anything else a value. ``expect["error"]`` is
the class, or an ancestor of it; ``status``, ``retcode``, ``job_id`` are its attributes.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
REPOSITORY = HERE.parent.parent
ENVIRONMENT = "FATEFLOW_RECORDINGS"
RELEASES = {
    "recordings": "1.11.2",
    "recordings-1.8": "1.8.0",
    "recordings-1.7.2": "1.7.2",
    "recordings-1.7.0": "1.7.0",
    "recordings-1.6.1": "1.6.1",
    "recordings-1.5.3": "1.5.3",
}
CALLS = {
    "data/upload": "data.upload",
    "data/upload/history": "data.upload_history",
    "table/table_info": "table.info",
    "job/submit": "job.submit",
    "job/query": "job.query",
    "job/list/job": "job.list",
    "job/stop": "job.stop",
    "job/log": "job.log",
    "job/log/download": "job.log",
    "job/task/query": "task.query",
    "tracking/component/list": "component.list",
    "tracking/component/metrics": "component.metrics",
    "tracking/component/metric/all": "component.metric_all",
    "tracking/component/summary/download": "component.get_summary",
    "tracking/component/output/model": "component.output_model",
    "tracking/component/output/data/download": "component.output_data",
    "job/clean/queue": "queue.clean",
    "version/get": "version/get",
    "job/config": "job.config",
    "job/data/view/query": "job.view",
    "job/dsl/generate": "job.generate_dsl",
    "job/list/task": "task.list",
    "tracking/component/parameters": "component.parameters",
    "tracking/component/metric/delete": "component.metric_delete",
    "tracking/component/output/data/table": "component.output_data_table",
    "data/download": "data.download",
    "model/load": "model.load",
    "model/bind": "model.bind",
    "model/export": "model.export_model",
    "model/store": "model.store",
    "model/import": "model.import_model",
    "model/restore": "model.restore",
    "model/migrate": "model.migrate",
    "model/model_tag/retrieve": "model.tag_list",
    "model/model_tag/create": "model.tag_model",
    "model/model_tag/remove": "model.tag_model (remove)",
    "model/deploy": "model.deploy",
    "model/get/predict/dsl": "model.get_predict_dsl",
    "model/get/predict/conf": "model.get_predict_conf",
    "model/query": "model.get_model_info",
    "model/tag/create": "tag.create",
    "model/tag/update": "tag.update",
    "model/tag/list": "tag.list",
    "model/tag/retrieve": "tag.query",
    "model/tag/destroy": "tag.delete",
    "table/delete": "table.delete",
    "job/rerun": "job.rerun",
    "job/clean": "job.clean",
    "job/update": "job.update",
    "job/parameter/update": "job.parameter_update",
    "job/log/path": "job.log_path",
    "tracking/component/output/data": "component.output_data_preview",
    "tracking/component/metric_data": "component.metric_data",
    "table/download": "table.download",
    "table/preview": "table.preview",
    "table/bind": "table.bind",
    "table/list": "table.list",
    "model/query/detail": "model.query_detail",
    "checkpoint/list": "checkpoint.list",
    "checkpoint/get": "checkpoint.get",
    "server/version/get": "server.versions",
    "resource/query": "server.resources",
}

Kind = Literal["sdk", "raw", "sample"]
BodyKind = Literal["empty", "json", "multipart", "text", "bytes"]
Pairs = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of a multipart request; of a long one, ``text`` holds the beginning only."""

    name: str
    filename: str | None
    text: str
    size: int


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    source: str  # "recordings/012-job_submit.json" or "samples/job.query-none.json"
    label: str
    kind: Kind  # who sent it: the official client, a person, or nobody yet
    release: str
    call: str  # "job.query"; "" for a route without a call here; "any" in general samples
    method: str
    path: str  # "/v1/job/query", as sent
    route: str  # "job/query": without "/v1/" and a trailing slash
    query: str  # raw, still percent-encoded
    request_headers: Pairs
    request_kind: BodyKind
    request_json: Any  # parsed, if request_kind is "json" (a JSON null is None too)
    request_parts: tuple[Part, ...]  # if request_kind is "multipart"
    status: int
    response_headers: Pairs  # as recorded: a Content-Length may not fit response_body
    response_kind: str  # "json", "text", "tar.gz", "zip", "zip-part", "gzip", "empty"
    response_body: bytes
    exact: bool = True  # False: the bytes were not kept, response_body is a valid stand-in
    members: tuple[str, ...] = ()  # names inside an archive, in order
    outcome: str = ""  # samples only, like the next two
    expect: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    follows: tuple[str, ...] = ()

    @property
    def response_json(self) -> Any:
        """The parsed answer; raises ValueError where it is not JSON."""
        return json.loads(self.response_body)

    def header(self, name: str) -> str | None:
        """The first response header of that name, in any case."""
        lowered = name.lower()
        return next((v for k, v in self.response_headers if k.lower() == lowered), None)

    def served_headers(self) -> Pairs:
        """The response headers with a Content-Length, if there was one, that fits the body."""
        length = str(len(self.response_body))
        return tuple(
            (k, length if k.lower() == "content-length" else v) for k, v in self.response_headers
        )


def recordings_root() -> Path | None:
    """Say which folder holds ``recordings*/``, or None where there is none."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    shared = REPOSITORY.parent / "shared"
    return shared if (shared / "recordings").is_dir() else None


def load_recordings(folder: str = "recordings") -> list[Exchange]:
    """Load the numbered exchanges of one folder, in order; probes are left out.

    Raises FileNotFoundError where there are no recordings: ask `recordings_root` first.
    """
    root = recordings_root()
    if root is None or not (root / folder).is_dir():
        raise FileNotFoundError(f"no {folder}/ below {root}; set {ENVIRONMENT}")
    return list(_recordings(root / folder))


def load_samples() -> list[Exchange]:
    """Load the project's own samples, by file name."""
    return [_sample(path) for path in sorted(SAMPLES.glob("*.json"))]


@functools.cache
def _recordings(folder: Path) -> tuple[Exchange, ...]:
    return tuple(_recorded(path) for path in sorted(folder.glob("[0-9]*.json")))


def _recorded(path: Path) -> Exchange:
    document = json.loads(path.read_text("utf-8"))
    request, response = document["request"], document["response"]
    body = response["body"]
    content, exact = _recorded_body(body)
    request_kind, request_json, parts = _recorded_request(request["body"])
    route = _route(request["path"])
    return Exchange(
        source=f"{path.parent.name}/{path.name}",
        label=document["label"],
        kind="sdk" if document["label"].startswith("sdk:") else "raw",
        release=RELEASES.get(path.parent.name, ""),
        call=CALLS.get(route, ""),
        method=request["method"],
        path=request["path"],
        route=route,
        query=request["query"],
        request_headers=_pairs(request["headers"]),
        request_kind=request_kind,
        request_json=request_json,
        request_parts=parts,
        status=response["status"],
        response_headers=_pairs(response["headers"]),
        response_kind=body["kind"],
        response_body=content,
        exact=exact,
        members=tuple(member["name"] for member in body.get("members", ())),
    )


def _recorded_request(body: Mapping[str, Any]) -> tuple[BodyKind, Any, tuple[Part, ...]]:
    match body["kind"]:
        case "json":
            return "json", body["json"], ()
        case "multipart":
            parts = (
                Part(p["name"], p["filename"], p["first_bytes"], p["size"]) for p in body["parts"]
            )
            return "multipart", None, tuple(parts)
        case "text":
            return "text", body["text"], ()
        case "gzip":
            return "bytes", base64.b64decode(body["base64"]), ()
        case "empty":
            return "empty", None, ()
        case kind:
            raise ValueError(f"unknown kind of request body: {kind}")


def _recorded_body(body: Mapping[str, Any]) -> tuple[bytes, bool]:
    """Rebuild the bytes of an answer, and say whether they are the ones that were sent."""
    match body["kind"]:
        case "json":
            plain = json.dumps(body["json"]).encode()  # how the 210 and 4xx answers are written
            return plain if len(plain) == body["size"] else _flask_json(body["json"]), True
        case "text":
            return body["text"].encode(), True
        case "empty":
            return b"", True
        case "tar.gz" | "zip" | "gzip" | "zip-part" if "base64" in body:
            return base64.b64decode(body["base64"]), True
        case "tar.gz":
            return tar_gz(_fillers(body["members"])), False
        case "zip":
            return _zip(_fillers(body["members"])), False
        case kind:
            raise ValueError(f"unknown kind of response body: {kind}")


def _sample(path: Path) -> Exchange:
    document = json.loads(path.read_text("utf-8"))
    request, response = document["request"], document["response"]
    kind, content = _sample_body(response)
    request_kind, request_json, parts = _sample_request(request)
    route = _route(request["path"])
    return Exchange(
        source=f"samples/{path.name}",
        label=document["label"],
        kind="sample",
        release=document["release"],
        call=document["call"],
        method=request["method"],
        path=request["path"],
        route=route,
        query=request.get("query", ""),
        request_headers=_pairs(request.get("headers", {}).items()),
        request_kind=request_kind,
        request_json=request_json,
        request_parts=parts,
        status=response["status"],
        response_headers=_pairs(response.get("headers", {}).items()),
        response_kind=kind,
        response_body=content[: len(content) - response.get("cut", 0)],
        members=tuple(member["name"] for member in response.get("tar.gz", ())),
        outcome=document["outcome"],
        expect=document["expect"],
        follows=tuple(document["follows"]),
    )


def _sample_request(request: Mapping[str, Any]) -> tuple[BodyKind, Any, tuple[Part, ...]]:
    if "parts" in request:
        parts = (
            Part(p["name"], p.get("filename"), p["text"], len(p["text"].encode()))
            for p in request["parts"]
        )
        return "multipart", None, tuple(parts)
    if "json" in request:
        return "json", request["json"], ()
    if "text" in request:
        return "text", request["text"], ()
    return "empty", None, ()


def _sample_body(response: Mapping[str, Any]) -> tuple[str, bytes]:
    if "json" in response:
        return "json", _flask_json(response["json"])
    if "text" in response:
        return "text", response["text"].encode()
    if "tar.gz" in response:
        return "tar.gz", tar_gz((m["name"], m["text"].encode()) for m in response["tar.gz"])
    return "empty", b""


def tar_gz(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Build a gzip tar of regular files, the same bytes every time."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _zip(members: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _fillers(members: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    for member in members:
        name, size = member["name"], member["size"]
        line = f"{name}: stand-in\n".encode()
        yield name, (line * (size // len(line) + 1))[:size]


def _flask_json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _route(path: str) -> str:
    return path.removeprefix("/v1/").strip("/")


def _pairs(headers: Iterable[Iterable[str]]) -> Pairs:
    return tuple((name, value) for name, value in headers)
