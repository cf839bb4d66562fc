"""The DSL of a job: its components, and what flows from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fateflow_client.jobconf.runtime import Conf

DATA_INPUTS = ("data", "train_data", "validate_data", "test_data", "eval_data")
"""The names under which a component takes data."""
MODEL_INPUTS = ("model", "isometric_model", "cache")
"""The names under which a component takes what is no data."""
OUTPUTS = ("data", "model", "cache")
"""The kinds of outputs."""
OUTPUT_OF_INPUT = {"data": "data", "model": "model", "isometric_model": "model", "cache": "cache"}
"""Which kind of output each kind of input takes."""


class DataInput(Conf):
    """The data that a component takes: outputs of others, each as ``component.output``."""

    data: list[str] | None = None
    """Data of components that do not learn."""
    train_data: list[str] | None = None
    """Data to learn from."""
    validate_data: list[str] | None = None
    """Data to validate with while learning."""
    test_data: list[str] | None = None
    """Data to predict."""


class ComponentInput(Conf):
    """What a component takes."""

    data: DataInput | None = None
    """Data."""
    model: list[str] | None = None
    """A model of a component of the same kind: it applies it, or learns on from it."""
    isometric_model: list[str] | None = None
    """Models of components of other kinds, which a selection of features reads."""
    cache: list[str] | None = None
    """Caches (1.7 and later)."""


class ComponentOutput(Conf):
    """What a component gives: names of its own, by kind."""

    data: list[str] | None = None
    """Its data; several where it splits them."""
    model: list[str] | None = None
    """Its model."""
    cache: list[str] | None = None
    """Its cache (1.7 and later)."""


class Component(Conf):
    """A component of a DSL."""

    module: str
    """What it does: ``Reader``, ``DataTransform``, ``HeteroLR`` ..."""
    input: ComponentInput | None = None
    """What it takes; nothing for one that reads."""
    output: ComponentOutput | None = None
    """What it gives."""
    provider: str | None = None
    """The release of FATE that computes it, as ``fate@1.8.0`` (1.7 and later)."""


class Dsl(Conf):
    """A DSL of version 2."""

    components: Mapping[str, Component]
    """The components by name: letters, digits, ``_`` and ``-``, by custom ``hetero_lr_0``."""


class DslV1(Conf):
    """A DSL of version 1, for servers up to 1.6. Only its outline is checked."""

    components: Mapping[str, Mapping[str, Any]]
    """The components by name."""
