"""Extracting a tar.gz as it arrives: plain files and folders only, checked to the last byte."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client._core.limits import DEFAULT_LIMITS, RAISE_THEM, DownloadLimits
from fateflow_client.errors import SizeLimitError, TruncatedDownloadError, UnsafeArchiveError
from fateflow_client.transfer.gunzip import Gunzip
from fateflow_client.transfer.incoming import Incoming
from fateflow_client.transfer.names import safe_parts
from fateflow_client.transfer.place import create, new_folder, write_all
from fateflow_client.transfer.tar import Tar


def extract(
    stream: ByteStream,
    target: Path,
    *,
    limits: DownloadLimits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    with_meta: bool = False,
) -> tuple[Path, ...]:
    """Extract a gzipped tar into the new folder ``target`` and give its files in order of name.

    The folder appears complete or not at all; one that was there is replaced at the end.

    Args:
        stream: The archive as it arrives.
        target: The folder.
        limits: How large it may grow.
        progress: Told of the bytes received, and of all or None.
        with_meta: Whether every ``.csv`` must have its ``.meta``, as servers pack tables.

    Raises:
        TruncatedDownloadError: The stream ended early or is damaged.
        UnsafeArchiveError: A member that is no regular file, or a name that is not safe.
        SizeLimitError: More or larger files than ``limits`` allow.
        DownloadError: The disk is full, or the folder cannot be written.
    """
    files: list[Path] = []
    with new_folder(target) as folder:
        incoming = Incoming(stream, limits, progress)
        incoming.check_room(target.parent)
        tar = Tar(Gunzip(incoming, limits))
        taken = _Taken(limits.members)
        made: set[tuple[str, ...]] = {()}
        for member in tar:
            parts = safe_parts(member.name)
            taken.add(parts, is_folder=member.is_folder)
            above = parts if member.is_folder else parts[:-1]
            if above not in made:
                folder.joinpath(*above).mkdir(parents=True, exist_ok=True)
                made.add(above)
            if not member.is_folder:
                with create(folder.joinpath(*parts)) as file:
                    for piece in tar.content():
                        write_all(file, piece)
                files.append(target.joinpath(*parts))
        if with_meta:
            _check_pairs(files)
    return tuple(sorted(files))


def _check_pairs(files: list[Path]) -> None:
    """Find a packer that gave up between a table and its header: nothing else would show it."""
    there = set(files)
    for path in files:
        if path.suffix == ".csv" and path.with_suffix(".meta") not in there:
            raise TruncatedDownloadError(f"the archive holds '{path.name}' without its header")


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
            raise SizeLimitError(
                f"the archive holds more than {self._most} files and folders", hint=RAISE_THEM
            )


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _twice(path: str) -> UnsafeArchiveError:
    return UnsafeArchiveError(f"the archive holds '{path}' twice")
