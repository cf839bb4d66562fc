"""Putting what was downloaded in place: complete, in one step, or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.errors import DownloadError, TargetExistsError
from fateflow_client.types import Exist


def existing(target: Path, exist: Exist) -> bool:
    """Whether the target is there and shall be kept.

    Raises:
        TargetExistsError: It is there and ``exist`` is "error", or it is no folder to be kept.
    """
    if exist == "replace" or not os.path.lexists(target):
        return False
    if exist == "error":
        raise TargetExistsError(f"{target} exists already", hint='Use exist="replace" or "skip".')
    if not target.is_dir():
        raise TargetExistsError(f"{target} is no folder", hint='Use exist="replace".')
    return True


def file_exists(target: Path, exist: Exist) -> bool:
    """Whether the target file is there and shall be kept; as ``existing``, for a file."""
    if exist == "replace" or not os.path.lexists(target):
        return False
    if exist == "error" or not target.is_file():
        raise TargetExistsError(f"{target} exists already", hint='Use exist="replace".')
    return True


@contextmanager
def new_folder(target: Path) -> Generator[Path]:
    """Give an empty folder that takes the place of ``target`` at the end.

    Until then it lies beside the target, in a folder that only this user can enter. If anything
    goes wrong, the target is as it was and that folder is gone. Errors of the file system become
    DownloadError.
    """
    private = _beside(target)
    new, old = private / "new", private / "old"
    try:
        try:
            _make(target.parent, private, new)
            yield new
            _sync_below(new)
            _swap(new, target, old)
            sync_folder(target.parent)
        finally:
            _clean(private, target, new, old)
    except OSError as error:
        raise _written(target, error) from error


@contextmanager
def new_file(target: Path) -> Generator[FileIO]:
    """Give an empty file, to be written and read, that takes the place of ``target`` at the end.

    As ``new_folder``, for a file; write it with ``write_all``.
    """
    part = _beside(target)
    try:
        try:
            with _create(target.parent, part) as file:
                yield file
                os.fsync(file.fileno())
            part.replace(target)
            sync_folder(target.parent)
        finally:
            with suppress(OSError, ValueError):
                part.unlink()
    except OSError as error:
        raise _written(target, error) from error


def write_all(file: FileIO, data: bytes | memoryview) -> None:
    """Write all of it: an unbuffered file may take less, and a buffered one fails when closed."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def create(path: Path) -> FileIO:
    """Create a file that was not there, through no link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o644)
    return FileIO(handle, "r+b")


def _beside(target: Path) -> Path:
    """A name that nobody has, in the target's folder: renames do not cross file systems."""
    return target.parent / f".{target.name[:40]}.{secrets.token_hex(8)}.part"


def _make(parent: Path, private: Path, new: Path) -> None:
    with _zeros_refused():
        parent.mkdir(parents=True, exist_ok=True)
        private.mkdir(mode=0o700)
        new.mkdir()


def _create(parent: Path, part: Path) -> FileIO:
    with _zeros_refused():
        parent.mkdir(parents=True, exist_ok=True)
        return create(part)


@contextmanager
def _zeros_refused() -> Generator[None]:
    try:
        yield
    except ValueError as error:  # a zero in the name
        raise OSError(errno.EINVAL, str(error)) from None


def _swap(new: Path, target: Path, old: Path) -> None:
    if os.path.lexists(target):
        target.rename(old)
    new.rename(target)


def _clean(private: Path, target: Path, new: Path, old: Path) -> None:
    """Remove the private folder; what was there before goes back if nothing took its place."""
    if os.path.lexists(new) and os.path.lexists(old) and not os.path.lexists(target):
        try:
            old.rename(target)
        except OSError as error:
            raise DownloadError(
                f"{target} cannot be put back: {error.strerror}", hint=f"It is now {old}."
            ) from error
    shutil.rmtree(private, ignore_errors=True)


def _sync_below(folder: Path) -> None:
    """Bring files and folders to the disk, so that a power cut after the rename loses nothing."""
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            with FileIO(os.path.join(path, name), "r+b") as file:
                os.fsync(file.fileno())
        sync_folder(Path(path))


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _written(target: Path, error: OSError) -> DownloadError:
    return DownloadError(f"{target} cannot be written: {error.strerror or error}")


def files_below(folder: Path) -> tuple[Path, ...]:
    """Every regular file below a folder, in order of name."""
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))


def read_header(meta: Path) -> tuple[str, ...] | None:
    """The column names in the ``.meta`` file beside a CSV, or None if it has none."""
    try:
        content: object = json.loads(meta.read_bytes())
    except (OSError, ValueError):
        return None
    header = sequence(mapping(content).get("header"))
    return None if header is None else tuple(str(column) for column in header)
