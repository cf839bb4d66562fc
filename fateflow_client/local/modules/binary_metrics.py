"""FATE's binary metrics from scores, with FATE's cut points: the recordings' values come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fateflow_client.local.frames import Floats
from fateflow_client.local.modules.learn import Labels, auc, roc_curve
from fateflow_client.local.shapes import JsonObject

METRICS = (
    "auc",
    "ks",
    "lift",
    "gain",
    "accuracy",
    "precision",
    "recall",
    "roc",
    "confusion_mat",
    "f1_score",
    "quantile_pr",
)
_CUTS = tuple(cut / 100 for cut in range(100))
_QUANTILES = tuple(cut / 20 for cut in range(21))


@dataclass(frozen=True)
class Metric:
    """One metric as component/metric/all shows it."""

    name: str
    data: list[list[Any]]
    meta: JsonObject


@dataclass(frozen=True)
class _Counts:
    """The confusion matrix at each threshold; a row is positive above the threshold."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats

    @property
    def positive(self) -> Floats:
        return self.tp + self.fp

    @property
    def precision(self) -> Floats:
        return _ratio(self.tp, self.positive, 1.0)

    @property
    def recall(self) -> Floats:
        return _ratio(self.tp, self.tp + self.fn, 1.0)


def _ratio(above: Floats, below: Floats, otherwise: float) -> Floats:
    return np.divide(above, below, out=np.full_like(above, otherwise), where=below != 0)


def _count(labels: Labels, scores: Floats, thresholds: Sequence[float]) -> _Counts:
    true = np.sort(scores[labels == 1])
    false = np.sort(scores[labels != 1])
    limits = np.asarray(thresholds)
    tp = (len(true) - np.searchsorted(true, limits, side="right")).astype(np.float64)
    fp = (len(false) - np.searchsorted(false, limits, side="right")).astype(np.float64)
    return _Counts(tp, fp, len(true) - tp, len(false) - fp)


def _rounded(values: Sequence[float] | Floats) -> list[float]:
    return [round(float(value), 6) for value in values]


