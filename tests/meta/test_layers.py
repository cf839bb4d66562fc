"""The house: nothing imports upwards, heavy things have one door, importing costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fateflow_client

PACKAGE = Path(fateflow_client.__file__).parent
LAYERS = [
    [
        "errors",
        "events",
        "types",
        "config",
        "_core.clock",
        "_core.limits",
        "_core.shapes",
        "_core.log",
        "_core.releases",
    ],
    ["domain"],
    ["jobconf"],
    [
        "_core.trail",
        "_core.endpoint",
        "_core.envelope",
        "_core.codec",
        "_core.signing",
        "_core.decision",
        "_core.patience",
        "_core.breakage",
        "_core.server_time",
        "_core.reconciler",
        "_core.asking",
    ],
    ["_core.documents", "_core.transport", "_core.retry"],
    ["_core.caller"],
    ["transfer", "waiting", "recovery"],
    ["groups"],
    ["client"],
    ["compat", "local", "testing", "cli"],
]
"""Lowest first, as the design draws them."""


def _modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def _layer(module: str) -> int | None:
    for number, names in enumerate(LAYERS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def test_every_module_has_a_layer() -> None:
    homeless = {name for name in MODULES if _layer(name) is None}
    assert homeless == {"__init__", "_core"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nothing_imports_upwards(module: str) -> None:
    own = _layer(module)
    if own is None:
        return  # the package itself, which names everything, and the empty _core
    for name, line in _imports(MODULES[module]):
        if name.startswith("fateflow_client."):
            other = _layer(name.removeprefix("fateflow_client."))
            assert other is None or other <= own, f"{module}:{line} imports {name} from above"


@pytest.mark.parametrize(
    ("library", "door"), [("requests", "_core.transport"), ("tenacity", "_core.retry")]
)
def test_a_library_has_one_door(library: str, door: str) -> None:
    users = {
        module
        for module, path in MODULES.items()
        for name, _ in _imports(path)
        if name.split(".")[0] == library
    }
    assert users == {door}


PURE = [
    "_core.envelope",
    "_core.releases",
    "_core.releases",
    "_core.endpoint",
    "_core.envelope",
    "_core.codec",
    "_core.signing",
    "_core.decision",
    "domain",
    "jobconf",
]


def test_the_middle_is_pure() -> None:
    dirty = {"socket", "requests", "urllib3", "time", "subprocess", "random", "tempfile"}
    for module, path in MODULES.items():
        if any(module == name or module.startswith(name + ".") for name in PURE):
            roots = {name.split(".")[0] for name, _ in _imports(path)}
            assert not roots & dirty, module


def _loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY = {"requests", "pydantic", "pydantic_core", "tenacity", "urllib3", "flask", "sklearn",
         "numpy", "typer", "rich", "hypothesis"}  # fmt: skip


def test_importing_and_making_a_client_load_nothing_heavy() -> None:
    loaded = _loaded_after(
        "import fateflow_client as f; f.FlowClient(); f.ClientConfig; f.FlowError; f.RetryPolicy"
    )
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("fateflow_client.groups")}


def test_a_group_loads_itself_and_its_models_only() -> None:
    loaded = _loaded_after("import fateflow_client as f; f.FlowClient().table")
    groups = {name for name in loaded if name.startswith("fateflow_client.groups.")}
    assert groups == {"fateflow_client.groups._base", "fateflow_client.groups.table"}
    assert "fateflow_client.domain.job" not in loaded


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_says_what_lives_there_and_is_not_long(module: str) -> None:
    text = MODULES[module].read_text("utf-8")
    assert ast.get_docstring(ast.parse(text))
    if module in EXEMPT:
        return
    assert text.count("\n") <= 300, f"{module}: would two rooms read better?"


EXEMPT = {
    "__init__": "three lists of public names",
    "errors": "one tree, drawn and defined in one place",
    "groups.job": "docstrings: the methods are one line each",
    "domain.job": "fields and their descriptions",
    "domain.component": "fields and their descriptions",
    "types": "one vocabulary",
    "client": "one property for every group",
    "domain.model": "fields and their descriptions",
    "groups.table": "docstrings: the methods are one line each",
    "groups.model": "docstrings: the methods are one line each",
    "groups.component": "docstrings: the methods are one line each",
}
