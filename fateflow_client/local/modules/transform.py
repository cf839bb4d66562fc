"""DataTransform and DataIO: rows become numbers, with a label where the party has one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fateflow_client.local.frames import Floats, Instances, Table
from fateflow_client.local.modules import params
from fateflow_client.local.modules.base import ModuleError, Party, Task, refuse_changed
from fateflow_client.local.shapes import JsonObject, as_list

_UNSUPPORTED = ("input_format", "exclusive_data_type", "tag_with_value")
_MISSING = ("", "none", "null", "na", "nan", "n/a", "None", "NULL", "NA", "NaN", "N/A")
_NUMBERS = ("float", "float64", "int", "int64", "long")
_LABELS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "int64": int,
    "long": int,
    "float": float,
    "float64": float,
    "str": str,
}
_FILLS: dict[str, Callable[[Floats], float]] = {
    "min": lambda values: float(np.min(values)),
    "max": lambda values: float(np.max(values)),
    "mean": lambda values: float(np.mean(values)),
}


@dataclass
class _Replaced:
    """What was put in place of missing values or outliers, per column."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    ratios: dict[str, float] = field(default_factory=dict[str, float])


def transform(task: Task) -> None:
    """Parse each party's rows by its own parameters."""
    for party in task.parties:
        source = task.input(party).data
        if not isinstance(source, Table):
            message = f"{task.module} needs rows as a Reader gives them on {party}"
            raise ModuleError(message)
        defaults = params.DATA_IO if task.module == "DataIO" else params.DATA_TRANSFORM
        unsupported = _UNSUPPORTED if task.module == "DataIO" else (*_UNSUPPORTED, "with_match_id")
        refuse_changed(task, party, defaults, unsupported)
        _transform_party(task, party, source)
        task.check()


def _transform_party(task: Task, party: Party, source: Table) -> None:
    options = task.params(party)
    if options["data_type"] not in _NUMBERS:
        message = (
            f"{task.module}: the embedded server does not support data_type={_quoted(options)}"
        )
        raise ModuleError(message)
    if not source.header:
        message = f"the table of {party} has no header: upload it with head=1"
        raise ModuleError(message)
    with_label = bool(options["with_label"])
    label_name = str(options["label_name"])
    if with_label and label_name not in source.header:
        message = f"label {label_name!r} of {party} is not in the header {list(source.header)}"
        raise ModuleError(message)
    names = [name for name in source.header if not (with_label and name == label_name)]
    columns = _columns(party, source)
    missing, outliers = _Replaced(), _Replaced()
    features = [
        _numbers(task, party, name, columns[name], missing=missing, outliers=outliers)
        for name in names
    ]
    labels = _labels(party, options, columns[label_name]) if with_label else None
    matrix = (
        np.column_stack(features) if features else np.zeros((len(source.ids), 0), dtype=np.float64)
    )
    name = label_name if with_label else ""
    task.put_data(party, Instances(source.sid, tuple(names), source.ids, matrix, labels, name))
    _describe(task, party, names, missing=missing, outliers=outliers)
    task.log(f"{len(source.ids)} rows, {len(names)} columns, label: {name or 'none'}", party)


def _quoted(options: JsonObject) -> str:
    return repr(options["data_type"])


def _columns(party: Party, source: Table) -> dict[str, list[str]]:
    rows = list(source.fields())
    width = len(source.header)
    for sid, row in zip(source.ids, rows, strict=True):
        if len(row) != width:
            message = f"row {sid!r} of {party} has {len(row)} values, the header has {width}"
            raise ModuleError(message)
    return {name: [row[at] for row in rows] for at, name in enumerate(source.header)}


def _labels(party: Party, options: JsonObject, texts: list[str]) -> list[Any]:
    kind = _LABELS.get(str(options["label_type"]))
    if kind is None:
        message = f"label_type {options['label_type']!r} of {party} is not one of {list(_LABELS)}"
        raise ModuleError(message)
    try:
        return [kind(text) for text in texts]
    except ValueError as error:
        message = f"a label of {party} is not {options['label_type']}: {error}"
        raise ModuleError(message) from error


