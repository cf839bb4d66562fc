"""Saving a zip: it is whole and within its limits, or there is an error and nothing changed."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client.errors import DownloadError, SizeLimitError, TruncatedDownloadError
from fateflow_client.transfer.zips import save_zip, sha256_of
from tests.unit.transfer.support import Arriving, fill, names_in

FILES = {
    "define/define_meta.yaml": b"describe: {}\n" * 20,
    "variables/data/lr_0/Param": bytes(range(256)) * 3,
    ".lock": b"",
}


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("define/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ZIP = packed(FILES)
STORED = packed(FILES, zipfile.ZIP_STORED)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "down" / "model.zip"


def refuse(
    data: bytes,
    target: Path,
    error: type[DownloadError] = TruncatedDownloadError,
    *,
    limits: DownloadLimits = DEFAULT_LIMITS,
    match: str = ".",
) -> None:
    """Save to an absent and to an old target: it fails and changes nothing."""
    for old in ({}, {target.name: b"old"}):
        target.unlink(missing_ok=True)
        fill(target.parent, old)
        with pytest.raises(error, match=match):
            save_zip(Arriving(data), target, limits=limits)
        assert not old or target.read_bytes() == b"old"
        assert not target.parent.exists() or names_in(target.parent) == list(old)


@pytest.mark.parametrize("data", [ZIP, STORED, packed({})], ids=["deflated", "stored", "nothing"])
@pytest.mark.parametrize("piece", [1 << 20, 100, 1])
def test_a_whole_zip_is_saved_with_its_hash(target: Path, data: bytes, piece: int) -> None:
    told: list[tuple[int, int | None]] = []
    stream = Arriving(data, piece, length=len(data))
    sha256 = save_zip(stream, target, lambda done, total: told.append((done, total)))
    assert target.read_bytes() == data
    assert sha256 == hashlib.sha256(data).hexdigest() == sha256_of(target)
    assert names_in(target.parent) == [target.name]
    assert told[-1] == (len(data), len(data))


def test_a_large_zip_is_saved(target: Path) -> None:
    """Zip64, though no server needs it yet."""
    plain = packed({})
    end = len(plain) - 22
    directory = struct.unpack_from("<L", plain, end + 12)[0]
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, directory, end - directory
    )
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    data = plain[:end] + record + locator + plain[end:]
    save_zip(Arriving(data), target)
    assert target.read_bytes() == data
    for wrong in (end - 1, end + 1, 0, 1 << 63):
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, wrong, 1)
        refuse(plain[:end] + record + locator + plain[end:], target, match="end is damaged")
    refuse(struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1) + plain[end:], target, match="damaged")


def test_the_umask_decides_who_may_read(target: Path) -> None:
    old = os.umask(0o027)
    try:
        save_zip(Arriving(ZIP), target)
    finally:
        os.umask(old)
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_zip_cut_anywhere_changes_nothing(target: Path) -> None:
    for cut in range(len(ZIP)):
        refuse(ZIP[:cut], target)


@pytest.mark.parametrize("data", [ZIP, STORED], ids=["deflated", "stored"])
def test_a_flipped_bit_changes_no_file(target: Path, data: bytes) -> None:
    """Some bits mean nothing to a reader, such as those of a member's time."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = [archive.read(info) for info in archive.infolist()]
    refused = 0
    for at in range(0, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        try:
            save_zip(Arriving(bytes(flipped)), target)
        except DownloadError as error:
            assert isinstance(error, TruncatedDownloadError)
            assert names_in(target.parent) == []
            refused += 1
        else:
            with zipfile.ZipFile(target) as archive:
                assert [archive.read(info) for info in archive.infolist()] == contents
            target.unlink()
    assert refused > len(data)


@pytest.mark.parametrize("after", [b"x", b"\0", b"comment", bytes(70_000)])
def test_nothing_may_follow(target: Path, after: bytes) -> None:
    refuse(ZIP + after, target, match="its end is missing")


def test_a_zip_that_inflates_too_far_is_stopped(target: Path) -> None:
    bomb = packed({"a": bytes(5 << 20), "b": bytes(5 << 20)})
    limits = DownloadLimits(size=8 << 20)
    refuse(bomb, target, SizeLimitError, limits=limits, match="more than 8388608 bytes")
    limits = DownloadLimits(ratio=200, ratio_from=8 << 20)
    refuse(bomb, target, SizeLimitError, limits=limits, match="200 times")
    save_zip(Arriving(bomb), target)


def test_a_zip_that_is_too_large_itself_is_not_stored(target: Path) -> None:
    limits = DownloadLimits(size=len(STORED) - 1)
    refuse(STORED, target, SizeLimitError, limits=limits, match="is larger than")


def test_members_that_share_their_content_count_each_time(target: Path) -> None:
    bomb = bytearray(packed({"a": bytes(1 << 20), "b": bytes(1 << 20)}))
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        first, second = archive.infolist()[1:]
    entry = bomb.rindex(b"PK\1\2")
    struct.pack_into("<L", bomb, entry + 42, first.header_offset)
    bomb[entry + 46 : entry + 47] = b"a"
    assert second.header_offset != first.header_offset
    refuse(bytes(bomb), target, DownloadError, limits=DownloadLimits(size=1500 << 10))


@pytest.mark.parametrize("count", [-1, 1])
def test_a_member_that_lies_about_its_size_is_found_out(target: Path, count: int) -> None:
    lie = bytearray(packed({"a": b"x" * 100}, zipfile.ZIP_DEFLATED))
    for at in (lie.rindex(b"PK\3\4") + 22, lie.rindex(b"PK\1\2") + 24):
        struct.pack_into("<L", lie, at, 100 + count)
    refuse(bytes(lie), target)


def entry(name: bytes) -> bytes:
    """A member of the central directory."""
    return b"PK\1\2" + bytes(24) + struct.pack("<3H", len(name), 0, 0) + bytes(12) + name


def end(count: int, length: int) -> bytes:
    """The end record."""
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, 0, 0)


