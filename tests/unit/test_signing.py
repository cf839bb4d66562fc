"""Signing, against an oracle written from the contract and not from our code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fateflow_client import FlowClient, RetryPolicy
from fateflow_client._core.endpoint import Wire
from fateflow_client._core.signing import form_text, sign
from tests.support.clock import FakeClock
from tests.support.questions import QUESTIONS
from tests.support.samples import requests_by_call
from tests.support.server import Got, ScriptedServer

ascii_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def oracle(secret: str, fields: list[bytes]) -> str:
    """Base64 of the HMAC-SHA1 of six lines."""
    assert len(fields) == 6
    mac = hmac.HMAC(secret.encode(), digestmod=hashlib.sha1)
    for number, field in enumerate(fields):
        mac.update(b"\n" * (number > 0) + field)
    return base64.b64encode(mac.digest()).decode()


def expected(got: Got, secret: str) -> str:
    """The signature that a server computes for a request that arrived."""
    is_json = got.headers["content-type"] == "application/json"
    body = got.body if is_json and json.loads(got.body) else b""
    return oracle(
        secret,
        [
            got.headers["timestamp"].encode(),
            got.headers["nonce"].encode(),
            got.headers["app-key"].encode(),
            got.target.encode(),
            body,
            urlencode(sorted(form_of(got).items()), quote_via=quote, safe="-._~").encode(),
        ],
    )


def form_of(got: Got) -> dict[str, str]:
    """The form fields of a multipart body, without the file."""
    pattern = rb'name="([^"]+)"\r\n\r\n([^\r]*)\r\n'
    return {name.decode(): value.decode() for name, value in re.findall(pattern, got.body)}


@given(ascii_text, ascii_text, st.integers(0, 2**53), st.binary(max_size=60), st.booleans())
def test_the_signature_is_the_oracles(
    app_key: str, secret: str, stamp: int, body: bytes, with_query: bool
) -> None:
    query = quote('{"a": "ü&="}', safe="") if with_query else ""
    wire = Wire("POST", "/v1/job/query", query, body)
    headers = sign(wire, app_key=app_key, secret_key=secret, timestamp_ms=stamp, nonce="n1")
    target = "/v1/job/query" + ("?" + query if query else "")
    signed = b"" if body == b"{}" else body
    fields = [str(stamp).encode(), b"n1", app_key.encode(), target.encode(), signed, b""]
    assert headers == {
        "TIMESTAMP": str(stamp),
        "NONCE": "n1",
        "APP-KEY": app_key,
        "SIGNATURE": oracle(secret, fields),
    }


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=5))
def test_form_fields_are_sorted_and_spaces_are_percent_20(form: dict[str, str]) -> None:
    text = urlencode(sorted(form.items()), quote_via=quote, safe="-._~")
    assert form_text(form) == text


def test_every_call_is_signed_as_a_server_checks_it(
    server: ScriptedServer, clock: FakeClock, tmp_path: Path
) -> None:
    client = FlowClient(
        port=server.port, app_key="app-1", secret_key="s3cret", clock=clock, trust_env=False,
        server_release="1.11",
        retry=RetryPolicy(attempts=1, settle=0),
    )  # fmt: skip
    requests = requests_by_call(tmp_path)
    for name, request in requests.items():
        server.aside = QUESTIONS.get(name, {})
        with pytest.raises(Exception, match=r"."):
            client.send(request)
            raise ValueError("answered")
    assert len({got.path for got in server.got}) == len(requests)
    assert sum(bool(form_of(got)) for got in server.got) == 1  # model.import
    assert server.asked
    for got in server.got + server.asked:
        assert got.headers["signature"] == expected(got, "s3cret")
        assert got.headers["timestamp"] == str(int(clock.now * 1000))
        assert "app_key" not in got.headers


def test_an_unsigned_client_sends_no_such_headers(
    client: FlowClient, server: ScriptedServer
) -> None:
    client.queue.clean()
    assert not {"timestamp", "nonce", "app-key", "signature"} & set(server.got[0].headers)
    assert server.got[0].body == b"{}"
