"""Reading a tar as it arrives: tarfile takes damage for the end and sets no bounds to headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from fateflow_client.errors import TruncatedDownloadError, UnsafeArchiveError

UNIT = 512
MAX_EXTENDED = 64 * 1024
"""Bytes of an extended header: a long name, or pax records."""
MAX_CHAIN = 4
"""Extended headers before one member."""
_FILE, _OLD_FILE, _FOLDER = b"0", b"\0", b"5"
_PAX, _PAX_FOR_ALL, _LONG_NAME, _LONG_LINK = b"x", b"g", b"L", b"K"
_OCTAL = re.compile(rb" *([0-7]+)[ \0]*")
_RECORD = re.compile(rb"([1-9][0-9]{0,5}) ([^=]+)=")


class Source(Protocol):
    """What a tar is read from."""

    def read(self) -> bytes:
        """The next bytes; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A file or folder in a tar; its name is what the archive says, unchecked."""

    name: str
    is_folder: bool
    size: int


class Tar:
    """The members of a tar, one after the other, and the content of the one just given.

    Understands ustar, pax and GNU's long names. Raises TruncatedDownloadError where the archive is
    damaged, has no end marker or goes on behind it, and UnsafeArchiveError where a member is
    neither a plain file nor a folder.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._buffer = memoryview(b"")
        self._unread = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Member]:
        while (member := self._next()) is not None:
            self._unread, self._padding = member.size, -member.size % UNIT
            yield member
            for _ in self.content():
                pass
            self._exactly(self._padding)
        self._check_rest()

    def content(self) -> Iterator[memoryview]:
        """The content of the member that was given last, in pieces."""
        while self._unread:
            piece = self._some(self._unread)
            self._unread -= len(piece)
            yield piece

    def _next(self) -> Member | None:
        """Read headers up to the next member; None at the end marker."""
        name: bytes | None = None
        size: int | None = None
        kind = b""
        for _ in range(MAX_CHAIN + 1):
            block = self._exactly(UNIT)
            if not block.strip(b"\0"):
                if kind not in (b"", _PAX_FOR_ALL):
                    raise _broken("it ends after an extended header")
                return None
            _check_sum(block)
            kind = block[156:157]
            if kind not in (_PAX, _PAX_FOR_ALL, _LONG_NAME, _LONG_LINK):
                return _member(block, kind, name, size)
            data = self._extended(_number(block[124:136]))
            if kind == _LONG_NAME:
                name = data.rstrip(b"\0")
            elif kind != _LONG_LINK:
                records = _records(data)
                if kind == _PAX_FOR_ALL and records.keys() & {b"path", b"size"}:
                    raise UnsafeArchiveError("the archive gives all its members one name or size")
                name = records.get(b"path", name)
                if b"size" in records:
                    size = _decimal(records[b"size"])
        raise _broken(f"more than {MAX_CHAIN} extended headers for one member")

    def _extended(self, size: int) -> bytes:
        if size > MAX_EXTENDED:
            raise UnsafeArchiveError(f"the archive has an extended header of {size} bytes")
        data = self._exactly(size)
        self._exactly(-size % UNIT)
        return data

    def _check_rest(self) -> None:
        """Read what follows the end marker: zeros, and the end of the stream behind them."""
        rest = bytes(self._buffer)
        while rest:
            if rest.strip(b"\0"):
                raise TruncatedDownloadError("the archive goes on after its end")
            rest = self._source.read()

    def _some(self, most: int) -> memoryview:
        if not self._buffer:
            self._buffer = memoryview(self._source.read())
            if not self._buffer:
                raise _broken("it has no end marker")
        piece, self._buffer = self._buffer[:most], self._buffer[most:]
        return piece

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self._some(size - len(data))
        return data


def _member(block: bytes, kind: bytes, name: bytes | None, size: int | None) -> Member:
    if name is None:
        name = block[:100].partition(b"\0")[0]
        prefix = block[345:500].partition(b"\0")[0]
        if prefix and block[257:263] == b"ustar\0":
            name = prefix + b"/" + name
    is_folder = kind == _FOLDER or (kind == _OLD_FILE and name.endswith(b"/"))
    text = name.decode("utf-8", "surrogateescape")
    if is_folder:
        text = text.removesuffix("/")
    elif kind not in (_FILE, _OLD_FILE):
        raise UnsafeArchiveError(f"the archive holds {text[:100]!a}, which is no regular file")
    if size is None:
        size = _number(block[124:136])
    if is_folder and size:
        raise UnsafeArchiveError(f"the archive holds {text[:100]!a}, a folder with content")
    return Member(text, is_folder, size)


def _check_sum(block: bytes) -> None:
    if _number(block[148:156]) != sum(block[:148]) + sum(b" " * 8) + sum(block[156:]):
        raise _broken("the checksum of a header is wrong")


def _number(field: bytes) -> int:
    """A number in octal, or GNU's form for large ones: a byte 0x80, then binary."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    match = _OCTAL.fullmatch(field)
    if match is None:
        if not field.strip(b" \0"):
            return 0
        raise _broken("a number in a header is none")
    return int(match[1], 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 20:
        raise _broken("a size in an extended header is no number")
    return int(text)


def _records(data: bytes) -> dict[bytes, bytes]:
    """The records of a pax header: ``length key=value`` and a line feed, length included."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        match = _RECORD.match(data, at)
        end = at + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise _broken("an extended header is no list of records")
        if match[2].startswith(b"GNU.sparse."):
            raise UnsafeArchiveError("the archive holds a sparse file, which is no regular one")
        records[match[2]] = data[match.end() : end - 1]
        at = end
    return records


def _broken(what: str) -> TruncatedDownloadError:
    return TruncatedDownloadError(f"the archive is damaged: {what}")
