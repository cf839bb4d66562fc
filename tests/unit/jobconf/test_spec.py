"""A job as a value: edited without harm to the original, drawn, and sent as it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.dsl import Dsl, DslV1
from fateflow_client.jobconf.graph import Edge, Node
from fateflow_client.jobconf.runtime import RuntimeConf, RuntimeConfV1
from fateflow_client.jobconf.spec import JobSpec
from tests.unit.jobconf.documents import CONF, DSL, GONE, GUEST, HOST, changed, told

SPEC = JobSpec(CONF, DSL)


def _conf(spec: JobSpec) -> dict[str, Any]:
    conf: dict[str, Any] = spec.dump()["job_runtime_conf"]
    return conf


def test_a_job_that_nobody_changed_is_sent_as_it_was_written(tmp_path: Path) -> None:
    text = '{"$schema": "x", "z": 1e-05, "role": {"guest": ["9999"]}, "a": [null, {"é": 1.50}]}'
    (tmp_path / "conf.json").write_text(text, "utf-8")
    sent = JobSpec(tmp_path / "conf.json", DSL).dump()
    assert json.dumps(sent["job_runtime_conf"], ensure_ascii=False) == (
        '{"z": 1e-05, "role": {"guest": ["9999"]}, "a": [null, {"é": 1.5}]}'
    )
    assert sent["job_dsl"] == DSL


def test_a_job_without_a_dsl_sends_none() -> None:
    assert set(JobSpec(CONF).dump()) == {"job_runtime_conf"}


def test_what_was_dumped_is_a_copy() -> None:
    SPEC.dump()["job_runtime_conf"]["role"].clear()
    assert _conf(SPEC) == CONF


def test_both_documents_are_models() -> None:
    assert isinstance(SPEC.conf, RuntimeConf)
    assert SPEC.conf.initiator.party_id == 9999
    assert isinstance(SPEC.dsl, Dsl)
    assert SPEC.dsl.components["hetero_lr_0"].module == "HeteroLR"
    assert JobSpec(SPEC.conf, SPEC.dsl) == SPEC
    assert JobSpec(CONF).dsl is None


def test_version_1_passes_through_as_models_of_its_own() -> None:
    conf = {"initiator": CONF["initiator"], "role": CONF["role"], "job_parameters": {"x": 1}}
    spec = JobSpec(conf, DSL)
    assert isinstance(spec.conf, RuntimeConfV1)
    assert isinstance(spec.dsl, DslV1)
    assert spec.conf.model_dump(mode="json", exclude_unset=True) == conf


def test_a_conf_that_is_too_wrong_for_a_model_says_so_when_asked_for_it() -> None:
    spec = JobSpec(changed(CONF, ("/initiator", GONE)), DSL)
    with pytest.raises(ValidationError):
        _ = spec.conf
    with pytest.raises(InputFileError, match="no JSON object"):
        _ = JobSpec('{"a": ', DSL).conf


def test_a_party_is_added_once_and_the_original_stays_as_it_was() -> None:
    more = SPEC.with_party("host", 10007).with_party("host", "10007")
    assert _conf(more)["role"]["host"] == [10000, 10001, 10007]
    assert _conf(SPEC)["role"]["host"] == [10000, 10001]
    assert _conf(SPEC.with_party("local", 0))["role"]["local"] == [0]


def test_a_party_takes_the_place_of_another_and_of_the_initiator() -> None:
    other = SPEC.with_party("guest", 1, index=0).with_party("host", 2, index=1)
    assert _conf(other)["role"] == {"guest": [1], "host": [10000, 2], "arbiter": [10002]}
    assert _conf(other)["initiator"] == {"role": "guest", "party_id": 1}
    assert other.check().ok


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hots", 1), "did you mean 'host'"),
        (("host", "x"), "party id"),
        (("host", True), "party id"),
        (("host", -1), "party id"),
        (("host", 1, 2), "index 2 is none"),
        (("host", 1, -1), "index -1 is none"),
    ],
)
def test_a_party_that_cannot_be_is_refused(arguments: tuple[Any, ...], words: str) -> None:
    role, party, *index = arguments
    with pytest.raises(ValueError, match=words):
        SPEC.with_party(role, party, index=index[0] if index else None)


def test_parameters_are_set_beside_those_that_are_there() -> None:
    spec = SPEC.with_parameters("hetero_lr_0", tol=0.1).with_parameters("hetero_lr_1", max_iter=9)
    common = _conf(spec)["component_parameters"]["common"]
    assert common["hetero_lr_0"] == {"max_iter": 3, "tol": 0.1}
    assert common["hetero_lr_1"] == {"max_iter": 9}
    assert spec.check().findings == ()


def _effective(spec: JobSpec, role: str, index: int, component: str) -> dict[str, Any]:
    """What a party's component gets, as the server puts it together."""
    parameters = _conf(spec)["component_parameters"]
    found = dict(parameters["common"].get(component, {}))
    for key, entry in parameters["role"][role].items():
        if key == "all" or str(index) in key.split("|"):
            found |= entry.get(component, {})
    return found


