"""Intersection: the ids that all parties have, found by comparing them in the clear."""

from fateflow_client.local.frames import aligned, common_ids
from fateflow_client.local.modules import params
from fateflow_client.local.modules.base import COMPUTED, ModuleError, Task, refuse_changed
from fateflow_client.local.shapes import JsonObject

# These would change which rows come out; the others only say how FATE hides the ids.
_UNSUPPORTED = (
    "join_method",
    "cardinality_only",
    "sync_intersect_ids",
    "run_cache",
    "repeated_id_process",
    "with_sample_id",
    "new_sample_id",
    "allow_info_share",
    "intersect_cache_param.use_cache",
)


def intersect(task: Task) -> None:
    """Cut each party's rows down to the common ids, in the same order everywhere."""
    guests, hosts = task.of_role("guest"), task.of_role("host")
    if not guests or not hosts:
        message = "Intersection needs a guest and at least one host"
        raise ModuleError(message)
    for party in task.parties:
        refuse_changed(task, party, params.INTERSECTION, _UNSUPPORTED)
    inputs = {party: task.input(party).data for party in task.parties}
    ids = common_ids(inputs.values())
    task.check()
    for party, data in inputs.items():
        options = task.params(party)
        kept = aligned(data, ids)
        task.put_data(party, kept.only_ids() if options["only_output_key"] else kept)
        total = len(data.ids)
        rate = len(ids) / total if total else 0.0
        numbers = [
            ["input_match_id_count", total],
            ["intersect_count", len(ids)],
            ["intersect_rate", rate],
            ["unmatched_count", total - len(ids)],
            ["unmatched_rate", 1.0 - rate if total else 0.0],
        ]
        meta: JsonObject = {
            "name": "intersection",
            "metric_type": "INTERSECTION",
            "intersect_method": options["intersect_method"],
            "join_method": options["join_method"],
        }
        task.put_metric(party, "train", "intersection", numbers, meta)
        summary: JsonObject = {
            "cardinality_only": False,
            "unique_id_num": total,
            "intersect_num": len(ids),
            "intersect_rate": rate,
        }
        task.put_summary(party, summary)
        task.log(f"{len(ids)} of {total} ids are common; computed {COMPUTED.split(',')[0]}", party)
    if not ids:
        message = "Intersection found no id that all parties have"
        raise ModuleError(message)
