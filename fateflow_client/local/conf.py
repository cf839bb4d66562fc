"""The two documents of a submit, checked as FATE Flow checks them and read per party."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fateflow_client.local.modules import NOT_RUN_HERE
from fateflow_client.local.modules.base import Module, Party
from fateflow_client.local.rejections import SubmitRejectedError
from fateflow_client.local.shapes import JsonObject, as_list, as_object, merged

ROLES = ("guest", "host", "arbiter", "local")
MAX_CORES = 20
_DATA_KINDS = ("data", "train_data", "validate_data", "test_data", "eval_data")
_MODEL_KINDS = ("model", "isometric_model", "cache")
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@dataclass(frozen=True)
class Component:
    """A component of the DSL."""

    name: str
    module: str
    inputs: tuple[tuple[str, str], ...]
    """Pairs of the key in the DSL and the component the data comes from."""
    outputs: Mapping[str, str]
    needs: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """What a job will do: its components in order, its parties, who runs what with what."""

    components: tuple[Component, ...]
    parties: tuple[Party, ...]
    initiator: Party
    roles: Mapping[str, list[int]]
    params: Mapping[tuple[str, Party], JsonObject] = field(
        default_factory=dict[tuple[str, Party], JsonObject]
    )

    def runs(self, component: Component, modules: Mapping[str, Module]) -> list[Party]:
        """The parties that have a task for a component."""
        module = modules.get(component.module)
        roles = ("guest", "host", "arbiter") if module is None else module.roles
        return [party for party in self.parties if party.role in roles]


def read_roles(conf: JsonObject | None) -> tuple[Party, dict[str, list[int]]]:
    """The initiator and the roles of a runtime conf.

    Raises:
        SubmitRejectedError: Something required is missing or of the wrong kind.
    """
    if not conf:
        message = "no parameters"
        raise SubmitRejectedError(message, "TypeError")
    _require(conf, "initiator", "role")
    initiator = as_object(conf["initiator"]) or {}
    _require(initiator, "role", "party_id")
    if str(conf.get("dsl_version", 1)) != "2":
        message = "only the v2 version runtime conf is supported"
        raise SubmitRejectedError(message)
    try:
        roles = {
            str(role): [int(party) for party in as_list(parties) or [parties]]
            for role, parties in (as_object(conf["role"]) or {}).items()
        }
        first = Party(str(initiator["role"]), str(int(initiator["party_id"])))
    except (TypeError, ValueError) as error:
        raise SubmitRejectedError(str(error), type(error).__name__) from error
    for role, parties in roles.items():
        if len(set(parties)) < len(parties):
            message = f"role {role} names a party twice: {parties}"
            raise SubmitRejectedError(message)
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        message = f"role {unknown[0]} is not one of {list(ROLES)}"
        raise SubmitRejectedError(message)
    if int(first.party_id) not in roles.get(first.role, []):
        message = f"initiator party id {first.party_id} not in roles {roles}"
        reason = f"initiator party id error {first.party_id}"
        raise SubmitRejectedError(message, reason=reason)
    return first, roles


def _require(document: JsonObject, *names: str) -> None:
    missing = [name for name in names if name not in document]
    if missing:
        text = f"required parameters are missing: {','.join(missing)};"
        raise SubmitRejectedError(f"'{text} '", "KeyError", reason=text)


def make_plan(conf: JsonObject | None, dsl: object, modules: Mapping[str, Module]) -> Plan:
    """Check both documents and lay out the job.

    Raises:
        SubmitRejectedError: The real server would not take them either.
    """
    initiator, roles = read_roles(conf)
    conf = conf or {}
    common = as_object((as_object(conf.get("job_parameters")) or {}).get("common")) or {}
    if common.get("job_type") == "predict":
        message = "the embedded server runs no predict jobs: job_type must be train"
        raise SubmitRejectedError(message)
    components = _components(dsl)
    parties = tuple(Party(role, str(party)) for role in roles for party in roles[role])
    plan = Plan(components, parties, initiator, roles)
    _check_cores(common, plan)
    params: dict[tuple[str, Party], JsonObject] = {}
    for component in components:
        if component.module not in modules and component.module not in NOT_RUN_HERE:
            message = (
                f"component {component.name}, module {component.module}'s provider does not exist"
            )
            old = "does not exist under the fold federatedml.setting_conf"
            reason = f"Component {component.name}, module {component.module} {old}"
            raise _create_failed(plan, "ValueError", message, reason=reason)
        for party in plan.runs(component, modules):
            given = component_params(conf, component.name, party, roles)
            _check_params(plan, component, modules.get(component.module), given)
            params[component.name, party] = given
    return Plan(components, parties, initiator, roles, params)


def _create_failed(
    plan: Plan, kind: str, message: str, *, stage: str = "party", reason: str | None = None
) -> SubmitRejectedError:
    answer = {"retcode": 100, "retmsg": f"{kind}({message!r})"}
    per_party: dict[str, dict[int, JsonObject]] = {}
    for party in plan.parties:
        per_party.setdefault(party.role, {})[int(party.party_id)] = dict(answer)
    text = f"('create job failed', {per_party})"
    if stage != "cores":
        return SubmitRejectedError(text, stage=stage, reason=reason or message)
    told: JsonObject = {}
    for party in plan.parties:
        told.setdefault(party.role, {})[party.party_id] = {"retcode": 103, "retmsg": message}
    return SubmitRejectedError(text, stage=stage, reason="create job failed", per_party=told)


def _check_cores(common: JsonObject, plan: Plan) -> None:
    wanted = common.get("task_cores")
    if isinstance(wanted, int) and wanted > MAX_CORES:
        message = f"max cores per job is {MAX_CORES}, expect {wanted} cores"
        raise _create_failed(plan, "Exception", message, stage="cores")


def _check_params(
    plan: Plan, component: Component, module: Module | None, given: JsonObject
) -> None:
    if module is None or module.defaults is None:
        return
    unknown = sorted(set(given) - set(module.defaults) - {"need_run"})
    if unknown:
        message = f"component {component.name} has redundant parameters {unknown}"
        where = f"Component {component.name}, module {component.module}"
        reason = f"{where}, has redundant parameter {','.join(unknown)}"
        raise _create_failed(plan, "ValueError", message, reason=reason)
    for name, choices in module.choices.items():
        if name in given and given[name] not in choices:
            message = (
                f"{component.name} param's {name} {given[name]} not supported, "
                f"should be one of {list(choices)}"
            )
            raise _create_failed(plan, "ValueError", message)
    for name, default in module.defaults.items():
        if name in given and as_object(default) is not None and as_object(given[name]) is None:
            message = f"component {component.name}: {name} must be an object"
            raise _create_failed(plan, "ValueError", message)


def component_params(
    conf: JsonObject, name: str, party: Party, roles: Mapping[str, list[int]]
) -> JsonObject:
    """What a party's configuration sets for a component: common first, then its own."""
    documents = as_object(conf.get("component_parameters")) or {}
    found = as_object((as_object(documents.get("common")) or {}).get(name)) or {}
    by_index = as_object((as_object(documents.get("role")) or {}).get(party.role)) or {}
    index = str(roles[party.role].index(int(party.party_id)))
    for key, value in by_index.items():
        if key == "all" or index in key.split("|"):
            own = as_object((as_object(value) or {}).get(name))
            found = merged(found, own or {})
    return found


