"""A multipart body: what a server's parser reads is the file, or nothing is sent whole."""

from __future__ import annotations

import os
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.formparser import FormDataParser

from fateflow_client.errors import InputFileError
from fateflow_client.transfer.multipart import BLOCK, FileBody, safe_basename
from tests.unit.transfer.support import fill

CONTENT = b"id,y,x0\n1,0,0.5\n2,1,0.25\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT)
    return path


def read_all(body: FileBody, size: int = -1) -> bytes:
    """Read a body to its end."""
    source = body.open()
    try:
        parts: list[bytes] = []
        while part := source.read(size):
            parts.append(part)
        return b"".join(parts)
    finally:
        source.close()


def parsed(body: FileBody, data: bytes) -> tuple[str | None, bytes]:
    """What Flask makes of it: the file's name and content."""
    kind, _, boundary = body.content_type.partition("; boundary=")
    _, form, files = FormDataParser(silent=False).parse(
        BytesIO(data), kind, len(data), {"boundary": boundary}
    )
    assert not form
    assert list(files) == ["file"]
    [file] = files.getlist("file")
    try:
        return file.filename, file.read()
    finally:
        file.close()


@pytest.mark.parametrize("size", [-1, 1, 2, 7, 64, BLOCK])
def test_a_server_reads_the_file_back(table: Path, size: int) -> None:
    body = FileBody(table)
    data = read_all(body, size)
    assert len(data) == body.length
    assert parsed(body, data) == ("table.csv", CONTENT)


def test_opening_it_again_starts_from_the_beginning(table: Path) -> None:
    body = FileBody(table)
    first = body.open()
    first.read()
    first.read(3)
    assert read_all(body) == read_all(body, 5)
    first.close()


def test_content_that_looks_like_a_boundary_goes_through(table: Path) -> None:
    body = FileBody(table)
    boundary = body.content_type.partition("boundary=")[2]
    other = FileBody(table)
    assert boundary != other.content_type.partition("boundary=")[2]
    tricky = f"\r\n--{boundary}--\r\n".encode() + b"\r\n--\r\n"
    table.write_bytes(tricky)
    body = FileBody(table)
    assert parsed(body, read_all(body)) == ("table.csv", tricky)


def test_a_large_file_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(32 << 20)
    body = FileBody(path)
    source = body.open()
    tracemalloc.start()
    try:
        total = 0
        while part := source.read():
            total += len(part)
        assert total == body.length
        source.close()
        source = body.open()
        assert all(len(source.read(-1)) <= BLOCK for _ in range(5))
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
        source.close()


def test_nothing_asked_is_not_the_end(table: Path) -> None:
    source = FileBody(table).open()
    seen = b""
    for _ in range(FileBody(table).length):
        assert source.read(0) == b""
        seen += source.read(1)
    assert CONTENT in seen
    assert source.read() == b""
    source.close()


@pytest.mark.parametrize("size", [0, 1, len(CONTENT) - 1, len(CONTENT) + 1, 5 * BLOCK])
def test_a_file_that_changed_its_length_before_it_was_opened_is_not_sent(
    table: Path, size: int
) -> None:
    body = FileBody(table)
    os.truncate(table, size)
    with pytest.raises(InputFileError, match="changed"):
        body.open()


def test_a_file_that_changed_its_content_before_it_was_opened_is_not_sent(table: Path) -> None:
    body = FileBody(table)
    table.write_bytes(CONTENT[::-1])
    os.utime(table, ns=(1, 1))
    with pytest.raises(InputFileError, match="changed"):
        body.open()


def test_a_file_that_disappeared_is_not_sent(table: Path) -> None:
    body = FileBody(table)
    table.unlink()
    with pytest.raises(InputFileError, match="does not exist") as caught:
        body.open()
    assert caught.value.source == str(table)


def test_a_file_that_became_a_fifo_is_not_waited_for(table: Path) -> None:
    body = FileBody(table)
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(InputFileError, match="no regular file"):
        body.open()


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"3,0,1\n")


def shrink(path: Path) -> None:
    os.truncate(path, BLOCK + 10)


def rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [grow, shrink, rewrite])
@pytest.mark.parametrize("size", [1000, BLOCK])
def test_a_file_that_changes_while_it_is_sent_is_never_sent_whole(
    tmp_path: Path, change: object, size: int
) -> None:
    assert callable(change)
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT * 40_000)
    body = FileBody(path)
    source = body.open()
    count = len(source.read(size)) + len(source.read(size))
    change(path)
    with pytest.raises(InputFileError, match="while it was sent") as caught:
        while data := source.read(size):
            count += len(data)
    assert count < body.length
    assert caught.value.source == str(path)
    source.close()


def test_a_file_that_is_deleted_while_it_is_sent_still_arrives_whole(table: Path) -> None:
    body = FileBody(table)
    source = body.open()
    parts = [source.read(10)]
    table.unlink()
    while part := source.read(10):
        parts.append(part)
    source.close()
    assert parsed(body, b"".join(parts)) == ("table.csv", CONTENT)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "does not exist"),
        ("folder", "no regular file"),
        ("fifo", "no regular file"),
        ("empty", "is empty"),
        ("dangling", "does not exist"),
        ("folder/file/below", "."),
        ("a\0b", "."),
        ("x" * 300, "."),
    ],
)
def test_a_file_that_cannot_be_sent_is_an_input_file_error(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(InputFileError, match=reason) as caught:
        FileBody(tmp_path / name)
    assert caught.value.source == str(tmp_path / name)


def test_no_file_is_left_open(tmp_path: Path, table: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    fill(tmp_path / "files", {str(n): CONTENT for n in range(5)})
    for path in (tmp_path / "files").iterdir():
        read_all(FileBody(path))
    (tmp_path / "empty").touch()
    with pytest.raises(InputFileError):
        FileBody(tmp_path / "empty")
    body = FileBody(table)
    grow(table)
    with pytest.raises(InputFileError):
        body.open()
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_progress_tells_of_the_files_bytes(table: Path) -> None:
    told: list[tuple[int, int | None]] = []
    body = FileBody(table, lambda done, total: told.append((done, total)))
    read_all(body, 10)
    size = len(CONTENT)
    assert told == [(done, size) for done in (10, 20, size)]


def test_progress_starts_again_with_a_second_attempt(table: Path) -> None:
    told: list[int] = []
    body = FileBody(table, lambda done, _: told.append(done))
    read_all(body)
    read_all(body)
    assert told == [len(CONTENT), len(CONTENT)]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("table.csv", "table.csv"),
        ("a b.csv", "a_b.csv"),
        ('a"; filename="b.csv', "a_filename_b.csv"),
        ("a\r\nX: y", "a_X_y"),
        ("C:\\x\\y.csv", "C_x_y.csv"),
        ("数据.csv", "_.csv"),
        (".bashrc", "bashrc"),
        ("...", "upload"),
        ("..", "upload"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
        ("a" + "." * 119 + "b", "b"),
    ],
)
def test_the_name_is_safe_for_a_server_that_joins_paths(name: str, safe: str) -> None:
    assert safe_basename(Path(name)) == safe
