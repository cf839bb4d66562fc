"""What the releases of FATE Flow 1.x differ in, as far as a request depends on it: one table.

Differences of *answers* are not here: an answer's own shape tells (bare lists or lists with a
count, rows with and without ``f_``, three ways to say "not found"), and the results and the
endpoints' meanings read all of them. A release is asked for only where a row below applies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from fateflow_client.errors import ConfigError, UnsupportedByServerError, Where


class Release(NamedTuple):
    """A release of FATE, which orders as releases do."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        line = f"{self.major}.{self.minor}"
        return line if self.patch == NEWEST_PATCH else f"{line}.{self.patch}"


NEWEST_PATCH = 999
"""The patch level of a release that was named without one."""


def parse_release(text: str) -> Release | None:
    """Read ``1.11.3``, ``1.9.0-release`` ...; without a patch level, the newest of that line."""
    match = re.match(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?![\d])", text.strip())
    if match is None:
        return None
    major, minor, patch = match.groups()
    return Release(int(major), int(minor), NEWEST_PATCH if patch is None else int(patch))


def set_by_hand(text: str) -> Release:
    """Read a release that a caller set; raises ConfigError if it is none, or two."""
    release = parse_release(text)
    if release is None or release.major != 1 or not 5 <= release.minor <= 11:
        raise ConfigError("server_release is 1.5 to 1.11, such as '1.11' or '1.7.2'")
    if release == (1, 7, NEWEST_PATCH):
        raise ConfigError("server_release 1.7 is two: say 1.7.0, or 1.7.1 or later")
    return release


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that some releases cannot do. ``applies`` says whether a request asks for it."""

    what: str
    """In words, for the error."""
    applies: Callable[[Any, dict[str, Any]], bool]
    """Takes the request and the members of its documents, all together."""
    since: Release | None = None
    """The first release that can."""
    until: Release | None = None
    """The last release that can."""

    def check(self, release: Release, where: Where) -> None:
        """Raise UnsupportedByServerError if ``release`` cannot."""
        if self.since is not None and release < self.since:
            can = f"from release {self.since} on"
        elif self.until is not None and release > self.until:
            can = f"up to release {self.until}"
        else:
            return
        raise UnsupportedByServerError(
            f"{self.what} works {can}; the server is {release}. Nothing was sent",
            status=0,
            retcode=0,
            retmsg="",
            where=where,
        )


def _given(name: str) -> Callable[[Any, dict[str, Any]], bool]:
    return lambda request, _: getattr(request, name) is not None


METRIC_DATE = Capability(
    "component.metric_delete(date=...), which later servers ignore or answer with an error,",
    _given("date"),
    until=Release(1, 7, 0),
)
DELIMITER = Capability(
    "data.upload with an id_delimiter other than a comma, which earlier servers ignore,",
    lambda _, conf: conf.get("id_delimiter", ",") != ",",
    since=Release(1, 9, 1),
)
UPLOAD_META = Capability(
    "data.upload with a schema or meta, which earlier servers ignore,",
    lambda _, conf: any(conf.get(name) for name in ("schema", "meta", "with_meta")),
    since=Release(1, 9, 0),
)
FORCE_UPDATE = Capability(
    "model.import_model with force_update, which earlier servers ignore,",
    lambda _, conf: str(conf.get("force_update", 0)) in ("1", "True"),
    since=Release(1, 9, 0),
)
CHECKPOINTS = Capability(
    "model.deploy with components_checkpoint",
    _given("components_checkpoint"),
    since=Release(1, 7, 0),
)
ANY_VERSION = Capability(
    "model.get_model_info without model_version",
    lambda request, _: request.model_version is None,
    since=Release(1, 9, 0),
)
FILTERS = Capability(
    "model.get_model_info with other columns to filter by, which earlier servers ignore,",
    lambda request, _: bool(request.filters),
    since=Release(1, 9, 0),
)
QUERY_LISTS = Capability(
    "job.query with create_time or several statuses",
    lambda request, _: request.create_time is not None or isinstance(request.status, tuple),
    since=Release(1, 7, 0),
)
PAGES = Capability(
    "paging, ordering and filtering of lists, which earlier servers ignore,",
    lambda request, _: bool(request.model_dump(exclude={"limit"}, exclude_none=True)),
    since=Release(1, 7, 1),
)


R170, R171, R111 = Release(1, 7, 0), Release(1, 7, 1), Release(1, 11, 0)
"""First releases of whole calls, for endpoints; told by the answer, not asked for."""


@dataclass(frozen=True, slots=True)
class OldRoute:
    """The verb and route that a call had up to some release."""

    until: Release
    method: str
    route: str


JOB_LOG_1_6 = OldRoute(Release(1, 6, NEWEST_PATCH), "GET", "job/log")
"""The later route does not exist there, and this one not later."""
