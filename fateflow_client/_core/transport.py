"""The network: ONE attempt at a time. The only module that imports requests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any

import requests
from requests import exceptions as rexc
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as uexc

from fateflow_client._core.breakage import BodySourceError, innermost, read_breakage
from fateflow_client._core.clock import Clock
from fateflow_client._core.endpoint import Readable, Wire
from fateflow_client._core.envelope import Reply
from fateflow_client._core.log import log
from fateflow_client._core.patience import POOLS, Patience, is_overdue
from fateflow_client.config import ClientConfig
from fateflow_client.errors import (
    CallTimeoutError,
    ConfigError,
    Phase,
    SizeLimitError,
    TransportError,
    Where,
)

BLOCK = 256 * 1024
POOL = 32

logger = log("transport")


class _Adapter(HTTPAdapter):
    """requests' adapter, with connections that watch the time and blocks of 256 KiB, not 16."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=BLOCK, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, blocksize=BLOCK, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def close(self) -> None:
        # urllib3 closes a pool when it is collected, which a traceback of a caller's may put off.
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - this mapping cannot be iterated over
                manager.pools[key].close()
        super().close()


class CountingBody:
    """A body that counts what was handed over: the one fact that tells whether to send again."""

    def __init__(self, source: Readable, length: int, patience: Patience) -> None:
        self._source = source
        self._length = length
        self.patience = patience
        """How long to wait; the connection looks for it here."""
        self.count = 0

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, never more than the length that was announced."""
        left = self._length - self.count
        try:
            data = self._source.read(left if size < 0 else min(size, left)) if left else b""
        except OSError as error:
            # Not an OSError any more, or urllib3 would take it for the network's.
            raise BodySourceError(error.strerror or type(error).__name__) from None
        if left and not data:
            raise BodySourceError("it became shorter while it was sent")
        self.count += len(data)
        return data


class Answer:
    """An answer whose head has arrived and whose body is still on its way."""

    def __init__(self, response: requests.Response, where: Where, patience: Patience) -> None:
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        length = self.headers.get("content-length", "")
        encoded = self.headers.get("content-encoding", "identity") != "identity"
        self.length = int(length) if length.isdigit() and not encoded else None
        self._raw = response.raw
        self._read = getattr(self._raw, "read1", self._raw.read)
        self._where = where
        self._patience = patience

    def read(self, size: int = BLOCK, /) -> bytes:
        """The next bytes, b"" at the end; raises TransportError where it breaks off."""
        try:
            self._patience.left()
            data: bytes = self._read(size, decode_content=True)
        except (uexc.ReadTimeoutError, TimeoutError) as error:
            late = is_overdue(error)
            raise CallTimeoutError(
                "the deadline of the call passed while the answer was arriving"
                if late
                else "the server stopped sending in the middle of its answer",
                phase=Phase.REPLYING,
                where=self._where,
            ) from None
        except (uexc.HTTPError, OSError, ValueError) as error:
            raise TransportError(
                f"the answer broke off: {innermost(error)}", phase=Phase.REPLYING, where=self._where
            ) from None
        return data

    @property
    def is_file(self) -> bool:
        """Whether a file comes, and not an error: by status and type, for 200 may be either."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return self.status == 200 and kind not in ("application/json", "text/html", "text/plain")

    def whole(self, limit: int) -> Reply:
        """Read to the end, at most ``limit`` bytes."""
        parts: list[bytes] = []
        size = 0
        while data := self.read():
            size += len(data)
            if size > limit:
                raise SizeLimitError(
                    f"the answer is larger than {limit} bytes",
                    where=self._where,
                    hint="Ask for less with limit=, or raise max_reply_bytes.",
                )
            parts.append(data)
        return Reply(self.status, b"".join(parts), self.headers)


class Transport:
    """Connections to one server: pooled, without redirects, cookies, netrc or retries."""

    def __init__(self, config: ClientConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.trust_env = False
        adapter = _Adapter(pool_connections=4, pool_maxsize=POOL, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        host = f"[{config.host}]" if ":" in config.host else config.host
        self._root = f"{config.scheme}://{host}:{config.port}{config.prefix}"
        self._settings = self._environment()
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}

    def _environment(self) -> dict[str, Any]:
        """Resolve proxies, CA and certificates once: requests would do it for every call."""
        config = self._config
        cert: str | tuple[str, str] | None = str(config.cert) if config.cert else None
        if config.cert and config.cert_key:
            cert = (str(config.cert), str(config.cert_key))
        verify = str(config.ca) if config.ca else config.verify
        with requests.Session() as session:
            session.trust_env = config.trust_env
            settings = session.merge_environment_settings(
                self._root, dict(config.proxies or {}), None, verify, cert
            )
        if not config.verify:
            settings["verify"] = False
            logger.warning("certificates of %s are not checked (verify=False)", config.host)
        if config.signs and config.scheme == "http" and not _is_loopback(config.host):
            logger.warning(
                "requests to %s are signed but not encrypted: whoever can read them sees what they "
                "hold (https:// is safe)",
                config.host,
            )
        proxies = settings["proxies"]
        if proxies.get(config.scheme) or proxies.get("all"):
            logger.info("%s is reached through a proxy", config.host)
        return {name: settings[name] for name in ("proxies", "verify", "cert")}

    def _template(self, method: str, path: str) -> requests.PreparedRequest:
        template = self._templates.get((method, path))
        if template is None:
            try:
                template = requests.Request(method, self._root + path).prepare()
            except (rexc.RequestException, ValueError) as error:
                raise ConfigError(f"the server's URL cannot be used: {error}") from None
            template.headers["User-Agent"] = self._user_agent()
            template.headers["Accept"] = "*/*"
            template.headers["Accept-Encoding"] = "identity"
            self._templates[method, path] = template
        return template

    def _user_agent(self) -> str:
        from importlib.metadata import PackageNotFoundError, version

        try:
            own = f"fateflow-client/{version('fateflow-client')}"
        except PackageNotFoundError:
            own = "fateflow-client"
        return f"{self._config.user_agent} {own}".strip()

    @contextmanager
    def send(
        self,
        wire: Wire,
        headers: dict[str, str],
        *,
        connect: float,
        read: float,
        until: float | None,
    ) -> Generator[Answer]:
        """Make one attempt and give its answer, whose body is read inside the ``with``.

        Args:
            wire: What to send.
            headers: The signature, if any.
            connect: Seconds for the connection.
            read: Seconds for the first byte of the answer, and at most for every further one.
            until: The deadline on the clock, or None.
        """
        where = Where(self._config.host, self._config.port, wire.path)
        request = self._template(wire.method, wire.path).copy()
        request.url = self._root + wire.target
        request.headers.update(headers)
        if isinstance(wire.body, bytes):
            request.headers["Content-Type"] = "application/json"
            length = len(wire.body)
            source: Readable = BytesIO(wire.body)
        else:
            request.headers["Content-Type"] = wire.body.content_type
            length, source = wire.body.length, wire.body.open()
        patience = Patience(self._clock, until, read)
        body = CountingBody(source, length, patience)
        request.headers["Content-Length"] = str(length)
        request.body = body
        response: requests.Response | None = None
        try:
            try:
                response = self._session.send(
                    request,
                    stream=True,
                    timeout=(connect, read),
                    allow_redirects=False,
                    **self._settings,
                )
            except Exception as error:
                raise read_breakage(error, body.count, length, where) from None
            yield Answer(response, where, patience)
        finally:
            if response is not None:
                response.close()
            source.close()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
