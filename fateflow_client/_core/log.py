"""Logging: a logger for each layer, silent unless the program configures it, no secrets in it.

``fateflow_client.transport``, ``.retry``, ``.recovery`` and so on. Lines hold method, host, path
without query, status, retcode and times; never headers, queries (an upload's conf travels there)
or bodies.
"""

from __future__ import annotations

import logging

logging.getLogger("fateflow_client").addHandler(logging.NullHandler())


def log(layer: str) -> logging.Logger:
    """The logger of a layer."""
    return logging.getLogger(f"fateflow_client.{layer}")
