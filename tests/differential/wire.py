"""What a request means: it is taken apart as a server does, into a flat mapping of facts.

Facts are named by paths: ``method``, ``path``, ``type`` (the media type), ``query/...``,
``body/...``, ``form/NAME``, ``file/NAME/...``, ``header/...`` (of signed requests). Spacing of
JSON, order of members, boundaries and everything else that no server reads make no fact.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from tests.contract.exchanges import tar_gz
from tests.support.samples import JOB_ID
from tests.support.server import Answer, Got, ScriptedServer, Step

APP_KEY = "pipeline-7"
SECRET_KEY = "kept between the two of us"

Facts = dict[str, Any]


class Part(NamedTuple):
    """One part of a multipart body."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def facts(got: Got) -> Facts:
    """Take a request apart."""
    media = got.headers.get("content-type", "").partition(";")[0].strip().lower()
    found: Facts = {"method": got.method, "path": got.path}
    if media:
        found["type"] = media
    found |= _query(got.query)
    if media == "multipart/form-data":
        found |= _parts(parts(got))
    elif got.body:
        found |= _body(got.body)
    return found | _signature(got)


def _query(query: str) -> Facts:
    """Read a query as data/upload does: JSON in place of the first name, or ordinary pairs."""
    if not query:
        return {}
    pairs = parse_qsl(query, keep_blank_values=True)
    with contextlib.suppress(ValueError):
        if len(pairs) == 1:
            return _flat("query", json.loads(pairs[0][0]))
    return {"query": pairs}


def _body(body: bytes) -> Facts:
    try:
        return _flat("body", json.loads(body))
    except ValueError:
        return {"body": body}


def _flat(name: str, value: Any) -> Facts:
    if name == "body/train_dsl" and isinstance(value, str):
        return _flat(f"{name}/(JSON text)", json.loads(value))
    if isinstance(value, dict) and value:
        return {k: v for key in value for k, v in _flat(f"{name}/{key}", value[key]).items()}
    return {name: value}


def parts(got: Got) -> list[Part]:
    """Split a multipart body."""
    match = re.search('boundary="?([^";]+)', got.headers["content-type"])
    assert match, got.headers["content-type"]
    line = b"--" + match[1].encode()
    first, *middle, last = (b"\r\n" + got.body).split(b"\r\n" + line)
    assert (first, last) == (b"", b"--\r\n"), got.body[-80:]
    return [_part(*piece.removeprefix(b"\r\n").split(b"\r\n\r\n", 1)) for piece in middle]


def _part(head: bytes, content: bytes) -> Part:
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (text.partition(":") for text in head.decode().split("\r\n"))
    }
    given = dict(re.findall(r'(\w+\*?)="?([^";]*)"?', headers["content-disposition"]))
    return Part(given["name"], given.get("filename"), headers.get("content-type", ""), content)


def _parts(found: Iterable[Part]) -> Facts:
    result: Facts = {}
    for part in found:
        if part.filename is None:
            result.setdefault(f"form/{part.name}", []).append(part.content.decode())
            continue
        result[f"file/{part.name}/filename"] = part.filename
        result[f"file/{part.name}/content"] = part.content
        if part.content_type:
            result[f"file/{part.name}/type"] = part.content_type
    return result


# -- signatures ----------------------------------------------------------------------------------


def _signature(got: Got) -> Facts:
    """The headers of a signature; its own fact is whether it is right."""
    found: Facts = {}
    for name in ("app_key", "app-key"):
        if name in got.headers:
            found[f"header/{name}"] = got.headers[name]
    if "timestamp" in got.headers:
        stamp = got.headers["timestamp"]
        found["header/timestamp"] = "ms" if re.fullmatch(r"\d{13}", stamp) else stamp
    if "nonce" in got.headers:
        found["header/nonce"] = "some" if got.headers["nonce"] else "empty"
    if "signature" in got.headers:
        right = got.headers["signature"] == expected_signature(got)
        found["header/signature"] = "right" if right else "wrong"
    return found


def expected_signature(got: Got) -> str:
    """Sign a request as FATE Flow does to check it (contract.md, section 3), from what arrived."""
    body, form = b"", ""
    if got.headers.get("content-type", "").startswith("multipart/"):
        fields = sorted((p.name, p.content.decode()) for p in parts(got) if p.filename is None)
        form = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields)
    elif got.body and json.loads(got.body):
        body = got.body
    key = got.headers.get("app-key") or got.headers.get("app_key") or ""
    words = (got.headers["timestamp"], got.headers["nonce"], key, got.target)
    message = "\n".join(words).encode("ascii") + b"\n" + body + b"\n" + form.encode("ascii")
    return base64.b64encode(hmac.digest(SECRET_KEY.encode(), message, "sha1")).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")


def shown(value: Any) -> str:
    """Write a fact for a person; a long file is its size and hash."""
    if isinstance(value, bytes) and len(value) > 60:
        return f"{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()[:12]}"
    return repr(value)


# -- the server ----------------------------------------------------------------------------------

