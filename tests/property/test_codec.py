"""The pure middle: whatever bytes come, a result or a FlowError, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import (
    ApiError,
    FlowError,
    ProtocolError,
    Result,
    UnsupportedByServerError,
)
from fateflow_client._core.codec import decode
from fateflow_client._core.endpoint import Endpoint, endpoint_of
from fateflow_client._core.envelope import Reply, read_envelope, retry_after
from fateflow_client.domain._base import MappingResult, RowsResult
from fateflow_client.errors import Where, shown
from fateflow_client.types import WIRE
from tests.contract.exchanges import load_samples
from tests.support.samples import requests_by_call

WHERE = Where("127.0.0.1", 9380, "/v1/x")
REQUESTS = requests_by_call(Path(mkdtemp()))
ENDPOINTS: list[Endpoint[Any, Any]] = [endpoint_of(request) for request in REQUESTS.values()]
SAMPLES = [s for s in load_samples() if s.call in REQUESTS and s.response_kind == "json"]

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
statuses = st.sampled_from([200, 200, 200, 201, 204, 210, 302, 400, 401, 403, 404, 425, 500, 502])
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html; charset=utf-8", "", "x"]),
        "location": st.text(max_size=20),
    },
)


def _check(endpoint: Endpoint[Any, Any], reply: Reply) -> None:
    try:
        result = decode(endpoint, reply, WHERE)
    except FlowError as error:
        assert error.where == WHERE
        assert len(str(error)) < 2000
        assert str(error).isprintable()
    else:
        assert isinstance(result, Result)
        assert reply.status == 200 or (
            isinstance(result, RowsResult | MappingResult) and not result
        )


@given(st.sampled_from(ENDPOINTS), statuses, headers, st.binary(max_size=200))
def test_junk_bytes(
    endpoint: Endpoint[Any, Any], status: int, head: dict[str, str], body: bytes
) -> None:
    _check(endpoint, Reply(status, body, head))


@given(st.sampled_from(ENDPOINTS), statuses, headers, json_values)
def test_junk_json(
    endpoint: Endpoint[Any, Any], status: int, head: dict[str, str], document: Any
) -> None:
    _check(endpoint, Reply(status, json.dumps(document).encode(), head))


@given(
    st.sampled_from(ENDPOINTS),
    st.sampled_from([0, 0, 0, 100, 101, 102, 103, 210]),
    st.one_of(st.text(max_size=20), st.sampled_from(["success", "no data", "No job found"])),
    json_values,
    json_values,
    json_values,
)
def test_junk_inside_an_envelope(
    endpoint: Endpoint[Any, Any], retcode: int, retmsg: str, data: Any, job_id: Any, meta: Any
) -> None:
    envelope = {"retcode": retcode, "retmsg": retmsg, "data": data, "jobId": job_id, "meta": meta}
    reply = Reply(200, json.dumps(envelope).encode(), {"content-type": "application/json"})
    _check(endpoint, reply)


@given(st.data())
def test_a_good_answer_with_one_member_spoilt(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES))
    document = json.loads(sample.response_body)
    target = document
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(target[key], dict | list) and data.draw(st.booleans()):
            target = target[key]
            continue
        target[key] = data.draw(json_values)
        break
    reply = Reply(sample.status, json.dumps(document).encode())
    _check(endpoint_of(REQUESTS[sample.call]), reply)


@given(st.integers(), st.text(max_size=30), json_values)
def test_an_envelope_is_read_whatever_its_retcode(retcode: int, retmsg: str, data: Any) -> None:
    raw = {"retcode": retcode, "retmsg": retmsg, "data": data}
    try:
        envelope = read_envelope(Reply(200, json.dumps(raw).encode()), WHERE)
    except ProtocolError:
        assert not -(2**63) <= retcode < 2**63 or _has_surrogates(raw)
        return
    assert envelope.retcode == retcode
    assert envelope.retmsg == retmsg


def _has_surrogates(document: object) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


@given(st.text(max_size=2000))
def test_shown_text_is_short_and_printable(text: str) -> None:
    line = shown(text)
    assert len(line) <= 400
    assert line.isprintable()


def test_shown_text_of_a_traceback_is_its_last_line() -> None:
    text = "Traceback (most recent call last):\n  File 'x'\nValueError: no arbiter\n"
    assert shown(text) == "ValueError: no arbiter"


@given(st.text(max_size=30), st.floats(0, 2e9))
def test_retry_after_is_a_number_that_is_not_negative_or_nothing(value: str, now: float) -> None:
    seconds = retry_after(Reply(503, b"", {"retry-after": value}), now)
    assert seconds is None or seconds >= 0


def test_every_request_survives_its_own_dump() -> None:
    for request in REQUESTS.values():
        assert type(request).model_validate(request.model_dump()) == request


def test_the_wire_form_says_all_as_the_server_wants_it() -> None:
    from fateflow_client import JobListRequest, OutputDataRequest, UploadHistoryRequest

    assert json.loads(JobListRequest(limit=-1).wire_json()) == {"limit": 0}
    assert json.loads(UploadHistoryRequest(limit=-1).wire_json()) == {"limit": 0}
    assert JobListRequest(limit=-1).model_dump() == {
        "limit": -1, "page": None, "order_by": None, "order": None, "job_id": None,
        "description": None, "role": None, "party_id": None, "status": None,
    }  # fmt: skip
    assert JobListRequest(limit=-1).model_dump(mode="json", context=WIRE)["limit"] == 0
    output = REQUESTS["component.output_data"]
    assert isinstance(output, OutputDataRequest)
    assert json.loads(output.wire_json())["limit"] == -1
    assert "output_path" not in json.loads(output.wire_json())


def test_a_summary_may_hold_what_looks_like_a_refused_job() -> None:
    data = {"code": 103, "job_id": "x", "message": "a component's own words"}
    reply = Reply(200, json.dumps({"retcode": 0, "retmsg": "success", "data": data}).encode())
    summary = decode(endpoint_of(REQUESTS["component.get_summary"]), reply, WHERE)
    assert summary.entries == data


def test_a_not_found_is_never_taken_for_a_missing_route() -> None:
    reply = Reply(200, b'{"retcode": 100, "retmsg": "<NotFound \'404: Not Found\'>"}')
    for endpoint in ENDPOINTS:
        try:
            decode(endpoint, reply, WHERE)
        except ApiError as error:
            assert isinstance(error, UnsupportedByServerError)
            assert "no such route" in error.hint
        else:
            raise AssertionError(endpoint.route)
