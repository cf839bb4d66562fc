"""The calls that are compared: what we are asked, and how either official client is asked the same.

A case is a call and its arguments. Where the official clients take other arguments, ``new`` (of
1.11.3) and ``old`` (of 1.6.1) say so. Documents are written once: `Doc` is a mapping for us and for
1.11.3 and a path for 1.6.1, which knows nothing else.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.differential.install import NEW, OLD
from tests.support.samples import CONF, DSL, JOB_ID, PARTY

US = "ours"


@dataclass(frozen=True)
class Doc:
    """A document; ``path`` gives it to us as a path too."""

    value: Mapping[str, Any]
    path: bool = False


@dataclass(frozen=True)
class File:
    """A file with this content, given as a path to everybody."""

    name: str
    content: str


@dataclass(frozen=True)
class Folder:
    """A folder to write to; everybody has their own."""


class Call(NamedTuple):
    """Arguments of a call."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def given(*args: Any, **kwargs: Any) -> Call:
    """Write arguments down."""
    return Call(args, kwargs)


@dataclass(frozen=True)
class Case:
    """A call to compare. ``clients`` are the official clients that can be asked at all."""

    call: str
    what: str
    ours: Call
    new: Call | None = None
    old: Call | None = None
    clients: tuple[str, ...] = (NEW, OLD)

    @property
    def name(self) -> str:
        """As deviations name it."""
        return f"{self.call}: {self.what}"

    def asked(self, who: str) -> Call:
        """What one of the three is asked, with documents and files still to be written."""
        return {NEW: self.new, OLD: self.old}.get(who) or self.ours


@dataclass
class Writer:
    """Writes what arguments name below ``folder``, in the way that ``who`` wants it."""

    folder: Path
    who: str
    count: int = field(default=0)

    def call(self, call: Call) -> tuple[list[Any], dict[str, Any]]:
        """The arguments as they are passed; nothing in them is shared with the case."""
        return [self._value(v) for v in call.args], {
            k: self._value(v) for k, v in call.kwargs.items()
        }

    def _value(self, value: Any) -> Any:
        match value:
            case Doc():
                content = self._value(value.value)
                if self.who == OLD or (self.who == US and value.path):
                    return self._write("conf.json", json.dumps(content, indent=2))
                return content
            case File():
                return self._write(value.name, value.content)
            case Folder():
                return str(self.folder / "out")
            case Mapping():
                return {k: self._value(v) for k, v in value.items()}
            case list():
                return [self._value(v) for v in value]
            case _:
                return copy.copy(value)

    def _write(self, name: str, content: str) -> str:
        self.count += 1
        path = self.folder / str(self.count) / name
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
        return str(path)


TABLE = File("wine_guest.csv", "id,y,x0\n1,0,0.5\n2,1,0.25\n")
UPLOAD: dict[str, Any] = {
    "file": TABLE,
    "head": 1,
    "partition": 4,
    "namespace": "clinic_lab",
    "table_name": "wine_guest",
}
MODEL_ID = "arbiter-10000#guest-9999#host-10000#model"
MODEL = {"model_id": MODEL_ID, "model_version": JOB_ID}
PARTY_MODEL: dict[str, Any] = {"role": "guest", "party_id": 9999, **MODEL}
IMPORT: dict[str, Any] = {**PARTY_MODEL, "file": File("model.zip", "PK, or so\r\n--x--\r\n")}
LOAD: dict[str, Any] = {
    "initiator": {"role": "guest", "party_id": "9999"},
    "role": {"guest": ["9999"], "host": ["10000"], "arbiter": ["10000"]},
    "job_parameters": MODEL,
}
MIGRATE: dict[str, Any] = {
    "job_parameters": {"federated_mode": "MULTIPLE"},
    "migrate_initiator": {"role": "guest", "party_id": 99},
    "role": {"guest": [9999], "host": [10000], "arbiter": [10000]},
    "migrate_role": {"guest": [99], "host": [100], "arbiter": [100]},
    "execute_party": {"guest": [9999], "host": [10000], "arbiter": [10000]},
    **MODEL,
}
PARTY_TEXT: dict[str, Any] = {**PARTY, "job_id": int(JOB_ID), "party_id": "9999"}
OUTPUT_CONF = {"output_path": "/data/tables", "namespace": "clinic_lab", "table_name": "wine_guest"}


def _by_party(call: str) -> Iterator[Case]:
    yield Case(f"component.{call}", "positional", given(*PARTY.values()))
    yield Case(f"component.{call}", "ids of other types", given(**PARTY_TEXT))
    yield Case(
        f"component.{call}",
        "names beyond ASCII",
        given(JOB_ID, "host", 10000, component_name="größe_0"),
    )


def _limits(call: str) -> Iterator[Case]:
    for what, asked in (
        ("default", given()),
        ("positional", given(3)),
        ("all", given(limit=-1)),
    ):
        yield Case(call, what, asked)


