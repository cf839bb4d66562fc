"""What the jobs compute, checked against computations of our own."""

import csv
import io
import json
import math
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest

from fateflow_client.local import serve
from tests.server.conftest import Trained
from tests.server.support import Client, lr_job, read_csv, simple_conf


def rank_auc(labels: list[int], scores: list[float]) -> float:
    """The share of (positive, negative) pairs that are in the right order."""
    positive = [s for s, y in zip(scores, labels, strict=True) if y == 1]
    negative = [s for s, y in zip(scores, labels, strict=True) if y == 0]
    right = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return right / (len(positive) * len(negative))


def hundred_cut_ks(labels: list[int], scores: list[float]) -> float:
    """FATE's KS: the largest distance of the rates at a hundred cuts of the ranking."""
    ranked = sorted(scores, reverse=True)
    best = -1.0
    for cut in range(100):
        threshold = ranked[int(len(ranked) * (cut / 100))]
        above = [y for s, y in zip(scores, labels, strict=True) if s > threshold]
        true_rate = sum(above) / sum(labels)
        false_rate = (len(above) - sum(above)) / (len(labels) - sum(labels))
        best = max(best, true_rate - false_rate)
    return best


def predictions(client: Client, job_id: str, role: str = "guest") -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in client.table(job_id, "lr_0", role)}


def model(client: Client, job_id: str, role: str) -> dict:
    return client.component("output/model", job_id, "lr_0", role)["data"]


def test_the_intersection_is_the_intersection_of_the_files(trained: Trained) -> None:
    guest = {row["id"] for row in read_csv(trained.guest_file)}
    host = {row["id"] for row in read_csv(trained.host_file)}
    assert guest - host
    assert host - guest
    for role, own in (("guest", guest), ("host", host)):
        rows = trained.client.table(trained.job_id, "intersection_0", role)
        assert [row["id"] for row in rows] == sorted(guest & host, key=lambda i: (len(i), i))
        summary = trained.client.component(
            "summary/download", trained.job_id, "intersection_0", role
        )["data"]
        assert summary["intersect_num"] == len(guest & host)
        assert summary["unique_id_num"] == len(own)
        assert summary["intersect_rate"] == len(guest & host) / len(own)


def test_auc_and_ks_are_those_of_the_downloaded_scores(trained: Trained) -> None:
    rows = predictions(trained.client, trained.job_id).values()
    labels = [int(row["label"]) for row in rows]
    scores = [float(row["predict_score"]) for row in rows]
    summary = trained.client.component("summary/download", trained.job_id, "evaluation_0")
    found = summary["data"]["lr_0"]["train"]
    assert found["auc"] == pytest.approx(rank_auc(labels, scores), abs=1e-12)
    assert found["ks"] == pytest.approx(hundred_cut_ks(labels, scores), abs=1e-12)
    metrics = trained.client.component("metric/all", trained.job_id, "evaluation_0")["data"]
    assert metrics["train"]["lr_0"]["data"] == [
        ["auc", round(found["auc"], 6)],
        ["ks", round(found["ks"], 6)],
    ]


def test_the_confusion_matrix_counts_the_downloaded_rows(trained: Trained) -> None:
    rows = predictions(trained.client, trained.job_id).values()
    metrics = trained.client.component("metric/all", trained.job_id, "evaluation_0")["data"]
    matrix = metrics["train"]["lr_0_confusion_mat"]["meta"]
    at = matrix["thresholds"].index(0.5)
    positive = [row for row in rows if row["predict_result"] == "1"]
    true = sum(row["label"] == "1" for row in positive)
    assert (matrix["tp"][at], matrix["fp"][at]) == (true, len(positive) - true)
    assert sum(matrix[key][at] for key in ("tp", "fp", "tn", "fn")) == len(rows)


def test_the_weights_of_both_parties_give_the_scores(trained: Trained) -> None:
    guest, host = (model(trained.client, trained.job_id, role) for role in ("guest", "host"))
    assert guest["header"] == [f"x{at}" for at in range(10)]
    assert host["header"] == [f"x{at}" for at in range(20)]
    assert host["intercept"] == 0.0
    guest_rows = {row["id"]: row for row in read_csv(trained.guest_file)}
    host_rows = {row["id"]: row for row in read_csv(trained.host_file)}
    found = predictions(trained.client, trained.job_id)
    assert len(found) > 400
    for sid, row in found.items():
        logit = guest["intercept"]
        logit += sum(w * float(guest_rows[sid][x]) for x, w in guest["weight"].items())
        logit += sum(w * float(host_rows[sid][x]) for x, w in host["weight"].items())
        score = 1 / (1 + math.exp(-logit))
        assert float(row["predict_score"]) == pytest.approx(score, rel=1e-9, abs=1e-12)
        detail = literal_eval(row["predict_detail"])
        assert detail["1"] == float(row["predict_score"])
        assert row["predict_result"] == str(int(score > 0.5))
        assert row["label"] == guest_rows[sid]["y"]
        assert row["type"] == "train"


