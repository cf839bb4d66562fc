"""Names that a server chose: split if they are safe everywhere, refused if not."""

from __future__ import annotations

import pytest

from fateflow_client.errors import UnsafeArchiveError
from fateflow_client.transfer.names import MAX_DEPTH, MAX_NAME, MAX_PATH, safe_parts

SAFE = {
    "a": ("a",),
    "guest/9999/INFO.log": ("guest", "9999", "INFO.log"),
    "fate_flow_schedule.log.2026-11-24": ("fate_flow_schedule.log.2026-11-24",),
    ".hidden": (".hidden",),
    "a..b": ("a..b",),
    "...x": ("...x",),
    "guest#9999#guest-9999#model.zip": ("guest#9999#guest-9999#model.zip",),
    "训练 数据.csv": ("训练 数据.csv",),
    "console.log": ("console.log",),
    "com10": ("com10",),
    "x" * MAX_NAME: ("x" * MAX_NAME,),
    "/".join("d" * MAX_DEPTH): tuple("d" * MAX_DEPTH),
}

UNSAFE = [
    "",
    "/",
    "/etc/passwd",
    "//host/share",
    "a//b",
    "a/",
    ".",
    "..",
    "./a",
    "a/./b",
    "../a",
    "a/../../b",
    "a/..",
    "C:",
    "C:\\x",
    "c:x",
    "a\\b",
    "..\\a",
    "\\\\host\\share",
    "file:stream",
    "a\0b",
    "a\nb",
    "a\rb",
    "a\x1b[31mb",
    "a\x7fb",
    "a\x85b",
    "abc\u202egnp.exe",
    "a\u2028b",
    "a\udcffb",
    "a.",
    "a ",
    "a./b",
    "con",
    "CON",
    "Aux.txt",
    "nul.tar.gz",
    "x/LPT9.log",
    "com1",
    "COM¹",
    "con .txt",
    "CONIN$",
    "x" * (MAX_NAME + 1),
    "é" * (MAX_NAME // 2 + 1),
    "/".join("d" * (MAX_DEPTH + 1)),
    "/".join("d" * 600),
    "/".join(["x" * 200] * 6),
]


@pytest.mark.parametrize(("name", "parts"), SAFE.items(), ids=lambda value: str(value)[:20])
def test_a_safe_name_is_split(name: str, parts: tuple[str, ...]) -> None:
    assert safe_parts(name) == parts


@pytest.mark.parametrize("name", UNSAFE, ids=lambda name: ascii(name)[:20])
def test_an_unsafe_name_is_refused(name: str) -> None:
    with pytest.raises(UnsafeArchiveError) as caught:
        safe_parts(name)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700


def test_a_path_is_bounded_as_a_whole() -> None:
    name = "/".join(["x" * 200] * 5)
    assert len(name) <= MAX_PATH
    assert safe_parts(name) == ("x" * 200,) * 5
