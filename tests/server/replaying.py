"""Recorded exchanges sent again, in their order, to an embedded server of the same release."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from fateflow_client.local import serve, write_breast_cancer
from fateflow_client.local.modules import MODULES
from fateflow_client.local.modules.base import Module, Task
from fateflow_client.local.modules.learn import breast_cancer
from tests.server.support import Client, Gate, Reply, multipart

_BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared"
SHARED = Path(os.environ.get("FATEFLOW_RECORDINGS", _BESIDE_THE_REPOSITORY))
_PLACES = (
    "/data/projects/fate/examples/data",
    "/data/projects/fate153/examples/data",
    "/data/out",
    "/data/projects/dl",
)
"""Folders of the recorded servers' disks; the same in our data folder."""


@dataclass(frozen=True)
class Section:
    """Exchanges that were recorded on one server.

    ``held`` are stretches in which jobs were caught running: a gate in the Reader holds them.
    """

    first: int
    last: int
    held: tuple[tuple[int, int], ...] = ()
    skipped: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Recordings:
    """The recordings of one release."""

    release: str
    folder: str
    sections: tuple[Section, ...]

    def exchanges(self, section: Section) -> Iterator[tuple[str, dict[str, Any]]]:
        for path in sorted((SHARED / self.folder).glob("[0-9][0-9][0-9]-*.json")):
            number = int(path.name[:3])
            if section.first <= number <= section.last and number not in section.skipped:
                yield path.name[:3], json.loads(path.read_text(encoding="utf-8"))


class RecordedDay:
    """The machine's clock, moved to the day on which everything was recorded."""

    def __init__(self) -> None:
        self._ahead = datetime(2026, 11, 24, 4).timestamp() - time()

    def now_ms(self) -> int:
        return int((time() + self._ahead) * 1_000)

    def now_us(self) -> int:
        return int((time() + self._ahead) * 1_000_000)


@dataclass
class Replay:
    """One pass through a section against one server."""

    client: Client
    gate: Gate
    files: dict[str, bytes]
    section: Section
    folder: Path
    renamed: dict[str, str] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    exports: dict[str, bytes] = field(default_factory=dict)

    def run(
        self, exchanges: Iterator[tuple[str, dict[str, Any]]]
    ) -> Iterator[tuple[str, dict[str, Any], Reply]]:
        starts = {first for first, _ in self.section.held}
        ends = {last for _, last in self.section.held}
        held = False
        for number, exchange in exchanges:
            if int(number) in ends:
                held = False
                self.let_go()
            if int(number) in starts:
                held = True
                self.gate.close()
                self.gate.reached.clear()
            reply = self.send(exchange["request"])
            self.remember(exchange["response"], reply, wait=not held)
            if int(number) in starts and not self.gate.reached.wait(5):
                raise AssertionError(f"{number}: no job was held")
            yield number, exchange, reply

    def let_go(self) -> None:
        self.gate.open()
        for job_id in self.jobs:
            if self.client.rows(job_id):
                self.client.wait(job_id)

    def remember(self, recorded: dict[str, Any], reply: Reply, *, wait: bool) -> None:
        """Which id of ours stands for which recorded one, and what was exported."""
        headers = dict(recorded["headers"])
        if recorded["body"].get("kind") == "zip" and reply.status == 200:
            self.exports[headers["Content-Disposition"].partition("filename=")[2]] = reply.content
        old = recorded["body"].get("json")
        if not isinstance(old, dict) or "json" not in reply.headers["Content-Type"]:
            return
        ours = reply.json
        pairs = [(old, ours, "jobId")]
        pairs += [(old.get("data"), ours.get("data"), name) for name in ("job_id", "model_version")]
        for theirs, mine, name in pairs:
            if (
                isinstance(theirs, dict)
                and isinstance(mine, dict)
                and name in theirs
                and name in mine
            ):
                self.renamed.setdefault(str(theirs[name]), str(mine[name]))
        if "jobId" in old and "jobId" in ours:
            self.jobs.add(ours["jobId"])
            if wait and self.client.rows(ours["jobId"]):
                self.client.wait(ours["jobId"])
        if reply.status == 200 and ours.get("retmsg") == "rerun job success" and wait:
            self.let_go()

    def send(self, request: dict[str, Any]) -> Reply:
        body, headers = self.body(request["body"])
        for name, value in request["headers"]:
            if name.lower() in {"range", "content-type"}:
                headers[name] = value
        if request["body"].get("kind") == "multipart":
            headers["Content-Type"] = multipart([])[1]
        target = request["path"] + (f"?{request['query']}" if request["query"] else "")
        return self.client.send(request["method"], self.translated(target), body, headers)

    def translated(self, text: str) -> str:
        for place in _PLACES:
            text = text.replace(place, f"{self.folder}/{place.rpartition('/')[2]}")
        for old, new in self.renamed.items():
            text = text.replace(old, new)
        return text

    def body(self, recorded: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        if "json" in recorded:
            return self.translated(json.dumps(recorded["json"])).encode(), {}
        if recorded.get("kind") == "multipart":
            parts = [(p["name"], p["filename"], self.content(p)) for p in recorded["parts"]]
            return multipart(parts)[0], {}
        return self.translated(recorded.get("text", "")).encode(), {}

    def content(self, part: dict[str, Any]) -> bytes:
        first = part["first_bytes"]
        if part["filename"] in self.exports and first.startswith("PK"):
            return self.exports[part["filename"]]
        if part["size"] <= len(first.encode()):
            return self.translated(first).encode()
        # A small file that was recorded in part: its whole lines will do.
        return self.files.get(first.partition("\n")[0], first.rpartition("\n")[0].encode())


def data_files(folder: Path) -> dict[str, bytes]:
    """Files with the columns of FATE's examples, large and small, by their header lines."""
    features, labels = breast_cancer()
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    guest = ["id,y,x0,x1,x2"]
    host = ["id,x3,x4,x5"]
    for sid, row in enumerate(scaled):
        values = [f"{value:.6f}" for value in row[:6]]
        guest.append(",".join([str(sid), str(labels[sid]), *values[:3]]))
        host.append(",".join([str(sid), *values[3:]]))
    found = {lines[0]: "\n".join(lines).encode() for lines in (guest, host)}
    for path in write_breast_cancer(folder):
        content = path.read_bytes()
        found[content.partition(b"\n")[0].decode()] = content
    return found


def replay(
    recordings: Recordings, section: Section, folder: Path
) -> Iterator[tuple[str, dict[str, Any], Reply, Client]]:
    """Send a section's requests to a new server; yields each with our answer."""
    gate = Gate()

    def read(task: Task) -> None:
        gate.pass_through(task)
        MODULES["Reader"].run(task)

    gate.open()
    modules = {"Reader": Module(read, ("guest", "host"))}
    files = data_files(folder)
    (folder / "data").mkdir()
    for content in files.values():
        large = b"x9" in content.partition(b"\n")[0]
        role = "guest" if b",y," in content.partition(b"\n")[0] else "host"
        name = f"breast_hetero_{'' if large else 'mini_'}{role}.csv"
        (folder / "data" / name).write_bytes(content)
    options: dict[str, Any] = {"modules": modules, "max_running_jobs": 1}
    options["clock"] = RecordedDay()
    with serve(folder, release=recordings.release, **options) as url:
        client = Client(url)
        try:
            passing = Replay(client, gate, files, section, folder)
            for number, exchange, reply in passing.run(recordings.exchanges(section)):
                yield number, exchange, reply, client
        finally:
            gate.open()