def _numbers(
    task: Task,
    party: Party,
    name: str,
    texts: list[str],
    *,
    missing: _Replaced,
    outliers: _Replaced,
) -> Floats:
    options = task.params(party)
    absent: list[str] = []
    if options["missing_fill"]:
        absent = _listed(options["missing_impute"], _MISSING)
    unusual = _listed(options["outlier_impute"], ()) if options["outlier_replace"] else []
    gaps = [at for at, text in enumerate(texts) if text in absent] if absent else []
    odd = [at for at, text in enumerate(texts) if text in unusual] if unusual else []
    odd = [at for at in odd if texts[at] not in absent]
    skipped = {*gaps, *odd}
    values = np.zeros(len(texts), dtype=np.float64)
    good = np.array([at not in skipped for at in range(len(texts))], dtype=np.bool_)
    try:
        values[good] = [float(text) for at, text in enumerate(texts) if at not in skipped]
    except ValueError as error:
        message = f"column {name!r} of {party} holds a value that is not a number: {error}"
        raise ModuleError(message) from error
    if not np.isfinite(values).all():
        message = f"column {name!r} of {party} holds a value that is not finite"
        raise ModuleError(message)
    sound = values[good]
    for places, how, default, replaced in (
        (gaps, options["missing_fill_method"], options["default_value"], missing),
        (odd, options["outlier_replace_method"], options["outlier_replace_value"], outliers),
    ):
        if places:
            filled = _filling(how, default, sound, name)
            values[places] = filled
            replaced.values[name] = repr(filled)
        replaced.ratios[name] = len(places) / max(len(texts), 1)
    return values


def _listed(value: object, default: tuple[str, ...]) -> list[str]:
    if value is None:
        return list(default)
    several = as_list(value)
    return [str(item) for item in (several if several is not None else [value])]


def _filling(method: object, default: Any, sound: Floats, name: str) -> float:
    if method in (None, "designated"):
        return float(default)
    fill = _FILLS.get(str(method))
    if fill is None or not sound.size:
        message = f"column {name!r} cannot be filled by the method {method!r}"
        raise ModuleError(message)
    return fill(sound)


def _describe(
    task: Task, party: Party, names: list[str], *, missing: _Replaced, outliers: _Replaced
) -> None:
    options = task.params(party)
    fill, replace = bool(options["missing_fill"]), bool(options["outlier_replace"])
    label = str(options["label_name"]) if options["with_label"] else ""
    param: JsonObject = {
        "header": names,
        "sidName": "",
        "labelName": label,
        "anonymousHeader": [f"{party.role}_{party.party_id}_x{at}" for at in range(len(names))],
        "imputerParam": {
            "missingReplaceValue": missing.values,
            "missingValueRatio": missing.ratios if fill else {},
        },
        "outlierParam": {
            "outlierReplaceValue": outliers.values,
            "outlierValueRatio": outliers.ratios if replace else {},
        },
    }
    meta: JsonObject = {
        "inputFormat": options["input_format"],
        "delimitor": options["delimitor"],
        "dataType": options["data_type"],
        "exclusiveDataType": {},
        "tagWithValue": False,
        "tagValueDelimitor": options["tag_value_delimitor"],
        "withLabel": bool(options["with_label"]),
        "labelName": label,
        "labelType": str(options["label_type"]) if options["with_label"] else "",
        "outputFormat": options["output_format"],
        "withMatchId": False,
        "needRun": False,
        "imputerMeta": {
            "isImputer": fill,
            "strategy": str(options["missing_fill_method"] or "") if fill else "",
            "missingValue": _listed(options["missing_impute"], _MISSING) if fill else [],
        },
        "outlierMeta": {
            "isOutlier": replace,
            "strategy": str(options["outlier_replace_method"] or "") if replace else "",
            "outlierValue": _listed(options["outlier_impute"], ()) if replace else [],
        },
    }
    task.put_model(party, param, meta)
