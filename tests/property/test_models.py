"""Requests and results for all inputs: what is valid goes out and comes back as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import fateflow_client as f
from fateflow_client.domain._base import Request
from fateflow_client.types import JobStatus, Role, TaskStatus

digits = st.text("0123456789", min_size=21, max_size=25)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip)
limits = st.one_of(st.just(-1), st.integers(1, 10**6))
days = st.dates().filter(lambda day: day.year >= 1000).map(lambda day: day.strftime("%Y%m%d"))
times = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2900, 1, 1), timezones=st.just(UTC)
).map(lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "job_id": digits,
    "role": st.sampled_from(list(Role)),
    "party_id": st.integers(0, 10**12),
    "component_name": names,
    "limit": limits,
    "page": st.integers(1, 1000),
    "order": st.sampled_from(["asc", "desc"]),
    "order_by": names,
    "description": names,
    "head": st.booleans(),
    "namespace": names,
    "table_name": names,
    "tag_name": names,
    "tag_desc": names,
    "new_tag_name": names,
    "new_tag_desc": names,
    "model_id": names,
    "model_version": names,
    "metric_namespace": names,
    "metric_name": names,
    "notes": names,
    "step_index": st.integers(0, 1000),
    "step_name": names,
    "create_time": st.tuples(st.none() | times, st.none() | times),
    "query_filters": st.lists(names, min_size=1, max_size=3).map(tuple),
    "cpn_list": st.lists(names, min_size=1, max_size=3).map(tuple),
    "stop_status": st.sampled_from(list(JobStatus)),
    "module": names,
    "output_path": st.just("out"),
    "date": days,
}
STATUSES: dict[type[Request], st.SearchStrategy[Any]] = {
    f.JobQuery: st.one_of(
        st.sampled_from(list(JobStatus)),
        st.lists(st.sampled_from(list(JobStatus)), min_size=1, max_size=3).map(tuple),
    ),
    f.JobListRequest: st.sampled_from(list(JobStatus)),
    f.TaskQuery: st.sampled_from(list(TaskStatus)),
}
MODELS: list[type[Request]] = [
    f.JobQuery, f.JobListRequest, f.JobStopRequest, f.JobLogRequest, f.JobConfigRequest,
    f.JobUpdateRequest, f.JobLogPathRequest, f.JobCleanRequest, f.TaskQuery, f.TaskListRequest,
    f.ComponentListRequest, f.MetricsRequest, f.MetricAllRequest, f.SummaryRequest,
    f.OutputModelRequest, f.OutputDataRequest, f.OutputDataTableRequest, f.MetricDataRequest,
    f.ComponentParametersRequest, f.MetricDeleteRequest, f.TableInfoRequest,
    f.TablePreviewRequest, f.TableListRequest, f.UploadHistoryRequest, f.PredictDslRequest,
    f.PredictConfRequest, f.ModelInfoQuery, f.ModelTagListRequest, f.TagCreateRequest,
    f.TagUpdateRequest, f.TagListRequest, f.TagQuery, f.TagDeleteRequest, f.ModelDetailQuery,
    f.CheckpointListRequest, f.VersionRequest, f.QueueCleanRequest,
]  # fmt: skip


@st.composite
def built(draw: st.DrawFn, model: type[Request]) -> Request:
    """A request with any of its optional fields, or none if that is not allowed."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        strategy = STATUSES.get(model, st.nothing()) if name == "status" else FIELDS.get(name)
        if name == "limit" and model is f.TablePreviewRequest:
            strategy = st.integers(1, 1000)
        if strategy is not None and (field.is_required() or draw(st.booleans())):
            values[name] = draw(strategy)
    try:
        return model(**values)
    except ValidationError as error:
        assert "give" in str(error)  # the rule that one of several is needed
        return model(**values | draw(st.fixed_dictionaries(_enough(model))))


def _enough(model: type[Request]) -> dict[str, st.SearchStrategy[Any]]:
    needed = {f.TagUpdateRequest: "new_tag_name"}.get(model, "job_id")
    return {needed: FIELDS[needed]}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@given(st.data())
