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
        return _Group(getattr(self._typed, name))

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

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        method: Callable[..., object] = getattr(self._group, name)

        def call(*args: object, **kwargs: object) -> dict[str, Any]:
            renamed = {RENAMED.get(key, key): value for key, value in kwargs.items()}
            try:
                return answer_of(method(*args, **renamed))
            except AmbiguousOutcomeError:
                raise
            except FlowError as error:
                return refusal_of(error)

        return call

    def __dir__(self) -> list[str]:
        return dir(self._group)


def answer_of(result: Any) -> dict[str, Any]:
    """The envelope that a result came from, with what this side added to it."""
    answer: dict[str, Any] = {"retcode": 0, "retmsg": "success"}
    answer |= result.envelope.raw
    for name in ("directory", "file"):
        path = getattr(result, name, None)
        if path is not None:
            answer[name] = str(path)
    return answer


def refusal_of(error: FlowError) -> dict[str, Any]:
    """The envelope of a refusal, or one for an error of this side."""
    if not isinstance(error, ApiError) or error.status == 0:
        return {"retcode": CLIENT_ERROR, "retmsg": str(error)}
    members: Mapping[str, Any] = {
        "retcode": error.retcode,
        "retmsg": error.retmsg,
        "data": error.data,
        "jobId": error.job_id,
    }
    return {name: value for name, value in members.items() if value is not None}
