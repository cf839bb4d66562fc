"""One way through the house: a request becomes bytes, an answer becomes a result."""

from __future__ import annotations

import re
from dataclasses import replace
from threading import RLock
from typing import Any
from uuid import uuid4

from fateflow_client._core.clock import Clock
from fateflow_client._core.codec import decode, encode
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
from fateflow_client._core.log import logger
from fateflow_client._core.releases import Release, parse_release, set_by_hand
from fateflow_client._core.retry import Operation, Retries
from fateflow_client._core.signing import sign
from fateflow_client._core.transport import Answer, Transport
from fateflow_client.config import ClientConfig
from fateflow_client.domain._base import Envelope, Request, Result
from fateflow_client.domain.server import VersionRequest
from fateflow_client.errors import (
    ApiError,
    CallTimeoutError,
    Phase,
    ProtocolError,
    Where,
    shown,
)

DEFAULT_OPTIONS = CallOptions()


class Caller:
    """Sends requests to one server. Safe to share between threads."""

    def __init__(self, config: ClientConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._transport = Transport(config, clock)
        self._retries = Retries(config.retry, clock)
        self._release_lock = RLock()
        self._release = set_by_hand(config.server_release) if config.server_release else None

    def send(self, request: Request, options: CallOptions = DEFAULT_OPTIONS) -> Result:
        """Send a request of any kind and give its result."""
        endpoint: Endpoint[Request, Result] = endpoint_of(request)
        return self.call(endpoint, request, options)

    def call(self, endpoint: Endpoint[Q, R], request: Q, options: CallOptions) -> R:
        """Send a request to its endpoint."""
        documents = load(endpoint, request)
        if endpoint.already is not None:
            there = endpoint.already(request, documents, options)
            if there is not None:
                return there
        if endpoint.prepare is not None:
            request = endpoint.prepare(request, self.send)
        endpoint = self._fit(endpoint, request, documents)
        wire = encode(endpoint, request, documents, options, self._config.version)
        result = self._run(endpoint, request, documents, wire, options)
        if endpoint.finish is not None:
            result = endpoint.finish(result, documents, wire)
        if endpoint.write is not None:
            result = endpoint.write(result, request, options)
        return result

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
        where = Where(
            self._config.host, self._config.port, f"/{self._config.version}/{endpoint.route}"
        )
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

    def raw(self, wire: Wire, repeat: Repeat, options: CallOptions) -> Envelope:
        """Send what no request describes and give the envelope; raises ApiError for a refusal."""
        endpoint = Endpoint(wire.path.split("/", 2)[2], Request, _Raw, repeat=repeat)
        return self._run(endpoint, Request(), {}, wire, options).envelope

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
    ) -> R:
        config, times = self._config, endpoint.times
        total = options.deadline or config.deadline or times.total
        started = self._clock.monotonic()
        until = None if total is None else started + total
        where = Where(config.host, config.port, wire.path)
        connect = config.connect_timeout or times.connect
        read = options.timeout or config.read_timeout or times.read

        def attempt() -> R:
            left = _left(until, self._clock.monotonic(), where)
            begun = self._clock.monotonic()
            with self._transport.send(
                wire,
                self._signature(wire),
                (min(connect, left), min(read, left)),
                counted=endpoint.repeat is Repeat.NEVER,
                until=until,
            ) as answer:
                if endpoint.receive is not None and is_download(answer):
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
            attempt, endpoint.route, where, endpoint.repeat, started, self._clock.time(), until
        )
        try:
            return self._retries.run(operation)
        except ApiError as error:
            done = endpoint.done_if
            if operation.tries < 2 or done is None or not re.search(done, error.retmsg):
                raise
            return endpoint.result.model_validate({"message": error.retmsg, "already": True})

    def _read(self, endpoint: Endpoint[Any, R], answer: Answer, where: Where) -> R:
        reply = answer.whole(self._config.max_reply_bytes)
        try:
            if endpoint.receive is not None:
                # A download that answers with JSON, whatever its status and retcode: no file came.
                return self._no_file(endpoint, reply, where)
            return decode(endpoint, reply, where)
        except (ApiError, ProtocolError) as error:
            error.retry_after = retry_after(reply, self._clock.time())
            raise

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
            timestamp_ms=int(self._clock.time() * 1000),
            nonce=uuid4().hex,
        )


class _Raw(Result):
    @classmethod
    def from_envelope(cls, envelope: Envelope) -> _Raw:
        return cls()


def is_download(answer: Answer) -> bool:
    """Whether a file comes, and not an error: by status and type, for 200 may be either."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.status == 200 and kind not in ("application/json", "text/html", "text/plain")


def _left(until: float | None, now: float, where: Where) -> float:
    if until is None:
        return float("inf")
    if now >= until:
        raise CallTimeoutError(
            "the deadline of the call has passed",
            phase=Phase.BEFORE_SEND,
            sent_bytes=0,
            where=where,
        )
    return until - now
