"""``fateflow lint`` as a person, an editor and pre-commit run it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fateflow_client.cli.app import app
from tests.e2e.test_demo import COMMAND, inherited, python, run

ROOT = Path(__file__).parents[2]
HOSTILE = "\x1b[2J\x9b2J\x07\u202e[bold]:key:[/]"
PARTIES = {
    "dsl_version": 2,
    "initiator": {"role": "guest", "party_id": 9999},
    "role": {"guest": [9999], "host": [10000]},
}
TABLES = {
    role: {"0": {"reader_0": {"table": {"name": f"of_{role}", "namespace": "lab"}}}}
    for role in ("guest", "host")
}
CONF = {**PARTIES, "component_parameters": {"role": TABLES}}
READER = {"module": "Reader", "output": {"data": ["data"]}}
DSL = {
    "components": {
        "reader_0": READER,
        "intersection_0": {
            "module": "Intersection",
            "input": {"data": {"data": ["reader_0.data"]}},
            "output": {"data": ["data"]},
        },
    }
}
UNDEFINED = {
    "components": {
        "reader_0": READER,
        "intersection_0": {
            "module": "Intersection",
            "input": {"data": {"data": ["readr_0.data"]}},
        },
    }
}
UPLOAD = {
    "namespace": "lab",
    "table_name": "guest",
    "file": "/data/a.csv",
    "head": 1,
    "partition": 4,
    "use_local_data": 0,
}
WARNS = {**UPLOAD, "id_delimeter": ";"}


def write(folder: Path, **documents: object) -> None:
    for name, document in documents.items():
        text = document if isinstance(document, str) else json.dumps(document, indent=2)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def lint(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("lint", *arguments, cwd=folder, **environment)


def found(folder: Path, *arguments: str) -> Mapping[str, Any]:
    """What it finds, as JSON; in this process, for there are many of these."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, ["lint", *arguments, "--output", "json"])
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["ok"] == (done.exit_code == 0)
    return document


def codes(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(finding["file"], finding["code"]) for finding in document["findings"]]


