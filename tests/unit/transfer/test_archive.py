"""Extracting what a server may well send: it all arrives, or the target stays as it was."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from fateflow_client._core.limits import DownloadLimits
from fateflow_client.errors import DownloadError
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
    member,
    names_in,
    padded,
    pax,
    tar,
    tree,
)

FILES = {
    "guest/9999/INFO.log": b"one\ntwo\n",
    "guest/9999/empty.log": b"",
    "guest/block": b"x" * 512,
    "over": b"y" * 513,
    "large.csv": b"0123456789" * 70_000,
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "down" / "job_1_log"


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("piece", [1 << 20, 1000, 1])
def test_a_tree_arrives_as_it_was_packed(target: Path, form: int, piece: int) -> None:
    files = extract(Arriving(gz(tree(FILES, form)), piece), target)
    assert content_of(target) == FILES
    assert files == tuple(sorted(target / name for name in FILES))
    assert names_in(target.parent) == [target.name]


@pytest.mark.parametrize("form", ["pax", "gnu"])
def test_long_and_foreign_names_arrive(target: Path, form: str) -> None:
    files = {
        "组件/数据 输出.csv": b"1",
        "é" * 120 + "/ü.log": b"2",
        "/".join(["d" * 90] * 4): b"3",
        "n" * 255: b"4",
        "s" * 100: b"5",
        "t" * 101: b"6",
    }
    extract(Arriving(gz(tree(files, FORMATS[form]))), target)
    assert content_of(target) == files


def test_a_ustar_prefix_is_part_of_the_name(target: Path) -> None:
    files = {"/".join(["d" * 80, "e" * 60, "f" * 90]): b"deep"}
    extract(Arriving(gz(tree(files, tarfile.USTAR_FORMAT))), target)
    assert content_of(target) == files


def test_what_a_packer_adds_does_not_matter(target: Path) -> None:
    info = member("a.log", size=3, mtime=1700000000.25, uid=1 << 22, uname="数", mode=0o7777)
    info.pax_headers = {"comment": "x = y\nz", "SCHILY.xattr.user.a": "b"}
    data = tar(info)
    data = data[: -10240 % len(data) or None].rstrip(b"\0")
    whole = padded(data) + padded(b"abc") + END
    extract(Arriving(gz(extended(b"g", b"16 comment=hello\n"[:0]) + whole)), target)
    assert content_of(target) == {"a.log": b"abc"}
    mode = (target / "a.log").stat().st_mode & 0o7777
    assert not mode & 0o7111


def test_empty_folders_arrive(target: Path) -> None:
    packed = tar(member("a", type=tarfile.DIRTYPE), member("a/b/", type=tarfile.DIRTYPE))
    assert extract(Arriving(gz(packed + END)), target) == ()
    assert (target / "a" / "b").is_dir()


def test_an_archive_of_nothing_is_an_empty_folder(target: Path) -> None:
    for data in (tar(), END, bytes(512), bytes(1 << 20)):
        fill(target)
        assert extract(Arriving(gz(data)), target) == ()
        assert content_of(target) == {}
    assert names_in(target.parent) == [target.name]


def test_an_old_folder_is_replaced(target: Path) -> None:
    fill(target)
    extract(Arriving(gz(tree(FILES))), target)
    assert content_of(target) == FILES
    assert names_in(target.parent) == [target.name]


def test_the_umask_decides_who_may_read(target: Path) -> None:
    old = os.umask(0o027)
    try:
        extract(Arriving(gz(tree({"d/f": b"x"}))), target)
    finally:
        os.umask(old)
    modes = [path.stat().st_mode & 0o777 for path in (target, target / "d", target / "d" / "f")]
    assert modes == [0o750, 0o750, 0o640]


def test_the_size_in_an_extended_header_counts(target: Path) -> None:
    packed = pax(("size", "3")) + header(b"a", b"0") + padded(b"abc")
    extract(Arriving(gz(packed + END)), target)
    assert content_of(target) == {"a": b"abc"}


def test_an_extended_header_counts_for_one_member(target: Path) -> None:
    packed = pax(("path", "long")) + header(b"a", b"1") + padded(b"1") + header(b"b", b"1")
    extract(Arriving(gz(packed + padded(b"2") + END)), target)
    assert content_of(target) == {"long": b"1", "b": b"2"}


def test_numbers_may_be_binary(target: Path) -> None:
    packed = header(b"a", b"\x80" + bytes(10) + b"\x03") + padded(b"abc")
    extract(Arriving(gz(packed + END)), target)
    assert content_of(target) == {"a": b"abc"}


def test_memory_does_not_grow_with_the_files(target: Path) -> None:
    size = 10 << 20
    noise = os.urandom(1 << 20)
    one = [(noise, 10)]
    headers = [header(b"f%d" % n, b"%o" % size) for n in range(3)]
    data = gzip_of((headers[0], 1), *one, (headers[1], 1), *one, (headers[2], 1), *one, (END, 1))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        extract(Arriving(data, 64 * 1024), target)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert [path.stat().st_size for path in sorted(target.iterdir())] == [size] * 3
    assert peak < 8 << 20 < len(data)


@pytest.mark.parametrize("after", [0, 30, 700, 5000])
@pytest.mark.parametrize("old", [{}, OLD], ids=["absent", "old"])
def test_an_interrupt_cleans_up(target: Path, after: int, old: dict[str, bytes]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    fill(target, old)
    data = gz(tree({"a": b"x", "b": os.urandom(8000)}))
    with pytest.raises(KeyboardInterrupt):
        extract(Arriving(data[:after], then=interrupt), target)
    assert content_of(target) == old
    assert names_in(target.parent) == ([target.name] if old else [])


def test_a_progress_that_fails_cleans_up(target: Path) -> None:
    def fail(done: int, total: int | None) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        extract(Arriving(gz(tree(FILES))), target, progress=fail)
    assert names_in(target.parent) == []


def test_progress_ends_with_all(target: Path) -> None:
    data = gz(tree(FILES))
    told: list[tuple[int, int | None]] = []
    extract(
        Arriving(data, 500, length=len(data)),
        target,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (len(data), len(data))


def test_a_download_larger_than_the_disk_is_refused_at_once(target: Path) -> None:
    limits = DownloadLimits(size=1 << 63)
    with pytest.raises(DownloadError, match="bytes free"):
        extract(Arriving(b"", length=1 << 62), target, limits=limits)
    assert names_in(target.parent) == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from fateflow_client.errors import DownloadError
from fateflow_client.transfer.archive import extract
from tests.unit.transfer.support import Arriving
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    extract(Arriving(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]))
except DownloadError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("old", [{}, OLD], ids=["absent", "old"])
def test_a_full_disk_is_a_download_error(target: Path, old: dict[str, bytes]) -> None:
    fill(target, old)
    packed = target.parent.parent / "packed"
    packed.write_bytes(gz(tree({"a": b"x", "b/c": os.urandom(30_000)})))
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, packed, target],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"DownloadError {target} cannot be written: File too large\n"
    assert content_of(target) == old
    assert names_in(target.parent) == ([target.name] if old else [])


def test_an_error_of_the_wire_is_not_a_broken_archive(target: Path) -> None:
    class CutError(Exception):
        pass

    def cut() -> None:
        raise CutError

    with pytest.raises(CutError):
        extract(Arriving(gz(tree(FILES))[:100], then=cut), target)
    assert names_in(target.parent) == []
