"""From a request to bytes, and from bytes to a result or an error. Pure.

The 1.x envelope (retcode, retmsg, data, jobId) is known here and in domain/_base, nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import from_json

from fateflow_client._core.endpoint import (
    EMPTY,
    CallOptions,
    Documents,
    Endpoint,
    Q,
    R,
    Wire,
)
from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import Envelope
from fateflow_client.errors import (
    ApiError,
    AuthError,
    NotFoundError,
    ProtocolError,
    SubmitRejectedError,
    UnexpectedRedirectError,
    Where,
    error_class,
    shown,
)

HEAD = 2048
"""How much of an unreadable answer an error keeps."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """By lower-case name."""

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def dump_json(value: object) -> bytes:
    """JSON as it goes on the wire: UTF-8, no NaN."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def encode(
    endpoint: Endpoint[Q, Any], request: Q, documents: Documents, options: CallOptions, version: str
) -> Wire:
    """Make the request that goes on the wire, but for the signature."""
    path = f"/{version}/{endpoint.route}"
    if endpoint.encode is not None:
        return endpoint.encode(request, documents, options, path)
    if not endpoint.documents:
        return Wire(endpoint.method, path, body=request.wire_json())
    members = {
        member: documents[name].value
        for name, member in endpoint.documents.items()
        if name in documents
    }
    return Wire(endpoint.method, path, body=dump_json(members))


def decode(endpoint: Endpoint[Any, R], reply: Reply, where: Where) -> R:
    """Read an answer into the endpoint's result, or raise what it means."""
    envelope = read_envelope(reply, where)
    for meaning in endpoint.meanings:
        if meaning.fits(envelope.retcode, envelope.retmsg, envelope.data):
            if meaning.outcome is EMPTY:
                envelope = Envelope(status=envelope.status, raw=envelope.raw)
                return _parse(endpoint, envelope, reply, where)
            raise _refusal(meaning.outcome, endpoint, envelope, reply, where)
    if envelope.retcode != 0 or reply.status != 200:
        refused = error_class(reply.status, envelope.retcode)
        raise _refusal(refused, endpoint, envelope, reply, where)
    data = mapping(envelope.data)
    code = data.get("code")
    if isinstance(code, int) and code != 0 and "job_id" in data:
        # upload, download, store, restore: the envelope says success, the job was refused inside.
        inner = Envelope(
            envelope.status,
            code,
            str(data.get("message", "")),
            data,
            envelope.job_id or str(data["job_id"]),
            raw=envelope.raw,
        )
        raise _refusal(SubmitRejectedError, endpoint, inner, reply, where)
    return _parse(endpoint, envelope, reply, where)


def read_envelope(reply: Reply, where: Where) -> Envelope:
    """Read the envelope, success or not; raise ProtocolError for anything that is none."""
    if 300 <= reply.status < 400:
        raise _redirect(reply, where)
    try:
        raw: object = from_json(reply.body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise _unreadable(reply, where)
    members = mapping(cast("object", raw))
    retcode = members.get("retcode")
    if isinstance(retcode, bool) or not isinstance(retcode, int):
        raise _unreadable(reply, where, members)
    job_id = members.get("jobId")
    return Envelope(
        status=reply.status,
        retcode=retcode,
        retmsg=str(members.get("retmsg", "")),
        data=members.get("data"),
        job_id=None if job_id is None else str(job_id),
        meta=members.get("meta"),
        raw=members,
    )


def retry_after(reply: Reply, now: float) -> float | None:
    """Seconds that the server asks to wait; nonsense counts as nothing."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:12])
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _parse(endpoint: Endpoint[Any, R], envelope: Envelope, reply: Reply, where: Where) -> R:
    try:
        result = endpoint.result.from_envelope(envelope)
    except (ValidationError, TypeError, AttributeError, ValueError, OverflowError) as error:
        detail = _first_problem(error)
        raise ProtocolError(
            f"the answer to {endpoint.route} has another shape than any release of FATE Flow 1.5 "
            f"to 1.11 gives it: {detail}",
            status=reply.status,
            content_type=reply.content_type,
            head=_head(reply),
            enveloped=True,
            where=where,
            hint="Use client.raw() to get it as it is, and please report it.",
        ) from None
    return result.with_envelope(envelope)


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        problem = error.errors(include_url=False, include_input=False)[0]
        return shown(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}")
    return type(error).__name__


def _refusal(
    cls: type[ApiError],
    endpoint: Endpoint[Any, Any],
    envelope: Envelope,
    reply: Reply,
    where: Where,
) -> ApiError:
    text = shown(envelope.retmsg) or "no reason given"
    message = f"{endpoint.route} was refused with retcode {envelope.retcode}: {text}"
    if envelope.job_id and cls is SubmitRejectedError:
        message += f" (job {envelope.job_id})"
    return cls(
        message,
        status=reply.status,
        retcode=envelope.retcode,
        retmsg=envelope.retmsg,
        data=envelope.data,
        job_id=envelope.job_id,
        where=where,
        hint=_hint(cls, envelope),
    )


def _hint(cls: type[ApiError], envelope: Envelope) -> str:
    if cls is AuthError:
        return "Check app_key, secret_key and this machine's clock (60 s off is too much)."
    if "NotFound '404" in envelope.retmsg:
        return "The server has no such route: is the base URL or the release another one?"
    if issubclass(cls, NotFoundError):
        return "Check the ids; what a running component makes appears only when it has ended."
    return ""


def _redirect(reply: Reply, where: Where) -> UnexpectedRedirectError:
    location = reply.headers.get("location", "")
    try:
        parts = urlsplit(location)
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        target = target if parts.netloc else parts.path
    except ValueError:
        target = ""
    target = shown(target) or "nowhere"
    return UnexpectedRedirectError(
        f"the server redirects to {target} (HTTP {reply.status}); this is never followed",
        status=reply.status,
        location=target,
        where=where,
        hint="Use the final URL as the base URL.",
    )


def _unreadable(
    reply: Reply, where: Where, members: Mapping[str, Any] | None = None
) -> ProtocolError | ApiError:
    if reply.status in (401, 403):
        return AuthError(
            f"the server answered HTTP {reply.status} without an envelope",
            status=reply.status,
            retcode=reply.status,
            retmsg=_head(reply),
            where=where,
            hint="A proxy may want other credentials than FATE Flow.",
        )
    kind = shown(reply.content_type) or "no content type"
    if members is not None and {"timestamp", "status", "path"} <= members.keys():
        what, hint = "Spring's JSON", "Is this FATEBoard's port? FATE Flow's is 9380 by default."
    elif members is not None:
        what, hint = "JSON without an integer retcode", "Is this FATE Flow's port?"
    elif not reply.body.strip():
        what, hint = "an empty body", "Is a proxy in between, or is this another service?"
    elif reply.status == 404:
        what, hint = kind, "The server has no such route: another release, or another service."
    elif reply.status >= 500:
        what, hint = kind, "A proxy or the server is in trouble; see its log."
    else:
        what, hint = kind, "Is this FATE Flow's port? It is 9380 by default."
    return ProtocolError(
        f"HTTP {reply.status} with {what} where FATE Flow's envelope was expected",
        status=reply.status,
        content_type=reply.content_type,
        head=_head(reply),
        where=where,
        hint=hint,
    )


def _head(reply: Reply) -> str:
    return reply.body[:HEAD].decode("utf-8", "replace")
