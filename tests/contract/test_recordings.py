"""What real servers answered, and what the official client sent them.

Answers: every one recorded for a call of ours becomes its result or its error. Requests: every one
of the official client (``sdk:``), built through our models, goes out with the same verb, path and
meaning; those of people (``raw:``) are built where our models allow it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

from fateflow_client import (
    ApiError,
    Envelope,
    FlowClient,
    FlowError,
    InputFileError,
    PartyError,
    ProtocolError,
    Result,
    RetryPolicy,
    SubmitRejectedError,
    UnsupportedByServerError,
)
from fateflow_client._core.endpoint import EMPTY, endpoint_of
from fateflow_client.domain._base import MappingResult, Request, RowsResult
from tests.contract.exchanges import (
    ENVIRONMENT,
    RELEASES,
    Exchange,
    load_recordings,
    recordings_root,
)
from tests.contract.test_samples import ask
from tests.support.questions import QUESTIONS
from tests.support.samples import requests_by_call
from tests.support.server import Answer, Got, ScriptedServer

ROOT = recordings_root()
NO_RECORDINGS = f"no recordings: {ENVIRONMENT} names no folder, and ../shared holds none"


def _recorded(folder: str) -> list[Exchange]:
    if ROOT is None:
        return []
    return [exchange for exchange in load_recordings(folder) if exchange.call]


ALL = [exchange for folder in RELEASES for exchange in _recorded(folder)]
LATEST = [exchange for exchange in ALL if exchange.release == "1.11.2"]


def _each(exchanges: list[Exchange]) -> list[Any]:
    """The exchanges as parameters, or one that is skipped and says why."""
    if not exchanges:
        return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=NO_RECORDINGS))]
    return [pytest.param(exchange, id=exchange.source[:-5]) for exchange in exchanges]


def test_the_recordings_are_there() -> None:
    if ROOT is None:
        assert ENVIRONMENT not in os.environ
        pytest.skip(NO_RECORDINGS)
    assert len(LATEST) > 150


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.mark.parametrize("exchange", _each(ALL))
def test_every_answer_becomes_its_result_or_its_error(
    exchange: Exchange, scripted: ScriptedServer, tmp_path: Path
) -> None:
    request = requests_by_call(tmp_path)[exchange.call]
    scripted.aside = QUESTIONS.get(exchange.call, {})
    outcome = ask(scripted, exchange, request)
    if exchange.response_kind in ("tar.gz", "gzip", "zip", "zip-part"):
        _check_download(exchange, outcome)
        return
    try:
        raw = exchange.response_json
    except ValueError:
        # A page of HTML; where only later releases have the route, that is what it says.
        assert isinstance(outcome, ProtocolError | UnsupportedByServerError), outcome
        return
    if isinstance(raw.get("retcode"), str) and endpoint_of(request).text_retcode:
        assert isinstance(outcome, Result), outcome
    elif not isinstance(raw.get("retcode"), int):
        assert isinstance(outcome, ProtocolError), outcome
    elif raw["retcode"] == 0 and exchange.status == 200:
        _check_success(exchange, raw, outcome, request)
    else:
        _check_refusal(exchange, raw, outcome, request)


def _check_download(exchange: Exchange, outcome: Result | FlowError) -> None:
    if exchange.status != 200:
        assert isinstance(outcome, FlowError)  # 206: nobody asked for a part
        return
    assert isinstance(outcome, Result), outcome
    found: Any = outcome
    if exchange.response_kind == "zip":
        assert found.file.read_bytes() == exchange.response_body
        return
    names = sorted(str(path.relative_to(found.directory)) for path in found.files)
    assert names == sorted(exchange.members)


def _check_success(
    exchange: Exchange, raw: Mapping[str, Any], outcome: Result | FlowError, request: Request
) -> None:
    data = raw.get("data")
    endpoint = endpoint_of(request)
    fitting = [m.outcome for m in endpoint.meanings if m.fits(0, raw.get("retmsg", ""), data)]
    if fitting:
        assert fitting[0] is not EMPTY
        assert isinstance(outcome, fitting[0])
        return
    if endpoint.per_party and any(_codes(data)):
        assert isinstance(outcome, PartyError)
        assert outcome.parties == data
        return
    if isinstance(data, dict) and data.get("code"):
        assert isinstance(outcome, SubmitRejectedError), outcome
        assert outcome.job_id == data["job_id"]
        return
    assert isinstance(outcome, Result), outcome
    assert isinstance(outcome, endpoint_of(request).result)
    assert outcome.envelope.raw == raw
    assert type(outcome).model_validate(outcome.model_dump()) == outcome
    if isinstance(outcome, RowsResult):
        rows = data
        for name in ("jobs", "tasks", "components", "tags"):
            rows = rows.get(name, rows) if isinstance(rows, dict) else rows
        assert len(outcome) == len(rows or ())
        for row, given in zip(outcome, rows or (), strict=True):
            _check_row(row, given)
    elif isinstance(outcome, MappingResult):
        assert sorted(outcome) == sorted(data or {})


def _codes(data: Any) -> list[int]:
    """The parties' own retcodes, of which none is called a failure by the one on top."""
    parties = {role: codes for role, codes in data.items() if role in ("guest", "host", "arbiter")}
    return [code for codes in parties.values() for code in codes.values()]


