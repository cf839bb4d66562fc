"""Inflating a stream and checking it: tarfile's own gzip modes return wrong bytes in silence."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from fateflow_client._core.endpoint import ByteStream, Progress
from fateflow_client.errors import SizeLimitError, TruncatedDownloadError

BLOCK = 256 * 1024
GZIP = 31
"""zlib's window size for gzip: header, CRC and length are checked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a download may grow."""

    members: int = 100_000
    """Files in an archive."""
    size: int = 50 * 2**30
    """Bytes in all, inflated."""
    ratio: int = 200
    """Inflated bytes for each byte received ..."""
    ratio_from: int = 100 * 2**20
    """... looked at only above this many inflated bytes."""


DEFAULT_LIMITS = Limits()


class Gunzip:
    """A readable that inflates gzip, verifies its CRC and length, and refuses to be a bomb.

    Raises TruncatedDownloadError where the stream ends early or is damaged, SizeLimitError where
    it grows beyond the limits.
    """

    def __init__(
        self,
        source: ByteStream,
        limits: Limits = DEFAULT_LIMITS,
        progress: Progress | None = None,
    ) -> None:
        self._source = source
        self._limits = limits
        self._progress = progress
        self._inflate = zlib.decompressobj(GZIP)
        self._pending = b""
        self._received = 0
        self._made = 0
        self._ended = False

    def read(self, size: int = BLOCK, /) -> bytes:
        """Up to ``size`` inflated bytes; empty only after the whole stream was verified."""
        while not self._ended:
            if not self._pending and not self._more():
                continue
            try:
                data = self._inflate.decompress(self._pending, min(size, BLOCK))
            except zlib.error:
                raise TruncatedDownloadError(
                    "the download is damaged: its gzip stream or checksum is wrong"
                ) from None
            self._pending = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._end_member()
            self._count(len(data))
            if data:
                return data
        return b""

    def _more(self) -> bool:
        data = self._source.read(BLOCK)
        if not data:
            raise TruncatedDownloadError(
                f"the download ended early, after {self._received} bytes: no gzip trailer"
            )
        self._received += len(data)
        self._pending = data
        if self._progress is not None:
            self._progress(self._received, self._source.length)
        return True

    def _end_member(self) -> None:
        rest = self._inflate.unused_data
        while data := self._source.read(BLOCK):
            rest += data
            self._received += len(data)
            if len(rest) > BLOCK:
                break
        if rest.strip(b"\0"):
            raise TruncatedDownloadError("the download holds more than one gzip stream")
        self._ended = True

    def _count(self, made: int) -> None:
        self._made += made
        limits = self._limits
        if self._made > limits.size:
            raise SizeLimitError(f"the download inflates to more than {limits.size} bytes")
        if self._made > limits.ratio_from and self._made > limits.ratio * self._received:
            raise SizeLimitError(
                f"the download inflates to more than {limits.ratio} times its size: a bomb?"
            )
