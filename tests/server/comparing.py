"""What differs between a recorded answer and ours: status, codes, texts, keys, kinds of values."""

import re
from typing import Any

from tests.server.support import Reply


def compared(exchange: dict[str, Any], reply: Reply, free: dict[str, str]) -> list[str]:
    """What differs between a recorded answer and ours, in words."""
    recorded = exchange["response"]
    if reply.status != recorded["status"]:
        return [f"HTTP {reply.status} instead of {recorded['status']}: {reply.content[:200]!r}"]
    found: list[str] = []
    wanted = dict(recorded["headers"])
    kind = reply.headers.get("Content-Type")
    if kind != wanted.get("Content-Type"):
        return [f"Content-Type {kind} instead of {wanted.get('Content-Type')}"]
    names = [
        re.sub(r"\d{21,}", "*", headers.get("Content-Disposition", ""))
        for headers in (wanted, reply.headers)
    ]
    if names[0] != names[1]:
        found.append(f"Content-Disposition {names[1]!r} instead of {names[0]!r}")
    body = recorded["body"]
    if "json" in body:
        found += differences(body["json"], reply.json, free)
        if isinstance(body["json"], dict) and "retcode" in body["json"]:
            found += outcome(body["json"], reply.json)
    elif body.get("kind") == "tar.gz" and "/log" not in exchange["request"]["path"]:
        ours, theirs = list(reply.members()), [member["name"] for member in body["members"]]
        if ours != theirs:
            found.append(f"members {ours} instead of {theirs}")
    return found


def outcome(recorded: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Codes are the same, and texts but for tracebacks, paths, ids and gRPC's own words."""
    if ours["retcode"] != recorded["retcode"] and not isinstance(recorded["retcode"], str):
        return [f"retcode {ours['retcode']} instead of {recorded['retcode']}: {ours['retmsg']}"]
    if recorded["retcode"] == 103:
        first = "Traceback (most recent call last):\n"
        return [] if ours["retmsg"].startswith(first) else ["no traceback"]
    plain = [_plain(envelope["retmsg"]) for envelope in (recorded, ours)]
    return [] if plain[0] == plain[1] else [f"retmsg {plain[1]!r} instead of {plain[0]!r}"]


def _plain(text: str) -> str:
    text = re.sub(r"_Rendezvous|_InactiveRpcError", "RPC", text).partition("\tdetails")[0]
    text = re.sub(r"\d{21,}", "*", text)
    return re.sub(r"'?/[\w./-]*/", "*/", text)


# Null or a value, depending on when it is looked at.
_NULLABLE = re.compile(
    r"\.(f_)?(\w*_time|\w*_date|elapsed|run_ip|run_port|run_pid|worker_id|engine_name|"
    r"engine_type|status_code|deepspeed_id|description)$"
)


def differences(recorded: Any, ours: Any, free: dict[str, str], path: str = "") -> list[str]:
    """Where two JSON values have other keys or other types."""
    if any(re.search(pattern, path) for pattern in free):
        return []
    if _NULLABLE.search(path) and (recorded is None or ours is None):
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict):
        return _between_objects(_anonymous(recorded), _anonymous(ours), free, path)
    if isinstance(recorded, list) and isinstance(ours, list):
        found = []
        if bool(recorded) != bool(ours):
            found.append(f"{path} has {len(ours)} items instead of {len(recorded)}")
        for left, right in list(zip(recorded, ours, strict=False))[:5]:
            found += differences(left, right, free, f"{path}[]")
        return found
    if _kind(recorded) != _kind(ours):
        return [f"{path} is {ours!r:.60} instead of {recorded!r:.60}"]
    return []


def _between_objects(
    recorded: dict[str, Any], ours: dict[str, Any], free: dict[str, str], path: str
) -> list[str]:
    found = []
    for key in sorted(recorded.keys() | ours.keys()):
        where = f"{path}.{key}"
        if any(re.search(pattern, where) for pattern in free):
            continue
        if key not in ours:
            found.append(f"{where} is missing")
        elif key not in recorded:
            found.append(f"{where} is ours only")
        else:
            found += differences(recorded[key], ours[key], free, where)
    return found


def _anonymous(value: dict[str, Any]) -> dict[str, Any]:
    """Job ids as keys all look the same."""
    return {"JOB" if re.fullmatch(r"\d{21,}", key) else key: item for key, item in value.items()}


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value))
    return "number" if isinstance(value, int | float) else str(type(value))
