"""Upload: a file becomes a table."""

from pathlib import Path

from fateflow_client.local.frames import Table
from fateflow_client.local.modules.base import ModuleError, Party, Task
from fateflow_client.local.shapes import JsonObject, id_order
from fateflow_client.local.store.state import State
from fateflow_client.local.store.tables import TableMeta

_PARTITION_LIMIT = 1024


def parse_file(
    path: Path, *, delimiter: str, head: bool, sid_counter: bool, extend_sid: str | None
) -> Table:
    """Split a file into rows: line by line, plainly at the delimiter; quotes mean nothing.

    The first column is the id. A later row with the same id replaces the earlier one; rows come
    out in FATE's order, shorter ids first. A byte order mark is dropped, CRLF ends a line as LF
    does, blank lines are skipped.

    Args:
        path: The file.
        delimiter: What separates the columns.
        head: Whether the first line is a header.
        sid_counter: Number the rows instead of taking the first column as id.
        extend_sid: A prefix for a generated id; the whole line then becomes values.

    Raises:
        ModuleError: The file is empty or not UTF-8.
    """
    rows: dict[str, str] = {}
    header: list[str] | None = None
    generated = sid_counter or extend_sid is not None
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for raw in lines:
                line = raw.rstrip("\r\n")
                if not line.strip():
                    continue
                if head and header is None:
                    header = line.split(delimiter)
                    continue
                if generated:
                    sid, rest = f"{extend_sid or ''}{len(rows)}", line
                else:
                    sid, _, rest = line.partition(delimiter)
                rows[sid] = rest
    except UnicodeDecodeError as error:
        message = f"the uploaded file is not UTF-8: {error}"
        raise ModuleError(message) from error
    if not rows:
        message = "the uploaded file has no data rows"
        raise ModuleError(message)
    names = header or []
    sid_name = "sid" if generated and names else "".join(names[:1])
    values = tuple(names if generated else names[1:])
    ids = sorted(rows, key=id_order)
    return Table(sid_name, values, ids, [rows[sid] for sid in ids], delimiter)


def inside_folder(state: State, name: str) -> Path:
    """A path below the data folder, links resolved; the server's own state is not below it.

    Raises:
        ModuleError: It lies elsewhere.
    """
    try:
        path = (state.folder / name).resolve()
    except (OSError, ValueError) as error:
        message = f"{name!r} is no usable path: {error}"
        raise ModuleError(message) from error
    if not path.is_relative_to(state.folder) or path.is_relative_to(state.private):
        message = f"{name} is outside the data folder of this server"
        raise ModuleError(message)
    return path


def server_file(state: State, name: str) -> Path:
    """The file a configuration names, only if it lies in the data folder.

    Raises:
        ModuleError: It lies elsewhere or does not exist.
    """
    path = inside_folder(state, name)
    if not path.is_file():
        message = f"{name} is not exist, please check the configure"
        raise ModuleError(message)
    return path


def upload(task: Task) -> None:
    """Read the file into the table the configuration names."""
    (party,) = task.parties
    params = task.params(party)
    if params["head"] not in (0, 1):
        message = f"'head' in conf.json should be 0 or 1, got {params['head']!r}"
        raise ModuleError(message)
    if not 0 < params["partition"] < _PARTITION_LIMIT:
        message = f"Error number of partition, it should between 0 and {_PARTITION_LIMIT}"
        raise ModuleError(message)
    received = task.state.uploads / f"{task.job_id}.csv"
    is_received = received.is_file()
    try:
        path = received if is_received else server_file(task.state, str(params["file"]))
        _store(task, party, params, path)
    finally:
        if is_received:
            received.unlink(missing_ok=True)


def _store(task: Task, party: Party, params: JsonObject, path: Path) -> None:
    namespace, name = str(params["namespace"]), str(params["name"])
    if not params["destroy"] and task.state.tables.get(namespace, name) is not None:
        task.log(f"table {namespace} {name} was made meanwhile; it is replaced", party)
    extend = f"{task.job_id}_" if params["extend_sid"] else None
    table = parse_file(
        path,
        delimiter=str(params["id_delimiter"]),
        head=params["head"] == 1,
        sid_counter=bool(params["auto_increasing_sid"]),
        extend_sid=extend,
    )
    task.check()
    schema: JsonObject = {"meta": {}}
    if params["head"] == 1:
        header = table.delimiter.join(table.header)
        schema |= {"sid": table.sid, "header": header}
    meta = TableMeta(
        namespace=namespace,
        name=name,
        partitions=int(params["partition"]),
        schema=schema,
        extend_sid=bool(params["extend_sid"]),
        id_delimiter=table.delimiter,
        job_id=task.job_id,
    )
    task.state.tables.put(meta, table)
    info: JsonObject = {
        "table_name": name,
        "namespace": namespace,
        "partition": meta.partitions,
        "upload_count": len(table.ids),
    }
    shown: JsonObject = {"upload_info": info, "notes": "", "schema": schema}
    task.state.tracking.put_metric(
        task.place(party), "upload", "data_access", [], {**info, "name": "upload"}
    )
    task.state.tracking.put_document(task.place(party), "upload", shown)
    task.log(f"{len(table.ids)} rows uploaded to {namespace} {name}", party)
