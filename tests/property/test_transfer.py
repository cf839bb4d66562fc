"""Transfers, whatever the bytes, the names and the pieces they come in."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fateflow_client.errors import DownloadError, TruncatedDownloadError, UnsafeArchiveError
from fateflow_client.transfer.archive import extract
from fateflow_client.transfer.gunzip import Gunzip
from fateflow_client.transfer.multipart import FileBody, safe_basename
from fateflow_client.transfer.names import MAX_DEPTH, MAX_NAME, MAX_PATH, safe_parts
from tests.unit.transfer.support import Arriving, content_of, gz, names_in, tar, tree
from tests.unit.transfer.test_multipart import parsed, read_all

few = settings(max_examples=60, deadline=None)
many = settings(max_examples=200, deadline=None)

pieces = st.integers(1, 5000)
plain = st.text("abcXYZ019 ._-#数é", min_size=1, max_size=12)


def is_safe(name: str) -> bool:
    try:
        safe_parts(name)
    except UnsafeArchiveError:
        return False
    return True


def repeated(part: str, times: int) -> str:
    return (part * times)[:80]


def joined(parts: list[str]) -> str:
    return "/".join(parts)


long_paths = st.lists(st.builds(repeated, plain, st.integers(1, 20)), min_size=1, max_size=6).map(
    joined
)


def clashes(files: dict[str, bytes]) -> bool:
    seen: dict[str, str] = {}
    for name in files:
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            leaf = depth == len(parts)
            known = seen.setdefault(path.casefold(), "" if leaf else path)
            if known != ("" if leaf else path) or (leaf and known == "" and name != path):
                return True
    folded = [name.casefold() for name in files]
    return len(set(folded)) != len(folded)


paths = st.lists(plain, min_size=1, max_size=4).map(joined).filter(is_safe)
trees = st.dictionaries(
    paths | long_paths.filter(is_safe), st.binary(max_size=2000), max_size=6
).filter(lambda files: not clashes(files))


@many
@given(st.binary(max_size=20_000), pieces, st.integers(1, 5000), st.integers(0, 40))
def test_any_bytes_in_any_pieces_come_out_the_same(
    data: bytes, piece: int, size: int, zeros: int
) -> None:
    gunzip = Gunzip(Arriving(gz(data) + bytes(zeros), piece))
    parts: list[bytes] = []
    while part := gunzip.read(size):
        assert len(part) <= size
        parts.append(part)
    assert b"".join(parts) == data


@many
@given(st.binary(max_size=500), st.data())
def test_damaged_bytes_never_pass_for_whole(data: bytes, choose: st.DataObject) -> None:
    packed = bytearray(gz(data))
    for _ in range(choose.draw(st.integers(1, 3))):
        at = choose.draw(st.integers(10, len(packed) - 1))
        packed[at] ^= choose.draw(st.integers(1, 255))
    gunzip = Gunzip(Arriving(bytes(packed), 64))
    parts: list[bytes] = []
    try:
        while part := gunzip.read(100):
            parts.append(part)
    except TruncatedDownloadError:
        return
    assert b"".join(parts) == data


@few
@given(
    trees,
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    pieces,
)
def test_any_safe_tree_arrives_as_it_was_packed(
    files: dict[str, bytes], form: int, piece: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        got = extract(Arriving(gz(tree(files, form)), piece), target)
        assert content_of(target) == files
        assert set(got) == {target / name for name in files}
        assert names_in(Path(folder)) == ["target"]


@few
@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.just(b"x")), max_size=4))
def test_any_names_at_all_stay_inside_or_are_refused(members: list[tuple[str, bytes]]) -> None:
    try:
        packed = gz(tar(*members))
    except (ValueError, UnicodeError):
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "a" / "target"
        try:
            extract(Arriving(packed), target)
        except DownloadError:
            assert names_in(target.parent) == []
        else:
            assert content_of(target) == dict(members)
            assert names_in(target.parent) == ["target"]
        assert names_in(Path(folder)) == ["a"]


@few
@given(st.binary(max_size=3000), st.integers(0, 3))
def test_any_blocks_at_all_give_a_folder_or_a_download_error(noise: bytes, blocks: int) -> None:
    whole = tree({"a": b"1", "b/c": b"2" * 600})
    packed = gz(whole[: blocks * 512] + noise + whole[blocks * 512 :])
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        try:
            extract(Arriving(packed), target)
        except DownloadError:
            assert names_in(Path(folder)) == []
        else:
            assert names_in(Path(folder)) == ["target"]


@many
@given(st.text(max_size=40) | paths | st.text("./\\:a ", max_size=12))
def test_safe_parts_join_to_the_name_and_stay_below(name: str) -> None:
    try:
        parts = safe_parts(name)
    except UnsafeArchiveError as error:
        assert str(error).isprintable()
        return
    assert "/".join(parts) == name
    assert 1 <= len(parts) <= MAX_DEPTH
    assert len(name.encode()) <= MAX_PATH
    root = Path("/root/of/all")
    path = root.joinpath(*parts)
    assert path.relative_to(root).parts == parts
    for part in parts:
        assert part not in ("", ".", "..")
        assert part.isprintable()
        assert not set(part) & set("/\\:\0")
        assert len(part.encode()) <= MAX_NAME


boundary_like = st.sampled_from([b"\r\n", b"--", b"\r\n--", b"--\r\n", b"\n", b"\r", b"a", b"\0"])
contents = st.binary(min_size=1, max_size=3000) | st.lists(boundary_like, min_size=1).map(
    lambda parts: b"".join(parts)
)
file_names = st.text(min_size=1, max_size=40).filter(
    lambda name: "/" not in name and "\0" not in name and name not in (".", "..")
)


@many
@given(file_names, contents, st.sampled_from([-1, 1, 2, 3, 100, 4096]), st.booleans())
def test_a_server_reads_back_any_file(name: str, content: bytes, size: int, own: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = Path(folder) / name
            path.write_bytes(content)
        except (OSError, UnicodeError):
            return
        body = FileBody(path)
        data = read_all(body, size)
        assert len(data) == body.length
        assert read_all(body) == data
        filename, arrived = parsed(body, data)
        assert arrived == content
        assert filename == safe_basename(path) == body.name


@many
@given(st.text(max_size=300))
def test_a_base_name_is_plain_and_stays_in_its_folder(name: str) -> None:
    safe = safe_basename(Path(name.replace("\0", "")))
    assert 1 <= len(safe) <= 120
    assert quote(safe, safe="") == safe
    assert not safe.startswith(".")
    assert "/" not in safe


def test_the_filters_leave_clashes_out() -> None:
    assert clashes({"a": b"", "a/b": b""})
    assert clashes({"A/x": b"", "a/b": b""})
    assert clashes({"A": b"", "a": b""})
    assert not clashes({"a/b": b"", "a/c": b"", "b": b""})
    with pytest.raises(UnsafeArchiveError):
        safe_parts("a/../b")
