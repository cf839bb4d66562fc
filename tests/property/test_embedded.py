"""Any valid request is one that the embedded server can read: it answers it, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fateflow_client import (
    ApiError,
    FlowClient,
    FlowError,
    JobLogRequest,
    MetricDeleteRequest,
    OutputDataRequest,
    RetryPolicy,
)
from fateflow_client.domain._base import Request
from fateflow_client.local import serve
from tests.property.test_models import MODELS, built

DOWNLOADS = (JobLogRequest, OutputDataRequest)
"""They would write the same folder again and again; the files are tested elsewhere."""


@pytest.fixture(scope="module")
def client() -> Iterator[FlowClient]:
    policy = RetryPolicy(attempts=1)
    with serve() as url, FlowClient.from_url(url, retry=policy, server_release="1.11") as client:
        yield client


UNREAD = ("TypeError", "BadRequest", "NotFound '404", "MethodNotAllowed", "JSONDecodeError",
          "UnicodeDecodeError", "required argument")  # fmt: skip


@pytest.mark.parametrize("model", [m for m in MODELS if m not in DOWNLOADS])
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_embedded_server_reads_it(
    model: type[Request], client: FlowClient, data: st.DataObject
) -> None:
    request = data.draw(built(model))
    # A date is refused before it is sent: see tests/unit/calls/test_releases.py.
    assume(not (isinstance(request, MetricDeleteRequest) and request.date is not None))
    try:
        client.send(request)  # type: ignore[arg-type]  # any of them
    except FlowError as error:
        assert isinstance(error, ApiError), error
        assert not any(word in error.retmsg for word in UNREAD), error.retmsg
