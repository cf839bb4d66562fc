"""FlowClient: a FATE Flow server, as an object with groups of calls."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fateflow_client._core.clock import Clock, SystemClock
from fateflow_client.config import DEFAULT_PORT, ClientConfig, ClientOptions, Secret
from fateflow_client.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Literal, Self, Unpack

    from fateflow_client._core.caller import Caller
    from fateflow_client._core.endpoint import Progress
    from fateflow_client.domain._base import Envelope, Request, Returns
    from fateflow_client.errors import AmbiguousOutcomeError
    from fateflow_client.groups.checkpoint import CheckpointGroup
    from fateflow_client.groups.component import ComponentGroup
    from fateflow_client.groups.data import DataGroup
    from fateflow_client.groups.job import JobGroup
    from fateflow_client.groups.model import ModelGroup
    from fateflow_client.groups.queue import QueueGroup
    from fateflow_client.groups.server import ServerGroup
    from fateflow_client.groups.table import TableGroup
    from fateflow_client.groups.tag import TagGroup
    from fateflow_client.groups.task import TaskGroup
    from fateflow_client.types import Exist

R = TypeVar("R")


def _restore(
    cls: type[FlowClient], config: ClientConfig, app_key: str | None, clock: Clock
) -> FlowClient:
    """Make a client from a pickle: the secret key comes from this process's own environment."""
    if app_key is not None:
        secret = os.environ.get("FATEFLOW_SECRET_KEY")
        if not secret:
            raise ConfigError(
                "the secret key of a pickled client stays where it was",
                hint="Set FATEFLOW_SECRET_KEY where the client is unpickled.",
            )
        config = replace(config, app_key=app_key, secret_key=Secret(secret))
    return cls.from_config(config, clock=clock)


