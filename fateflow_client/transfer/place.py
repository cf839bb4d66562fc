"""Putting a downloaded folder in place: complete, in one step, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from fateflow_client.errors import DownloadError, TargetExistsError
from fateflow_client.types import Exist


def existing(target: Path, exist: Exist) -> bool:
    """Whether the target is there and shall be kept; raises TargetExistsError for "error"."""
    if exist == "replace" or not os.path.lexists(target):
        return False
    if exist == "error":
        raise TargetExistsError(f"{target} exists already", hint='Use exist="replace" or "skip".')
    return True


@contextmanager
def new_folder(target: Path) -> Generator[Path]:
    """Give an empty private folder beside ``target``, which takes its place at the end.

    If anything goes wrong, the target is as it was and the private folder is gone. Errors of the
    file system become DownloadError.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    except OSError as error:
        raise _written(target, error) from error
    try:
        yield part
        part.chmod(0o755)
        _swap(part, target)
    except OSError as error:
        raise _written(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    sync_folder(target.parent)


def _swap(part: Path, target: Path) -> None:
    if not os.path.lexists(target):
        part.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    try:
        target.rename(aside / "old")
        try:
            part.rename(target)
        except BaseException:
            (aside / "old").rename(target)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
