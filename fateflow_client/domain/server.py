"""The server itself: request and result of ``version/get``."""

from __future__ import annotations

from typing import Any

from fateflow_client.domain._base import MappingResult, Request, Returns
from fateflow_client.types import Name


class Versions(MappingResult[str | None]):
    """Releases by module; None for a module that the server does not know."""


class VersionsRequest(Request, Returns[Versions]):
    """Ask for the releases of every module."""


class Resources(MappingResult[Any]):
    """The server's computing resources, and the jobs that use them."""


class ResourceQuery(Request, Returns[Resources]):
    """Ask for the server's computing resources."""


class VersionRequest(Request, Returns[Versions]):
    """Ask for the release of a module."""

    module: Name = "FATE"
    """``FATE``, ``FATEFlow``, ``FATEBoard`` ..."""
