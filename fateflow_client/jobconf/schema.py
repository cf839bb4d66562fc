"""JSON Schemas of the documents that users write, made from their models: for editors."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.confs import CONFS
from fateflow_client.jobconf.dsl import Dsl
from fateflow_client.jobconf.kinds import ConfKind
from fateflow_client.jobconf.model import ModelBindConf, ModelJobParameters, PartyRef
from fateflow_client.jobconf.runtime import RuntimeConf
from fateflow_client.jobconf.source import SCHEMA_KEY, is_object
from fateflow_client.types import RoleIn


class BindDocument(ModelBindConf):
    """What ``model.bind`` reads; where it is given a job id, the service id is enough."""

    model_config = ConfigDict(title="ModelBindConf")

    initiator: PartyRef | None = None
    """The party that started the training."""
    role: dict[RoleIn, list[Any]] | None = None
    """Party ids by role."""
    job_parameters: ModelJobParameters | None = None
    """The model."""


MODELS: dict[ConfKind, type[BaseModel]] = {
    ConfKind.RUNTIME_CONF: RuntimeConf,
    ConfKind.DSL: Dsl,
    **{kind: CONFS[kind] for kind in ConfKind if kind in CONFS},
    ConfKind.BIND: BindDocument,
}
"""The model of each kind of document."""


def json_schema(kind: ConfKind | str) -> dict[str, Any]:
    """Make the JSON Schema (2020-12) of a kind of document.

    A document may have members that its schema does not know, and a ``$schema``.

    Args:
        kind: ``runtime-conf``, ``dsl``, ``upload`` ...: see ``ConfKind``.

    Raises:
        ValueError: There is no such kind.
    """
    made = MODELS[ConfKind(kind)].model_json_schema(schema_generator=_Generator)
    schema: dict[str, Any] = _for_readers(made)
    properties = schema["properties"]
    schema["properties"] = {SCHEMA_KEY: {"type": "string", "description": _OWN_KEY}, **properties}
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


_OWN_KEY = "Where this schema is. It is not sent."


class _Generator(GenerateJsonSchema):
    """Takes descriptions from below the fields; leaves out what says nothing to a reader."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        documents = _documents(schema["cls"])
        for name, field in made.get("properties", {}).items():
            if name in documents:
                field["description"] = documents[name]
        return made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default", ...) is None:
            del made["default"]  # an editor would write it into the document
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _documents(model: type[BaseModel]) -> dict[str, str]:
    """The texts below the fields of a model and its bases."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner.__module__.startswith(f"{__package__}."):
            found |= _texts(owner.__module__).get(owner.__name__, {})
    return found


@cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """The texts below the fields of a module's classes; none where its source is not at hand."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:
        return {}
    return {
        node.name: dict(_fields(node.body)) for node in tree.body if isinstance(node, ast.ClassDef)
    }


def _fields(body: list[ast.stmt]) -> list[tuple[str, str]]:
    return [
        (field.target.id, inspect.cleandoc(below.value.value))
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    ]


def _for_readers(value: Any) -> Any:
    """The schema with descriptions as an editor shows them."""
    listed = sequence(value)
    if listed is not None:
        return [_for_readers(item) for item in listed]
    if not is_object(value):
        return value
    return {
        key: item.replace("``", "`")
        if key == "description" and isinstance(item, str)
        else _for_readers(item)
        for key, item in mapping(value).items()
    }
