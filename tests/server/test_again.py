"""Jobs after their end: run again, cleaned, noted, changed; and what can be asked about them."""

import json
from typing import Any

import pytest

from fateflow_client.local import serve
from fateflow_client.local.modules.base import Module, ModuleError, Task
from tests.server.conftest import Trained
from tests.server.support import Client, Gate, Stopped, lr_job, one_component, place, simple_conf


class Moody:
    """A module that fails until it is told not to."""

    def __init__(self) -> None:
        self.fails = True
        self.seen: list[Any] = []

    def run(self, task: Task) -> None:
        self.seen.append(task.params(task.parties[0]).get("mood"))
        if self.fails:
            message = "not today"
            raise ModuleError(message)


def test_a_failed_job_runs_again_as_a_new_version() -> None:
    moody = Moody()
    with serve(modules={"Moody": Module(moody.run, ("guest",))}) as url:
        client = Client(url)
        job_id, status = client.run(simple_conf(), one_component("Moody"))
        assert status == "failed"
        moody.fails = False
        reply = client.post("job/rerun", job_id=job_id).json
        assert reply == {"retcode": 0, "retmsg": "rerun job success"}
        assert client.wait(job_id) == "success"
        (task,) = client.tasks(job_id)
        assert (task["f_task_version"], task["f_error_report"]) == (1, "")
        row = client.rows(job_id)[0]
        assert (row["f_progress"], row["f_tag"]) == (100, "job_end")


def test_a_canceled_job_runs_again() -> None:
    gate = Gate()
    with serve(modules={"Gate": gate.module()}, max_running_jobs=1) as url:
        client = Client(url)
        try:
            first = client.submit(simple_conf(), one_component("Gate"))
            assert gate.reached.wait(30)
            second = client.submit(simple_conf(), one_component("Gate"))
            assert client.post("job/rerun", job_id=first).json["retcode"] == 103
            client.post("job/stop", job_id=second)
            assert client.post("job/rerun", job_id=second).json["retcode"] == 0
            assert client.status(second) == "waiting"
        finally:
            gate.open()
        assert client.wait(second) == "success"


