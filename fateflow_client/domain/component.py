"""What the components of a job left behind: requests and results of ``tracking/component/*``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, Field, model_validator

from fateflow_client._core.shapes import mapping
from fateflow_client.domain._base import (
    Envelope,
    MappingResult,
    Request,
    Result,
    Returns,
    RowsResult,
)
from fateflow_client.types import ALL, Date8In, FolderIn, JobIdIn, Limit, Name, PartyIdIn, RoleIn


class _ComponentRequest(Request):
    job_id: JobIdIn
    """The job."""
    role: RoleIn
    """The role of the party whose part is wanted."""
    party_id: PartyIdIn
    """The id of that party."""
    component_name: Name
    """The component, as the DSL names it."""


class ComponentParameters(MappingResult[Any]):
    """What a component was told: ``module``, and its parameters under ``...Param``."""

    @property
    def module(self) -> str | None:
        """The module that it runs."""
        value = self.entries.get("module")
        return value if isinstance(value, str) else None


class ComponentParametersRequest(_ComponentRequest, Returns[ComponentParameters]):
    """Ask for the parameters of a component."""


class MetricsDeleted(Result):
    """Metrics that are gone."""

    message: str = ""
    """The server's text: its SQL up to 1.7.0, a status later."""
    deleted: bool = True
    """False where there was nothing to delete."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Read the status out of the text; old releases do not count."""
        text = str(envelope.data or "")
        return cls(message=text, deleted=bool(text) and "status: False" not in text)


class MetricDeleteRequest(Request, Returns[MetricsDeleted]):
    """Delete the metrics of a day, or of a job."""

    date: Date8In | None = Field(default=None, serialization_alias="model")
    """The day, YYYYMMDD: the metrics of every job of that day (up to release 1.7.0)."""
    job_id: JobIdIn | None = None
    """The job; not sent where there is a date, for the date wins."""

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.date is None and self.job_id is None:
            raise ValueError("give date (YYYYMMDD) or job_id")
        return self

    def wire_json(self, without: frozenset[str] = frozenset()) -> bytes:
        """The JSON body: the date alone if there is one."""
        return super().wire_json(without if self.date is None else without | {"job_id"})


class OutputTableRef(Result):
    """Where the server keeps one table of a component's output."""

    namespace: str = Field(validation_alias=AliasChoices("table_namespace", "namespace"))
    """Its namespace."""
    table_name: str
    """Its name."""
    data_name: str | None = None
    """The output's name in the DSL."""


class OutputTableRefs(RowsResult[OutputTableRef]):
    """Where the server keeps a component's output."""


class OutputDataTableRequest(_ComponentRequest, Returns[OutputTableRefs]):
    """Ask where the server keeps a component's output."""


class OutputPreview(Result):
    """The first rows of a component's output, as the server reads them; at most 100 of each."""

    tables: tuple[tuple[tuple[Any, ...], ...], ...] = ()
    """Rows of cells, table by table."""
    names: tuple[str, ...] = ()
    """The outputs' names in the DSL."""
    headers: tuple[tuple[str, ...], ...] = ()
    """Column names, table by table."""
    totals: tuple[int, ...] = ()
    """Rows of each table in all."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the rows from the data, and what they are from the meta beside it."""
        meta = mapping(envelope.meta)
        return cls.model_validate(
            {
                "tables": envelope.data or (),
                "names": meta.get("names") or (),
                "headers": meta.get("header") or (),
                "totals": meta.get("total") or (),
            }
        )


class OutputPreviewRequest(_ComponentRequest, Returns[OutputPreview]):
    """Ask for the first rows of a component's output."""


class MetricMeta(Result):
    """What a metric is."""

    name: str | None = None
    """Its name."""
    metric_type: str | None = None
    """Such as ``LOSS``, ``ROC_EVALUATION``, ``EVALUATION_SUMMARY``; an open vocabulary."""


