"""A multipart body with one file, streamed from the disk and opened anew for every attempt."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from fateflow_client._core.endpoint import Progress
from fateflow_client.errors import InputFileError

BLOCK = 256 * 1024


def safe_basename(path: Path) -> str:
    """A file name for a server that joins it to a path of its own without looking."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.name).lstrip(".")
    return name[-120:] or "upload"


class FileBody:
    """One part named ``file``. Its length is the file's when this was made.

    Raises InputFileError if the file is absent, empty, unreadable or no regular file; a file that
    changes its length while it is sent makes the attempt fail, so that no padded or cut table
    arrives.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path = path
        self.name = safe_basename(path)
        self._progress = progress
        self._size = _size(path)
        boundary = uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{self.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode("ascii")
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length = len(self._head) + self._size + len(self._tail)

    def open(self) -> _Reader:
        """Start from the beginning."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise InputFileError(
                f"{self.path} cannot be read: {error.strerror}", source=str(self.path)
            ) from None
        return _Reader(file, self._size, self._head, self._tail, self._progress)


class _Reader:
    """Head, file and tail, one after the other."""

    def __init__(
        self, file: BinaryIO, size: int, head: bytes, tail: bytes, progress: Progress | None
    ) -> None:
        self._file = file
        self._size = size
        self._left = size
        self._head = head
        self._tail = tail
        self._progress = progress

    def read(self, size: int = BLOCK, /) -> bytes:
        if self._head:
            return self._cut_head(size)
        if self._left:
            data = self._file.read(min(size, self._left) if size >= 0 else self._left)
            if not data:
                raise OSError(0, "it became shorter while it was sent")
            self._left -= len(data)
            if not self._left and self._file.read(1):
                raise OSError(0, "it became longer while it was sent")
            if self._progress is not None:
                self._progress(self._size - self._left, self._size)
            return data
        data, self._tail = self._split(self._tail, size)
        return data

    def _cut_head(self, size: int) -> bytes:
        data, self._head = self._split(self._head, size)
        return data

    @staticmethod
    def _split(data: bytes, size: int) -> tuple[bytes, bytes]:
        return (data, b"") if size < 0 else (data[:size], data[size:])

    def close(self) -> None:
        self._file.close()


def _size(path: Path) -> int:
    try:
        status = os.stat(path)
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputFileError(f"{path}: {reason}", source=str(path)) from None
    if not stat.S_ISREG(status.st_mode):
        raise InputFileError(f"{path} is no regular file", source=str(path))
    if not os.access(path, os.R_OK):
        raise InputFileError(f"{path} must not be read by this user", source=str(path))
    if status.st_size == 0:
        raise InputFileError(
            f"{path} is empty",
            source=str(path),
            hint="The server would accept it, and its job fail.",
        )
    return status.st_size
