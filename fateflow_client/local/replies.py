"""The shapes of answers: the envelope, HTTP-coded errors, gzip tars; and of a request's body."""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterable
from typing import IO, Any

from flask import Response, g, request, send_file
from werkzeug.exceptions import HTTPException

from fateflow_client.local.release import Release
from fateflow_client.local.shapes import JsonObject, as_object

_IN_MEMORY = 8 * 1024 * 1024


class ExceptionReplyError(Exception):
    """Answered like an uncaught exception: retcode 100 and this text, and data if there is any."""

    def __init__(self, message: str, data: JsonObject | None = None) -> None:
        super().__init__(message)
        self.data = data


class MissingError(Exception):
    """Required members of the body are missing: retcode 101."""


def envelope(
    data: Any = None,
    *,
    retcode: int | str = 0,
    retmsg: str = "success",
    job_id: str | None = None,
    meta: JsonObject | None = None,
) -> Response:
    """An HTTP 200 with the envelope; members that are None are left out."""
    members = {"retcode": retcode, "retmsg": retmsg, "data": data, "jobId": job_id, "meta": meta}
    present = {name: value for name, value in members.items() if value is not None}
    return _json(json.dumps(present, sort_keys=True), 200)


def error_reply(status: int, retmsg: str) -> Response:
    """An error whose HTTP status and retcode are the same number."""
    return _json(json.dumps({"retmsg": retmsg, "retcode": status}), status)


def exception_reply(error: BaseException) -> Response:
    """What an uncaught exception is answered with."""
    if isinstance(error, ExceptionReplyError):
        return envelope(error.data, retcode=100, retmsg=str(error))
    if isinstance(error, HTTPException) and release().html_errors:
        return _page(error)
    plain = release().plain_exceptions
    return envelope(retcode=100, retmsg=str(error) if plain else repr(error))


def _page(error: HTTPException) -> Response:
    title = f"{error.code} {error.name}"
    text = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n'
        f"<title>{title}</title>\n<h1>{error.name}</h1>\n{error.get_description()}\n"
    )
    return Response(text, status=error.code, content_type="text/html")


def release() -> Release:
    """The release the server behaves like."""
    found: Release = g.release
    return found


def attachment(document: JsonObject, filename: str) -> Response:
    """A JSON document as a file, without an envelope."""
    reply = _json(json.dumps(document, indent=4), 200)
    reply.headers.set("Content-Disposition", "attachment", filename=filename)
    return reply


def _json(text: str, status: int) -> Response:
    return Response(text, status=status, mimetype="application/json")


def body() -> JsonObject:
    """The request's JSON object.

    Raises:
        AttributeError: There is none; with the text Python would give the real server.
    """
    found = as_object(g.body)
    if found is None:
        message = f"'{type(g.body).__name__}' object has no attribute 'get'"
        raise AttributeError(message)
    return found


def mapping(call: str) -> JsonObject:
    """The body as keyword arguments of a call.

    Raises:
        TypeError: It is no object; with Python's own text.
    """
    found = as_object(g.body)
    if found is None:
        kind = type(g.body).__name__
        message = f"{call} argument after ** must be a mapping, not {kind}"
        raise TypeError(message)
    return found


def day_of(job_id: object) -> str:
    """The first eight digits of a job id: the day whose tables hold what the job left behind.

    Raises:
        TypeError: It is no text; with Python's own text.
    """
    if not isinstance(job_id, str):
        message = f"'{type(job_id).__name__}' object is not subscriptable"
        raise TypeError(message)
    return job_id[:8]


def required(*names: str) -> JsonObject:
    """The request's JSON object, if it has these members.

    Raises:
        MissingError: Some are missing.
    """
    return require(as_object(g.body) or {}, *names)


def require(found: JsonObject, *names: str) -> JsonObject:
    """The object, if it has these members.

    Raises:
        MissingError: Some are missing.
        ExceptionReplyError: The same, on releases that answer so.
    """
    missing = [name for name in names if found.get(name) is None]
    if missing and release().missing_raises:
        message = f"required parameters are missing: {','.join(missing)};"
        raise ExceptionReplyError(message)
    if missing:
        message = f"required argument are missing: {','.join(missing)}; "
        raise MissingError(message)
    return found


def text_member(name: str, value: str | bytes) -> tuple[str, IO[bytes], int]:
    """An archive member from text."""
    raw = value.encode() if isinstance(value, str) else value
    return name, io.BytesIO(raw), len(raw)


def lines_member(name: str, lines: Iterable[str]) -> tuple[str, IO[bytes], int]:
    """An archive member from lines; large ones wait on disk, not in memory."""
    # Closed by archive().
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    for line in lines:
        spool.write(f"{line}\n".encode())
    size = spool.tell()
    spool.seek(0)
    return name, spool, size


def archive(
    filename: str, members: Iterable[tuple[str, IO[bytes], int]], *, named: bool = True
) -> Response:
    """A gzip tar, labelled application/x-tar as FATE labels it; some releases leave out its name.

    Args:
        filename: The name in Content-Disposition.
        members: The files.
        named: Whether there is a Content-Disposition.
    """
    # Table names may hold line breaks, headers may not.
    filename = "".join(letter if letter.isprintable() else "_" for letter in filename)
    # Closed with the response.
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    with tarfile.open(fileobj=spool, mode="w:gz") as tar:
        for name, content, size in members:
            info = tarfile.TarInfo(name)
            info.size = size
            with content:
                tar.addfile(info, content)
    size = spool.tell()
    spool.seek(0)
    reply = send_file(
        spool,
        mimetype="application/x-tar",
        as_attachment=named,
        download_name=filename if named else None,
        conditional=False,
        etag=False,
    )
    reply.content_length = size
    reply.make_conditional(request, accept_ranges=True, complete_length=size)
    return reply
