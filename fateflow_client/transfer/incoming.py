"""A download as it arrives: counted, bounded, and complete where it ends."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client._core.limits import DEFAULT_LIMITS, RAISE_THEM, DownloadLimits
from fateflow_client.errors import (
    CallTimeoutError,
    DownloadError,
    SizeLimitError,
    TransportError,
    TruncatedDownloadError,
)

BLOCK = 256 * 1024


class Incoming:
    """A stream that is all that its length announced and no more than the limits allow.

    Raises TruncatedDownloadError where it breaks off, as a stream without a length does at the
    places that unpack it: a cut is a cut. A time limit that ran out stays a CallTimeoutError.
    """

    def __init__(
        self,
        stream: ByteStream,
        limits: DownloadLimits = DEFAULT_LIMITS,
        progress: Progress | None = None,
    ) -> None:
        self.length = stream.length
        self.received = 0
        self._stream = stream
        self._most = limits.size
        self._progress = progress

    def check_room(self, folder: Path) -> None:
        """Refuse at once what cannot end well: announced as too large, or larger than the disk."""
        if self.length is None:
            return
        if self.length > self._most:
            raise self._too_large()
        with suppress(OSError):  # a file system that does not tell
            free = shutil.disk_usage(folder).free
            if self.length > free:
                raise DownloadError(f"{folder} has {free} bytes free; {self.length} arrive")

    def read(self, size: int = BLOCK, /) -> bytes:
        """The next bytes; empty only where it may end."""
        try:
            data = self._stream.read(BLOCK if size < 0 else size)
        except CallTimeoutError:
            raise
        except TransportError as error:
            raise TruncatedDownloadError(
                f"the download broke off after {self.received} bytes: {error.message}"
            ) from error
        if not data:
            self._check_end()
            return b""
        self.received += len(data)
        if self.received > self._most:
            raise self._too_large()
        if self._progress is not None:
            self._progress(self.received, self.length)
        return data

    def _check_end(self) -> None:
        if self.length is not None and self.received != self.length:
            raise TruncatedDownloadError(
                f"the download ended after {self.received} of {self.length} bytes"
            )

    def _too_large(self) -> SizeLimitError:
        return SizeLimitError(f"the download is larger than {self._most} bytes", hint=RAISE_THEM)
