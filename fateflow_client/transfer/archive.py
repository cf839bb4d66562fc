"""Extracting a tar.gz as it arrives: our own loop, regular files only, checked to the last byte."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, Any, cast

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client.errors import (
    DownloadError,
    SizeLimitError,
    TruncatedDownloadError,
    UnsafeArchiveError,
)
from fateflow_client.transfer.gunzip import BLOCK, DEFAULT_LIMITS, Gunzip, Limits
from fateflow_client.transfer.names import safe_parts
from fateflow_client.transfer.place import new_folder


class _StrictInfo(tarfile.TarInfo):
    """A member's header. tarfile takes a broken one for the end of the archive; this does not."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _StrictInfo:
        try:
            return super().fromtarfile(tarfile)
        except _END:
            raise
        except _HEADER_ERRORS as error:
            raise TruncatedDownloadError(f"the archive is broken or has no end: {error}") from None


_HEADER_ERRORS: type[Exception] = tarfile.HeaderError
_END: type[Exception] = tarfile.EOFHeaderError  # type: ignore[attr-defined]  # not in the stubs


def extract(
    stream: ByteStream,
    target: Path,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Extract a gzipped tar into the new folder ``target`` and give its files.

    The folder appears complete or not at all; one that was there is replaced at the end.

    Raises:
        TruncatedDownloadError: The stream ended early or is damaged.
        UnsafeArchiveError: A member that is no regular file, or a name that is not safe.
        SizeLimitError: More or larger files than ``limits`` allow.
        DownloadError: The disk is full, or the folder cannot be written.
    """
    with new_folder(target) as part:
        free = shutil.disk_usage(part).free
        if stream.length is not None and stream.length > free:
            raise DownloadError(f"{target.parent} has {free} bytes free; {stream.length} arrive")
        names = _extract(Gunzip(stream, limits, progress), part, limits)
    return tuple(target / name for name in names)


def _extract(source: Gunzip, folder: Path, limits: Limits) -> list[str]:
    names: list[str] = []
    taken = _Taken()
    try:
        with tarfile.open(
            fileobj=cast("IO[bytes]", source),  # a stream is only read
            mode="r|",
            bufsize=BLOCK,
            tarinfo=_StrictInfo,
        ) as tar:
            for member in tar:
                if len(names) >= limits.members:
                    raise SizeLimitError(f"the archive holds more than {limits.members} files")
                parts = safe_parts(member.name)
                if member.isdir():
                    continue
                if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
                    raise UnsafeArchiveError(
                        f"the archive holds '{'/'.join(parts)}', which is no regular file"
                    )
                taken.add(parts)
                content = tar.extractfile(member)
                if content is None:
                    raise UnsafeArchiveError(f"'{'/'.join(parts)}' has no content")
                _write(content, folder.joinpath(*parts))
                names.append("/".join(parts))
                _forget(tar)
            _drain(cast("IO[bytes]", tar.fileobj))
    except tarfile.TarError as error:
        raise TruncatedDownloadError(f"the archive is broken: {error}") from None
    return names


class _Taken:
    """The paths an archive used so far, as a file system that ignores case would see them."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, parts: tuple[str, ...]) -> None:
        path = "/".join(parts).casefold()
        parents = {path.rsplit("/", n)[0] for n in range(1, len(parts))}
        if path in self._files or path in self._folders or parents & self._files:
            raise UnsafeArchiveError(f"the archive holds '{'/'.join(parts)}' twice")
        self._files.add(path)
        self._folders |= parents


def _forget(tar: tarfile.TarFile) -> None:
    """Drop the headers read so far, which tarfile keeps for methods that are not used here."""
    cast("Any", tar).members.clear()


def _write(content: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0), 0o644), "wb") as file:
        shutil.copyfileobj(content, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())


def _drain(rest: IO[bytes]) -> None:
    """Read what follows the end of the archive: zeros, and the gzip trailer behind them."""
    while data := rest.read(BLOCK):
        if data.strip(b"\0"):
            raise TruncatedDownloadError("the archive goes on after its end")
