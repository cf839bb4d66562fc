"""Extracting a tar.gz as it arrives: plain files and folders only, checked to the last byte."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client.errors import DownloadError, SizeLimitError, UnsafeArchiveError
from fateflow_client.transfer.gunzip import DEFAULT_LIMITS, Gunzip, Limits
from fateflow_client.transfer.names import safe_parts
from fateflow_client.transfer.place import new_folder
from fateflow_client.transfer.tar import Tar


def extract(
    stream: ByteStream,
    target: Path,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Extract a gzipped tar into the new folder ``target`` and give its files in order of name.

    The folder appears complete or not at all; one that was there is replaced at the end.

    Raises:
        TruncatedDownloadError: The stream ended early or is damaged.
        UnsafeArchiveError: A member that is no regular file, or a name that is not safe.
        SizeLimitError: More or larger files than ``limits`` allow.
        DownloadError: The disk is full, or the folder cannot be written.
    """
    files: list[Path] = []
    with new_folder(target) as folder:
        free = shutil.disk_usage(folder).free
        if stream.length is not None and stream.length > free:
            raise DownloadError(f"{target.parent} has {free} bytes free; {stream.length} arrive")
        tar = Tar(Gunzip(stream, limits, progress))
        taken = _Taken(limits.members)
        for member in tar:
            parts = safe_parts(member.name)
            taken.add(parts, is_folder=member.is_folder)
            path = folder.joinpath(*parts)
            if member.is_folder:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(tar.content(), path)
                files.append(target.joinpath(*parts))
    return tuple(sorted(files))


class _Taken:
    """The paths an archive used so far.

    Compared as a file system would that knows neither case nor how accents are composed, so that
    no file replaces another on any system.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._files: set[str] = set()
        self._folders: dict[str, str] = {}
        self._members = 0

    def add(self, parts: tuple[str, ...], *, is_folder: bool) -> None:
        self._members += 1
        path = "/".join(parts)
        ends = [len("/".join(parts[:depth])) for depth in range(1, len(parts))]
        folders = [path[:end] for end in ends]
        if is_folder:
            folders.append(path)
        for folder in folders:
            same = _folded(folder)
            if same in self._files or self._folders.setdefault(same, folder) != folder:
                raise _twice(path)
        if not is_folder:
            same = _folded(path)
            if same in self._files or same in self._folders:
                raise _twice(path)
            self._files.add(same)
        if max(self._members, len(self._files) + len(self._folders)) > self._most:
            raise SizeLimitError(f"the archive holds more than {self._most} files and folders")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _twice(path: str) -> UnsafeArchiveError:
    return UnsafeArchiveError(f"the archive holds '{path}' twice")


def _write(content: Iterable[memoryview], path: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(handle, "wb", buffering=0) as file:
        for piece in content:
            while piece:
                piece = piece[file.write(piece) :]
        os.fsync(file.fileno())
