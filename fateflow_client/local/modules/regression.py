"""HeteroLR and HomoLR: logistic regression on all parties' rows, in the clear.

FATE trains on encrypted pieces, so that no party sees another's columns. Here the columns (hetero)
or rows (homo) are put together and scikit-learn trains on them; what each party may see of the
result is split as FATE splits it. Log, summary and this page say so.
"""

from dataclasses import dataclass

import numpy as np

from fateflow_client.local.frames import Floats, Instances, Scores
from fateflow_client.local.modules import params
from fateflow_client.local.modules.base import COMPUTED, ModuleError, Party, Task, refuse_changed
from fateflow_client.local.modules.learn import Labels, LogisticFit, Weights
from fateflow_client.local.shapes import JsonObject

_UNSUPPORTED = (
    "cv_param.need_cv",
    "validation_freqs",
    "early_stopping_rounds",
    "callback_param.early_stopping_rounds",
    "callback_param.validation_freqs",
)
_UNSUPPORTED_HETERO = ("stepwise_param.need_stepwise",)
_UNSUPPORTED_HOMO = ("use_proximal",)
# They say how FATE gets to the weights; scikit-learn's solver gets there its own way.
_IGNORED = (
    "optimizer",
    "learning_rate",
    "batch_size",
    "batch_strategy",
    "masked_rate",
    "shuffle",
    "decay",
    "decay_sqrt",
    "encrypt_param",
    "encrypted_mode_calculator_param",
    "floating_point_precision",
    "sqn_param",
    "aggregate_iters",
    "re_encrypt_batches",
)
_EARLY_STOP = ("diff", "weight_diff", "abs")


@dataclass
class _Trained:
    """What training came to."""

    weights: Weights
    losses: list[float]
    converged: bool


def hetero_lr(task: Task) -> None:
    """Train on the guest's and hosts' columns of the same ids, with the guest's label."""
    guests, hosts = task.of_role("guest"), task.of_role("host")
    if len(guests) != 1 or not hosts:
        message = f"{task.module} needs one guest and at least one host that run it"
        raise ModuleError(message)
    (guest,) = guests
    _check(task, params.HETERO_LR, _UNSUPPORTED_HETERO)
    owners = [guest, *hosts]
    pieces = [_instances(task, party) for party in owners]
    if any(piece.ids != pieces[0].ids for piece in pieces):
        message = f"{task.module}: the parties' ids differ; an Intersection must come before it"
        raise ModuleError(message)
    for owner, piece in zip(hosts, pieces[1:], strict=True):
        if piece.labels is not None:
            message = f"{task.module}: only the guest has a label, but {owner} has one"
            raise ModuleError(message)
    labels = _labels(task, guest, pieces[0])
    features = np.column_stack([piece.features for piece in pieces])
    trained = _train(task, guest, features, labels)
    at = 0
    for party, piece in zip(owners, pieces, strict=True):
        width = len(piece.header)
        part = trained.weights.coefficients[at : at + width]
        own = Weights(part, trained.weights.intercept if party is guest else 0.0)
        _report(task, party, piece.header, own, trained, with_intercept=party is guest)
        at += width
    _predict(task, guest, pieces[0], labels, trained.weights.scores(features))
    _loss(task, trained)


def homo_lr(task: Task) -> None:
    """Train on the stacked rows of guest and hosts, who all have the same columns and a label."""
    owners = task.of_role("guest", "host")
    if not owners:
        message = f"{task.module} needs a guest or a host that runs it"
        raise ModuleError(message)
    _check(task, params.HOMO_LR, _UNSUPPORTED_HOMO)
    pieces = [_instances(task, party) for party in owners]
    header = pieces[0].header
    for party, piece in zip(owners, pieces, strict=True):
        if piece.header != header:
            message = f"{task.module}: {party} has the columns {list(piece.header)}, not {header}"
            raise ModuleError(message)
    labels = [_labels(task, party, p, whole=False) for party, p in zip(owners, pieces, strict=True)]
    together = np.concatenate(labels)
    _need_both(task, together)
    trained = _train(task, owners[0], np.vstack([p.features for p in pieces]), together)
    for party, piece, own in zip(owners, pieces, labels, strict=True):
        _report(task, party, header, trained.weights, trained, with_intercept=True)
        _predict(task, party, piece, own, trained.weights.scores(piece.features))
    _loss(task, trained)


def _check(task: Task, defaults: JsonObject, more: tuple[str, ...]) -> None:
    for party in task.parties:
        refuse_changed(task, party, defaults, (*_UNSUPPORTED, *more))
        callbacks = task.params(party)["callback_param"].get("callbacks")
        if callbacks:
            message = f"{task.module}: the embedded server runs no callbacks, got {callbacks!r}"
            raise ModuleError(message)
        if task.inputs(party, "validate_data", "test_data", "eval_data"):
            message = f"{task.module}: the embedded server trains without validate_data"
            raise ModuleError(message)
        if task.params(party)["early_stop"] not in _EARLY_STOP:
            message = f"{task.module}: early_stop must be one of {_EARLY_STOP}"
            raise ModuleError(message)
        ignored = sorted(task.given(party).intersection(_IGNORED))
        if "init_method" in task.params(party)["init_param"] and "init_param" in task.given(party):
            ignored.append("init_param (training starts from zero)")
        if ignored:
            task.log(f"ignored, as they only say how to compute: {', '.join(ignored)}", party)
    task.log(f"{task.module} is computed {COMPUTED}; nothing is encrypted")


