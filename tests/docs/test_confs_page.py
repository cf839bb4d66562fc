"""The page on confs and DSLs: its table of findings, its commands and what they print."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fateflow_client import jobconf
from fateflow_client.jobconf.kinds import ConfKind
from fateflow_client.jobconf.schema import json_schema
from tests.e2e.test_demo import inherited, run

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "confs.md").read_text("utf-8")
SOURCES = sorted(Path(jobconf.__path__[0]).rglob("*.py"))
ROWS = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+) \|$", TEXT, re.M)
SEVERITIES = {"error": {"error"}, "warning": {"warning"}, "either": {"error", "warning"}}


def constants(value: ast.expr) -> set[str]:
    """The texts that an expression can be."""
    if isinstance(value, ast.IfExp):
        return constants(value.body) | constants(value.orelse)
    return {str(value.value)} if isinstance(value, ast.Constant) else set()


def findings(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """The codes that a module gives, and with which severities as far as that is plain to see."""
    names: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.setdefault(node.targets[0].id, set()).update(constants(node.value))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        place = {"Problem": 0, "warning": 0, "Finding": 1}.get(node.func.id)
        if place is None or len(node.args) <= place:
            continue
        code = node.args[place]
        told = len(node.args) > 5 or "severity" in {keyword.arg for keyword in node.keywords}
        severities = {"warning"} if node.func.id == "warning" else set()
        if node.func.id == "Problem" and not told:
            severities = {"error"}
        for each in names.get(code.id, set()) if isinstance(code, ast.Name) else constants(code):
            yield each, severities


def in_the_source() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for code, severities in findings(ast.parse(path.read_text("utf-8"))):
            found.setdefault(code, set()).update(severities)
    return found


def test_the_table_has_the_codes_of_the_source_in_order() -> None:
    assert [code for code, _, _ in ROWS] == sorted(in_the_source())
    assert len(ROWS) > 30


def test_the_severities_are_those_of_the_source() -> None:
    source = in_the_source()
    wrong = [(code, said) for code, said, _ in ROWS if not source[code] <= SEVERITIES[said]]
    assert wrong == []
    assert source["cycle"] == {"error"}
    assert source["duplicate-output"] == {"warning"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's Python blocks have run."""
    folder = tmp_path_factory.mktemp("page")
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder, env=inherited() | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_what_a_command_prints_is_what_the_page_shows(folder: Path) -> None:
    shown = re.findall(r"^```console\n\$ fateflow (.+)\n((?:.*\n)*?)```$", TEXT, re.M)
    assert shown
    for command, output in shown:
        assert run(*shlex.split(command), cwd=folder).stdout == output


def test_the_commands_of_the_page_work(folder: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S)
    command = f'fateflow() {{ "{sys.executable}" -m fateflow_client.cli "$@"; }}\nset -e\n'
    for block in blocks:
        done = subprocess.run(
            ["bash", "-c", command + block],  # noqa: S607 - the shell of the page's readers
            cwd=folder, env=inherited() | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
    written = json.loads((folder / ".schemas" / "upload.json").read_text("utf-8"))
    assert written == json_schema(ConfKind.UPLOAD)


def test_every_option_of_the_command_is_in_its_table(tmp_path: Path) -> None:
    shown = run("lint", "--help", cwd=tmp_path).stdout
    options = set(re.findall(r"--[a-z-]+", shown)) - {"--help"}
    table = TEXT.partition("| option | means |")[2].partition("\n\n")[0]
    named = " ".join(row.split("|")[1] for row in table.splitlines()[2:])
    assert options == set(re.findall(r"--[a-z-]+", named))


def test_the_settings_of_the_editor_name_schemas_that_the_page_writes() -> None:
    first = re.findall(r"^```json\n(.*?)^```$", TEXT, re.M | re.S)[0]
    urls = [entry["url"] for entry in json.loads(first)["json.schemas"]]
    written = re.findall(r"^fateflow schema \S+ --output (\S+)$", TEXT, re.M)
    assert urls == [f"./{path}" for path in written]


def test_the_documents_of_the_page_fit_their_schemas(tmp_path: Path) -> None:
    document = re.findall(r"^```json\n(.*?)^```$", TEXT, re.M | re.S)[1]
    (tmp_path / "an_upload.json").write_text(document, encoding="utf-8")
    (tmp_path / "guest.csv").write_text("id,y\n1,0\n", encoding="utf-8")
    done = run("lint", "--strict", "an_upload.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no findings in 1 file\n")


def test_the_hook_of_the_page_is_the_hook_of_the_repository() -> None:
    (hook,) = re.findall(r"- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert f"- id: {hook}\n" in TEXT
