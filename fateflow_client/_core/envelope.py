"""The 1.x envelope: reading it, and saying what came instead. Pure.

What is particular to the envelope (retcode, retmsg, data, jobId) is known here and in
domain/_base, so that another dialect could stand beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic_core import from_json

from fateflow_client._core.releases import Release
from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import Envelope
from fateflow_client.errors import (
    ApiError,
    AuthError,
    ProtocolError,
    UnexpectedRedirectError,
    UnsupportedByServerError,
    Where,
    shown,
)

_SECRETS = re.compile(
    r"""(["'][\w-]*(?:passw|secret|token|signature|app_?key)[\w-]*["']\s*:\s*)"""
    r"""(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)""",
    re.IGNORECASE,
)
"""Members whose text is nobody's business, also where an answer breaks off in their middle."""
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

    @property
    def head(self) -> str:
        """The beginning of the body, for an error about it; without passwords."""
        return _SECRETS.sub(r"\1...", self.body[:HEAD].decode("utf-8", "replace"))


def read_envelope(
    reply: Reply, where: Where, *, text_retcode: bool = False, since: Release | None = None
) -> Envelope:
    """Read the envelope, success or not; raise ProtocolError for anything that is none.

    Args:
        reply: The answer.
        where: The server and path, for errors.
        text_retcode: Whether a text for a retcode means success.
        since: The first release that has the route, for the error if it is not there.
    """
    if 300 <= reply.status < 400:
        raise _redirect(reply, where)
    try:
        raw: object = from_json(reply.body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise _unreadable(reply, where, since=since)
    members = mapping(cast("object", raw))
    retcode = members.get("retcode")
    if text_retcode and isinstance(retcode, str):
        retcode = 0
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
    reply: Reply,
    where: Where,
    members: Mapping[str, Any] | None = None,
    since: Release | None = None,
) -> ProtocolError | ApiError:
    if since is not None and reply.status in (404, 405) and members is None:
        return UnsupportedByServerError(
            f"the server has no such route; FATE Flow has it from release {since} on",
            status=reply.status,
            retcode=reply.status,
            retmsg=reply.head,
            where=where,
        )
    if reply.status in (401, 403):
        return AuthError(
            f"the server answered HTTP {reply.status} without an envelope",
            status=reply.status,
            retcode=reply.status,
            retmsg=reply.head,
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
        head=reply.head,
        where=where,
        hint=hint,
    )
