"""A typed client for FATE Flow 1.x.

    from fateflow_client import FlowClient

    with FlowClient("127.0.0.1", 9380) as client:
        outcome = client.job.run("conf.json", "dsl.json")

Names are loaded when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fateflow_client.client import FlowClient
    from fateflow_client.config import ClientConfig, RetryPolicy
    from fateflow_client.domain._base import Envelope, Request, Result
    from fateflow_client.domain.component import (
        ComponentList,
        ComponentListRequest,
        Metric,
        MetricAll,
        MetricAllRequest,
        Metrics,
        MetricsRequest,
        OutputData,
        OutputDataRequest,
        OutputModel,
        OutputModelRequest,
        OutputTable,
        Summary,
        SummaryRequest,
    )
    from fateflow_client.domain.data import (
        DataUploadRequest,
        Uploaded,
        UploadHistory,
        UploadHistoryRequest,
        UploadRecord,
    )
    from fateflow_client.domain.job import (
        Job,
        JobList,
        JobListRequest,
        JobLog,
        JobLogRequest,
        JobOutcome,
        JobProgress,
        JobQuery,
        JobStopped,
        JobStopRequest,
        JobSubmitRequest,
        JobSubmitted,
        ModelRef,
    )
    from fateflow_client.domain.queue import QueueCleaned, QueueCleanRequest
    from fateflow_client.domain.server import VersionRequest, Versions
    from fateflow_client.domain.table import TableInfo, TableInfoRequest
    from fateflow_client.domain.task import Task, TaskList, TaskQuery
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
    from fateflow_client.jobconf.upload import UploadConf
    from fateflow_client.types import JobStatus, Role, TaskStatus

_HOMES = {
    "client": "FlowClient",
    "config": "ClientConfig RetryPolicy",
    "domain._base": "Envelope Request Result",
    "domain.component": (
        "ComponentList ComponentListRequest Metric MetricAll MetricAllRequest Metrics "
        "MetricsRequest OutputData OutputDataRequest OutputModel OutputModelRequest OutputTable "
        "Summary SummaryRequest"
    ),
    "domain.data": "DataUploadRequest Uploaded UploadHistory UploadHistoryRequest UploadRecord",
    "domain.job": (
        "Job JobList JobListRequest JobLog JobLogRequest JobOutcome JobProgress JobQuery "
        "JobStopRequest JobStopped JobSubmitRequest JobSubmitted ModelRef"
    ),
    "domain.queue": "QueueCleanRequest QueueCleaned",
    "domain.server": "VersionRequest Versions",
    "domain.table": "TableInfo TableInfoRequest",
    "domain.task": "Task TaskList TaskQuery",
    "errors": (
        "AlreadyExistsError AmbiguousOutcomeError ApiError AuthError CallTimeoutError ConfigError "
        "ConnectError DownloadError FlowError InputFileError JobCanceledError JobError "
        "JobFailedError JobTimeoutError NotFoundError NotSentError PartyError Phase ProtocolError "
        "SizeLimitError SubmitRejectedError TargetExistsError TransportError "
        "TruncatedDownloadError UnexpectedRedirectError UnsafeArchiveError "
        "UnsupportedByServerError WaitInterruptedError WaitTimeoutError"
    ),
    "jobconf.upload": "UploadConf",
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
    "ClientConfig",
    "ComponentList",
    "ComponentListRequest",
    "ConfigError",
    "ConnectError",
    "DataUploadRequest",
    "DownloadError",
    "Envelope",
    "FlowClient",
    "FlowError",
    "InputFileError",
    "Job",
    "JobCanceledError",
    "JobError",
    "JobFailedError",
    "JobList",
    "JobListRequest",
    "JobLog",
    "JobLogRequest",
    "JobOutcome",
    "JobProgress",
    "JobQuery",
    "JobStatus",
    "JobStopRequest",
    "JobStopped",
    "JobSubmitRequest",
    "JobSubmitted",
    "JobTimeoutError",
    "Metric",
    "MetricAll",
    "MetricAllRequest",
    "Metrics",
    "MetricsRequest",
    "ModelRef",
    "NotFoundError",
    "NotSentError",
    "OutputData",
    "OutputDataRequest",
    "OutputModel",
    "OutputModelRequest",
    "OutputTable",
    "PartyError",
    "Phase",
    "ProtocolError",
    "QueueCleanRequest",
    "QueueCleaned",
    "Request",
    "Result",
    "RetryPolicy",
    "Role",
    "SizeLimitError",
    "SubmitRejectedError",
    "Summary",
    "SummaryRequest",
    "TableInfo",
    "TableInfoRequest",
    "TargetExistsError",
    "Task",
    "TaskList",
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
    "WaitInterruptedError",
    "WaitTimeoutError",
]
