"""A plain HTTP client for the embedded server, gates that hold jobs, and confs to submit."""

import csv
import http.client
import io
import json
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urlsplit

from fateflow_client.local.modules.base import Module, Task

ENDED = {"success", "failed", "canceled"}
BOUNDARY = "fateflow-test-boundary"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    def members(self) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.content), mode="r:gz") as tar:
            return {info.name: tar.extractfile(info).read() for info in tar}


def multipart(parts: list[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    """Parts are (name, filename, content)."""
    lines = []
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
        lines.append(head.encode() + content + b"\r\n")
    return b"".join(lines) + f"--{BOUNDARY}--\r\n".encode(), (
        f"multipart/form-data; boundary={BOUNDARY}"
    )


class Client:
    """Speaks to one server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def post(self, path: str, /, **body: Any) -> Reply:
        headers = {"Content-Type": "application/json"}
        return self.send("POST", f"/v1/{path}", json.dumps(body).encode(), headers)

    def get(self, path: str, /, **body: Any) -> Reply:
        headers = {"Content-Type": "application/json"}
        return self.send("GET", f"/v1/{path}", json.dumps(body).encode(), headers)

    def upload(self, content: bytes, **config: Any) -> Reply:
        whole = {"head": 1, "partition": 4, "namespace": "experiment", "drop": 1, **config}
        query = quote(json.dumps(whole), safe="")
        body, kind = multipart([("file", "x.csv", content)])
        return self.send("POST", f"/v1/data/upload?{query}", body, {"Content-Type": kind})

    def uploaded(self, content: bytes, **config: Any) -> str:
        """Upload and wait; answers the job's status."""
        return self.wait(self.upload(content, **config).json["jobId"])

    def submit(self, conf: dict[str, Any], dsl: dict[str, Any]) -> str:
        reply = self.post("job/submit", job_runtime_conf=conf, job_dsl=dsl).json
        assert reply["retcode"] == 0, reply
        return reply["jobId"]

    def rows(self, job_id: str) -> list[dict[str, Any]]:
        return self.post("job/query", job_id=job_id).json["data"]

    def status(self, job_id: str) -> str:
        (status,) = {row["f_status"] for row in self.rows(job_id)}
        return status

    def wait(self, job_id: str, wanted: set[str] = ENDED) -> str:
        deadline = monotonic() + 60
        while (status := self.status(job_id)) not in wanted:
            assert monotonic() < deadline, f"job {job_id} is still {status}"
            sleep(0.01)
        return status

    def run(self, conf: dict[str, Any], dsl: dict[str, Any]) -> tuple[str, str]:
        job_id = self.submit(conf, dsl)
        return job_id, self.wait(job_id)

    def tasks(self, job_id: str, **filters: Any) -> list[dict[str, Any]]:
        return self.post("job/task/query", job_id=job_id, **filters).json.get("data", [])

    def errors(self, job_id: str) -> str:
        return "\n".join(task["f_error_report"] for task in self.tasks(job_id))

    def component(self, what: str, job_id: str, name: str, role: str = "guest") -> Any:
        return self.post(f"tracking/component/{what}", **place(job_id, name, role)).json

    def output(self, job_id: str, name: str, role: str = "guest", **more: Any) -> Reply:
        path = "tracking/component/output/data/download"
        return self.get(path, **{**place(job_id, name, role), "limit": -1, **more})

    def table(self, job_id: str, name: str, role: str = "guest") -> list[dict[str, str]]:
        text = self.output(job_id, name, role).members()["data.csv"].decode()
        return list(csv.DictReader(io.StringIO(text)))


PARTIES = {"guest": 9999, "host": 10000, "arbiter": 10000, "local": 0}


def place(job_id: str, name: str, role: str = "guest") -> dict[str, Any]:
    return {
        "job_id": job_id,
        "role": role,
        "party_id": PARTIES[role],
        "component_name": name,
    }


class Gate:
    """A module that holds its component until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.calls = 0
        self._changed = threading.Condition()
        self._open = False

    def open(self) -> None:
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._open = False

    def pass_through(self, task: Task) -> None:
        """Wait until the gate is open."""
        self.calls += 1
        self.reached.set()
        with self._changed:
            assert self._changed.wait_for(lambda: self._open, timeout=60)
        task.check()

    def module(self, *roles: str) -> Module:
        return Module(self.pass_through, roles or ("guest",))


class Stopped:
    """A module that runs until its job is stopped."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    def module(self) -> Module:
        def run(task: Task) -> None:
            self.reached.set()
            assert task.canceled.wait(30)
            task.check()

        return Module(run, ("guest",))


def simple_conf(**roles: int) -> dict[str, Any]:
    roles = roles or {"guest": 9999}
    first = next(iter(roles))
    return {
        "dsl_version": 2,
        "initiator": {"role": first, "party_id": roles[first]},
        "role": {role: [party] for role, party in roles.items()},
        "job_parameters": {"common": {"job_type": "train"}},
        "component_parameters": {},
    }


def one_component(module: str, name: str = "only_0") -> dict[str, Any]:
    return {"components": {name: {"module": module, "output": {"data": ["data"]}}}}


def lr_job(
    guest_table: str = "guest",
    host_table: str = "host",
    module: str = "HeteroLR",
    **changes: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A conf and DSL like recording 012; ``changes`` are common parameters by component."""
    label = {"with_label": True, "label_name": "y", "label_type": "int"}
    homo = module == "HomoLR"
    common = {"lr_0": {"penalty": "L2", "alpha": 0.01, "max_iter": 5}}
    for name, params in changes.items():
        common[name] = {**common.get(name, {}), **params}
    conf = simple_conf(guest=9999, host=10000, arbiter=10000)
    conf["component_parameters"] = {
        "common": common,
        "role": {
            "guest": {
                "0": {
                    "reader_0": {"table": {"name": guest_table, "namespace": "experiment"}},
                    "data_transform_0": label,
                }
            },
            "host": {
                "0": {
                    "reader_0": {"table": {"name": host_table, "namespace": "experiment"}},
                    "data_transform_0": label if homo else {"with_label": False},
                    "evaluation_0": {"need_run": homo},
                }
            },
        },
    }
    source = "data_transform_0.data" if homo else "intersection_0.data"
    components = {
        "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
        "data_transform_0": {
            "module": "DataTransform",
            "input": {"data": {"data": ["reader_0.data"]}},
            "output": {"data": ["data"], "model": ["model"]},
        },
        "intersection_0": {
            "module": "Intersection",
            "input": {"data": {"data": ["data_transform_0.data"]}},
            "output": {"data": ["data"]},
        },
        "lr_0": {
            "module": module,
            "input": {"data": {"train_data": [source]}},
            "output": {"data": ["data"], "model": ["model"]},
        },
        "evaluation_0": {
            "module": "Evaluation",
            "input": {"data": {"data": ["lr_0.data"]}},
            "output": {"data": ["data"]},
        },
    }
    if homo:
        del components["intersection_0"]
    return conf, {"components": components}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
