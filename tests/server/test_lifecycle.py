"""What jobs live through: waiting, running, stopping, failing, a restart."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fateflow_client.local import serve
from fateflow_client.local.clock import SystemClock
from fateflow_client.local.modules.base import Module, ModuleError, Task
from fateflow_client.local.store.state import State
from tests.server.conftest import Trained
from tests.server.support import Client, Gate, Stopped, lr_job, one_component, simple_conf


def read_job(name: str, **roles: int) -> tuple[dict, dict]:
    conf = simple_conf(**(roles or {"guest": 9999}))
    table = {"table": {"name": name, "namespace": "experiment"}}
    conf["component_parameters"] = {"common": {"reader_0": table}}
    return conf, {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}


def chain(*modules: str) -> dict:
    components = {}
    for at, module in enumerate(modules):
        components[f"c_{at}"] = {"module": module, "output": {"data": ["data"]}}
        if at:
            components[f"c_{at}"]["input"] = {"data": {"data": [f"c_{at - 1}.data"]}}
    return {"components": components}


def test_a_job_waits_runs_and_succeeds_and_its_progress_grows() -> None:
    gates = {"First": Gate(), "Second": Gate()}
    modules = {name: gate.module() for name, gate in gates.items()}
    with serve(modules=modules, max_running_jobs=1) as url:
        client = Client(url)
        try:
            job_id = client.submit(simple_conf(), chain("First", "Second"))
            queued = client.submit(simple_conf(), chain("First"))
            assert gates["First"].reached.wait(30)
            assert client.status(job_id) == "running"
            assert client.status(queued) == "waiting"
            assert client.rows(job_id)[0]["f_progress"] == 0
            statuses = [task["f_party_status"] for task in client.tasks(job_id)]
            assert statuses == ["running", "waiting"]
            gates["First"].open()
            assert gates["Second"].reached.wait(30)
            assert client.rows(job_id)[0]["f_progress"] == 50
            gates["Second"].open()
            assert client.wait(job_id) == "success"
            assert client.wait(queued) == "success"
        finally:
            for gate in gates.values():
                gate.open()
        row = client.rows(job_id)[0]
        assert row["f_progress"] == 100
        assert row["f_tag"] == "job_end"
        assert row["f_start_time"] <= row["f_end_time"]
        assert row["f_elapsed"] == row["f_end_time"] - row["f_start_time"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["f_end_date"])


def test_components_run_in_the_order_of_the_dsl_not_of_its_keys() -> None:
    order: list[str] = []

    def note(task: Task) -> None:
        order.append(task.name)

    components = chain("Note", "Note", "Note")["components"]
    with serve(modules={"Note": Module(note, ("guest",))}) as url:
        client = Client(url)
        dsl = {"components": dict(reversed(components.items()))}
        job_id, status = client.run(simple_conf(), dsl)
        listed = client.post("tracking/component/list", job_id=job_id).json["data"]["components"]
    assert status == "success"
    assert order == listed == ["c_0", "c_1", "c_2"]


def test_job_ids_are_21_digits_and_rise(flow: Client) -> None:
    ids = [flow.submit(*read_job("none")) for _ in range(5)]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"\d{21}", job_id) for job_id in ids)


def test_a_running_job_is_stopped_and_what_follows_never_starts() -> None:
    stopped, never = Stopped(), Gate()
    never.open()
    modules = {"Stopped": stopped.module(), "Never": never.module()}
    with serve(modules=modules) as url:
        client = Client(url)
        job_id = client.submit(simple_conf(), chain("Stopped", "Never"))
        assert stopped.reached.wait(30)
        reply = client.post("job/stop", job_id=job_id).json
        assert reply == {
            "retcode": 0,
            "retmsg": "stop job on this party success; stop job on all party success",
        }
        row = client.rows(job_id)[0]
        assert (row["f_status"], row["f_cancel_signal"]) == ("canceled", True)
        assert row["f_cancel_time"] is not None
        assert client.post("job/stop", job_id=job_id).json["retcode"] == 0
        statuses = [task["f_party_status"] for task in client.tasks(job_id)]
        assert statuses == ["canceled", "waiting"]
    assert never.calls == 0


def test_stopping_a_finished_job_changes_its_signal_only(trained: Trained) -> None:
    client = trained.client
    job_id, _ = client.run(*lr_job())
    assert client.post("job/stop", job_id=job_id).json["retcode"] == 0
    row = client.rows(job_id)[0]
    assert (row["f_status"], row["f_cancel_signal"]) == ("success", True)


def test_stopping_an_unknown_job_is_102(flow: Client) -> None:
    for job_id in ("202001010000000000000", "None", "../x"):
        reply = flow.post("job/stop", job_id=job_id).json
        assert reply == {"retcode": 102, "retmsg": "can not found job"}


def test_cleaning_the_queue_cancels_waiting_jobs_and_no_others() -> None:
    gate = Gate()
    with serve(modules={"Gate": gate.module()}, max_running_jobs=1) as url:
        client = Client(url)
        try:
            running = client.submit(simple_conf(), one_component("Gate"))
            assert gate.reached.wait(30)
            waiting = [client.submit(simple_conf(), one_component("Gate")) for _ in range(2)]
            cleaned = client.send("POST", "/v1/job/clean/queue").json
            assert cleaned["data"] == dict.fromkeys(waiting, 0)
            assert {client.status(job_id) for job_id in waiting} == {"canceled"}
            assert client.rows(waiting[0])[0]["f_end_time"] is None
            assert client.status(running) == "running"
            again = client.send("POST", "/v1/job/clean/queue").json
            assert again == {"data": {}, "retcode": 0, "retmsg": "success"}
        finally:
            gate.open()
        assert client.wait(running) == "success"
    assert gate.calls == 1


def test_a_module_that_is_not_run_here_fails_the_job_by_name(flow: Client) -> None:
    job_id, status = flow.run(simple_conf(), one_component("HeteroSecureBoost"))
    assert status == "failed"
    (task,) = flow.tasks(job_id)
    assert "HeteroSecureBoost" in task["f_error_report"]
    logs = flow.post("job/log/download", job_id=job_id).members()
    for name in ("guest/9999/only_0/ERROR.log", "fate_flow_schedule_error.log"):
        assert b"HeteroSecureBoost" in logs[name]


def test_a_missing_table_fails_the_reader_on_that_party_only(trained: Trained) -> None:
    client = trained.client
    job_id, status = client.run(*lr_job(guest_table="nope"))
    assert status == "failed"
    readers = {t["f_role"]: t for t in client.tasks(job_id, component_name="reader_0")}
    assert readers["guest"]["f_party_status"] == "failed"
    assert readers["host"]["f_party_status"] == "success"
    text = "can not found table name: nope namespace: experiment"
    assert readers["guest"]["f_error_report"].endswith(text)
    later = client.tasks(job_id, component_name="lr_0")
    assert {task["f_party_status"] for task in later} == {"waiting"}
    logs = client.post("job/log/download", job_id=job_id).members()
    assert text.encode() in logs["guest/9999/reader_0/ERROR.log"]


def test_a_bug_in_a_module_fails_its_job_and_not_the_server() -> None:
    def broken(task: Task) -> None:
        _ = 1 / len(task.inputs(task.parties[0]))

    with serve(modules={"Broken": Module(broken, ("guest",))}, max_running_jobs=1) as url:
        client = Client(url)
        for _ in range(2):
            job_id, status = client.run(simple_conf(), one_component("Broken"))
            assert status == "failed"
            assert "ZeroDivisionError" in client.errors(job_id)


def test_a_failing_component_fails_all_its_parties() -> None:
    def refuse(task: Task) -> None:
        message = "no such thing"
        raise ModuleError(message)

    with serve(modules={"Refuse": Module(refuse)}) as url:
        client = Client(url)
        conf = simple_conf(guest=1, host=2, arbiter=3)
        job_id, status = client.run(conf, one_component("Refuse"))
        assert status == "failed"
        tasks = client.tasks(job_id)
        assert {task["f_party_status"] for task in tasks} == {"failed"}
        assert len(tasks) == 3
        assert all(task["f_error_report"].endswith("no such thing") for task in tasks)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"lr_0": {"cv_param": {"need_cv": True}}}, "cv_param.need_cv"),
        ({"lr_0": {"stepwise_param": {"need_stepwise": True}}}, "stepwise_param.need_stepwise"),
        ({"lr_0": {"validation_freqs": 2}}, "validation_freqs"),
        ({"lr_0": {"callback_param": {"callbacks": ["EarlyStopping"]}}}, "callbacks"),
        ({"intersection_0": {"join_method": "left_join"}}, "join_method"),
        ({"intersection_0": {"cardinality_only": True}}, "cardinality_only"),
        ({"data_transform_0": {"input_format": "tag"}}, "input_format"),
        ({"evaluation_0": {"eval_type": "regression"}}, "eval_type"),
        ({"evaluation_0": {"metrics": ["psi"]}}, "psi"),
        ({"evaluation_0": {"metrics": "psi"}}, "psi"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_parameter_that_cannot_be_honoured_fails_by_name(
    trained: Trained, params: dict, name: str
) -> None:
    job_id, status = trained.client.run(*lr_job(**params))
    assert status == "failed"
    assert name in trained.client.errors(job_id)


def test_a_parameter_that_says_only_how_is_named_in_the_log(trained: Trained) -> None:
    params = {"optimizer": "adam", "learning_rate": 0.3, "batch_size": 100}
    job_id, status = trained.client.run(*lr_job(lr_0=params))
    assert status == "success"
    log = trained.client.post("job/log/download", job_id=job_id).members()
    text = log["guest/9999/lr_0/INFO.log"].decode()
    assert "ignored" in text
    assert all(name in text for name in params)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"job_parameters": {"common": {"job_type": "predict"}}}, "predict"),
        ({"dsl_version": 1}, "only the v2 version"),
        ({"initiator": {"role": "guest", "party_id": 1}}, "initiator party id 1 not in roles"),
        ({"role": {"guest": ["x"]}}, "invalid literal"),
        ({"role": {"guest": [9999, 9999]}}, "names a party twice"),
        ({"role": {"guest": []}}, "TypeError"),
        ({"role": "guest"}, "not in roles"),
        ({"role": {"stranger": [1], "guest": [9999]}}, "stranger"),
    ],
)
def test_a_bad_conf_is_rejected_at_submit(flow: Client, change: dict, text: str) -> None:
    conf = {**simple_conf(), **change}
    reply = flow.post("job/submit", job_runtime_conf=conf, job_dsl=one_component("Reader")).json
    assert reply["retcode"] == 103
    assert reply["jobId"].isdigit()
    assert "data" not in reply
    assert text in reply["retmsg"]
    assert flow.rows(reply["jobId"]) == []


@pytest.mark.parametrize(
    "components",
    [
        {"../up": {"module": "Reader"}},
        {"": {"module": "Reader"}},
        {"a": {"module": 7}},
        {"a": {}},
        {"a": {"module": "Reader", "input": {"data": {"data": ["b.data"]}}}},
        {"a": {"module": "Reader", "input": {"data": {"data": "a.data"}}}},
        {"a": {"module": "Reader", "input": {"data": {"odd": ["a.data"]}}}},
        {"a": {"module": "Reader", "input": {"data": {"data": ["a.data"]}}}},
        {"a": {"module": "Reader", "input": {"model": ["a.model"]}}},
        {"a": {"module": "Reader", "output": {"data": ["../x"]}}},
        [],
        "x",
    ],
)
def test_a_bad_dsl_is_rejected_at_submit(flow: Client, components: object) -> None:
    dsl = {"components": components}
    reply = flow.post("job/submit", job_runtime_conf=simple_conf(), job_dsl=dsl).json
    assert reply["retcode"] == 103, reply


def test_a_rejected_component_parameter_leaves_rows_that_lists_hide(flow: Client) -> None:
    conf, dsl = lr_job(lr_0={"penalty": "L3"})
    reply = flow.post("job/submit", job_runtime_conf=conf, job_dsl=dsl).json
    assert reply["retcode"] == 103
    rows = flow.rows(reply["jobId"])
    assert {(row["f_status"], row["f_tag"]) for row in rows} == {("failed", "submit_failed")}
    assert flow.post("job/list/job").json["data"] == {"jobs": [], "count": 0}
    misspelt = flow.post(
        "job/submit", job_runtime_conf=lr_job(lr_0={"alhpa": 1})[0], job_dsl=dsl
    ).json
    assert "alhpa" in misspelt["retmsg"]


def test_a_named_folder_keeps_everything_over_a_restart(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    with serve(tmp_path) as url:
        client = Client(url)
        for path, name in zip(files, ("guest", "host"), strict=True):
            client.uploaded(path.read_bytes(), table_name=name)
        job_id, _ = client.run(*lr_job())
        before = everything(client, job_id)
    with serve(tmp_path) as url:
        client = Client(url)
        assert everything(client, job_id) == before
        again, status = client.run(*lr_job())
        assert status == "success"
        assert client.table(again, "lr_0") == client.table(job_id, "lr_0")


def everything(client: Client, job_id: str) -> list[object]:
    return [
        client.rows(job_id),
        client.tasks(job_id),
        client.table(job_id, "lr_0"),
        client.component("output/model", job_id, "lr_0"),
        client.component("metric/all", job_id, "evaluation_0"),
        client.component("summary/download", job_id, "evaluation_0"),
        client.post("data/upload/history", limit=5).json,
        client.post("table/table_info", namespace="experiment", table_name="guest").json,
        client.post("job/log/download", job_id=job_id).members(),
    ]


def test_after_a_restart_waiting_jobs_run_and_interrupted_ones_say_so(tmp_path: Path) -> None:
    stopped, gate = Stopped(), Gate()
    modules = {"Stopped": stopped.module(), "Gate": gate.module()}
    with serve(tmp_path, modules=modules, max_running_jobs=1) as url:
        client = Client(url)
        running = client.submit(simple_conf(), one_component("Stopped"))
        assert stopped.reached.wait(30)
        waiting = client.submit(simple_conf(), one_component("Gate"))
        upload = client.upload(b"id,x\n1,2\n", table_name="late").json["jobId"]
    gate.open()
    with serve(tmp_path, modules=modules) as url:
        client = Client(url)
        assert client.status(running) == "failed"
        assert "server was stopped" in client.errors(running)
        assert "server was stopped" in client.rows(running)[0]["f_description"]
        logs = client.post("job/log/download", job_id=running).members()
        assert b"server was stopped" in logs["fate_flow_schedule_error.log"]
        assert client.wait(waiting) == "success"
        assert client.wait(upload) == "success"


def test_a_temporary_folder_is_gone_afterwards(flow: Client) -> None:
    reply = flow.post("job/log/download", job_id="1").json
    folder = Path(re.search(r"'(.*)/logs/1'", reply["retmsg"])[1])
    assert folder.is_dir()
    with serve() as url:
        text = Client(url).post("job/log/download", job_id="1").json["retmsg"]
        other = Path(re.search(r"'(.*)/logs/1'", text)[1])
        assert other.is_dir()
    assert not other.exists()


def test_queries_filter_as_1_11_does(trained: Trained) -> None:
    client, job_id = trained.client, trained.job_id

    def found(**filters: object) -> set[tuple[str, str]]:
        rows = client.post("job/query", **filters).json["data"]
        return {(row["f_job_id"], row["f_role"]) for row in rows}

    assert found(job_id=job_id) == {(job_id, role) for role in ("guest", "host", "arbiter")}
    assert found(job_id=job_id, role="host") == {(job_id, "host")}
    assert found(job_id=job_id, party_id="9999") == {(job_id, "guest")}
    assert found(job_id=job_id, party_id=9999) == {(job_id, "guest")}
    assert found(job_id=int(job_id), role="guest") == {(job_id, "guest")}
    assert found(job_id=job_id, status="failed") == set()
    assert len(found(job_id=job_id, status=["failed", "success"])) == 3
    created = client.rows(job_id)[0]["f_create_time"]
    assert (job_id, "guest") in found(create_time=[created, created])
    assert (job_id, "guest") in found(create_time=[None, created])
    assert (job_id, "guest") not in found(create_time=[created + 1, None])
    assert found(nonsense=1) == found() == found(job_id=None) == set()


def test_lists_page_and_order(trained: Trained) -> None:
    client = trained.client
    whole = client.post("job/list/job").json["data"]
    assert whole["count"] == len(whole["jobs"])
    times = [row["create_time"] for row in whole["jobs"]]
    assert times == sorted(times, reverse=True)
    pages = [
        client.post("job/list/job", limit=2, page=page, order_by="job_id", order="asc").json["data"]
        for page in (1, 2)
    ]
    ids = [(row["job_id"], row["role"]) for page in pages for row in page["jobs"]]
    assert len(set(ids)) == 4
    assert [one for one, _ in ids] == sorted(one for one, _ in ids)
    tasks = client.post("job/list/task", job_id=trained.job_id, role="guest").json["data"]
    assert [task["component_name"] for task in tasks["tasks"]] == [
        "reader_0",
        "data_transform_0",
        "intersection_0",
        "lr_0",
        "evaluation_0",
    ]
    for name, value in {
        "limit": "x",
        "order": "up",
        "order_by": "color",
        "role": "boss",
        "status": "timeout",
        "party_id": "x",
    }.items():
        reply = client.post("job/list/job", **{name: value})
        assert (reply.status, reply.json["retcode"]) == (400, 400), name


def test_many_requests_at_once_are_all_answered(flow: Client) -> None:
    flow.uploaded(b"id,x\n1,2\n", table_name="t")

    def submit(_: int) -> str:
        return flow.submit(*read_job("t"))

    def query(_: int) -> int:
        return flow.post("job/query", role="guest", status=["success", "running"]).json["retcode"]

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(submit, range(12)))
        codes = list(pool.map(query, range(150)))
    assert len(set(ids)) == 12
    assert set(codes) == {0}
    assert {flow.wait(job_id) for job_id in ids} == {"success"}


def test_rows_that_a_dead_process_half_wrote_are_swept_up(tmp_path: Path) -> None:
    state = State(tmp_path, SystemClock())
    frame_id = state.frames.write(["id", "x"], ["1,2", "3,4"])
    assert state.frames.describe(frame_id) == (["id", "x"], 2)
    state.close()
    again = State(tmp_path, SystemClock())
    assert again.frames.describe(frame_id) == ([], 0)
    assert list(again.frames.lines(frame_id)) == []
    again.close()


@pytest.mark.parametrize(
    "filters",
    [
        {"elapsed": 10**30},
        {"elapsed": {"a": 1}},
        {"status": [["a"], {"b": 1}]},
        {"status": {"a": 1}},
        {"job_id": ["x"] * 40_000},
        {"create_time": [{}, None]},
        {"is_initiator": "yes"},
    ],
    ids=lambda value: str(value)[:30],
)
def test_odd_filters_are_answered_and_harm_nothing(flow: Client, filters: dict) -> None:
    reply = flow.post("job/query", **filters)
    assert reply.status == 200
    assert reply.json["retcode"] in {0, 100}
    assert flow.post("job/query", job_id="1").json["retcode"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"component_parameters": []},
        {"component_parameters": {"common": [], "role": "x"}},
        {"component_parameters": {"role": {"guest": [1]}}},
        {"job_parameters": "x"},
        {"job_parameters": {"common": {"task_cores": "many"}}},
        {"initiator": {"role": ["guest"], "party_id": 9999}},
        {"initiator": {"role": "guest", "party_id": [1]}},
    ],
)
def test_odd_confs_are_rejected_or_fail_and_harm_nothing(flow: Client, change: dict) -> None:
    conf = {**simple_conf(), **change}
    reply = flow.post("job/submit", job_runtime_conf=conf, job_dsl=one_component("Reader")).json
    assert reply["retcode"] in {0, 103}
    if reply["retcode"] == 0:
        assert flow.wait(reply["jobId"]) == "failed"
    for body in (None, [], "x", 7):
        raw = json.dumps({"job_runtime_conf": body, "job_dsl": body}).encode()
        assert flow.send("POST", "/v1/job/submit", raw).json["retcode"] == 103
