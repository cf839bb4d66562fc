"""Routes below /v1/table and /v1/version."""

from flask import Blueprint, Response, g

from fateflow_client.local.replies import body, envelope, error_reply
from fateflow_client.local.settings import RELEASE
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.state import State


def blueprint(state: State) -> Blueprint:
    """The routes."""
    routes = Blueprint("table", __name__)

    @routes.post("/version/get")
    def version_get() -> Response:
        module = (as_object(g.body) or {}).get("module", "FATE")
        if module != "FATE":
            return error_reply(404, f"unknown module {module}")
        return envelope({"FATE": RELEASE, "API": "v1"})

    @routes.post("/table/table_info")
    def table_info() -> Response:
        asked = body()
        namespace = asked.get("namespace")
        name = asked.get("table_name") or asked.get("name")
        answer: JsonObject = {
            "namespace": namespace,
            "table_name": name,
            "exist": 0,
            "count": 0,
            "partition": None,
            "schema": None,
            "address": None,
            "enable": True,
            "origin": None,
            "extend_sid": False,
        }
        meta = state.tables.get(str(namespace), str(name))
        if meta is not None:
            answer |= {
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
        return envelope(answer)

    @routes.post("/table/delete")
    def table_delete() -> Response:
        asked = body()
        namespace, name = asked.get("namespace"), asked.get("table_name")
        named = namespace is not None and name is not None
        if not named or not state.tables.delete(str(namespace), str(name)):
            return envelope(retcode=101, retmsg="no find table")
        return envelope({"table_name": name, "namespace": namespace})

    return routes
