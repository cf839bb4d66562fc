"""From a request to bytes, and from an answer to a result or an error. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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
from fateflow_client._core.envelope import Reply, read_envelope
from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import Envelope, LocalJob
from fateflow_client.errors import (
    ApiError,
    AuthError,
    NotFoundError,
    PartyError,
    ProtocolError,
    SubmitRejectedError,
    UnsupportedByServerError,
    Where,
    error_class,
    shown,
)


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
    if not documents and not request.wire_members():
        return Wire(endpoint.method, path, body=request.wire_json(frozenset(endpoint.documents)))
    return Wire(endpoint.method, path, body=dump_json(body_members(endpoint, request, documents)))


def body_members(endpoint: Endpoint[Q, Any], request: Q, documents: Documents) -> dict[str, Any]:
    """The body of a request that names documents: their contents, then its own fields."""
    members: dict[str, Any] = {}
    for name, member in endpoint.documents.items():
        if name in documents:
            members |= {member: documents[name].value} if member else documents[name].value
    own = mapping(from_json(request.wire_json(frozenset(endpoint.documents))))
    return members | own | request.wire_members()


def decode(endpoint: Endpoint[Any, R], reply: Reply, where: Where) -> R:
    """Read an answer into the endpoint's result, or raise what it means."""
    envelope = read_envelope(reply, where, text_retcode=endpoint.text_retcode, since=endpoint.since)
    if _NO_ROUTE in envelope.retmsg:
        raise _refusal(UnsupportedByServerError, endpoint, envelope, reply, where)
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
    if issubclass(endpoint.result, LocalJob) and isinstance(code, int) and code != 0:
        # The envelope says success, and the server's own job was refused inside.
        inner = Envelope(
            envelope.status,
            code,
            str(data.get("message", "")),
            data,
            envelope.job_id or data.get("job_id"),
            raw=envelope.raw,
        )
        raise _refusal(SubmitRejectedError, endpoint, inner, reply, where)
    if endpoint.per_party and (bad := failed_parties(data)):
        inner = Envelope(
            envelope.status,
            envelope.retcode,
            f"failed on {'; '.join(bad)}",
            data,
            envelope.job_id,
            raw=envelope.raw,
        )
        raise _refusal(PartyError, endpoint, inner, reply, where)
    return _parse(endpoint, envelope, reply, where)


def failed_parties(data: Mapping[str, Any]) -> list[str]:
    """The parties whose own retcode is not 0, as "guest 9999 (100): why"."""
    detail = mapping(data.get("detail"))
    found: list[str] = []
    for role, parties in data.items():
        for party, code in mapping(parties).items():
            if role != "detail" and isinstance(code, int) and code != 0:
                why = mapping(mapping(detail.get(role)).get(party)).get("retmsg")
                found.append(f"{role} {party} ({code})" + (f": {why}" if why else ""))
    return found


_NO_ROUTE = "NotFound '404"


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
            head=reply.head,
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
    if cls is UnsupportedByServerError and endpoint.since is not None:
        text += f" (FATE Flow has it from release {endpoint.since} on)"
    route = where.path.split("/", 2)[-1]
    message = f"{route} was refused with retcode {envelope.retcode}: {text}"
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
    if "work_mode" in envelope.retmsg:
        return "Servers up to 1.6 want work_mode in the conf: 0 standalone, 1 cluster."
    if _NO_ROUTE in envelope.retmsg:
        return "The server has no such route: is the base URL or the release another one?"
    if issubclass(cls, NotFoundError):
        return "Check the ids; what a running component makes appears only when it has ended."
    return ""
