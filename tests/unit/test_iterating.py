"""Going through all jobs and tasks, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fateflow_client import FlowClient, UnsupportedByServerError
from tests.support.server import Answer, ScriptedServer


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[FlowClient]:
    with FlowClient(port=server.port, trust_env=False, server_release="1.11") as flow_client:
        yield flow_client


def job(number: int) -> dict[str, Any]:
    return {"job_id": str(number), "role": "guest", "party_id": 1, "status": "success"}


def page(*numbers: int) -> Answer:
    data = {"jobs": [job(number) for number in numbers], "count": 99}
    return Answer.of({"retcode": 0, "retmsg": "success", "data": data})


def test_it_asks_for_pages_until_one_is_not_full(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(page(1, 2), page(3, 4), page(5))
    assert [row.job_id for row in client.job.iterate(page_size=2)] == ["1", "2", "3", "4", "5"]
    asked = [(got.json["page"], got.json["limit"], got.json["order"]) for got in server.got]
    assert asked == [(1, 2, "asc"), (2, 2, "asc"), (3, 2, "asc")]


def test_it_asks_for_the_next_page_only_when_it_is_wanted(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(page(1, 2), page(3, 4))
    rows = client.job.iterate(page_size=2)
    assert server.got == []
    next(rows)
    next(rows)
    assert len(server.got) == 1


def test_an_empty_list_has_one_page(client: FlowClient, server: ScriptedServer) -> None:
    server.play(page())
    assert list(client.job.iterate()) == []
    assert len(server.got) == 1


def test_a_row_that_moved_to_another_page_is_given_once(
    client: FlowClient, server: ScriptedServer
) -> None:
    server.play(page(1, 2), page(2, 3), page(4))
    assert [row.job_id for row in client.job.iterate(page_size=2)] == ["1", "2", "3", "4"]


def test_tasks_too(client: FlowClient, server: ScriptedServer) -> None:
    task = {"job_id": "1", "component_name": "c", "role": "guest", "party_id": "1", "status": "x"}
    tasks = [task | {"task_id": f"1_c{n}"} for n in range(3)]
    server.play(
        Answer.of({"retcode": 0, "data": {"tasks": tasks[:2], "count": 3}}),
        Answer.of({"retcode": 0, "data": {"tasks": tasks[2:], "count": 3}}),
    )
    assert len(list(client.task.iterate(page_size=2))) == 3


def test_servers_without_pages_are_not_asked(server: ScriptedServer) -> None:
    client = FlowClient(port=server.port, trust_env=False, server_release="1.7.0")
    with pytest.raises(UnsupportedByServerError, match=r"from release 1\.7\.1 on"):
        next(client.job.iterate())
    assert server.connections == 0
