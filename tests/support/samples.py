"""One valid request of every kind, for tests that walk over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fateflow_client as f

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
    # A prediction, which needs no DSL.
    "job_parameters": {
        "common": {
            "job_type": "predict",
            "model_id": "arbiter-10001#guest-9999#host-10000#model",
            "model_version": JOB_ID,
        }
    },
}
MODEL: dict[str, Any] = {
    "role": "guest",
    "party_id": 9999,
    "model_id": "arbiter-10001#guest-9999#host-10000#model",
    "model_version": JOB_ID,
}
MIGRATION: dict[str, Any] = {
    "migrate_initiator": {"role": "guest", "party_id": 1},
    "role": {"guest": [9999], "host": [10000]},
    "migrate_role": {"guest": [1], "host": [2]},
    "execute_party": {"guest": [9999]},
    "model_id": MODEL["model_id"],
    "model_version": JOB_ID,
    "job_parameters": {"federated_mode": "SINGLE"},
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
        "job.submit": f.JobSubmitRequest(conf_path=CONF, dsl_path=DSL),
        "job.stop": f.JobStopRequest(job_id=JOB_ID),
        "job.query": f.JobQuery(job_id=JOB_ID),
        "job.list": f.JobListRequest(limit=5),
        "job.log": f.JobLogRequest(job_id=JOB_ID, output_path=folder / "out"),
        "task.query": f.TaskQuery(job_id=JOB_ID),
        "component.list": f.ComponentListRequest(job_id=JOB_ID),
        "component.metrics": f.MetricsRequest(**PARTY),
        "component.metric_all": f.MetricAllRequest(**PARTY),
        "component.get_summary": f.SummaryRequest(**PARTY),
        "component.output_model": f.OutputModelRequest(**PARTY),
        "component.output_data": f.OutputDataRequest(**PARTY, output_path=folder / "out"),
        "data.upload": f.DataUploadRequest(conf_path=upload),
        "data.upload_history": f.UploadHistoryRequest(),
        "table.info": f.TableInfoRequest(namespace="clinic_lab", table_name="wine_guest"),
        "queue.clean": f.QueueCleanRequest(),
        "version/get": f.VersionRequest(),
        "job.config": f.JobConfigRequest(
            job_id=JOB_ID, role="guest", party_id=9999, output_path=folder / "out"
        ),
        "job.view": f.JobViewQuery(job_id=JOB_ID),
        "job.generate_dsl": f.GenerateDslRequest(train_dsl_path=DSL, cpn_list=["reader_0"]),
        "task.list": f.TaskListRequest(limit=5),
        "component.parameters": f.ComponentParametersRequest(**PARTY),
        "component.metric_delete": f.MetricDeleteRequest(job_id=JOB_ID),
        "component.output_data_table": f.OutputDataTableRequest(**PARTY),
        "data.download": f.DataDownloadRequest(
            conf_path={"namespace": "n", "table_name": "t", "output_path": "/srv/t.csv"}
        ),
        "model.load": f.ModelLoadRequest(job_id=JOB_ID),
        "model.bind": f.ModelBindRequest(conf_path={"service_id": "s"}, job_id=JOB_ID),
        "model.export_model": f.ModelExportRequest(
            conf_path=MODEL | {"output_path": str(folder / "out")}
        ),
        "model.store": f.ModelStoreRequest(conf_path=MODEL),
        "model.import_model": f.ModelImportRequest(conf_path=MODEL | {"file": str(table)}),
        "model.restore": f.ModelRestoreRequest(conf_path=MODEL),
        "model.migrate": f.ModelMigrateRequest(conf_path=MIGRATION),
        "model.tag_list": f.ModelTagListRequest(job_id=JOB_ID),
        "model.tag_model": f.ModelTagRequest(job_id=JOB_ID, tag_name="t"),
        "model.tag_model (remove)": f.ModelTagRequest(job_id=JOB_ID, tag_name="t", remove=True),
        "model.deploy": f.DeployRequest(model_id="m#model", model_version=JOB_ID),
        "model.get_predict_dsl": f.PredictDslRequest(model_id="m#model", model_version=JOB_ID),
        "model.get_predict_conf": f.PredictConfRequest(model_id="m#model", model_version=JOB_ID),
        "model.get_model_info": f.ModelInfoQuery(model_id="m#model", model_version=JOB_ID),
        "tag.create": f.TagCreateRequest(tag_name="t", tag_desc="d"),
        "tag.update": f.TagUpdateRequest(tag_name="t", new_tag_desc="d"),
        "tag.list": f.TagListRequest(),
        "tag.query": f.TagQuery(tag_name="t"),
        "tag.delete": f.TagDeleteRequest(tag_name="t"),
        "table.delete": f.TableDeleteRequest(namespace="n", table_name="t"),
        "job.rerun": f.JobRerunRequest(job_id=JOB_ID),
        "job.clean": f.JobCleanRequest(job_id=JOB_ID),
        "job.update": f.JobUpdateRequest(job_id=JOB_ID, role="guest", party_id=1, notes="n"),
        "job.parameter_update": f.JobParameterUpdateRequest(
            job_id=JOB_ID, component_parameters={"common": {}}
        ),
        "job.log_path": f.JobLogPathRequest(job_id=JOB_ID),
        "component.output_data_preview": f.OutputPreviewRequest(**PARTY),
        "component.metric_data": f.MetricDataRequest(
            **PARTY, metric_namespace="train", metric_name="loss"
        ),
        "table.download": f.TableDownloadRequest(
            namespace="n", table_name="t", output_path=folder / "out"
        ),
        "table.preview": f.TablePreviewRequest(namespace="n", table_name="t"),
        "table.bind": f.TableBindRequest(
            namespace="n", table_name="t", engine="PATH", address={"path": "/srv/t.csv"}
        ),
        "table.list": f.TableListRequest(job_id=JOB_ID, role="guest", party_id=1),
        "model.query_detail": f.ModelDetailQuery(**MODEL),
        "checkpoint.list": f.CheckpointListRequest(**MODEL, component_name="c"),
        "checkpoint.get": f.CheckpointGetRequest(**MODEL, component_name="c", step_index=0),
        "server.versions": f.VersionsRequest(),
        "server.resources": f.ResourceQuery(),
    }