def test_parameters_of_a_party_win_over_those_of_its_role() -> None:
    spec = (
        SPEC.with_parameters("hetero_lr_0", "host", 0, tol=1, alpha=1)
        .with_parameters("hetero_lr_0", role="host", tol=2)
        .with_parameters("hetero_lr_0", "host", 0, alpha=3)
    )
    assert _effective(spec, "host", 0, "hetero_lr_0") == {"max_iter": 3, "tol": 2, "alpha": 3}
    assert _effective(spec, "host", 1, "hetero_lr_0") == {"max_iter": 3, "tol": 2}


def test_parameters_that_are_set_win_and_change_no_others() -> None:
    entries = {
        "0": {"hetero_lr_0": {"tol": 1, "alpha": 1}, "data_transform_0": {"with_label": True}},
        "all": {"hetero_lr_0": {"tol": 2}, "data_transform_0": {"with_label": False}},
        "0|1": {"reader_0": {"table": HOST}},
    }
    spec = JobSpec(changed(CONF, ("/component_parameters/role/host", entries)), DSL)
    edited = spec.with_parameters("hetero_lr_0", "host", 0, tol=3)
    assert _effective(edited, "host", 0, "hetero_lr_0") == {"max_iter": 3, "tol": 3, "alpha": 1}
    assert _effective(edited, "host", 1, "hetero_lr_0") == {"max_iter": 3, "tol": 2}
    for index in (0, 1):
        assert _effective(edited, "host", index, "data_transform_0") == {"with_label": False}
        assert _effective(edited, "host", index, "reader_0") == {"table": HOST}


def test_parameters_that_are_given_are_copied() -> None:
    given = {"init_method": "zeros"}
    spec = SPEC.with_parameters("hetero_lr_0", init_param=given)
    given["init_method"] = "ones"
    lr = _conf(spec)["component_parameters"]["common"]["hetero_lr_0"]
    assert lr["init_param"] == {"init_method": "zeros"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("heter_lr_0",), "did you mean 'hetero_lr_0'"),
        (("hetero_lr_0", None, 1), "give the role too"),
        (("hetero_lr_0", "local"), "no party has role"),
        (("hetero_lr_0", "host", 2), "index 2 is none"),
    ],
)
def test_parameters_for_nobody_are_refused(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SPEC.with_parameters(*arguments, max_iter=1)


def test_a_predict_job_keeps_parties_tables_and_resources() -> None:
    spec = SPEC.predict("m#model", "202611240405111932740")
    assert spec.dsl is None
    conf = _conf(spec)
    assert conf["role"] == CONF["role"]
    assert conf["job_parameters"]["common"] == {
        "job_type": "predict",
        "task_cores": 2,
        "work_mode": 0,
        "model_id": "m#model",
        "model_version": "202611240405111932740",
    }
    assert conf["component_parameters"] == {
        "common": {},
        "role": {
            "guest": {"0": {"reader_0": {"table": GUEST}}},
            "host": {"0|1": {"reader_0": {"table": HOST}}, "all": {}},
        },
    }
    assert told(spec.check()) == []
    with pytest.raises(ValueError, match="model_version must not be empty"):
        SPEC.predict("m", " ")


def test_an_edit_of_a_conf_that_is_no_conf_says_so() -> None:
    with pytest.raises(ValueError, match="role is no object"):
        JobSpec(changed(CONF, ("/role", 1)), DSL).with_party("host", 1)
    with pytest.raises(ValueError, match="host is no array"):
        JobSpec(changed(CONF, ("/role/host", 1)), DSL).with_party("host", 1)


def test_a_graph_has_the_components_and_what_flows_between_them() -> None:
    graph = SPEC.graph()
    assert graph.nodes[0] == Node("reader_0", "Reader")
    assert len(graph.nodes) == len(DSL["components"])
    assert Edge("intersection_0", "hetero_lr_0", "data", "train_data") in graph.edges
    assert Edge("hetero_lr_0", "hetero_lr_1", "model", "model") in graph.edges
    assert len(graph.edges) == 7


def test_a_graph_as_mermaid_text() -> None:
    dsl = {
        "components": {
            "reader_0": {"module": "Reader", "output": {"data": ["data"]}},
            'a"b]': {"module": "HomoLR", "input": {"data": {"train_data": ["reader_0.data"]}}},
            "union_0": {"input": {"data": {"data": ["reader_0.data", "ghost.data"]}}},
        }
    }
    assert JobSpec(CONF, dsl).graph().mermaid() == (
        "flowchart TD\n"
        '    n0["reader_0<br/>Reader"]\n'
        '    n1["a#34;b#93;<br/>HomoLR"]\n'
        '    n2["union_0"]\n'
        '    n0 -->|"train_data"| n1\n'
        "    n0 --> n2\n"
    )
    assert JobSpec(CONF).graph().mermaid("LR") == "flowchart LR\n"


def test_a_spec_s_repr_names_files_and_shows_no_contents(tmp_path: Path) -> None:
    (tmp_path / "conf.json").write_text("{}", "utf-8")
    assert repr(JobSpec(tmp_path / "conf.json", DSL)) == f"JobSpec({tmp_path / 'conf.json'}, a DSL)"
    assert repr(JobSpec(CONF)) == "JobSpec(a conf, no DSL)"
