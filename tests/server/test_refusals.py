"""Data and confs that a component cannot work with: the job fails and says why."""

from pathlib import Path
from typing import Any

import pytest

from fateflow_client.local import serve
from tests.server.support import Client, Stopped, lr_job, one_component, simple_conf

GUEST = "id,y,a\n1,0,0.5\n2,1,1.5\n3,0,0.1\n4,1,2.5\n"
HOST = "id,b\n1,1\n2,2\n3,3\n4,5\n"


def run(
    flow: Client, guest: str, host: str, changes: dict[str, Any], module: str = "HeteroLR"
) -> tuple[str, str, str]:
    for name, text in (("guest", guest), ("host", host)):
        assert flow.uploaded(text.encode(), table_name=name) == "success"
    job_id, status = flow.run(*lr_job(module=module, **changes))
    return job_id, status, flow.errors(job_id)


def test_the_small_tables_of_this_page_are_good(flow: Client) -> None:
    job_id, status, errors = run(flow, GUEST, HOST, {})
    assert status == "success", errors
    assert len(flow.table(job_id, "lr_0")) == 4


@pytest.mark.parametrize(
    ("guest", "host", "changes", "text"),
    [
        (GUEST, "id,b\n7,1\n8,2\n", {}, "no id that all parties have"),
        (GUEST.replace("y", "z"), HOST, {}, "label 'y' of guest 9999 is not in the header"),
        (GUEST.replace(",1,1.5", ",2,1.5"), HOST, {}, "labels must be 0 and 1"),
        (GUEST.replace(",1,", ",0,"), HOST, {}, "both labels, 0 and 1, must occur"),
        (GUEST.replace(",1,1.5", ",x,1.5"), HOST, {}, "a label of guest 9999 is not int"),
        (GUEST.replace("2.5", "two"), HOST, {}, "column 'a' of guest 9999 holds a value"),
        (GUEST.replace("2.5", "inf"), HOST, {}, "not finite"),
        (GUEST.replace("2.5", "2.5,3"), HOST, {}, "row '4' of guest 9999 has 3 values"),
        (GUEST, HOST, {"data_transform_0": {"data_type": "str"}}, "data_type='str'"),
        (GUEST, HOST, {"data_transform_0": {"exclusive_data_type": {"a": "int"}}}, "exclusive"),
        (GUEST, HOST, {"data_transform_0": {"with_match_id": True}}, "with_match_id"),
        (
            GUEST,
            HOST,
            {"data_transform_0": {"missing_fill": True, "missing_fill_method": "magic"}},
            None,
        ),
        (
            GUEST.replace("2.5", ""),
            HOST,
            {"data_transform_0": {"missing_fill": True, "missing_fill_method": "magic"}},
            "cannot be filled by the method 'magic'",
        ),
        (GUEST, HOST, {"intersection_0": {"only_output_key": True}}, "no column to train on"),
        (GUEST, HOST, {"lr_0": {"early_stop": "never"}}, "early_stop must be one of"),
    ],
)
def test_bad_data_fails_the_job_with_its_reason(
    flow: Client, guest: str, host: str, changes: dict[str, Any], text: str | None
) -> None:
    _, status, errors = run(flow, guest, host, changes)
    if text is None:  # there is nothing to fill: the method is not needed
        assert status == "success", errors
    else:
        assert status == "failed"
        assert text in errors


@pytest.mark.parametrize(
    ("early_stop", "alpha"), [("diff", 0.1), ("weight_diff", 0.1), ("abs", 0.001)]
)
def test_every_early_stop_ends_training(flow: Client, early_stop: str, alpha: float) -> None:
    params = {"early_stop": early_stop, "tol": 0.3, "max_iter": 50, "alpha": alpha}
    job_id, status, errors = run(flow, GUEST, HOST, {"lr_0": params})
    assert status == "success", errors
    model = flow.component("output/model", job_id, "lr_0")["data"]
    assert model["isConverged"] is True
    assert model["iters"] < 50


def test_the_label_may_be_a_float(flow: Client) -> None:
    changes = {"lr_0": {"max_iter": 1}}
    conf, dsl = lr_job(**changes)
    conf["component_parameters"]["role"]["guest"]["0"]["data_transform_0"]["label_type"] = "float"
    for name, text in (("guest", GUEST), ("host", HOST)):
        flow.uploaded(text.encode(), table_name=name)
    job_id, status = flow.run(conf, dsl)
    assert status == "success"
    assert flow.table(job_id, "data_transform_0")[0]["y"] == "0.0"
    assert flow.table(job_id, "lr_0")[0]["label"] == "0"
    conf["component_parameters"]["role"]["guest"]["0"]["data_transform_0"]["label_type"] = "x"
    job_id, status = flow.run(conf, dsl)
    assert status == "failed"
    assert "label_type 'x'" in flow.errors(job_id)


