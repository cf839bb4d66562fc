"""A zip as it arrives: written beside its target, checked whole, then renamed into place."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client.errors import DownloadError, TruncatedDownloadError
from fateflow_client.transfer.place import sync_folder

BLOCK = 256 * 1024


def save_zip(stream: ByteStream, target: Path, progress: Progress | None = None) -> str:
    """Write a zip to ``target`` and give its SHA-256; the target appears complete or not at all.

    Nothing is extracted. The central directory and every member's CRC are checked.

    Raises:
        TruncatedDownloadError: The stream ended early, or the zip is damaged.
        DownloadError: The disk is full, or the folder cannot be written.
    """
    if "\0" in str(target):
        raise DownloadError(f"{str(target)!r} cannot be written: no name may hold a zero byte")
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".zip.", suffix=".part", dir=target.parent)
        part = Path(name)
        digest = hashlib.sha256()
        done = 0
        with os.fdopen(handle, "wb") as file:
            while data := stream.read(BLOCK):
                file.write(data)
                digest.update(data)
                done += len(data)
                if progress is not None:
                    progress(done, stream.length)
            file.flush()
            os.fsync(file.fileno())
        _check(part)
        part.chmod(0o644)
        part.replace(target)
    except OSError as error:
        raise DownloadError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink()
    sync_folder(target.parent)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise TruncatedDownloadError(f"the download is no whole zip: {error}") from None
    except Exception as error:  # zlib.error, and what else a damaged member makes of its reader
        raise TruncatedDownloadError(f"the zip is damaged: {type(error).__name__}") from None
    if broken is not None:
        raise TruncatedDownloadError("a file in the zip is damaged")