def test_a_request_survives_its_dump_and_its_wire(
    model: type[Request], data: st.DataObject
) -> None:
    request = data.draw(built(model))
    assert model.model_validate(request.model_dump()) == request
    wire = json.loads(request.wire_json())
    assert set(wire) <= _wire_names(model)
    assert None not in wire.values()
    for name, alias in _aliases(model).items():
        if name in model.local_fields or getattr(request, name) is None:
            assert alias not in wire
    read = {name: wire[alias] for name, alias in _aliases(model).items() if alias in wire}
    if read.get("limit") in (0, 2**31 - 1):
        read["limit"] = -1
    local = {name: getattr(request, name) for name in model.local_fields}
    again = model(**read, **local)
    if isinstance(request, f.MetricDeleteRequest) and request.date is not None:
        assert "job_id" not in wire  # the date wins
        assert again.model_dump()["date"] == request.date
    else:
        assert again == request


def _aliases(model: type[Request]) -> dict[str, str]:
    return {n: field.serialization_alias or n for n, field in model.model_fields.items()}


def _wire_names(model: type[Request]) -> set[str]:
    return {a for n, a in _aliases(model).items() if n not in model.local_fields}


not_ids = st.one_of(
    st.text(max_size=30).filter(lambda t: not (21 <= len(t) <= 25 and t.isascii() and t.isdigit())),
    st.integers().filter(lambda n: not 10**20 <= n < 10**25), st.booleans(), st.none(),
    st.floats(), st.binary(max_size=25), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@given(not_ids)
def test_what_is_no_job_id_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="21 to 25 digits"):
        f.JobStopRequest(job_id=value)


@given(st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.floats(), st.none()))
def test_a_date_is_a_day_of_the_calendar_or_refused(value: Any) -> None:
    try:
        request = f.MetricDeleteRequest(date=value)
    except ValidationError:
        return
    day = datetime.strptime(str(request.date), "%Y%m%d").replace(tzinfo=UTC)
    assert day.strftime("%Y%m%d").rjust(8, "0") == str(value)


@given(st.integers().filter(lambda n: n < 1 and n != -1))
def test_what_is_no_limit_is_refused(value: int) -> None:
    for model in (f.JobListRequest, f.TaskListRequest, f.UploadHistoryRequest, f.TagListRequest):
        with pytest.raises(ValidationError, match="1 or more, or -1"):
            model(limit=value)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
job_rows = st.fixed_dictionaries(
    {"job_id": digits, "status": st.one_of(st.sampled_from(list(JobStatus)), names)},
    optional={
        "role": names,
        "party_id": st.integers(0, 10**9).map(str) | st.integers(0, 10**9),
        "progress": st.integers(0, 100),
        "create_time": st.none() | st.integers(0, 10**13),
        "elapsed": st.none() | st.integers(0, 10**12),
        "is_initiator": st.booleans() | st.integers(0, 1),
        "dsl": st.dictionaries(names, json_values, max_size=3),
        "roles": st.dictionaries(names, st.lists(st.integers(0, 10**6), max_size=3), max_size=2),
        "brand_new_column": json_values,
    },
)


@given(job_rows)
def test_rows_with_and_without_f_are_equal_jobs(row: dict[str, Any]) -> None:
    bare = f.Job.model_validate(row)
    new = row.pop("brand_new_column", None)
    prefixed = f.Job.model_validate({f"f_{name}": value for name, value in row.items()})
    for name in f.Job.model_fields:
        assert getattr(bare, name) == getattr(prefixed, name)
    assert getattr(bare, "brand_new_column", None) == new
    assert f.Job.model_validate(bare.model_dump()) == bare


@given(st.lists(job_rows, max_size=3))
def test_both_shapes_of_lists_are_equal_lists(rows: list[dict[str, Any]]) -> None:
    old = f.JobList.from_envelope(f.Envelope(data=rows))
    new = f.JobList.from_envelope(f.Envelope(data={"jobs": rows, "count": len(rows)}))
    assert old.rows == new.rows
    assert (old.count, new.count) == (None, len(rows))


@given(st.dictionaries(names, st.dictionaries(names, st.fixed_dictionaries(
    {"data": st.lists(st.tuples(json_values, json_values).map(list), max_size=3)},
    optional={"meta": st.dictionaries(st.sampled_from(["name", "metric_type", "x"]), names)},
), max_size=2), max_size=2))  # fmt: skip
def test_metrics_survive_a_round_trip(data: dict[str, Any]) -> None:
    metrics = f.MetricAll.from_envelope(f.Envelope(data=data))
    assert f.MetricAll.model_validate(metrics.model_dump()) == metrics
    assert sorted(metrics) == sorted(data)