def test_a_job_that_succeeded_runs_again_only_when_asked_to(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    before = client.output(job_id, "lr_0").members()
    assert "no task to rerun" in client.post("job/rerun", job_id=job_id).json["retmsg"]
    wrong = client.post("job/rerun", job_id=job_id, component_name=["nope_0"]).json
    assert (wrong["retcode"], "nope_0" in wrong["retmsg"]) == (103, True)
    assert client.post("job/rerun", job_id=job_id, component_name="lr_0").json["retcode"] == 0
    assert client.wait(job_id) == "success"
    assert client.output(job_id, "lr_0").members() == before
    (table,) = client.component("output/data/table", job_id, "lr_0")["data"]
    assert table["table_namespace"] == f"output_data_{job_id}_lr_0_1"


def test_new_parameters_count_from_the_next_run_on() -> None:
    moody = Moody()
    module = Module(moody.run, ("guest",), {"mood": "none"})
    with serve(modules={"Moody": module}) as url:
        client = Client(url)
        job_id, _ = client.run(simple_conf(), one_component("Moody"))
        moody.fails = False
        change = {"common": {"only_0": {"mood": "good"}}}
        reply = client.post("job/parameter/update", job_id=job_id, component_parameters=change)
        assert reply.json["data"]["component_parameters"] == change
        shown = client.component("parameters", job_id, "only_0")["data"]["ComponentParam"]
        assert shown["mood"] == "good"
        client.post("job/rerun", job_id=job_id)
        assert client.wait(job_id) == "success"
    assert moody.seen == ["none", "good"]


def test_parameters_of_an_unknown_job_are_not_changed(flow: Client) -> None:
    assert flow.post("job/parameter/update", job_id="1").json["retcode"] == 102
    assert flow.post("job/parameter/update").json["retcode"] == 101


def test_cleaning_a_job_deletes_its_tables_and_metrics(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    assert client.post("job/clean", job_id=job_id, content_type="metrics").json["retcode"] == 0
    assert client.component("metrics", job_id, "evaluation_0")["data"] == {}
    assert client.output(job_id, "lr_0").status == 200
    cleaned = client.post("job/clean", job_id=job_id, role="guest", party_id=9999).json
    assert cleaned["retcode"] == 0
    assert client.output(job_id, "lr_0").status == 210
    assert client.output(job_id, "data_transform_0", "host").status == 200
    # Uploaded tables stay: only outputs are cleaned.
    info = client.post("table/table_info", namespace="experiment", table_name="guest").json
    assert info["data"]["exist"] == 1


def test_notes_are_a_job_s_description(trained: Trained) -> None:
    client = trained.client
    asked = {"job_id": trained.job_id, "role": "guest", "party_id": 9999}
    assert client.post("job/update", **asked, notes="good one").json["retcode"] == 0
    (row,) = client.post("job/query", **asked).json["data"]
    assert row["f_description"] == "good one"
    found = client.post("job/list/job", description="good").json["data"]["jobs"]
    assert [job["job_id"] for job in found] == [trained.job_id]
    unknown = client.post("job/update", **{**asked, "job_id": "1"}, notes="x").json
    assert unknown == {"retcode": 101, "retmsg": "find job failed"}
    assert client.post("job/update", notes="x").json["retmsg"] == "KeyError('job_id')"


def test_the_configuration_is_what_was_submitted(trained: Trained) -> None:
    conf, dsl = lr_job()
    asked = {"job_id": trained.job_id, "role": "guest", "party_id": 9999}
    data = trained.client.post("job/config", **asked).json["data"]
    assert data["dsl"] == dsl
    assert data["runtime_conf"]["component_parameters"] == conf["component_parameters"]
    assert data["model_info"]["model_version"] == trained.job_id
    assert trained.client.post("job/config", job_id="1").json["retcode"] == 101


def test_the_data_view_lists_outputs_and_filters(trained: Trained) -> None:
    asked = {"job_id": trained.job_id, "role": "guest", "party_id": 9999}
    rows = trained.client.post("job/data/view/query", **asked).json["data"]
    names = ["reader_0", "data_transform_0", "intersection_0", "lr_0"]
    assert [row["f_component_name"] for row in rows] == names
    one = trained.client.post("job/data/view/query", **asked, component_name="lr_0").json["data"]
    assert one == [rows[-1]]
    ignored = trained.client.post("job/data/view/query", **asked, status="failed").json["data"]
    assert ignored == rows
    assert trained.client.post("job/data/view/query", job_id=1).json["retcode"] == 101


@pytest.mark.parametrize(
    "changes",
    [
        {"train_dsl": {"components": {}}},
        {"train_dsl": "{"},
        {"train_dsl": "[]"},
        {"cpn_str": []},
        {"cpn_str": ["nope_0"]},
        {"version": "1"},
        {"train_dsl": json.dumps({"components": {"a": {"input": {"data": {"data": ["a.d"]}}}}})},
    ],
)
def test_a_predict_dsl_that_cannot_be_made_is_210(flow: Client, changes: dict[str, Any]) -> None:
    train = json.dumps(one_component("Reader", "a"))
    asked = {"train_dsl": train, "cpn_str": ["a"], "version": "2", **changes}
    reply = flow.post("job/dsl/generate", **asked)
    assert (reply.status, reply.json["retcode"]) == (210, 210)


@pytest.mark.parametrize("listed", [["a"], "a", "[a]\n", " a , "])
def test_components_are_listed_in_several_ways(flow: Client, listed: Any) -> None:
    train = json.dumps(one_component("Reader", "a"))
    data = flow.post("job/dsl/generate", train_dsl=train, cpn_str=listed).json["data"]
    assert list(data["components"]) == ["a"]


def test_a_preview_shows_a_hundred_rows_and_how_many_there_are(trained: Trained) -> None:
    reply = trained.client.component("output/data", trained.job_id, "lr_0")
    (rows,), meta = reply["data"], reply["meta"]
    assert len(rows) == 100
    total = len(trained.client.table(trained.job_id, "lr_0"))
    assert (meta["names"], meta["total"]) == (["data"], [total])
    assert [type(value) for value in rows[0]] == [str, int, int, float, str, str]
    nothing = trained.client.component("output/data", trained.job_id, "evaluation_0")
    assert nothing == {"data": [], "retcode": 0, "retmsg": "no data"}


def test_one_metric_is_the_one_of_all(trained: Trained) -> None:
    client, job_id = trained.client, trained.job_id
    everything = client.component("metric/all", job_id, "evaluation_0")["data"]["train"]
    asked = {**place(job_id, "evaluation_0"), "metric_namespace": "train", "metric_name": "lr_0"}
    one = client.post("tracking/component/metric_data", **asked).json
    assert (one["data"], one["meta"]) == (everything["lr_0"]["data"], everything["lr_0"]["meta"])
    asked["metric_name"] = "nope"
    none = client.post("tracking/component/metric_data", **asked).json
    assert (none["data"], none["meta"]) == ([], {"metric_type": None, "name": None})


def test_deleting_metrics_by_job_keeps_those_of_others(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    for status in ("True", "False"):
        reply = client.post("tracking/component/metric/delete", job_id=job_id).json
        assert reply["data"] == f"delete status: {status}"
    assert client.component("metrics", job_id, "evaluation_0")["data"] == {}
    assert client.component("metrics", trained.job_id, "evaluation_0")["data"]


def test_the_site_says_what_it_has(flow: Client) -> None:
    versions = flow.post("server/version/get").json["data"]
    assert versions == {"API": "v1", "FATE": "1.11.3", "FATEFlow": "1.11.2"}
    resources = flow.post("resource/query").json["data"]
    assert resources["use_resource_job"] == []
    five = {**place("1", "a"), "model_id": "m", "model_version": "v"}
    assert flow.post("checkpoint/list", **five).json["data"] == []
    assert flow.post("checkpoint/get", **five).status == 400
    assert flow.post("checkpoint/get", **five, step_index=1).json["data"] == {}
    assert flow.post("checkpoint/list").status == 400
    assert flow.post("checkpoint/get", model_id="m").status == 400


@pytest.mark.parametrize(
    ("wanted", "status"), [("failed", "failed"), ("canceled", "canceled"), ("nope", "canceled")]
)
def test_a_job_is_stopped_to_the_status_that_is_asked_for(wanted: str, status: str) -> None:
    stopped = Stopped()
    with serve(modules={"Stopped": stopped.module()}) as url:
        client = Client(url)
        job_id = client.submit(simple_conf(), one_component("Stopped"))
        assert stopped.reached.wait(30)
        assert client.post("job/stop", job_id=job_id, stop_status=wanted).json["retcode"] == 0
        assert client.status(job_id) == status


def test_the_log_of_an_unknown_job_has_no_path(trained: Trained) -> None:
    known = trained.client.post("job/log/path", job_id=trained.job_id).json["data"]
    assert known["logs_directory"].endswith(f"/logs/{trained.job_id}")
    reply = trained.client.post("job/log/path", job_id="1")
    assert (reply.status, reply.json["retcode"]) == (404, 404)


def test_a_job_whose_model_cannot_be_kept_fails_and_the_server_goes_on() -> None:
    gate = Gate()
    gate.open()
    with (
        pytest.MonkeyPatch.context() as patch,
        serve(modules={"Gate": gate.module()}, max_running_jobs=1) as url,
    ):
        client = Client(url)

        def broken(*_: object) -> None:
            message = "disk full"
            raise OSError(message)

        patch.setattr("fateflow_client.local.runner.save_trained", broken)
        _, status = client.run(simple_conf(), one_component("Gate"))
        assert status == "failed"
        patch.undo()
        _, status = client.run(simple_conf(), one_component("Gate"))
        assert status == "success"
