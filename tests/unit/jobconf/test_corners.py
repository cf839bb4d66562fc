"""Corners of the checks: rare shapes, and how sure one can be of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fateflow_client.jobconf.checks.base import kind
from fateflow_client.jobconf.runtime import RuntimeConf
from fateflow_client.jobconf.spec import JobSpec
from tests.unit.jobconf.documents import CONF, DSL, GONE, GUEST, changed, check, told
from tests.unit.jobconf.test_online import PREDICT, OneSite

READER = "/component_parameters/role/guest/0/reader_0"
LR = "/components/hetero_lr_0"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a truth value"),
        (1.5, "a number"),
        ("x", "a text"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_kinds_have_words(value: object, words: str) -> None:
    assert kind(value) == words


def test_parameters_of_a_role_that_are_no_object_are_an_error_where_somebody_has_the_role() -> None:
    report = check(changed(CONF, ("/component_parameters/role/arbiter", [1])))
    assert told(report) == [("error", "wrong-type", "conf", "/component_parameters/role/arbiter")]
    report = check(changed(CONF, ("/job_parameters/role/local", [1])))
    assert report.ok


def test_parameters_of_a_component_and_a_party_that_are_no_object_are_a_warning() -> None:
    report = check(changed(CONF, ("/component_parameters/role/guest/0/hetero_lr_0", 1)))
    pointer = "/component_parameters/role/guest/0/hetero_lr_0"
    assert told(report) == [("warning", "wrong-type", "conf", pointer)]


def test_a_table_may_have_another_name_on_some_servers() -> None:
    assert told(check(changed(CONF, (READER, {"train": GUEST})))) == []


def test_a_table_that_is_missing_is_told_at_what_stands_around_it() -> None:
    other = changed(CONF, (f"{READER}/table", GONE), (f"{READER}/note", 1))
    assert [f.pointer for f in check(other).errors] == [READER]
    none = changed(CONF, ("/component_parameters", GONE))
    assert {f.pointer for f in check(none).errors} == {""}
    common = changed(CONF, ("/component_parameters/role/guest", GONE))
    assert [f.pointer for f in check(common).errors] == ["/component_parameters/role"]


def test_a_reference_of_three_words_is_a_warning_where_servers_find_their_way() -> None:
    dsl = changed(DSL, (f"{LR}/input/data/train_data/0", "intersection_0.data.data"))
    assert told(check(dsl=dsl)) == [
        ("warning", "bad-reference", "dsl", f"{LR}/input/data/train_data/0")
    ]


def test_a_model_of_a_component_that_lists_none_is_a_warning() -> None:
    dsl = changed(DSL, (f"{LR}/output/model", []))
    assert told(check(dsl=dsl)) == [
        ("warning", "undefined-output", "dsl", "/components/hetero_lr_1/input/model/0")
    ]


def test_caches_are_followed_on_servers_that_read_them() -> None:
    dsl = changed(DSL, (f"{LR}/input/cache", ["ghost_0.cache"]))
    assert check(dsl=dsl, release="1.6").ok
    assert [f.code for f in check(dsl=dsl, release="1.8").errors] == ["undefined-component"]


def test_the_arguments_of_version_1_are_an_error_on_servers_that_do_not_know_them() -> None:
    dsl = changed(DSL, (f"{LR}/input/data/train_data/0", "args.train_data"))
    assert [f.code for f in check(dsl=dsl, release="1.7.0").errors] == ["undefined-component"]


def test_a_model_version_as_a_number_is_a_warning() -> None:
    conf = changed(PREDICT, ("/job_parameters/common/model_version", 202611240405111932740))
    assert told(check(conf, None)) == [
        ("warning", "wrong-type", "conf", "/job_parameters/common/model_version")
    ]
    site = OneSite([], None)
    JobSpec(conf).check(online=site)
    assert site.asked == []


@pytest.mark.parametrize(
    "table", [{"name": 1, "namespace": "n"}, {"name": " ", "namespace": "n"}, {"job_id": "1"}]
)
def test_a_table_without_a_name_of_its_own_is_not_asked_for(table: dict[str, Any]) -> None:
    site = OneSite([], None)
    JobSpec(changed(CONF, (f"{READER}/table", table)), DSL).check(online=site)
    assert site.asked == []


@pytest.mark.parametrize("party", [True, 1.5, "x", None, [1]])
def test_a_model_takes_no_party_that_servers_do_not_take(party: object) -> None:
    with pytest.raises(ValidationError, match="whole number"):
        RuntimeConf.model_validate(changed(CONF, ("/initiator/party_id", party)))


def test_a_model_takes_no_version_that_servers_do_not_take() -> None:
    for version in (True, 3, "two"):
        with pytest.raises(ValidationError):
            RuntimeConf.model_validate(changed(CONF, ("/dsl_version", version)))


def test_specs_are_equal_by_what_they_hold() -> None:
    assert JobSpec(CONF, DSL) == JobSpec(CONF, DSL)
    assert JobSpec(CONF, DSL) != JobSpec(CONF)
    assert JobSpec(CONF) != CONF
