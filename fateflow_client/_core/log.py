"""Logging: one logger, silent unless the program configures it, and no secrets in it.

Lines hold method, host, path without query, status, retcode and times; never headers, queries
(an upload's conf travels there) or bodies.
"""

from __future__ import annotations

import logging

logger = logging.getLogger("fateflow_client")
logger.addHandler(logging.NullHandler())
