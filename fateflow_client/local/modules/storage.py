"""Download, ModelStore and ModelRestore: what leaves the server, or would."""

from fateflow_client.local.modules.base import ModuleError, Task
from fateflow_client.local.modules.upload import inside_folder


def download(task: Task) -> None:
    """Write a table into the data folder, a line per row and no header, as FATE does."""
    (party,) = task.parties
    params = task.params(party)
    namespace, name = str(params["namespace"]), str(params["name"])
    meta = task.state.tables.get(namespace, name)
    if meta is None:
        message = f"no found table name {name} namespace {namespace}"
        raise ModuleError(message)
    path = inside_folder(task.state, str(params["output_path"]))
    if path == task.state.folder or path.is_dir():
        message = f"{params['output_path']} is a folder"
        raise ModuleError(message)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    delimiter = str(params["delimiter"])
    with path.open("w", encoding="utf-8", newline="\n") as target:
        for at, row in enumerate(task.state.frames.rows(meta.frame_id)):
            target.write(delimiter.join(row) + "\n")
            if at % 10_000 == 0:
                task.check()
    task.log(f"{meta.count} rows of {namespace} {name} written", party)


def no_storage(task: Task) -> None:
    """Fail: there is no database or bucket that models could be stored in."""
    message = f"{task.module}: no model storage is configured on this server"
    raise ModuleError(message)
