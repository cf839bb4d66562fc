"""Extracting what was cut, damaged or made to harm: an error, and nothing changed."""

from __future__ import annotations

import shutil
import struct
import tracemalloc
from pathlib import Path

import pytest

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client.errors import (
    DownloadError,
    SizeLimitError,
    TruncatedDownloadError,
)
from fateflow_client.transfer.archive import extract
from tests.unit.transfer.support import (
    END,
    FORMATS,
    OLD,
    Arriving,
    content_of,
    extended,
    fill,
    gz,
    gzip_of,
    header,
    names_in,
    padded,
    pax,
    tree,
)

SMALL_FILES = {"a/b.csv": b"1,2\n3,4\n", "a/b.meta": b'{"header": ["x"]}', "c": b"z" * 600}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "down" / "job_1_log"


def refuse(
    data: bytes,
    target: Path,
    error: type[DownloadError],
    *,
    limits: DownloadLimits = DEFAULT_LIMITS,
    match: str = ".",
    piece: int = 1 << 30,
) -> None:
    """Extract into an absent and into an old target: it fails and changes nothing."""
    around = target.parent.parent
    for old in ({}, OLD):
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        fill(target, old)
        before = content_of(around)
        with pytest.raises(error, match=match):
            extract(Arriving(data, piece), target, limits=limits)
        assert content_of(around) == before
        assert names_in(around) == [target.parent.name]
        assert names_in(target.parent) == ([target.name] if old else [])


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_a_download_cut_anywhere_changes_nothing(target: Path, form: int) -> None:
    data = gz(tree(SMALL_FILES, form))
    for cut in range(len(data)):
        refuse(data[:cut], target, TruncatedDownloadError)


def test_a_tar_cut_at_any_block_changes_nothing(target: Path) -> None:
    for form in FORMATS.values():
        whole = tree(SMALL_FILES, form)
        end = len(whole.rstrip(b"\0")) + -len(whole.rstrip(b"\0")) % 512
        for cut in [*range(0, end + 1, 512), *range(1, end, 97), end + 1, end + 511]:
            refuse(gz(whole[:cut]), target, TruncatedDownloadError)
        extract(Arriving(gz(whole[: end + 512])), target)
        assert content_of(target) == SMALL_FILES
        shutil.rmtree(target)


