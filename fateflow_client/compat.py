"""The official client's shapes: its method names and arguments in, the server's dicts out.

For code that moves over step by step: exchange the import first, the calls later. Everything is
checked, signed, retried and downloaded as in ``fateflow_client.FlowClient``; only the last step
differs, so there is no second list of methods here.

    from fateflow_client.compat import FlowClient

    client = FlowClient("127.0.0.1", 9380, "v1")
    client.job.submit(config_data=conf, dsl_data=dsl)["jobId"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fateflow_client.client import FlowClient as _TypedClient
from fateflow_client.config import DEFAULT_PORT
from fateflow_client.domain._base import Envelope
from fateflow_client.errors import AmbiguousOutcomeError, ApiError, FlowError

if TYPE_CHECKING:
    from typing import Self, Unpack

    from fateflow_client.config import ClientOptions

RENAMED = {
    # The official client's names since 1.7, and those of 1.5 and 1.6, which are also ours.
    "config_data": "conf_path",
    "dsl_data": "dsl_path",
    "train_dsl": "train_dsl_path",
    "cpn": "cpn_list",
}
CLIENT_ERROR = 100
"""The retcode that the official client gives to errors of its own."""


class FlowClient:
    """As ``fateflow_client.FlowClient``, but for what comes back.

    Every call answers a dict: the server's envelope, or ``{"retcode": ..., "retmsg": ...}`` of an
    error; downloads have their ``directory`` or ``file`` in it. Arguments that cannot be right
    raise ``ValidationError``, and a lost answer of a call that must not be repeated raises
    AmbiguousOutcomeError, because a dict that looks like a refusal would invite to repeat it.

    Args:
        ip: Host name or address.
        port: FATE Flow's HTTP port.
        version: The API version in the path.
        app_key: Whom the server knows this client as, if it wants signatures.
        secret_key: The key that signs.
        **options: See ClientConfig.
    """

    def __init__(
        self,
        ip: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        version: str = "v1",
        app_key: str | None = None,
        secret_key: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._typed = _TypedClient(ip, port, version, app_key, secret_key, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._typed, name)
        return _answering(value) if callable(value) else _Group(value)

    def close(self) -> None:
        """Close the connections."""
        self._typed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Group:
    """A group whose methods answer dicts."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return _answering(getattr(self._group, name))

    def __dir__(self) -> list[str]:
        return dir(self._group)


def _answering(method: Callable[..., object]) -> Callable[..., Any]:
    """The method, answering a dict where the typed one gives a result or raises a FlowError."""

    def call(*args: object, **kwargs: object) -> Any:
        renamed = {RENAMED.get(key, key): value for key, value in kwargs.items()}
        names = renamed.get("cpn_list")
        if isinstance(names, str):  # as the official client takes them
            renamed["cpn_list"] = [name.strip() for name in names.strip("[]").split(",")]
        try:
            return answer_of(method(*args, **renamed))
        except AmbiguousOutcomeError:
            raise
        except FlowError as error:
            return refusal_of(error)

    return call


def answer_of(result: object) -> object:
    """The envelope that a result came from, with what this side added to it.

    What is no result of a call (an iterator, say) stays as it is.
    """
    envelope = result if isinstance(result, Envelope) else getattr(result, "envelope", None)
    if not isinstance(envelope, Envelope):
        return result
    answer: dict[str, Any] = {"retcode": 0, "retmsg": "success"}
    answer |= envelope.raw
    for name in ("directory", "file"):
        path = getattr(result, name, None)
        if path is not None:
            answer[name] = str(path)
    return answer


def refusal_of(error: FlowError) -> dict[str, Any]:
    """The envelope of a refusal, or one for an error of this side."""
    if not isinstance(error, ApiError) or error.retcode == 0:
        return {"retcode": CLIENT_ERROR, "retmsg": str(error)}
    members: Mapping[str, Any] = {
        "retcode": error.retcode,
        "retmsg": error.retmsg,
        "data": error.data,
        "jobId": error.job_id,
    }
    return {name: value for name, value in members.items() if value is not None}