def test_what_is_right_is_one_line_and_zero(tmp_path: Path) -> None:
    write(tmp_path, conf=CONF, dsl=DSL, upload=UPLOAD)
    done = lint(tmp_path, "conf.json", "dsl.json", "upload.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no findings in 3 files\n"


def test_findings_are_lines_as_of_a_compiler_and_one(tmp_path: Path) -> None:
    write(tmp_path, conf=CONF, dsl=UNDEFINED, upload={**UPLOAD, "partition": 0})
    done = lint(tmp_path, "conf.json", "dsl.json", "upload.json")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("dsl.json:16:13: error undefined-component: ")
    assert lines[0].endswith("(did you mean 'reader_0.data'?)")
    assert lines[1].startswith("upload.json:6:16: error wrong-value: ")
    assert lines[2:] == ["2 errors, 0 warnings in 3 files"]


def test_a_warning_fails_only_where_it_is_told_to(tmp_path: Path) -> None:
    write(tmp_path, upload=WARNS)
    for arguments, code in (((), 0), (("--strict",), 1)):
        done = lint(tmp_path, "upload.json", *arguments)
        assert done.returncode == code
        assert "upload.json:8:3: warning unknown-key: " in done.stdout
        assert found(tmp_path, "upload.json", *arguments)["ok"] is (code == 0)


def test_a_conf_and_a_dsl_are_checked_against_each_other(tmp_path: Path) -> None:
    tables = {"guest": TABLES["guest"]}
    write(tmp_path, a={**PARTIES, "component_parameters": {"role": tables}}, b=DSL)
    assert codes(found(tmp_path, "a.json")) == []
    assert codes(found(tmp_path, "b.json")) == []
    for arguments in (
        ("a.json", "b.json"),
        ("b.json", "a.json"),
        ("--conf", "a.json", "--dsl", "b.json"),
        ("-c", "a.json", "-d", "b.json"),
        ("-c", "a.json", "b.json"),
        ("-c", "a.json", "-d", "b.json", "a.json", "b.json"),
    ):
        document = found(tmp_path, *arguments)
        assert codes(document) == [("a.json", "missing-table")], arguments
        files = {file["file"]: (file["kind"], file["with"]) for file in document["files"]}
        assert files == {"a.json": ("runtime-conf", "b.json"), "b.json": ("dsl", None)}


def test_of_several_those_belong_together_whose_names_say_so(tmp_path: Path) -> None:
    small = {"components": {"reader_0": READER}}
    big = {**CONF, "component_parameters": {"role": TABLES, "common": {"intersection_0": {}}}}
    write(tmp_path, a_conf=CONF, a_dsl=small, b_runtime_conf=big, b_dsl=DSL, lonely_conf=big)
    files = [path.name for path in sorted(tmp_path.glob("*.json"))]
    document = found(tmp_path, *files)
    assert codes(document) == []
    pairs = {file["file"]: file["with"] for file in document["files"] if file["with"]}
    assert pairs == {"a_conf.json": "a_dsl.json", "b_runtime_conf.json": "b_dsl.json"}
    assert codes(found(tmp_path, "b_runtime_conf.json", "a_dsl.json")) == [
        ("b_runtime_conf.json", "unknown-component")
    ]


def test_by_name_partners_are_looked_for_beside_a_file_and_strangers_kept_apart(
    tmp_path: Path,
) -> None:
    big = {**CONF, "component_parameters": {"role": TABLES, "common": {"hetero_lr_0": {}}}}
    write(tmp_path, a_conf=big, a_dsl=DSL, b_dsl=DSL, a="[]", conf_a="{")
    for arguments in (("a_conf.json",), ("a_dsl.json",), ("a_dsl.json", "b_dsl.json")):
        document = found(tmp_path, "--by-name", *arguments)
        assert codes(document) == [("a_conf.json", "unknown-component")], arguments
    assert codes(found(tmp_path, "--by-name", "a_conf.json", "b_dsl.json")) == [
        ("a_conf.json", "unknown-component")
    ]
    assert codes(found(tmp_path, "--by-name", "b_dsl.json")) == []
    write(tmp_path, c_conf=big)
    apart = found(tmp_path, "--by-name", "c_conf.json", "b_dsl.json")
    assert [file["with"] for file in apart["files"]] == [None, None]
    assert codes(apart) == []


def test_a_file_that_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    write(tmp_path, a=CONF, b={}, up={**UPLOAD, "head": 3})
    document = found(tmp_path, "-c", "a.json", "-d", "b.json", "b.json", "up.json", "up.json")
    assert codes(document) == [("b.json", "missing-dsl"), ("up.json", "wrong-value")]
    assert len(document["files"]) == 3
    assert document["failures"] == []
    gone = lint(tmp_path, "gone.json", "gone.json")
    assert len(gone.stderr.splitlines()) == 1


def test_a_dsl_that_two_confs_share_has_its_findings_once(tmp_path: Path) -> None:
    write(tmp_path, a_conf=CONF, a_runtime_conf=CONF, a_dsl=UNDEFINED)
    document = found(tmp_path, "a_conf.json", "a_runtime_conf.json", "a_dsl.json")
    assert codes(document) == [("a_dsl.json", "undefined-component")]
    assert [file["with"] for file in document["files"]] == ["a_dsl.json", "a_dsl.json", None]
    assert found(tmp_path, "--by-name", "a_conf.json", "a_runtime_conf.json") == document


def test_a_dsl_that_is_ignored_is_not_judged(tmp_path: Path) -> None:
    model = {"model_id": "guest-9999#host-10000#model", "model_version": "202611240000000000001"}
    predict = {"job_parameters": {"common": {"job_type": "predict", **model}}}
    write(tmp_path, conf={**CONF, **predict}, dsl=UNDEFINED)
    assert codes(found(tmp_path, "conf.json", "dsl.json")) == [("dsl.json", "ignored-dsl")]


def test_a_kind_that_is_said_is_believed(tmp_path: Path) -> None:
    write(tmp_path, thing={"head": 1})
    refused = lint(tmp_path, "thing.json")
    assert refused.returncode == 2
    assert refused.stderr == ("thing.json: its keys do not tell what it is; say so with --kind\n")
    assert (
        codes(found(tmp_path, "--kind", "upload", "thing.json"))
        == [("thing.json", "missing-key")] * 4
    )
    assert lint(tmp_path, "--kind", "novel", "thing.json").returncode == 2


def test_a_release_is_what_it_is_checked_for(tmp_path: Path) -> None:
    parameters = {"job_parameters": {"common": {"work_mode": 1}}}
    write(tmp_path, conf={**CONF, **parameters}, dsl=DSL, upload={**UPLOAD, "id_delimiter": ";"})
    files = ("conf.json", "dsl.json", "upload.json")
    assert codes(found(tmp_path, *files)) == []
    assert codes(found(tmp_path, *files, "--release", "1.8")) == [
        ("conf.json", "dropped-key"),
        ("upload.json", "key-not-yet-read"),
    ]
    refused = lint(tmp_path, *files, "--release", "newest")
    assert refused.returncode == 2
    assert "--release" in refused.stderr


def test_files_that_cannot_be_read_are_two_and_all_others_are_checked(tmp_path: Path) -> None:
    write(tmp_path, upload={**UPLOAD, "head": 7}, package={"name": "left-pad"})
    (tmp_path / "latin.json").write_bytes('{"ä": 1}'.encode("latin-1"))
    (tmp_path / "folder.json").mkdir()
    files = ("gone.json", "latin.json", "folder.json", "package.json", "upload.json")
    done = lint(tmp_path, *files)
    assert done.returncode == 2
    complaints = done.stderr.splitlines()
    assert [line.split(" ")[0].strip(":") for line in complaints] == list(files[:-1])
    assert done.stdout.splitlines() == [
        "upload.json:5:11: error wrong-value: head: give 0 or 1",
        "1 error, 0 warnings in 1 file",
    ]
    as_json = lint(tmp_path, *files, "--output", "json")
    assert (as_json.returncode, as_json.stderr) == (2, "")
    document = json.loads(as_json.stdout)
    assert document["ok"] is False
    assert [failure["file"] for failure in document["failures"]] == list(files[:-1])
    assert codes(document) == [("upload.json", "wrong-value")]


@pytest.mark.parametrize("text", ['{"a": 1,}', "", "{\n  'a': 1}", '{"a": NaN}', "[1]", "null"])
def test_what_is_no_json_object_is_a_finding(text: str, tmp_path: Path) -> None:
    write(tmp_path, broken=text, dsl=UNDEFINED)
    document = found(tmp_path, "broken.json", "dsl.json")
    assert codes(document) in (
        [("broken.json", "not-json"), ("dsl.json", "undefined-component")],
        [("broken.json", "wrong-type"), ("dsl.json", "undefined-component")],
    )
    assert document["findings"][0]["line"]
    assert document["files"][0]["kind"] is None


def test_without_files_it_says_how(tmp_path: Path) -> None:
    done = lint(tmp_path)
    assert done.returncode == 2
    assert "name at least one file" in done.stderr


def test_a_schema_key_is_no_part_of_a_document(tmp_path: Path) -> None:
    schema = {"$schema": "../upload.schema.json"}
    write(tmp_path, upload={**schema, **UPLOAD}, dsl={**schema, **DSL})
    assert codes(found(tmp_path, "upload.json", "dsl.json")) == []


def hostile(folder: Path) -> tuple[str, ...]:
    component = {"module": HOSTILE, "input": {"data": {"data": [f"{HOSTILE}.data"]}}}
    write(
        folder,
        a_conf={**CONF, HOSTILE: 1, "role": {**PARTIES["role"], HOSTILE: [HOSTILE]}},
        a_dsl={"components": {"reader_0": READER, "a_0": component, HOSTILE: component}},
        up={**UPLOAD, "head": HOSTILE, f"id_delimiter{HOSTILE}": 1, "extend_sid": "true"},
    )
    name = "\x1b[2J[red]\x07.json"
    (folder / name).write_text(json.dumps({**UPLOAD, "head": 3}), encoding="utf-8")
    return ("a_conf.json", "a_dsl.json", "up.json", name, "\x1b[2Jgone\udcff.json")


def commands(text: str) -> set[str]:
    """What a terminal could take for a command in a text, line ends aside."""
    return {char for char in text if not char.isprintable() and char != "\n"}


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_files_text_commands_no_terminal(output: str, tmp_path: Path) -> None:
    done = lint(tmp_path, *hostile(tmp_path), "--output", output)
    assert done.returncode == 2
    assert "[bold]:key:[/]" in done.stdout
    assert "[red]" in done.stdout
    assert commands(done.stdout + done.stderr) == set()


def on_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """Run it on a terminal of its own; what that shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "lint", *arguments],
        cwd=folder, env=inherited() | {"TERM": "xterm", "COLUMNS": "60"} | environment,
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += (piece := os.read(ours, 65536))
        except OSError as error:  # how Linux ends a terminal that nobody writes to any more
            assert error.errno == errno.EIO
            break
        if not piece:
            break
    os.close(ours)
    assert process.wait(60) == 2
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_and_nothing_else(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path, *hostile(tmp_path), NO_COLOR="")
    styles = re.findall(r"\x1b\[([\d;]*)m", shown)
    assert "31" in styles
    assert "33" in styles
    bare = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert commands(bare) == set()
    assert "[bold]:key:[/]" in bare
    piped = lint(tmp_path, *hostile(tmp_path))
    assert bare == piped.stderr + piped.stdout


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})],
)
def test_nobody_gets_colours_who_does_not_want_them(
    arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    shown = on_terminal(tmp_path, *hostile(tmp_path), *arguments, **environment)
    assert "error" in shown
    assert commands(shown) == set()


def test_a_stream_that_cannot_show_a_character_gets_it_spelt_out(tmp_path: Path) -> None:
    reader = {**READER, "input": {"data": {"data": ["表.data"]}}}
    write(tmp_path, dsl={"components": {"reader_0": reader}})
    done = lint(tmp_path, "dsl.json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (1, "")
    assert "reader_0 takes '\\u8868.data'" in done.stdout


def test_other_commands_do_not_pay_for_it(tmp_path: Path) -> None:
    done = python(
        "import sys; import fateflow_client.cli.app; print(*sys.modules)",
        cwd=tmp_path,
    )
    ours = {name for name in done.stdout.split() if name.startswith("fateflow_client.jobconf")}
    assert ours == {"fateflow_client.jobconf", "fateflow_client.jobconf.kinds"}


HOOK = dict(
    re.findall(r"^[ -] (\w+): (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"), re.M)
)


def test_the_hook_is_this_command_with_its_extra() -> None:
    assert HOOK["id"] == "fateflow-lint"
    assert HOOK["language"] == "python"
    assert json.loads(HOOK["additional_dependencies"]) == [".[cli]"]
    assert shlex.split(HOOK["entry"])[0] == "fateflow"


def test_the_hook_checks_what_was_changed_with_what_belongs_to_it(tmp_path: Path) -> None:
    write(tmp_path, train_conf=CONF, train_dsl=DSL)
    (_, *arguments) = shlex.split(HOOK["entry"])
    done = run(*arguments, "train_dsl.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no findings in 2 files\n")
    write(tmp_path, train_dsl=UNDEFINED)
    assert run(*arguments, "train_conf.json", cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("conf.json", True),
        ("jobs/dsl.json", True),
        ("jobs/train_conf.json", True),
        ("jobs/train-dsl_2.json", True),
        ("jobs/conf.local.json", True),
        ("tsconfig.json", False),
        ("config.json", False),
        ("package.json", False),
        ("conf/settings.json", False),
        ("conf.yaml", False),
    ],
)
def test_the_hook_takes_files_that_are_named_so(path: str, matches: bool) -> None:
    assert bool(re.search(HOOK["files"], path)) is matches
