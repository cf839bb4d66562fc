"""Streams, archives and folders for the tests of transfers."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

FORMATS = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}
"""The forms that a tar may have."""

OLD = {"old/a.txt": b"what was there", "b.txt": b"before"}
"""What a folder holds before a download replaces it."""


class Arriving:
    """A stream that gives its bytes in pieces of a size, and then does what it is told."""

    def __init__(
        self,
        data: bytes,
        piece: int = 1 << 30,
        *,
        then: Callable[[], None] | None = None,
        length: int | None = None,
    ) -> None:
        self.length = length
        self._left = io.BytesIO(data)
        self._piece = piece
        self._then = then

    def read(self, size: int = -1, /) -> bytes:
        data = self._left.read(self._piece if size < 0 else min(size, self._piece))
        if not data and self._then is not None:
            self._then()
        return data


def member(name: str, **fields: object) -> tarfile.TarInfo:
    """A member's header; ``fields`` are set as they are."""
    info = tarfile.TarInfo(name)
    info.mtime = 1700000000
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def tar(*members: tarfile.TarInfo | tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of headers, and of names with content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for entry in members:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                name, content = entry
                archive.addfile(member(name, size=len(content)), io.BytesIO(content))
    return packed.getvalue()


def tree(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of files."""
    return tar(*files.items(), form=form)


def gz(data: bytes) -> bytes:
    """The bytes as one gzip stream."""
    return gzip.compress(data, 6, mtime=1700000000)


@cache
def gzip_of(*blocks: tuple[bytes, int]) -> bytes:
    """One gzip stream of blocks, each repeated so often, made without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(block) for block, times in blocks for _ in range(times)]
    return b"".join([*packed, packer.flush()])


def header(name: bytes, size: bytes = b"0", kind: bytes = b"0", prefix: bytes = b"") -> bytes:
    """A ustar header of whatever bytes, with a right checksum."""
    fields = [
        name.ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        size.ljust(12, b"\0"),
        b"14524350000\0",
        b" " * 8,
        kind,
        b"\0" * 100,
        b"ustar\00000",
        b"\0" * 80,
        prefix.ljust(155, b"\0"),
        b"\0" * 12,
    ]
    block = b"".join(fields)
    assert len(block) == 512
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(data: bytes) -> bytes:
    """Data filled up with zeros to whole blocks."""
    return data + b"\0" * (-len(data) % 512)


END = b"\0" * 1024
"""The end marker of a tar."""


def pax(*records: tuple[str, str]) -> bytes:
    """An extended header."""
    data = b""
    for key, value in records:
        rest = f" {key}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        data += str(length).encode() + rest
    return extended(b"x", data)


def extended(kind: bytes, data: bytes) -> bytes:
    """An extended header of whatever bytes."""
    return header(b"extended", b"%o" % len(data), kind) + padded(data)


def fill(folder: Path, files: Mapping[str, bytes] = OLD) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names_in(folder: Path) -> list[str]:
    """What a folder holds itself."""
    return sorted(path.name for path in folder.iterdir())
