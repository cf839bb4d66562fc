"""How large a download may grow. A setting of the client, and so below everything that loads."""

from __future__ import annotations

from dataclasses import dataclass, fields

from fateflow_client.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """How large a download may grow before SizeLimitError ends it. Wrong values: ConfigError.

    Attributes:
        members: Files and folders in an archive.
        size: Bytes: of what arrives, and of all that it inflates to.
        ratio: Inflated bytes for each byte that arrived ...
        ratio_from: ... looked at only above this many inflated bytes.
    """

    members: int = 100_000
    size: int = 50 * 2**30
    ratio: int = 200
    ratio_from: int = 100 * 2**20

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            least = 0 if field.name == "ratio_from" else 1
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(
                    f"{field.name} of DownloadLimits is a whole number, {least} or more"
                )


DEFAULT_LIMITS = DownloadLimits()
RAISE_THEM = "If it is meant to be so large, raise download_limits."
"""The hint of every SizeLimitError of a download."""