def test_outliers_are_replaced_as_told(flow: Client) -> None:
    params = {"outlier_replace": True, "outlier_impute": ["2.5"], "outlier_replace_value": 9}
    job_id, status, errors = run(flow, GUEST, HOST, {"data_transform_0": params})
    assert status == "success", errors
    values = [row["a"] for row in flow.table(job_id, "data_transform_0")]
    assert values == ["0.5", "1.5", "0.1", "9.0"]


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (GUEST.replace("a", "c"), "host 10000 has the columns ['c']"),
        (GUEST, None),
    ],
)
def test_homo_lr_needs_the_same_columns(flow: Client, host: str, text: str | None) -> None:
    _, status, errors = run(flow, GUEST, host, {}, module="HomoLR")
    assert status == ("success" if text is None else "failed"), errors
    assert (text or "") in errors


def rewired(name: str, **inputs: list[str]) -> dict[str, Any]:
    _, dsl = lr_job()
    dsl["components"][name]["input"] = {"data": inputs}
    return dsl


@pytest.mark.parametrize(
    ("dsl", "text"),
    [
        (rewired("lr_0", train_data=["data_transform_0.data"]), "an Intersection must come"),
        (rewired("lr_0", train_data=["reader_0.data"]), "put a DataTransform before it"),
        (rewired("lr_0"), "needs exactly one input data"),
        (
            rewired("lr_0", train_data=["intersection_0.data"], validate_data=["reader_0.data"]),
            "without validate_data",
        ),
        (rewired("evaluation_0", data=["intersection_0.data"]), "Evaluation needs scores"),
        (rewired("data_transform_0", data=[]), "needs exactly one input data"),
    ],
)
def test_a_dsl_wired_wrongly_fails_where_it_shows(
    flow: Client, dsl: dict[str, Any], text: str
) -> None:
    flow.uploaded(GUEST.encode(), table_name="guest")
    flow.uploaded((HOST + "5,6\n").encode(), table_name="host")
    job_id, status = flow.run(lr_job()[0], dsl)
    assert status == "failed"
    assert text in flow.errors(job_id)


def test_a_transform_after_a_transform_is_refused(flow: Client) -> None:
    _, dsl = lr_job()
    dsl["components"]["again_0"] = {
        "module": "DataTransform",
        "input": {"data": {"data": ["data_transform_0.data"]}},
    }
    flow.uploaded(GUEST.encode(), table_name="guest")
    flow.uploaded(HOST.encode(), table_name="host")
    job_id, status = flow.run(lr_job()[0], dsl)
    assert status == "failed"
    assert "needs rows as a Reader gives them" in flow.errors(job_id)


def test_an_intersection_may_come_before_the_transform(flow: Client) -> None:
    conf, dsl = lr_job()
    dsl["components"]["intersection_0"]["input"] = {"data": {"data": ["reader_0.data"]}}
    dsl["components"]["data_transform_0"]["input"] = {"data": {"data": ["intersection_0.data"]}}
    dsl["components"]["lr_0"]["input"] = {"data": {"train_data": ["data_transform_0.data"]}}
    flow.uploaded(GUEST.encode(), table_name="guest")
    flow.uploaded((HOST + "5,6\n").encode(), table_name="host")
    job_id, status = flow.run(conf, dsl)
    assert status == "success", flow.errors(job_id)
    assert [row["id"] for row in flow.table(job_id, "intersection_0", "host")] == list("1234")


def test_an_intersection_needs_a_host(flow: Client) -> None:
    flow.uploaded(GUEST.encode(), table_name="guest")
    conf, dsl = lr_job()
    del conf["role"]["host"]
    job_id, status = flow.run(conf, dsl)
    assert status == "failed"
    assert "needs a guest and at least one host" in flow.errors(job_id)


def test_a_party_that_need_not_transform_hands_its_rows_on(flow: Client) -> None:
    conf, dsl = lr_job()
    host = conf["component_parameters"]["role"]["host"]["0"]
    host["intersection_0"] = {"need_run": False}
    flow.uploaded(GUEST.encode(), table_name="guest")
    flow.uploaded(HOST.encode(), table_name="host")
    job_id, status = flow.run(conf, dsl)
    assert status == "failed"
    assert "needs a guest and at least one host" in flow.errors(job_id)
    (task,) = flow.tasks(job_id, component_name="intersection_0", role="host")
    assert task["f_party_status"] == "pass"


def test_a_table_without_a_header_cannot_be_transformed(flow: Client) -> None:
    flow.uploaded(b"1,0,2\n", table_name="guest", head=0)
    flow.uploaded(HOST.encode(), table_name="host")
    job_id, status = flow.run(*lr_job())
    assert status == "failed"
    assert "upload it with head=1" in flow.errors(job_id)


def test_a_waiting_job_whose_module_is_gone_after_a_restart_fails(tmp_path: Path) -> None:
    stopped = Stopped()
    modules = {"Stopped": stopped.module(), "Gone": stopped.module()}
    with serve(tmp_path, modules=modules, max_running_jobs=1) as url:
        client = Client(url)
        client.submit(simple_conf(), one_component("Stopped"))
        assert stopped.reached.wait(30)
        waiting = client.submit(simple_conf(), one_component("Gone"))
    with serve(tmp_path) as url:
        client = Client(url)
        assert client.wait(waiting) == "failed"
        logs = client.post("job/log/download", job_id=waiting).members()
        assert b"Gone" in logs["fate_flow_schedule_error.log"]


def test_an_unknown_module_version_is_404(flow: Client) -> None:
    reply = flow.post("version/get", module="NOPE")
    assert (reply.status, reply.json["retcode"]) == (404, 404)
