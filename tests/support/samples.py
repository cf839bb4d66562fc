"""One valid request of every kind, for tests that walk over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fateflow_client import (
    ComponentListRequest,
    DataUploadRequest,
    JobListRequest,
    JobLogRequest,
    JobQuery,
    JobStopRequest,
    JobSubmitRequest,
    MetricAllRequest,
    MetricsRequest,
    OutputDataRequest,
    OutputModelRequest,
    QueueCleanRequest,
    SummaryRequest,
    TableInfoRequest,
    TaskQuery,
    UploadHistoryRequest,
    VersionRequest,
)

JOB_ID = "202701150800001234560"
PARTY: dict[str, Any] = {
    "job_id": JOB_ID,
    "role": "guest",
    "party_id": 9999,
    "component_name": "hetero_lr_0",
}
CONF: dict[str, Any] = {
    "dsl_version": 2,
    "initiator": {"role": "guest", "party_id": 9999},
    "role": {"guest": [9999], "host": [10000], "arbiter": [10001]},
}
DSL: dict[str, Any] = {"components": {"reader_0": {"module": "Reader"}}}


def requests_by_call(folder: Path) -> dict[str, Any]:
    """Make a request of every kind; files that they name are made in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "wine_guest.csv"
    table.write_text("id,y,x0\n1,0,0.5\n", encoding="utf-8")
    upload = {
        "file": str(table),
        "head": 1,
        "partition": 4,
        "namespace": "clinic_lab",
        "table_name": "wine_guest",
    }
    return {
        "job.submit": JobSubmitRequest(conf_path=CONF, dsl_path=DSL),
        "job.stop": JobStopRequest(job_id=JOB_ID),
        "job.query": JobQuery(job_id=JOB_ID),
        "job.list": JobListRequest(limit=5),
        "job.log": JobLogRequest(job_id=JOB_ID, output_path=folder / "out"),
        "task.query": TaskQuery(job_id=JOB_ID),
        "component.list": ComponentListRequest(job_id=JOB_ID),
        "component.metrics": MetricsRequest(**PARTY),
        "component.metric_all": MetricAllRequest(**PARTY),
        "component.get_summary": SummaryRequest(**PARTY),
        "component.output_model": OutputModelRequest(**PARTY),
        "component.output_data": OutputDataRequest(**PARTY, output_path=folder / "out"),
        "data.upload": DataUploadRequest(conf_path=upload),
        "data.upload_history": UploadHistoryRequest(),
        "table.info": TableInfoRequest(namespace="clinic_lab", table_name="wine_guest"),
        "queue.clean": QueueCleanRequest(),
        "version/get": VersionRequest(),
    }
