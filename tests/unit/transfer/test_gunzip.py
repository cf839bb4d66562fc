"""Inflating: every byte is right and the end was seen, or there is an error."""

from __future__ import annotations

import gzip
import zlib

import pytest

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client.errors import DownloadError, SizeLimitError, TruncatedDownloadError
from fateflow_client.transfer.gunzip import BLOCK, Gunzip
from tests.unit.transfer.support import Arriving, gz, gzip_of

TEXT = b"id,x0,x1\n" + b"".join(b"%d,%d,%d\n" % (n, n * n, n % 7) for n in range(40))
MIB = bytes(1 << 20)


def inflate(data: bytes, limits: DownloadLimits = DEFAULT_LIMITS) -> bytes:
    gunzip = Gunzip(Arriving(data), limits)
    parts: list[bytes] = []
    while part := gunzip.read():
        parts.append(part)
    return b"".join(parts)


def flips(data: bytes) -> list[bytes]:
    """The data with each of its bits flipped."""
    flipped: list[bytes] = []
    for at in range(len(data) * 8):
        copy = bytearray(data)
        copy[at // 8] ^= 1 << at % 8
        flipped.append(bytes(copy))
    return flipped


@pytest.mark.parametrize("text", [b"", b"x", TEXT, TEXT * 400], ids=["none", "one", "few", "many"])
def test_what_was_packed_comes_out(text: bytes) -> None:
    assert inflate(gz(text)) == text


def test_a_flipped_bit_is_never_taken_for_the_whole_truth() -> None:
    harmless = 0
    for flipped in flips(gz(TEXT)):
        try:
            text = inflate(flipped)
        except TruncatedDownloadError:
            continue
        # Some bits mean nothing, such as those of the time in the header.
        assert text == TEXT
        harmless += 1
    assert harmless < 64


def test_a_stream_cut_anywhere_is_truncated() -> None:
    whole = gz(TEXT)
    for cut in range(len(whole)):
        with pytest.raises(TruncatedDownloadError, match=f"after {cut} bytes"):
            inflate(whole[:cut])


def test_a_broken_stream_stays_broken() -> None:
    whole = gz(TEXT)
    broken = (whole[:50], whole + b"more", whole[:-8] + bytes(8), b"<html>", whole + whole)
    for data in broken:
        gunzip = Gunzip(Arriving(data, 7))
        for _ in range(3):
            with pytest.raises(TruncatedDownloadError):
                while gunzip.read():
                    pass


@pytest.mark.parametrize("zeros", [1, 511, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_zeros_may_follow(zeros: int) -> None:
    assert inflate(gz(TEXT) + bytes(zeros)) == TEXT


@pytest.mark.parametrize("zeros", [0, 1, 511, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_nothing_but_zeros_may_follow(zeros: int) -> None:
    with pytest.raises(TruncatedDownloadError, match="goes on"):
        inflate(gz(TEXT) + bytes(zeros) + b"garbage")


def test_zeros_may_not_follow_for_ever() -> None:
    class Endless(Arriving):
        def read(self, size: int = -1, /) -> bytes:
            return super().read(size) or bytes(BLOCK)

    gunzip = Gunzip(Endless(gz(TEXT)))
    with pytest.raises(TruncatedDownloadError, match="goes on"):
        gunzip.read()


def test_a_second_stream_is_refused() -> None:
    with pytest.raises(TruncatedDownloadError):
        inflate(gz(TEXT) + gz(TEXT))


def test_other_formats_are_refused() -> None:
    for data in (zlib.compress(TEXT), TEXT, b"BZh9", b"PK\3\4" + bytes(80), bytes(1000)):
        with pytest.raises(TruncatedDownloadError):
            inflate(data)


def test_the_end_is_told_only_after_the_trailer_was_checked() -> None:
    gunzip = Gunzip(Arriving(gz(TEXT)[:-8] + bytes(8), 16))
    with pytest.raises(TruncatedDownloadError):
        while gunzip.read(1):
            pass


def test_a_bomb_is_stopped_at_the_size_limit() -> None:
    made = 0
    limits = DownloadLimits(size=3_000_000)
    gunzip = Gunzip(Arriving(gzip_of((MIB, 200)), 4096), limits)
    with pytest.raises(SizeLimitError, match="3000000"):
        while data := gunzip.read():
            made += len(data)
    assert made <= limits.size


def test_a_bomb_is_stopped_at_the_ratio() -> None:
    made = 0
    limits = DownloadLimits(ratio=100, ratio_from=1 << 20)
    gunzip = Gunzip(Arriving(gzip_of((MIB, 200)), 4096), limits)
    with pytest.raises(SizeLimitError, match="100 times"):
        while data := gunzip.read():
            made += len(data)
    assert made <= limits.ratio_from + 4096 * limits.ratio


def test_the_ratio_counts_only_above_its_threshold() -> None:
    limits = DownloadLimits(ratio=2, ratio_from=1 << 20)
    assert inflate(gzip_of((MIB, 1)), limits) == MIB


@pytest.mark.parametrize("size", [-1, 0, 1, 5, BLOCK, 100 * BLOCK])
def test_a_read_is_never_larger_than_asked_or_than_a_block(size: int) -> None:
    gunzip = Gunzip(Arriving(gzip_of((MIB, 3))))
    data = gunzip.read(size)
    assert len(data) <= (BLOCK if size < 0 else min(size, BLOCK))
    assert not data.strip(b"\0")
    assert bool(data) == (size != 0)


def test_nothing_asked_is_not_the_end() -> None:
    gunzip = Gunzip(Arriving(gz(TEXT)))
    assert gunzip.read(0) == b""
    assert gunzip.read() == TEXT


def test_what_a_stream_raises_is_passed_on() -> None:
    class ResetError(Exception):
        pass

    def reset() -> None:
        raise ResetError

    gunzip = Gunzip(Arriving(gz(TEXT)[:60], then=reset))
    with pytest.raises(ResetError):
        while gunzip.read():
            pass


def test_both_errors_are_download_errors() -> None:
    assert issubclass(TruncatedDownloadError, DownloadError)
    assert issubclass(SizeLimitError, DownloadError)


def test_gzip_fields_that_a_packer_may_write_are_understood() -> None:
    named = (
        b"\x1f\x8b\x08\x1c" + bytes(6) + b"\x03\x00abc" + b"name\0" + b"comment\0" + gz(TEXT)[10:]
    )
    assert gzip.decompress(named) == TEXT
    assert inflate(named) == TEXT
