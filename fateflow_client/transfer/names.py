"""Names that a server chose, before they become paths."""

from __future__ import annotations

from fateflow_client.errors import UnsafeArchiveError

MAX_NAME = 255
MAX_DEPTH = 32
MAX_PATH = 1024
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"}
)


def safe_parts(name: str) -> tuple[str, ...]:
    """Split a member's name into path parts, or raise UnsafeArchiveError.

    Refused everywhere, so that an archive means the same on every system: absolute names, ``..``,
    ``.``, empty parts, backslashes, drives, control characters, Windows' device names.
    """
    parts = tuple(name.split("/"))
    if len(parts) > MAX_DEPTH:
        raise UnsafeArchiveError(f"the archive holds a path more than {MAX_DEPTH} folders deep")
    if len(name.encode("utf-8", "surrogatepass")) > MAX_PATH:
        raise UnsafeArchiveError(f"the archive holds a path of more than {MAX_PATH} bytes")
    for part in parts:
        problem = _problem(part)
        if problem:
            shown = name[:100].encode("unicode_escape").decode("ascii")
            raise UnsafeArchiveError(f"the archive holds the name '{shown}': {problem}")
    return parts


def _problem(part: str) -> str:
    if not part:
        return "it is absolute or has an empty part"
    if part in (".", ".."):
        return "it points outside"
    if "\\" in part or ":" in part:
        return "backslashes and colons mean other things on Windows"
    if not part.isprintable():
        return "it has control characters"
    if part[-1] in ". ":
        return "it ends with a dot or a space"
    try:
        length = len(part.encode())
    except UnicodeEncodeError:
        return "it is not Unicode"
    if length > MAX_NAME:
        return f"a part is longer than {MAX_NAME} bytes"
    if part.partition(".")[0].rstrip().casefold() in _RESERVED:
        return "it is a device on Windows"
    return ""
