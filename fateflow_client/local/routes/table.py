"""Routes below /v1/table."""

from flask import Blueprint, Response, g

from fateflow_client.local.binding import bind_table
from fateflow_client.local.downloads import header_of, members, preview
from fateflow_client.local.modules.base import ModuleError
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import (
    ExceptionReplyError,
    archive,
    body,
    envelope,
    error_reply,
    required,
)
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.tables import TableMeta

_PARTY = ("job_id", "role", "party_id")


def blueprint(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("table", __name__, url_prefix="/table")
    state = parts.state

    def named(asked: JsonObject) -> tuple[str, str, TableMeta | None]:
        namespace, name = asked.get("namespace"), asked.get("table_name") or asked.get("name")
        return str(namespace), str(name), state.tables.get(str(namespace), str(name))

    @routes.post("/table_info")
    def table_info() -> Response:
        asked = body()
        answer: JsonObject = {
            "namespace": asked.get("namespace"),
            "table_name": asked.get("table_name") or asked.get("name"),
            "exist": 0,
            "count": 0,
            "partition": None,
            "schema": None,
            "address": None,
            "enable": True,
            "origin": None,
            "extend_sid": False,
        }
        _, _, meta = named(asked)
        if meta is not None:
            answer |= _described(meta)
        return envelope(parts.present.table_info(answer))

    @routes.post("/delete")
    def delete() -> Response:
        asked = body()
        namespace, name = asked.get("namespace"), asked.get("table_name")
        given = namespace is not None and name is not None
        if not given or not state.tables.delete(str(namespace), str(name)):
            return envelope(retcode=101, retmsg="no find table")
        return envelope({"table_name": name, "namespace": namespace})

    @routes.get("/download")
    def download() -> Response:
        asked = as_object(g.body)
        if asked is None:
            message = f"'{type(g.body).__name__}' object has no attribute 'get'"
            raise AttributeError(message)
        namespace, name, meta = named(asked)
        if meta is None:
            return error_reply(210, f"no found table:{namespace}, {name}")
        found = members(parts, [("table", meta.frame_id)], None, head=True)
        named_file = parts.release.named_downloads
        return archive(f"table_{namespace}_{name}.tar.gz", found, named=named_file)

    @routes.post("/preview")
    def table_preview() -> Response:
        asked = body()
        namespace, name, meta = named(asked)
        if meta is None:
            message = f"no found table:{namespace}, {name}"
            raise ExceptionReplyError(message)
        rows, _, _ = preview(parts, meta.frame_id)
        limit = asked.get("limit")
        cut = limit if isinstance(limit, int) and limit > 0 else len(rows)
        return envelope({"data": rows[:cut], "header": header_of(parts, meta.frame_id)})

    @routes.post("/list")
    def list_tables() -> Response:
        found = _of_job(parts, required("job_id", "role", "party_id"))
        if found is None:
            return envelope(retcode=101, retmsg="no find job")
        return envelope(found)

    @routes.post("/bind")
    def bind() -> Response:
        asked = required("engine", "address", "namespace", "name")
        try:
            bind_table(parts, asked)
        except ModuleError as error:
            raise ExceptionReplyError(str(error)) from error
        return envelope({"table_name": asked["name"], "namespace": asked["namespace"]})

    @routes.post("/<word>")
    def other(word: str) -> Response:
        return envelope()

    return routes


def _described(meta: TableMeta) -> JsonObject:
    return {
        "exist": 1,
        "count": meta.count,
        "partition": meta.partitions,
        "schema": meta.schema,
        "origin": meta.origin,
        "extend_sid": meta.extend_sid,
        "address": {
            "connector_name": None,
            "home": None,
            "name": meta.name,
            "namespace": meta.namespace,
            "storage_type": "LMDB",
        },
    }


def _of_job(parts: Parts, asked: JsonObject) -> JsonObject | None:
    """The tables that go into and come out of a party's components; None for an unknown job."""
    rows = parts.state.jobs.rows.select({name: asked[name] for name in _PARTY})
    if not rows:
        return None
    first = rows[0]
    party = {name: first[name] for name in ("role", "party_id")}
    names: dict[str, JsonObject] = {}
    for output in parts.state.outputs.of_job(str(first["job_id"]), party):
        table = {"name": output["table_name"], "namespace": output["table_namespace"]}
        names.setdefault(output["component_name"], {})[output["data_name"]] = table
    found: JsonObject = {}
    for task in parts.state.jobs.tasks.select({"job_id": first["job_id"], **party}):
        name = str(task["component_name"])
        shown = task["component_parameters"].get("ComponentParam", {})
        given: JsonObject = {}
        if task["component_module"] == "Reader" and "table" in shown:
            given["table"] = shown["table"]
        data = first["dsl"]["components"][name].get("input", {}).get("data", {})
        for reference in [item for references in data.values() for item in references]:
            source, _, kind = str(reference).partition(".")
            if kind in names.get(source, {}):
                given[str(reference)] = names[source][kind]
        found[name] = {"input": given, "output": names.get(name, {})}
    return found
