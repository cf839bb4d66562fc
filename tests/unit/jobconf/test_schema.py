"""JSON Schemas are valid, say what the models say, and underline what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from fateflow_client.jobconf.kinds import ConfKind, kind_of
from fateflow_client.jobconf.schema import MODELS, json_schema

PARTY = {"role": "guest", "party_id": "9999"}
ROLES = {"guest": ["9999"], "host": [10000]}
MODEL = {"model_id": "guest-9999#host-10000#model", "model_version": "202611240000000000001"}
UPLOAD = {"namespace": "lab", "table_name": "guest", "file": "a.csv", "head": 1, "partition": 4}
RIGHT: dict[ConfKind, dict[str, Any]] = {
    ConfKind.RUNTIME_CONF: {
        "dsl_version": 2,
        "initiator": {"role": "guest", "party_id": 9999},
        "role": {"guest": [9999], "host": ["10000"]},
        "job_parameters": {"common": {"task_cores": 4}, "role": {"host": {"0": {"user": "x"}}}},
        "component_parameters": {"common": {"hetero_lr_0": {"max_iter": 3}}},
    },
    ConfKind.DSL: {
        "components": {
            "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
            "intersection_0": {
                "module": "Intersection",
                "input": {"data": {"data": ["reader_0.data"]}},
                "output": {"data": ["data"], "cache": ["cache"]},
            },
        }
    },
    ConfKind.UPLOAD: UPLOAD,
    ConfKind.DOWNLOAD: {"namespace": "lab", "table_name": "guest", "output_path": "/data/a.csv"},
    ConfKind.LOAD: {"initiator": PARTY, "role": ROLES, "job_parameters": MODEL},
    ConfKind.BIND: {
        "service_id": "lr", "initiator": PARTY, "role": ROLES, "job_parameters": MODEL
    },
    ConfKind.EXPORT: {**PARTY, **MODEL, "output_path": "models"},
    ConfKind.IMPORT: {**PARTY, **MODEL, "file": "model.zip"},
    ConfKind.STORE: {**PARTY, **MODEL},
    ConfKind.DEPLOY: {**MODEL, "cpn_list": ["reader_0"]},
    ConfKind.MIGRATE: {
        "migrate_initiator": PARTY, "role": ROLES, "migrate_role": ROLES, **MODEL,
        "execute_party": ROLES, "job_parameters": {"federated_mode": "MULTIPLE"},
    },
}  # fmt: skip
"""A document of each kind."""
WRONG = [
    (ConfKind.RUNTIME_CONF, ["role", "guest"], 9999),
    (ConfKind.RUNTIME_CONF, ["initiator"], "guest"),
    (ConfKind.RUNTIME_CONF, ["dsl_version"], 3),
    (ConfKind.RUNTIME_CONF, ["job_parameters", "common", "job_type"], 1),
    (ConfKind.RUNTIME_CONF, ["component_parameters", "common", "hetero_lr_0"], []),
    (ConfKind.DSL, ["components"], []),
    (ConfKind.DSL, ["components", "reader_0", "module"], None),
    (ConfKind.DSL, ["components", "reader_0", "output", "data"], "data"),
    (ConfKind.DSL, ["components", "intersection_0", "input", "data", "data"], "reader_0.data"),
    (ConfKind.UPLOAD, ["head"], 2),
    (ConfKind.UPLOAD, ["head"], "true"),
    (ConfKind.UPLOAD, ["partition"], 0),
    (ConfKind.UPLOAD, ["partition"], 1024),
    (ConfKind.UPLOAD, ["partition"], "many"),
    (ConfKind.UPLOAD, ["id_delimiter"], ""),
    (ConfKind.DOWNLOAD, ["output_path"], 1),
    (ConfKind.LOAD, ["initiator", "party_id"], "guest"),
    (ConfKind.LOAD, ["initiator", "party_id"], -1),
    (ConfKind.LOAD, ["initiator", "role"], "gest"),
    (ConfKind.LOAD, ["role", "guest"], 9999),
    (ConfKind.LOAD, ["job_parameters", "model_version"], 202611240000000000001),
    (ConfKind.BIND, ["service_id"], 1),
    (ConfKind.BIND, ["job_parameters"], []),
    (ConfKind.EXPORT, ["party_id"], [9999]),
    (ConfKind.IMPORT, ["force_update"], "yes"),
    (ConfKind.STORE, ["model_id"], {}),
    (ConfKind.DEPLOY, ["cpn_list"], "reader_0"),
    (ConfKind.DEPLOY, ["components_checkpoint"], {"lr_0": 1}),
    (ConfKind.MIGRATE, ["execute_party"], [9999]),
    (ConfKind.MIGRATE, ["unify_model_version"], ""),
]


def accepts(kind: ConfKind, document: object) -> bool:
    return Draft202012Validator(json_schema(kind)).is_valid(document)


def model_accepts(kind: ConfKind, document: object) -> bool:
    try:
        MODELS[kind].model_validate(document)
    except ValidationError:
        return False
    return True


def changed(kind: ConfKind, path: list[str], value: object) -> dict[str, Any]:
    def put(members: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        inner = put(members[keys[0]], keys[1:]) if keys[1:] else value
        return {**members, keys[0]: inner}

    return put(RIGHT[kind], path)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a model inside a schema."""
    if isinstance(schema, dict):
        if "title" in schema and "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)


