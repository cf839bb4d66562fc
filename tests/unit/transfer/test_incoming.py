"""A stream that is all that was announced and no more than allowed, or an error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fateflow_client._core.limits import DEFAULT_LIMITS, DownloadLimits
from fateflow_client.errors import (
    CallTimeoutError,
    ConfigError,
    DownloadError,
    Phase,
    SizeLimitError,
    TransportError,
    TruncatedDownloadError,
)
from fateflow_client.transfer.incoming import BLOCK, Incoming
from tests.unit.transfer.support import Arriving

DATA = bytes(range(256)) * 20


def drain(incoming: Incoming, size: int = -1) -> bytes:
    parts: list[bytes] = []
    while part := incoming.read(size):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("length", [None, len(DATA)])
def test_all_of_it_comes_through(length: int | None) -> None:
    told: list[tuple[int, int | None]] = []
    stream = Arriving(DATA, 999, length=length)
    incoming = Incoming(stream, progress=lambda done, total: told.append((done, total)))
    assert drain(incoming) == DATA
    assert incoming.received == len(DATA)
    steps = [*range(999, len(DATA), 999), len(DATA)]
    assert told == [(done, length) for done in steps]


def test_a_read_is_never_larger_than_a_block() -> None:
    assert len(Incoming(Arriving(bytes(3 * BLOCK))).read(-1)) == BLOCK


@pytest.mark.parametrize("length", [0, 1, len(DATA) - 1, len(DATA) + 1])
def test_what_has_another_length_than_announced_is_truncated(length: int) -> None:
    with pytest.raises(TruncatedDownloadError, match=f"of {length} bytes"):
        drain(Incoming(Arriving(DATA, length=length)))


def test_a_broken_wire_is_a_truncated_download() -> None:
    def cut() -> None:
        raise TransportError("the answer broke off: reset", phase=Phase.REPLYING)

    with pytest.raises(TruncatedDownloadError, match=f"after {len(DATA)} bytes.*reset") as caught:
        drain(Incoming(Arriving(DATA, then=cut)))
    assert isinstance(caught.value.__cause__, TransportError)


def test_a_time_limit_stays_one() -> None:
    def stall() -> None:
        raise CallTimeoutError("the server stopped sending", phase=Phase.REPLYING)

    with pytest.raises(CallTimeoutError):
        drain(Incoming(Arriving(DATA, then=stall)))


def test_what_a_stream_raises_otherwise_is_passed_on() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(Incoming(Arriving(DATA, then=stop)))


def test_the_size_is_bounded() -> None:
    limits = DownloadLimits(size=len(DATA) - 1)
    with pytest.raises(SizeLimitError, match=f"{len(DATA) - 1} bytes") as caught:
        drain(Incoming(Arriving(DATA, 100), limits))
    assert "download_limits" in caught.value.hint
    assert drain(Incoming(Arriving(DATA, 100), DownloadLimits(size=len(DATA)))) == DATA


def test_what_is_announced_as_too_large_is_refused_at_once(tmp_path: Path) -> None:
    incoming = Incoming(Arriving(b"", length=2000), DownloadLimits(size=1999))
    with pytest.raises(SizeLimitError, match="1999"):
        incoming.check_room(tmp_path)


def test_what_is_larger_than_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    incoming = Incoming(Arriving(b"", length=1 << 62), DownloadLimits(size=1 << 63))
    with pytest.raises(DownloadError, match=f"{tmp_path} has .* bytes free"):
        incoming.check_room(tmp_path)


@pytest.mark.parametrize("length", [None, 0, 4096])
def test_what_has_room_is_not_refused(tmp_path: Path, length: int | None) -> None:
    assert shutil.disk_usage(tmp_path).free > 4096
    Incoming(Arriving(b"", length=length)).check_room(tmp_path)


def test_a_file_system_that_does_not_tell_its_room_is_no_obstacle(tmp_path: Path) -> None:
    Incoming(Arriving(b"", length=4096)).check_room(tmp_path / "absent")


@pytest.mark.parametrize("name", ["members", "size", "ratio", "ratio_from"])
@pytest.mark.parametrize("value", [-1, 1.5, float("nan"), True, None, "9"])
def test_senseless_limits_are_refused(name: str, value: object) -> None:
    limits: dict[str, object] = {name: value}
    with pytest.raises(ConfigError, match=f"^{name} of DownloadLimits"):
        DownloadLimits(**limits)  # type: ignore[arg-type]


def test_only_the_threshold_may_be_zero() -> None:
    assert DownloadLimits(ratio_from=0).ratio_from == 0
    for name in ("members", "size", "ratio"):
        with pytest.raises(ConfigError):
            DownloadLimits(**{name: 0})
    assert DownloadLimits() == DEFAULT_LIMITS