def _check_row(row: Any, given: Any) -> None:
    if not isinstance(given, dict) or len(given) == 1:
        return
    for name in ("job_id", "role", "status", "component_name", "task_id", "progress"):
        for key in (name, f"f_{name}"):
            if key in given and name in type(row).model_fields:
                assert getattr(row, name) == given[key]
    for name in {"create_time", "end_time"} & set(type(row).model_fields):
        stamp = given.get(f"f_{name}", given.get(name))
        found = getattr(row, name)
        assert (stamp is None) == (found is None)
        if stamp is not None:
            assert round(found.timestamp() * 1000) == stamp


def _check_refusal(
    exchange: Exchange, raw: Mapping[str, Any], outcome: Result | FlowError, request: Request
) -> None:
    if isinstance(outcome, Result):
        endpoint = endpoint_of(request)
        assert any(
            meaning.outcome is EMPTY and meaning.fits(raw["retcode"], raw["retmsg"], None)
            for meaning in endpoint.meanings
        ), outcome
        assert outcome == endpoint.result.from_envelope(Envelope())
        return
    assert isinstance(outcome, ApiError), outcome
    assert outcome.retcode == raw["retcode"]
    assert outcome.retmsg == raw["retmsg"]
    assert outcome.status == exchange.status
    assert outcome.job_id == raw.get("jobId")


# -- requests ------------------------------------------------------------------------------------

LEAKED = {"local", "output_path", "verbose"}
"""Members that the official client sends and no server reads: `local` (role and party once more),
`output_path` (a folder of the caller's machine) and `verbose` (a setting of its progress bar)."""

REFUSED: dict[str, str] = {
    # Requests of the official client that ours refuses, with the rule.
    "sdk: component.output_data limit 0": "a limit is 1 or more, or -1",
    "sdk: component.output_model wrong role": "roles are closed",
    "sdk: component.metric_all wrong role": "roles are closed",
    "sdk: task.query role wrong": "roles are closed",
    "sdk: data.upload without head": "head is required",
    "sdk: data.upload without partition": "partition is required",
    "sdk: data.upload without namespace": "namespace is required",
    "sdk: component.list None": "job_id is required",
    'sdk: job.stop None -> "None"': "job ids are digits",
    "sdk: component.parameters wrong role": "roles are closed",
    "sdk: component.metric_delete date": "no release after 1.7.0 reads a date",
    "sdk: component.metric_delete bad date": "a date is YYYYMMDD, a day of the calendar",
    "sdk: component.metric_delete int-like date": "no release after 1.7.0 reads a date",
    "sdk: data.download no output_path": "output_path is required",
    "sdk: model.bind no service id": "service_id is required",
    "sdk: model.migrate same roles": "role and migrate_role need guest and host",
    "sdk: model.migrate missing": "migrate_initiator, role ... are required",
}
LOOKED_UP = "sdk: table.delete job component"
"""A deletion by output: its table's name is asked for first; servers ignore the ids."""


