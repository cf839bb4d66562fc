"""The confs and DSLs that real servers accepted have no errors, here and in editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from fateflow_client.jobconf.alone import check_alone
from fateflow_client.jobconf.kinds import ConfKind, kind_of
from fateflow_client.jobconf.schema import json_schema
from fateflow_client.jobconf.source import load
from tests.contract.exchanges import (
    ENVIRONMENT,
    RELEASES,
    Exchange,
    load_recordings,
    recordings_root,
)

KINDS = {
    "data/upload": ConfKind.UPLOAD,
    "data/download": ConfKind.DOWNLOAD,
    "model/load": ConfKind.LOAD,
    "model/bind": ConfKind.BIND,
    "model/export": ConfKind.EXPORT,
    "model/store": ConfKind.STORE,
    "model/restore": ConfKind.STORE,
    "model/migrate": ConfKind.MIGRATE,
}
JOB = {"job_runtime_conf": ConfKind.RUNTIME_CONF, "job_dsl": ConfKind.DSL}
JOBS_THAT_FAIL = [("partition", 0), ("partition", 2000), ("head", 5)]
"""Upload confs whose request was accepted and whose job then failed."""
LEAST = {"runtime-conf": 40, "dsl": 40, "upload": 40, "download": 5, "export": 10, "migrate": 10}
"""How many of a kind are recorded at least; no load or bind succeeded on any server."""


def bodies(exchange: Exchange) -> Iterator[tuple[ConfKind, Any]]:
    body = exchange.request_json
    if exchange.route == "job/submit" and isinstance(body, dict):
        yield from ((kind, body[name]) for name, kind in JOB.items() if body.get(name))
    elif exchange.route == "data/upload" and exchange.request_kind == "multipart":
        query = unquote(exchange.query)
        if query.startswith("{"):
            yield ConfKind.UPLOAD, {"file": "sent.csv", **json.loads(query)}
    elif exchange.route == "model/export" and isinstance(body, dict):
        yield ConfKind.EXPORT, {**body, "output_path": "not-sent"}
    elif exchange.route in KINDS and isinstance(body, dict):
        yield KINDS[exchange.route], body


def accepted(exchange: Exchange) -> bool:
    if exchange.status != 200:
        return False
    if exchange.response_kind != "json":
        return exchange.route == "model/export"  # the zip
    answer = exchange.response_json
    data = answer.get("data")
    inner = data.get("code", 0) if isinstance(data, dict) else 0
    return bool(answer["retcode"] == 0 and inner == 0)


@cache
def documents() -> tuple[tuple[str, str, ConfKind, dict[str, Any]], ...]:
    """Where it comes from, its server's release, its kind and itself: what was accepted."""
    if recordings_root() is None:
        assert ENVIRONMENT not in os.environ
        pytest.skip("no recordings of real servers")
    found: list[tuple[str, str, ConfKind, dict[str, Any]]] = []
    for folder in RELEASES:
        for exchange in load_recordings(folder):
            if exchange.route in {*KINDS, "job/submit"} and accepted(exchange):
                for kind, document in bodies(exchange):
                    if any(document.get(name) == value for name, value in JOBS_THAT_FAIL):
                        continue
                    if document.get("drop") == 2:
                        # What the official client of old makes of a drop of 0 or none.
                        document = {**document, "drop": 0}
                    found.append((exchange.source, exchange.release, kind, document))
    return tuple(found)


def test_there_are_enough_to_tell() -> None:
    kinds = [kind.value for _, _, kind, _ in documents()]
    assert {kind: kinds.count(kind) >= least for kind, least in LEAST.items()} == dict.fromkeys(
        LEAST, True
    )


def test_their_keys_tell_what_they_are() -> None:
    wrong = [(source, kind) for source, _, kind, value in documents() if kind_of(value) != kind]
    assert wrong == []


def test_an_editor_underlines_nothing() -> None:
    validators = {kind: Draft202012Validator(json_schema(kind)) for kind in ConfKind}
    wrong = [
        (source, kind.value, error.json_path, error.message[:200])
        for source, _, kind, value in documents()
        for error in validators[kind].iter_errors(value)
    ]
    assert wrong == []


def test_checked_alone_they_have_no_errors() -> None:
    wrong = [
        (source, str(error))
        for source, release, kind, value in documents()
        for known in (None, release)
        for error in check_alone(load(value, "document"), kind, known).errors
    ]
    assert wrong == []


@pytest.mark.parametrize(("name", "value"), JOBS_THAT_FAIL)
def test_an_upload_conf_whose_job_failed_is_reported(name: str, value: int) -> None:
    conf = {"namespace": "n", "table_name": "t", "file": "a.csv", "head": 1, "partition": 1}
    report = check_alone(load({**conf, name: value}, "document"), ConfKind.UPLOAD)
    assert [(error.code, error.pointer) for error in report.errors] == [("wrong-value", f"/{name}")]
