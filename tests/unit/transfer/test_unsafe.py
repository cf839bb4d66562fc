"""Extracting what no honest server sends: refused, and nothing is written outside."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from fateflow_client.errors import UnsafeArchiveError
from fateflow_client.transfer.archive import extract
from tests.unit.transfer.support import (
    END,
    OLD,
    Arriving,
    content_of,
    extended,
    fill,
    gz,
    header,
    member,
    names_in,
    padded,
    pax,
    tar,
)

FILE = ("good.log", b"good")


def kind(letter: bytes, name: str = "bad", **fields: object) -> bytes:
    return tar(FILE, member(name, type=letter, **fields), ("z", b"z"))


UNSAFE = {
    "parent": tar(FILE, ("../bad", b"x")),
    "parent inside": tar(FILE, ("a/../../bad", b"x")),
    "parent folder": kind(tarfile.DIRTYPE, "../bad"),
    "absolute": tar(FILE, ("/tmp/bad", b"x")),  # noqa: S108 - never written
    "absolute folder": kind(tarfile.DIRTYPE, "/tmp/bad"),  # noqa: S108 - never written
    "absolute by prefix": header(b"bad", prefix=b"/tmp"),
    "parent by prefix": header(b"bad", prefix=b".."),
    "parent by pax": pax(("path", "../bad")) + header(b"good"),
    "parent by gnu": extended(b"L", b"../bad\0") + header(b"good"),
    "zero by pax": pax(("path", "a\0/../bad")) + header(b"good"),
    "current": tar(FILE, ("./bad", b"x")),
    "empty name": header(b""),
    "empty part": tar(FILE, ("a//bad", b"x")),
    "backslash": tar(FILE, ("..\\bad", b"x")),
    "drive": tar(FILE, ("C:\\bad", b"x")),
    "stream": tar(FILE, ("good.log:bad", b"x")),
    "control": tar(FILE, ("bad\n", b"x")),
    "escape": tar(FILE, ("\x1b[2Jbad", b"x")),
    "device name": tar(FILE, ("d/NUL.txt", b"x")),
    "final dot": tar(FILE, ("bad.", b"x")),
    "no unicode": header(b"\xff\xfe"),
    "deep": tar(FILE, ("/".join("d" * 600), b"x")),
    "long": tar(FILE, ("x" * 256, b"x")),
    "symlink": kind(tarfile.SYMTYPE, linkname="/etc"),
    "symlink inside": kind(tarfile.SYMTYPE, linkname="good.log"),
    "symlink, then write": tar(
        FILE, member("bad", type=tarfile.SYMTYPE, linkname=".."), ("bad/x", b"x")
    ),
    "hardlink": kind(tarfile.LNKTYPE, linkname="good.log"),
    "hardlink outside": kind(tarfile.LNKTYPE, linkname="/etc/passwd"),
    "fifo": kind(tarfile.FIFOTYPE),
    "character device": kind(tarfile.CHRTYPE, devmajor=1, devminor=3),
    "block device": kind(tarfile.BLKTYPE),
    "contiguous": kind(tarfile.CONTTYPE),
    "sparse": kind(tarfile.GNUTYPE_SPARSE),
    "sparse by pax": pax(("GNU.sparse.size", "9")) + header(b"a", b"1") + padded(b"x"),
    "sparse 1.0": pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"))
    + header(b"a", b"2000")
    + padded(b"9999999\n" + b"1\n" * 508),
    "other volume": kind(b"M"),
    "label": kind(b"V"),
    "unknown kind": kind(b"Z"),
    "folder with content": header(b"d", b"3", b"5") + padded(b"abc"),
    "path for all": extended(b"g", b"12 path=bad\n") + header(b"a"),
    "duplicate": tar(FILE, FILE),
    "case clash": tar(FILE, ("GOOD.log", b"x")),
    "case clash of folders": tar(("a/b", b"x"), ("A/c", b"x")),
    "composition clash": tar(("é", b"x"), ("e\u0301", b"x")),
    "sharp clash": tar(("ß", b"x"), ("SS", b"x")),
    "file as folder": tar(("a", b"x"), ("a/b", b"x")),
    "folder as file": tar(("a/b", b"x"), ("a", b"x")),
    "folder after file": tar(("a", b"x"), member("a", type=tarfile.DIRTYPE)),
    "file after folder": tar(member("a", type=tarfile.DIRTYPE), ("a", b"x")),
}


@pytest.mark.parametrize("old", [{}, OLD], ids=["absent", "old"])
@pytest.mark.parametrize("packed", UNSAFE.values(), ids=UNSAFE)
def test_it_is_refused_and_nothing_changed(
    tmp_path: Path, packed: bytes, old: dict[str, bytes]
) -> None:
    target = tmp_path / "around" / "down" / "target"
    fill(target, old)
    with pytest.raises(UnsafeArchiveError) as caught:
        extract(Arriving(gz(packed + END)), target)
    assert str(caught.value).isprintable()
    assert content_of(target) == old
    assert names_in(tmp_path) == ["around"]
    assert names_in(tmp_path / "around") == ["down"]
    assert names_in(target.parent) == (["target"] if old else [])


def test_a_folder_may_be_named_again(tmp_path: Path) -> None:
    folder = member("a", type=tarfile.DIRTYPE)
    packed = tar(("a/b", b"x"), folder, folder, ("a/c", b"y"))
    extract(Arriving(gz(packed)), tmp_path / "target")
    assert content_of(tmp_path / "target") == {"a/b": b"x", "a/c": b"y"}


def test_an_old_tar_marks_a_folder_by_a_slash(tmp_path: Path) -> None:
    packed = header(b"a/", kind=b"\0") + header(b"a/b", b"1", b"\0") + padded(b"x")
    extract(Arriving(gz(packed + END)), tmp_path / "target")
    assert content_of(tmp_path / "target") == {"a/b": b"x"}
