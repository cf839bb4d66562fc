"""The reference shows every call and every public name.

It is built here if Sphinx is installed (the dependency group ``docs``); where ``FATEFLOW_DOCS`` is
set, it has to be.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest

import fateflow_client
from fateflow_client import FlowClient, types
from fateflow_client.groups._base import Group

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"


def _groups() -> dict[str, type[Group]]:
    client = FlowClient()
    names = [n for n, value in vars(FlowClient).items() if hasattr(value, "attrname")]
    return {name: type(getattr(client, name)) for name in names if not name.startswith("_")}


GROUPS = _groups()


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the pages, with warnings as errors; what can be linked, and on which page it is."""
    if find_spec("sphinx") is None and not os.environ.get("FATEFLOW_DOCS"):
        pytest.skip("Sphinx is not installed: pip install --group docs")
    out = tmp_path_factory.mktemp("html")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", str(out / "doctrees"), str(DOCS), str(out / "site")],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    content = (out / "site" / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(content).decode().splitlines()
    found = (re.match(r"(.+?) (py:\S+) -?\d+ (\S+) ", line) for line in lines)
    return {match[1]: match[3].partition("#")[0] for match in found if match}


def test_every_call_is_on_its_groups_page(inventory: dict[str, str]) -> None:
    pages = {
        f"{kind.__module__}.{kind.__name__}.{name}": f"reference/{group}.html"
        for group, kind in GROUPS.items()
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }
    assert pages == {name: inventory.get(name) for name in pages}


def test_every_public_name_is_in_the_reference(inventory: dict[str, str]) -> None:
    names = {f"fateflow_client.{name}" for name in fateflow_client.__all__}
    listed = {name for name, page in inventory.items() if page.startswith("reference/")}
    assert sorted(names - listed) == []


def test_every_field_is_in_the_reference_and_nothing_of_pydantics(
    inventory: dict[str, str],
) -> None:
    for name in fateflow_client.__all__:
        for field in getattr(getattr(fateflow_client, name), "model_fields", ()):
            assert f"fateflow_client.{name}.{field}" in inventory
    internals = {"model_fields", "model_computed_fields", "model_config", "model_dump"}
    assert not [name for name in inventory if name.rpartition(".")[2] in internals]


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_group_has_a_page(group: str) -> None:
    text = (REFERENCE / f"{group}.md").read_text("utf-8")
    assert f".. group:: {group}\n" in text
    assert f".. classes:: fateflow_client.domain.{group}\n" in text


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.search(r"```{toctree}\n(.*?)```", (REFERENCE / "index.md").read_text("utf-8"), re.S)
    assert listed
    assert set(listed[1].split()) | {"index"} == {page.stem for page in REFERENCE.glob("*.md")}


def test_every_type_that_arguments_have_is_explained() -> None:
    tree = ast.parse(inspect.getsource(types))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    names = {ast.unparse(node.target) for node in block.body if isinstance(node, ast.AnnAssign)}
    text = (REFERENCE / "types.md").read_text("utf-8")
    assert set(re.findall(r"^\.\. input:: (\w+)\n\n   \w", text, re.M)) == names