class FlowClient:
    """A client of one FATE Flow 1.x server.

    Making one does no I/O beyond looking whether named certificate files exist; groups, pydantic
    and requests are loaded by the first call. Safe to share between threads. Use it in a ``with``
    or call ``close()`` to close its connections.

    Args:
        ip: Host name or address.
        port: FATE Flow's HTTP port, by default 9380 (FATEBoard has 8080).
        version: The API version in the path; ``v1``.
        app_key: Whom the server knows this client as, if it wants signatures.
        secret_key: The key that signs.
        clock: Time; another one makes waiting and retrying testable.
        **options: See ClientConfig.

    Raises:
        ConfigError: A setting is wrong.
    """

    def __init__(
        self,
        ip: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        version: str = "v1",
        app_key: str | None = None,
        secret_key: str | None = None,
        *,
        clock: Clock | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        host = f"[{ip}]" if ":" in ip and not ip.startswith("[") else ip
        config = ClientConfig.build(f"http://{host}:{port}", version, app_key, secret_key, options)
        self._set_up(config, clock)

    def _set_up(self, config: ClientConfig, clock: Clock | None) -> None:
        self._config = config
        self._clock: Clock = clock or SystemClock()
        self._callers: dict[int, Caller] = {}

    @classmethod
    def from_config(cls, config: ClientConfig, *, clock: Clock | None = None) -> Self:
        """Make a client from settings."""
        client = cls.__new__(cls)
        client._set_up(config, clock)
        return client

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        app_key: str | None = None,
        secret_key: str | None = None,
        clock: Clock | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Make a client from a URL such as ``https://flow.example.org/fate``."""
        config = ClientConfig.build(url, app_key=app_key, secret_key=secret_key, options=options)
        return cls.from_config(config, clock=clock)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, clock: Clock | None = None
    ) -> Self:
        """Make a client from ``FATEFLOW_URL`` and the others that ClientConfig.from_env names."""
        return cls.from_config(ClientConfig.from_env(environ), clock=clock)

    @property
    def config(self) -> ClientConfig:
        """The settings."""
        return self._config

    @property
    def clock(self) -> Clock:
        """Time, as this client sees it."""
        return self._clock

    @property
    def _caller(self) -> Caller:
        """The connections of this process: a forked child must not share its parent's."""
        caller = self._callers.get(os.getpid())
        if caller is None:
            from fateflow_client._core.caller import Caller

            # setdefault: of two threads that come first together, both get the same.
            caller = self._callers.setdefault(os.getpid(), Caller(self._config, self._clock))
        return caller

    @cached_property
    def job(self) -> JobGroup:
        """Jobs: submit, wait, watch, stop, and their logs."""
        from fateflow_client.groups.job import JobGroup

        return JobGroup(self)

    @cached_property
    def component(self) -> ComponentGroup:
        """What a job's components left behind."""
        from fateflow_client.groups.component import ComponentGroup

        return ComponentGroup(self)

    @cached_property
    def data(self) -> DataGroup:
        """Tables coming in."""
        from fateflow_client.groups.data import DataGroup

        return DataGroup(self)

    @cached_property
    def task(self) -> TaskGroup:
        """The runs of components."""
        from fateflow_client.groups.task import TaskGroup

        return TaskGroup(self)

    @cached_property
    def table(self) -> TableGroup:
        """Tables of the server."""
        from fateflow_client.groups.table import TableGroup

        return TableGroup(self)

    @cached_property
    def queue(self) -> QueueGroup:
        """Jobs that wait for their turn."""
        from fateflow_client.groups.queue import QueueGroup

        return QueueGroup(self)

    @cached_property
    def model(self) -> ModelGroup:
        """What jobs trained."""
        from fateflow_client.groups.model import ModelGroup

        return ModelGroup(self)

    @cached_property
    def tag(self) -> TagGroup:
        """Tags of models."""
        from fateflow_client.groups.tag import TagGroup

        return TagGroup(self)

    @cached_property
    def checkpoint(self) -> CheckpointGroup:
        """Checkpoints of models in training."""
        from fateflow_client.groups.checkpoint import CheckpointGroup

        return CheckpointGroup(self)

    @cached_property
    def server(self) -> ServerGroup:
        """The server itself."""
        from fateflow_client.groups.server import ServerGroup

        return ServerGroup(self)

    def send(
        self,
        request: Returns[R],
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        exist: Exist = "replace",
        progress: Progress | None = None,
        idempotency_key: str | None = None,
        lookback: float = 86_400.0,
        marker: bool = True,
        validate: bool = True,
    ) -> R:
        """Send a request and give its result; every method of a group is a short form of this.

        Args:
            request: Such as ``JobQuery(job_id=...)``; it was checked when it was built.
            timeout: Seconds to wait for the next byte; None: the endpoint's own.
            deadline: Seconds for the whole call, retries included; None: the endpoint's own.
            exist: What a download does where its target exists.
            progress: Told of a transfer's bytes.
            idempotency_key: Names a submit; see ``job.submit``, the only call that takes it.
            lookback: Seconds for which the name holds.
            marker: False sends a submit without marker.
            validate: False sends confs of a submit or upload that certainly fail.

        Raises:
            FlowError: See fateflow_client.errors.
        """
        from fateflow_client._core.endpoint import CallOptions

        options = CallOptions(
            timeout, deadline, exist, progress, idempotency_key, lookback, marker, validate
        )
        return cast("R", self._caller.send(cast("Request", request), options))

    def raw(
        self,
        route: str,
        body: Mapping[str, Any] | None = None,
        *,
        method: Literal["POST", "GET"] = "POST",
        repeat: bool = False,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Envelope:
        """Call a route that has no method here, such as ``server/service/get``.

        Args:
            route: The path after the API version.
            body: The JSON object to send; None sends ``{}``.
            method: POST, or GET with a body for the few routes that want it.
            repeat: True if it may be done twice, so that a lost answer may be retried.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            ApiError: The server refused.
            AmbiguousOutcomeError: The answer was lost and ``repeat`` is False.
        """
        from urllib.parse import quote

        from fateflow_client._core.codec import dump_json
        from fateflow_client._core.endpoint import CallOptions, Repeat, Wire
        from fateflow_client.errors import InputFileError

        try:
            content = dump_json(dict(body or {}))
        except (TypeError, ValueError) as error:
            raise InputFileError(f"body is no JSON object: {error}", source="body") from None
        path = f"/{self._config.version}/{quote(route.strip('/'), safe='/')}"
        wire = Wire(method, path, body=content)
        kind = Repeat.SAFE if repeat else Repeat.NEVER
        return self._caller.raw(wire, kind, CallOptions(timeout, deadline))

    def reconcile(self, error: AmbiguousOutcomeError) -> Any:
        """Look again what became of a call: ``error.reconcile()`` for an error from elsewhere.

        Args:
            error: As it was raised, in this process or another one; the server must be the same.

        Returns:
            What the call would have returned, if it was done.

        Raises:
            SubmitRejectedError: The server refused the job.
            AmbiguousOutcomeError: It is still not known.
        """
        return self._caller.reconcile(error)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings, without connections and without the secret key."""
        config = self._config
        return _restore, (
            type(self),
            replace(config, app_key=None, secret_key=None),
            config.app_key,
            self._clock,
        )

    def close(self) -> None:
        """Close the connections. The client can be used again; it then opens new ones."""
        caller = self._callers.pop(os.getpid(), None)
        if caller is not None:
            caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        signed = ", signed" if self._config.signs else ""
        return f"<FlowClient {self._config.base_url}/{self._config.version}{signed}>"
