"""The runtime conf of a job: who takes part, and with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

if TYPE_CHECKING:
    PartyNumber: TypeAlias = int | str
    DslVersionNumber: TypeAlias = int | str
else:

    def _party_number(value: object) -> object:
        # Kept as it was written: a number or its digits, both of which servers take.
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError("a party id is a whole number, such as 9999")
        try:
            int(value)
        except ValueError:
            raise ValueError("a party id is a whole number, such as 9999") from None
        return value

    def _version(value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("give 1 or 2")
        return value

    PartyNumber = Annotated[int | str, BeforeValidator(_party_number)]
    DslVersionNumber = Annotated[Literal[1, 2, "1", "2"], BeforeValidator(_version)]

Parameters: TypeAlias = Mapping[str, Any]
"""Parameters by name, as FATE's manual of the component lists them."""


class Conf(BaseModel):
    """The base of the models in confs: immutable, and members that it does not know are kept."""

    # Values are kept as they are written: a conf that nobody changed is sent as it was.
    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), hide_input_in_errors=True
    )


class Initiator(Conf):
    """The party that submits the job, to its own server."""

    role: str
    """Its role: ``guest`` nearly always."""
    party_id: PartyNumber
    """Its id, which must be among those of its role."""


class CommonJobParameters(Conf):
    """Parameters of the job for every party. Servers drop what they do not know."""

    job_type: str | None = None
    """``train`` or ``predict``; None is ``train``."""
    task_cores: int | str | None = None
    """Cores for each task of each party."""
    task_parallelism: int | str | None = None
    """How many tasks of the job may run at a time."""
    computing_partitions: int | str | None = None
    """In how many parts data are computed."""
    model_id: str | None = None
    """The model that predicts; servers ignore it when training."""
    model_version: str | None = None
    """The deployed version that predicts; servers ignore it when training."""
    auto_retries: int | str | None = None
    """How often a failed task is tried again (1.7 and later)."""
    timeout: int | str | None = None
    """Seconds after which the server stops the job; its default is three days."""
    work_mode: int | str | None = None
    """0 for one site alone, 1 for several: needed up to 1.6, ignored later."""
    backend: int | str | None = None
    """The computing engine, up to 1.6; ignored later."""


class JobParametersConf(Conf):
    """Parameters of the job: for everybody, and for single parties."""

    common: CommonJobParameters | None = None
    """For every party."""
    role: Mapping[str, Mapping[str, Parameters]] | None = None
    """By role and index: ``{"host": {"0": {...}, "1|2": {...}, "all": {...}}}``."""


class ComponentParametersConf(Conf):
    """Parameters of the components: for everybody, and for single parties."""

    common: Mapping[str, Parameters] | None = None
    """By component, for every party."""
    role: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None
    """By role, index and component: ``{"guest": {"0": {"reader_0": {"table": {...}}}}}``."""


class ProviderConf(Conf):
    """Which release of FATE computes which component (1.9 and later)."""

    common: Mapping[str, Any] | None = None
    """By component, for every party: ``{"hetero_lr_0": "fate@1.9.0"}``."""
    role: Mapping[str, Mapping[str, Any]] | None = None
    """By role, index and component."""


class RuntimeConf(Conf):
    """A runtime conf of version 2, which every server takes and those from 1.7 on demand."""

    dsl_version: DslVersionNumber = 2
    """2. A conf without it is of version 1 for every server."""
    initiator: Initiator
    """The party that submits the job."""
    role: Mapping[str, list[PartyNumber]]
    """Party ids by role."""
    job_parameters: JobParametersConf | None = None
    """Parameters of the job; needed up to 1.6."""
    component_parameters: ComponentParametersConf | None = None
    """Parameters of the components."""
    provider: ProviderConf | None = None
    """Which release of FATE computes which component (1.9 and later)."""


class RuntimeConfV1(Conf):
    """A runtime conf of version 1, for servers up to 1.6. Only its outline is checked."""

    dsl_version: DslVersionNumber = 1
    """1, or absent."""
    initiator: Initiator
    """The party that submits the job."""
    role: Mapping[str, list[PartyNumber]]
    """Party ids by role."""
    job_parameters: Parameters
    """Parameters of the job, ``work_mode`` among them."""
    role_parameters: Mapping[str, Any] | None = None
    """Parameters by role and component, each a list with a value for each party."""
    algorithm_parameters: Mapping[str, Any] | None = None
    """Parameters by component, for every party."""