class Metric(Result):
    """One metric: points, or a few named values."""

    data: tuple[tuple[Any, Any], ...] = ()
    """Pairs: (x, y) of a curve, (iteration, loss), or (name, value). Empty where all is in meta."""
    meta: MetricMeta = MetricMeta()
    """Its type, and for some types values by name."""


class MetricAll(MappingResult[Mapping[str, Metric]]):
    """Metrics with their values: by namespace (``train``, ``validate`` ...), then by name."""

    def get(self, name: str) -> Metric | None:
        """The first metric of that name in any namespace, or None."""
        for metrics in self.entries.values():
            if name in metrics:
                return metrics[name]
        return None


class MetricAllRequest(_ComponentRequest, Returns[MetricAll]):
    """Ask for the values of every metric of a component."""


class MetricData(Metric):
    """One metric by name; empty if there is none, or not yet."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the points from the data, and what they are from the meta beside it."""
        return cls.model_validate({"data": envelope.data or (), "meta": envelope.meta or {}})


class MetricDataRequest(_ComponentRequest, Returns[MetricData]):
    """Ask for one metric of a component."""

    metric_namespace: Name
    """Such as ``train`` or ``validate``."""
    metric_name: Name
    """Such as ``loss``."""


class Metrics(MappingResult[tuple[str, ...]]):
    """Names of metrics, by namespace."""


class MetricsRequest(_ComponentRequest, Returns[Metrics]):
    """Ask for the names of the metrics of a component."""


class OutputModel(Result):
    """A component's model as its party holds it: the guest's and the host's parts differ."""

    data: Mapping[str, Any]
    """The model's parameters, as protobuf's JSON: 64-bit integers are strings."""
    meta_data: Mapping[str, Any] | None = None
    """How it was trained."""
    module_name: str | None = None
    """The module, such as ``HeteroLR``."""
    meta: Mapping[str, Any] | None = None
    """Everything else that the server says of the component."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the parameters from the data and the rest from the meta beside it."""
        meta = mapping(envelope.meta)
        return cls.model_validate(
            {
                "data": envelope.data,
                "meta": meta,
                "meta_data": meta.get("meta_data"),
                "module_name": meta.get("module_name"),
            }
        )


class OutputModelRequest(_ComponentRequest, Returns[OutputModel]):
    """Ask for a component's model."""


class Summary(MappingResult[Any]):
    """What a component says of its run; the members depend on the module."""


class SummaryRequest(_ComponentRequest, Returns[Summary]):
    """Ask for a component's summary."""


class ComponentList(RowsResult[str]):
    """The names of a job's components."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Take the names."""
        return cls.model_validate({"rows": mapping(envelope.data).get("components")})


class ComponentListRequest(Request, Returns[ComponentList]):
    """Ask for the components of a job."""

    job_id: JobIdIn
    """The job."""


class OutputTable(Result):
    """One table of a component's output, on this machine."""

    name: str
    """The output's name in the DSL, usually ``data``."""
    csv: Path
    """The rows. A plain join: releases before 1.9 do not quote cells that hold commas."""
    header: tuple[str, ...] | None = None
    """The column names, from the ``.meta`` file beside it."""


class OutputData(Result):
    """The output of a component, on this machine. No table where every one of them was empty."""

    directory: Path
    """The folder ``job_{job_id}_{component}_{role}_{party_id}_output_data``."""
    files: tuple[Path, ...] = ()
    """Every file, below ``directory``."""
    tables: tuple[OutputTable, ...] = ()
    """The tables."""


class OutputDataRequest(_ComponentRequest, Returns[OutputData]):
    """Download a component's output data."""

    local_fields: ClassVar[frozenset[str]] = frozenset({"output_path"})

    output_path: FolderIn
    """The folder to put the output's own folder into; made if absent."""
    limit: Limit = ALL
    """How many rows of each table, or -1 for all."""
    head: bool | None = None
    """False leaves the line of column names out; the server's default is True."""
