"""A zip as it arrives: written beside its target, checked whole, then renamed into place."""

from __future__ import annotations

import errno
import hashlib
import struct
import zipfile
from io import BufferedReader, FileIO
from pathlib import Path
from typing import BinaryIO

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client._core.limits import DEFAULT_LIMITS, RAISE_THEM, DownloadLimits
from fateflow_client.errors import DownloadError, SizeLimitError, TruncatedDownloadError
from fateflow_client.transfer.incoming import Incoming
from fateflow_client.transfer.place import new_file, write_all

BLOCK = 256 * 1024
MAX_ENTRY = 1024
"""Bytes that a member may have in the central directory, on average."""
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s24x3H12x")


def save_zip(
    stream: ByteStream,
    target: Path,
    progress: Progress | None = None,
    *,
    limits: DownloadLimits = DEFAULT_LIMITS,
) -> str:
    """Write a zip to ``target`` and give its SHA-256; the target appears complete or not at all.

    Nothing is extracted. The central directory, and every member to its end and CRC, are checked.

    Raises:
        TruncatedDownloadError: The stream ended early, or the zip is damaged.
        SizeLimitError: It is larger, inflates to more or has more members than ``limits`` allow.
        DownloadError: The disk is full, or the folder cannot be written.
    """
    digest = hashlib.sha256()
    with new_file(target) as file:
        incoming = Incoming(stream, limits, progress)
        incoming.check_room(target.parent)
        while data := incoming.read(BLOCK):
            write_all(file, data)
            digest.update(data)
        _check(file, incoming.received, limits)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file that is there; DownloadError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DownloadError(f"{path} cannot be read: {error.strerror or error}") from error


def _check(file: FileIO, size: int, limits: DownloadLimits) -> None:
    reader = BufferedReader(file, BLOCK)
    try:
        _check_directory(reader, size, limits.members)
        with zipfile.ZipFile(reader) as archive:
            _check_members(archive, size, limits)
    except DownloadError:
        raise
    except Exception as error:  # zlib.error, and what else a damaged zip makes of its reader
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk's; bz2 raises one without a number, and EINVAL is an offset below 0
        raise _broken(str(error) or type(error).__name__) from None
    finally:
        reader.detach()


def _check_directory(reader: BinaryIO, size: int, most: int) -> None:
    """Count the members before zipfile makes an object of each: a bomb needs no content.

    The directory's end is where zipfile looks first. It would look elsewhere too, for comments and
    for what is not defined yet; no server writes either.
    """
    at = size - _END.size
    end = _read(reader, at, _END.size) if at >= 0 else b""
    if not end.startswith(b"PK\5\6") or not end.endswith(b"\0\0"):
        raise _broken("its end is missing")
    told, length = _END.unpack(end)[4:6]
    at_locator, at_64 = at - _LOCATOR.size, at - _LOCATOR.size - _END_64.size
    locator = _read(reader, at_locator, _LOCATOR.size) if at_locator >= 0 else b""
    if locator.startswith(b"PK\6\7"):
        end = _read(reader, at_64, _END_64.size) if at_64 >= 0 else b""
        if not end.startswith(b"PK\6\6") or _LOCATOR.unpack(locator)[2] != at_64:
            raise _broken("its end is damaged")
        at, (told, length) = at_64, _END_64.unpack(end)[7:9]
    start = at - length
    if start < 0:
        raise _broken("its directory is missing")
    count = 0
    while start < at:
        entry = _read(reader, start, _ENTRY.size)
        if len(entry) < _ENTRY.size or not entry.startswith(b"PK\1\2"):
            raise _broken("its directory is damaged")
        start += _ENTRY.size + sum(_ENTRY.unpack(entry)[1:])
        count += 1
        if count > most or length > most * MAX_ENTRY:
            raise SizeLimitError(f"the zip holds more than {most} members", hint=RAISE_THEM)
    if start != at or count != told:
        # zipfile would not miss the members that a damaged length jumps over.
        raise _broken("its directory is damaged")


def _read(reader: BinaryIO, at: int, size: int) -> bytes:
    reader.seek(at)
    return reader.read(size)


def _check_members(archive: zipfile.ZipFile, size: int, limits: DownloadLimits) -> None:
    total = 0
    for info in archive.infolist():
        left = info.file_size
        with archive.open(info) as member:
            while data := member.read(BLOCK):
                left -= len(data)
                total += len(data)
                if total > limits.size:
                    raise SizeLimitError(
                        f"the zip inflates to more than {limits.size} bytes", hint=RAISE_THEM
                    )
                if total > limits.ratio_from and total > limits.ratio * size:
                    raise SizeLimitError(
                        f"the zip inflates to more than {limits.ratio} times its size: a bomb?",
                        hint=RAISE_THEM,
                    )
        if left:
            raise _broken("a file in it is shorter than it says")


def _broken(what: str) -> TruncatedDownloadError:
    return TruncatedDownloadError(f"the download is no whole zip: {what}")
