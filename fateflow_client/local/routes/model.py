"""Routes below /v1/model that ask about models, and take them out and in."""

import io
import re
from typing import Any

from flask import Blueprint, Response, g, request, send_file

from fateflow_client.local.localjobs import submit_local
from fateflow_client.local.migrating import parties_of
from fateflow_client.local.modelzip import archive_name, pack, unpack
from fateflow_client.local.parts import Parts
from fateflow_client.local.predict import components_of, conf_template, ordered
from fateflow_client.local.replies import (
    ExceptionReplyError,
    attachment,
    body,
    envelope,
    error_reply,
    require,
    required,
)
from fateflow_client.local.shapes import JsonObject, as_list, as_object
from fateflow_client.local.store.query import filter_clause
from fateflow_client.local.store.rows import MODELS

KEY = ("model_id", "model_version", "role", "party_id")
_OLD_FILTERS = (*KEY, "job_id")
_NO_MODEL = "No model found, please check if arguments are specified correctly."
_SAFE = re.compile(r"[A-Za-z0-9_#.-]{1,256}")
_MAX_ARCHIVE = 256 * 1024 * 1024


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("model", __name__, url_prefix="/model")
    release, models = parts.release, parts.state.models

    @routes.post("/query")
    def query() -> Response:
        return _query(parts, body())

    @routes.post("/query/detail")
    def detail() -> Response:
        asked = required("model_id", "model_version")
        wanted = {name: asked.get(name) for name in KEY}
        rows = models.rows.select(wanted)
        if not rows:
            return error_reply(210, _NO_MODEL)
        row = rows[0]
        return envelope(
            {
                "dsl": row["train_dsl"],
                "component_info": _component_info(row["train_dsl"]),
                "inference_dsl": row["inference_dsl"],
                "inference_component_info": _component_info(row["inference_dsl"]),
                "runtime_conf": row["runtime_conf"],
            },
            retmsg="Query model info from db success.",
        )

    @routes.post("/get/predict/dsl")
    def predict_dsl() -> Response:
        asked = body()
        if release.version_needed and not asked.get("model_version"):
            name = "Pipeline"
            raise KeyError(name)
        asked = required("model_id", "model_version")
        rows = models.copies(asked["model_id"], asked["model_version"], ("guest", "host"))
        return _document(rows[0]["inference_dsl"] if rows else None, asked)

    @routes.post("/get/predict/conf")
    def predict_conf() -> Response:
        asked = required("model_id", "model_version")
        rows = models.copies(asked["model_id"], asked["model_version"], ("guest", "host"))
        if not rows:
            return _document(None, asked)
        row = rows[0]
        conf = conf_template(row["train_runtime_conf"], row["inference_dsl"], row)
        return _document(conf, asked)

    @routes.route("/export", methods=["GET", "POST"])
    def export() -> Response:
        asked = required(*KEY)
        row = models.get(asked)
        if row is None:
            which = "#".join(str(asked[name]) for name in ("role", "party_id", "model_id"))
            status = release.missing_model_status
            text = "does not exist" if status == 404 else "is not exist"
            message = f"Model {which} {asked['model_version']} {text}."
            return error_reply(status, message)
        return _zip(pack(row, models.components(row), release), archive_name(row))

    @routes.post("/import")
    def import_model() -> Response:
        return _import(parts)

    for name, module in (("store", "ModelStore"), ("restore", "ModelRestore")):

        def local(component: tuple[str, str] = (f"{name}_0", module)) -> Response:
            asked = required(*KEY)
            params = {key: asked[key] for key in KEY}
            return submit_local(parts, component, asked, params, parts.submitter.ids.new())

        routes.post(f"/{name}", endpoint=name)(local)

    @routes.post("/<word>")
    def other(word: str) -> Response:
        if not release.html_errors:
            message = f'Not supported model operation: "{word}".'
            raise Exception(message)
        message = f"Can not support this operating now: {word}"
        raise ExceptionReplyError(message)

    return routes


def _document(found: JsonObject | None, asked: JsonObject) -> Response:
    if found is None:
        return error_reply(210, _NO_MODEL)
    filename = asked.get("filename")
    return attachment(found, str(filename)) if filename else envelope(found)


