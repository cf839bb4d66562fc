"""With a client at hand, tables and models are looked up: only what that server can know."""

from __future__ import annotations

from typing import Any

import pytest

import fateflow_client as f
from fateflow_client.errors import ConnectError, NotFoundError, Phase
from fateflow_client.jobconf.report import Report
from fateflow_client.jobconf.spec import JobSpec
from tests.unit.jobconf.documents import CONF, DSL, GUEST, HOST, changed, told

MODEL = {"model_id": "guest-9999#host-10000#model", "model_version": "202611240405111932740"}
PREDICT = changed(CONF, ("/job_parameters/common", {"job_type": "predict", **MODEL}))
DEPLOYED = {
    "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
    "hetero_lr_0": {"module": "HeteroLR", "input": {"model": ["pipeline.hetero_lr_0.model"]}},
}


class OneSite:
    """A site with some tables and some models, which counts what it is asked."""

    def __init__(self, tables: list[dict[str, str]], components: dict[str, Any] | None) -> None:
        self.tables = tables
        self.components = components
        self.asked: list[Any] = []

    def send(self, request: Any, /) -> Any:
        self.asked.append(request)
        if isinstance(request, f.TableInfoRequest):
            table = {"name": request.table_name, "namespace": request.namespace}
            return f.TableInfo(exists=table in self.tables)
        if isinstance(request, f.PredictDslRequest):
            if self.components is None:
                raise NotFoundError("no such model", status=210, retcode=210, retmsg="")
            entries = {"components": self.components} if self.components else {}
            return f.PredictDsl(entries=entries)
        raise AssertionError(request)


def _check(conf: dict[str, Any], dsl: dict[str, Any] | None, site: OneSite) -> Report:
    return JobSpec(conf, dsl).check(online=site)


def test_tables_that_are_there_are_no_finding() -> None:
    assert told(_check(CONF, DSL, OneSite([GUEST, HOST], None))) == []


def test_a_table_of_the_initiator_that_is_not_there_is_an_error() -> None:
    report = _check(CONF, DSL, OneSite([HOST], None))
    assert told(report) == [
        (
            "error",
            "table-not-found",
            "conf",
            "/component_parameters/role/guest/0/reader_0/table",
        )
    ]


def test_tables_of_other_parties_are_not_asked_for() -> None:
    site = OneSite([GUEST], None)
    assert told(_check(CONF, DSL, site)) == []
    assert [request.table_name for request in site.asked] == [GUEST["name"]]


def test_a_table_that_two_readers_read_is_asked_for_once() -> None:
    site = OneSite([GUEST], None)
    two = changed(CONF, ("/component_parameters/common/reader_1", {"table": GUEST}))
    _check(two, changed(DSL, ("/components/reader_1", DSL["components"]["reader_0"])), site)
    assert len(site.asked) == 1


def test_a_deployed_model_and_its_reader_s_table_are_no_finding() -> None:
    site = OneSite([GUEST], DEPLOYED)
    assert told(_check(PREDICT, None, site)) == []
    assert len(site.asked) == 2


def test_a_predict_job_s_table_is_looked_for_by_the_model_s_readers() -> None:
    report = _check(PREDICT, None, OneSite([], DEPLOYED))
    assert [finding.code for finding in report.errors] == ["table-not-found"]


@pytest.mark.parametrize(
    ("components", "code"),
    [
        (None, "model-not-found"),
        (DSL["components"], "model-not-deployed"),
        ({}, "model-not-deployed"),
    ],
)
def test_a_model_must_be_there_and_deployed(components: dict[str, Any] | None, code: str) -> None:
    assert told(_check(PREDICT, None, OneSite([], components))) == [
        ("error", code, "conf", "/job_parameters/common/model_version")
    ]


def test_a_predict_job_without_a_model_is_not_asked_for() -> None:
    site = OneSite([], None)
    spoiled = changed(PREDICT, ("/job_parameters/common/model_id", ""))
    assert "missing-model" in {finding.code for finding in _check(spoiled, None, site).errors}
    assert site.asked == []


def test_a_server_that_cannot_be_asked_raises() -> None:
    class Silent(OneSite):
        def send(self, request: Any, /) -> Any:
            raise ConnectError("nobody there", phase=Phase.BEFORE_SEND, sent_bytes=0)

    with pytest.raises(ConnectError):
        _check(CONF, DSL, Silent([], None))


def test_a_client_is_someone_to_ask(client: f.FlowClient) -> None:
    with pytest.raises(f.FlowError):
        JobSpec(CONF, DSL).check(online=client)