_MODEL = {"model_id": "arbiter-10000#guest-9999#host-10000#model", "model_version": JOB_ID}
_PARTIES: dict[str, Any] = {
    "guest": {"9999": 0},
    "detail": {"guest": {"9999": {"retcode": 0, "retmsg": "success"}}},
}
_DSL: dict[str, Any] = {"components": {"reader_0": {"module": "Reader"}}}
_TABLE = {"namespace": "clinic_lab", "table_name": "wine_guest"}


def _job(**more: Any) -> dict[str, Any]:
    data = {"job_id": JOB_ID, "code": 0, "message": "success", "model_info": _MODEL, **more}
    return {"jobId": JOB_ID, "data": data}


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("define/define_meta.yaml", "describe: {}\n")
    return buffer.getvalue()


ENVELOPES: Mapping[str, dict[str, Any]] = {
    "job/submit": _job(),
    "job/query": {"data": []},
    "job/config": {
        "data": {
            "job_id": JOB_ID,
            "dsl": _DSL,
            "runtime_conf": {"dsl_version": 2},
            "train_runtime_conf": {},
            "model_info": _MODEL,
        }
    },
    "job/list/job": {"data": {"jobs": [], "count": 0}},
    "job/data/view/query": {"data": []},
    "job/dsl/generate": {"data": _DSL},
    "job/list/task": {"data": {"tasks": [], "count": 0}},
    "job/task/query": {"data": []},
    "job/clean/queue": {"data": {}},
    "tracking/component/parameters": {"data": {"module": "Reader", "ReaderParam": {}}},
    "tracking/component/metrics": {"data": {}},
    "tracking/component/metric/all": {"data": {}},
    "tracking/component/metric/delete": {"data": "delete status: True"},
    "tracking/component/output/model": {
        "data": {"weight": {}},
        "meta": {"meta_data": {}, "module_name": "HeteroLR"},
    },
    "tracking/component/output/data/table": {
        "data": [{"table_namespace": "out_ns", "table_name": "out_name", "data_name": "data"}]
    },
    "tracking/component/list": {"data": {"components": ["reader_0"]}},
    "tracking/component/summary/download": {"data": {"intersect_num": 2}},
    "data/upload": _job(**_TABLE),
    "data/download": _job(**_TABLE),
    "data/upload/history": {"data": []},
    "model/load": {"jobId": JOB_ID, "data": _PARTIES},
    "model/import": {"data": {"job_id": JOB_ID, "role": "guest", "party_id": "9999", **_MODEL}},
    "model/store": _job(),
    "model/restore": _job(),
    "model/migrate": {"jobId": JOB_ID, "data": _PARTIES},
    "model/deploy": {"data": _MODEL | _PARTIES},
    "model/get/predict/dsl": {"data": _DSL},
    "model/get/predict/conf": {"data": {"dsl_version": 2}},
    "model/query": {"data": []},
    "model/model_tag/retrieve": {"data": {"tags": [], "count": 0}},
    "model/tag/list": {"data": {"tags": []}},
    "model/tag/retrieve": {
        "data": {"tags": [{"name": "prod", "description": "in use"}], "models": [], "count": 0}
    },
    "table/table_info": {"data": {**_TABLE, "exist": 1, "count": 7, "partition": 4}},
    "table/delete": {"data": _TABLE},
}
"""Answers that every client accepts, without retcode and retmsg; other routes have no data."""


def _attachment(media: str, name: str, body: bytes) -> Answer:
    disposition = f"attachment; filename={name}"
    headers = (("Content-Type", media), ("Content-Disposition", disposition))
    return Answer(headers=headers, body=body)


_LOG = tar_gz([("fate_flow_schedule.log", b"started\n"), ("guest/9999/INFO.log", b"ran\n")])
_OUTPUT = tar_gz([("data.csv", b"id,y\n1,0\n"), ("data.meta", b'{"header": ["id", "y"]}')])
FILES: Mapping[str, Answer] = {
    "job/log": _attachment("application/gzip", f"job_{JOB_ID}_log.tar.gz", _LOG),
    "job/log/download": _attachment("application/gzip", f"job_{JOB_ID}_log.tar.gz", _LOG),
    "tracking/component/output/data/download": _attachment(
        "application/gzip", f"job_{JOB_ID}_hetero_lr_0_guest_9999_output_data.tar.gz", _OUTPUT
    ),
    "model/export": _attachment(
        "application/zip", f"guest#9999#{_MODEL['model_id']}_{JOB_ID}.zip", _zip()
    ),
}


class RecordingServer(ScriptedServer):
    """Answers by route, whoever asks. Its clients ask one after the other."""

    def _do(self, step: Step, connection: Any) -> bool:
        if any(step is answer for answer in self.aside.values()):
            return super()._do(step, connection)
        route = self.got[-1].path.removeprefix("/v1/")
        envelope = {"retcode": 0, "retmsg": "success", **ENVELOPES.get(route, {})}
        return super()._do(FILES.get(route) or Answer.of(envelope), connection)