def test_the_losses_are_the_objective_and_go_down(trained: Trained) -> None:
    metrics = trained.client.component("metric/all", trained.job_id, "lr_0", "arbiter")["data"]
    loss = metrics["train"]["loss"]
    losses = [value for _, value in loss["data"]]
    assert losses[0] == pytest.approx(math.log(2))
    assert losses == sorted(losses, reverse=True)
    assert [at for at, _ in loss["data"]] == list(range(len(losses)))


def test_training_to_the_end_reaches_the_optimum(trained: Trained) -> None:
    params = {"max_iter": 100, "alpha": 0.05, "tol": 1e-12}
    job_id, status = trained.client.run(*lr_job(lr_0=params))
    assert status == "success"
    guest, host = (model(trained.client, job_id, role) for role in ("guest", "host"))
    assert guest["isConverged"] is True
    guest_rows = {row["id"]: row for row in read_csv(trained.guest_file)}
    host_rows = {row["id"]: row for row in read_csv(trained.host_file)}
    ids = sorted(guest_rows.keys() & host_rows.keys())
    matrix = np.array(
        [
            [
                *(float(guest_rows[i][x]) for x in guest["weight"]),
                *(float(host_rows[i][x]) for x in host["weight"]),
            ]
            for i in ids
        ]
    )
    labels = np.array([int(guest_rows[i]["y"]) for i in ids])
    weights = np.array([*guest["weight"].values(), *host["weight"].values()])
    errors = 1 / (1 + np.exp(-(matrix @ weights + guest["intercept"]))) - labels
    gradient = matrix.T @ errors / len(ids) + 0.05 * weights
    assert np.abs(gradient).max() < 1e-6
    assert abs(errors.mean()) < 1e-6


@pytest.mark.parametrize(
    "params",
    [
        {"alpha": 1.0},
        {"penalty": "L1"},
        {"penalty": None},
        {"penalty": "l1"},
        {"max_iter": 1},
        {"init_param": {"fit_intercept": False}},
    ],
    ids=lambda params: "-".join(params),
)
def test_parameters_that_change_the_result_do(trained: Trained, params: dict) -> None:
    job_id, status = trained.client.run(*lr_job(lr_0=params))
    assert status == "success", trained.client.errors(job_id)
    before = model(trained.client, trained.job_id, "guest")
    after = model(trained.client, job_id, "guest")
    assert after["weight"] != before["weight"]
    if params.get("init_param"):
        assert after["intercept"] == 0.0
    if str(params.get("penalty")).upper() == "L1":
        together = [
            *after["weight"].values(),
            *model(trained.client, job_id, "host")["weight"].values(),
        ]
        assert 0.0 in together


@pytest.mark.parametrize("params", [{"alpha": -1}, {"max_iter": 0}, {"tol": "small"}])
def test_a_parameter_out_of_range_fails_by_name(trained: Trained, params: dict) -> None:
    job_id, status = trained.client.run(*lr_job(lr_0=params))
    assert status == "failed"
    assert next(iter(params)) in trained.client.errors(job_id)


def test_data_io_does_what_data_transform_does(trained: Trained) -> None:
    conf, dsl = lr_job()
    dsl["components"]["data_transform_0"]["module"] = "DataIO"
    job_id, status = trained.client.run(conf, dsl)
    assert status == "success", trained.client.errors(job_id)
    for role in ("guest", "host"):
        ours = trained.client.table(job_id, "data_transform_0", role)
        assert ours == trained.client.table(trained.job_id, "data_transform_0", role)
    shown = trained.client.component("output/model", job_id, "data_transform_0")
    assert shown["meta"]["module_name"] == "DataIO"


def test_only_the_metrics_asked_for_are_computed(trained: Trained) -> None:
    job_id, _ = trained.client.run(*lr_job(evaluation_0={"metrics": ["auc", "roc"]}))
    metrics = trained.client.component("metrics", job_id, "evaluation_0")["data"]
    assert metrics == {"train": ["lr_0", "lr_0_roc"]}
    found = trained.client.component("metric/all", job_id, "evaluation_0")["data"]["train"]
    assert [name for name, _ in found["lr_0"]["data"]] == ["auc"]