def _refused(exchange: Exchange) -> str | None:
    if exchange.label in REFUSED:
        return REFUSED[exchange.label]
    body = exchange.request_json
    if isinstance(body, dict) and body.get("job_id") == "1":
        return "job ids have 21 to 25 digits"
    return None


SDK = [exchange for exchange in LATEST if exchange.kind == "sdk"]


@pytest.mark.parametrize("exchange", _each(SDK))
def test_what_the_official_client_sent_we_send_too(
    exchange: Exchange, scripted: ScriptedServer, tmp_path: Path
) -> None:
    rule = _refused(exchange)
    if exchange.call == "model.import_model":
        return  # a form with a file: compared in tests/differential, part by part
    if rule is not None:
        scripted.play(Answer())
        with pytest.raises((ValidationError, InputFileError, UnsupportedByServerError)):
            _send(exchange, scripted, tmp_path)
        assert scripted.got == []
        return
    got = _send(exchange, scripted, tmp_path)
    if exchange.label == LOOKED_UP:
        assert got.path == "/v1/tracking/component/output/data/table"
        return
    method = "POST" if exchange.call == "model.export_model" else exchange.method
    assert (got.method, got.path) == (method, exchange.path)
    if exchange.call == "data.upload":
        _same_upload(got, exchange)
        return
    theirs = exchange.request_json if exchange.request_kind == "json" else {}
    leaked = LEAKED | {"from_database", "to_database"}
    if exchange.call == "data.download":
        leaked = leaked - {"output_path"}  # a path of the server's, which is meant
    wanted = {name: v for name, v in theirs.items() if name not in leaked and v is not None}
    if exchange.call == "job.generate_dsl" and isinstance(wanted["cpn_str"], str):
        wanted["cpn_str"] = wanted["cpn_str"].split(",")
        wanted["train_dsl"] = json.dumps(json.loads(wanted["train_dsl"]), separators=(",", ":"))
    if exchange.call == "job.generate_dsl":
        wanted["train_dsl"] = json.loads(wanted["train_dsl"])
        ours = got.json | {"train_dsl": json.loads(got.json["train_dsl"])}
        assert ours == wanted
        return
    assert got.json == wanted
    assert got.headers["content-type"] == "application/json"


def _same_upload(got: Got, exchange: Exchange) -> None:
    theirs = json.loads(unquote(exchange.query))
    ours = got.query_json
    theirs.pop("verbose", None)
    # Ours tells the name of the part and no folder; the server puts a path of its own there.
    del theirs["file"]
    assert ours.pop("file") == exchange.request_parts[0].filename
    for name in ("head", "partition"):
        theirs[name] = int(theirs[name])  # "1" and true are the number 1 to every server
    assert ours == theirs
    name = exchange.request_parts[0].filename
    assert f'name="file"; filename="{name}"'.encode() in got.body
    assert exchange.request_parts[0].text.encode()[:40] in got.body


def _send(exchange: Exchange, scripted: ScriptedServer, folder: Path) -> Got:
    """Build what the exchange sent through our models, send it, and give what arrived."""
    request = _request(exchange, folder)
    scripted.play(Answer())
    scripted.aside = QUESTIONS.get(exchange.call, {})
    policy = RetryPolicy(attempts=1, settle=0)
    with FlowClient(
        port=scripted.port, retry=policy, trust_env=False, server_release=exchange.release
    ) as client:
        try:
            client.send(
                request,
                marker=exchange.call != "job.submit",
                # What people sent is compared, however wrong it was.
                validate=exchange.call not in ("job.submit", "data.upload"),
            )
        except FlowError:
            if not scripted.got:
                raise  # otherwise what is sent matters here, not what comes back
    # One request, but for tag.update, which looks the description up first.
    assert len(scripted.got) == 1 or exchange.call == "tag.update"
    return scripted.got[-1]