def test_a_flipped_bit_changes_nothing(target: Path) -> None:
    data = gz(tree(SMALL_FILES))
    for at in range(80, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        try:
            extract(Arriving(bytes(flipped)), target)
        except DownloadError:
            assert names_in(target.parent) == []
        else:
            # Some bits mean nothing: a zero may be copied from here or from there.
            assert content_of(target) == SMALL_FILES
            shutil.rmtree(target)


@pytest.mark.parametrize("at", [0, 100, 124, 148, 156, 257, 345, 511])
def test_a_broken_header_is_not_taken_for_the_end(target: Path, at: int) -> None:
    first, second = header(b"a", b"3") + padded(b"abc"), header(b"b", b"3")
    broken = bytearray(second)
    broken[at] ^= 1
    refuse(gz(first + bytes(broken) + padded(b"abc") + END), target, TruncatedDownloadError)


def test_data_after_the_end_is_refused(target: Path) -> None:
    whole = tree(SMALL_FILES)
    for more in (b"x", bytes(5000) + b"x", header(b"b", b"0") + END, whole):
        refuse(gz(whole + more), target, TruncatedDownloadError, match="goes on")


HUGE = struct.pack(">BxxxQ", 0x80, 1 << 62)
NEGATIVE = b"\xff" * 10 + b"\xfe\x00"
LIES = {
    "larger": header(b"a", b"4000") + padded(b"abc"),
    "smaller": header(b"a", b"1") + padded(b"a" * 600),
    "huge": header(b"a", HUGE) + padded(b"abc"),
    "negative": header(b"a", NEGATIVE) + padded(b"abc"),
    "signed": header(b"a", b"-3") + padded(b"abc"),
    "underscore": header(b"a", b"1_0") + padded(b"abcdefgh"),
    "nonsense": header(b"a", b"9") + padded(b"abcdefghi"),
    "pax larger": pax(("size", "5000")) + header(b"a", b"3") + padded(b"abc"),
    "pax negative": pax(("size", "-512")) + header(b"a", b"3") + padded(b"abc"),
    "pax nonsense": pax(("size", "3.0")) + header(b"a", b"3") + padded(b"abc"),
    "pax short": extended(b"x", b"99 path=a\n") + header(b"a", b"3") + padded(b"abc"),
    "pax zero": extended(b"x", b"0 path=a\n") + header(b"a", b"3") + padded(b"abc"),
    "pax no key": extended(b"x", b"4 a\n") + header(b"a", b"3") + padded(b"abc"),
    "pax no end": extended(b"x", b"9 path=ab") + header(b"a", b"3") + padded(b"abc"),
    "pax garbage": extended(b"x", b"garbage") + header(b"a", b"3") + padded(b"abc"),
    "pax at the end": header(b"a", b"3") + padded(b"abc") + pax(("path", "b")),
    "pax then pax": pax(("path", "b")) * 5000 + header(b"a", b"3") + padded(b"abc"),
    "long at the end": extended(b"L", b"b\0"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_header_that_lies_is_found_out(target: Path, lie: bytes) -> None:
    refuse(gz(lie + END), target, DownloadError)


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K", b"X", b"N"])
def test_a_header_that_fills_the_memory_is_refused(target: Path, kind: bytes) -> None:
    data = gzip_of((header(b"a", b"%o" % (1 << 32), kind), 1), (bytes(1 << 20), 64))
    tracemalloc.start()
    try:
        refuse(data, target, DownloadError, piece=4096)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_is_stopped(target: Path) -> None:
    bomb = gzip_of((header(b"a", b"%o" % (200 << 20)), 1), (bytes(1 << 20), 200), (END, 1))
    assert len(bomb) < 210 << 10
    limits = DownloadLimits(size=4 << 20)
    refuse(bomb, target, SizeLimitError, limits=limits, match="4194304")
    limits = DownloadLimits(ratio=200, ratio_from=1 << 20)
    refuse(bomb, target, SizeLimitError, limits=limits, match="200 times", piece=1024)


@pytest.mark.parametrize("kind", [b"0", b"5", b"g"])
def test_too_many_members_are_refused(target: Path, kind: bytes) -> None:
    blocks = [header(b"m%d" % n, b"0", kind) for n in range(50)]
    refuse(gz(b"".join(blocks) + END), target, DownloadError, limits=DownloadLimits(members=20))
    if kind != b"g":
        extract(Arriving(gz(b"".join(blocks) + END)), target, limits=DownloadLimits(members=50))


def test_too_many_folders_are_refused(target: Path) -> None:
    files = {f"{n}/a/b/c/d": b"" for n in range(10)}
    refuse(gz(tree(files)), target, SizeLimitError, limits=DownloadLimits(members=40))
    extract(Arriving(gz(tree(files))), target, limits=DownloadLimits(members=50))


def test_an_endless_stream_of_nothing_is_stopped(target: Path) -> None:
    """Empty blocks inflate to nothing, so the ratio and the size of the files never grow."""
    nothing = b"\x1f\x8b\x08" + bytes(7) + b"\0\0\0\xff\xff" * 400_000
    limits = DownloadLimits(size=1 << 20)
    refuse(nothing, target, SizeLimitError, limits=limits, match="larger than 1048576")


@pytest.mark.parametrize("missing", ["a.meta", "sub/b.meta"])
def test_a_table_without_its_header_was_cut(target: Path, missing: str) -> None:
    """A packer that stops between two members may still end its stream and archive in order."""
    files = {"a.csv": b"1", "a.meta": b"{}", "sub/b.csv": b"2", "sub/b.meta": b"{}"}
    whole = gz(tree(files))
    extract(Arriving(whole), target, with_meta=True)
    assert content_of(target) == files
    del files[missing]
    with pytest.raises(TruncatedDownloadError, match=r"[ab]\.csv' without its header"):
        extract(Arriving(gz(tree(files))), target, with_meta=True)
    assert content_of(target) == files | {missing: b"{}"}
    assert names_in(target.parent) == [target.name]
    extract(Arriving(gz(tree(files))), target)
    assert content_of(target) == files


def test_other_files_need_no_header(target: Path) -> None:
    files = {"a.log": b"1", "b.meta": b"{}", "c": b"2"}
    extract(Arriving(gz(tree(files))), target, with_meta=True)
    assert content_of(target) == files
