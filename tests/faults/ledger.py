"""FATE Flow as far as faults need it: routes that do something, and a ledger of what was done.

The ledger is the oracle of these tests. Shapes and texts are those of the recordings; releases
differ here only where a client that looks for its job has to know it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import gmtime, strftime
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]
Party = tuple[str, int]

EXISTS = (
    "The data table already exists.If you still want to continue uploading, "
    "please add the parameter --drop "
)
ENDED = ("success", "failed", "canceled", "timeout", "pass")
REJECTED = (
    "Traceback (most recent call last):\n"
    '  File "/data/projects/fate/fateflow/python/fate_flow/scheduler/dag_scheduler.py", line 144, '
    'in submit\n    raise Exception("create job failed", response)\n'
    "Exception: ('create job failed', {'guest': {9999: {'retcode': 100, 'retmsg': "
    '"component reader_0, module Nope\'s provider does not exist"}}, '
    "'host': {10000: {'retcode': 100, 'retmsg': "
    '"component reader_0, module Nope\'s provider does not exist"}}})\n'
)


@dataclass(frozen=True)
class Reply:
    """What a route answers."""

    document: Json
    status: int = 200


def ok(data: Any = None, retmsg: str = "success", **beside: Any) -> Reply:
    """A success; members without value are left out, as the server does."""
    members = {"retcode": 0, "retmsg": retmsg, "data": data, **beside}
    return Reply({name: value for name, value in members.items() if value is not None})


def no(retcode: int, retmsg: str, status: int = 200, **beside: Any) -> Reply:
    """A refusal."""
    return Reply({"retcode": retcode, "retmsg": retmsg, **beside}, status)


@dataclass(frozen=True)
class Plan:
    """What becomes of the next job: when its rows appear, and how it goes on."""

    unseen: float = 0.0
    """Seconds until its rows appear."""
    ready: float = 0.0
    """Seconds after that during which its rows are ``ready``."""
    rejected: bool = False
    """Whether it then fails with the tag ``submit_failed``."""
    untagged: float = 0.0
    """Seconds that a rejected one is ``failed`` before it has its tag."""
    stored: bool = True
    """Whether a rejected one leaves rows at all."""
    status: str = "waiting"
    """What an accepted one is."""


@dataclass
class Job:
    """A job that exists."""

    job_id: str
    kind: str
    conf: Json
    dsl: Json
    parties: tuple[Party, ...]
    created: float
    """Seconds since the epoch, by the server's clock."""
    plan: Plan
    status: str | None = None
    """What became of it later; None: as planned."""
    runs: int = 1

    @property
    def token(self) -> str | None:
        return self.conf.get("fateflow_client", {}).get("token")

    @property
    def initiator(self) -> Party:
        initiator = self.conf["initiator"]
        return initiator["role"], int(initiator["party_id"])

    def state(self, now: float) -> tuple[str, str] | None:
        """Status and tag; None while there is no row."""
        age = now - self.created - self.plan.unseen
        if age < 0 or (self.plan.rejected and not self.plan.stored):
            return None
        if self.status is not None:
            return self.status, "job_end" if self.status in ENDED else ""
        age -= self.plan.ready
        if age < 0:
            return "ready", ""
        if self.plan.rejected:
            return "failed", "" if age < self.plan.untagged else "submit_failed"
        return self.plan.status, "job_end" if self.plan.status in ENDED else ""


@dataclass(frozen=True)
class Upload:
    """A file that arrived whole and became a job."""

    job_id: str
    namespace: str
    name: str
    data: bytes
    drop: int


def number(release: str) -> tuple[int, ...]:
    """A release as releases order."""
    return tuple(int(part) for part in release.split("."))


