"""The table of releases says what the code knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from fateflow_client import FlowClient, groups
from fateflow_client._core import releases
from fateflow_client._core.endpoint import Endpoint
from fateflow_client._core.releases import NEWEST_PATCH, Capability, OldRoute, Release

TEXT = (Path(__file__).parents[2] / "docs" / "releases.md").read_text("utf-8")
COLUMNS = {
    "1.5": (Release(1, 5, 0), Release(1, 5, NEWEST_PATCH)),
    "1.6": (Release(1, 6, 0), Release(1, 6, NEWEST_PATCH)),
    "1.7.0": (Release(1, 7, 0), Release(1, 7, 0)),
    "1.7.1": (Release(1, 7, 1), Release(1, 7, NEWEST_PATCH)),
    "1.8": (Release(1, 8, 0), Release(1, 8, NEWEST_PATCH)),
    "1.9": (Release(1, 9, 0), Release(1, 9, NEWEST_PATCH)),
    "1.10": (Release(1, 10, 0), Release(1, 10, NEWEST_PATCH)),
    "1.11": (Release(1, 11, 0), Release(1, 11, NEWEST_PATCH)),
}
ROWS = {
    # Capabilities, and the rows that tell of them: one for every endpoint that needs it.
    "METRIC_DATE": ("`component.metric_delete(date=...)`",),
    "DELIMITER": ("`data.upload` with an `id_delimiter` other than a comma",),
    "UPLOAD_META": ("`data.upload` with `schema`, `meta` or `with_meta`",),
    "FORCE_UPDATE": ("`model.import_model` with `force_update`",),
    "CHECKPOINTS": ("`model.deploy(components_checkpoint=...)`",),
    "ANY_VERSION": ("`model.get_model_info` without `model_version`",),
    "FILTERS": ("`model.get_model_info(column=value)`",),
    "QUERY_LISTS": ("`job.query(create_time=...)`, or several statuses",),
    "PAGES": (
        "`job.iterate`, `job.list` with more than a limit",
        "`task.iterate`, `task.list` with more than a limit",
    ),
}
OLD_ROUTES = {"job/log/download": "`job.log`"}


def _table() -> dict[str, dict[str, str]]:
    lines = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| ")]
    head = next(cells for cells in lines if cells[0].strip() == "call")
    names = [cell.strip() for cell in head[1:]]
    rows = (cells for cells in lines if len(cells) == len(head) and cells is not head)
    return {
        cells[0].strip(): dict(zip(names, (c.strip() for c in cells[1:]), strict=True))
        for cells in rows
    }


TABLE = _table()


def _cells(since: Release | None, until: Release | None) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, (first, last) in COLUMNS.items():
        fits = [
            (since is None or release >= since) and (until is None or release <= until)
            for release in (first, last)
        ]
        cells[name] = "yes" if all(fits) else "no" if not any(fits) else str(since or until)
    return cells


CAPABILITIES = {n: value for n, value in vars(releases).items() if isinstance(value, Capability)}


def _endpoints() -> Iterator[tuple[str, Endpoint[Any, Any]]]:
    for found in iter_modules(groups.__path__):
        for value in vars(import_module(f"{groups.__name__}.{found.name}")).values():
            if isinstance(value, Endpoint):
                yield found.name, value


ENDPOINTS = list(_endpoints())
NAMES = {
    # Calls that have a first release, by route: what they are called.
    "job/parameter/update": "job.parameter_update",
    "job/log/path": "job.log_path",
    "model/query/detail": "model.query_detail",
    "table/download": "table.download",
    "table/preview": "table.preview",
    "checkpoint/list": "checkpoint.list",
    "checkpoint/get": "checkpoint.get",
    "server/version/get": "server.versions",
    "resource/query": "server.resources",
}


WORKS_BEFORE = {
    # Routes that answered before the release that their endpoint names.
    "table/list": "recordings-1.5.3/361 and recordings-1.6.1/361 are a success with its data",
    "job/rerun": "by source of 1.5; rows of 1.5.3 have f_rerun_signal",
}
UNTRIED = {"resource/query": "by source there before 1.7, in no recording"}


@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_every_capability_has_its_rows(name: str) -> None:
    capability = CAPABILITIES[name]
    needing = [group for group, endpoint in ENDPOINTS if capability in endpoint.needs]
    assert name in ROWS, f"docs/releases.md has no row for {name}: {capability.what}"
    assert len(ROWS[name]) == len(needing) > 0
    for row, group in zip(ROWS[name], needing, strict=True):
        assert row.startswith(f"`{group}."), row
        assert TABLE[row] == _cells(capability.since, capability.until)


def test_every_first_release_of_a_call_has_its_row() -> None:
    since = {endpoint.route: endpoint.since for _, endpoint in ENDPOINTS if endpoint.since}
    assert set(since) - set(WORKS_BEFORE) == set(NAMES)
    for route, call in NAMES.items():
        cells = _cells(since[route], None)
        if route in UNTRIED:
            cells = {name: "untried" if cell == "no" else cell for name, cell in cells.items()}
        assert TABLE[f"`{call}`"] == cells, call


def test_the_table_has_no_other_rows() -> None:
    known = {row for rows in ROWS.values() for row in rows}
    assert set(TABLE) == known | {f"`{call}`" for call in NAMES.values()}


def test_the_calls_of_the_table_exist() -> None:
    client = FlowClient()
    for call in re.findall(r"`(\w+)\.(\w+)", " ".join(TABLE)):
        assert callable(getattr(getattr(client, call[0]), call[1])), call


def test_every_old_route_is_told() -> None:
    olds = {e.route: e.old_route for _, e in ENDPOINTS if isinstance(e.old_route, OldRoute)}
    assert set(olds) == set(OLD_ROUTES)
    for route, old in olds.items():
        assert f"`{old.method} {old.route}` up to {old.until.major}.{old.until.minor}" in TEXT
        assert f"`POST {route}`" in TEXT
        assert OLD_ROUTES[route] in TEXT
