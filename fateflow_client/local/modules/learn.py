"""The only importer of scikit-learn: logistic regression step by step, AUC and the ROC curve."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fateflow_client.local.frames import Floats

# scikit-learn ships no types: imported by name its functions are Any, once, here.
_linear_model: Any = import_module("sklearn.linear_model")
_metrics: Any = import_module("sklearn.metrics")
_version: str = import_module("sklearn").__version__

# Each call makes one iteration and is told that any result is good enough: otherwise
# scikit-learn warns each time that it has not converged. Convergence is decided by the caller.
_ANY_RESULT = 1e100
_PENALTY_IS_DEPRECATED = tuple(int(part) for part in _version.split(".")[:2]) >= (1, 8)

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """A linear model's coefficients and intercept."""

    coefficients: Floats
    intercept: float

    def logits(self, features: Floats) -> Floats:
        """The linear part for each row."""
        return features @ self.coefficients + self.intercept

    def scores(self, features: Floats) -> Floats:
        """The probability of label 1 for each row."""
        logits = self.logits(features)
        exponential = np.exp(-np.abs(logits))
        return np.where(logits >= 0, 1 / (1 + exponential), exponential / (1 + exponential))


def _zeros(features: Floats) -> Floats:
    return np.zeros(int(features.shape[1]), dtype=np.float64)


class LogisticFit:
    """Logistic regression that advances one iteration of scikit-learn's solver at a time.

    The objective is FATE's: mean log loss plus alpha / 2 * |w|^2 (L2) or alpha * |w| (L1). L2 and
    no penalty take Newton steps, L1 takes passes of SAGA; the intercept is not penalised by L2.

    Args:
        penalty: ``"L2"``, ``"L1"`` or None.
        alpha: The penalty's weight.
        fit_intercept: Whether there is an intercept.
    """

    def __init__(self, penalty: str | None, alpha: float, *, fit_intercept: bool) -> None:
        self._penalty = penalty if alpha > 0 else None
        self._alpha = alpha if self._penalty else 0.0
        self._fit_intercept = fit_intercept
        self._model: Any = None
        self._weights: Weights | None = None

    def loss(self, features: Floats, labels: Labels) -> float:
        """The objective at the present weights; before the first step they are zero."""
        weights = self._weights or Weights(_zeros(features), 0.0)
        logits = weights.logits(features)
        mean = float(np.mean(np.logaddexp(0.0, logits) - labels * logits))
        if self._penalty == "L1":
            return mean + self._alpha * float(np.abs(weights.coefficients).sum())
        return mean + self._alpha / 2 * float(weights.coefficients @ weights.coefficients)

    def step(self, features: Floats, labels: Labels) -> Weights:
        """Make one iteration; answers the new weights."""
        if self._model is None:
            self._model = self._new_model(len(labels))
        self._model.fit(features, labels)
        intercept = float(self._model.intercept_[0]) if self._fit_intercept else 0.0
        self._weights = Weights(np.array(self._model.coef_[0], dtype=np.float64), intercept)
        return self._weights

    def _new_model(self, rows: int) -> Any:
        options: dict[str, Any] = {
            "C": np.inf if self._penalty is None else 1.0 / (self._alpha * rows),
            "fit_intercept": self._fit_intercept,
            "tol": _ANY_RESULT,
            "warm_start": True,
        }
        if self._penalty == "L1":
            lasso = {"l1_ratio": 1.0} if _PENALTY_IS_DEPRECATED else {"penalty": "l1"}
            # A limit of two passes: SAGA also warns when it stops exactly at its limit.
            options |= {**lasso, "solver": "saga", "max_iter": 2, "random_state": 0}
        else:
            options |= {"solver": "newton-cholesky", "max_iter": 1}
        return _linear_model.LogisticRegression(**options)


def auc(labels: Labels, scores: Floats) -> float:
    """The area under the ROC curve."""
    return float(_metrics.roc_auc_score(labels, scores))


def roc_curve(labels: Labels, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """False and true positive rates and the thresholds between which they change."""
    fpr, tpr, thresholds = _metrics.roc_curve(labels, scores)
    return np.asarray(fpr), np.asarray(tpr), np.asarray(thresholds)


def breast_cancer() -> tuple[Floats, Labels]:
    """The Wisconsin breast-cancer data: 30 features, label 1 for malignant."""
    features, target = import_module("sklearn.datasets").load_breast_cancer(return_X_y=True)
    return np.asarray(features, dtype=np.float64), np.asarray(1 - target, dtype=np.int64)
