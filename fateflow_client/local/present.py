"""How rows and answers look on a release: columns it lacks, dates, prefixes, names of paths."""

from collections.abc import Iterable

from fateflow_client.local.clock import date_string, rfc_date
from fateflow_client.local.release import Release
from fateflow_client.local.shapes import JsonObject, as_object
from fateflow_client.local.store.rows import prefixed

_PARAM_NAMES = {
    "Intersection": "Intersect",
    "HeteroLR": "HeteroLogistic",
    "HomoLR": "HomoLogistic",
    "Evaluation": "Evaluate",
}
_PATHS = ("dsl_path", "runtime_conf_path", "runtime_conf_on_party_path")
_LOCAL_KEYS = (
    "inference_dsl",
    "train_dsl",
    "train_runtime_conf",
    "runtime_conf_on_party",
    "fate_version",
    "model_id",
    "model_version",
    "parent_info",
    "roles",
    "initiator_role",
    "initiator_party_id",
    "role",
    "party_id",
)


class Presenter:
    """The shapes of one release.

    Args:
        release: Which one.
    """

    def __init__(self, release: Release) -> None:
        self._release = release

    def job(self, row: JsonObject) -> JsonObject:
        """A job row with the release's columns, without ``f_``."""
        shown = self._dated(row, self._release.hidden_job)
        if self._release.no_user_id:
            shown["user_id"] = None
        if self._release.work_mode:
            shown["work_mode"] = work_mode_of(row["runtime_conf"]) or 0
        return shown

    def task(self, row: JsonObject) -> JsonObject:
        """A task row with the release's columns, without ``f_``."""
        return self._dated(row, self._release.hidden_task)

    def view(self, output: JsonObject) -> JsonObject:
        """A row of the data view."""
        created = output["create_time"]
        shown = {name: value for name, value in output.items() if name not in _UNSEEN}
        filled = self._release.view_dates
        date = date_string(created) if filled else None
        shown |= {"description": "", "create_date": date}
        shown |= {"update_time": created if filled else None, "update_date": date}
        return prefixed(shown)

    def model(self, row: JsonObject) -> JsonObject:
        """A model row; one that was found in files only has fewer columns."""
        shown = _without(row, self._release.hidden_model | {"in_database"})
        if not row["in_database"]:
            shown = {name: shown[name] for name in _LOCAL_KEYS}
            shown["initiator_party_id"] = int(shown["initiator_party_id"])
        return prefixed(shown)

    def parameters(self, module: str, shown: JsonObject) -> JsonObject:
        """A component's parameters."""
        if not self._release.named_params:
            found = {name: value for name, value in shown.items() if name.endswith("Param")}
            return {**found, "module": module}
        own: JsonObject = shown.get("ComponentParam", {})
        public = {name: value for name, value in own.items() if not name.startswith("_")}
        return {f"{_PARAM_NAMES.get(module, module)}Param": public, "module": module}

    def submitted(self, data: JsonObject) -> JsonObject:
        """The ``data`` of an accepted submit."""
        if not self._release.old_paths:
            return data
        renamed = {f"job_{name}" if name in _PATHS else name: data[name] for name in data}
        return _without(renamed, ("code", "message"))

    def table_info(self, info: JsonObject) -> JsonObject:
        """The ``data`` of table_info."""
        shown = _without(info, self._release.hidden_info)
        address = as_object(shown.get("address"))
        if address is not None:
            shown["address"] = _without(address, self._release.hidden_address)
        schema = as_object(info["schema"])
        if schema is not None:
            shown["schema"] = self.schema(schema)
        return shown

    def schema(self, schema: JsonObject) -> JsonObject:
        """A table's schema."""
        return schema if self._release.schema_meta else _without(schema, ("meta",))

    def header(self, columns: list[str], *, uploaded: bool) -> list[str]:
        """The header of a CSV download."""
        if columns and uploaded and not self._release.named_id:
            return ["sid", *columns[1:]]
        return columns

    def _dated(self, row: JsonObject, hidden: Iterable[str]) -> JsonObject:
        shown = _without(row, hidden)
        if self._release.rfc_dates:
            for name in [name for name in shown if name.endswith("_date")]:
                shown[name] = rfc_date(shown[name.replace("_date", "_time")])
        return shown


_UNSEEN = ("frame_id", "count", "header")


def _without(row: JsonObject, names: Iterable[str]) -> JsonObject:
    left_out = frozenset(names)
    return {name: value for name, value in row.items() if name not in left_out}


def work_mode_of(conf: JsonObject) -> object:
    """The work mode of a runtime conf, v2 or v1 style; None if there is none."""
    parameters = as_object(conf.get("job_parameters")) or {}
    common = as_object(parameters.get("common")) or {}
    return common.get("work_mode", parameters.get("work_mode"))
