"""An embedded FATE Flow v1 server on loopback (extra ``local``).

It speaks the HTTP contract of release 1.11.2, or of an older one, and really runs jobs, but it
computes in the clear, with scikit-learn, what FATE computes under encryption: it is for trying
out, demonstrating and testing on one machine. It gives no protection between parties.
"""

from typing import TYPE_CHECKING

from fateflow_client.local._extra import load

if TYPE_CHECKING:
    from fateflow_client.local.datasets import write_breast_cancer
    from fateflow_client.local.modules.base import Module, ModuleError, Task
    from fateflow_client.local.server import LocalServer, serve

_HOME = {
    "LocalServer": "server",
    "Module": "modules.base",
    "ModuleError": "modules.base",
    "Task": "modules.base",
    "serve": "server",
    "write_breast_cancer": "datasets",
}

__all__ = ["LocalServer", "Module", "ModuleError", "Task", "serve", "write_breast_cancer"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(load(_HOME[name]), name)
