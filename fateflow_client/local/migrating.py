"""Migrating a model: the same model for other parties, under a new id, and as a zip file."""

from fateflow_client.local.conf import ROLES
from fateflow_client.local.deploying import Outcome, Outcomes, no_copy
from fateflow_client.local.modelzip import archive_name, pack
from fateflow_client.local.parts import Parts
from fateflow_client.local.records import model_id as id_of
from fateflow_client.local.shapes import JsonObject, as_list, as_object

_OCCUPIED = (
    "Unify model version {} has been occupied in database. "
    "Please choose another unify model version and try again."
)


class MigrationError(Exception):
    """The request as a whole makes no sense, and why."""


def parties_of(roles: object) -> dict[str, list[int]]:
    """Roles with their parties as numbers.

    Raises:
        MigrationError: They are not roles with lists of numbers.
    """
    unknown = sorted(set(as_object(roles) or {}) - set(ROLES))
    if unknown:
        message = f"role {unknown[0]!r} is not one of {list(ROLES)}"
        raise MigrationError(message)
    try:
        return {
            str(role): [int(party) for party in as_list(parties) or []]
            for role, parties in (as_object(roles) or {}).items()
        }
    except (TypeError, ValueError) as error:
        message = f"party ids must be numbers: {error}"
        raise MigrationError(message) from error


def migrate(parts: Parts, asked: JsonObject, version: str) -> Outcome:
    """Migrate each party's copy.

    Raises:
        MigrationError: Nothing would change, or the roles do not match.
    """
    old, new = parties_of(asked["role"]), parties_of(asked["migrate_role"])
    if old == new:
        message = (
            "The config of previous roles is the same with that of migrate roles. "
            "There is no need to migrate model. Migration process aborting."
        )
        raise MigrationError(message)
    if {role: len(parties) for role, parties in old.items()} != {
        role: len(parties) for role, parties in new.items()
    }:
        message = "role and migrate_role need the same roles with as many parties"
        raise MigrationError(message)
    unified = asked.get("unify_model_version")
    new_version = str(unified) if unified else version
    occupied = bool(parts.state.models.rows.select({"model_version": new_version}))
    outcomes = Outcomes()
    for role, parties in parties_of(asked["execute_party"]).items():
        for party_id in parties:
            if occupied and unified and not parts.release.migrate_again:
                outcomes.add(role, party_id, 100, _OCCUPIED.format(new_version))
                continue
            key = {name: asked[name] for name in ("model_id", "model_version")}
            row = parts.state.models.get({**key, "role": role, "party_id": party_id})
            if row is None or party_id not in old.get(role, []):
                message = no_copy(asked["model_id"], asked["model_version"])
                outcomes.add(role, party_id, 100, message)
                continue
            target = new[role][old[role].index(party_id)]
            text = _migrate_one(parts, row, asked, (new, target, new_version))
            outcomes.add(role, party_id, 0, text)
    return outcomes.outcome()


def _migrate_one(
    parts: Parts, row: JsonObject, asked: JsonObject, target: tuple[dict[str, list[int]], int, str]
) -> str:
    roles, party_id, version = target
    initiator = as_object(asked["migrate_initiator"]) or {}
    dated = ("create_time", "update_time", "create_date", "update_date", "size")
    moved = {name: value for name, value in row.items() if name not in dated}
    first = {"role": initiator.get("role"), "party_id": int(initiator.get("party_id", 0))}
    for name in ("runtime_conf", "train_runtime_conf", "runtime_conf_on_party"):
        moved[name] = {**row[name], "role": roles, "initiator": first}
    moved |= {
        "party_id": str(party_id),
        "roles": roles,
        "model_id": id_of(roles),
        "model_version": version,
        "job_id": version,
        "initiator_role": first["role"],
        "initiator_party_id": str(first["party_id"]),
        "imported": 1,
    }
    components = parts.state.models.components(row)
    parts.state.models.put(moved, components)
    folder = parts.state.folder / "temp"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / archive_name(moved)
    path.write_bytes(pack(moved, components, parts.release))
    return (
        "Migrating model successfully. The configuration of model has been modified "
        f"automatically. New model id is: {moved['model_id']}, model version is: {version}. "
        f"Model files can be found at '{path}'."
    )