def test_a_threshold_moves_the_predicted_label(trained: Trained) -> None:
    job_id, _ = trained.client.run(*lr_job(lr_0={"predict_param": {"threshold": 0.9}}))
    for row in predictions(trained.client, job_id).values():
        assert row["predict_result"] == str(int(float(row["predict_score"]) > 0.9))


def test_other_data_gives_other_metrics(trained: Trained, flow: Client) -> None:
    rows = read_csv(trained.guest_file)
    flipped = ["id,y,x0"]
    flipped += [
        f"{r['id']},{1 - int(r['y']) if int(r['id']) % 3 else r['y']},{r['x0']}" for r in rows
    ]
    flow.uploaded("\n".join(flipped).encode(), table_name="guest")
    flow.uploaded(trained.host_file.read_bytes(), table_name="host")
    job_id, status = flow.run(*lr_job())
    assert status == "success"
    summaries = [
        client.component("summary/download", job, "evaluation_0")["data"]["lr_0"]["train"]
        for client, job in ((trained.client, trained.job_id), (flow, job_id))
    ]
    assert summaries[0]["auc"] > summaries[1]["auc"] + 0.05


def test_the_learning_says_that_it_is_not_encrypted(trained: Trained) -> None:
    summary = trained.client.component("summary/download", trained.job_id, "lr_0")["data"]
    assert summary["computed"] == "in the clear, with scikit-learn"
    logs = trained.client.post("job/log/download", job_id=trained.job_id).members()
    assert b"nothing is encrypted" in logs["guest/9999/lr_0/INFO.log"]


def test_the_host_and_the_arbiter_get_no_label_and_no_score(trained: Trained) -> None:
    client, job_id = trained.client, trained.job_id
    for role in ("host", "arbiter"):
        reply = client.output(job_id, "lr_0", role)
        assert (reply.status, reply.json["retmsg"]) == (210, "no data")
    for name in ("reader_0", "data_transform_0", "intersection_0"):
        assert "y" not in client.table(job_id, name, "host")[0]
    assert client.component("metric/all", job_id, "evaluation_0", "host")["data"] == {}
    assert client.component("output/model", job_id, "lr_0", "arbiter")["data"] == {}


def test_a_party_that_need_not_run_passes(trained: Trained) -> None:
    tasks = trained.client.tasks(trained.job_id, component_name="evaluation_0")
    assert {task["f_role"]: task["f_party_status"] for task in tasks} == {
        "guest": "success",
        "host": "pass",
        "arbiter": "success",
    }


def test_homo_lr_trains_on_the_stacked_rows(flow: Client, trained: Trained) -> None:
    rows = trained.guest_file.read_text(encoding="utf-8").splitlines()
    parts = {"guest": rows[1:250], "host": rows[250:]}
    for role, part in parts.items():
        flow.uploaded("\n".join([rows[0], *part]).encode(), table_name=role)
    job_id, status = flow.run(*lr_job(module="HomoLR"))
    assert status == "success", flow.errors(job_id)
    guest, host = (model(flow, job_id, role) for role in ("guest", "host"))
    assert guest["weight"] == host["weight"]
    assert guest["intercept"] == host["intercept"] != 0.0
    for role, part in parts.items():
        found = predictions(flow, job_id, role)
        assert set(found) == {row.partition(",")[0] for row in part}
        metrics = flow.component("summary/download", job_id, "evaluation_0", role)["data"]
        labels = [int(row["label"]) for row in found.values()]
        scores = [float(row["predict_score"]) for row in found.values()]
        expected = pytest.approx(rank_auc(labels, scores), abs=1e-12)
        assert metrics["lr_0"]["train"]["auc"] == expected


def test_missing_values_are_filled_as_told(flow: Client) -> None:
    content = b"id,y,x0\n1,0,1.5\n2,1,\n3,1,4.5\n4,0,3.0\n"
    flow.uploaded(content, table_name="gaps")
    conf = simple_conf(guest=9999)
    conf["component_parameters"] = {
        "common": {
            "data_transform_0": {
                "with_label": True,
                "missing_fill": True,
                "missing_fill_method": "mean",
            }
        },
        "role": {
            "guest": {"0": {"reader_0": {"table": {"name": "gaps", "namespace": "experiment"}}}}
        },
    }
    _, dsl = lr_job()
    dsl = {"components": {n: dsl["components"][n] for n in ("reader_0", "data_transform_0")}}
    job_id, status = flow.run(conf, dsl)
    assert status == "success"
    values = [row["x0"] for row in flow.table(job_id, "data_transform_0")]
    assert values == ["1.5", "3.0", "4.5", "3.0"]
    shown = flow.component("output/model", job_id, "data_transform_0")["data"]["imputerParam"]
    assert shown["missingValueRatio"] == {"x0": 0.25}
    conf["component_parameters"]["common"]["data_transform_0"] = {"with_label": True}
    job_id, status = flow.run(conf, dsl)
    assert status == "failed"
    assert "x0" in flow.errors(job_id)