def _request(exchange: Exchange, folder: Path) -> Any:
    body = exchange.request_json if exchange.request_kind == "json" else {}
    fields = {name: value for name, value in body.items() if name not in LEAKED}
    model = type(requests_by_call(folder)[exchange.call])
    if exchange.call == "job.submit":
        return model(conf_path=fields["job_runtime_conf"], dsl_path=fields.get("job_dsl"))
    if exchange.call == "data.upload":
        return _upload_request(exchange, folder, model)
    if exchange.call in CONF_CALLS:
        return _conf_request(exchange, folder, model, body)
    if exchange.call == "job.generate_dsl":
        names = fields.pop("cpn_str")
        names = names.split(",") if isinstance(names, str) else names
        return model(train_dsl_path=json.loads(fields.pop("train_dsl")), cpn_list=names, **fields)
    if "table_name" in model.model_fields and "name" in fields:
        fields["table_name"] = fields.pop("name")
    if exchange.call == "component.metric_delete" and "model" in fields:
        fields["date"] = fields.pop("model")
    if exchange.call == "model.tag_model (remove)":
        fields["remove"] = True
    if exchange.call == "model.get_model_info":
        more = {name: fields.pop(name) for name in set(fields) - set(model.model_fields)}
        fields["filters"] = more
    if "output_path" in model.model_fields:
        fields["output_path"] = folder / "out"
    return model(**fields)


CONF_CALLS = {
    "data.download", "model.load", "model.bind", "model.export_model", "model.store",
    "model.restore", "model.migrate",
}  # fmt: skip
"""Calls whose body is a conf."""


def _conf_request(exchange: Exchange, folder: Path, model: Any, body: dict[str, Any]) -> Any:
    conf = {name: v for name, v in body.items() if name not in ("local", "verbose")}
    if exchange.call == "model.export_model":
        conf["output_path"] = str(folder / "out")
    job_id = conf.pop("job_id", None)
    fields: dict[str, Any] = {"conf_path": conf} if conf else {}
    return model(**fields, **({"job_id": job_id} if job_id else {}))


def _upload_request(exchange: Exchange, folder: Path, model: Any) -> Any:
    if exchange.request_kind == "json":
        return model(conf_path=exchange.request_json)
    conf = json.loads(unquote(exchange.query))
    part = exchange.request_parts[0]
    file = folder / (part.filename or "table.csv")
    file.write_text(part.text, encoding="utf-8")
    drop = conf.pop("drop", 0)
    conf.pop("verbose", None)
    return model(conf_path={**conf, "file": str(file)}, drop=drop)


