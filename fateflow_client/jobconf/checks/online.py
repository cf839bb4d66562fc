"""What only the server knows: whether tables and models are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.domain.model import PredictDslRequest
from fateflow_client.domain.table import TableInfoRequest
from fateflow_client.errors import NotFoundError
from fateflow_client.jobconf.checks.base import Facts, Problem, as_number
from fateflow_client.jobconf.checks.readers import tables


class Online(Protocol):
    """Who asks the server; a client."""

    def send(self, request: Any, /) -> Any:
        """Send a request that only reads, and give its result."""
        ...


def check_online(facts: Facts, online: Online) -> Iterator[Problem]:
    """Tables of the initiator, and the model of a predict job.

    Tables of other parties are on servers of their own, which nobody can ask. Errors of asking are
    raised.
    """
    readers = facts.readers
    if facts.predicts:
        components, problem = _model(facts, online)
        if problem is not None:
            yield problem
        readers = tuple(n for n, c in components.items() if mapping(c).get("module") == "Reader")
    yield from _tables(facts, online, readers)


def _tables(facts: Facts, online: Online, readers: tuple[str, ...]) -> Iterator[Problem]:
    initiator = mapping(facts.conf.get("initiator"))
    own = as_number(initiator.get("party_id"))
    asked: dict[tuple[str, str], bool] = {}
    for found in tables(facts, readers):
        party = as_number(facts.roles[found.role][found.index])
        namespace, name = (mapping(found.table).get(key) for key in ("namespace", "name"))
        if found.role != initiator.get("role") or party != own:
            continue
        if not (isinstance(namespace, str) and isinstance(name, str)):
            continue
        if not (namespace.strip() and name.strip()):
            continue
        if (namespace, name) not in asked:
            request = TableInfoRequest(namespace=namespace, table_name=name)
            asked[namespace, name] = bool(online.send(request).exists)
        if not asked[namespace, name]:
            message = f"the server has no table {namespace}.{name}"
            yield Problem("table-not-found", "conf", found.pointer, message)


def _model(facts: Facts, online: Online) -> tuple[dict[str, Any], Problem | None]:
    """The components that the model predicts with, or what is wrong with it."""
    model_id, version = (facts.job_parameters.get(key) for key in ("model_id", "model_version"))
    if not (isinstance(model_id, str) and isinstance(version, str)):
        return {}, None
    if not (model_id.strip() and version.strip()):
        return {}, None
    pointer = f"{facts.job_parameters_pointer}/model_version"
    try:
        found = online.send(PredictDslRequest(model_id=model_id, model_version=version))
    except NotFoundError:
        message = f"the server has no model {model_id} {version}"
        return {}, Problem("model-not-found", "conf", pointer, message)
    components = mapping(dict(found.entries).get("components"))
    if not _deployed(components):
        message = f"model version {version} is not deployed: only what model.deploy made predicts"
        return {}, Problem("model-not-deployed", "conf", pointer, message)
    return components, None


def _deployed(components: dict[str, Any]) -> bool:
    """Whether it is a DSL of predictions: for others, servers give the training's, or nothing."""
    inputs = [mapping(mapping(c).get("input")) for c in components.values()]
    models = [ref for given in inputs for ref in sequence(given.get("model")) or ()]
    if any(str(ref).startswith("pipeline.") for ref in models):
        return True
    outputs = [mapping(mapping(c).get("output")) for c in components.values()]
    return bool(components) and not any(output.get("model") for output in outputs)
