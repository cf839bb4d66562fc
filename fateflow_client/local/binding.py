"""Binding a file of the data folder as a table."""

from fateflow_client.local.modules.upload import parse_file, server_file
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import ExceptionReplyError
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.tables import TableMeta

_PARTITIONS = 4


def bind_table(parts: Parts, asked: JsonObject) -> None:
    """Read the file that ``address`` names and keep it as a table.

    Raises:
        ExceptionReplyError: The engine is not PATH, the table exists and is not to be dropped, or
            the file is not inside the data folder.
    """
    namespace, name = str(asked["namespace"]), str(asked["name"])
    if str(asked["engine"]).upper() != "PATH":
        message = f"the embedded server binds files only: engine PATH, not {asked['engine']!r}"
        raise ExceptionReplyError(message)
    destroy = int(asked.get("drop") or 0) > 0
    if not destroy and parts.state.tables.get(namespace, name) is not None:
        raise ExceptionReplyError(parts.release.exists)
    path = str((as_object(asked["address"]) or {}).get("path"))
    table = parse_file(
        server_file(parts.state, path),
        delimiter=str(asked.get("id_delimiter") or ","),
        head=bool(asked.get("head", 1)),
        sid_counter=False,
        extend_sid=None,
    )
    schema: JsonObject = {"meta": {}, "sid": table.sid, "header": ",".join(table.header)}
    meta = TableMeta(
        namespace=namespace,
        name=name,
        partitions=int(asked.get("partitions") or _PARTITIONS),
        origin="table_bind",
        schema=schema,
        id_delimiter=table.delimiter,
    )
    parts.state.tables.put(meta, table)