KEYWORDS = {
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
    "anyOf",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "pattern",
}
"""What these schemas are made of; an unknown keyword would be passed over, and check nothing."""


def keywords(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for name, value in schema.items():
        inner = value.values() if name in ("properties", "$defs") else [value]
        inner = value if name == "anyOf" else inner
        if name not in ("default", "enum", "required"):
            found |= set().union(*(keywords(each) for each in inner))
    return found


@pytest.mark.parametrize("kind", ConfKind)
def test_it_is_a_schema_of_2020_12(kind: ConfKind) -> None:
    schema = json_schema(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert "``" not in str(schema)
    assert keywords(schema) <= KEYWORDS


@pytest.mark.parametrize("kind", ConfKind)
def test_it_takes_a_right_document_and_the_model_does_too(kind: ConfKind) -> None:
    assert accepts(kind, RIGHT[kind])
    assert model_accepts(kind, RIGHT[kind])
    assert kind_of(RIGHT[kind]) is kind


@pytest.mark.parametrize(("kind", "path", "value"), WRONG)
def test_it_refuses_a_wrong_value_and_the_model_does_too(
    kind: ConfKind, path: list[str], value: object
) -> None:
    document = changed(kind, path, value)
    assert not accepts(kind, document)
    assert not model_accepts(kind, document)


@pytest.mark.parametrize("kind", ConfKind)
def test_it_refuses_a_document_without_a_key_that_is_needed(kind: ConfKind) -> None:
    needed = json_schema(kind)["required"]
    assert needed
    for name in needed:
        assert not accepts(kind, {k: v for k, v in RIGHT[kind].items() if k != name})


@pytest.mark.parametrize("kind", ConfKind)
def test_it_lets_unknown_keys_and_a_schema_pass(kind: ConfKind) -> None:
    assert accepts(kind, {"$schema": "conf.schema.json", **RIGHT[kind], "of_mine": {"a": [None]}})
    assert not accepts(kind, {"$schema": 1, **RIGHT[kind]})


@pytest.mark.parametrize(
    ("name", "value"),
    [("head", True), ("head", "0"), ("partition", "16"), ("drop", None), ("use_local_data", "1")],
)
def test_it_takes_what_an_upload_conf_may_hold_as_text(name: str, value: object) -> None:
    document = {**UPLOAD, name: value}
    assert accepts(ConfKind.UPLOAD, document)
    assert model_accepts(ConfKind.UPLOAD, document)


def test_a_bind_conf_needs_its_service_id_only_for_a_call_may_give_the_job() -> None:
    assert accepts(ConfKind.BIND, {"service_id": "lr"})


@pytest.mark.parametrize("kind", ConfKind)
def test_every_field_is_described_by_the_text_below_it(kind: ConfKind) -> None:
    found = list(objects(json_schema(kind)))
    assert found
    for schema in found:
        assert schema["description"]
        for name, field in schema["properties"].items():
            assert field.get("description", "").rstrip().endswith((".", ")")), (kind, name)


def test_a_description_is_the_models_own_text() -> None:
    properties = json_schema("upload")["properties"]
    assert properties["head"]["description"] == "1 if the first line holds the column names."
    described = json_schema("bind")["properties"]
    assert described["service_id"]["description"].startswith("The name under which FATE-Serving")
    assert described["initiator"]["description"] == "The party that started the training."


def test_no_default_is_null_for_an_editor_would_write_it() -> None:
    for kind in ConfKind:
        for schema in objects(json_schema(kind)):
            assert None not in [f.get("default", 0) for f in schema["properties"].values()]
    assert json_schema("upload")["properties"]["id_delimiter"]["default"] == ","


def test_a_kind_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="homo"):
        json_schema("homo")


def test_without_sources_it_is_a_schema_without_descriptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fateflow_client.jobconf import schema

    def gone(_: object) -> str:
        raise OSError("could not get source code")

    with_texts = json_schema("dsl")
    schema._texts.cache_clear()
    monkeypatch.setattr(schema.inspect, "getsource", gone)
    bare = json_schema("dsl")
    schema._texts.cache_clear()
    assert "description" not in bare["properties"]["components"]
    assert with_texts["properties"]["components"]["description"]
    assert Draft202012Validator(bare).is_valid(RIGHT[ConfKind.DSL])
