"""Inflating a stream and checking it: tarfile's own gzip modes return wrong bytes in silence."""

from __future__ import annotations

import zlib

from fateflow_client._core.endpoint import ByteStream
from fateflow_client._core.limits import DEFAULT_LIMITS, RAISE_THEM, DownloadLimits
from fateflow_client.errors import SizeLimitError, TruncatedDownloadError

BLOCK = 256 * 1024
GZIP = 31
"""zlib's window size for gzip: header, CRC and length are checked."""
MAX_PADDING = 1024 * 1024
"""Zeros that may follow the stream."""


class Gunzip:
    """A readable that inflates gzip, verifies its CRC and length, and refuses to be a bomb.

    Raises TruncatedDownloadError where the stream ends early or is damaged, SizeLimitError where
    it grows beyond the limits.
    """

    def __init__(self, source: ByteStream, limits: DownloadLimits = DEFAULT_LIMITS) -> None:
        self._source = source
        self._limits = limits
        self._inflate = zlib.decompressobj(GZIP)
        self._pending = b""
        self._received = 0
        self._made = 0
        self._ended = False

    def read(self, size: int = BLOCK, /) -> bytes:
        """Up to ``size`` inflated bytes; empty only after the whole stream was verified."""
        most = BLOCK if size < 0 else min(size, BLOCK)
        if not most:
            return b""  # zlib would take 0 for no bound
        while not self._ended:
            if not self._pending and not self._receive():
                raise TruncatedDownloadError(
                    f"the download ended early, after {self._received} bytes: no gzip trailer"
                )
            try:
                data = self._inflate.decompress(self._pending, most)
            except zlib.error:
                raise TruncatedDownloadError(
                    "the download is damaged: its gzip stream or checksum is wrong"
                ) from None
            self._pending = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._pending = self._inflate.unused_data
                self._check_rest()
            self._count(len(data))
            if data:
                return data
        return b""

    def _receive(self) -> bool:
        self._pending = self._source.read(BLOCK)
        self._received += len(self._pending)
        return bool(self._pending)

    def _check_rest(self) -> None:
        """Read what follows the stream: nothing, or a few zeros as some packers add."""
        left = MAX_PADDING
        while self._pending or self._receive():
            left -= len(self._pending)
            if left < 0 or self._pending.strip(b"\0"):
                raise TruncatedDownloadError("the download goes on after its gzip stream")
            self._pending = b""
        self._ended = True

    def _count(self, made: int) -> None:
        self._made += made
        limits = self._limits
        if self._made > limits.size:
            raise SizeLimitError(
                f"the download inflates to more than {limits.size} bytes", hint=RAISE_THEM
            )
        if self._made > limits.ratio_from and self._made > limits.ratio * self._received:
            raise SizeLimitError(
                f"the download inflates to more than {limits.ratio} times its size: a bomb?",
                hint=RAISE_THEM,
            )
