"""A multipart body with one file, streamed from the disk and opened anew for every attempt."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

from fateflow_client._core.endpoint import Progress
from fateflow_client.errors import InputFileError

BLOCK = 256 * 1024
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def safe_basename(path: Path) -> str:
    """A file name for a server that joins it to a path of its own without looking."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.name)
    return name[-120:].lstrip(".") or "upload"


class FileBody:
    """Form fields, and one part named ``file``. Its length is the file's when this was made.

    Raises InputFileError if the file is absent, empty, unreadable or no regular file. A file that
    changes afterwards makes the attempt fail, so that no padded, cut or mixed table arrives.
    """

    def __init__(
        self, path: Path, progress: Progress | None = None, form: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self.name = safe_basename(path)
        self._progress = progress
        file, self._state = _open(path)
        file.close()
        if not self._state.size:
            raise InputFileError(
                f"{path} is empty",
                source=str(path),
                hint="The server would accept it, and its job fail.",
            )
        boundary = uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        fields = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (form or {}).items()
        )
        self._head = fields.encode() + (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{self.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode("ascii")
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length = len(self._head) + self._state.size + len(self._tail)

    def open(self) -> _Reader:
        """Start from the beginning."""
        file, state = _open(self.path)
        if state != self._state:
            file.close()
            raise _changed(self.path, "changed since this call began")
        return _Reader(self.path, file, state, self._head, self._tail, self._progress)


class _State(NamedTuple):
    """What tells that a file was changed."""

    size: int
    changed_ns: int


def _open(path: Path) -> tuple[BinaryIO, _State]:
    """Open a regular file, without waiting for a writer where it is a FIFO."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_WAIT)
    except FileNotFoundError:
        raise InputFileError(f"{path} does not exist", source=str(path)) from None
    except (OSError, ValueError) as error:  # ValueError: a zero in the name
        raise _unreadable(path, error) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise InputFileError(f"{path} is no regular file", source=str(path))
    return os.fdopen(handle, "rb"), _State(status.st_size, status.st_mtime_ns)


def _unreadable(path: Path, error: Exception) -> InputFileError:
    why = getattr(error, "strerror", None) or error
    return InputFileError(f"{path} cannot be read: {why}", source=str(path))


def _changed(path: Path, how: str) -> InputFileError:
    return InputFileError(
        f"{path} {how}",
        source=str(path),
        hint="Write it to another name, and rename it when it is complete.",
    )


class _Reader:
    """Head, file and tail, one after the other."""

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        state: _State,
        head: bytes,
        tail: bytes,
        progress: Progress | None,
    ) -> None:
        self._path = path
        self._file = file
        self._state = state
        self._left = state.size
        self._head = head
        self._tail = tail
        self._progress = progress

    def read(self, size: int = BLOCK, /) -> bytes:
        """The next bytes, never more than a block."""
        size = BLOCK if size < 0 else min(size, BLOCK)
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        elif self._left and size:
            data = self._content(min(size, self._left))
        else:
            data, self._tail = self._tail[:size], self._tail[size:]
        return data

    def _content(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        self._left -= len(data)
        if not data:
            raise _changed(self._path, "became shorter while it was sent")
        if not self._left and self._now() != self._state:
            raise _changed(self._path, "changed while it was sent")
        if self._progress is not None:
            self._progress(self._state.size - self._left, self._state.size)
        return data

    def _now(self) -> _State:
        status = os.fstat(self._file.fileno())
        return _State(status.st_size, status.st_mtime_ns)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
