"""What every request must pass before anything is done for it: origin, host, size, signature."""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound, RequestEntityTooLarge

from fateflow_client.local.release import Release
from fateflow_client.local.replies import envelope, error_reply
from fateflow_client.local.settings import Settings, is_loopback
from fateflow_client.local.signatures import Signed, refusal

_FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
_AUTHENTICATION_ERROR = 109


def install(app: Flask, settings: Settings) -> None:
    """Put the checks in front of every route, the unknown ones too."""
    release = settings.release

    def check() -> Response | None:
        g.release = release
        denied = _foreign(settings)
        if denied is not None:
            return error_reply(403, denied)
        raw, g.body = _read_json(settings)
        if settings.app_key and settings.secret_key:
            signed = Signed(
                Signed.headers_of(request.environ),
                request.path,
                request.query_string,
                raw if raw and g.body else b"",
                request.form.to_dict() if raw is None else {},
            )
            reason = refusal(
                signed,
                app_key=settings.app_key,
                secret_key=settings.secret_key,
                now_ms=settings.clock.now_ms(),
            )
            if reason is not None:
                if release.authentication == "status":
                    return error_reply(reason.status, reason.old_text)
                return envelope(retcode=_AUTHENTICATION_ERROR, retmsg=reason.text)
        return _lacking(release)

    app.before_request(check)


def _foreign(settings: Settings) -> str | None:
    """Browsers must not reach the server: they send Origin, or a name that was rebound to us."""
    if "Origin" in request.headers:
        return "requests from web pages are refused: this request has an Origin header"
    host = request.environ.get("HTTP_HOST")
    if host is None or not is_loopback(settings.host):
        # No browser leaves Host out; beyond loopback every request is signed.
        return None
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    # The port may differ: tunnels and test proxies forward from another one.
    return None if is_loopback(name) else "the Host header does not name this machine"


def _lacking(release: Release) -> Response | None:
    """Routes that the release does not have; below table/ any word is a route of its own."""
    path = request.path.removeprefix("/v1/").rstrip("/")
    if path not in release.lacks:
        return None
    if not path.startswith("table/"):
        raise NotFound
    if request.method != "POST":
        raise MethodNotAllowed
    return envelope()


def _read_json(settings: Settings) -> tuple[bytes | None, Any]:
    """The raw body and its JSON; a form is left for werkzeug, broken JSON is no body.

    Up to 1.8 it is HTTP 400, and what is not labelled as JSON is no body.
    """
    if (request.mimetype or "") in _FORM_TYPES:
        return None, None
    if (request.content_length or 0) > settings.max_json_bytes:
        raise RequestEntityTooLarge
    raw = request.stream.read(settings.max_json_bytes + 1)
    if len(raw) > settings.max_json_bytes:
        raise RequestEntityTooLarge
    strict = settings.release.json_only
    if strict and not request.is_json:
        return raw, None
    try:
        return raw, json.loads(raw)
    except (ValueError, RecursionError):
        if strict:
            raise BadRequest from None
        return raw, None
