"""Confs that real servers got: what they accepted checks clean, what they refused is reported."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from fateflow_client.jobconf.confs import check_upload
from fateflow_client.jobconf.report import Report
from fateflow_client.jobconf.spec import JobSpec
from tests.contract.exchanges import (
    ENVIRONMENT,
    RELEASES,
    Exchange,
    load_recordings,
    recordings_root,
)

ROOT = recordings_root()
NO_RECORDINGS = f"no recordings: {ENVIRONMENT} names no folder, and ../shared holds none"


def _of(route: str) -> list[Exchange]:
    if ROOT is None:
        return []
    return [e for folder in RELEASES for e in load_recordings(folder) if e.route == route]


def _document(exchange: Exchange, *names: str) -> Any:
    return next((exchange.request_json[n] for n in names if n in exchange.request_json), None)


SUBMITS = [e for e in _of("job/submit") if e.request_kind == "json"]
ACCEPTED = [e for e in SUBMITS if e.response_json.get("retcode") == 0]
REFUSED = [e for e in SUBMITS if e.response_json.get("retcode") != 0]

UNSEEN = {
    "bad component param": "values of parameters: only FATE's components know what they allow",
    "task_cores 1000": "the server's own limit of cores",
    "model not deployed": "what models there are: seen with online=",
    "undeployed model": "what models there are: seen with online=",
    "unknown model": "what models there are: seen with online=",
    "as JSON string": "a document sent as a text, which this library never does",
    "new key names runtime_conf/dsl": "members of the body, which are this library's business",
}
"""What no local check can see, by words of the label, and why."""
WARNED = {
    "unknown module": "unknown-module",
    "bad module": "unknown-module",
}
"""What is a warning because servers can be given more modules, and the code."""
ONLY_WITH_RELEASE = {
    "dsl v1": "dsl-version-1",
    "without dsl_version": "dsl-version-1",
    "without work_mode": "missing-key",
}
"""What other releases take, and the code with the release of that server."""
SEEN = {
    "submit {}": "missing-key",
    "empty object": "missing-key",
    "unknown top-level key": "missing-key",
    "old key names": "missing-key",
    "no dsl": "missing-dsl",
    "without dsl": "missing-dsl",
    "without initiator": "missing-key",
    "without role": "missing-key",
    "initiator not in role": "initiator-not-in-role",
    "dangling input": "undefined-component",
    "party_id abc": "party-id-not-a-number",
}
"""What is an error for every release, and the code."""


def _check(exchange: Exchange, release: str | None = None) -> Report:
    conf = _document(exchange, "job_runtime_conf", "runtime_conf")
    dsl = _document(exchange, "job_dsl", "dsl")
    if "old key names" in exchange.label:
        conf, dsl = {}, None  # what the server looked for, and did not find
    return JobSpec({} if conf is None else conf, dsl).check(release=release)


def _named(exchange: Exchange, words: dict[str, str]) -> str | None:
    label = exchange.label.replace("job submit", "job.submit")
    return next((words[word] for word in words if word in label), None)


def test_there_are_recordings_where_there_must_be() -> None:
    if ROOT is None and not os.environ.get(ENVIRONMENT):
        pytest.skip(NO_RECORDINGS)
    assert len(ACCEPTED) == 51
    assert len(REFUSED) == 63


@pytest.mark.parametrize("exchange", ACCEPTED, ids=lambda e: e.source)
def test_a_job_that_a_server_accepted_has_no_error(exchange: Exchange) -> None:
    for release in (None, exchange.release):
        assert _check(exchange, release).errors == ()


@pytest.mark.parametrize("exchange", ACCEPTED, ids=lambda e: e.source)
def test_a_job_that_a_server_accepted_is_sent_as_it_was(exchange: Exchange) -> None:
    conf = _document(exchange, "job_runtime_conf", "runtime_conf")
    dsl = _document(exchange, "job_dsl", "dsl")
    spec = JobSpec(conf, dsl)
    sent = spec.dump()
    assert json.dumps(sent["job_runtime_conf"]) == json.dumps(conf)
    assert json.dumps(sent.get("job_dsl")) == json.dumps(dsl)
    # The models keep everything too, in an order of their own.
    model = spec.conf.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if exchange.label != "sdk: test.toy":  # whose parameters stand where no server reads them
        assert model == conf
    if spec.dsl is not None:
        assert spec.dsl.model_dump(mode="json", by_alias=True, exclude_unset=True) == dsl


@pytest.mark.parametrize("exchange", REFUSED, ids=lambda e: e.source)
def test_a_job_that_a_server_refused_is_reported_if_it_can_be_seen(exchange: Exchange) -> None:
    if _named(exchange, UNSEEN):
        return
    if warned := _named(exchange, WARNED):
        assert warned in {f.code for f in _check(exchange).warnings}
    elif later := _named(exchange, ONLY_WITH_RELEASE):
        assert later in {f.code for f in _check(exchange, exchange.release).errors}
        assert _check(exchange).ok
    else:
        code = _named(exchange, SEEN)
        for release in (None, exchange.release):
            assert code in {f.code for f in _check(exchange, release).errors}


def test_no_reason_is_kept_that_nothing_needs() -> None:
    if ROOT is None:
        pytest.skip(NO_RECORDINGS)
    labels = " ".join(e.label.replace("job submit", "job.submit") for e in REFUSED)
    assert [w for table in (UNSEEN, WARNED, ONLY_WITH_RELEASE, SEEN) for w in table
            if w not in labels] == []  # fmt: skip


def _upload_conf(exchange: Exchange) -> dict[str, Any] | None:
    """The conf as JSON; None for what came in another way, or in pieces."""
    if exchange.request_kind == "json":
        found = exchange.request_json
    else:
        try:
            found = json.loads(unquote(exchange.query))
        except ValueError:
            return None
    return found if isinstance(found, dict) else None


UPLOADS = [
    e
    for e in _of("data/upload")
    # Without keys or with wrong ones the conf is not even read.
    if _upload_conf(e) is not None and "AUTH" not in e.label.upper()
]


def _taken(exchange: Exchange) -> bool:
    if exchange.status != 200:
        return False
    answer = exchange.response_json
    data = answer.get("data")
    return answer.get("retcode") == 0 and not (isinstance(data, dict) and data.get("code"))


UPLOADS_TAKEN = [e for e in UPLOADS if _taken(e)]
UPLOADS_REFUSED = [e for e in UPLOADS if not _taken(e)]
JOB_FAILED = ("partition 0", "partition=0", "partition 2000", "config with 3 files", "head=5")
"""Taken, and then the server's own job failed: errors with good reason."""
UPLOADS_UNSEEN = {
    "existing table": "what tables there are: seen with online=",
    "existing, drop=0": "what tables there are: seen with online=",
    "existing, drop=2": "what tables there are: seen with online=",
    "no file part": "how the file is sent, which is this library's business",
    "misnamed": "how the file is sent, which is this library's business",
    "part name wrong": "how the file is sent, which is this library's business",
    "JSON body without use_local_data": "how the file is sent, which is this library's business",
    'use_local_data "0"': "a text for a number, which this library sends as a number",
    "task_cores too many": "the server's own limit of cores",
    "t_drop": "what tables there are: seen with online=",
    "with spaces, non-ASCII": "what the official client makes of the conf on its way",
}
"""What no local check can see in an upload conf, by words of the label, and why."""