@dataclass
class Ledger:
    """The server's state. Only what it holds has happened. Its caller holds a lock."""

    now: Callable[[], float]
    """The server's clock, seconds since the epoch."""
    release: str = "1.11.2"
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    plans: deque[Plan] = field(default_factory=deque[Plan])
    """For the next jobs, one each; after that, jobs are visible at once and wait."""
    table_after: float = 5.0
    """Seconds that the job of an upload takes to make its table."""
    tables: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    """When each table is there."""
    uploads: list[Upload] = field(default_factory=list[Upload])
    stops: Counter[str] = field(default_factory=Counter[str])
    tags: dict[str, str | None] = field(default_factory=dict[str, str | None])
    model_tags: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    models: list[Json] = field(default_factory=list[Json])
    """Rows of models, with ``f_``."""
    done: Counter[str] = field(default_factory=Counter[str])
    """How often each route did something; a refusal does nothing."""

    # What tests ask.

    def at_least(self, release: str) -> bool:
        """Whether the server is of this release or a later one."""
        return number(self.release) >= number(release)

    def with_token(self, token: str | None) -> list[Job]:
        """Jobs with a marker, rejected ones too."""
        return [job for job in self.jobs.values() if token is not None and job.token == token]

    def children(self, version: str) -> list[str]:
        """Versions that deploying made of a model."""
        found = [
            row["f_model_version"]
            for row in self.models
            if row["f_parent_info"].get("parent_model_version") == version
        ]
        return list(dict.fromkeys(found))

    def duplicates(self, key: Callable[[Job], object]) -> int:
        """How many accepted jobs are one too many, by what they were meant to be."""
        kept = Counter(key(job) for job in self.jobs.values() if not job.plan.rejected)
        kept.pop(None, None)
        return sum(count - 1 for count in kept.values())

    def uploaded(self, namespace: str, name: str) -> list[Upload]:
        return [u for u in self.uploads if (u.namespace, u.name) == (namespace, name)]

    # The server's side.

    def answer(self, route: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Do what a whole request asks for."""
        handler = ROUTES.get(route)
        if handler is None:
            return no(100, "<NotFound '404: Not Found'>")
        if headers.get("content-type", "").startswith("multipart/"):
            form = dict(parts_of(headers["content-type"], body))
            asked = json.loads(unquote(query)) if query else {}
            asked |= {name: value.decode() for name, value in form.items() if name != "file"}
            asked["\0file"] = form.get("file", b"")
        else:
            asked = json.loads(body) if body else {}
        reply = handler(self, asked)
        if reply.status == 200 and reply.document.get("retcode") == 0:
            self.done[route] += 1
        return reply

    def new_id(self) -> str:
        """An id as the server makes them: they order by time, and are of 21 digits."""
        return strftime("%Y%m%d%H%M%S", gmtime(self.now())) + f"{len(self.jobs):06d}0"

    def add_job(
        self, kind: str, conf: Json, dsl: Json, parties: Iterable[Party], job_id: str = ""
    ) -> Job:
        plan = self.plans.popleft() if self.plans else Plan()
        job_id = job_id or self.new_id()
        job = Job(job_id, kind, conf, dsl, tuple(parties), self.now(), plan)
        self.jobs[job_id] = job
        return job

    def add_local(self, component: str, module: str, parameters: Json) -> Job:
        conf = {
            "dsl_version": 2,
            "initiator": {"role": "local", "party_id": 0},
            "role": {"local": [0]},
            "job_parameters": {"common": {}},
            "component_parameters": {"role": {"local": {"0": {component: parameters}}}},
        }
        dsl = {"components": {component: {"module": module}}}
        return self.add_job(module, conf, dsl, [("local", 0)])

    def rows(self, since: float = 0.0) -> Iterator[Json]:
        """Rows of job/query, oldest first; of jobs that are not older than ``since``."""
        for job in self.jobs.values():
            if job.created < since:
                continue
            state = job.state(self.now())
            if state is None:
                continue
            role, party_id = job.initiator
            for number_, party in enumerate(job.parties):
                yield {
                    "f_job_id": job.job_id,
                    "f_role": party[0],
                    "f_party_id": str(party[1]),
                    "f_status": state[0],
                    "f_status_code": None,
                    "f_tag": state[1],
                    "f_progress": 100 if state[0] == "success" else 0,
                    "f_is_initiator": party == job.initiator,
                    "f_initiator_role": role,
                    "f_initiator_party_id": str(party_id),
                    "f_roles": job.conf.get("role", {}),
                    "f_dsl": job.dsl,
                    "f_runtime_conf": job.conf,
                    "f_runtime_conf_on_party": job.conf,
                    "f_train_runtime_conf": {},
                    "f_create_time": int(job.created * 1000) + number_,
                    "f_start_time": None,
                    "f_end_time": None,
                    "f_elapsed": None,
                    "f_description": "",
                }

    def table_there(self, namespace: object, name: object) -> bool:
        return self.tables.get((str(namespace), str(name)), float("inf")) <= self.now()

    def put_model(
        self,
        model_id: str,
        version: str,
        parties: Iterable[Party],
        parent: Json | None = None,
        **more: Any,
    ) -> None:
        """Put a model there, at every party; a trained one if it has no parent."""
        for role, party_id in parties:
            row = {
                "f_model_id": model_id,
                "f_model_version": version,
                "f_role": role,
                "f_party_id": str(party_id),
                "f_job_id": version,
                "f_parent": parent is None,
                "f_parent_info": parent or {},
                "f_imported": 0,
                "f_loaded_times": 0,
                "f_size": 16,
                "f_archive_sha256": None,
                "f_create_time": int(self.now() * 1000),
                "f_initiator_role": "guest",
                "f_initiator_party_id": "9999",
            }
            self.models.append(row | more)


def parts_of(content_type: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of a multipart body, by name."""
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    for part in (b"\r\n" + body).split(b"\r\n" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name is not None
        yield name[1].decode(), content


def _fits(value: object, wanted: object) -> bool:
    """A filter of job/query: a value, a list of them, or a window of two numbers."""
    if not isinstance(wanted, list):
        return str(value) == str(wanted)
    if isinstance(value, int) and len(wanted) == 2:
        low, high = wanted
        return (low is None or value >= low) and (high is None or value <= high)
    return any(str(value) == str(item) for item in wanted)


def _submit(ledger: Ledger, asked: Json) -> Reply:
    conf = asked.get("job_runtime_conf") or {}
    initiator = conf.get("initiator")
    old = not ledger.at_least("1.7.0")
    if not initiator:
        return no(100, "'initiator'") if old else no(103, REJECTED, jobId=ledger.new_id())
    parties = [(role, int(party)) for role, ids in conf["role"].items() for party in ids]
    job = ledger.add_job("submit", conf, asked.get("job_dsl") or {}, parties)
    if job.plan.rejected:
        # Releases up to 1.6 keep no row of it.
        if old:
            job.plan = Plan(rejected=True, stored=False)
            return no(100, "create job failed")
        return no(103, REJECTED, jobId=job.job_id)
    return ok(_accepted(job), jobId=job.job_id)


def _accepted(job: Job, **more: Any) -> Json:
    role, party_id = job.initiator
    names = sorted(f"{role}-{ids[0]}" for role, ids in job.conf["role"].items())
    return {
        "job_id": job.job_id,
        "code": 0,
        "message": "success",
        "model_info": {"model_id": "#".join([*names, "model"]), "model_version": job.job_id},
        "board_url": f"http://127.0.0.1:8080/#/dashboard?job_id={job.job_id}"
        f"&role={role}&party_id={party_id}",
        "logs_directory": f"/data/projects/fate/fateflow/logs/{job.job_id}",
    } | more


_FILTERS = ("job_id", "role", "party_id", "status", "create_time", "tag")


def _query(ledger: Ledger, asked: Json) -> Reply:
    wanted = {name: asked[name] for name in _FILTERS if asked.get(name) is not None}
    if not ledger.at_least("1.7.0") and any(isinstance(v, list) for v in wanted.values()):
        return no(100, "SQLError('near \",\": syntax error')")
    if not wanted:
        return ok([])
    window = wanted.get("create_time")
    since = (window[0] or 0) / 1000 - 1 if isinstance(window, list) else 0.0
    rows = ledger.rows(since)
    return ok([row for row in rows if all(_fits(row[f"f_{n}"], w) for n, w in wanted.items())])


def _list(ledger: Ledger, asked: Json) -> Reply:
    rows = list(ledger.rows())[::-1]
    limit = asked.get("limit", 0)
    if not isinstance(limit, int):
        return no(100, "'<' not supported between instances of 'str' and 'int'")
    if not ledger.at_least("1.7.1"):
        rows = rows[:limit] if limit > 0 else rows
        return ok(rows) if rows else no(101, "No job found")
    rows = [row for row in rows if row["f_tag"] != "submit_failed"]
    for name in ("role", "status", "party_id"):
        if asked.get(name) is not None:
            rows = [row for row in rows if _fits(row[f"f_{name}"], asked[name])]
    if asked.get("job_id"):
        rows = [row for row in rows if str(asked["job_id"]) in row["f_job_id"]]
    if asked.get("order_by"):
        rows.sort(key=lambda row: row[f"f_{asked['order_by']}"] or 0)
        if asked.get("order") == "desc":
            rows.reverse()
    count = len(rows)
    if limit > 0:
        start = (int(asked.get("page") or 1) - 1) * limit
        rows = rows[start : start + limit]
    shown = [{name[2:]: value for name, value in row.items()} for row in rows]
    for row in shown:
        row["party_id"] = int(row["party_id"])
        row["partners"] = []
    return ok({"jobs": shown, "count": count})


def _found(ledger: Ledger, asked: Json) -> Job | None:
    job = ledger.jobs.get(str(asked.get("job_id")))
    return job if job is not None and job.state(ledger.now()) is not None else None


def _stop(ledger: Ledger, asked: Json) -> Reply:
    job = _found(ledger, asked)
    if job is None:
        return no(102, "can not found job")
    ledger.stops[job.job_id] += 1
    state = job.state(ledger.now())
    if state is not None and state[0] not in ENDED and not job.plan.rejected:
        job.status = asked.get("stop_status") or "canceled"
    return ok(retmsg="stop job on all party success")


def _rerun(ledger: Ledger, asked: Json) -> Reply:
    job = _found(ledger, asked)
    if job is None:
        return no(102, "can not found job")
    if job.plan.rejected:
        return no(100, "job can not rerun")
    job.runs += 1
    job.status = "waiting"
    return ok(retmsg="rerun job success")


def _tasks(ledger: Ledger, asked: Json) -> Reply:
    rows = [
        {
            "f_job_id": job.job_id,
            "f_component_name": component,
            "f_component_module": module.get("module"),
            "f_task_id": f"{job.job_id}_{component}",
            "f_task_version": job.runs - 1,
            "f_role": role,
            "f_party_id": str(party_id),
            "f_status": state[0],
            "f_party_status": state[0],
            "f_error_report": "",
            # A new version of a task is a new row.
            "f_create_time": int(job.created * 1000) + job.runs - 1,
        }
        for job in ledger.jobs.values()
        if (state := job.state(ledger.now())) is not None
        for component, module in (job.dsl.get("components") or {}).items()
        for role, party_id in job.parties
    ]
    names = ("job_id", "role", "party_id", "component_name", "status")
    wanted = {name: asked[name] for name in names if asked.get(name) is not None}
    rows = [row for row in rows if all(_fits(row[f"f_{n}"], w) for n, w in wanted.items())]
    return ok(rows) if rows else no(101, "find task failed")


def _upload(ledger: Ledger, asked: Json) -> Reply:
    data = asked.pop("\0file", b"")
    namespace, name, drop = asked["namespace"], asked["table_name"], int(asked.get("drop") or 0)
    if ledger.table_there(namespace, name) and drop != 1:
        text = EXISTS if not ledger.at_least("1.9.0") else f"Exception({EXISTS!r})"
        return no(100, text)
    parameters = {
        "destroy": drop == 1,
        "file": f"/data/projects/fate/fateflow/jobs/fate_upload_tmp/{len(ledger.jobs)}",
        "head": asked.get("head"),
        "name": name,
        "namespace": namespace,
        "partition": asked.get("partition"),
    }
    job = ledger.add_local("upload_0", "Upload", parameters)
    if not job.plan.rejected:
        ledger.uploads.append(Upload(job.job_id, namespace, name, data, drop))
        ledger.tables[namespace, name] = ledger.now() + ledger.table_after
    return _local(ledger, job, table_name=name, namespace=namespace)


def _local(ledger: Ledger, job: Job, **beside: Any) -> Reply:
    """The answer about a job of the server's own: a rejection hides in a success."""
    if job.plan.rejected:
        if not ledger.at_least("1.7.0"):
            job.plan = Plan(rejected=True, stored=False)
            return no(100, "create job failed")
        beside |= {"code": 103, "message": REJECTED}
    return ok(_accepted(job, **beside), jobId=job.job_id)


def _download(ledger: Ledger, asked: Json) -> Reply:
    parameters = {
        "delimiter": asked.get("delimiter", ","),
        "name": asked["table_name"],
        "namespace": asked["namespace"],
        "output_path": asked["output_path"],
    }
    return _local(ledger, ledger.add_local("download_0", "Download", parameters))


PASSWORD = "pa55-of-the-store"
"""Rows of store and restore jobs hold the storage's password; no text of the client may."""


def _storage(name: str, module: str) -> Callable[[Ledger, Json], Reply]:
    def handler(ledger: Ledger, asked: Json) -> Reply:
        parameters: Json = {
            "model_id": f"{asked['role']}#{asked['party_id']}#{asked['model_id']}",
            "model_version": asked["model_version"],
            "store_address": {"storage": "mysql", "user": "fate", "passwd": PASSWORD},
        }
        job = ledger.add_local(name, module, parameters)
        if not ledger.at_least("1.7.0"):
            # The format of version 1: every value is a list of one.
            listed = {key: [value] for key, value in parameters.items()}
            del job.conf["component_parameters"]
            job.conf["role_parameters"] = {"local": {name: listed}}
        return _local(ledger, job)

    return handler


def _table_info(ledger: Ledger, asked: Json) -> Reply:
    namespace, name = asked.get("namespace"), asked.get("table_name") or asked.get("name")
    there = ledger.table_there(namespace, name)
    data = {
        "namespace": namespace,
        "table_name": name,
        "exist": int(there),
        "count": 2 if there else 0,
        "partition": 4 if there else None,
        "schema": {"header": "y,x0", "sid": "id"} if there else None,
        "address": {"name": name, "namespace": namespace} if there else None,
        "enable": True,
        "origin": "upload" if there else None,
    }
    return ok(data)


def _table_delete(ledger: Ledger, asked: Json) -> Reply:
    key = asked.get("namespace"), asked.get("table_name")
    if not ledger.table_there(*key):
        return no(101, "no find table")
    del ledger.tables[str(key[0]), str(key[1])]
    return ok({"namespace": key[0], "table_name": key[1]})


def _raised(ledger: Ledger, text: str) -> Reply:
    """An exception of the server's, as the release shows it."""
    return no(100, f"Exception({text!r})" if ledger.at_least("1.9.0") else text)


def _tag_create(ledger: Ledger, asked: Json) -> Reply:
    name = asked["tag_name"]
    if name in ledger.tags:
        return _raised(ledger, f"'{name}' has already exists in database.")
    ledger.tags[name] = asked.get("tag_desc")
    text = f"'{name}' tag has been created successfully."
    if not ledger.at_least("1.7.0"):
        ledger.done["model/tag/create"] += 1
        return Reply({"retcode": text, "retmsg": "success"})  # a slip of those releases
    return ok(retmsg=text)


def _tag_update(ledger: Ledger, asked: Json) -> Reply:
    name = asked["tag_name"]
    if name not in ledger.tags:
        return _raised(ledger, f"Can not found '{name}' tag.")
    new, desc = asked.get("new_tag_name") or name, asked.get("new_tag_desc")
    if new != name and new in ledger.tags:
        return _raised(ledger, f"'{new}' has already exists in database.")
    if (new, desc) == (name, ledger.tags[name]):
        return _raised(ledger, "Nothing to be updated.")
    del ledger.tags[name]
    ledger.tags[new] = desc
    return ok(retmsg=f"Infomation of '{name}' tag has been updated successfully.")


def _tag_retrieve(ledger: Ledger, asked: Json) -> Reply:
    found = [
        {"name": name, "description": desc}
        for name, desc in ledger.tags.items()
        if str(asked["tag_name"]) in name
    ]
    return ok({"tags": found}) if found else no(100, "No tags found.")


def _tag_destroy(ledger: Ledger, asked: Json) -> Reply:
    name = asked["tag_name"]
    if name not in ledger.tags:
        return _raised(ledger, f"Can not found '{name}' tag.")
    del ledger.tags[name]
    return ok(retmsg=f"'{name}' tag has been deleted successfully.")


def _tag_model(ledger: Ledger, asked: Json) -> Reply:
    key = str(asked["job_id"]), asked["tag_name"]
    if key in ledger.model_tags:
        return _raised(ledger, f"Model m {key[0]} already been tagged as tag '{key[1]}'.")
    ledger.model_tags.add(key)
    ledger.tags.setdefault(key[1], None)
    return ok(retmsg=f"Adding {key[1]} tag for model with job id: {key[0]} successfully.")


def _untag_model(ledger: Ledger, asked: Json) -> Reply:
    key = str(asked["job_id"]), asked["tag_name"]
    if key not in ledger.model_tags:
        return _raised(ledger, f"Model m {key[0]} does not have tag '{key[1]}'.")
    ledger.model_tags.discard(key)
    return ok(retmsg=f"Removing {key[1]} tag from model with job id: {key[0]} successfully.")


def _deploy(ledger: Ledger, asked: Json) -> Reply:
    model_id, version = asked["model_id"], asked["model_version"]
    copies = [
        row
        for row in ledger.models
        if (row["f_model_id"], row["f_model_version"]) == (model_id, version)
    ]
    if not copies:
        text = f"Deploy model failed. Model {model_id} {version} not found."
        return no(404, text, 404) if ledger.at_least("1.9.0") else no(100, text)
    child = f"{ledger.new_id()[:-7]}{len(ledger.models):06d}5"
    parties = [(row["f_role"], int(row["f_party_id"])) for row in copies]
    parent = {"parent_model_id": model_id, "parent_model_version": version}
    ledger.put_model(model_id, child, parties, parent)
    return ok(_each(parties, "success", model_id=model_id, model_version=child))


def _each(parties: Iterable[Party], text: str, retcode: int = 0, **more: Any) -> Json:
    data: Json = {"detail": {}, **more}
    for role, party_id in parties:
        data.setdefault(role, {})[str(party_id)] = retcode
        said = {"retcode": retcode, "retmsg": text}
        data["detail"].setdefault(role, {})[str(party_id)] = said
    return data


_COLUMNS = ("model_id", "model_version", "role", "party_id", "parent", "job_id")


def _model_query(ledger: Ledger, asked: Json) -> Reply:
    if not asked.get("model_version") and not ledger.at_least("1.9.0"):
        return no(100, "query_model_info() missing 1 required positional argument: 'model_version'")
    wanted = {name: asked[name] for name in _COLUMNS if asked.get(name) is not None}
    rows = [
        row
        for row in ledger.models
        if all(_fits(row[f"f_{name}"], value) for name, value in wanted.items())
    ]
    if not rows:
        return no(100, "Query model info failed, cannot find model from db. ", data=[])
    if columns := asked.get("query_filters"):
        rows = [{f"f_{name}": row.get(f"f_{name}") for name in columns} for row in rows]
    return ok(rows, "Query model info from db success.")


def _import(ledger: Ledger, asked: Json) -> Reply:
    key = (asked["role"], str(asked["party_id"]), asked["model_id"], asked["model_version"])
    names = ("f_role", "f_party_id", "f_model_id", "f_model_version")
    there = [row for row in ledger.models if tuple(row[name] for name in names) == key]
    new = ledger.at_least("1.9.0")
    if there and not (new and str(asked.get("force_update", "0")) == "1"):
        if new:
            return no(409, "Model already exists.", 409)
        return no(100, f"Model {key[2]} {key[3]} local cache already existed.")
    if not there:
        ledger.put_model(key[2], key[3], [(key[0], int(key[1]))], f_imported=1)
    if not new:
        return ok()
    found = {"role": key[0], "party_id": key[1], "model_id": key[2], "model_version": key[3]}
    return ok({"job_id": ledger.new_id(), **found})


def _migrate(ledger: Ledger, asked: Json) -> Reply:
    job_id = ledger.new_id()
    version = asked.get("unify_model_version") or job_id
    parties = [(role, int(p)) for role, ids in asked["execute_party"].items() for p in ids]
    if any(row["f_model_version"] == version for row in ledger.models):
        if ledger.at_least("1.11.0"):
            text = f"Unify model version {version} has been occupied in database. "
            return ok(_each(parties, text, 100), jobId=job_id)
    else:
        new = [(role, int(p)) for role, ids in asked["migrate_role"].items() for p in ids]
        names = sorted(f"{role}-{party}" for role, party in new)
        ledger.put_model("#".join([*names, "model"]), version, new, f_imported=1)
    text = f"Migrating model successfully. model version is: {version}."
    return ok(_each(parties, text), jobId=job_id)


def _clean_queue(ledger: Ledger, _: Json) -> Reply:
    waiting = [
        job
        for job in ledger.jobs.values()
        if (state := job.state(ledger.now())) and state[0] == "waiting"
    ]
    for job in waiting:
        job.status = "canceled"
    return ok({job.job_id: 0 for job in waiting})


def _version(ledger: Ledger, _: Json) -> Reply:
    data = {"FATE": ledger.release}
    return ok(data | ({"API": "v1"} if ledger.at_least("1.7.0") else {}))


ROUTES: Mapping[str, Callable[[Ledger, Json], Reply]] = {
    "version/get": _version,
    "job/submit": _submit,
    "job/query": _query,
    "job/list/job": _list,
    "job/stop": _stop,
    "job/rerun": _rerun,
    "job/task/query": _tasks,
    "job/clean/queue": _clean_queue,
    "data/upload": _upload,
    "data/download": _download,
    "table/table_info": _table_info,
    "table/delete": _table_delete,
    "model/tag/create": _tag_create,
    "model/tag/update": _tag_update,
    "model/tag/retrieve": _tag_retrieve,
    "model/tag/destroy": _tag_destroy,
    "model/model_tag/create": _tag_model,
    "model/model_tag/remove": _untag_model,
    "model/deploy": _deploy,
    "model/query": _model_query,
    "model/import": _import,
    "model/migrate": _migrate,
    "model/store": _storage("store_0", "ModelStore"),
    "model/restore": _storage("restore_0", "ModelRestore"),
}
