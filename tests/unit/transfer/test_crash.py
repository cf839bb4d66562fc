"""Putting a folder in place: the old or the new one is there, whole, whatever happens."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from fateflow_client.errors import DownloadError
from fateflow_client.transfer import place
from fateflow_client.transfer.place import new_file, new_folder
from tests.unit.transfer.support import OLD, content_of, fill, names_in

NEW = {"new/a.txt": b"what comes", "c.txt": b"after"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "down" / "target"


def put(target: Path) -> None:
    with new_folder(target) as folder:
        assert list(folder.iterdir()) == []
        fill(folder, NEW)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, SystemExit])
@pytest.mark.parametrize("old", [{}, OLD], ids=["absent", "old"])
def test_an_error_leaves_everything_as_it_was(
    target: Path, error: type[BaseException], old: dict[str, bytes]
) -> None:
    fill(target, old)
    with pytest.raises(error), new_folder(target) as folder:
        fill(folder, NEW)
        raise error
    assert content_of(target) == old
    assert names_in(target.parent) == ([target.name] if old else [])


def test_an_error_of_the_disk_is_a_download_error(target: Path) -> None:
    with (
        pytest.raises(DownloadError, match="target cannot be written: No space left") as caught,
        new_folder(target),
    ):
        raise OSError(28, "No space left on device")
    assert isinstance(caught.value.__cause__, OSError)
    assert names_in(target.parent) == []


def test_a_parent_that_is_a_file_is_a_download_error(tmp_path: Path) -> None:
    fill(tmp_path, {"file": b"x"})
    for target in (tmp_path / "file" / "target", tmp_path / "file" / "a" / "target"):
        with pytest.raises(DownloadError, match="cannot be written"):
            put(target)
    assert content_of(tmp_path) == {"file": b"x"}


def test_a_name_that_the_system_refuses_is_a_download_error(tmp_path: Path) -> None:
    for name in ("x" * 256, "a\0b"):
        fill(tmp_path / "sub", OLD)
        with pytest.raises(DownloadError):
            put(tmp_path / "sub" / name)
        assert content_of(tmp_path / "sub") == OLD
        assert names_in(tmp_path / "sub") == ["b.txt", "old"]


def renames(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """Let something happen before the n-th rename of a file."""
    count = 0
    rename = os.rename

    def renamed(*args: Any, **kwargs: Any) -> None:
        nonlocal count
        count += 1
        act(count)
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "rename", renamed)


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_old_one(
    target: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    def act(count: int) -> None:
        if count == failing:
            raise PermissionError(13, "Permission denied")

    fill(target)
    renames(monkeypatch, act)
    with pytest.raises(DownloadError, match="Permission denied"):
        put(target)
    assert content_of(target) == OLD
    assert names_in(target.parent) == ["target"]


def test_an_old_folder_that_cannot_be_put_back_is_kept(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(count: int) -> None:
        if count >= 2:
            raise PermissionError(13, "Permission denied")

    fill(target)
    renames(monkeypatch, act)
    with pytest.raises(DownloadError) as caught:
        put(target)
    [kept] = target.parent.rglob("old/old")
    assert content_of(kept.parent) == OLD
    assert str(kept.parent) in str(caught.value)


def test_another_download_that_was_faster_is_not_destroyed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(count: int) -> None:
        if count == 2:
            fill(target, {"faster": b"x"})

    fill(target)
    renames(monkeypatch, act)
    with pytest.raises(DownloadError):
        put(target)
    assert content_of(target) == {"faster": b"x"}
    assert names_in(target.parent) == ["target"]


def interrupt_at(step: int, run: Callable[[], None]) -> bool:
    """Run with an interrupt at the n-th instruction of place and pathlib; False if none came."""
    left = step

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal left
        file = frame.f_code.co_filename
        if file != place.__file__ and "pathlib" not in file:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def folder_of(target: Path) -> None:
    with new_folder(target) as folder:
        os.close(os.open(f"{folder}/new", os.O_CREAT, 0o644))


def file_of(target: Path) -> None:
    with new_file(target / "one") as file:
        file.write(b"new")


INTERRUPTED: dict[str, tuple[Callable[[Path], None], dict[str, bytes], dict[str, bytes]]] = {
    "new folder": (folder_of, {}, {"new": b""}),
    "old folder": (folder_of, OLD, {"new": b""}),
    "new file": (file_of, {}, {"one": b"new"}),
    "old file": (file_of, {"one": b"old"}, {"one": b"new"}),
}


# A file whose open was interrupted before it had a name is closed by the collector.
@pytest.mark.filterwarnings(
    "ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(("act", "old", "new"), INTERRUPTED.values(), ids=INTERRUPTED)
def test_an_interrupt_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, act: Callable[[Path], None], old: dict[str, bytes], new: dict[str, bytes]
) -> None:
    step = 0
    seen: list[dict[str, bytes]] = []
    while True:
        step += 7 if step > 300 else 3
        target = tmp_path / str(step) / "target"
        fill(target, old)
        target.parent.mkdir(exist_ok=True)
        if not interrupt_at(step, partial(act, target)):
            break
        found = content_of(target) if target.exists() else {}
        assert found in (old, new)
        if found == old or act is file_of:
            # A folder that had taken its place may leave the old one behind, never half a one.
            assert not [path for path in target.parent.rglob("*") if path.suffix == ".part"]
        seen.append(found)
    assert step > 100
    assert seen[-1] == new
    assert content_of(target) == new


KILLED = """
import os, signal, sys
from pathlib import Path
from fateflow_client.transfer.place import new_folder
count = 0
def killing(event, args):
    global count
    if event in ("os.rename", "os.remove"):
        count += 1
        if count == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(killing)
with new_folder(Path(sys.argv[1])) as folder:
    (folder / "new").write_bytes(b"x")
"""


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_crash_loses_nothing(target: Path, step: int) -> None:
    fill(target)
    # Without coverage, whose file a kill would leave half written.
    env = {name: value for name, value in os.environ.items() if "COV" not in name}
    command = [sys.executable, "-c", KILLED, target, str(step)]
    done = subprocess.run(command, env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    here = content_of(target) if target.exists() else None
    kept = [path.parent.parent for path in target.parent.rglob("old/a.txt")]
    if step == 1:
        assert here == OLD
    elif step == 2:
        assert here is None
        assert content_of(kept[0]) == OLD
    else:
        assert here == {"new": b"x"}
    put(target)
    assert content_of(target) == NEW


def test_everything_is_on_the_disk_before_it_appears(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[int | str] = []
    fsync = os.fsync

    def synced(handle: int) -> None:
        happened.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    renames(monkeypatch, lambda _: happened.append("rename"))
    with new_folder(target) as folder:
        (folder / "sub").mkdir()
        fill(folder / "sub", {"file": b"x"})
    below = [target / "sub" / "file", target / "sub", target]
    inodes = [path.stat().st_ino for path in (*below, target.parent)]
    assert happened == [*inodes[:3], "rename", inodes[3]]


def test_a_file_that_cannot_be_brought_to_the_disk_is_an_error(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def synced(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    fill(target)
    with pytest.raises(DownloadError, match="cannot be written: Input/output error"):
        put(target)
    assert content_of(target) == OLD
    with pytest.raises(DownloadError, match="cannot be written: Input/output error"):
        file_of(target)
    assert content_of(target) == OLD
    assert names_in(target) == ["b.txt", "old"]


def test_a_folder_that_the_system_does_not_sync_is_no_error(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def synced(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    put(target)
    assert content_of(target) == NEW
    file_of(target)
    assert content_of(target) == NEW | {"one": b"new"}
