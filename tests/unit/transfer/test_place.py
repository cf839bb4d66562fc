"""Putting a folder in place, whatever was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from fateflow_client.errors import DownloadError, TargetExistsError
from fateflow_client.transfer.place import (
    existing,
    file_exists,
    files_below,
    new_file,
    new_folder,
    write_all,
)
from tests.unit.transfer.support import OLD, content_of, fill, names_in

NEW = {"new/a.txt": b"what comes", "c.txt": b"after"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "down" / "target"


def put(target: Path) -> None:
    with new_folder(target) as folder:
        assert list(folder.iterdir()) == []
        fill(folder, NEW)


def test_a_new_folder_appears_with_its_parents(target: Path) -> None:
    put(target)
    assert content_of(target) == NEW
    assert names_in(target.parent) == ["target"]


def test_it_does_not_appear_before_the_end(target: Path) -> None:
    with new_folder(target) as folder:
        fill(folder, NEW)
        assert folder.parent.parent == target.parent or folder.parent == target.parent
        assert not target.exists()
        [private] = target.parent.iterdir()
        assert private.stat().st_mode & 0o777 == 0o700
    assert target.exists()


def test_the_old_one_stays_until_the_end(target: Path) -> None:
    fill(target)
    with new_folder(target) as folder:
        fill(folder, NEW)
        assert content_of(target) == OLD
    assert content_of(target) == NEW
    assert names_in(target.parent) == ["target"]


def test_a_file_is_replaced(target: Path) -> None:
    fill(target.parent, {"target": b"a file"})
    put(target)
    assert content_of(target) == NEW
    assert names_in(target.parent) == ["target"]


def test_a_link_is_replaced_and_not_followed(target: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere")
    target.parent.mkdir()
    target.symlink_to(tmp_path / "elsewhere")
    put(target)
    assert not target.is_symlink()
    assert content_of(target) == NEW
    assert content_of(tmp_path / "elsewhere") == OLD


def test_a_link_to_nowhere_is_replaced(target: Path) -> None:
    target.parent.mkdir()
    target.symlink_to("nowhere")
    put(target)
    assert content_of(target) == NEW


def test_links_inside_the_old_folder_are_not_followed(target: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere")
    fill(target)
    (target / "link").symlink_to(tmp_path / "elsewhere")
    put(target)
    assert content_of(tmp_path / "elsewhere") == OLD
    assert content_of(target) == NEW


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "a b", "-rf", ".hidden", "a\nb"])
def test_any_name_that_the_system_takes_will_do(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    put(tmp_path / name)
    assert names_in(tmp_path) == [name]


def test_a_relative_target_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("target"))
    assert content_of(tmp_path / "target") == NEW


def test_replace_keeps_nothing(target: Path) -> None:
    assert not existing(target, "replace")
    fill(target)
    assert not existing(target, "replace")


def test_an_absent_target_is_no_obstacle(target: Path) -> None:
    assert not existing(target, "error")
    assert not existing(target, "skip")


def test_a_target_that_exists_is_an_error_if_asked(target: Path) -> None:
    fill(target)
    with pytest.raises(TargetExistsError, match="exists already"):
        existing(target, "error")
    assert content_of(target) == OLD


def test_a_link_to_nowhere_exists(target: Path) -> None:
    target.parent.mkdir()
    target.symlink_to("nowhere")
    with pytest.raises(TargetExistsError):
        existing(target, "error")


def test_a_folder_is_kept_if_asked(target: Path) -> None:
    fill(target)
    assert existing(target, "skip")


def test_only_a_folder_can_be_kept(target: Path) -> None:
    fill(target.parent, {"target": b"a file"})
    with pytest.raises(TargetExistsError, match="no folder"):
        existing(target, "skip")


def test_files_are_listed_in_order(target: Path) -> None:
    fill(target, {"b": b"", "a/z": b"", "a.txt": b"", "a/b/c": b""})
    (target / "empty").mkdir()
    names = [path.relative_to(target).as_posix() for path in files_below(target)]
    assert names == ["a/b/c", "a/z", "a.txt", "b"]


def put_file(target: Path, content: bytes = b"new") -> None:
    with new_file(target) as file:
        write_all(file, content)
        assert file.seek(0) == 0
        assert file.read() == content


def test_a_new_file_appears_with_its_folder(target: Path) -> None:
    put_file(target)
    assert target.read_bytes() == b"new"
    assert names_in(target.parent) == ["target"]


def test_a_file_does_not_appear_before_the_end(target: Path) -> None:
    fill(target.parent, {"target": b"old"})
    with new_file(target) as file:
        write_all(file, b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


def test_a_file_replaces_a_link_and_does_not_follow_it(target: Path, tmp_path: Path) -> None:
    fill(tmp_path, {"elsewhere": b"x"})
    target.parent.mkdir()
    target.symlink_to(tmp_path / "elsewhere")
    put_file(target)
    assert not target.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"x"


def test_a_file_does_not_replace_a_folder(target: Path) -> None:
    fill(target)
    with pytest.raises(DownloadError, match="cannot be written"):
        put_file(target)
    assert content_of(target) == OLD
    assert names_in(target.parent) == ["target"]


@pytest.mark.parametrize("name", ["x" * 256, "a\0b", "file/below"])
def test_a_name_that_no_file_can_have_is_a_download_error(tmp_path: Path, name: str) -> None:
    fill(tmp_path, {"file": b"x"})
    with pytest.raises(DownloadError, match="cannot be written"):
        put_file(tmp_path / name)
    assert content_of(tmp_path) == {"file": b"x"}


def test_a_file_that_exists_is_kept_or_an_error_as_asked(target: Path) -> None:
    assert not file_exists(target, "error")
    put_file(target)
    assert not file_exists(target, "replace")
    assert file_exists(target, "skip")
    with pytest.raises(TargetExistsError, match="exists already"):
        file_exists(target, "error")
