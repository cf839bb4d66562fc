"""``fateflow schema`` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fateflow_client.jobconf.kinds import ConfKind
from fateflow_client.jobconf.schema import json_schema
from tests.e2e.test_demo import run


def test_the_kinds_are_named(tmp_path: Path) -> None:
    done = run("schema", "--list", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    named = done.stdout.split()
    assert named == [kind.value for kind in ConfKind]
    asked = "runtime-conf dsl upload download load bind export import migrate"
    assert set(asked.split()) <= set(named)


@pytest.mark.parametrize("kind", ["runtime-conf", "dsl", "upload"])
def test_a_schema_is_printed_or_written(kind: str, tmp_path: Path) -> None:
    printed = run("schema", kind, cwd=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert json.loads(printed.stdout) == json_schema(kind)
    written = run("schema", kind, "--output", "it.schema.json", cwd=tmp_path)
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    assert (tmp_path / "it.schema.json").read_text("utf-8") == printed.stdout


def test_what_cannot_be_is_two(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    assert run("schema", cwd=tmp_path).returncode == 2
    assert run("schema", "novel", cwd=tmp_path).returncode == 2
    done = run("schema", "dsl", "--output", "taken/it.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "taken/it.json: Not a directory\n")
