"""Components: what they left behind."""

from __future__ import annotations

from pathlib import Path

from fateflow_client._core import endpoint as ep
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client._core.releases import METRIC_DATE
from fateflow_client.domain.component import (
    ComponentList,
    ComponentListRequest,
    ComponentParameters,
    ComponentParametersRequest,
    MetricAll,
    MetricAllRequest,
    MetricData,
    MetricDataRequest,
    MetricDeleteRequest,
    Metrics,
    MetricsDeleted,
    MetricsRequest,
    OutputData,
    OutputDataRequest,
    OutputDataTableRequest,
    OutputModel,
    OutputModelRequest,
    OutputPreview,
    OutputPreviewRequest,
    OutputTable,
    OutputTableRefs,
    Summary,
    SummaryRequest,
)
from fateflow_client.errors import NotFoundError
from fateflow_client.groups._base import Group
from fateflow_client.transfer.archive import extract
from fateflow_client.transfer.place import existing, files_below, read_header
from fateflow_client.types import ALL, Date8In, Exist, FolderIn, JobIdIn, PartyIdIn, RoleIn


def _output_folder(request: OutputDataRequest) -> Path:
    ids = (request.job_id, request.component_name, request.role, request.party_id)
    name = "_".join(str(part) for part in ids)
    return Path(request.output_path) / f"job_{name}_output_data"


def _output(request: OutputDataRequest, files: tuple[Path, ...]) -> OutputData:
    tables = tuple(
        OutputTable(name=path.stem, csv=path, header=read_header(path.with_suffix(".meta")))
        for path in files
        if path.suffix == ".csv"
    )
    return OutputData(directory=_output_folder(request), files=files, tables=tables)


def _receive_output(
    request: OutputDataRequest, _: ep.Documents, stream: ep.ByteStream, options: ep.CallOptions
) -> OutputData:
    files = extract(
        stream,
        _output_folder(request),
        limits=options.limits,
        progress=options.progress,
        with_meta=True,
    )
    return _output(request, files)


def _output_there(
    request: OutputDataRequest, _: ep.Documents, options: ep.CallOptions
) -> OutputData | None:
    folder = _output_folder(request)
    return _output(request, files_below(folder)) if existing(folder, options.exist) else None


# Metrics have a table for every day, made by the first metric of that day.
_NO_METRICS = (meaning(EMPTY, 100, "no such table: t_tracking_metric"),)

PARAMETERS = Endpoint(
    "tracking/component/parameters",
    ComponentParametersRequest,
    ComponentParameters,
    meanings=(
        meaning(NotFoundError, 101),
        meaning(NotFoundError, 0, no_data=True),
        meaning(NotFoundError, 100, "^Component .* does not exist"),
    ),
)
METRIC_DELETE = Endpoint(
    "tracking/component/metric/delete",
    MetricDeleteRequest,
    MetricsDeleted,
    repeat=Repeat.SAFE,
    meanings=_NO_METRICS,
    needs=(METRIC_DATE,),
)
OUTPUT_DATA_TABLE = Endpoint(
    "tracking/component/output/data/table",
    OutputDataTableRequest,
    OutputTableRefs,
    meanings=(
        meaning(NotFoundError, 100, "No found job"),
        meaning(EMPTY, 100, "No found table"),
    ),
)
OUTPUT_DATA_PREVIEW = Endpoint(
    "tracking/component/output/data",
    OutputPreviewRequest,
    OutputPreview,
    meanings=(
        meaning(NotFoundError, 100, "no found task|No found job|can not get dag parser"),
        meaning(NotFoundError, 0, "^no data$", no_data=True),
    ),
)
METRIC_DATA = Endpoint(
    "tracking/component/metric_data", MetricDataRequest, MetricData, meanings=_NO_METRICS
)
METRIC_ALL = Endpoint(
    "tracking/component/metric/all", MetricAllRequest, MetricAll, meanings=_NO_METRICS
)
METRICS = Endpoint("tracking/component/metrics", MetricsRequest, Metrics, meanings=_NO_METRICS)
OUTPUT_MODEL = Endpoint(
    "tracking/component/output/model",
    OutputModelRequest,
    OutputModel,
    meanings=(
        meaning(NotFoundError, 0, no_data=True),
        # An unknown job ends in an error of the server's own: 1.11, 1.7 and 1.8, 1.5 and 1.6.
        meaning(
            NotFoundError,
            100,
            "'NoneType' object has no attribute '(runtime_conf_on_party|dsl)'"
            "|'int' object has no attribute 'get'|^Component .* does not exist",
        ),
    ),
)
OUTPUT_DATA = Endpoint(
    "tracking/component/output/data/download",
    OutputDataRequest,
    OutputData,
    method="GET",
    times=ep.DOWNLOAD,
    receive=_receive_output,
    already=_output_there,
    meanings=(
        meaning(NotFoundError, 210, "no data|can not get dag parser|does not exist"),
        # Release 1.7.0 fails like that where every table is empty.
        meaning(NotFoundError, 100, "no found task|view function did not return"),
    ),
)
LIST = Endpoint(
    "tracking/component/list",
    ComponentListRequest,
    ComponentList,
    meanings=(meaning(NotFoundError, 100, "No job matched"),),
)
SUMMARY = Endpoint(
    "tracking/component/summary/download",
    SummaryRequest,
    Summary,
    meanings=(meaning(NotFoundError, 210),),
)


