"""Reader: a table becomes a job's data."""

from itertools import islice

from fateflow_client.local.frames import Table
from fateflow_client.local.modules.base import Task
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.tables import TableMeta

_SAMPLE = 5


def read(task: Task) -> None:
    """Read each party's table; a missing one fails the component on that party only."""
    for party in task.parties:
        named = as_object(task.params(party).get("table")) or {}
        name, namespace = str(named.get("name")), str(named.get("namespace"))
        meta = task.state.tables.get(namespace, name)
        if meta is None:
            task.fail(party, f"can not found table name: {name} namespace: {namespace}")
            continue
        table = task.state.tables.read(meta)
        # The rows are stored already: the output only points at them.
        task.put_data(party, table, meta.frame_id)
        task.put_metric(party, "reader_namespace", "reader_name", [], _info(meta, table))
        task.log(f"read {meta.count} rows of {namespace} {name}", party)
        task.check()


def _info(meta: TableMeta, table: Table) -> JsonObject:
    sample = list(islice(table.fields(), _SAMPLE))
    shown = {
        name: ",".join(dict.fromkeys(row[at] for row in sample if at < len(row)))
        for at, name in enumerate(table.header)
    }
    return {
        "name": "reader",
        "metric_type": "data_info",
        "table_name": meta.name,
        "namespace": meta.namespace,
        "table_info": shown,
        "partitions": meta.partitions,
        "storage_engine": "STANDALONE",
        "count": meta.count,
        "anonymous_info": {},
        "attribute_info": {},
    }
