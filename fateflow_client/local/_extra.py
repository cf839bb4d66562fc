"""The one place that says which extra is missing when the embedded server cannot be loaded."""

from importlib import import_module
from types import ModuleType

_REQUIRED = ("flask", "werkzeug", "numpy", "sklearn")


def load(module: str) -> ModuleType:
    """Import a module of this package, or say which extra it needs.

    Args:
        module: The module's name below ``fateflow_client.local``.

    Raises:
        ImportError: One of the packages of the extra ``local`` is not installed.
    """
    try:
        return import_module(f"fateflow_client.local.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _REQUIRED:
            raise
        message = (
            f"the embedded FATE Flow needs {error.name}, which is not installed: "
            'pip install "fateflow-client[local]"'
        )
        raise ImportError(message, name=error.name) from error