def test_several_hosts_each_keep_their_own_weights(flow: Client) -> None:
    rng = np.random.default_rng(7)
    features = rng.normal(size=(120, 3))
    labels = (features.sum(axis=1) + rng.normal(size=120) > 0).astype(int)
    tables = {
        "guest": ["id,y,a", *(f"{i},{labels[i]},{features[i, 0]}" for i in range(120))],
        "h1": ["id,b", *(f"{i},{features[i, 1]}" for i in range(10, 120))],
        "h2": ["id,c", *(f"{i},{features[i, 2]}" for i in range(0, 110))],
    }
    for name, lines in tables.items():
        flow.uploaded("\n".join(lines).encode(), table_name=name)
    conf, dsl = lr_job()
    conf["role"]["host"] = [10000, 10001]
    hosts = conf["component_parameters"]["role"]["host"]
    hosts["0|1"] = {k: v for k, v in hosts.pop("0").items() if k != "reader_0"}
    for index, name in enumerate(("h1", "h2")):
        hosts[str(index)] = {"reader_0": {"table": {"name": name, "namespace": "experiment"}}}
    job_id, status = flow.run(conf, dsl)
    assert status == "success", flow.errors(job_id)
    weights = [
        flow.post(
            "tracking/component/output/model",
            job_id=job_id,
            role="host",
            party_id=party,
            component_name="lr_0",
        ).json["data"]["weight"]
        for party in (10000, 10001)
    ]
    assert [list(weight) for weight in weights] == [["b"], ["c"]]
    assert len(predictions(flow, job_id)) == 100


def test_the_breast_cancer_files_are_what_they_say(files: tuple[Path, Path]) -> None:
    guest, host = (read_csv(path) for path in files)
    assert list(guest[0]) == ["id", "y", *(f"x{at}" for at in range(10))]
    assert list(host[0]) == ["id", *(f"x{at}" for at in range(20))]
    assert {row["y"] for row in guest} == {"0", "1"}
    assert len({row["id"] for row in guest} | {row["id"] for row in host}) == 569
    values = np.array([[float(row[f"x{at}"]) for at in range(20)] for row in host])
    assert np.abs(values.mean(axis=0)).max() < 0.1
    assert np.abs(values.std(axis=0) - 1).max() < 0.1


def test_the_output_tar_holds_a_csv_and_its_header(trained: Trained) -> None:
    reply = trained.client.output(trained.job_id, "lr_0", limit=3)
    members = reply.members()
    assert list(members) == ["data.csv", "data.meta"]
    rows = list(csv.reader(io.StringIO(members["data.csv"].decode())))
    assert len(rows) == 4
    assert json.loads(members["data.meta"])["header"] == rows[0]
    bare = trained.client.output(trained.job_id, "lr_0", limit=3, head=False).members()
    assert list(csv.reader(io.StringIO(bare["data.csv"].decode()))) == rows[1:]


def test_a_large_table_is_uploaded_read_and_cut(tmp_path: Path) -> None:
    count = 60_000
    lines = (f"{i},{i % 7}.5,{i % 11}.25" for i in range(count))
    content = "\n".join(["id,x0,x1", *lines]).encode()
    with serve(tmp_path) as url:
        client = Client(url)
        assert client.uploaded(content, table_name="large") == "success"
        info = client.post("table/table_info", namespace="experiment", table_name="large").json
        assert info["data"]["count"] == count
        conf = simple_conf(guest=9999)
        table = {"table": {"name": "large", "namespace": "experiment"}}
        conf["component_parameters"] = {"common": {"reader_0": table}}
        dsl = {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}
        job_id, status = client.run(conf, dsl)
        assert status == "success"
        assert len(client.table(job_id, "reader_0")) == count
        cut = client.output(job_id, "reader_0", limit=7001).members()["data.csv"]
        assert cut.count(b"\n") == 7002
