"""Make calls of an official client, as a process of its own: ``python -I driver.py PLAN``.

The plan is a JSON file: ``folder`` (where that client is), ``port``, ``keys`` (two, or null),
``calls`` (each ``[call, args, kwargs]``) and ``report``, the file to write: for every call the
name and text of what it raised, or null. Before each call, the server gets a POST to
``/mark/NUMBER``, by which its requests can be told from the others'. What the client prints is
nobody's business.

Stands alone: it imports nothing of this project, and requests only through the client.
"""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path
from typing import Any


def _mark(port: int, number: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", f"/mark/{number}")
    connection.getresponse().read()
    connection.close()


def _call(client: Any, call: str, args: list[Any], kwargs: dict[str, Any]) -> list[str] | None:
    group, _, name = call.partition(".")
    try:
        getattr(getattr(client, group), name)(*args, **kwargs)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


def main(plan: dict[str, Any]) -> None:
    """Make every call of the plan and write the report."""
    sys.path.insert(0, plan["folder"])
    from flow_sdk.client import FlowClient  # type: ignore[import-not-found]  # see install.py

    client = FlowClient("127.0.0.1", plan["port"], "v1", *(plan["keys"] or ()))
    outcomes: list[list[str] | None] = []
    for number, (call, args, kwargs) in enumerate(plan["calls"]):
        _mark(plan["port"], number)
        outcomes.append(_call(client, call, args, kwargs))
    Path(plan["report"]).write_text(json.dumps(outcomes), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
