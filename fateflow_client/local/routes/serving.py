"""Routes below /v1/model that bring models into use: deploy, load, bind, migrate."""

from flask import Blueprint, Response

from fateflow_client.local.deploying import Outcome, Outcomes, deploy, no_copy
from fateflow_client.local.migrating import MigrationError, migrate, parties_of
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import ExceptionReplyError, body, envelope, error_reply, required
from fateflow_client.local.routes.model import check_model_names
from fateflow_client.local.shapes import JsonObject, as_list, as_object

_ARGUMENT_ERROR = 101
_NOT_DEPLOYED = (
    "Only deployed models could be used to execute process of loading. "
    "Please deploy model before loading."
)
_NO_SERVING = (
    "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n"
    '\tdetails = "failed to connect to all addresses: the embedded server has no FATE-Serving"\n>'
)
_MIGRATE_NEEDS = (
    "migrate_initiator",
    "role",
    "migrate_role",
    "model_id",
    "model_version",
    "execute_party",
    "job_parameters",
)


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("serving", __name__, url_prefix="/model")
    release, models = parts.release, parts.state.models

    @routes.post("/deploy")
    def deploy_model() -> Response:
        asked = required("model_id", "model_version")
        model_id, version = str(asked["model_id"]), str(asked["model_version"])
        copies = models.copies(model_id, version)
        if not copies and release.refused_deploy:
            message = f"Deploy model failed. Model {model_id} {version} not found."
            return error_reply(404, message)
        if not copies:
            message = f"Deploy model failed, no model {model_id} {version} found."
            raise ExceptionReplyError(message)
        new = parts.submitter.ids.new()
        outcome = deploy(parts, asked, parties_of(copies[0]["roles"]), new)
        return _told(outcome, {"model_id": model_id, "model_version": new})

    @routes.post("/load")
    def load() -> Response:
        asked = body()
        job_id = parts.submitter.ids.new()
        if asked.get("job_id") is not None:
            row = _by_version(parts, asked["job_id"])
            if row is None:
                subject = _subject(parts, "Model with version")
                message = f"{subject} {asked['job_id']} {_UNKNOWN}"
                return envelope(retcode=_ARGUMENT_ERROR, retmsg=message)
            asked = _loading(row)
        outcome = _load(parts, asked)
        failed = outcome.failed
        retcode, message = (_ARGUMENT_ERROR, "failed") if failed else (0, "success")
        return envelope(outcome.data, retcode=retcode, retmsg=message, job_id=job_id)

    @routes.post("/bind")
    def bind() -> Response:
        asked = body()
        if asked.get("job_id") is not None and _by_version(parts, asked["job_id"]) is None:
            message = f"{_subject(parts, 'Model')} {asked['job_id']} {_UNKNOWN}"
            return envelope(retcode=_ARGUMENT_ERROR, retmsg=message)
        if not asked.get("service_id"):
            return envelope(retcode=_ARGUMENT_ERROR, retmsg="no service id")
        if asked.get("job_id") is None:
            for name in ("initiator", "role", "job_parameters"):
                _ = asked[name]
        raise ExceptionReplyError(_NO_SERVING)

    @routes.post("/migrate")
    def migrate_model() -> Response:
        asked = body()
        if release.missing_raises and "migrate_initiator" not in asked:
            name = "migrate_initiator"
            raise KeyError(name)
        asked = required(*_MIGRATE_NEEDS)
        check_model_names(asked.get("unify_model_version") or "x")
        job_id = parts.submitter.ids.new()
        try:
            outcome = migrate(parts, asked, job_id)
        except MigrationError as error:
            return envelope(retcode=100, retmsg=str(error))
        # The envelope says success whatever the parties answered.
        return envelope(outcome.data, job_id=job_id)

    return routes


_UNKNOWN = "can not be found in database. Please check if the model version is valid."


def _subject(parts: Parts, text: str) -> str:
    return text.lower() if parts.release.plain_exceptions else text


def _told(outcome: Outcome, model: JsonObject) -> Response:
    data = {**outcome.data, **model}
    if outcome.failed:
        return envelope(data, retcode=_ARGUMENT_ERROR, retmsg="failed")
    return envelope(data)


def _by_version(parts: Parts, version: object) -> JsonObject | None:
    rows = parts.state.models.rows.select({"model_version": str(version), "in_database": 1})
    return rows[0] if rows else None


def _loading(row: JsonObject) -> JsonObject:
    parameters = {name: row[name] for name in ("model_id", "model_version")}
    first = {"role": row["initiator_role"], "party_id": row["initiator_party_id"]}
    return {"initiator": first, "role": row["roles"], "job_parameters": parameters}


def _load(parts: Parts, asked: JsonObject) -> Outcome:
    """Guest and host would hand their copy to FATE-Serving; the arbiter has no part in it."""
    _ = asked["initiator"]
    roles = as_object(asked["role"]) or {}
    parameters = as_object(asked["job_parameters"]) or {}
    model_id, version = parameters["model_id"], parameters["model_version"]
    outcomes = Outcomes()
    for role in ("guest", "host"):
        for party_id in as_list(roles.get(role)) or []:
            key = {"model_id": model_id, "model_version": version}
            row = parts.state.models.get({**key, "role": role, "party_id": party_id})
            if row is None:
                message = no_copy(model_id, version)
            else:
                message = _NOT_DEPLOYED if row["parent"] else _NO_SERVING
            outcomes.add(role, party_id, 100, message)
    return outcomes.outcome()
