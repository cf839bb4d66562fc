"""The client's settings: where the server is, who is calling, and how patient to be.

A plain dataclass and not a pydantic model, because it is built at import time of many programs:
pydantic is loaded by the first call instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client._core.releases import set_by_hand
from fateflow_client.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from fateflow_client.events import RetryEvent

DEFAULT_PORT = 9380
MASK = "**********"


class Secret:
    """A string that no repr, log or traceback shows. Read it with ``get_secret_value()``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise ConfigError("a secret is not pickled; give it to the other process in its own way")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call that may be repeated is repeated, and how long to wait in between.

    Attributes:
        attempts: Tries in all, the first one included.
        base: Seconds; the wait before try n+1 is random between 0 and ``base * 2**n`` ...
        cap: ... but never more than this many seconds, unless the server asks for longer.
        settle: Seconds to look for what a call has done whose answer was lost and that must not be
            repeated; on top of the call's deadline. 0 looks once.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 20.0
    settle: float = 120.0

    def __post_init__(self) -> None:
        # Written so that nan fails too.
        if not (self.attempts >= 1 and self.base >= 0 and self.cap >= 0 and self.settle >= 0):
            raise ConfigError("RetryPolicy needs attempts >= 1, base, cap and settle >= 0")


class ClientOptions(TypedDict, total=False):
    """The keyword settings that every way of making a client takes. See ClientConfig."""

    ca: str | os.PathLike[str] | None
    cert: str | os.PathLike[str] | None
    cert_key: str | os.PathLike[str] | None
    verify: bool
    proxies: Mapping[str, str] | None
    trust_env: bool
    user_agent: str
    connect_timeout: float | None
    read_timeout: float | None
    deadline: float | None
    retry: RetryPolicy
    on_retry: Callable[[RetryEvent], object] | None
    max_reply_bytes: int
    download_limits: DownloadLimits
    server_release: str | None


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Everything a client needs to know before its first call. Wrong values raise ConfigError.

    Attributes:
        base_url: ``http(s)://host[:port][/prefix]``; a prefix is for a proxy that strips it again.
        version: The API version in the path; FATE Flow 1.x has only ``v1``.
        app_key: Whom the server knows this client as; ASCII. Signing needs both keys.
        secret_key: The key that signs; ASCII, never shown.
        ca: A PEM file or folder of certificate authorities to trust instead of the usual ones.
        cert: The client's own certificate, PEM.
        cert_key: Its private key, if it is not in the same file.
        verify: False accepts any certificate. Never taken from the environment.
        proxies: Proxy URL by scheme, as requests takes them; None: as the environment says.
        trust_env: False ignores ``HTTP_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and the like.
            They are read once, at the first call. ``.netrc`` is never read.
        user_agent: Put before the library's own, as in ``my-pipeline/2``.
        connect_timeout: Seconds to wait for a connection; None: each endpoint's own (5).
        read_timeout: Seconds to wait for the next byte; None: each endpoint's own.
        deadline: Seconds that a whole call may take, retries included; None: each endpoint's own.
        retry: How often to repeat what may be repeated.
        on_retry: Told of every attempt that failed and is repeated; may be called from several
            threads. What it raises is logged and otherwise ignored.
        max_reply_bytes: The largest JSON answer that is read.
        download_limits: How much a download may hold: files, bytes, and their growth.
        server_release: FATE's release, such as ``1.11`` or ``1.7.2``; None: asked for once, by the
            first call that depends on it.
    """

    base_url: str = f"http://127.0.0.1:{DEFAULT_PORT}"
    version: str = "v1"
    app_key: str | None = None
    secret_key: Secret | None = None
    ca: Path | None = None
    cert: Path | None = None
    cert_key: Path | None = None
    verify: bool = True
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    trust_env: bool = True
    user_agent: str = ""
    connect_timeout: float | None = None
    read_timeout: float | None = None
    deadline: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    on_retry: Callable[[RetryEvent], object] | None = field(default=None, repr=False)
    max_reply_bytes: int = 64 * 2**20
    download_limits: DownloadLimits = DEFAULT_LIMITS
    server_release: str | None = None
    scheme: str = field(init=False, repr=False, default="http")
    host: str = field(init=False, repr=False, default="")
    port: int = field(init=False, repr=False, default=0)
    prefix: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        self._split_url()
        self._check_keys()
        if not self.version.isalnum():
            raise ConfigError("version is a word such as 'v1'")
        for name in ("connect_timeout", "read_timeout", "deadline"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"{name} is a number of seconds above 0")
        if self.server_release is not None:
            set_by_hand(self.server_release)
        if self.max_reply_bytes < 1024:
            raise ConfigError("max_reply_bytes is at least 1024")
        if not (self.user_agent.isascii() and self.user_agent.isprintable()):
            raise ConfigError("user_agent must be printable ASCII")
        for name in ("ca", "cert", "cert_key"):
            path = getattr(self, name)
            if path is not None:
                object.__setattr__(self, name, Path(path))
                if not Path(path).exists():
                    raise ConfigError(f"{name}: there is no such file")
        if self.cert_key and not self.cert:
            raise ConfigError("cert_key needs cert")
        if self.ca and not self.verify:
            raise ConfigError("ca and verify=False contradict each other")

    def _split_url(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            port = parts.port
        except ValueError:
            raise ConfigError("the server's URL cannot be read: is the port a number?") from None
        if parts.scheme not in ("http", "https"):
            raise ConfigError("the server's URL starts with http:// or https://")
        if not parts.hostname or any(c.isspace() or not c.isprintable() for c in self.base_url):
            raise ConfigError("the server's URL needs a host, as in http://127.0.0.1:9380")
        if parts.username is not None or parts.password is not None:
            raise ConfigError("the server's URL must not hold a user name or password")
        if parts.query or parts.fragment:
            raise ConfigError("the server's URL must not have a query or fragment")
        if port == 0:
            raise ConfigError("a port is 1 to 65535")
        prefix = parts.path.rstrip("/")
        if prefix.endswith("/" + self.version):
            raise ConfigError(f"give the server's URL without /{self.version}: it is added")
        default = 443 if parts.scheme == "https" else 80
        object.__setattr__(self, "scheme", parts.scheme)
        object.__setattr__(self, "host", parts.hostname)
        object.__setattr__(self, "port", port or default)
        object.__setattr__(self, "prefix", prefix)

    def _check_keys(self) -> None:
        secret = self.secret_key
        if isinstance(secret, str):
            object.__setattr__(self, "secret_key", Secret(secret) if secret else None)
        app_key = self.app_key or None
        object.__setattr__(self, "app_key", app_key)
        if bool(app_key) != bool(self.secret_key):
            raise ConfigError("app_key and secret_key come together: one of them is missing")
        if self.secret_key and app_key:
            both = app_key + self.secret_key.get_secret_value()
            if not (both.isascii() and both.isprintable()):
                raise ConfigError("app_key and secret_key must be printable ASCII")

    @property
    def signs(self) -> bool:
        """Whether requests are signed."""
        return self.app_key is not None

    @classmethod
    def build(
        cls,
        base_url: str,
        version: str = "v1",
        app_key: str | None = None,
        secret_key: str | Secret | None = None,
        options: ClientOptions | None = None,
    ) -> Self:
        """Make a config from what a person types: strings for paths and secrets."""
        secret = Secret(secret_key) if isinstance(secret_key, str) and secret_key else secret_key
        config = cls(base_url=base_url, version=version, app_key=app_key, secret_key=secret or None)
        try:
            return replace(config, **(options or {}))  # type: ignore[arg-type]  # paths: __post_init__ turns strings into Path
        except TypeError as error:
            raise ConfigError(f"unknown setting: {error}") from None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read ``FATEFLOW_URL``, ``_APP_KEY``, ``_SECRET_KEY``, ``_CA``, ``_CERT``, ``_CERT_KEY``.

        Also ``FATEFLOW_SERVER_RELEASE`` and ``FATEFLOW_DEADLINE`` (seconds). An empty variable
        counts as absent.
        """
        env = os.environ if environ is None else environ

        def get(name: str) -> str | None:
            return env.get(f"FATEFLOW_{name}") or None

        options: ClientOptions = {}
        if ca := get("CA"):
            options["ca"] = ca
        if cert := get("CERT"):
            options["cert"] = cert
        if cert_key := get("CERT_KEY"):
            options["cert_key"] = cert_key
        if release := get("SERVER_RELEASE"):
            options["server_release"] = release
        if deadline := get("DEADLINE"):
            try:
                options["deadline"] = float(deadline)
            except ValueError:
                raise ConfigError("FATEFLOW_DEADLINE is a number of seconds") from None
        return cls.build(
            get("URL") or f"http://127.0.0.1:{DEFAULT_PORT}",
            app_key=get("APP_KEY"),
            secret_key=get("SECRET_KEY"),
            options=options,
        )
