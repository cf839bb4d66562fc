"""The jobs that the server submits itself, of one component, for its own party."""

from flask import Response

from fateflow_client.local.parts import Parts
from fateflow_client.local.rejections import SubmitRejectedError
from fateflow_client.local.replies import ExceptionReplyError, envelope
from fateflow_client.local.shapes import JsonObject

_JOB_PARAMS = ("task_cores", "eggroll_run", "spark_run", "computing_engine", "federation_engine")
_MODE_PARAMS = ("work_mode", "backend")


def submit_local(
    parts: Parts, component: tuple[str, str], config: JsonObject, params: JsonObject, job_id: str
) -> Response:
    """Submit the job and answer with its id; a rejection may hide in a success.

    Args:
        parts: The server.
        component: The component's name and module.
        config: What was posted; the job's own parameters are taken from it.
        params: The component's parameters.
        job_id: The id the job gets.
    """
    name, module = component
    party_id = int(config.get("party_id") or 0) if module in ("Upload", "Download") else 0
    modes = parts.release.work_mode
    names = _JOB_PARAMS + (_MODE_PARAMS if modes else ())
    common = {key: config[key] for key in names if config.get(key) is not None}
    if modes:
        common = {"work_mode": 0, "backend": 0, **common}
    conf: JsonObject = {
        "dsl_version": 2,
        "initiator": {"role": "local", "party_id": party_id},
        "role": {"local": [party_id]},
        "job_parameters": {"common": common},
        "component_parameters": {"role": {"local": {"0": {name: params}}}},
    }
    dsl: JsonObject = {"components": {name: {"module": module}}}
    answer: JsonObject = {"job_id": job_id}
    if module == "Upload":
        answer |= {"table_name": config["table_name"], "namespace": config["namespace"]}
    try:
        answer |= parts.submitter.submit(job_id, conf, dsl)
    except SubmitRejectedError as error:
        (parts.state.uploads / f"{job_id}.csv").unlink(missing_ok=True)
        if parts.release.short_rejections:
            raise ExceptionReplyError(error.short(), error.per_party) from error
        # The envelope says success: this is where FATE Flow hides a rejected upload.
        answer |= {"code": 103, "message": error.traceback()}
    return envelope(answer, job_id=job_id)