class ComponentGroup(Group):
    """``client.component``: what a job's components left behind, party by party."""

    def parameters(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> ComponentParameters:
        """Get what a component was told. POST tracking/component/parameters.

        Arguments as for ``metric_all``.

        Raises:
            NotFoundError: No such component of such a job at that party.
        """
        return self._client.send(
            ComponentParametersRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def metric_delete(
        self,
        date: Date8In | None = None,
        job_id: JobIdIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> MetricsDeleted:
        """Delete the metrics of a day, or of a job. POST tracking/component/metric/delete.

        Args:
            date: The day, YYYYMMDD: the metrics of EVERY job of that day. Only releases up to 1.7.0
                can; the server is asked for its release.
            job_id: The job. Not sent where there is a date: the date wins.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            UnsupportedByServerError: A date for a server later than 1.7.0, with a job id too:
                falling back would delete something else. Nothing was sent.
        """
        return self._client.send(
            MetricDeleteRequest(date=date, job_id=job_id), timeout=timeout, deadline=deadline
        )

    def output_data_table(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> OutputTableRefs:
        """Find a component's output on the server. POST tracking/component/output/data/table.

        Arguments as for ``metric_all``. Empty if the component has none.

        Raises:
            NotFoundError: The server knows no such job.
        """
        return self._client.send(
            OutputDataTableRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def output_data_preview(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> OutputPreview:
        """Get the first 100 rows of a component's output. POST tracking/component/output/data.

        Arguments as for ``metric_all``.

        Raises:
            NotFoundError: No such task, or it has no output, or not yet.
        """
        return self._client.send(
            OutputPreviewRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def metric_data(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        metric_namespace: str,
        metric_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> MetricData:
        """Get one metric; empty if there is none, or not yet. POST tracking/component/metric_data.

        Args:
            job_id: The job.
            role: The role of the party.
            party_id: The id of the party.
            component_name: The component, as the DSL names it.
            metric_namespace: Such as ``train``.
            metric_name: Such as ``loss``.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            MetricDataRequest(
                job_id=job_id,
                role=role,
                party_id=party_id,
                component_name=component_name,
                metric_namespace=metric_namespace,
                metric_name=metric_name,
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def metric_all(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> MetricAll:
        """Get every metric with its values; maybe none. POST tracking/component/metric/all.

        Args:
            job_id: The job.
            role: The role of the party; losses are usually the arbiter's.
            party_id: The id of the party.
            component_name: The component, as the DSL names it.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            MetricAllRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def metrics(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Metrics:
        """Get the metrics' names by namespace; maybe none. POST tracking/component/metrics.

        Arguments as for ``metric_all``.
        """
        return self._client.send(
            MetricsRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def output_model(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> OutputModel:
        """Get a component's model as one party holds it. POST tracking/component/output/model.

        Arguments as for ``metric_all``.

        Raises:
            NotFoundError: No such job or component, or it makes no model, or not yet.
        """
        return self._client.send(
            OutputModelRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )

    def output_data(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        output_path: FolderIn,
        limit: int = ALL,
        *,
        head: bool | None = None,
        exist: Exist = "replace",
        progress: ep.Progress | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> OutputData:
        """Download a component's output data. GET tracking/component/output/data/download.

        It goes into ``output_path/job_{job_id}_{component_name}_{role}_{party_id}_output_data``,
        which appears complete or not at all.

        Args:
            job_id: The job.
            role: The role of the party.
            party_id: The id of the party.
            component_name: The component, as the DSL names it.
            output_path: A folder; made if absent.
            limit: Rows of each table, or -1 for all.
            head: False leaves the line of column names out.
            exist: What to do if the output's folder is there: "replace", "error" or "skip".
            progress: Told of the bytes received, and of all or None.
            timeout: Seconds to the next byte (600: the server packs it first).
            deadline: Seconds for the whole call (none).

        Raises:
            NotFoundError: No such task, or it has no output, or not yet.
            DownloadError: It did not arrive whole, or cannot be written; nothing changed.
        """
        return self._client.send(
            OutputDataRequest(
                job_id=job_id,
                role=role,
                party_id=party_id,
                component_name=component_name,
                output_path=output_path,
                limit=limit,
                head=head,
            ),
            exist=exist,
            progress=progress,
            timeout=timeout,
            deadline=deadline,
        )

    def list(
        self, job_id: JobIdIn, *, timeout: float | None = None, deadline: float | None = None
    ) -> ComponentList:
        """List a job's components. POST tracking/component/list.

        Raises:
            NotFoundError: The server knows no such job.
        """
        return self._client.send(
            ComponentListRequest(job_id=job_id), timeout=timeout, deadline=deadline
        )

    def get_summary(
        self,
        job_id: JobIdIn,
        role: RoleIn,
        party_id: PartyIdIn,
        component_name: str,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Summary:
        """Get what a component says of its run. POST tracking/component/summary/download.

        Arguments as for ``metric_all``.

        Raises:
            NotFoundError: No such component, or it says nothing, or not yet.
        """
        return self._client.send(
            SummaryRequest(
                job_id=job_id, role=role, party_id=party_id, component_name=component_name
            ),
            timeout=timeout,
            deadline=deadline,
        )
