"""A typed client for FATE Flow 1.x.

    from fateflow_client import FlowClient

    with FlowClient("127.0.0.1", 9380) as client:
        outcome = client.job.run("conf.json", "dsl.json")

Names are loaded when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fateflow_client._core.limits import DownloadLimits
    from fateflow_client.client import (
        FlowClient,
    )
    from fateflow_client.config import (
        ClientConfig,
        RetryPolicy,
    )
    from fateflow_client.domain._base import (
        Done,
        Envelope,
        LocalJob,
        Request,
        Result,
    )
    from fateflow_client.domain.checkpoint import (
        Checkpoint,
        CheckpointGetRequest,
        CheckpointListRequest,
        Checkpoints,
    )
    from fateflow_client.domain.component import (
        ComponentList,
        ComponentListRequest,
        ComponentParameters,
        ComponentParametersRequest,
        Metric,
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
        OutputTableRef,
        OutputTableRefs,
        Summary,
        SummaryRequest,
    )
    from fateflow_client.domain.data import (
        DataDownloaded,
        DataDownloadRequest,
        DataUploadRequest,
        Uploaded,
        UploadHistory,
        UploadHistoryRequest,
        UploadRecord,
    )
    from fateflow_client.domain.job import (
        DataView,
        DataViewList,
        GeneratedDsl,
        GenerateDslRequest,
        Job,
        JobCleanRequest,
        JobConfigFiles,
        JobConfigRequest,
        JobList,
        JobListRequest,
        JobLog,
        JobLogPath,
        JobLogPathRequest,
        JobLogRequest,
        JobOutcome,
        JobParameters,
        JobParameterUpdateRequest,
        JobProgress,
        JobQuery,
        JobRerunRequest,
        JobStopped,
        JobStopRequest,
        JobSubmitRequest,
        JobSubmitted,
        JobUpdateRequest,
        JobViewQuery,
        ModelRef,
    )
    from fateflow_client.domain.model import (
        DeployRequest,
        ModelBindRequest,
        ModelDeployed,
        ModelDetail,
        ModelDetailQuery,
        ModelExported,
        ModelExportRequest,
        ModelImported,
        ModelImportRequest,
        ModelInfo,
        ModelInfoList,
        ModelInfoQuery,
        ModelLoaded,
        ModelLoadRequest,
        ModelMigrated,
        ModelMigrateRequest,
        ModelRestored,
        ModelRestoreRequest,
        ModelStored,
        ModelStoreRequest,
        ModelTagListRequest,
        ModelTagRequest,
        ModelTags,
        PartyResult,
        PredictConf,
        PredictConfRequest,
        PredictDsl,
        PredictDslRequest,
    )
    from fateflow_client.domain.queue import (
        QueueCleaned,
        QueueCleanRequest,
    )
    from fateflow_client.domain.server import (
        ResourceQuery,
        Resources,
        VersionRequest,
        Versions,
        VersionsRequest,
    )
    from fateflow_client.domain.table import (
        ComponentTables,
        JobTables,
        TableBindRequest,
        TableBound,
        TableData,
        TableDeleted,
        TableDeleteRequest,
        TableDownloadRequest,
        TableInfo,
        TableInfoRequest,
        TableListRequest,
        TablePreview,
        TablePreviewRequest,
        TableRef,
    )
    from fateflow_client.domain.tag import (
        Tag,
        TagCreateRequest,
        TagDeleteRequest,
        TaggedModel,
        TagList,
        TagListRequest,
        TagMatches,
        TagQuery,
        TagUpdateRequest,
    )
    from fateflow_client.domain.task import (
        Task,
        TaskList,
        TaskListRequest,
        TaskQuery,
    )
    from fateflow_client.errors import (
        AlreadyExistsError,
        AmbiguousOutcomeError,
        ApiError,
        AuthError,
        CallTimeoutError,
        ConfigError,
        ConnectError,
        DownloadError,
        FlowError,
        InputFileError,
        InvalidConfError,
        JobCanceledError,
        JobError,
        JobFailedError,
        JobTimeoutError,
        NotFoundError,
        NotSentError,
        PartyError,
        Phase,
        ProtocolError,
        SizeLimitError,
        SubmitRejectedError,
        TargetExistsError,
        TransportError,
        TruncatedDownloadError,
        UnexpectedRedirectError,
        UnsafeArchiveError,
        UnsupportedByServerError,
        WaitInterruptedError,
        WaitTimeoutError,
    )
    from fateflow_client.events import (
        RetryEvent,
        Statistics,
    )
    from fateflow_client.jobconf.build import Pipeline
    from fateflow_client.jobconf.confs import check_conf, check_upload
    from fateflow_client.jobconf.dsl import Dsl
    from fateflow_client.jobconf.model import (
        DataDownloadConf,
        ModelBindConf,
        ModelExportConf,
        ModelImportConf,
        ModelLoadConf,
        ModelMigrateConf,
        PartyModelConf,
    )
    from fateflow_client.jobconf.report import Finding, Report, Severity
    from fateflow_client.jobconf.runtime import RuntimeConf
    from fateflow_client.jobconf.schema import json_schema
    from fateflow_client.jobconf.spec import JobSpec
    from fateflow_client.jobconf.upload import (
        UploadConf,
    )
    from fateflow_client.types import (
        JobStatus,
        Role,
        TaskStatus,
    )

_HOMES = {
    "_core.limits": "DownloadLimits",
    "client": "FlowClient",
    "config": "ClientConfig RetryPolicy",
    "domain._base": "Done Envelope LocalJob Request Result",
    "domain.checkpoint": "Checkpoint CheckpointGetRequest CheckpointListRequest Checkpoints",
    "domain.component": (
        "ComponentList ComponentListRequest ComponentParameters ComponentParametersRequest "
        "Metric MetricAll MetricAllRequest MetricData MetricDataRequest "
        "MetricDeleteRequest Metrics MetricsDeleted MetricsRequest OutputData "
        "OutputDataRequest OutputDataTableRequest OutputModel OutputModelRequest "
        "OutputPreview OutputPreviewRequest OutputTable OutputTableRef OutputTableRefs "
        "Summary SummaryRequest"
    ),
    "domain.data": (
        "DataDownloadRequest DataDownloaded DataUploadRequest UploadHistory "
        "UploadHistoryRequest UploadRecord Uploaded"
    ),
    "domain.job": (
        "DataView DataViewList GenerateDslRequest GeneratedDsl Job JobCleanRequest "
        "JobConfigFiles JobConfigRequest JobList JobListRequest JobLog JobLogPath "
        "JobLogPathRequest JobLogRequest JobOutcome JobParameterUpdateRequest "
        "JobParameters JobProgress JobQuery JobRerunRequest JobStopRequest JobStopped "
        "JobSubmitRequest JobSubmitted JobUpdateRequest JobViewQuery ModelRef"
    ),
    "domain.model": (
        "DeployRequest ModelBindRequest ModelDeployed ModelDetail ModelDetailQuery "
        "ModelExportRequest ModelExported ModelImportRequest ModelImported ModelInfo "
        "ModelInfoList ModelInfoQuery ModelLoadRequest ModelLoaded ModelMigrateRequest "
        "ModelMigrated ModelRestoreRequest ModelRestored ModelStoreRequest ModelStored "
        "ModelTagListRequest ModelTagRequest ModelTags PartyResult PredictConf "
        "PredictConfRequest PredictDsl PredictDslRequest"
    ),
    "domain.queue": "QueueCleanRequest QueueCleaned",
    "domain.server": "ResourceQuery Resources VersionRequest Versions VersionsRequest",
    "domain.table": (
        "ComponentTables JobTables TableBindRequest TableBound TableData "
        "TableDeleteRequest TableDeleted TableDownloadRequest TableInfo TableInfoRequest "
        "TableListRequest TablePreview TablePreviewRequest TableRef"
    ),
    "domain.tag": (
        "Tag TagCreateRequest TagDeleteRequest TagList TagListRequest TagMatches TagQuery "
        "TagUpdateRequest TaggedModel"
    ),
    "domain.task": "Task TaskList TaskListRequest TaskQuery",
    "errors": (
        "AlreadyExistsError AmbiguousOutcomeError ApiError AuthError CallTimeoutError "
        "ConfigError ConnectError DownloadError FlowError InputFileError InvalidConfError "
        "JobCanceledError "
        "JobError JobFailedError JobTimeoutError NotFoundError NotSentError PartyError "
        "Phase ProtocolError SizeLimitError SubmitRejectedError TargetExistsError "
        "TransportError TruncatedDownloadError UnexpectedRedirectError UnsafeArchiveError "
        "UnsupportedByServerError WaitInterruptedError WaitTimeoutError"
    ),
    "jobconf.build": "Pipeline",
    "jobconf.confs": "check_conf check_upload",
    "jobconf.dsl": "Dsl",
    "jobconf.report": "Finding Report Severity",
    "jobconf.runtime": "RuntimeConf",
    "jobconf.schema": "json_schema",
    "jobconf.spec": "JobSpec",
    "jobconf.model": (
        "DataDownloadConf ModelBindConf ModelExportConf ModelImportConf ModelLoadConf "
        "ModelMigrateConf PartyModelConf"
    ),
    "jobconf.upload": "UploadConf",
    "events": "RetryEvent Statistics",
    "types": "JobStatus Role TaskStatus",
}
"""Where each public name lives: module to names."""

_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    from importlib import import_module

    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_MODULES))


__all__ = [
    "AlreadyExistsError",
    "AmbiguousOutcomeError",
    "ApiError",
    "AuthError",
    "CallTimeoutError",
    "Checkpoint",
    "CheckpointGetRequest",
    "CheckpointListRequest",
    "Checkpoints",
    "ClientConfig",
    "ComponentList",
    "ComponentListRequest",
    "ComponentParameters",
    "ComponentParametersRequest",
    "ComponentTables",
    "ConfigError",
    "ConnectError",
    "DataDownloadConf",
    "DataDownloadRequest",
    "DataDownloaded",
    "DataUploadRequest",
    "DataView",
    "DataViewList",
    "DeployRequest",
    "Done",
    "DownloadError",
    "DownloadLimits",
    "Dsl",
    "Envelope",
    "Finding",
    "FlowClient",
    "FlowError",
    "GenerateDslRequest",
    "GeneratedDsl",
    "InputFileError",
    "InvalidConfError",
    "Job",
    "JobCanceledError",
    "JobCleanRequest",
    "JobConfigFiles",
    "JobConfigRequest",
    "JobError",
    "JobFailedError",
    "JobList",
    "JobListRequest",
    "JobLog",
    "JobLogPath",
    "JobLogPathRequest",
    "JobLogRequest",
    "JobOutcome",
    "JobParameterUpdateRequest",
    "JobParameters",
    "JobProgress",
    "JobQuery",
    "JobRerunRequest",
    "JobSpec",
    "JobStatus",
    "JobStopRequest",
    "JobStopped",
    "JobSubmitRequest",
    "JobSubmitted",
    "JobTables",
    "JobTimeoutError",
    "JobUpdateRequest",
    "JobViewQuery",
    "LocalJob",
    "Metric",
    "MetricAll",
    "MetricAllRequest",
    "MetricData",
    "MetricDataRequest",
    "MetricDeleteRequest",
    "Metrics",
    "MetricsDeleted",
    "MetricsRequest",
    "ModelBindConf",
    "ModelBindRequest",
    "ModelDeployed",
    "ModelDetail",
    "ModelDetailQuery",
    "ModelExportConf",
    "ModelExportRequest",
    "ModelExported",
    "ModelImportConf",
    "ModelImportRequest",
    "ModelImported",
    "ModelInfo",
    "ModelInfoList",
    "ModelInfoQuery",
    "ModelLoadConf",
    "ModelLoadRequest",
    "ModelLoaded",
    "ModelMigrateConf",
    "ModelMigrateRequest",
    "ModelMigrated",
    "ModelRef",
    "ModelRestoreRequest",
    "ModelRestored",
    "ModelStoreRequest",
    "ModelStored",
    "ModelTagListRequest",
    "ModelTagRequest",
    "ModelTags",
    "NotFoundError",
    "NotSentError",
    "OutputData",
    "OutputDataRequest",
    "OutputDataTableRequest",
    "OutputModel",
    "OutputModelRequest",
    "OutputPreview",
    "OutputPreviewRequest",
    "OutputTable",
    "OutputTableRef",
    "OutputTableRefs",
    "PartyError",
    "PartyModelConf",
    "PartyResult",
    "Phase",
    "Pipeline",
    "PredictConf",
    "PredictConfRequest",
    "PredictDsl",
    "PredictDslRequest",
    "ProtocolError",
    "QueueCleanRequest",
    "QueueCleaned",
    "Report",
    "Request",
    "ResourceQuery",
    "Resources",
    "Result",
    "RetryEvent",
    "RetryPolicy",
    "Role",
    "RuntimeConf",
    "Severity",
    "SizeLimitError",
    "Statistics",
    "SubmitRejectedError",
    "Summary",
    "SummaryRequest",
    "TableBindRequest",
    "TableBound",
    "TableData",
    "TableDeleteRequest",
    "TableDeleted",
    "TableDownloadRequest",
    "TableInfo",
    "TableInfoRequest",
    "TableListRequest",
    "TablePreview",
    "TablePreviewRequest",
    "TableRef",
    "Tag",
    "TagCreateRequest",
    "TagDeleteRequest",
    "TagList",
    "TagListRequest",
    "TagMatches",
    "TagQuery",
    "TagUpdateRequest",
    "TaggedModel",
    "TargetExistsError",
    "Task",
    "TaskList",
    "TaskListRequest",
    "TaskQuery",
    "TaskStatus",
    "TransportError",
    "TruncatedDownloadError",
    "UnexpectedRedirectError",
    "UnsafeArchiveError",
    "UnsupportedByServerError",
    "UploadConf",
    "UploadHistory",
    "UploadHistoryRequest",
    "UploadRecord",
    "Uploaded",
    "VersionRequest",
    "Versions",
    "VersionsRequest",
    "WaitInterruptedError",
    "WaitTimeoutError",
    "check_conf",
    "check_upload",
    "json_schema",
]
