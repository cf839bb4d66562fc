"""The project's own samples of answers: each becomes the result or the error that it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import fateflow_client
from fateflow_client import (
    AmbiguousOutcomeError,
    DataUploadRequest,
    FlowClient,
    FlowError,
    JobConfigFiles,
    JobLog,
    JobSubmitRequest,
    JobSubmitted,
    OutputData,
    OutputModel,
    Result,
    RetryPolicy,
    TagMatches,
    UnsupportedByServerError,
    UploadRecord,
)
from fateflow_client.domain._base import MappingResult, RowsResult
from tests.contract.exchanges import Exchange, load_samples
from tests.support.questions import QUESTIONS
from tests.support.samples import requests_by_call
from tests.support.server import Answer, ScriptedServer

SAMPLES = load_samples()
BEYOND = {
    # Calls beyond the manual's: their answers are tested with recordings.
    "job.rerun", "job.clean", "job.update", "job.parameter_update", "job.log_path",
    "component.output_data_preview", "component.metric_data", "table.download", "table.preview",
    "table.bind", "table.list", "model.query_detail", "checkpoint.list", "checkpoint.get",
    "server.versions", "server.resources",
}  # fmt: skip


def answer_of(exchange: Exchange) -> Answer:
    """The recorded answer, ready to be served."""
    skip = {"connection", "date", "server", "content-length", "transfer-encoding"}
    headers = tuple((k, v) for k, v in exchange.served_headers() if k.lower() not in skip)
    declared = exchange.header("content-length") is not None
    return Answer(exchange.status, headers, exchange.response_body, length=declared)


def ask(server: ScriptedServer, exchange: Exchange, request: Any) -> Result | FlowError:
    """Send a request, serve the exchange's answer, and give what the client makes of it."""
    server.play(answer_of(exchange))
    policy = RetryPolicy(attempts=1, settle=0)
    with FlowClient(
        port=server.port, retry=policy, trust_env=False, server_release=exchange.release
    ) as client:
        try:
            checked = isinstance(request, DataUploadRequest | JobSubmitRequest)
            # The sample confs lack what only some releases want.
            result: Result = client.send(request, validate=not checked)
        except AmbiguousOutcomeError as error:
            cause = error.__cause__
            return cause if isinstance(cause, FlowError) else error
        except FlowError as error:
            return error
        return result


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.source[8:-5] for sample in SAMPLES])
def test_a_sample_means_what_it_says(
    sample: Exchange, server: ScriptedServer, tmp_path: Path
) -> None:
    requests = requests_by_call(tmp_path)
    calls = list(requests) if sample.call == "any" else [sample.call]
    if sample.outcome == "retcode_string":
        calls.remove("tag.create")  # which old releases answer so, and mean success
    for call in calls:
        server.aside = QUESTIONS.get(call, {})
        outcome = ask(server, sample, requests[call])
        expected = sample.expect
        if "error" in expected:
            _check_error(outcome, expected, call)
        else:
            assert isinstance(outcome, Result), outcome
            _check_result(outcome, expected["result"])
            again = type(outcome).model_validate(outcome.model_dump())
            assert again == outcome


def _check_error(outcome: Result | FlowError, expected: Mapping[str, Any], call: str) -> None:
    assert isinstance(outcome, FlowError), (call, outcome)
    if isinstance(outcome, UnsupportedByServerError) and call in BEYOND:
        return  # a page without an envelope, where only later releases have the route
    wanted = getattr(fateflow_client, expected["error"])
    assert isinstance(outcome, wanted), (call, type(outcome), str(outcome))
    for name in ("status", "retcode", "job_id"):
        if name in expected:
            assert getattr(outcome, name) == expected[name], (call, name)
    assert outcome.path is not None
    assert outcome.path.startswith("/v1/")


def _check_result(outcome: Any, expected: Any) -> None:
    if expected is True:
        return
    for name, value in expected.items():
        if name == "first":
            for column, cell in value.items():
                assert _cell(outcome[0], column) == cell, (column, outcome[0])
        elif name in ("keys", "members"):
            assert _names(outcome) == sorted(value)
        else:
            assert _value(outcome, name) == value, (name, outcome)


def _names(outcome: Any) -> list[str]:
    match outcome:
        case OutputModel():
            return sorted(outcome.data)
        case JobConfigFiles() | JobLog() | OutputData():
            return sorted(str(path.relative_to(outcome.directory)) for path in outcome.files)
        case _:
            return sorted(outcome)


def _value(outcome: Any, name: str) -> Any:
    match name, outcome:
        case "len", _:
            return len(outcome)
        case "components", RowsResult():
            return list(outcome)
        case (("model_id" | "model_version"), JobSubmitted()):
            return getattr(outcome.model_info, name)
        case "tags", TagMatches():
            return [tag.name for tag in outcome.tags]
        case "models", TagMatches():
            return [[model.role, model.party_id, model.size] for model in outcome.models]
        case _, MappingResult():
            return outcome[name]
        case _:
            return getattr(outcome, name)


def _cell(row: Any, column: str) -> Any:
    value = getattr(row, column, None)
    if value is None and isinstance(row, UploadRecord):
        value = getattr(row.upload_info, column)
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case timedelta():
            return round(value / timedelta(milliseconds=1))
        case tuple():
            return list(value)
        case _:
            return value


def test_every_call_has_samples(tmp_path: Path) -> None:
    sampled = {sample.call for sample in SAMPLES}
    assert sampled - {"any"} <= set(requests_by_call(tmp_path))
    assert set(requests_by_call(tmp_path)) - sampled == BEYOND
