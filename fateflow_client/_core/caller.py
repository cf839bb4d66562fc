"""One way through the house: a request becomes bytes, an answer becomes a result."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from threading import RLock
from typing import Any
from uuid import uuid4

from fateflow_client._core.asking import Asking, time_left
from fateflow_client._core.clock import Clock
from fateflow_client._core.codec import decode, encode
from fateflow_client._core.decision import Event, event_of
from fateflow_client._core.documents import load
from fateflow_client._core.endpoint import (
    CallOptions,
    Documents,
    Endpoint,
    Q,
    R,
    Repeat,
    Wire,
    endpoint_of,
)
from fateflow_client._core.envelope import Reply, read_envelope, retry_after
from fateflow_client._core.log import log
from fateflow_client._core.reconciler import Reconciler, interrupted
from fateflow_client._core.releases import Release, parse_release, set_by_hand
from fateflow_client._core.retry import Operation, Retries
from fateflow_client._core.server_time import ServerTime
from fateflow_client._core.signing import sign
from fateflow_client._core.trail import Trail
from fateflow_client._core.transport import Answer, Transport
from fateflow_client.config import ClientConfig
from fateflow_client.domain._base import Envelope, Request, Result
from fateflow_client.domain.server import VersionRequest
from fateflow_client.errors import (
    AmbiguousOutcomeError,
    ApiError,
    ConfigError,
    ProtocolError,
    Where,
    shown,
)

DEFAULT_OPTIONS = CallOptions()

logger = log("transport")


class Caller:
    """Sends requests to one server. Safe to share between threads."""

    def __init__(self, config: ClientConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._transport = Transport(config, clock)
        self._retries = Retries(config.retry, clock, config.on_retry)
        self._release_lock = RLock()
        self._release = set_by_hand(config.server_release) if config.server_release else None
        self._server_time = ServerTime()
        self._reconciler = Reconciler(self, clock, config.retry.settle, self._server_time)
        self._skew = 0.0  # what signatures add to our clock, once the server found it wrong

    def send(self, request: Request, options: CallOptions = DEFAULT_OPTIONS) -> Result:
        """Send a request of any kind and give its result."""
        endpoint: Endpoint[Request, Result] = endpoint_of(request)
        return self.call(endpoint, request, options)

    def call(self, endpoint: Endpoint[Q, R], request: Q, options: CallOptions) -> R:
        """Send a request to its endpoint."""
        if endpoint.attach is None and (options.idempotency_key or not options.marker):
            raise ConfigError(f"idempotency_key and marker are not for {endpoint.route}")
        if endpoint.check is None and not options.validate:
            raise ConfigError(f"validate is not for {endpoint.route}")
        documents = load(endpoint, request)
        if endpoint.check is not None and options.validate:
            endpoint.check(request, documents, self._release)
        if endpoint.already is not None:
            there = endpoint.already(request, documents, options)
            if there is not None:
                return there
        if endpoint.receive is not None:
            options = replace(options, limits=self._config.download_limits)
        until = self._until(endpoint, options)
        server = Asking(self, self._clock, until)
        if endpoint.prepare is not None:
            request = endpoint.prepare(request, server.send)
        endpoint = self._fit(endpoint, request, documents)
        token = _token(options)
        if endpoint.stamp is not None:
            documents = endpoint.stamp(documents, token, self._clock.time())
        wire = encode(endpoint, request, documents, options, self._config.version)
        trail: Trail | None = None
        if endpoint.trail is not None and endpoint.repeat is Repeat.NEVER:
            trail = endpoint.trail(request, documents, token, server)
        result: Any = None
        if endpoint.attach is not None and options.idempotency_key and trail is not None:
            result, trail = self._reconciler.attach(
                endpoint.attach, trail, server, options.lookback, self.where(endpoint.route)
            )
        if result is None:
            result = self._run(endpoint, request, documents, wire, options, until, trail)
        found: R = result
        if endpoint.finish is not None:
            found = endpoint.finish(found, documents, wire)
        if endpoint.write is not None:
            found = endpoint.write(found, request, options)
        return found

    def reconcile(self, unclear: AmbiguousOutcomeError) -> Any:
        """Look again for what a call has done. See AmbiguousOutcomeError.reconcile."""
        return self._reconciler.again(unclear)

    def release(self) -> Release:
        """The server's release: set by hand, or asked for once. Raises what asking raises."""
        with self._release_lock:
            if self._release is None:
                versions: Any = self.send(VersionRequest())
                text = str(versions.entries.get("FATE"))
                self._release = parse_release(text)
                if self._release is None:
                    raise ProtocolError(
                        f"the server's release cannot be read: {shown(text)}",
                        status=200,
                        where=Where(self._config.host, self._config.port, "/v1/version/get"),
                        hint="Set it by hand: FlowClient(..., server_release='1.11').",
                    )
            return self._release

    def _fit(self, endpoint: Endpoint[Q, R], request: Q, documents: Documents) -> Endpoint[Q, R]:
        """Check what the server's release can do, and take the endpoint that it has."""
        where = self.where(endpoint.route)
        conf: dict[str, Any] = {}
        for document in documents.values():
            conf |= document.value
        for capability in endpoint.needs:
            if capability.applies(request, conf):
                capability.check(self.release(), where)
        old = endpoint.old_route
        if old is not None and self.release() <= old.until:
            endpoint = replace(endpoint, method=old.method, route=old.route)
        if endpoint.safe_if is not None and endpoint.safe_if(request, documents):
            endpoint = replace(endpoint, repeat=Repeat.SAFE)
        return endpoint

    def _until(self, endpoint: Endpoint[Any, Any], options: CallOptions) -> float | None:
        total = options.deadline or self._config.deadline or endpoint.times.total
        return None if total is None else self._clock.monotonic() + total

    def now(self) -> float:
        """Seconds since the epoch by the server's clock, as far as that is known."""
        return self._clock.time() + (self._server_time.ahead() or 0.0)

    def where(self, route: str) -> Where:
        """The server and path of a route, for errors."""
        config = self._config
        return Where(config.host, config.port, f"/{config.version}/{route}")

    def raw(self, wire: Wire, repeat: Repeat, options: CallOptions) -> Envelope:
        """Send what no request describes and give the envelope; raises ApiError for a refusal."""
        endpoint = Endpoint(wire.path.split("/", 2)[2], Request, _Raw, repeat=repeat)
        until = self._until(endpoint, options)
        return self._run(endpoint, Request(), {}, wire, options, until, None).envelope

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _run(
        self,
        endpoint: Endpoint[Q, R],
        request: Q,
        documents: Documents,
        wire: Wire,
        options: CallOptions,
        until: float | None,
        trail: Trail | None,
    ) -> R:
        config, times = self._config, endpoint.times
        where = Where(config.host, config.port, wire.path)
        connect = config.connect_timeout or times.connect
        read = options.timeout or config.read_timeout or times.read

        def attempt() -> R:
            begun = self._clock.monotonic()
            left = time_left(until, begun, where)
            with self._transport.send(
                wire,
                self._signature(wire),
                connect=min(connect, left),
                read=min(read, left),
                until=until,
            ) as answer:
                if endpoint.receive is not None and answer.is_file:
                    result = endpoint.receive(request, documents, answer, options)
                else:
                    result = self._read(endpoint, answer, where)
            logger.debug(
                "%s %s: HTTP %d in %.0f ms",
                wire.method,
                where,
                answer.status,
                (self._clock.monotonic() - begun) * 1000,
            )
            return result

        operation = Operation(
            attempt,
            endpoint.route,
            where,
            endpoint.repeat,
            self._clock.monotonic(),
            self._clock.time(),
            until,
            trail,
            self.reconcile,
        )
        try:
            result = self._retries.run(operation)
        except ApiError as error:
            done = endpoint.done_if
            if not operation.may_be_done or done is None or not re.search(done, error.retmsg):
                raise
            result = endpoint.result.model_validate({"message": error.retmsg, "already": True})
        except AmbiguousOutcomeError as unclear:
            if trail is None:
                raise
            found: R = self._reconciler.recover(unclear, trail, operation.since)
            return found
        except KeyboardInterrupt as stop:
            if operation.tries and endpoint.repeat is Repeat.NEVER:
                stop.add_note(interrupted(endpoint.route, trail))
            raise
        return result.with_statistics(self._retries.statistics(operation))

    def _read(self, endpoint: Endpoint[Any, R], answer: Answer, where: Where) -> R:
        reply = answer.whole(self._config.max_reply_bytes)
        date = reply.headers.get("date", "")
        try:
            # A download that answers with JSON, whatever its status and retcode: no file came.
            read = decode if endpoint.receive is None else self._no_file
            result: R = read(endpoint, reply, where)
        except ApiError as error:
            self._server_time.saw(date, self._clock.time())
            error.retry_after = retry_after(reply, self._clock.time())
            if event_of(error) is Event.CLOCK:
                self._skew = self._server_time.ahead() or 0.0
            raise
        except ProtocolError as error:
            error.retry_after = retry_after(reply, self._clock.time())
            raise
        self._server_time.saw(date, self._clock.time())
        return result

    def _no_file(self, endpoint: Endpoint[Any, R], reply: Reply, where: Where) -> R:
        envelope = read_envelope(reply, where, since=endpoint.since)
        if envelope.retcode != 0 or reply.status != 200:
            return decode(endpoint, reply, where)
        raise ProtocolError(
            "the answer is JSON that reports success where a file was expected",
            status=reply.status,
            content_type=reply.content_type,
            head=reply.head,
            enveloped=True,
            where=where,
        )

    def _signature(self, wire: Wire) -> dict[str, str]:
        config = self._config
        if config.app_key is None or config.secret_key is None:
            return {}
        return sign(
            wire,
            app_key=config.app_key,
            secret_key=config.secret_key.get_secret_value(),
            timestamp_ms=int((self._clock.time() + self._skew) * 1000),
            nonce=uuid4().hex,
        )


def _token(options: CallOptions) -> str | None:
    """What marks the call: made of its key, or of nothing."""
    if not options.marker:
        return None
    if options.idempotency_key is None:
        return uuid4().hex
    # Opaque: it goes to every party.
    return sha256(options.idempotency_key.encode()).hexdigest()[:32]


class _Raw(Result):
    @classmethod
    def from_envelope(cls, envelope: Envelope) -> _Raw:
        return cls()