def _pairs(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> list[list[Any]]:
    return [[a, b] for a, b in zip(_rounded(x), _rounded(y), strict=True)]


class BinaryMetrics:
    """All metrics of one set of scores.

    Args:
        name: What the metrics are called after: the component that made the scores.
        labels: 0 and 1, both present.
        scores: The probability of 1.
    """

    def __init__(self, name: str, labels: Labels, scores: Floats) -> None:
        self._name = name
        self._labels = labels
        self._scores = scores
        descending = np.sort(scores)[::-1]
        self._cut_thresholds = [float(descending[int(len(scores) * cut)]) for cut in _CUTS]
        self._at_cuts = _count(labels, scores, self._cut_thresholds)
        self._at_hundredths = _count(labels, scores, _CUTS)

    @property
    def auc(self) -> float:
        """The area under the ROC curve."""
        return auc(self._labels, self._scores)

    @property
    def ks(self) -> float:
        """The largest distance between true and false positive rate at a hundred cuts."""
        counts = self._at_cuts
        false_rate = counts.fp / (counts.fp + counts.tn)
        return float(np.max(counts.recall - false_rate))

    def compute(self, wanted: Sequence[str]) -> list[Metric]:
        """The metrics of these names, in FATE's order."""
        found: list[Metric] = []
        summary = [[n, round(v, 6)] for n, v in (("auc", self.auc), ("ks", self.ks)) if n in wanted]
        if summary:
            found.append(Metric(self._name, summary, {"metric_type": "EVALUATION_SUMMARY"}))
        if "ks" in wanted:
            found += self._ks_curves()
        if "lift" in wanted or "gain" in wanted:
            found += [metric for key, metric in self._lift_and_gain() if key in wanted]
        if "accuracy" in wanted:
            found.append(self._accuracy())
        if "precision" in wanted or "recall" in wanted:
            found += [metric for key, metric in self._precision_and_recall() if key in wanted]
        if "roc" in wanted:
            found.append(self._roc())
        if "confusion_mat" in wanted:
            found.append(self._confusion())
        if "f1_score" in wanted:
            found.append(self._f1())
        if "quantile_pr" in wanted:
            found.append(self._quantile())
        return [Metric(m.name, m.data, {**m.meta, "name": m.name}) for m in found]

    def _curve(self, suffix: str, kind: str, data: list[list[Any]], **meta: Any) -> Metric:
        described = {"curve_name": self._name, "metric_type": kind, **meta}
        return Metric(f"{self._name}_{suffix}", data, described)

    def _ks_curves(self) -> list[Metric]:
        counts = self._at_cuts
        rates = {"fpr": counts.fp / (counts.fp + counts.tn), "tpr": counts.recall}
        return [
            self._curve(
                f"ks_{key}",
                "KS_EVALUATION",
                _pairs([*_CUTS, 1.0], [*rate, 1.0]),
                curve_name=f"{self._name}_{key}",
                pair_type=self._name,
                thresholds=_rounded(self._cut_thresholds),
            )
            for key, rate in rates.items()
        ]

    def _lift_and_gain(self) -> list[tuple[str, Metric]]:
        thresholds = [*self._cut_thresholds, 0.0]
        counts = _count(self._labels, self._scores, thresholds)
        share: Floats = counts.positive / len(self._labels)
        lift: Floats = counts.precision * (len(self._labels) / int(self._labels.sum()))
        shown = _rounded(thresholds)
        return [
            (
                "lift",
                self._curve("lift", "LIFT_EVALUATION", _pairs(share, lift), thresholds=shown),
            ),
            (
                "gain",
                self._curve(
                    "gain", "GAIN_EVALUATION", _pairs(share, counts.recall), thresholds=shown
                ),
            ),
        ]

    def _accuracy(self) -> Metric:
        accuracy = (self._at_cuts.tp + self._at_cuts.tn) / len(self._labels)
        return self._curve(
            "accuracy",
            "ACCURACY_EVALUATION",
            _pairs(_CUTS, accuracy),
            thresholds=_rounded(self._cut_thresholds),
        )

    def _precision_and_recall(self) -> list[tuple[str, Metric]]:
        best: dict[float, int] = {}
        precision, recall = self._at_cuts.precision, self._at_cuts.recall
        for at, value in enumerate(recall.tolist()):
            if value not in best or precision[best[value]] < precision[at]:
                best[value] = at
        kept = list(best.values())
        cuts = [_CUTS[at] for at in kept]
        shown = _rounded([self._cut_thresholds[at] for at in kept])
        return [
            (
                key,
                self._curve(
                    key,
                    f"{key.upper()}_BINARY_EVALUATION",
                    _pairs(cuts, values[kept]),
                    ordinate_name=key.capitalize(),
                    pair_type=self._name,
                    thresholds=shown,
                ),
            )
            for key, values in (("precision", precision), ("recall", recall))
        ]

    def _roc(self) -> Metric:
        fpr, tpr, thresholds = roc_curve(self._labels, self._scores)
        # JSON has no infinity; FATE's scikit-learn wrote the highest score plus one here.
        thresholds[0] = float(np.max(self._scores)) + 1.0
        return self._curve(
            "roc",
            "ROC_EVALUATION",
            _pairs([*fpr, 1.0], [*tpr, 1.0]),
            ordinate_name="tpr",
            thresholds=_rounded([*thresholds, 1.0]),
            unit_name="fpr",
        )

    def _confusion(self) -> Metric:
        counts = self._at_hundredths
        meta: JsonObject = {"metric_type": "CONFUSION_MAT", "thresholds": list(_CUTS)}
        for key, values in (("tp", counts.tp), ("fp", counts.fp), ("tn", counts.tn)):
            meta[key] = [int(value) for value in values]
        meta["fn"] = [int(value) for value in counts.fn]
        return Metric(f"{self._name}_confusion_mat", [], meta)

    def _f1(self) -> Metric:
        counts = self._at_hundredths
        doubled: Floats = 2 * counts.precision * counts.recall
        scores = _ratio(doubled, counts.precision + counts.recall, 0.0)
        meta = {
            "metric_type": "F1_SCORE",
            "f1_scores": _rounded(scores),
            "thresholds": list(_CUTS),
        }
        return Metric(f"{self._name}_f1_score", [], meta)

    def _quantile(self) -> Metric:
        thresholds = np.quantile(self._scores, _QUANTILES, method="nearest").tolist()
        counts = _count(self._labels, self._scores, thresholds)
        meta = {
            "metric_type": "QUANTILE_PR",
            "thresholds": _rounded(thresholds),
            "p_scores": [[0.0, value] for value in _rounded(counts.precision)],
            "r_scores": [[0.0, value] for value in _rounded(counts.recall)],
        }
        return Metric(f"{self._name}_quantile_pr", [], meta)
