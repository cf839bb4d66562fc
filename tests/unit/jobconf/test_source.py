"""Documents as users write them: read from anything, with a place for every part."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.dsl import Dsl
from fateflow_client.jobconf.runtime import RuntimeConf
from fateflow_client.jobconf.scan import join, split
from fateflow_client.jobconf.source import from_text, load

TEXT = """{
  "role": {"guest": [9999, 10000],
           "a/b~c": {"x": "}]\\"{"}},
  "empty": {}, "none": [],
  "deep": [[1], [{"k": null}]]
}"""


def _all(value: Any, pointer: str = "") -> list[str]:
    found = [pointer]
    if isinstance(value, dict):
        for key, member in value.items():
            found += _all(member, pointer + join(key))
    if isinstance(value, list):
        for index, member in enumerate(value):
            found += _all(member, pointer + join(index))
    return found


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("/role", (2, 11)),
        ("/role/guest/1", (2, 28)),
        ("/role/a~1b~0c/x", (3, 27)),
        ("/deep/1/0/k", (5, 24)),
    ],
)
def test_a_pointer_has_a_line_and_a_column(pointer: str, place: tuple[int, int]) -> None:
    assert from_text(TEXT, "conf").place(pointer) == place


def test_a_key_has_a_place_of_its_own() -> None:
    assert from_text(TEXT, "conf").place("/role/guest", at_key=True) == (2, 12)


def test_every_part_of_a_document_has_a_place_where_its_text_begins() -> None:
    source = from_text(TEXT, "conf")
    lines = TEXT.split("\n")
    for pointer in _all(json.loads(TEXT)):
        place = source.place(pointer)
        assert place is not None
        value: Any = json.loads(TEXT)
        for part in split(pointer):
            value = value[int(part)] if isinstance(value, list) else value[part]
        rest = "\n".join([lines[place[0] - 1][place[1] - 1 :], *lines[place[0] :]])
        assert json.JSONDecoder().raw_decode(rest)[0] == value


def test_what_is_missing_stands_where_the_nearest_thing_around_it_does() -> None:
    source = from_text(TEXT, "conf")
    assert source.place("/role/host/0") == source.place("/role")


def test_lines_are_counted_as_editors_count_them() -> None:
    assert from_text('{"a":1,\r\n"b":2}', "conf").place("/b") == (2, 5)
    assert from_text('{"a":"é表",\n\n"b":2}', "conf").place("/b") == (3, 5)


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    for name, mark in (("plain.json", ""), ("marked.json", "\ufeff")):
        (tmp_path / name).write_text(mark + '{"a": 1}', encoding="utf-8")
        source = load(tmp_path / name, "conf")
        assert source.value == {"a": 1}
        assert source.place("/a") == (1, 7)
        assert source.path == tmp_path / name


def test_the_path_that_was_taken_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "conf.json").write_text("{}", encoding="utf-8")
    with caplog.at_level(logging.INFO, "fateflow_client.jobconf"):
        load(str(tmp_path / "conf.json"), "conf")
    assert str(tmp_path / "conf.json") in caplog.text


def test_a_mapping_a_model_and_json_text_are_documents_too() -> None:
    conf = {"initiator": {"role": "guest", "party_id": "9999"}, "role": {"guest": ["9999"]}}
    assert load(conf, "conf").value == conf
    assert load(MappingProxyType(conf), "conf").value == conf
    assert load(RuntimeConf.model_validate(conf), "conf").value == conf
    assert load(json.dumps(conf), "conf").value == conf
    assert load(conf, "conf").place("/role") is None


def test_a_source_keeps_a_copy() -> None:
    conf: dict[str, Any] = {"role": {"guest": [1]}}
    source = load(conf, "conf")
    conf["role"]["guest"].append(2)
    assert source.value == {"role": {"guest": [1]}}
    assert load(source, "conf") is source


def test_the_schema_that_editors_read_is_no_part_of_the_document() -> None:
    source = load('{"$schema": "runtime.json", "a": {"$schema": 1}}', "conf")
    assert source.value == {"a": {"$schema": 1}}
    assert load({"$schema": "x", "a": 1}, "conf").value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,}', (1, 9)),
        ('{"a": 1\n "b": 2}', (2, 2)),
        ('{"a": "NaN",\n "b": NaN}', (2, 7)),
        ('{"a": -Infinity}', (1, 7)),
        ("", (1, 1)),
    ],
)
def test_a_text_that_is_no_json_says_where(text: str, place: tuple[int, int]) -> None:
    source = from_text(text, "conf")
    assert source.broken is not None
    assert source.place("") == place


def test_a_text_that_nests_too_deep_is_no_json() -> None:
    assert from_text("[" * 100_000, "conf").broken is not None


def test_a_key_that_stands_twice_is_found_where_it_stands_again() -> None:
    source = from_text('{"a": 1, "b": {"c": 1,\n"c": 2}, "a": 2}', "conf")
    assert source.value == {"a": 2, "b": {"c": 2}}
    assert source.repeats() == [("/b/c", (2, 1)), ("/a", (2, 10))]
    assert from_text('{"a": {"c": 1}, "b": {"c": 1}}', "conf").repeats() == []


def test_a_file_that_cannot_be_read_is_an_error_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    for path, words in (
        (tmp_path / "none.json", "does not exist"),
        (tmp_path, "is a folder"),
        (tmp_path / "latin.json", "is not UTF-8"),
    ):
        with pytest.raises(InputFileError, match=words):
            load(path, "conf")
    with pytest.raises(InputFileError, match="is empty"):
        load(" ", "conf")


@pytest.mark.parametrize("value", [{"a": float("nan")}, {"a": {1, 2}}, {"a": object()}])
def test_a_mapping_that_json_cannot_express_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InputFileError, match="JSON cannot express"):
        load(value, "conf")


def test_models_keep_what_they_do_not_know_and_dump_what_was_written() -> None:
    conf = {
        "dsl_version": "2",
        "initiator": {"role": "guest", "party_id": 9999, "note": "x"},
        "role": {"guest": [9999], "host": ["10000"]},
        "job_parameters": {"common": {"task_cores": "2", "own": None}},
        "fateflow_client": {"token": "t"},
    }
    model = RuntimeConf.model_validate(conf)
    assert model.model_dump(mode="json", exclude_unset=True) == conf
    dsl = {"components": {"reader_0": {"module": "Reader", "output": {"data": ["data"]}}}}
    assert Dsl.model_validate(dsl).model_dump(mode="json", exclude_unset=True) == dsl
