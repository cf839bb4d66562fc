"""The recorded 1.11.2 requests, sent in their order: answers of the same shape must come back."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fateflow_client.local import serve
from fateflow_client.local.modules import MODULES
from fateflow_client.local.modules.base import Module, Task
from fateflow_client.local.modules.binary_metrics import METRICS, BinaryMetrics
from fateflow_client.local.modules.learn import breast_cancer
from tests.server.support import Client, Gate, Reply, multipart

_BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared"
ROOT = Path(os.environ.get("FATEFLOW_RECORDINGS", _BESIDE_THE_REPOSITORY)) / "recordings"
needs_recordings = pytest.mark.skipif(
    not ROOT.is_dir(),
    reason="no recordings: set FATEFLOW_RECORDINGS to the folder that holds recordings*/",
)

_PATHS = (
    "version/get data/upload data/upload/history table/table_info table/delete "
    "job/submit job/query job/query/ job/list/job job/stop job/log/download "
    "job/task/query job/list/task tracking/component/list tracking/component/parameters "
    "tracking/component/metrics tracking/component/metric/all "
    "tracking/component/summary/download tracking/component/output/model "
    "tracking/component/output/data/download job/clean/queue provider/list "
    "permission/query/privilege server/fateflow job/nope"
)
ROUTES = {f"/v1/{path}" for path in _PATHS.split()} | {"/", "/v2/job/query"}

# Answers that differ on purpose, by the number of the recording.
DEVIATIONS = {
    "145": "predict jobs are refused",
    "147": "the output of a predict job",
    "255": "data/download is not served",
    "309": "a task that still looked running after a stop; ours are canceled at once",
    "301": "a job orphaned by killing the server: test_lifecycle has its own",
    "302": "the same job",
    "303": "the same job",
    "401": "a window of the recording's clock: test_a_marker_... asks with our own",
}
# Members that differ on purpose, by a pattern of the path to them.
FREE = {
    r"\.(f_)?cmd$": "the command line of a worker process; here threads run the tasks",
    r"\.(f_)?provider_info\.": "paths of the FATE installation",
    r"\.(f_)?component_parameters\.": "compared through component/parameters",
    r"\.(f_)?engine_conf": "empty until a task has started",
    r"^(\.data)?\.computed$": "our summaries say that nothing was encrypted",
    r"\.(f_)?dsl\.": "what was submitted",
    r"\.(f_)?runtime_conf(_on_party)?\.(role|component_parameters)": "what was submitted",
    r"\.job_parameters\.(common\.)?(role|role_parameters|roles|eggroll_run)(\.|$)": "submitted",
    r"\.job_parameters\.(common\.)?(task_cores$|engines_address\.)": "which job stands first",
    r"\.(f_)?train_runtime_conf": "empty but for predict jobs",
    r"\.table_info\.": "sample values, by column",
    r"\.(f_)?(roles|user)\.": "what was submitted",
    r"\.partners$": "which jobs were submitted before",
}
# Null or a value, depending on when it is looked at.
NULLABLE = re.compile(
    r"\.(f_)?(\w*_time|\w*_date|elapsed|run_ip|run_port|run_pid|worker_id|engine_name|"
    r"engine_type|status_code|deepspeed_id)$"
)
ORPHANED = {"301", "302", "303"}
HELD_FROM, HELD_TO = {"012", "262"}, {"020", "280"}


def numbered() -> list[Path]:
    found = sorted(ROOT.glob("[0-9][0-9][0-9]-*.json")) if ROOT.is_dir() else []
    # 333 to 361 are signed with the recording's clock: test_signatures.py stands for them.
    return [path for path in found if not 333 <= int(path.name[:3]) <= 361]


def in_scope(exchange: dict[str, Any]) -> bool:
    return exchange["request"]["path"] in ROUTES


def differences(recorded: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values have other keys or other types."""
    if any(re.search(pattern, path) for pattern in FREE):
        return
    if NULLABLE.search(path) and (recorded is None or ours is None):
        return
    if isinstance(recorded, dict) and isinstance(ours, dict):
        recorded, ours = anonymous(recorded), anonymous(ours)
        for key in sorted(recorded.keys() | ours.keys()):
            where = f"{path}.{key}"
            if any(re.search(pattern, where) for pattern in FREE):
                continue
            if key not in ours:
                yield f"{where} is missing"
            elif key not in recorded:
                yield f"{where} is ours only"
            else:
                yield from differences(recorded[key], ours[key], where)
    elif isinstance(recorded, list) and isinstance(ours, list):
        if bool(recorded) != bool(ours):
            yield f"{path} has {len(ours)} items instead of {len(recorded)}"
        for left, right in list(zip(recorded, ours, strict=False))[:5]:
            yield from differences(left, right, f"{path}[]")
    elif kind(recorded) != kind(ours):
        yield f"{path} is {ours!r:.60} instead of {recorded!r:.60}"


