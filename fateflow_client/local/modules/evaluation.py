"""Evaluation: binary metrics of the scores a party has."""

import numpy as np

from fateflow_client.local.frames import Scores
from fateflow_client.local.modules import params
from fateflow_client.local.modules.base import ModuleError, Task, refuse_changed
from fateflow_client.local.modules.binary_metrics import METRICS, BinaryMetrics
from fateflow_client.local.shapes import JsonObject, as_list

_BOTH = 2


def evaluate(task: Task) -> None:
    """Evaluate every set of scores on every party that has any; the others do nothing."""
    for party in task.parties:
        refuse_changed(task, party, params.EVALUATION, ("eval_type", "pos_label"))
        summary: JsonObject = {}
        for item in task.inputs(party):
            if not isinstance(item.data, Scores):
                message = f"Evaluation needs scores, {item.source} on {party} gives none"
                raise ModuleError(message)
            metrics = _metrics(item.source, item.data)
            asked = task.params(party)["metrics"]
            wanted = [asked] if isinstance(asked, str) else as_list(asked)
            names = [str(name).lower() for name in wanted] if wanted else list(METRICS)
            unknown = sorted(set(names) - set(METRICS))
            if unknown:
                message = f"Evaluation: the embedded server has no metrics {unknown}"
                raise ModuleError(message)
            for metric in metrics.compute(names):
                task.put_metric(party, "train", metric.name, metric.data, metric.meta)
            whole = {"auc": metrics.auc, "ks": metrics.ks}
            summary[item.source] = {"train": {k: v for k, v in whole.items() if k in names}}
            task.log(f"{item.source}: auc {metrics.auc}, ks {metrics.ks}", party)
            task.check()
        if summary:
            task.put_summary(party, summary)


def _metrics(source: str, data: Scores) -> BinaryMetrics:
    labels = np.asarray(data.labels, dtype=np.int64)
    if len(np.unique(labels)) < _BOTH:
        message = f"Evaluation: the scores of {source} carry only one of the labels 0 and 1"
        raise ModuleError(message)
    return BinaryMetrics(source, labels, data.scores)
