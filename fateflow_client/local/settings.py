"""What a server is started with, checked before anything is opened."""

import ipaddress
from dataclasses import dataclass, field

from fateflow_client.local.clock import Clock, SystemClock
from fateflow_client.local.release import NEWEST, Release

MEBIBYTE = 1024 * 1024


def is_loopback(host: str) -> bool:
    """Whether a bind address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Settings:
    """Address, keys and limits of one server.

    Args:
        host: The address to bind; anything but loopback is refused without both keys.
        port: The port to bind; 0 takes a free one.
        app_key: With ``secret_key``: every request must be signed.
        secret_key: See ``app_key``.
        max_running_jobs: How many jobs run at a time; the others wait.
        max_upload_bytes: The largest upload request.
        max_json_bytes: The largest JSON body.
        clock: Where the time comes from.
        release: Which FATE Flow the server behaves like.
    """

    host: str = "127.0.0.1"
    port: int = 0
    app_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    max_running_jobs: int = 2
    max_upload_bytes: int = 1024 * MEBIBYTE
    max_json_bytes: int = 16 * MEBIBYTE
    clock: Clock = field(default_factory=SystemClock)
    release: Release = NEWEST

    def __post_init__(self) -> None:
        if bool(self.app_key) != bool(self.secret_key):
            message = "app_key and secret_key go together: give both or neither"
            raise ValueError(message)
        if self.signed and self.release.authentication == "none":
            message = (
                f"release {self.release.name} checks no signatures: "
                "app_key and secret_key cannot protect it"
            )
            raise ValueError(message)
        if not is_loopback(self.host) and not self.signed:
            message = (
                f"refusing to listen on {self.host!r}: only loopback addresses are allowed "
                "without app_key and secret_key"
            )
            raise ValueError(message)
        if self.max_running_jobs < 1:
            message = "max_running_jobs must be at least 1"
            raise ValueError(message)

    @property
    def signed(self) -> bool:
        """Whether requests must carry a signature."""
        return bool(self.app_key and self.secret_key)
