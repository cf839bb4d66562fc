"""Every deviation from the official clients that is meant, each with its reason.

An entry says where it is (facts of `wire`), in which cases, against which official client, and what
both sides send there. A difference that fits no entry fails, and so does an entry that no longer
occurs: for every client it names, in every call of its cases.

``bug`` marks what the official client does wrong in a way that its users feel; the rest is what it
sends in vain, or what we send otherwise with the same meaning. (The 1.5.x client is not compared:
its import sends ``json=`` with ``files=``, of which requests keeps the files only.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.differential.cases import CASES, Case
from tests.differential.compare import ABSENT, Difference, Run, same
from tests.differential.install import NEW, OLD

BOTH = (NEW, OLD)


@dataclass(frozen=True)
class Wanted:
    """Stands for a value that a function knows, or for every value but none."""

    test: Callable[[Any], bool] = lambda value: True
    word: str = "something"


SOME = Wanted()
A_PATH = Wanted(
    lambda value: str(value[0] if isinstance(value, list) else value)[:1] == "/", "a path"
)
TEXT = Wanted(lambda value: isinstance(value, str), "text")
NUMBER = Wanted(lambda value: type(value) is int, "a number")


@dataclass(frozen=True)
class Deviation:
    """One line of the table; ``facts`` and ``cases`` are patterns of names."""

    reason: str
    facts: str
    cases: tuple[str, ...]
    ours: Any
    theirs: Any
    clients: tuple[str, ...] = BOTH
    signed: bool = False
    """Whether it occurs in signed requests only."""
    bug: bool = False

    def covers(self, run: Run, case: Case) -> bool:
        """Whether it may occur there."""
        return (
            run.client in self.clients
            and (run.signed or not self.signed)
            and any(fnmatchcase(case.name, pattern) for pattern in self.cases)
        )

    def fits(self, run: Run, case: Case, found: Difference) -> bool:
        """Whether it is this difference."""
        return (
            self.covers(run, case)
            and fnmatchcase(found.fact, self.facts)
            and _is(self.ours, found.ours)
            and _is(self.theirs, found.theirs)
        )


def _is(expected: Any, found: Any) -> bool:
    if isinstance(expected, Wanted):
        return not same(found, ABSENT) and expected.test(found)
    return same(expected, found)


WITH_PARTY = (
    "job.query: party*",
    "job.query: everything",
    "job.config: *",
    "job.view: party",
    "component.parameters: *",
    "component.metric_all: *",
    "component.metrics: *",
    "component.output_*: *",
    "component.get_summary: *",
    "task.query: positional",
    "task.query: ids of other types",
    "model.get_model_info: party",
)
WITH_CONF_FILE = (
    "data.download: *",
    "model.load: conf",
    "model.bind: *",
    "model.export_model: *",
    "model.import_model: restore",
    "model.migrate: *",
    "data.upload: file of the server",
)
BROKEN_QUERY = ("data.upload: ampersand", "data.upload: hash sign", "data.upload: equals")
WHOLE_QUERY = (
    "data.upload: defaults",
    "data.upload: from a file",
    "data.upload: drop",
    "data.upload: verbose",
    "data.upload: more members",
    "data.upload: other delimiter*",
    "data.upload: beyond ASCII",
    "data.upload: plus",
    "data.upload: space*",
)
IMPORTS = ("model.import_model: file", "model.import_model: by force", "model.import_model: space*")

VAIN: tuple[Deviation, ...] = (
    Deviation(
        "`local` repeats role and party id for a routing that no handler does",
        "body/local/*",
        WITH_PARTY,
        ABSENT,
        SOME,
        (NEW,),
    ),
    Deviation(
        "the caller's folder is nobody else's business",
        "body/output_path",
        ("job.config: *", "job.log: *", "component.output_data: *", "model.export_model: f*"),
        ABSENT,
        A_PATH,
    ),
    Deviation(
        "the path of the conf leaks into the body",
        "body/conf_path",
        WITH_CONF_FILE,
        ABSENT,
        A_PATH,
        (OLD,),
    ),
    Deviation(
        "the paths of conf and DSL leak into the runtime conf, and from there to every party",
        "body/job_runtime_conf/*_path",
        ("job.submit: *",),
        ABSENT,
        A_PATH,
        (OLD,),
    ),
    Deviation(
        "the path of the conf leaks into the query",
        "query/conf_path",
        WHOLE_QUERY,
        ABSENT,
        A_PATH,
        (OLD,),
    ),
    Deviation(
        "verbose is a setting of the progress bar",
        "query/verbose",
        WHOLE_QUERY,
        ABSENT,
        NUMBER,
    ),
    Deviation(
        "verbose is a setting of the progress bar",
        "body/verbose",
        ("data.upload: file of the server",),
        ABSENT,
        0,
    ),
    Deviation(
        "file is a bare name: where the caller keeps the table is nobody else's business",
        "query/file",
        WHOLE_QUERY,
        "wine_guest.csv",
        A_PATH,
    ),
    Deviation(
        "the part's file name is made of safe characters: servers join it to a path unseen",
        "file/file/filename",
        ("data.upload: space*",),
        "wine_guest.csv",
        "wine guest.csv",
    ),
    Deviation(
        "the part's file name is made of safe characters: servers join it to a path unseen",
        "file/file/filename",
        ("model.import_model: space*",),
        "a_model.zip",
        "a model.zip",
    ),
    Deviation(
        "the form has a field named as the file part, with the path on the caller's machine",
        "form/file",
        IMPORTS,
        ABSENT,
        A_PATH,
    ),
    Deviation(
        "the path of the conf leaks into the form",
        "form/conf_path",
        IMPORTS,
        ABSENT,
        A_PATH,
        (OLD,),
    ),
    Deviation(
        "which route was taken needs no telling",
        "form/from_database",
        IMPORTS,
        ABSENT,
        ["False"],
    ),
    Deviation(
        "which route was taken needs no telling",
        "body/from_database",
        ("model.import_model: restore",),
        ABSENT,
        True,
    ),
    Deviation(
        "not forcing is the default of every server; older ones do not know the field",
        "form/force_update",
        ("model.import_model: file", "model.import_model: space*"),
        ABSENT,
        ["0"],
        (NEW,),
    ),
    Deviation(
        "a file part without a media type is text by the standard; ours says what it is",
        "file/file/type",
        IMPORTS,
        "application/octet-stream",
        ABSENT,
    ),
    Deviation(
        "no DSL is no member, not null: a prediction job takes its DSL from the model",
        "body/job_dsl",
        ("job.submit: without a DSL",),
        ABSENT,
        None,
        (NEW,),
    ),
    Deviation(
        "no DSL is no member, not an empty one: a prediction job takes its DSL from the model",
        "body/job_dsl",
        ("job.submit: without a DSL",),
        ABSENT,
        {},
        (OLD,),
    ),
    Deviation(
        "every request has a JSON body: most handlers fail without",
        "body",
        ("queue.clean: it",),
        {},
        ABSENT,
    ),
    Deviation(
        "every request has a JSON body, and says so",
        "type",
        ("queue.clean: it",),
        "application/json",
        ABSENT,
    ),
    Deviation(
        "an empty object for filters that nobody gave",
        "body/kwargs",
        ("model.get_model_info: *",),
        ABSENT,
        {},
        (OLD,),
    ),
    Deviation(
        "no server has a column for status: it is accepted with a warning, and not sent",
        "body/status",
        ("job.view: status",),
        ABSENT,
        "success",
    ),
)

OTHERWISE: tuple[Deviation, ...] = (
    Deviation(
        "party ids are numbers on every release; servers up to 1.6 take both",
        "body/party_id",
        (*WITH_PARTY, "model.export_model: *", "model.import_model: restore"),
        NUMBER,
        TEXT,
        (OLD,),
    ),
    Deviation(
        "all is 0 to these routes on every release; -1 cuts the last row off where a server slices",
        "body/limit",
        ("job.list: all", "task.list: all", "data.upload_history: all"),
        0,
        -1,
    ),
    Deviation(
        "-1 cuts the last tag off: the server slices with it; a large number is all",
        "body/limit",
        ("tag.list: all",),
        Wanted(lambda value: type(value) is int and value > 1000, "a large number"),
        -1,
    ),
    Deviation(
        "headers with underscores are dropped by proxies; servers read both spellings",
        "header/app_key",
        ("*",),
        ABSENT,
        SOME,
        (NEW,),
        signed=True,
    ),
    Deviation(
        "headers with hyphens pass proxies; servers read both spellings",
        "header/app-key",
        ("*",),
        SOME,
        ABSENT,
        (NEW,),
        signed=True,
    ),
    Deviation(
        "the route takes both verbs, and a GET with a body is lost in some proxies",
        "method",
        ("model.export_model: f*",),
        "POST",
        "GET",
    ),
    Deviation(
        "a file of names is read here: servers only cut text at commas",
        "body/cpn_str",
        ("job.generate_dsl: file of lines",),
        ["reader_0", "hetero_lr_0"],
        TEXT,
    ),
    Deviation(
        "a date is text, as YYYYMMDD, whatever type it was given in",
        "body/model",
        ("component.metric_delete: date as a number",),
        "20270115",
        20270115,
        (OLD,),
    ),
    Deviation(
        "date wins over job_id: what does not count is not sent",
        "body/job_id",
        ("component.metric_delete: both",),
        ABSENT,
        SOME,
        (OLD,),
    ),
)

BUGS: tuple[Deviation, ...] = (
    Deviation(
        "0 becomes 2, which destroys the table on servers from 1.9 on",
        "query/drop",
        WHOLE_QUERY,
        0,
        2,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "0 becomes 2, which destroys the table on servers from 1.9 on",
        "body/drop",
        ("data.upload: file of the server",),
        0,
        2,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "& = # in a value cut the JSON in the query, which is not percent-encoded",
        "query/*",
        BROKEN_QUERY,
        SOME,
        ABSENT,
        bug=True,
    ),
    Deviation(
        "what the server gets of a query that is cut",
        "query",
        BROKEN_QUERY,
        ABSENT,
        SOME,
        bug=True,
    ),
    Deviation(
        "+ in a value arrives as a space: the table gets another name",
        "query/table_name",
        ("data.upload: plus",),
        "a+b",
        "a b",
        bug=True,
    ),
    Deviation(
        "a percent sign before two digits is decoded once too often: the table gets another name",
        "query/table_name",
        ("data.upload: beyond ASCII",),
        "größe %41 ≥",
        "größe A ≥",
        bug=True,
    ),
    Deviation(
        "model.load(job_id=...) fails before it sends anything",
        "requests",
        ("model.load: job",),
        1,
        0,
        (NEW,),
        bug=True,
    ),
    Deviation(
        "model.load(job_id=...): None has no pop",
        "raised",
        ("model.load: job",),
        ABSENT,
        "AttributeError",
        (NEW,),
        bug=True,
    ),
    Deviation(
        "model.load(job_id=...) sends, then looks for a conf that there is not",
        "raised",
        ("model.load: job",),
        ABSENT,
        "TypeError",
        (OLD,),
        bug=True,
    ),
    Deviation(
        "model.load(conf) sends everything twice",
        "requests",
        ("model.load: conf",),
        1,
        2,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "a JSON list of names is sent as text, of which the server keeps the quotes",
        "body/cpn_str",
        ("job.generate_dsl: file of JSON",),
        ["reader_0", "hetero_lr_0"],
        TEXT,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "further filters are dropped",
        "body/loaded_times",
        ("model.get_model_info: filter",),
        1,
        ABSENT,
        (NEW,),
        bug=True,
    ),
    Deviation(
        "renaming a tag erases its description, so that is read first",
        "requests",
        ("tag.update: name only",),
        2,
        1,
        bug=True,
    ),
    Deviation(
        "renaming a tag erases its description, so that is sent again",
        "body/new_tag_desc",
        ("tag.update: name only",),
        "in use",
        ABSENT,
        bug=True,
    ),
    Deviation(
        "servers delete by namespace and name only, so the output's table is asked for first",
        "requests",
        ("table.delete: output*",),
        2,
        1,
        bug=True,
    ),
    Deviation(
        "servers delete by namespace and name only: these are the output's",
        "body/*name*",
        ("table.delete: output*",),
        Wanted(lambda value: value in ("out_ns", "out_name"), "the output's table"),
        ABSENT,
        bug=True,
    ),
    Deviation(
        "servers delete by namespace and name only, and ignore these",
        "body/*",
        ("table.delete: output*",),
        ABSENT,
        SOME,
        bug=True,
    ),
    Deviation(
        "no server from 1.7.1 on deletes by date; some delete something else: nothing is sent",
        "requests",
        ("component.metric_delete: date*", "component.metric_delete: both"),
        0,
        1,
        (NEW,),
        bug=True,
    ),
    Deviation(
        "no server from 1.7.1 on deletes by date; some delete something else: that is refused",
        "raised",
        ("component.metric_delete: date*", "component.metric_delete: both"),
        "UnsupportedByServerError",
        ABSENT,
        (NEW,),
        bug=True,
    ),
    Deviation(
        "servers before 1.9 want model_version and no filters, before 1.9.1 only the comma and"
        " no meta: nothing is sent",
        "requests",
        (
            "model.get_model_info: no version",
            "model.get_model_info: filter",
            "data.upload: other delimiter*",
        ),
        0,
        1,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "servers before 1.9 want model_version and no filters, before 1.9.1 only the comma and"
        " no meta: that is refused",
        "raised",
        (
            "model.get_model_info: no version",
            "model.get_model_info: filter",
            "data.upload: other delimiter*",
        ),
        "UnsupportedByServerError",
        ABSENT,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "servers before 1.9 import again without asking, and do not know force_update: nothing is"
        " sent",
        "requests",
        ("model.import_model: by force",),
        0,
        1,
        (OLD,),
        bug=True,
    ),
    Deviation(
        "servers before 1.9 do not know force_update: that is refused",
        "raised",
        ("model.import_model: by force",),
        "UnsupportedByServerError",
        ABSENT,
        (OLD,),
        bug=True,
    ),
)

LOST_ANSWERS: tuple[Deviation, ...] = (
    Deviation(
        "a marker, by which a job is found whose answer was lost",
        "body/job_runtime_conf/fateflow_client/token",
        ("job.submit: *",),
        TEXT,
        ABSENT,
    ),
    Deviation(
        "a version of our own choice, so that a migration may be repeated",
        "body/unify_model_version",
        ("model.migrate: *",),
        TEXT,
        ABSENT,
    ),
)

DEVIATIONS: tuple[Deviation, ...] = (*VAIN, *OTHERWISE, *BUGS, *LOST_ANSWERS)


def dead_patterns() -> list[str]:
    """Patterns that fit no case."""
    names = [case.name for case in CASES]
    patterns = {pattern for deviation in DEVIATIONS for pattern in deviation.cases}
    return sorted(p for p in patterns if not any(fnmatchcase(name, p) for name in names))
