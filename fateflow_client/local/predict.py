"""The predict DSL of a training DSL, and the conf template that goes with it."""

import json
from collections.abc import Sequence

from fateflow_client.local.shapes import JsonObject, as_list, as_object

_MODEL_KINDS = ("model", "isometric_model")
_TRAINING_DATA = ("train_data", "validate_data", "eval_data")
_DSL_VERSION = "2"


class DslError(Exception):
    """No predict DSL can be made of these documents."""


class UnknownComponentError(DslError):
    """A component that is to be deployed is not in the training DSL.

    Args:
        names: The unknown ones.
    """

    def __init__(self, names: set[str]) -> None:
        super().__init__(f"components {names} not exist in training dsl, can not deploy!!!")


def predict_dsl(train: JsonObject, wanted: Sequence[str]) -> JsonObject:
    """The predict DSL of these components, in the order in which they depend on each other.

    Training data becomes test data, models come from the pipeline, and data of a component that
    is not deployed is taken from where that component took it.

    Raises:
        DslError: A component is not in the training DSL, or is no object.
    """
    described = {name: as_object(value) for name, value in components_of(train).items()}
    unknown = set(wanted) - described.keys()
    if unknown:
        raise UnknownComponentError(unknown)
    if not wanted:
        message = "no components to deploy"
        raise DslError(message)
    found = {name: value for name, value in described.items() if value is not None}
    return {
        "components": {
            name: _predicting(name, found, frozenset(wanted))
            for name in ordered(found)
            if name in wanted
        }
    }


def components_of(dsl: JsonObject) -> JsonObject:
    """The components of a DSL.

    Raises:
        DslError: There are none.
    """
    found = as_object(dsl.get("components"))
    if found is None:
        message = "the dsl has no components"
        raise DslError(message)
    return found


def ordered(components: dict[str, JsonObject]) -> list[str]:
    """The components' names, each after those it needs.

    Raises:
        DslError: They need each other in a loop.
    """
    order: list[str] = []
    left = dict(components)
    while left:
        ready = [
            name
            for name, component in left.items()
            if not any(_source(reference) in left for reference in _references(component))
        ]
        if not ready:
            message = f"components {sorted(left)} depend on each other in a loop"
            raise DslError(message)
        order += ready
        for name in ready:
            del left[name]
    return order


def _references(component: JsonObject) -> list[str]:
    data = as_object((as_object(component.get("input")) or {}).get("data")) or {}
    return [str(item) for value in data.values() for item in as_list(value) or []]


def _source(reference: str) -> str:
    return reference.partition(".")[0]


def _predicting(name: str, all_of: dict[str, JsonObject], wanted: frozenset[str]) -> JsonObject:
    trained = all_of[name]
    result = {key: value for key, value in trained.items() if key not in ("input", "output")}
    given = as_object(trained.get("input")) or {}
    outputs = as_object(trained.get("output")) or {}
    inputs: JsonObject = {}
    models = [f"pipeline.{name}.{alias}" for alias in as_list(outputs.get("model")) or []]
    if not models:
        models = [
            f"pipeline.{item}" for kind in _MODEL_KINDS for item in as_list(given.get(kind)) or []
        ]
    if models:
        inputs["model"] = models
    data = _data(as_object(given.get("data")) or {}, all_of, wanted)
    if data:
        inputs["data"] = data
    if inputs:
        result["input"] = inputs
    left = {kind: value for kind, value in outputs.items() if kind not in ("model", "cache")}
    if left:
        result["output"] = left
    return result


def _data(data: JsonObject, all_of: dict[str, JsonObject], wanted: frozenset[str]) -> JsonObject:
    kept: JsonObject = {}
    for kind, references in data.items():
        training = kind in _TRAINING_DATA
        if training and "test_data" in kept:
            continue  # the first of train, validate and eval data stands for all
        listed = [_deployed(str(item), all_of, wanted) for item in as_list(references) or []]
        sources = [item for item in listed if item]
        if sources:
            kept["test_data" if training else kind] = sources
    return kept


def _deployed(reference: str, all_of: dict[str, JsonObject], wanted: frozenset[str]) -> str | None:
    while _source(reference) not in wanted:
        above = all_of.get(_source(reference))
        references = [] if above is None else _references(above)
        if not references:
            return None
        reference = references[0]
    return reference


def generated(asked: JsonObject, assumed_version: str = _DSL_VERSION) -> JsonObject:
    """The answer to job/dsl/generate.

    Args:
        asked: The request.
        assumed_version: The version of the DSL if the request does not say.

    Raises:
        DslError: Anything is wrong with the request.
    """
    if str(asked.get("version", assumed_version)) != _DSL_VERSION:
        message = "only version 2 of the dsl is known"
        raise DslError(message)
    text = asked.get("train_dsl")
    if not isinstance(text, str):
        message = "train_dsl must be text"
        raise DslError(message)
    try:
        train = as_object(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise DslError(str(error)) from error
    listed = as_list(asked.get("cpn_str"))
    if listed is None:
        plain = "".join(str(asked.get("cpn_str") or "").split()).strip(",[]")
        listed = [name for name in plain.split(",") if name]
    return predict_dsl(train or {}, [str(name) for name in listed])


def with_code_paths(dsl: JsonObject) -> JsonObject:
    """The DSL as it is kept with a model: each component says what runs it."""
    components = {
        name: {**component, "CodePath": component.get("module", "")}
        for name, value in components_of(dsl).items()
        if (component := as_object(value)) is not None
    }
    return {"components": components}


def conf_template(conf: JsonObject, inference: JsonObject, model: JsonObject) -> JsonObject:
    """The runtime conf of a predict job with this model: tables are left to be filled in.

    Args:
        conf: The conf that the model was trained with.
        inference: The model's predict DSL.
        model: The model's row.
    """
    parameters = as_object(conf.get("job_parameters")) or {}
    common = as_object(parameters.get("common")) or {}
    readers = [
        name
        for name, value in (as_object(inference.get("components")) or {}).items()
        if (as_object(value) or {}).get("module") == "Reader"
    ]
    roles: dict[str, list[int]] = model["roles"]
    filled: JsonObject = {}
    for role in ("guest", "host"):
        for at, _ in enumerate(roles.get(role, [])):
            tables = {
                name: {
                    "table": {
                        "name": f"name_to_be_filled_{number}",
                        "namespace": f"namespace_to_be_filled_{number}",
                    }
                }
                for number, name in enumerate(readers)
            }
            filled.setdefault(role, {})[str(at)] = tables
    return {
        "dsl_version": 2,
        "initiator": conf.get("initiator"),
        "role": roles,
        "job_parameters": {
            "common": {
                **common,
                "job_type": "predict",
                "model_id": model["model_id"],
                "model_version": model["model_version"],
            }
        },
        "component_parameters": {"role": filled},
    }