def _components(dsl: object) -> tuple[Component, ...]:
    described = as_object((as_object(dsl) or {}).get("components"))
    if not described:
        message = "There are no dsl, please check if the role and party id are correct"
        raise SubmitRejectedError(message, "DSLNotExistError")
    found = {name: _component(name, value) for name, value in described.items()}
    for component in found.values():
        for _, source in component.inputs:
            if source not in found:
                message = f"Component {component.name}'s data input {source} does not exist"
                raise SubmitRejectedError(message, "InputComponentNotExistError")
        for source in component.needs - set(found):
            message = f"Component {component.name}'s model input {source} does not exist"
            raise SubmitRejectedError(message, "InputComponentNotExistError")
    ordered: list[Component] = []
    while len(ordered) < len(found):
        done = {component.name for component in ordered}
        ready = [c for c in found.values() if c.name not in done and c.needs <= done]
        if not ready:
            message = f"Components {sorted(set(found) - done)} depend on each other in a loop"
            raise SubmitRejectedError(message, "LoopError")
        ordered += ready
    return tuple(ordered)


def _component(name: str, value: object) -> Component:
    described = as_object(value) or {}
    if not name or not _NAME_CHARACTERS.issuperset(name):
        message = f"Component name {name!r} may contain letters, digits, _ and - only"
        raise SubmitRejectedError(message, "ComponentNameError")
    module = described.get("module")
    if not isinstance(module, str) or not module:
        message = f"Component {name} has no module"
        raise SubmitRejectedError(message, "ModuleNotExistError")
    given = as_object(described.get("input")) or {}
    inputs = [
        (kind, _source(name, reference))
        for kind, references in (as_object(given.get("data")) or {}).items()
        for reference in _references(name, kind, references, _DATA_KINDS)
    ]
    models = [
        _source(name, reference)
        for kind in _MODEL_KINDS
        if kind in given
        for reference in _references(name, kind, given[kind], _MODEL_KINDS)
    ]
    if models:
        message = f"Component {name}: the embedded server takes no model input, got {models}"
        raise SubmitRejectedError(message)
    outputs: dict[str, str] = {}
    for kind, names in (as_object(described.get("output")) or {}).items():
        listed = as_list(names)
        if listed:
            outputs[kind] = _output_name(name, listed[0])
    needs = frozenset(source for _, source in inputs)
    return Component(name, module, tuple(inputs), outputs, needs)


def _output_name(name: str, value: Any) -> str:
    text = str(value)
    if not text or not _NAME_CHARACTERS.issuperset(text):
        message = f"Component {name}: output name {text!r} may contain letters, digits, _ and -"
        raise SubmitRejectedError(message, "ComponentNameError")
    return text


def _references(name: str, kind: str, value: object, kinds: tuple[str, ...]) -> list[str]:
    listed = as_list(value)
    if kind not in kinds or listed is None:
        message = f"Component {name}'s input {kind} is not a list under one of {list(kinds)}"
        raise SubmitRejectedError(message, "ComponentInputTypeError")
    return [str(reference) for reference in listed]


def _source(name: str, reference: str) -> str:
    source, dot, _ = reference.partition(".")
    if not dot:
        message = f"Component {name}'s input {reference!r} is not of the form component.output"
        raise SubmitRejectedError(message, "ComponentInputNameError")
    return source
