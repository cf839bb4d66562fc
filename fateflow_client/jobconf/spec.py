"""A job as a user specifies it: the runtime conf and the DSL together, checked and edited."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from fateflow_client._core.shapes import mapping
from fateflow_client.errors import InputFileError
from fateflow_client.jobconf.checks.base import Facts, as_release
from fateflow_client.jobconf.checks.online import Online
from fateflow_client.jobconf.checks.run import check_job
from fateflow_client.jobconf.dsl import Dsl, DslV1
from fateflow_client.jobconf.report import Report
from fateflow_client.jobconf.runtime import RuntimeConf, RuntimeConfV1
from fateflow_client.jobconf.source import Source, SourceIn, is_object, load


class JobSpec:
    """A runtime conf and its DSL. Immutable: every edit gives a new one.

    Making one reads the files and judges nothing; ``check`` reports everything that is wrong.

    Args:
        conf: The runtime conf: a path (also a string), a mapping, a model, or JSON text.
        dsl: The DSL, likewise; None for a predict job, whose DSL comes out of the model.

    Raises:
        InputFileError: A file is missing or unreadable, or a mapping holds what JSON cannot
            express. A file that is no JSON is reported by ``check``.
    """

    def __init__(self, conf: SourceIn, dsl: SourceIn | None = None) -> None:
        self._conf = load(conf, "conf")
        self._dsl = None if dsl is None else load(dsl, "dsl")

    def check(self, release: str | None = None, online: Online | None = None) -> Report:
        """Check everything at once, without sending anything unless ``online`` is given.

        An error is what certainly fails on every server, or on one of that release; what servers
        may put up with is a warning.

        Args:
            release: The server's release, as ``"1.8"`` or ``"1.7.2"``; None: any.
            online: A client. With it, the server is asked whether the initiator's tables exist and
                whether a predict job's model exists and is deployed.

        Raises:
            ConfigError: ``release`` is none.
            FlowError: The server could not be asked.
        """
        return check_job(self._conf, self._dsl, as_release(release), online)

    @cached_property
    def _facts(self) -> Facts:
        return Facts(_object(self._conf), None if self._dsl is None else _object(self._dsl))

    @property
    def conf(self) -> RuntimeConf | RuntimeConfV1:
        """The runtime conf as a model; raises ValidationError where it is too wrong for one."""
        kind = RuntimeConfV1 if self._facts.version == 1 else RuntimeConf
        return kind.model_validate(self._facts.conf)

    @property
    def dsl(self) -> Dsl | DslV1 | None:
        """The DSL as a model, or None; raises ValidationError where it is too wrong for one."""
        if self._facts.dsl is None:
            return None
        kind = DslV1 if self._facts.version == 1 else Dsl
        return kind.model_validate(self._facts.dsl)


def _object(source: Source) -> dict[str, Any]:
    if not is_object(source.value):
        why = f": {source.broken[0]}" if source.broken else ""
        name = str(source.path or source.document)
        raise InputFileError(f"{name} is no JSON object{why}", source=name)
    return mapping(source.value)