def _component_info(dsl: JsonObject) -> list[JsonObject]:
    if not dsl:
        return []
    components = {name: as_object(value) or {} for name, value in components_of(dsl).items()}
    # The models that the pipeline provides are no components to wait for.
    return [
        {"component_name": name, "index": at, "module": components[name].get("module")}
        for at, name in enumerate(ordered(components))
    ]


def _query(parts: Parts, asked: JsonObject) -> Response:
    release, models = parts.release, parts.state.models
    wanted = asked
    if release.version_needed:
        if asked.get("model_version") is None:
            message = "query_model_info() missing 1 required positional argument: 'model_version'"
            raise TypeError(message)
        wanted = {name: asked.get(name) for name in _OLD_FILTERS}
    rows = models.rows.where(*filter_clause(MODELS, wanted))[0]
    kept = [row for row in rows if row["in_database"]]
    named = asked.get("model_id") is not None and asked.get("model_version") is not None
    found = kept or (rows if named else [])
    if not found:
        where = "db." if release.version_needed else "db and local model files."
        end = "" if release.version_needed else "."
        message = (
            f"Query model info failed, cannot find model from {where} Try use both model id and "
            f"model version to query model info from local models{end}"
        )
        return envelope([], retcode=100, retmsg=message)
    shown = [parts.present.model(row) for row in found]
    columns = as_list(asked.get("query_filters"))
    if columns:
        shown = [
            {key: row[key] for name in columns if (key := f"f_{name}") in row} for row in shown
        ]
    source = "db" if kept else "local model"
    return envelope(shown, retmsg=f"Query model info from {source} success.")


def _zip(content: bytes, filename: str) -> Response:
    reply = send_file(
        io.BytesIO(content), mimetype="application/zip", conditional=False, etag=False
    )
    # Unquoted, as FATE Flow writes it; the names of stored models are harmless.
    reply.headers["Content-Disposition"] = f"attachment; filename={filename}"
    reply.content_length = len(content)
    reply.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return reply


def check_model_names(*names: object) -> None:
    """Ids that a client makes up end up in file names.

    Raises:
        ExceptionReplyError: One of them could be more than a name.
    """
    for name in names:
        if not _SAFE.fullmatch(str(name)) or ".." in str(name):
            message = f"{name!r} may contain letters, digits, _ # . and - only"
            raise ExceptionReplyError(message)


def _import(parts: Parts) -> Response:
    release, models = parts.release, parts.state.models
    posted = as_object(g.body)
    asked: JsonObject = dict(request.form) if posted is None else posted
    require(asked, *KEY)
    upload = request.files.get("file")
    if upload is None:
        if not release.plain_import:
            return error_reply(400, "`file` is required.")
        message = "'NoneType' object has no attribute 'filename'"
        raise AttributeError(message)
    key: JsonObject = {name: str(asked[name]) for name in KEY}
    which = f"{key['role']}#{key['party_id']}#{key['model_id']} {key['model_version']}"
    forced = not release.plain_import and str(asked.get("force_update", "0")) in (
        "1",
        "true",
        "True",
    )
    if models.get(key) is not None and not forced:
        if not release.plain_import:
            return error_reply(409, "Model already exists.")
        message = f"Model {which} local cache already existed"
        raise ExceptionReplyError(message)
    content = upload.read(_MAX_ARCHIVE + 1)
    wanted_hash: Any = None if release.plain_import else asked.get("hash")
    archived = unpack(content[:_MAX_ARCHIVE], "the uploaded file", wanted_hash)
    parties = [str(party) for party in as_list(archived.row["roles"].get(key["role"])) or []]
    if key["party_id"] not in parties:
        if release.plain_import:
            # The real text is this one, braces and all.
            message = "party id {} is not in model roles, please check if the party id is valid."
            raise ExceptionReplyError(message)
        message = (
            f'Party id "{key["party_id"]}" is not in role "{key["role"]}", '
            "please check if the party id and role is valid."
        )
        return error_reply(400, message)
    check_model_names(*key.values())
    _ = parties_of(archived.row["roles"])
    job_id = parts.submitter.ids.new()
    trained = models.copies(archived.row["model_id"], archived.row["model_version"])
    row: JsonObject = {
        **archived.row,
        **key,
        "job_id": job_id,
        "runtime_conf": archived.row["train_runtime_conf"],
        "imported": 1,
        "in_database": int(not (release.plain_import and trained)),
    }
    models.put(row, archived.components)
    return envelope() if release.plain_import else envelope({**key, "job_id": job_id})
