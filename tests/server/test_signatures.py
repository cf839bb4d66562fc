"""Signed requests, against a signature computed here from contract.md section 3."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from fateflow_client.local import serve
from tests.server.support import Client, Reply, multipart

KEY, SECRET = "testkey", "testsecret"
MISSING = "requirement headers parameters: ['TIMESTAMP', 'NONCE', 'APP_KEY', 'SIGNATURE']"


class FixedClock:
    """A clock that stands still."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def now_us(self) -> int:
        return self.ms * 1000


NOW = 1_700_000_000_000


@pytest.fixture(scope="module")
def signed() -> Iterator[Client]:
    with serve(app_key=KEY, secret_key=SECRET, clock=FixedClock(NOW)) as url:
        yield Client(url)


def headers(
    target: str,
    body: str = "",
    form: str = "",
    *,
    timestamp: str = str(NOW),
    key: str = KEY,
    secret: str = SECRET,
    spelling: str = "APP-KEY",
) -> dict[str, str]:
    text = "\n".join([timestamp, "nonce-1", key, target, body, form])
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return {
        "TIMESTAMP": timestamp,
        "NONCE": "nonce-1",
        spelling: key,
        "SIGNATURE": base64.b64encode(digest).decode(),
        "Content-Type": "application/json",
    }


TARGET, BODY = "/v1/job/query", '{"job_id": "1"}'


def refused(reply: Reply) -> str:
    assert (reply.status, reply.json["retcode"]) == (200, 109)
    assert set(reply.json) == {"retcode", "retmsg"}
    return reply.json["retmsg"]


def accepted(reply: Reply) -> Any:
    assert reply.json["retcode"] == 0, reply.json
    return reply.json.get("data")


def test_a_signed_request_is_answered(signed: Client) -> None:
    assert accepted(signed.send("POST", TARGET, BODY.encode(), headers(TARGET, BODY))) == []


def test_a_nonce_may_be_used_twice(signed: Client) -> None:
    for _ in range(2):
        accepted(signed.send("POST", TARGET, BODY.encode(), headers(TARGET, BODY)))


@pytest.mark.parametrize("missing", ["TIMESTAMP", "NONCE", "APP-KEY", "SIGNATURE"])
def test_every_header_is_needed(signed: Client, missing: str) -> None:
    given = headers(TARGET, BODY)
    assert refused(signed.send("POST", TARGET, BODY.encode(), {**given, missing: ""})) == MISSING
    del given[missing]
    assert refused(signed.send("POST", TARGET, BODY.encode(), given)) == MISSING


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"secret": "other"}, "signature authentication failed"),
        ({"key": "other"}, "Unknown APP_KEY"),
        ({"timestamp": "soon"}, "Invalid TIMESTAMP"),
        ({"timestamp": "-1"}, "Invalid TIMESTAMP"),
        ({"timestamp": str(NOW - 61_000)}, "TIMESTAMP is more than 60 seconds away"),
        ({"timestamp": str(NOW + 61_000)}, "TIMESTAMP is more than 60 seconds away"),
        ({"timestamp": str(NOW // 1000)}, "TIMESTAMP is more than 60 seconds away"),
    ],
)
def test_a_bad_header_is_refused_with_the_recorded_text(
    signed: Client, options: dict[str, str], text: str
) -> None:
    reply = signed.send("POST", TARGET, BODY.encode(), headers(TARGET, BODY, **options))
    assert refused(reply).startswith(text)


def test_a_clock_a_little_off_is_accepted(signed: Client) -> None:
    for skew in (-59_000, 59_000):
        given = headers(TARGET, BODY, timestamp=str(NOW + skew))
        accepted(signed.send("POST", TARGET, BODY.encode(), given))


def test_an_altered_body_is_refused(signed: Client) -> None:
    reply = signed.send("POST", TARGET, b'{"job_id": "2"}', headers(TARGET, BODY))
    assert refused(reply) == "signature authentication failed"


def test_an_empty_object_is_signed_as_an_empty_body(signed: Client) -> None:
    accepted(signed.send("POST", TARGET, b"{}", headers(TARGET, "")))
    assert refused(signed.send("POST", TARGET, b"{}", headers(TARGET, "{}")))


def test_the_query_is_covered(signed: Client) -> None:
    target = f"{TARGET}?a=1"
    accepted(signed.send("POST", target, BODY.encode(), headers(target, BODY)))
    assert refused(signed.send("POST", target, BODY.encode(), headers(TARGET, BODY)))


def test_the_content_type_does_not_matter(signed: Client) -> None:
    given = {**headers(TARGET, BODY), "Content-Type": "text/plain"}
    accepted(signed.send("POST", TARGET, BODY.encode(), given))


@pytest.mark.parametrize("spelling", ["APP-KEY", "App-Key", "APP_KEY"])
def test_every_spelling_of_the_key_is_accepted(signed: Client, spelling: str) -> None:
    given = headers(TARGET, BODY, spelling=spelling)
    accepted(signed.send("POST", TARGET, BODY.encode(), given))


def test_unknown_routes_are_not_told_apart_without_a_signature(signed: Client) -> None:
    assert refused(signed.send("POST", "/v1/nope", BODY.encode())) == MISSING
    reply = signed.send("POST", "/v1/nope", BODY.encode(), headers("/v1/nope", BODY))
    assert reply.json == {"retcode": 100, "retmsg": "<NotFound '404: Not Found'>"}


def test_a_multipart_upload_is_signed_by_its_query(signed: Client) -> None:
    config = {"head": 1, "partition": 1, "namespace": "n", "table_name": "表 &=#+", "drop": 1}
    target = f"/v1/data/upload?{quote(json.dumps(config), safe='')}"
    body, kind = multipart([("file", "x.csv", b"id,x\n1,2\n")])
    given = {**headers(target), "Content-Type": kind}
    assert accepted(signed.send("POST", target, body, given))["table_name"] == "表 &=#+"
    assert refused(signed.send("POST", target, body, {"Content-Type": kind})) == MISSING


def test_form_fields_are_signed_sorted_and_quoted(signed: Client) -> None:
    fields = {"table_name": "é x~*", "namespace": "n", "head": "1", "partition": "1", "drop": "1"}
    parts = [(name, None, value.encode()) for name, value in fields.items()]
    body, kind = multipart([*parts, ("file", "x.csv", b"id,x\n1,2\n")])
    form = "&".join(f"{n}={quote(v, safe='-._~')}" for n, v in sorted(fields.items()))
    target = "/v1/data/upload"
    given = {**headers(target, "", form), "Content-Type": kind}
    assert accepted(signed.send("POST", target, body, given))["table_name"] == "é x~*"
    given = {**headers(target), "Content-Type": kind}
    assert refused(signed.send("POST", target, body, given))


def test_a_get_with_a_body_is_signed_like_a_post(signed: Client) -> None:
    target = "/v1/tracking/component/output/data/download"
    body = json.dumps({"job_id": "1", "role": "guest", "party_id": 1, "component_name": "x"})
    reply = signed.send("GET", target, body.encode(), headers(target, body)).json
    assert (reply["retcode"], "no found task" in reply["retmsg"]) == (100, True)
    assert refused(signed.send("GET", target, body.encode(), headers(target)))


def test_the_machine_s_clock_is_used_unless_another_is_given() -> None:
    with serve(app_key=KEY, secret_key=SECRET) as url:
        given = headers(TARGET, BODY, timestamp=str(time.time_ns() // 1_000_000))
        accepted(Client(url).send("POST", TARGET, BODY.encode(), given))
        assert refused(Client(url).send("POST", TARGET, BODY.encode(), headers(TARGET, BODY)))
