"""What a call asks beside its own request, before it and after a lost answer: nothing is there."""

from __future__ import annotations

from tests.support.server import Answer

_NONE = Answer.of({"retcode": 0, "retmsg": "success", "data": []})
_RELEASE = {"/v1/version/get": Answer.of({"retcode": 0, "data": {"FATE": "1.11.2"}})}
_JOBS = {"/v1/job/query": _NONE, "/v1/job/list/job": _NONE, **_RELEASE}
_TABLE = {"/v1/table/table_info": Answer.of({"retcode": 0, "data": {"exist": 0}})}
_MODELS = {"/v1/model/query": _NONE}

QUESTIONS: dict[str, dict[str, Answer]] = {
    "data.upload": _TABLE | _JOBS,
    "data.download": _JOBS,
    "job.submit": _JOBS,
    "job.rerun": {"/v1/job/task/query": _NONE},
    "model.deploy": _MODELS | _RELEASE,
    "model.import_model": _MODELS | _JOBS,
    "model.export_model": _JOBS,
    "model.store": _JOBS,
    "model.restore": _JOBS,
}
"""By call, for ``ScriptedServer.aside``."""
NOTHING_THERE: dict[str, Answer] = {}
"""All of them together, for tests whose own call is none of these."""
for _answers in QUESTIONS.values():
    NOTHING_THERE |= _answers
