"""The usual chains, put together in code, are jobs that check clean on every release."""

from __future__ import annotations

from typing import Any

import pytest

from fateflow_client.jobconf.build import Pipeline, Step, Table
from fateflow_client.jobconf.spec import JobSpec
from tests.unit.jobconf.documents import told

GUEST = Table("experiment", "breast_hetero_guest")
HOST = Table("experiment", "breast_hetero_host")
CLEAN: list[tuple[str, str, str, str]] = []


def _pipeline(**options: Any) -> Pipeline:
    return Pipeline(**{"guest": 9999, "host": 10000, "arbiter": 10001, **options})


def _regression() -> JobSpec:
    pipeline = _pipeline(job_parameters={"task_cores": 2})
    data = pipeline.reader(guest=GUEST, host=HOST)
    data = pipeline.data_transform(data, label_name="y")
    data = pipeline.intersection(data, intersect_method="raw")
    data = pipeline.feature_scale(data)
    lr = pipeline.hetero_lr(data, max_iter=3)
    pipeline.evaluation(lr)
    return pipeline.spec()


def test_a_regression_is_the_conf_and_the_dsl_that_one_would_write() -> None:
    sent = _regression().dump()
    assert sent["job_runtime_conf"] == {
        "dsl_version": 2,
        "initiator": {"role": "guest", "party_id": 9999},
        "role": {"guest": [9999], "host": [10000], "arbiter": [10001]},
        "job_parameters": {"common": {"job_type": "train", "task_cores": 2}},
        "component_parameters": {
            "common": {
                "data_transform_0": {"output_format": "dense"},
                "intersection_0": {"intersect_method": "raw"},
                "feature_scale_0": {"method": "standard_scale"},
                "hetero_lr_0": {"max_iter": 3},
                "evaluation_0": {"eval_type": "binary"},
            },
            "role": {
                "guest": {
                    "0": {"reader_0": {"table": {"namespace": "experiment", "name": GUEST.name}}},
                    "all": {
                        "data_transform_0": {
                            "with_label": True,
                            "label_name": "y",
                            "label_type": "int",
                        }
                    },
                },
                "host": {
                    "0": {"reader_0": {"table": {"namespace": "experiment", "name": HOST.name}}},
                    "all": {
                        "data_transform_0": {"with_label": False},
                        "evaluation_0": {"need_run": False},
                    },
                },
            },
        },
    }
    assert sent["job_dsl"]["components"]["hetero_lr_0"] == {
        "module": "HeteroLR",
        "input": {"data": {"train_data": ["feature_scale_0.data"]}},
        "output": {"data": ["data"], "model": ["model"]},
    }


@pytest.mark.parametrize("release", [None, "1.7.0", "1.8", "1.11"])
def test_a_regression_checks_clean(release: str | None) -> None:
    assert told(_regression().check(release)) == CLEAN


def test_trees_need_no_arbiter_and_a_regression_does() -> None:
    pipeline = _pipeline(arbiter=None, host=[10000, "10001"])
    data = pipeline.reader(guest=GUEST, host=[HOST, Table("other", "host")])
    data = pipeline.intersection(pipeline.data_transform(data))
    trees = pipeline.hetero_secure_boost(data, num_trees=3, task_type="classification")
    pipeline.evaluation(trees)
    assert told(pipeline.spec().check()) == CLEAN
    with pytest.raises(ValueError, match="needs an arbiter"):
        pipeline.hetero_lr(data)


def test_data_to_validate_and_to_test_with_go_the_way_of_the_training() -> None:
    pipeline = _pipeline(job_parameters={"work_mode": 0})
    first = pipeline.reader(guest=GUEST, host=HOST)
    second = pipeline.reader(guest=GUEST, host=HOST, name="reader_of_tests")
    transform = pipeline.data_transform(first)
    scale = pipeline.feature_scale(pipeline.intersection(transform))
    transformed = pipeline.data_transform(second, like=transform)
    test = pipeline.feature_scale(pipeline.intersection(transformed), like=scale)
    lr = pipeline.hetero_lr(scale, validate=test)
    pipeline.evaluation(lr, pipeline.hetero_lr(test, like=lr))
    spec = pipeline.spec()
    for release in (None, "1.6", "1.11"):
        assert spec.check(release).ok
    components = spec.dump()["job_dsl"]["components"]
    assert components["data_transform_1"]["input"]["model"] == ["data_transform_0.model"]
    assert components["hetero_lr_0"]["input"]["data"] == {
        "train_data": ["feature_scale_0.data"],
        "validate_data": ["feature_scale_1.data"],
    }
    assert components["hetero_lr_1"]["input"] == {
        "data": {"test_data": ["feature_scale_1.data"]},
        "model": ["hetero_lr_0.model"],
    }
    assert components["evaluation_0"]["input"]["data"]["data"] == [
        "hetero_lr_0.data",
        "hetero_lr_1.data",
    ]


def test_a_spec_is_not_changed_by_later_steps() -> None:
    pipeline = _pipeline()
    data = pipeline.reader(guest=GUEST, host=HOST)
    spec = pipeline.spec()
    pipeline.data_transform(data)
    assert list(spec.dump()["job_dsl"]["components"]) == ["reader_0"]


def test_a_guest_alone_is_a_pipeline_too() -> None:
    pipeline = Pipeline(guest="9999")
    pipeline.data_transform(pipeline.reader(guest=GUEST))
    assert told(pipeline.spec().check()) == CLEAN
    assert pipeline.spec().dump()["job_runtime_conf"]["role"] == {"guest": [9999]}


def test_what_cannot_be_built_is_refused_at_once() -> None:
    pipeline = _pipeline(host=[1, 2])
    with pytest.raises(ValueError, match="host: 1 tables for 2 parties"):
        pipeline.reader(guest=GUEST, host=[HOST])
    with pytest.raises(ValueError, match="host: 0 tables for 2 parties"):
        pipeline.reader(guest=GUEST)
    data = pipeline.reader(guest=GUEST, host=HOST)
    with pytest.raises(ValueError, match="already"):
        pipeline.reader(guest=GUEST, host=HOST, name="reader_0")
    with pytest.raises(ValueError, match="belongs to another pipeline"):
        pipeline.intersection(Step("union_0", "Union"))
    with pytest.raises(ValueError, match="cannot do as reader_0"):
        pipeline.data_transform(data, like=data)
    with pytest.raises(ValueError, match="nothing is learnt"):
        trees = pipeline.hetero_secure_boost(data)
        pipeline.hetero_secure_boost(data, like=trees, validate=data)
    with pytest.raises(ValueError, match="something to evaluate"):
        pipeline.evaluation()
    for party in ("x", True, -1):
        with pytest.raises(ValueError, match="party id"):
            Pipeline(guest=party)
