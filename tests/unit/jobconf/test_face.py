"""The room of confs: its names, what it costs to enter, and schemas for editors."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel

from fateflow_client import jobconf


def test_every_name_is_loaded_when_it_is_used() -> None:
    assert sorted(jobconf._HOMES) == jobconf.__all__ == dir(jobconf)
    for name in jobconf.__all__:
        assert getattr(jobconf, name) is not None
    with pytest.raises(AttributeError, match="JobSpek"):
        _ = jobconf.JobSpek  # type: ignore[attr-defined]


def test_entering_costs_nothing_and_no_check_needs_more_than_pydantic() -> None:
    script = """
import sys
from fateflow_client import jobconf
assert "pydantic" not in sys.modules
jobconf.JobSpec({}, {}).check()
jobconf.check_upload({})
heavy = {"rich", "requests", "tenacity", "typer", "flask"} & set(sys.modules)
assert not heavy, heavy
assert not [name for name in sys.modules if name.startswith("fateflow_client.groups")]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


MODELS = [jobconf.RuntimeConf, jobconf.RuntimeConfV1, jobconf.Dsl, jobconf.DslV1,
          *jobconf.CONFS.values()]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_schema_for_editors(model: type[BaseModel]) -> None:
    schema: Any = model.model_json_schema()
    assert json.loads(json.dumps(schema))["type"] == "object"
    assert schema["description"]
    assert schema.get("additionalProperties", True) is True