def _model_ids(call: str) -> Iterator[Case]:
    yield Case(f"model.{call}", "positional", given(MODEL_ID, JOB_ID))
    yield Case(f"model.{call}", "keywords", given(**MODEL))


def _job() -> Iterator[Case]:
    yield Case("job.submit", "conf and DSL", given(Doc(CONF), Doc(DSL)))
    yield Case("job.submit", "from files", given(Doc(CONF, path=True), Doc(DSL, path=True)))
    yield Case("job.submit", "without a DSL", given(Doc({**CONF, "name": "größe & ≥"})))
    yield Case("job.stop", "text", given(JOB_ID))
    yield Case("job.stop", "number", given(job_id=int(JOB_ID)))
    yield Case("job.query", "job", given(JOB_ID))
    yield Case("job.query", "number for a job", given(job_id=int(JOB_ID)))
    yield Case("job.query", "party", given(role="host", party_id=10000))
    yield Case("job.query", "party id as text", given(JOB_ID, "host", "10000"))
    yield Case("job.query", "everything", given(JOB_ID, "guest", 9999, status="running"))
    yield Case("job.query", "status", given(status="failed"))
    yield Case("job.config", "positional", given(JOB_ID, "guest", 9999, Folder()))
    yield Case("job.config", "ids of other types", given(int(JOB_ID), "guest", "9999", Folder()))
    yield Case("job.log", "text", given(JOB_ID, Folder()))
    yield Case("job.log", "number", given(job_id=int(JOB_ID), output_path=Folder()))
    yield from _limits("job.list")
    yield Case("job.view", "job", given(JOB_ID))
    yield Case("job.view", "party", given(JOB_ID, "guest", 9999))
    yield Case("job.view", "status", given(JOB_ID, status="success"))
    names = ["reader_0", "hetero_lr_0"]
    yield Case("job.generate_dsl", "list", given(Doc(DSL), cpn_list=names), given(DSL, names))
    text = "reader_0,\nhetero_lr_0\n"
    yield Case(
        "job.generate_dsl",
        "file of lines",
        given(Doc(DSL, path=True), File("names.txt", text)),
        given(DSL, text),
    )
    written = json.dumps(names)
    yield Case(
        "job.generate_dsl",
        "file of JSON",
        given(Doc(DSL), cpn_file_path=File("names.json", written)),
        given(DSL, names),
    )


def _component() -> Iterator[Case]:
    for call in (
        "parameters",
        "metric_all",
        "metrics",
        "output_model",
        "output_data_table",
        "get_summary",
    ):
        yield from _by_party(call)
    yield Case("component.output_data", "positional", given(*PARTY.values(), Folder()))
    yield Case(
        "component.output_data", "limit", given(**PARTY_TEXT, output_path=Folder(), limit=20)
    )
    yield Case("component.output_data", "all", given(*PARTY.values(), Folder(), -1))
    yield Case("component.list", "text", given(JOB_ID))
    yield Case("component.list", "number", given(job_id=int(JOB_ID)), clients=(NEW, OLD))
    yield Case("component.metric_delete", "job", given(job_id=JOB_ID))
    yield Case("component.metric_delete", "date", given("20270115"))
    yield Case("component.metric_delete", "date as a number", given(date=20270115))
    yield Case("component.metric_delete", "both", given("20270115", JOB_ID))


def _data() -> Iterator[Case]:
    yield Case("data.upload", "defaults", given(Doc(UPLOAD)))
    yield Case("data.upload", "from a file", given(Doc(UPLOAD, path=True)))
    yield Case("data.upload", "drop", given(Doc(UPLOAD), 0, 1))
    yield Case("data.upload", "verbose", given(Doc(UPLOAD), verbose=1))
    more = {**UPLOAD, "work_mode": 0, "storage_engine": "STANDALONE", "extend_sid": 1}
    yield Case("data.upload", "more members", given(Doc(more)))
    semicolon = {**UPLOAD, "id_delimiter": ";", "meta": {"input_format": "dense"}}
    yield Case("data.upload", "other delimiter and meta", given(Doc(semicolon)))
    yield Case("data.upload", "beyond ASCII", given(Doc({**UPLOAD, "table_name": "größe %41 ≥"})))
    for mark, name in (("&", "ampersand"), ("#", "hash sign"), ("+", "plus"), ("=", "equals")):
        yield Case("data.upload", name, given(Doc({**UPLOAD, "table_name": f"a{mark}b"})))
    spaced = {**UPLOAD, "file": File("wine guest.csv", TABLE.content)}
    yield Case("data.upload", "space in the file's name", given(Doc(spaced)))
    theirs = {**UPLOAD, "file": "/data/wine.csv", "use_local_data": 0}
    yield Case("data.upload", "file of the server", given(Doc(theirs)))
    yield Case("data.download", "conf", given(Doc(OUTPUT_CONF)))
    yield Case("data.download", "from a file", given(Doc({**OUTPUT_CONF, "work_mode": 0}, True)))
    yield from _limits("data.upload_history")
    yield Case("data.upload_history", "job", given(5, JOB_ID))


