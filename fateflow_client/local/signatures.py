"""Checking a request's HMAC signature as FATE Flow does, and the texts of its refusals."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

NAMES = ("TIMESTAMP", "NONCE", "APP_KEY", "SIGNATURE")
_WINDOW_MS = 60_000


@dataclass(frozen=True)
class Signed:
    """The parts of a request that a signature covers, and the headers that carry it."""

    headers: Mapping[str, str]
    path: str
    query: bytes
    body: bytes
    """The raw body if it is JSON that is not empty, else nothing."""
    form: Mapping[str, str]

    @staticmethod
    def headers_of(environ: Mapping[str, object]) -> dict[str, str]:
        """The four headers; ``APP_KEY`` and ``APP-KEY`` are one name to WSGI."""
        found = {name: environ.get(f"HTTP_{name}") for name in NAMES}
        return {name: value for name, value in found.items() if isinstance(value, str) and value}


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: 1.11's text, and how 1.7 and 1.8 answered with HTTP codes."""

    text: str
    status: int
    old_text: str


_MISSING = Refusal(f"requirement headers parameters: {list(NAMES)}", 401, "Unauthorized")
_TIMESTAMP = Refusal("Invalid TIMESTAMP", 400, "Invalid TIMESTAMP")
_SKEW_TEXT = "TIMESTAMP is more than 60 seconds away from the server time"
_SKEW = Refusal(_SKEW_TEXT, 425, _SKEW_TEXT)
_UNKNOWN = Refusal("Unknown APP_KEY", 401, "Unknown APP_KEY")
_SIGNATURE = Refusal("signature authentication failed", 403, "Forbidden")


def refusal(request: Signed, *, app_key: str, secret_key: str, now_ms: int) -> Refusal | None:
    """Why a request is refused, or None if its signature is good."""
    if len(request.headers) != len(NAMES):
        return _MISSING
    timestamp = request.headers["TIMESTAMP"]
    if not (timestamp.isascii() and timestamp.isdigit()):
        return _TIMESTAMP
    if abs(now_ms - int(timestamp)) > _WINDOW_MS:
        return _SKEW
    if not hmac.compare_digest(request.headers["APP_KEY"].encode(), app_key.encode()):
        return _UNKNOWN
    expected = _signature(request, secret_key)
    if not hmac.compare_digest(request.headers["SIGNATURE"].encode(), expected):
        return _SIGNATURE
    return None


def _signature(request: Signed, secret_key: str) -> bytes:
    target = request.path.encode()
    if request.query:
        target += b"?" + request.query
    form = urlencode(sorted(request.form.items()), quote_via=quote, safe="-._~")
    parts = [
        request.headers["TIMESTAMP"].encode(),
        request.headers["NONCE"].encode(),
        request.headers["APP_KEY"].encode(),
        target,
        request.body,
        form.encode(),
    ]
    # FATE Flow 1.x signs with HMAC-SHA1; there is nothing to choose here.
    return base64.b64encode(hmac.new(secret_key.encode(), b"\n".join(parts), hashlib.sha1).digest())