def anonymous(value: dict[str, Any]) -> dict[str, Any]:
    """Job ids as keys all look the same."""
    return {"JOB" if re.fullmatch(r"\d{21}", key) else key: item for key, item in value.items()}


def kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value))
    return "number" if isinstance(value, int | float) else str(type(value))


@dataclass
class Replay:
    """One pass through the recordings against one server."""

    client: Client
    gate: Gate
    files: dict[str, bytes]
    jobs: dict[str, str] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)

    def run(self) -> None:
        held = False
        for path in numbered():
            number = path.name[:3]
            exchange = json.loads(path.read_text(encoding="utf-8"))
            if number in HELD_FROM:
                held = True
                self.gate.close()
            elif number in HELD_TO:
                held = False
                self.gate.open()
                for job_id in self.jobs.values():
                    if self.client.rows(job_id):
                        self.client.wait(job_id)
            if not in_scope(exchange) or number in ORPHANED:
                continue
            reply = self.send(exchange["request"])
            self.replies[number] = reply
            self.remember(exchange["response"], reply, wait=not held)
            if number == "012":
                assert self.gate.reached.wait(30)
                self.client.wait(self.jobs[max(self.jobs)], {"running"})

    def remember(self, recorded: dict[str, Any], reply: Reply, *, wait: bool) -> None:
        old = (recorded["body"].get("json") or {}) if "json" in recorded["body"] else {}
        if isinstance(old, dict) and "jobId" in old and "jobId" in reply.json:
            self.jobs[old["jobId"]] = reply.json["jobId"]
            if wait and self.client.rows(reply.json["jobId"]):
                self.client.wait(reply.json["jobId"])

    def send(self, request: dict[str, Any]) -> Reply:
        body, headers = self.body(request["body"])
        for name, value in request["headers"]:
            if name.lower() in {"range", "content-type"}:
                headers[name] = value
        if request["body"].get("kind") == "multipart":
            headers["Content-Type"] = multipart([])[1]
        target = request["path"] + (f"?{request['query']}" if request["query"] else "")
        return self.client.send(request["method"], target, body, headers)

    def body(self, recorded: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        if "json" in recorded:
            text = json.dumps(recorded["json"])
            for old, new in self.jobs.items():
                text = text.replace(old, new)
            return text.encode(), {}
        if recorded.get("kind") == "multipart":
            parts = [(p["name"], p["filename"], self.content(p)) for p in recorded["parts"]]
            return multipart(parts)[0], {}
        return recorded.get("text", "").encode(), {}

    def content(self, part: dict[str, Any]) -> bytes:
        first = part["first_bytes"]
        if len(first) == part["size"]:
            return first.encode()
        return self.files[first.partition("\n")[0]]


def mini_files() -> dict[str, bytes]:
    """Files with the columns of FATE's small examples, by their header lines."""
    features, labels = breast_cancer()
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    guest = ["id,y,x0,x1,x2"]
    host = ["id,x3,x4,x5"]
    for sid, row in enumerate(scaled):
        values = [f"{value:.6f}" for value in row[:6]]
        guest.append(",".join([str(sid), str(labels[sid]), *values[:3]]))
        host.append(",".join([str(sid), *values[3:]]))
    return {lines[0]: "\n".join(lines).encode() for lines in (guest, host)}


@pytest.fixture(scope="module")
def replayed() -> Iterator[Replay]:
    gate = Gate()

    def read(task: Task) -> None:
        gate.pass_through(task)
        MODULES["Reader"].run(task)

    gate.open()
    modules = {"Reader": Module(read, ("guest", "host"))}
    with serve(modules=modules, max_running_jobs=1) as url:
        replay = Replay(Client(url), gate, mini_files())
        try:
            replay.run()
            yield replay
        finally:
            gate.open()


def cases() -> list[Any]:
    found = []
    for path in numbered():
        exchange = json.loads(path.read_text(encoding="utf-8"))
        if in_scope(exchange) and path.name[:3] not in DEVIATIONS:
            found.append(pytest.param(exchange, path.name[:3], id=path.stem))
    return found or [pytest.param({}, "", id="none")]


@needs_recordings
@pytest.mark.parametrize(("exchange", "number"), cases())
def test_the_answer_has_the_recorded_shape(
    replayed: Replay, exchange: dict[str, Any], number: str
) -> None:
    recorded, ours = exchange["response"], replayed.replies[number]
    assert ours.status == recorded["status"], ours.content[:500]
    wanted = dict(recorded["headers"])
    assert ours.headers["Content-Type"] == wanted["Content-Type"]
    if "Content-Disposition" in wanted:
        pattern = re.sub(r"\d{21}", r"\\d{21}", wanted["Content-Disposition"])
        assert re.fullmatch(pattern, ours.headers["Content-Disposition"])
    body = recorded["body"]
    if "json" in body:
        assert list(differences(body["json"], ours.json)) == []
        if "retcode" in body["json"]:
            same_outcome(body["json"], ours.json)
    elif "members" in body and "output_data" in wanted["Content-Disposition"]:
        assert list(ours.members()) == [member["name"] for member in body["members"]]


def same_outcome(recorded: dict[str, Any], ours: dict[str, Any]) -> None:
    """Codes are the same, and texts but for tracebacks, paths and ids."""
    assert ours["retcode"] == recorded["retcode"], ours
    if recorded["retcode"] == 103:
        assert ours["retmsg"].startswith("Traceback (most recent call last):\n")
        return
    plain = [
        re.sub(r"\d{21}|'/[^']*/logs", "*", envelope["retmsg"]) for envelope in (recorded, ours)
    ]
    assert plain[0] == plain[1]


@needs_recordings
def test_every_deviation_is_a_recording() -> None:
    assert set(DEVIATIONS) <= {path.name[:3] for path in numbered()}


@needs_recordings
def test_the_recorded_scores_give_the_recorded_metrics() -> None:
    scores = json.loads(next(ROOT.glob("071-*.json")).read_text(encoding="utf-8"))
    text = Reply(200, {}, base64_of(scores)).members()["data.csv"].decode()
    rows = [line.split(",") for line in text.splitlines()[1:]]
    labels = np.array([int(row[1]) for row in rows])
    metrics = BinaryMetrics("hetero_lr_0", labels, np.array([float(row[3]) for row in rows]))
    recorded = json.loads(next(ROOT.glob("066-*.json")).read_text(encoding="utf-8"))
    expected = recorded["response"]["body"]["json"]["data"]["train"]
    computed = {m.name: {"data": m.data, "meta": m.meta} for m in metrics.compute(METRICS)}
    assert computed == expected


def base64_of(exchange: dict[str, Any]) -> bytes:
    import base64

    return base64.b64decode(exchange["response"]["body"]["base64"])


@needs_recordings
def test_a_marker_in_the_runtime_conf_comes_back(replayed: Replay) -> None:
    submitted = json.loads((ROOT / "400-job_submit-marker.json").read_text(encoding="utf-8"))
    body = submitted["request"]["body"]["json"]
    marker = {
        key: value
        for key, value in body["job_runtime_conf"].items()
        if key not in {"dsl_version", "initiator", "role", "job_parameters", "component_parameters"}
    }
    assert marker
    client = replayed.client
    job_id = client.post("job/submit", **body).json["jobId"]
    client.wait(job_id)
    first = client.rows(job_id)[0]
    window = [first["f_create_time"], None]
    found = client.post("job/query", create_time=window, role="guest", party_id=9999).json["data"]
    assert job_id in {row["f_job_id"] for row in found}
    (listed,) = client.post("job/list/job", job_id=job_id, role="guest").json["data"]["jobs"]
    for key, value in marker.items():
        assert first["f_runtime_conf"][key] == value
        assert first["f_runtime_conf_on_party"][key] == value
        assert listed["runtime_conf"][key] == value


@needs_recordings
def test_the_recorded_conf_and_dsl_run_to_success(replayed: Replay) -> None:
    submitted = json.loads((ROOT / "012-job_submit.json").read_text(encoding="utf-8"))
    job_id = replayed.jobs[submitted["response"]["body"]["json"]["jobId"]]
    assert replayed.client.status(job_id) == "success"
    tasks = {
        (task["f_component_name"], task["f_role"]): task["f_party_status"]
        for task in replayed.client.tasks(job_id)
    }
    assert tasks.pop(("evaluation_0", "host")) == "pass"
    assert set(tasks.values()) == {"success"}
    assert len(tasks) == 11