def _task() -> Iterator[Case]:
    yield from _limits("task.list")
    yield Case("task.query", "job", given(JOB_ID))
    yield Case("task.query", "positional", given(*PARTY.values(), "success"))
    yield Case("task.query", "ids of other types", given(**PARTY_TEXT))
    yield Case("task.query", "status", given(status="failed"))


def _model() -> Iterator[Case]:
    yield Case("model.load", "conf", given(Doc(LOAD)))
    yield Case("model.load", "job", given(job_id=JOB_ID))
    bind = {**LOAD, "service_id": "clinic", "servings": ["127.0.0.1:8000"]}
    yield Case("model.bind", "conf", given(Doc(bind)))
    yield Case("model.bind", "job", given(Doc({"service_id": "clinic"}), JOB_ID))
    export = {**PARTY_MODEL, "output_path": Folder()}
    yield Case("model.export_model", "file", given(Doc(export)))
    yield Case("model.export_model", "from a file", given(Doc(export, path=True)))
    yield Case("model.export_model", "store", given(Doc(PARTY_MODEL), True))
    yield Case("model.import_model", "file", given(Doc(IMPORT)))
    yield Case("model.import_model", "by force", given(Doc({**IMPORT, "force_update": 1})))
    spaced = {**IMPORT, "file": File("a model.zip", "PK")}
    yield Case("model.import_model", "space in the file's name", given(Doc(spaced)))
    yield Case("model.import_model", "restore", given(Doc(PARTY_MODEL), from_database=True))
    yield Case("model.migrate", "conf", given(Doc(MIGRATE)))
    fixed = {**MIGRATE, "unify_model_version": "202701150800001234561"}
    yield Case("model.migrate", "to a version", given(Doc(fixed, path=True)))
    yield Case("model.tag_list", "text", given(JOB_ID))
    yield Case("model.tag_list", "number", given(job_id=int(JOB_ID)))
    yield Case("model.tag_model", "add", given(JOB_ID, "prod"))
    yield Case("model.tag_model", "remove", given(int(JOB_ID), "größe", remove=True))
    yield from _model_ids("deploy")
    names = ["reader_0", "hetero_lr_0"]
    yield Case("model.deploy", "components", given(MODEL_ID, JOB_ID, names))
    yield Case(
        "model.deploy",
        "DSL",
        given(**MODEL, predict_dsl=Doc(DSL)),
        old=given(**MODEL, predict_dsl=DSL),
    )
    yield from _model_ids("get_predict_dsl")
    yield from _model_ids("get_predict_conf")
    yield from _model_ids("get_model_info")
    yield Case(
        "model.get_model_info", "party", given(MODEL_ID, JOB_ID, role="guest", party_id=9999)
    )
    columns = ["create_date", "role"]
    yield Case(
        "model.get_model_info", "columns", given(model_version=JOB_ID, query_filters=columns)
    )
    yield Case("model.get_model_info", "filter", given(model_version=JOB_ID, loaded_times=1))
    yield Case("model.get_model_info", "no version", given(model_id=MODEL_ID))


def _tag() -> Iterator[Case]:
    yield Case("tag.create", "name", given("prod"))
    yield Case("tag.create", "description", given("prod", tag_desc="größe & ≥"))
    yield Case("tag.update", "description", given("prod", new_tag_desc="better"))
    yield Case("tag.update", "both", given("prod", "prod2", "better"))
    yield Case("tag.update", "name only", given("prod", "prod2"))
    yield from _limits("tag.list")
    yield Case("tag.query", "default", given("prod"))
    yield Case("tag.query", "models", given("prod", with_model=True))
    yield Case("tag.delete", "positional", given("prod"))
    yield Case("tag.delete", "keyword", given(tag_name="größe & ≥"))


def _table() -> Iterator[Case]:
    yield Case("table.info", "positional", given("clinic_lab", "wine_guest"))
    yield Case("table.info", "keywords", given(table_name="größe & ≥", namespace="a#b"))
    yield Case("table.delete", "positional", given("clinic_lab", "wine_guest"))
    yield Case("table.delete", "output of a component", given(**PARTY))


def _queue() -> Iterator[Case]:
    yield Case("queue.clean", "it", given())


_GROUPS: tuple[Callable[[], Iterator[Case]], ...] = (
    _job,
    _component,
    _data,
    _task,
    _model,
    _tag,
    _table,
    _queue,
)
CASES: tuple[Case, ...] = tuple(case for group in _GROUPS for case in group())
CALLS: tuple[str, ...] = tuple(dict.fromkeys(case.call for case in CASES))