def _instances(task: Task, party: Party) -> Instances:
    data = task.input(party).data
    if not isinstance(data, Instances):
        message = f"{task.module} needs transformed data on {party}: put a DataTransform before it"
        raise ModuleError(message)
    return data


def _labels(task: Task, party: Party, data: Instances, *, whole: bool = True) -> Labels:
    if data.labels is None:
        message = f"{task.module}: the data of {party} has no label"
        raise ModuleError(message)
    if not set(data.labels) <= {0, 1}:
        shown = sorted({str(label) for label in data.labels})[:5]
        message = f"{task.module}: labels must be 0 and 1 on {party}, found {shown}"
        raise ModuleError(message)
    labels = np.asarray([int(label) for label in data.labels], dtype=np.int64)
    if whole:
        _need_both(task, labels)
    return labels


def _need_both(task: Task, labels: Labels) -> None:
    if len(np.unique(labels)) < 2:
        message = f"{task.module}: both labels, 0 and 1, must occur in the training data"
        raise ModuleError(message)


def _train(task: Task, party: Party, features: Floats, labels: Labels) -> _Trained:
    if features.shape[1] == 0:
        message = f"{task.module}: there is no column to train on"
        raise ModuleError(message)
    options = task.params(party)
    for name, least in (("alpha", 0), ("tol", 0), ("max_iter", 1)):
        value = options[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            message = f"{task.module}: {name} must be a number of at least {least}, got {value!r}"
            raise ModuleError(message)
    penalty = str(options["penalty"] or "NONE").upper()
    fit = LogisticFit(
        None if penalty == "NONE" else penalty,
        float(options["alpha"]),
        fit_intercept=bool(options["init_param"].get("fit_intercept", True)),
    )
    tolerance, stop = float(options["tol"]), options["early_stop"]
    weights = Weights(np.zeros(int(features.shape[1]), dtype=np.float64), 0.0)
    losses: list[float] = []
    converged = False
    for _ in range(int(options["max_iter"])):
        task.check()
        losses.append(fit.loss(features, labels))
        previous, weights = weights, fit.step(features, labels)
        if stop == "diff":
            converged = abs(losses[-1] - fit.loss(features, labels)) < tolerance
        elif stop == "abs":
            converged = fit.loss(features, labels) < tolerance
        else:
            change = np.linalg.norm(weights.coefficients - previous.coefficients)
            scale = max(float(np.linalg.norm(previous.coefficients)), 1.0)
            converged = float(change) / scale < tolerance
        if converged:
            break
    task.log(f"{len(losses)} iterations, converged: {converged}, losses: {losses}")
    return _Trained(weights, losses, converged)


def _report(
    task: Task,
    party: Party,
    header: tuple[str, ...],
    weights: Weights,
    trained: _Trained,
    *,
    with_intercept: bool,
) -> None:
    options = task.params(party)
    coefficients: dict[str, float] = dict(zip(header, weights.coefficients.tolist(), strict=True))
    fits = with_intercept and bool(options["init_param"].get("fit_intercept", True))
    param: JsonObject = {
        "bestIteration": -1,
        "encryptedWeight": {},
        "header": list(header),
        "intercept": weights.intercept,
        "isConverged": trained.converged,
        "iters": len(trained.losses),
        "lossHistory": [],
        "needOneVsRest": False,
        "weight": coefficients,
    }
    meta: JsonObject = {
        "alpha": float(options["alpha"]),
        "batchSize": str(options["batch_size"]),
        "earlyStop": options["early_stop"],
        "fitIntercept": fits,
        "learningRate": float(options["learning_rate"]),
        "maxIter": str(options["max_iter"]),
        "module": "",
        "needOneVsRest": False,
        "optimizer": options["optimizer"],
        "partyWeight": 0.0,
        "penalty": options["penalty"] or "",
        "reEncryptBatches": str(options.get("re_encrypt_batches", 0)),
        "revealStrategy": "",
        "tol": float(options["tol"]),
    }
    task.put_model(party, param, meta)
    summary: JsonObject = {
        "best_iteration": -1,
        "coef": coefficients,
        "intercept": weights.intercept,
        "is_converged": trained.converged,
        "one_vs_rest": False,
        "computed": COMPUTED,
    }
    task.put_summary(party, summary)


def _predict(task: Task, party: Party, data: Instances, labels: Labels, scores: Floats) -> None:
    threshold = float(task.params(party)["predict_param"].get("threshold", 0.5))
    known: list[int] = labels.tolist()
    task.put_data(party, Scores(data.sid, data.ids, known, scores, threshold, task.name))


def _loss(task: Task, trained: _Trained) -> None:
    meta: JsonObject = {
        "curve_name": "loss",
        "metric_type": "LOSS",
        "name": "train",
        "unit_name": "iters",
    }
    history = [[at, loss] for at, loss in enumerate(trained.losses)]
    for arbiter in task.of_role("arbiter"):
        task.put_metric(arbiter, "train", "loss", history, meta)
