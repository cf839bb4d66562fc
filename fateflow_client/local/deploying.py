"""Deploying a model: a child version with a predict DSL, on each party that has a copy."""

import json
from dataclasses import dataclass

from fateflow_client.local.parts import Parts
from fateflow_client.local.predict import DslError, components_of, predict_dsl, with_code_paths
from fateflow_client.local.shapes import JsonObject, as_list, as_object


class DeployError(Exception):
    """The model cannot be deployed on this party."""


@dataclass(frozen=True)
class Outcome:
    """What each party answered, in the shape that FATE Flow shows."""

    data: JsonObject

    @property
    def failed(self) -> bool:
        """Whether a party refused."""
        parties = [value for role, value in self.data.items() if role != "detail"]
        return any(code for party in parties for code in party.values())


class Outcomes:
    """Collects the answers of the parties."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {}
        self._details: dict[str, dict[str, JsonObject]] = {}

    def add(self, role: str, party_id: object, retcode: int, retmsg: str) -> None:
        """One party's answer."""
        self._codes.setdefault(role, {})[str(party_id)] = retcode
        told: JsonObject = {"retcode": retcode, "retmsg": retmsg}
        self._details.setdefault(role, {})[str(party_id)] = told

    def outcome(self) -> Outcome:
        """All answers."""
        return Outcome({**self._codes, "detail": self._details})


def no_copy(model_id: object, model_version: object) -> str:
    """The text for a party that does not have the model."""
    return f"Can not found {model_id} {model_version} model local cache"


def deploy(parts: Parts, asked: JsonObject, roles: dict[str, list[int]], version: str) -> Outcome:
    """Make the child version on every party of the model."""
    outcomes = Outcomes()
    with parts.state.database.transaction():
        for role, parties in roles.items():
            for party_id in parties:
                who = f"deploy model of role {role} {party_id}"
                try:
                    _deploy_on(parts, asked, role, party_id, version)
                except (DeployError, DslError) as error:
                    plain = parts.release.plain_exceptions
                    text = str(error) if plain else f"DeployComponentNotExistError({str(error)!r})"
                    if isinstance(error, DeployError) and not plain:
                        text = f"Exception({str(error)!r})"
                    outcomes.add(role, party_id, 100, f"{who} failed, details: {text}")
                else:
                    outcomes.add(role, party_id, 0, f"{who} success")
    return outcomes.outcome()


def _deploy_on(parts: Parts, asked: JsonObject, role: str, party_id: int, version: str) -> None:
    models = parts.state.models
    parent_id, parent_version = str(asked["model_id"]), str(asked["model_version"])
    key = {"model_id": parent_id, "model_version": parent_version}
    row = models.get({**key, "role": role, "party_id": party_id})
    if row is None:
        raise DeployError(no_copy(parent_id, parent_version))
    if not row["parent"]:
        message = "Child model could not be deployed."
        raise DeployError(message)
    inference = with_code_paths(_inference(parts, asked, row["train_dsl"]))
    deployed = components_of(inference)
    kept = [part for part in models.components(row) if part.name in deployed]
    dated = ("create_time", "update_time", "create_date", "update_date", "size")
    child = {name: value for name, value in row.items() if name not in dated}
    child |= {
        "model_version": version,
        "job_id": version,
        "parent": 0,
        "parent_info": {"parent_model_id": parent_id, "parent_model_version": parent_version},
        "inference_dsl": inference,
        "loaded_times": 0,
        "imported": 0,
        "job_status": None,
    }
    if parts.release.bare_children:
        child["runtime_conf"] = {}
    models.put(child, kept)


def _inference(parts: Parts, asked: JsonObject, train: JsonObject) -> JsonObject:
    given = asked.get("predict_dsl") or asked.get("dsl")
    listed = as_list(asked.get("cpn_list"))
    if given is None:
        wanted = list(components_of(train)) if listed is None else [str(name) for name in listed]
        return predict_dsl(train, wanted)
    if listed is not None and parts.release.exclusive_deploy:
        message = "cpn_list and predict_dsl cannot be given together"
        raise DeployError(message)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            message = f"predict_dsl is not JSON: {error}"
            raise DeployError(message) from error
    dsl = as_object(given)
    if dsl is None:
        message = "predict_dsl is no object"
        raise DeployError(message)
    unknown = set(components_of(dsl)) - set(components_of(train))
    if unknown:
        message = f"components {unknown} not exist in training dsl, can not deploy!!!"
        raise DeployError(message)
    return dsl
