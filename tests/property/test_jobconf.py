"""Confs and DSLs for all inputs: no false alarm, nothing overlooked, nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fateflow_client.jobconf.scan import Lines, join, scan
from fateflow_client.jobconf.source import from_text
from fateflow_client.jobconf.spec import JobSpec
from tests.support.specs import SPOILS, VALUES, WORDS, Documents, documents, predictions, spoiled

# A job takes dozens of draws; on a busy machine some are slow, which says nothing about the code.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(patient, max_examples=40)
RELEASES = st.sampled_from([None, "1.5", "1.6.1", "1.7.0", "1.7.2", "1.8", "1.9.0", "1.11.2"])
JSON = st.recursive(VALUES | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
INDENTS = st.sampled_from([None, 0, 1, 4])


@patient
@given(docs=documents() | predictions(), release=RELEASES)
def test_a_job_that_servers_take_has_no_errors(docs: Documents, release: str | None) -> None:
    assert JobSpec(docs.conf, docs.dsl).check(release).errors == ()


@pytest.mark.parametrize("kind", sorted(SPOILS))
@few
@given(data=st.data(), release=RELEASES)
def test_one_spoiled_thing_is_always_found(
    kind: str, data: st.DataObject, release: str | None
) -> None:
    wrong = data.draw(spoiled(kind))
    report = JobSpec(wrong.documents.conf, wrong.documents.dsl).check(release)
    told = {(f.code, f.document, f.pointer) for f in report.findings}
    assert told & {(wrong.code, wrong.document, pointer) for pointer in wrong.pointers}, report


@patient
@given(docs=documents() | predictions(), indent=INDENTS)
def test_documents_come_out_as_they_went_in(docs: Documents, indent: int | None) -> None:
    conf = json.dumps({"$schema": "x", **docs.conf}, indent=indent, ensure_ascii=False)
    dsl = None if docs.dsl is None else "\ufeff" + json.dumps(docs.dsl, indent=indent)
    spec = JobSpec(conf, dsl)
    sent = spec.dump()
    assert json.dumps(sent["job_runtime_conf"]) == json.dumps(docs.conf)
    assert json.dumps(sent.get("job_dsl")) == json.dumps(docs.dsl)
    assert JobSpec(spec.conf, spec.dsl).dump() == sent


@patient
@given(data=st.data(), indent=INDENTS)
def test_every_finding_of_a_text_has_a_place_in_it(data: st.DataObject, indent: int | None) -> None:
    wrong = data.draw(spoiled(data.draw(st.sampled_from(sorted(SPOILS))))).documents
    texts = {
        name: json.dumps(value, indent=indent)
        for name, value in (("conf", wrong.conf), ("dsl", wrong.dsl))
    }
    for finding in JobSpec(texts["conf"], texts["dsl"]).check().findings:
        lines = texts[finding.document].splitlines()
        assert finding.line is not None
        assert finding.column is not None
        assert 1 <= finding.column <= len(lines[finding.line - 1])


def _pointers(value: Any, pointer: str = "") -> dict[str, Any]:
    found = {pointer: value}
    if isinstance(value, dict):
        for key, member in value.items():
            found |= _pointers(member, pointer + join(key))
    if isinstance(value, list):
        for index, member in enumerate(value):
            found |= _pointers(member, pointer + join(index))
    return found


@patient
@given(value=JSON | st.dictionaries(WORDS | st.text(max_size=3), JSON), indent=INDENTS)
def test_every_part_of_any_json_is_found_where_it_stands(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    found, lines = scan(text), Lines(text)
    expected = _pointers(value)
    assert set(found.values) == set(expected)
    for pointer, offset in found.values.items():
        assert json.JSONDecoder().raw_decode(text, offset)[0] == expected[pointer]
        line, column = lines.at(offset)
        assert offset == sum(len(part) for part in _lines(text)[: line - 1]) + column - 1
    for pointer, offset in found.keys.items():
        key = json.JSONDecoder().raw_decode(text, offset)[0]
        assert pointer.endswith(join(key))


def _lines(text: str) -> list[str]:
    # Only these end a line for editors; Python's splitlines knows more.
    return [part + "\n" for part in text.split("\n")]


@patient
@given(text=st.text(st.sampled_from('{}[]":,tnul1e\\ \n'), max_size=12) | st.text(max_size=6))
def test_any_text_is_read_or_has_a_reason(text: str) -> None:
    source = from_text(text, "conf")
    JobSpec(source).check()
    if source.broken is None:
        assert json.loads(text.removeprefix("\ufeff")) == source.value or "$schema" in text


@patient
@given(docs=documents(), release=RELEASES, data=st.data())
def test_checking_never_breaks_on_nonsense(
    docs: Documents, release: str | None, data: st.DataObject
) -> None:
    """Whatever stands at some place instead of what belongs there."""
    whole: dict[str, Any] = {"conf": docs.conf, "dsl": docs.dsl}
    places = [(name, p) for name in whole for p in _pointers(whole[name]) if p]
    name, pointer = data.draw(st.sampled_from(places))
    nonsense = data.draw(JSON)
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    place = whole[name]
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = nonsense
    spec = JobSpec(whole["conf"], whole["dsl"])
    str(spec.check(release))
    spec.graph().mermaid()


@patient
@given(docs=documents(), data=st.data())
def test_edits_keep_a_right_job_right(docs: Documents, data: st.DataObject) -> None:
    spec = JobSpec(docs.conf, docs.dsl)
    component = data.draw(st.sampled_from(sorted(docs.components)))
    role = data.draw(st.sampled_from([None, *docs.conf["role"]]))
    parties = len(docs.conf["role"][role]) if role else 0
    index = data.draw(st.none() | st.integers(0, parties - 1)) if role else None
    edited = spec.with_parameters(component, role, index, max_iter=3)
    edited = edited.with_party("guest", 10**10, index=0)
    assert edited.check().ok
    assert edited.predict("m", "v").check().ok
    assert spec.dump() == {"job_runtime_conf": docs.conf, "job_dsl": docs.dsl}
