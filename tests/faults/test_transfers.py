"""Files on their way, on real sockets: they arrive whole, or everything is as it was before.

Rows 31 to 37, 39 and 40 of reliability.md 2.11. The oracles are the folder and what the server saw.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    ApiError,
    CallTimeoutError,
    DownloadError,
    DownloadLimits,
    FlowClient,
    FlowError,
    InputFileError,
    NotSentError,
    ProtocolError,
    RetryPolicy,
    SizeLimitError,
    TruncatedDownloadError,
    UnsafeArchiveError,
)
from tests.support.clock import FakeClock
from tests.support.questions import QUESTIONS
from tests.support.samples import JOB_ID, MODEL, PARTY
from tests.support.server import Answer, Drop, Got, Raw, ScriptedServer, Step
from tests.unit.transfer.support import END, gz, gzip_of, header, member, tar, tree
from tests.unit.transfer.test_damage import LIES
from tests.unit.transfer.test_unsafe import UNSAFE
from tests.unit.transfer.test_zips import end, entry

REPOSITORY = Path(__file__).parents[2]
NOISE = hashlib.shake_256(b"noise").digest(3000)
NONE = Answer.of({"retcode": 0, "retmsg": "success", "data": []})
Files = dict[str, bytes]


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Download:
    """A call that downloads: how it is made, what comes, and what it leaves in its folder."""

    call: Callable[..., Any]
    body: bytes
    kind: str
    files: Files
    place: str
    """The folder or file that the call makes."""

    def whole(self, **more: Any) -> Answer:
        return Answer(headers=(("Content-Type", self.kind),), body=self.body, **more)

    def before(self) -> Files:
        """An older download, which is to survive."""
        one_file = self.place.endswith(".zip")
        return {self.place: b"old"} if one_file else {f"{self.place}/old/a.txt": b"old"}


LOG = {"guest/9999/INFO.log": b"one\n", "fate_flow_audit.log": NOISE, "empty.log": b""}
TABLE = {"data.csv": b"id,x0\n" + NOISE.hex().encode(), "data.meta": b'{"header": ["id", "x0"]}'}
TAR = "application/x-tar"
ZIP = zipped({"define/meta.yaml": b"describe: {}\n" * 9, "variables/Param": NOISE, ".lock": b""})


def tarred(call: Callable[..., Any], files: Files, place: str) -> Download:
    there = {f"{place}/{name}": content for name, content in files.items()}
    return Download(call, gz(tree(files)), TAR, there, place)


def export(client: FlowClient, out: Path, **more: Any) -> Any:
    return client.model.export_model(MODEL | {"output_path": str(out)}, **more)


EXPORTED = f"guest#9999#{MODEL['model_id']}_{JOB_ID}.zip"
DOWNLOADS = {
    "job.log": tarred(lambda c, out, **k: c.job.log(JOB_ID, out, **k), LOG, f"job_{JOB_ID}_log"),
    "component.output_data": tarred(
        lambda c, out, **k: c.component.output_data(**PARTY, output_path=out, **k),
        TABLE,
        f"job_{JOB_ID}_hetero_lr_0_guest_9999_output_data",
    ),
    "table.download": tarred(
        lambda c, out, **k: c.table.download("n", "t", out, **k), TABLE, "table_n_t"
    ),
    "model.export_model": Download(export, ZIP, "application/zip", {EXPORTED: ZIP}, EXPORTED),
}
LOGS, EXPORT = DOWNLOADS["job.log"], DOWNLOADS["model.export_model"]
every_download = pytest.mark.parametrize("download", DOWNLOADS.values(), ids=DOWNLOADS)


@dataclass(frozen=True)
class Part:
    """Send the head and so much of an answer, and then nothing more."""

    answer: Answer
    size: int


@dataclass(frozen=True)
class Deaf(Drop):
    """Read so much of a body and then nothing more, and keep the connection."""


class Stalling(ScriptedServer):
    """A server that stops in the middle: of reading a request, or of an answer."""

    before_body: Callable[[], None] | None = None
    """Done once, when the head of a request has arrived and nothing of its body was read."""

    def __enter__(self) -> Stalling:
        self.stalled = threading.Event()
        super().__enter__()
        # A small window, so that a client cannot hand over much that is not read.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        return self

    def play(self, *steps: Any) -> None:
        super().play(*steps)

    def _next(self) -> Step:
        with self._lock:
            act, self.before_body = self.before_body, None
        if act is not None:
            act()
        return super()._next()

    def _do(self, step: Any, connection: socket.socket) -> bool:
        if not isinstance(step, Part | Deaf):
            return super()._do(step, connection)
        if isinstance(step, Part):
            super()._do(replace(step.answer, cut=len(step.answer.body) - step.size), connection)
        self.stalled.set()
        self._over.wait(60)
        return False


@pytest.fixture
def stalling() -> Iterator[Stalling]:
    with Stalling(aside=QUESTIONS["data.upload"] | QUESTIONS["model.import_model"]) as server:
        yield server


@pytest.fixture
def client(server: ScriptedServer, clock: FakeClock) -> Iterator[FlowClient]:
    with client_of(server, clock=clock) as flow_client:
        yield flow_client


def client_of(server: ScriptedServer, **more: Any) -> FlowClient:
    """A client that need not ask for the server's release."""
    return FlowClient("127.0.0.1", server.port, trust_env=False, server_release="1.11.2", **more)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "around" / "out"


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def found(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: content by name, None for a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def files_in(folder: Path) -> Files:
    return {name: content for name, content in found(folder).items() if content is not None}


def wait_until(what: Callable[[], object]) -> None:
    over = time.monotonic() + 30
    while not what():
        assert time.monotonic() < over
        time.sleep(0.01)


def still_open(folder: Path) -> list[str]:
    """Open files of this process below a folder, where the system tells."""
    handles = Path("/proc/self/fd")
    links: list[str] = []
    for handle in handles.iterdir() if handles.is_dir() else ():
        try:
            links.append(os.readlink(handle))
        except FileNotFoundError:
            continue  # the handle of this very listing
    return [link for link in links if link.startswith(str(folder))]


def refuse(
    download: Download, client: FlowClient, out: Path, error: type[FlowError], match: str = "."
) -> FlowError:
    """Download to where nothing and to where something was: it fails and changes nothing."""
    caught: FlowError | None = None
    for old in ({}, download.before()):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        write(out, old)
        around = out.parent.parent
        before = found(around)
        with pytest.raises(error, match=match) as raised:
            download.call(client, out)
        assert found(around) == before
        assert still_open(around) == []
        caught = raised.value
        assert caught.path is not None
    assert caught is not None
    return caught


# Row 31: cut anywhere.


@every_download
@pytest.mark.parametrize("length", [True, False], ids=["length", "no length"])
@pytest.mark.parametrize("offset", [0, 1, 512, "middle", -8, -1])
def test_a_cut_download_is_fetched_again_or_leaves_all_as_it_was(
    download: Download, offset: int | str, length: bool,
    client: FlowClient, server: ScriptedServer, clock: FakeClock, out: Path,
) -> None:  # fmt: skip
    size = len(download.body)
    kept = size // 2 if isinstance(offset, str) else offset % size
    cut = download.whole(cut=size - kept, length=length)
    server.play(cut)
    error = refuse(download, client, out, TruncatedDownloadError)
    assert len(server.got) == 8
    assert error.statistics is not None
    assert error.statistics.attempts == 4
    server.play(cut, cut, download.whole(length=length))
    write(out, download.before())
    clock.slept.clear()
    download.call(client, out)
    assert len(server.got) == 3
    assert len(clock.slept) == 2
    assert files_in(out) == download.files
    assert [path.name for path in out.iterdir()] == [download.place]


CHUNKS: dict[str, Callable[[bytes], bytes]] = {
    "no last chunk": lambda body: b"%x\r\n%s\r\n" % (len(body), body),
    "a chunk too short": lambda body: b"%x\r\n%s" % (len(body) + 9, body),
    "a broken size": lambda body: b"%x\r\n%s\r\nzz\r\n" % (len(body), body),
}


@every_download
@pytest.mark.parametrize("chunk", CHUNKS.values(), ids=CHUNKS)
def test_chunks_that_break_off_are_a_cut_too(
    download: Download, chunk: Callable[[bytes], bytes],
    client: FlowClient, server: ScriptedServer, out: Path,
) -> None:  # fmt: skip
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {download.kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    cut = Raw(head.encode() + chunk(download.body))
    server.play(cut)
    refuse(download, client, out, TruncatedDownloadError, match="broke off")
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(download.body), download.body)
    server.play(cut, Raw(head.encode() + whole))
    write(out, download.before())
    download.call(client, out)
    assert files_in(out) == download.files


@every_download
@pytest.mark.parametrize("at", [0, 2, "middle", -6, -2])
def test_a_flipped_bit_is_a_cut_too(
    download: Download, at: int | str, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    flipped = bytearray(download.body)
    flipped[len(flipped) // 2 if isinstance(at, str) else at] ^= 0x10
    server.play(Answer(headers=(("Content-Type", download.kind),), body=bytes(flipped)))
    refuse(download, client, out, TruncatedDownloadError)
    assert len(server.got) == 8


@every_download
@pytest.mark.parametrize("more", [b"x", b"\0" * 600 + b"x", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_what_goes_on_after_its_end_is_not_whole(
    download: Download, more: bytes, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    kind = ("Content-Type", download.kind)
    server.play(Answer(headers=(kind,), body=download.body + more, length=False))
    refuse(download, client, out, TruncatedDownloadError)


@every_download
def test_a_download_that_stalls_is_fetched_again_or_ends_by_the_time_limit(
    download: Download, stalling: Stalling, clock: FakeClock, out: Path
) -> None:
    stalling.play(Part(download.whole(), 700))
    policy = RetryPolicy(attempts=2)
    with client_of(stalling, clock=clock, retry=policy) as client:
        with pytest.raises(CallTimeoutError):
            download.call(client, out, timeout=0.1)
        wait_until(lambda: len(stalling.got) == 2)
        assert found(out) == {}
    stalling.play(Part(download.whole(), 700), download.whole())
    with client_of(stalling, clock=clock) as client:
        download.call(client, out, timeout=0.2)
    assert files_in(out) == download.files


# Row 32: no file comes.

HTML = (("Content-Type", "text/html"),)
NO_FILE: dict[str, tuple[Answer, type[FlowError], int]] = {
    "JSON with 200": (Answer.of({"retcode": 100, "retmsg": "KeyError('role')"}), ApiError, 1),
    "JSON of success": (Answer.of({"retcode": 0, "retmsg": "success"}), ProtocolError, 1),
    "JSON with 210": (Answer.of({"retcode": 210, "retmsg": "odd"}, 210), ApiError, 1),
    "JSON with 404": (Answer.of({"retcode": 404, "retmsg": "gone"}, 404), ApiError, 1),
    "JSON that is cut": (Answer(body=b'{"retcode": 1'), ProtocolError, 4),
    "a page with 404": (Answer(404, HTML, b"<h1>Not Found</h1>"), FlowError, 1),
    "a page with 200": (Answer(200, HTML, b"<h1>Sign in</h1>"), ProtocolError, 4),
    "a page with 502": (Answer(502, HTML, b"<h1>Bad gateway</h1>"), ProtocolError, 4),
    "text": (Answer(200, (("Content-Type", "text/plain"),), b"no"), ProtocolError, 4),
}


@every_download
@pytest.mark.parametrize("name", NO_FILE)
def test_an_error_in_place_of_a_file_is_an_error_and_no_file(
    name: str, download: Download, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    answer, error, tries = NO_FILE[name]
    server.play(answer)
    caught = refuse(download, client, out, error)
    assert not isinstance(caught, DownloadError)
    assert isinstance(caught, ApiError | ProtocolError)
    assert len(server.got) == 2 * tries


# Rows 33 and 34: archives that harm.


@pytest.mark.parametrize("packed", UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_archive_is_refused_at_once(
    packed: bytes, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    server.play(Answer(headers=(("Content-Type", TAR),), body=gz(packed + END)))
    error = refuse(LOGS, client, out, UnsafeArchiveError)
    assert str(error).isprintable()
    assert len(server.got) == 2


@pytest.mark.parametrize("name", ["component.output_data", "table.download"])
def test_a_link_and_then_a_file_behind_it_reach_nothing(
    name: str, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    link = member("data", type=tarfile.SYMTYPE, linkname="../..")
    packed = tar(("data.csv", b"1"), ("data.meta", b"{}"), link, ("data/evil.csv", b"x"))
    server.play(Answer(headers=(("Content-Type", TAR),), body=gz(packed)))
    refuse(DOWNLOADS[name], client, out, UnsafeArchiveError)
    assert not list(out.parent.parent.rglob("evil*"))


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_member_that_lies_about_itself_is_found_out(
    lie: bytes, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    server.play(Answer(headers=(("Content-Type", TAR),), body=gz(lie + END)))
    refuse(LOGS, client, out, DownloadError)


MIB = bytes(1 << 20)
FOLDER = header(b"d", kind=b"5")


def tar_bomb() -> bytes:
    bomb = gzip_of((header(b"a", b"%o" % (200 << 20)), 1), (MIB, 200), (END, 1))
    assert len(bomb) < 210 << 10
    return bomb


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a", "w") as file,
    ):
        for _ in range(200):
            file.write(MIB)
    return buffer.getvalue()


def many_entries() -> bytes:
    directory = entry(b"x") * 1_000_000
    return directory + end(0xFFFF, len(directory))


BOMBS: dict[str, tuple[Download, Callable[[], bytes], str]] = {
    "200 MiB in a tar": (LOGS, tar_bomb, "200 times its size"),
    "200 MiB in a zip": (EXPORT, zip_bomb, "200 times its size"),
    "too many members in a tar": (
        LOGS,
        lambda: gzip_of((FOLDER * 1000, 101), (END, 1)),
        "more than 100000 files and folders",
    ),
    "a million members in a zip": (EXPORT, many_entries, "more than 100000 members"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_and_not_asked_for_again(
    name: str, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    download, bomb, match = BOMBS[name]
    body = bomb()
    server.play(Answer(headers=(("Content-Type", download.kind),), body=body))
    write(out, download.before())
    before = found(out)
    with pytest.raises(SizeLimitError, match=match) as caught:
        download.call(client, out)
    assert "download_limits" in str(caught.value)
    assert found(out) == before
    assert len(server.got) == 1


@every_download
def test_what_is_announced_as_larger_than_allowed_is_not_even_begun(
    download: Download, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {download.kind}\r\nContent-Length: {1 << 61}\r\n\r\n"
    server.play(Raw(head.encode() + download.body))
    refuse(download, client, out, SizeLimitError, match="larger than")
    assert len(server.got) == 2


# Row 35: names that a server chose.

TRAPS = {
    "parent": "attachment; filename=../../x",
    "absolute": 'attachment; filename="/etc/x"',
    "quote": 'attachment; filename="a"b"',
    "encoded": "attachment; filename*=UTF-8''..%2f..%2fx",
    "both": "attachment; filename=a.zip; filename*=UTF-8''%2fetc%2fx",
    "drive": "attachment; filename=C:\\x",
    "folded": "attachment;\r\n filename=../../x",
    "another header": "attachment; filename=a\r\nX-Evil: b",
    "a lone return": "attachment; filename=a\rb",
    "a zero": "attachment; filename=a\0b",
    "nothing": "",
}


@every_download
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_a_name_that_the_server_chose_is_never_used(
    trap: str, download: Download, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    headers = (("Content-Type", download.kind), ("Content-Disposition", trap))
    server.play(Answer(headers=headers, body=download.body))
    download.call(client, out)
    assert files_in(out.parent.parent) == {
        f"around/out/{name}": content for name, content in download.files.items()
    }


# Row 36: the disk.

IN_A_PROCESS = """
import os, resource, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the runner made of it
from fateflow_client import FlowClient, FlowError
from fateflow_client._core.clock import SystemClock
from tests.support.questions import QUESTIONS
from tests.support.samples import JOB_ID, MODEL, PARTY

class Telling(SystemClock):
    def sleep(self, seconds):
        print("sleeping", flush=True)
        super().sleep(60)

mode, port, out, table = sys.argv[1:]
client = FlowClient("127.0.0.1", int(port), trust_env=False, server_release="1.11.2",
                    clock=Telling())
upload = {"file": table, "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
CALLS = {
    "job.log": lambda: client.job.log(JOB_ID, out),
    "component.output_data": lambda: client.component.output_data(**PARTY, output_path=out),
    "table.download": lambda: client.table.download("n", "t", out),
    "model.export_model": lambda: client.model.export_model(MODEL | {"output_path": out}),
    "data.upload": lambda: client.data.upload(upload, drop=1),
    "model.import_model": lambda: client.model.import_model(MODEL | {"file": table}),
    "job.wait": lambda: client.job.wait(JOB_ID),
    "job.query": lambda: client.job.query(JOB_ID),
}
"""

DISK = """
client.job, client.component, client.table, client.model  # all is loaded
client.job.query(JOB_ID)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
user = os.geteuid()
if mode == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
elif user == 0:
    os.seteuid(65534)  # root may write anywhere
try:
    for name in list(CALLS)[:4]:
        try:
            CALLS[name]()
        except FlowError as error:
            print(type(error).__name__, error.message)
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    os.seteuid(user)
"""


def start(
    script: str, mode: str, server: ScriptedServer, out: Path, table: Path | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IN_A_PROCESS + script, mode, str(server.port), out, table or ""],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that every user can enter, and only its owner can change."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("mode", "why"), [("full", "File too large"), ("read-only", "Permission denied")]
)
def test_a_disk_that_does_not_take_it_is_a_download_error(
    mode: str, why: str, server: ScriptedServer, anybodys: Path
) -> None:
    for download in DOWNLOADS.values():
        write(anybodys, download.before())
    before = found(anybodys)
    if mode == "read-only":
        anybodys.chmod(0o555)
    server.play(Answer.of({"retcode": 0, "data": []}), *(d.whole() for d in DOWNLOADS.values()))
    with start(DISK, mode, server, anybodys) as process:
        told, errors = process.communicate(timeout=60)
    assert errors == ""
    assert told.splitlines() == [
        f"DownloadError {anybodys / download.place} cannot be written: {why}"
        for download in DOWNLOADS.values()
    ]
    assert len(server.got) == 5
    assert found(anybodys) == before


# Row 37: Ctrl-C.

INTERRUPTED = """
try:
    CALLS[mode]()
except KeyboardInterrupt:
    print("usable:", len(client.task.query(JOB_ID)), flush=True)
    raise
"""
RUNNING = Answer.of(
    {
        "retcode": 0,
        "data": [
            {"f_job_id": JOB_ID, "f_role": "guest", "f_party_id": "9999", "f_status": "running"}
        ],
    }
)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C; the call must end by it, and the client must be of use afterwards."""
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=30)
    assert told == "usable: 0\n", errors
    assert "\nKeyboardInterrupt\n" in errors
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("name", DOWNLOADS)
def test_ctrl_c_in_a_download_leaves_all_as_it_was(
    name: str, stalling: Stalling, out: Path
) -> None:
    download = DOWNLOADS[name]
    write(out, download.before())
    before = found(out)
    stalling.play(Part(download.whole(), 700), NONE)
    with start(INTERRUPTED, name, stalling, out) as process:
        assert stalling.stalled.wait(30)
        wait_until(lambda: list(out.glob(".*.part")))
        interrupt(process)
    assert found(out) == before
    assert len(stalling.got) == 2


@pytest.mark.parametrize("name", ["data.upload", "model.import_model"])
def test_ctrl_c_in_an_upload_creates_nothing(name: str, stalling: Stalling, table: Path) -> None:
    stalling.play(Deaf(1000), NONE)
    with start(INTERRUPTED, name, stalling, table.parent, table) as process:
        assert stalling.stalled.wait(30)
        interrupt(process)
    assert len(stalling.got) == 2
    assert not whole_bodies(stalling.got[:1])


@pytest.mark.parametrize(("name", "first"), [("job.wait", RUNNING), ("job.query", Drop())])
def test_ctrl_c_in_a_sleep_ends_it(
    name: str, first: Step, server: ScriptedServer, out: Path
) -> None:
    server.play(first, NONE)
    with start(INTERRUPTED, name, server, out) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sleeping\n"
        interrupt(process)
    assert len(server.got) == 2


def test_ctrl_c_before_an_answer_ends_the_call(stalling: Stalling, out: Path) -> None:
    stalling.aside = {}
    stalling.play(Part(NONE, 5), NONE)
    with start(INTERRUPTED, "job.query", stalling, out) as process:
        assert stalling.stalled.wait(30)
        interrupt(process)
    assert len(stalling.got) == 2


# Rows 39 and 40: uploads. (Row 41 has no subject: every body can be opened again.)

LINE = b"1,0.25,0.5\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file too large for what lies between a client and a server that does not read."""
    path = tmp_path / "table.csv"
    path.write_bytes(LINE * 1_500_000)
    return path


def whole_bodies(requests: list[Got]) -> list[Got]:
    """Those of which the server could have made something."""
    return [got for got in requests if len(got.body) == int(got.headers["content-length"])]


def content_of(got: Got) -> bytes:
    """What arrived of the file: what follows the last head of a part."""
    head = got.body.index(b'name="file"')
    return got.body[got.body.index(b"\r\n\r\n", head) + 4 :]


def upload(client: FlowClient, table: Path, **more: Any) -> Any:
    conf = {"file": str(table), "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
    return client.data.upload(conf, drop=1, **more)


def import_model(client: FlowClient, table: Path, **more: Any) -> Any:
    return client.model.import_model(MODEL | {"file": str(table)}, **more)


UPLOADED = Answer.of(
    {
        "retcode": 0,
        "jobId": JOB_ID,
        "data": {"job_id": JOB_ID, "namespace": "n", "table_name": "t"},
    }
)
every_upload = pytest.mark.parametrize("call", [upload, import_model])


@every_upload
def test_an_upload_to_a_server_that_stops_reading_is_sent_again(
    call: Callable[..., Any], stalling: Stalling, clock: FakeClock, table: Path
) -> None:
    stalling.play(Deaf(1000), UPLOADED)
    with client_of(stalling, clock=clock) as client:
        call(client, table, timeout=0.3)
    assert len(stalling.got) >= 2
    assert whole_bodies(stalling.got) == stalling.got[-1:]
    assert content_of(stalling.got[-1]).startswith(table.read_bytes() + b"\r\n--")


@every_upload
def test_an_upload_to_a_server_that_never_reads_was_not_sent(
    call: Callable[..., Any], stalling: Stalling, clock: FakeClock, table: Path
) -> None:
    stalling.play(Deaf(1000))
    policy = RetryPolicy(attempts=2)
    with (
        client_of(stalling, clock=clock, retry=policy) as client,
        pytest.raises(NotSentError, match="stopped reading") as caught,
    ):
        call(client, table, timeout=0.1)
    assert caught.value.attempts == 2
    assert caught.value.sent_bytes is not None
    assert 0 < caught.value.sent_bytes < table.stat().st_size
    assert len(stalling.got) == 2
    assert not whole_bodies(stalling.got)


def shrink(path: Path) -> None:
    os.truncate(path, 1000)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINE)


def touch(path: Path) -> None:
    os.utime(path)


def rewrite(path: Path) -> None:
    path.write_bytes(LINE[::-1] * 1_500_000)


CHANGES = {act.__name__: act for act in (shrink, empty, grow, touch, rewrite)}


@every_upload
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_while_it_is_sent_creates_nothing(
    change: Callable[[Path], None], call: Callable[..., Any],
    stalling: Stalling, clock: FakeClock, table: Path,
) -> None:  # fmt: skip
    stalling.before_body = lambda: change(table)
    stalling.play(UPLOADED)
    with (
        client_of(stalling, clock=clock) as client,
        pytest.raises(InputFileError, match=r"table\.csv (changed|became shorter)") as caught,
    ):
        call(client, table)
    assert caught.value.source == str(table)
    wait_until(lambda: stalling.got)  # it reads on what lay in between
    [got] = stalling.got
    assert not whole_bodies([got])
    # Nothing was made up to reach the length that was announced.
    assert set(content_of(got)) <= set(LINE)
    assert still_open(table.parent) == []


@every_upload
@pytest.mark.parametrize("change", [*CHANGES.values(), Path.unlink], ids=[*CHANGES, "unlink"])
def test_a_file_that_changes_between_two_attempts_is_not_sent_again(
    change: Callable[[Path], None], call: Callable[..., Any],
    stalling: Stalling, clock: FakeClock, table: Path,
) -> None:  # fmt: skip
    clock.on_sleep = lambda _: change(table)
    stalling.play(Drop(after=1000), UPLOADED)
    with (
        client_of(stalling, clock=clock) as client,
        pytest.raises(InputFileError, match=r"changed since|does not exist") as caught,
    ):
        call(client, table)
    assert caught.value.source == str(table)
    assert len(stalling.got) == 1
    assert not whole_bodies(stalling.got)


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(LINE * 3)
    other.replace(path)


@every_upload
@pytest.mark.parametrize("change", [Path.unlink, replaced])
def test_a_file_that_loses_its_name_while_it_is_sent_arrives_as_it_was(
    change: Callable[[Path], None], call: Callable[..., Any],
    stalling: Stalling, clock: FakeClock, table: Path,
) -> None:  # fmt: skip
    content = table.read_bytes()
    stalling.before_body = lambda: change(table)
    stalling.play(UPLOADED)
    with client_of(stalling, clock=clock) as client:
        call(client, table)
    [got] = whole_bodies(stalling.got)
    assert content_of(got).startswith(content + b"\r\n--")


@pytest.mark.parametrize("name", ["component.output_data", "table.download"])
def test_a_table_without_its_header_was_cut(
    name: str, client: FlowClient, server: ScriptedServer, out: Path
) -> None:
    cut = Answer(headers=(("Content-Type", TAR),), body=gz(tree({"data.csv": TABLE["data.csv"]})))
    server.play(cut)
    refuse(DOWNLOADS[name], client, out, TruncatedDownloadError, match="without its header")
    assert len(server.got) == 8


@every_download
def test_the_limits_of_the_client_count(
    download: Download, server: ScriptedServer, out: Path
) -> None:
    server.play(download.whole(length=False))
    with client_of(server, download_limits=DownloadLimits(size=100)) as client:
        refuse(download, client, out, SizeLimitError)
    assert len(server.got) == 2
