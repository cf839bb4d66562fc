"""The public face: names, signatures, documents and models agree with each other."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import fateflow_client
from fateflow_client import FlowClient, Request, Result
from fateflow_client._core.endpoint import CallOptions, Endpoint, endpoint_of
from fateflow_client.domain._base import Returns
from fateflow_client.groups._base import Group
from tests.support.samples import requests_by_call

PACKAGE = Path(fateflow_client.__file__).parent
NO_ENDPOINT = {"job.wait", "job.run", "job.iterate", "task.iterate"}
"""Methods that are made of other calls."""
CHOOSES = {"model.export_model": "to_database", "model.import_model": "from_database"}
"""Methods with two routes and two models, by the parameter that chooses."""


def _type_checking_names() -> dict[str, str]:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: str(node.module).removeprefix("fateflow_client.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_the_three_lists_of_public_names_are_equal() -> None:
    assert fateflow_client.__all__ == sorted(fateflow_client.__all__)
    assert _type_checking_names() == fateflow_client._MODULES
    assert set(fateflow_client._MODULES) == set(fateflow_client.__all__)


def test_every_public_name_is_there_and_documented() -> None:
    for name in fateflow_client.__all__:
        value = getattr(fateflow_client, name)
        doc = inspect.getdoc(value)
        assert doc, name
        assert not doc.startswith("Usage docs:"), f"{name} has only pydantic's docstring"
    assert set(fateflow_client.__all__) <= set(dir(fateflow_client))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nope"):
        fateflow_client.Nope  # type: ignore[attr-defined]  # noqa: B018 - that is the point


def _models() -> list[type[BaseModel]]:
    values = [getattr(fateflow_client, name) for name in fateflow_client.__all__]
    return [value for value in values if inspect.isclass(value) and issubclass(value, BaseModel)]


def _documented_fields() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for field, doc in zip(node.body, node.body[1:], strict=False):
                    if (
                        isinstance(field, ast.AnnAssign)
                        and isinstance(field.target, ast.Name)
                        and isinstance(doc, ast.Expr)
                        and isinstance(doc.value, ast.Constant)
                    ):
                        found.add((node.name, field.target.id))
    return found


def test_every_field_of_every_model_is_documented_on_the_field() -> None:
    documented = _documented_fields()
    for model in _models():
        for field in model.model_fields:
            owners = {cls.__name__.partition("[")[0] for cls in model.__mro__}
            assert any((owner, field) in documented for owner in owners), (model, field)


def _groups() -> dict[str, Group]:
    client = FlowClient()
    names = [name for name, value in vars(FlowClient).items() if hasattr(value, "attrname")]
    values = {name: getattr(client, name) for name in names if not name.startswith("_")}
    assert all(isinstance(value, Group) for value in values.values())
    return values


METHODS = {
    f"{group}.{name}": method
    for group, value in _groups().items()
    for name, method in inspect.getmembers(value, inspect.ismethod)
    if not name.startswith("_")
}


@pytest.mark.parametrize("call", sorted(METHODS))
def test_a_method_is_documented_with_its_route(call: str) -> None:
    doc = inspect.getdoc(METHODS[call])
    assert doc
    first = doc.splitlines()[0]
    assert first.endswith(".") or first.endswith("calls.")
    if call not in NO_ENDPOINT:
        assert _endpoint(call).route in first


def _endpoint(call: str) -> Endpoint[Any, Any]:
    return endpoint_of(_request(call))


def _request(call: str) -> Request:
    request: Request = SAMPLES[{"server.version": "version/get"}.get(call, call)]
    return request


@pytest.fixture(scope="module", autouse=True)
def _samples(tmp_path_factory: pytest.TempPathFactory) -> None:
    SAMPLES.update(requests_by_call(tmp_path_factory.mktemp("samples")))


SAMPLES: dict[str, Any] = {}


@pytest.mark.parametrize("call", sorted(set(METHODS) - NO_ENDPOINT))
def test_a_methods_parameters_are_its_models_fields_and_the_options(call: str) -> None:
    options = set(inspect.signature(CallOptions).parameters)
    parameters = inspect.signature(METHODS[call]).parameters
    fields = type(_request(call)).model_fields
    own = [name for name in parameters if name not in options and name != CHOOSES.get(call)]
    if call == "model.get_model_info":
        assert own.pop() == "filters"  # **filters: any column
        assert parameters["filters"].kind is inspect.Parameter.VAR_KEYWORD
        fields = {name: field for name, field in fields.items() if name != "filters"}
    assert own == list(fields)
    for name in own:
        parameter, field = parameters[name], fields[name]
        assert (parameter.default is inspect.Parameter.empty) == field.is_required(), name
        if not field.is_required():
            assert parameter.default == field.default, name
    for name in options & set(parameters):
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    assert {"timeout", "deadline"} <= set(parameters)


MANUAL = {
    # Parameters of the original client, in its order: positional, because existing code says so.
    "job.submit": "conf_path dsl_path",
    "job.stop": "job_id",
    "job.query": "job_id role party_id status",
    "job.log": "job_id output_path",
    "job.list": "limit",
    "task.query": "job_id role party_id component_name status",
    "component.list": "job_id",
    "component.metrics": "job_id role party_id component_name",
    "component.metric_all": "job_id role party_id component_name",
    "component.get_summary": "job_id role party_id component_name",
    "component.output_model": "job_id role party_id component_name",
    "component.output_data": "job_id role party_id component_name output_path limit",
    "data.upload": "conf_path verbose drop",
    "data.upload_history": "limit job_id",
    "table.info": "namespace table_name",
    "queue.clean": "",
    "server.version": "module",
    # Not in the manual: ours.
    "job.rerun": "job_id",
    "job.clean": "job_id",
    "job.update": "job_id role party_id notes",
    "job.parameter_update": "job_id component_parameters job_parameters",
    "job.log_path": "job_id",
    "component.output_data_preview": "job_id role party_id component_name",
    "component.metric_data": ("job_id role party_id component_name metric_namespace metric_name"),
    "table.download": "namespace table_name output_path",
    "table.preview": "namespace table_name limit",
    "table.bind": "namespace table_name engine address",
    "table.list": "job_id role party_id",
    "model.query_detail": "model_id model_version role party_id",
    "checkpoint.list": "model_id model_version role party_id component_name",
    "checkpoint.get": "model_id model_version role party_id component_name step_index step_name",
    "server.versions": "",
    "server.resources": "",
    "job.config": "job_id role party_id output_path",
    "job.view": "job_id role party_id status component_name",
    "job.generate_dsl": "train_dsl_path cpn_file_path cpn_list version",
    "component.parameters": "job_id role party_id component_name",
    "component.metric_delete": "date job_id",
    "component.output_data_table": "job_id role party_id component_name",
    "data.download": "conf_path",
    "task.list": "limit",
    "model.load": "conf_path job_id",
    "model.bind": "conf_path job_id",
    "model.export_model": "conf_path to_database",
    "model.store": "conf_path",
    "model.import_model": "conf_path from_database",
    "model.restore": "conf_path",
    "model.migrate": "conf_path to_database",
    "model.tag_list": "job_id",
    "model.tag_model": "job_id tag_name remove",
    "model.deploy": "model_id model_version cpn_list predict_dsl",
    "model.get_predict_dsl": "model_id model_version",
    "model.get_predict_conf": "model_id model_version",
    "model.get_model_info": "model_id model_version role party_id query_filters",
    "tag.create": "tag_name tag_desc",
    "tag.update": "tag_name new_tag_name new_tag_desc",
    "tag.list": "limit",
    "tag.query": "tag_name with_model",
    "tag.delete": "tag_name",
    "table.delete": "namespace table_name job_id role party_id component_name",
}


@pytest.mark.parametrize("call", sorted(set(METHODS) - NO_ENDPOINT))
def test_the_manuals_parameters_come_first_and_by_position(call: str) -> None:
    parameters = inspect.signature(METHODS[call]).parameters.values()
    positional = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert " ".join(positional) == MANUAL[call]


def test_every_request_names_its_result_for_type_checkers_and_its_endpoint_agrees() -> None:
    for request in SAMPLES.values():
        base = next(
            base
            for base in type(request).__orig_bases__
            if getattr(base, "__origin__", None) is Returns
        )
        assert get_args(base) == (endpoint_of(request).result,)


def test_every_endpoint_has_a_sample_and_a_method() -> None:
    sampled = {endpoint_of(request).route for request in SAMPLES.values()}
    methods = {_endpoint(call).route for call in set(METHODS) - NO_ENDPOINT}
    assert sampled == methods


def test_requests_are_closed_and_results_are_open() -> None:
    for model in _models():
        assert model.model_config["frozen"], model
        if issubclass(model, Request):
            assert model.model_config["extra"] == "forbid"
        elif issubclass(model, Result):
            assert model.model_config["extra"] == "allow"


def test_a_request_of_somebody_else_is_refused() -> None:
    class Mine(Request):
        """No request of this library."""

    with pytest.raises(TypeError, match="Mine"):
        endpoint_of(Mine())


def test_reprs_are_one_line() -> None:
    for request in SAMPLES.values():
        assert "\n" not in repr(request)
    assert "\n" not in repr(FlowClient())


def test_reprs_of_requests_do_not_show_what_confs_hold() -> None:
    for request in SAMPLES.values():
        shown = repr(request)
        assert len(shown) < 400
        assert "{" not in shown
    path = fateflow_client.DataUploadRequest(conf_path="upload.json")
    assert "upload.json" in repr(path)