RAW = [exchange for exchange in LATEST if exchange.kind == "raw"]
RAW_NOT_OURS = {
    # Requests that no call of ours can express, whatever its arguments.
    "a body is always sent": "004 183 205 314",
    "a body is always a JSON object, sent as such": "184 185 186",
    "each call has one verb and one path": "187 191 192 224 320",
    "parameters travel in the body; the query is an upload's conf, as one JSON text": (
        "357 362 363 239 240 241 136"
    ),
    "an upload sends one file in a part named file": "238 242",
    "an empty body object is a request without a filter, signed or not": "355 356",
}
RAW_REFUSED = {
    # Requests that our models refuse to build.
    "a filter is required": "181 203 221 229 311 312 310",
    "a date or a job id is required": "218",
    "a table's namespace and name are required": "287 293",
    "a metric's namespace and name are required": "319",
    "something to change is required": "328",
    "ids are digits, party ids numbers, names not empty": (
        "200 230 348 349 350 351 352 353 354 358"
    ),
    "role, party_id and component_name are required": "222 223 228 227 321",
    "a model's role, party_id, id and version are required": "129",
    "a tag has a name": "125",
    "a conf is required": "204 206 208",
    "limits are numbers, 1 or more or -1": "194 196",
    "a partition is 1 to 1023": "371",
    "head is 0 or 1": "237",
    "a file is not empty": "243",
    "the model has no such field": "030 031 103 217 084 179 197 198 201 308",
    "one job id for a filter": "182",
}
"""Requests of people that ours does not make, by the rule that forbids them: the three digits are
the recording's number."""
RAW_DIFFERENT = {
    "177": "a party id is sent as the number that it is",
    "288": "a table's name is called table_name by this route, and name by others",
    "180": "a job id is sent as the string that servers slice",
    "195": "-1 is sent as 0, which every release reads as all",
    "199": "order_by is open: the server knows its columns",
    "130": "POST, which the official client does not use",
    "372": "by POST, and without the Range header: a part of a zip is of no use",
    "364": "without the Range header: a part of a tar is of no use",
    "226": "a limit of digits is sent as the number that it is, which servers do not ignore",
    "313": "a limit of digits is sent as the number that it is, which servers do not refuse",
}
_NOT_OURS = {number for numbers in RAW_NOT_OURS.values() for number in numbers.split()}
_REFUSED = {number for numbers in RAW_REFUSED.values() for number in numbers.split()}


def _number(exchange: Exchange) -> str:
    return exchange.source.partition("/")[2][:3]


@pytest.mark.parametrize(
    "exchange", _each([exchange for exchange in RAW if _number(exchange) not in _NOT_OURS])
)
def test_what_people_sent_we_send_too_or_refuse_by_a_rule(
    exchange: Exchange, scripted: ScriptedServer, tmp_path: Path
) -> None:
    number = _number(exchange)
    if number in _REFUSED:
        scripted.play(Answer())
        refusals = (
            ValidationError,
            InputFileError,
            UnsupportedByServerError,
            LookupError,
            TypeError,
        )
        with pytest.raises(refusals):
            _send(exchange, scripted, tmp_path)
        assert scripted.got == []
        return
    got = _send(exchange, scripted, tmp_path)
    assert got.path == exchange.path
    if number in RAW_DIFFERENT:
        return
    assert got.method == exchange.method
    if exchange.request_kind == "multipart":
        _same_upload(got, exchange)
        return
    theirs = {name: v for name, v in exchange.request_json.items() if name not in LEAKED}
    # A marker that a conf brings along is another job's: ours replaces it, or nothing.
    theirs.get("job_runtime_conf", {}).pop("fateflow_client", None)
    assert {name: got.json[name] for name in theirs} == theirs
    assert set(got.json) - set(theirs) <= DEFAULTS.get(exchange.call, set())


DEFAULTS = {
    "version/get": {"module"},
    # Members that ours sends though the person left them out: the default, said openly.
    "job.list": {"limit"},
    "data.upload_history": {"limit"},
    "component.output_data": {"limit"},
    "tag.list": {"limit"},
    "tag.query": {"with_model"},
    "data.upload": {"drop"},
}


def test_the_tables_name_no_recording_twice_and_none_that_is_not_there() -> None:
    if ROOT is None:
        pytest.skip(NO_RECORDINGS)
    tables = (*RAW_REFUSED.values(), *RAW_NOT_OURS.values())
    named = [number for numbers in tables for number in numbers.split()]
    assert len(named) == len(set(named))
    there = {_number(exchange) for exchange in RAW}
    assert set(named) | set(RAW_DIFFERENT) <= there
    labels = {exchange.label for exchange in SDK}
    assert set(REFUSED) <= labels


NEVER_RECORDED = {
    "checkpoint.get": "no recorded job wrote a checkpoint",
}


def test_every_call_was_recorded_or_says_why_not(tmp_path: Path) -> None:
    if ROOT is None:
        pytest.skip(NO_RECORDINGS)
    recorded = {exchange.call for exchange in ALL}
    assert set(requests_by_call(tmp_path)) - recorded == set(NEVER_RECORDED)
