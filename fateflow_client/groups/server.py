"""The server itself."""

from __future__ import annotations

from fateflow_client._core.endpoint import PROBE, Endpoint
from fateflow_client._core.releases import R170
from fateflow_client.domain.server import (
    ResourceQuery,
    Resources,
    VersionRequest,
    Versions,
    VersionsRequest,
)
from fateflow_client.groups._base import Group

VERSION = Endpoint("version/get", VersionRequest, Versions, times=PROBE)

VERSIONS = Endpoint("server/version/get", VersionsRequest, Versions, since=R170)
RESOURCES = Endpoint("resource/query", ResourceQuery, Resources, since=R170)


class ServerGroup(Group):
    """``client.server``: the server itself."""

    def version(
        self,
        module: str = "FATE",
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Versions:
        """Ask for the release of a module. POST version/get.

        Args:
            module: ``FATE``, ``FATEFlow``, ``FATEBoard`` ...
            timeout: Seconds to wait for the next byte (5).
            deadline: Seconds for the whole call (10).
        """
        return self._client.send(VersionRequest(module=module), timeout=timeout, deadline=deadline)

    def versions(self, *, timeout: float | None = None, deadline: float | None = None) -> Versions:
        """Ask for the releases of every module (1.7 and later). POST server/version/get."""
        return self._client.send(VersionsRequest(), timeout=timeout, deadline=deadline)

    def resources(
        self, *, timeout: float | None = None, deadline: float | None = None
    ) -> Resources:
        """Ask for computing resources and who uses them (1.7 and later). POST resource/query."""
        return self._client.send(ResourceQuery(), timeout=timeout, deadline=deadline)
