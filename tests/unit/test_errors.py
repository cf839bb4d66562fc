"""Exceptions: they say what, where and what to try, and they travel between processes."""

from __future__ import annotations

import inspect
import pickle

import pytest

from fateflow_client import errors
from fateflow_client.errors import FlowError, Phase, Where
from fateflow_client.jobconf.report import Finding, Report, Severity

WHERE = Where("flow.example.org", 9380, "/v1/job/query")
ARGUMENTS: dict[str, object] = {
    "where": WHERE,
    "hint": "Try that.",
    "source": "conf.json",
    "phase": Phase.SENT,
    "sent_bytes": 7,
    "status": 200,
    "location": "http://other",
    "content_type": "text/html",
    "head": "<html>",
    "retcode": 100,
    "retmsg": "no",
    "data": {"guest": {"9999": 100}},
    "job_id": "202701150800001234560",
    "operation": "job/submit",
    "since": 1.0,
    "advice": "Look.",
    "component": "hetero_lr_0",
    "role": "host",
    "party_id": 10000,
    "reason": "no table",
    "enveloped": True,
    "token": "7d9f2c0b5e0a4d0c9f1e2b3a4c5d6e7f",
    "candidates": ("202701150800001234560",),
    "trail": None,
    "reconcile_with": None,
    "report": Report((Finding(Severity.ERROR, "no-dsl", "conf", "A DSL is missing."),)),
}
CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, FlowError) and not cls.__name__.startswith("_")
]


def make(cls: type[FlowError]) -> FlowError:
    """Make one with every argument that it takes."""
    names = [name for name in inspect.signature(cls).parameters if name != "message"]
    values = {
        name: "waiting" if name == "status" and "job" in cls.__name__.lower() else ARGUMENTS[name]
        for name in names
    }
    return cls("It broke.", **values)  # type: ignore[arg-type]  # by name, as the class wants


@pytest.mark.parametrize("cls", CLASSES)
def test_it_survives_pickling_whole(cls: type[FlowError]) -> None:
    error = make(cls)
    error.add_note("seen on a Friday")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is cls
    assert vars(again) == vars(error)
    assert str(again) == str(error)
    assert again.args == error.args


@pytest.mark.parametrize("cls", CLASSES)
def test_it_says_what_and_where(cls: type[FlowError]) -> None:
    error = make(cls)
    assert str(error).startswith("It broke.")
    if "where" in inspect.signature(cls).parameters:
        assert "[flow.example.org:9380/v1/job/query]" in str(error)
        assert (error.host, error.port, error.path) == (WHERE.host, WHERE.port, WHERE.path)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    text = errors.__doc__ or ""
    for cls in CLASSES:
        assert cls.__name__ in text
    assert issubclass(errors.ConfigError, ValueError)
    assert not issubclass(errors.AmbiguousOutcomeError, errors.TransportError)
    assert not issubclass(errors.AmbiguousOutcomeError, errors.ApiError)


def test_ipv6_hosts_are_bracketed() -> None:
    assert str(Where("::1", 80, "/x")) == "[::1]:80/x"


def test_parties_are_what_the_server_told() -> None:
    error = errors.PartyError("x", status=200, retcode=103, retmsg="", data={"guest": {"1": 100}})
    assert error.parties == {"guest": {"1": 100}}
    assert errors.PartyError("x", status=200, retcode=103, retmsg="").parties == {}


@pytest.mark.parametrize(
    ("status", "retcode", "cls"),
    [
        (200, 100, errors.ApiError), (200, 104, errors.PartyError), (200, 109, errors.AuthError),
        (401, 401, errors.AuthError), (403, 403, errors.AuthError), (425, 425, errors.AuthError),
        (404, 404, errors.NotFoundError), (409, 409, errors.AlreadyExistsError),
        (404, 100, errors.NotFoundError), (210, 210, errors.ApiError),
    ],
)  # fmt: skip
def test_a_class_is_found_by_retcode_then_status(
    status: int, retcode: int, cls: type[FlowError]
) -> None:
    assert errors.error_class(status, retcode) is cls