def test_a_million_members_are_counted_before_they_are_read(target: Path) -> None:
    directory = entry(b"x") * 1_000_000
    bomb = directory + end(0xFFFF, len(directory))
    tracemalloc.start()
    try:
        refuse(bomb, target, SizeLimitError, match="more than 100000 members")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_members_are_counted_and_not_believed(target: Path) -> None:
    directory = entry(b"x") * 21
    limits = DownloadLimits(members=20)
    refuse(directory + end(1, len(directory)), target, SizeLimitError, limits=limits)
    long = entry(b"x" * 60_000)
    refuse(long + end(1, len(long)), target, SizeLimitError, limits=limits)
    save_zip(Arriving(ZIP), target, limits=DownloadLimits(members=len(FILES) + 1))


@pytest.mark.parametrize("length", [1, 45, 46, 1000, 0xFFFFFFFF])
def test_a_directory_that_lies_about_its_length_is_found_out(target: Path, length: int) -> None:
    lie = bytearray(ZIP)
    struct.pack_into("<L", lie, len(lie) - 10, length)
    refuse(bytes(lie), target)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_other_methods_are_checked_too(target: Path, method: int) -> None:
    data = packed(FILES, method)
    save_zip(Arriving(data), target)
    broken = bytearray(data)
    broken[data.index(b"define_meta.yaml") + 30] ^= 0x20
    refuse(bytes(broken), target)


def test_an_encrypted_zip_cannot_be_checked(target: Path) -> None:
    locked = bytearray(packed({"a": b"x" * 100}))
    for at in (locked.rindex(b"PK\3\4") + 6, locked.rindex(b"PK\1\2") + 8):
        locked[at] |= 1
    refuse(bytes(locked), target, match="encrypted")


def test_a_file_that_cannot_be_read_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="absent cannot be read: No such file"):
        sha256_of(tmp_path / "absent")


def test_everything_is_on_the_disk_before_it_appears(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[int | str] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        happened.append(os.fstat(handle).st_ino)
        fsync(handle)

    def replaced(*args: object) -> None:
        happened.append("rename")
        replace(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    save_zip(Arriving(ZIP), target)
    assert happened == [target.stat().st_ino, "rename", target.parent.stat().st_ino]