def _check_upload(exchange: Exchange, folder: Path, release: str | None) -> Report:
    conf = dict(_upload_conf(exchange) or {})
    table = folder / "table.csv"
    table.write_text("id,y,x0\n1,0,0.5\n", "utf-8")
    conf["file"] = str(table)
    if exchange.kind == "sdk":
        conf.pop("drop", None)  # the official client's own, with values of its own
    return check_upload(conf, release=release)


@pytest.mark.parametrize("exchange", UPLOADS_TAKEN, ids=lambda e: e.source)
def test_an_upload_that_a_server_took_has_no_error(exchange: Exchange, tmp_path: Path) -> None:
    for release in (None, exchange.release):
        report = _check_upload(exchange, tmp_path, release)
        if any(words in exchange.label for words in JOB_FAILED):
            assert [f.code for f in report.errors] == ["wrong-value"]
        else:
            assert report.errors == ()


@pytest.mark.parametrize("exchange", UPLOADS_REFUSED, ids=lambda e: e.source)
def test_an_upload_that_a_server_refused_is_reported_if_it_can_be_seen(
    exchange: Exchange, tmp_path: Path
) -> None:
    report = _check_upload(exchange, tmp_path, exchange.release)
    seen = not any(words in exchange.label for words in UPLOADS_UNSEEN)
    assert bool(report.errors) is seen
