"""The server itself."""

from __future__ import annotations

from fateflow_client._core.endpoint import PROBE, Endpoint
from fateflow_client.domain.server import VersionRequest, Versions
from fateflow_client.groups._base import Group

VERSION = Endpoint("version/get", VersionRequest, Versions, times=PROBE)


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
