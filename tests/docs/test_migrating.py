"""The page on migrating has a row per call, with the signatures that both clients really have."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from fateflow_client import FlowClient
from tests.differential.install import NEW, folder, installed

TEXT = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text("utf-8")
MANUAL = """
job.submit job.stop job.query job.config job.log job.list job.view job.generate_dsl
component.parameters component.metric_all component.metrics component.metric_delete
component.output_model component.output_data component.output_data_table component.list
component.get_summary data.download data.upload data.upload_history task.list task.query model.load
model.bind model.export_model model.import_model model.migrate model.tag_list model.tag_model
model.deploy model.get_predict_dsl model.get_predict_conf model.get_model_info tag.create tag.update
tag.list tag.query tag.delete table.info table.delete queue.clean
"""
CALLS = MANUAL.split()
CELL = r"`((\w+\.\w+)\(([^`]*)\))`"
ROWS = {
    match[2]: (match[3], match[6], match[7])
    for match in re.finditer(rf"^\| {CELL} \| {CELL} \| (.+) \|$", TEXT, re.MULTILINE)
    if match[2] == match[5]
}


def test_there_is_a_row_per_call() -> None:
    assert len(CALLS) == 41
    assert list(ROWS) == CALLS


@pytest.mark.parametrize("call", CALLS)
def test_our_column_is_our_signature(call: str) -> None:
    group, name = call.split(".")
    parameters = inspect.signature(getattr(getattr(FlowClient(), group), name)).parameters.values()
    shown = [
        p.name if p.default is p.empty else f"{p.name}={p.default!r}"
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    assert ROWS[call][1] == ", ".join(shown)


@pytest.mark.skipif(not installed(NEW), reason="the official client is not installed")
@pytest.mark.parametrize("call", CALLS)
def test_the_other_column_is_the_official_signature(call: str) -> None:
    group, name = call.split(".")
    path = folder() / NEW / "flow_sdk" / "client" / "api" / f"{group}.py"
    (method,) = (
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    names = [argument.arg for argument in method.args.args[1:]]
    defaults = [f"={ast.unparse(value)}" for value in method.args.defaults]
    shown = [
        name + default
        for name, default in zip(names, [""] * (len(names) - len(defaults)) + defaults, strict=True)
    ]
    assert ROWS[call][0] == ", ".join(shown)


def test_the_errors_that_are_named_exist() -> None:
    import fateflow_client

    for name in set(re.findall(r"`(\w+Error)`", TEXT)) - {"AttributeError", "ValidationError"}:
        assert name in fateflow_client.__all__
