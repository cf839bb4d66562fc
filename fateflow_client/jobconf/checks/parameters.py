"""Parameters: for components that exist, for parties that exist, of kinds that survive."""

from __future__ import annotations

from collections.abc import Iterator

from fateflow_client._core.shapes import mapping, sequence
from fateflow_client.jobconf.checks.base import Facts, Problem, RoleEntry, closest, warning
from fateflow_client.jobconf.scan import join
from fateflow_client.jobconf.source import is_object

JOB_PARAMETERS = frozenset(
    {
        "adaptation_parameters",
        "assistant_role",
        "auto_retries",
        "auto_retry_delay",
        "backend",
        "computing_engine",
        "computing_partitions",
        "dsl_version",
        "eggroll_run",
        "engines_address",
        "federated_data_exchange_type",
        "federated_mode",
        "federated_status_collect_type",
        "federation_engine",
        "federation_info",
        "inheritance_info",
        "job_type",
        "map_namespace",
        "map_table_name",
        "model_id",
        "model_version",
        "processors_per_node",
        "pulsar_run",
        "rabbitmq_run",
        "role_parameters",
        "roles",
        "spark_run",
        "storage_engine",
        "task_conf",
        "task_cores",
        "task_parallelism",
        "timeout",
        "user",
        "work_mode",
    }
)
"""What some release of FATE reads; all else is dropped without a word."""


def check_parameters(facts: Facts) -> Iterator[Problem]:
    """Parameters of jobs and components."""
    for entry in facts.role_job_parameters:
        yield from _index(facts, entry, strict=False)
    for entry in facts.role_parameters:
        yield from _index(facts, entry, strict=True)
    yield from _roles(facts)
    yield from _components(facts)
    yield from _job_parameters(facts)
    yield from _texts(facts)


def _index(facts: Facts, entry: RoleEntry, *, strict: bool) -> Iterator[Problem]:
    """An index must be one. Servers pass over others, unless a reader's table stands there."""
    if entry.role not in facts.roles or entry.key == "all":
        return
    parties = len(facts.roles[entry.role])
    read = strict and not facts.predicts and any(r in mapping(entry.value) for r in facts.readers)
    for part in entry.key.split("|"):
        try:
            index = int(part)
        except ValueError:
            message = f"{entry.key!r} is no index into the parties of role {entry.role}"
            found = warning("not-an-index", "conf", entry.pointer, message, at_key=True)
        else:
            if str(index) == part and 0 <= index < parties:
                continue
            read = read and not -parties <= index < parties
            last = f"0 to {parties - 1}" if parties > 1 else "0"
            message = f"index {part} is past the parties of role {entry.role}: {last}"
            suggestion = "0" if parties == 1 else None
            found = warning(
                "index-out-of-range", "conf", entry.pointer, message, suggestion, at_key=True
            )
        yield _error(found) if read else found
        return


def _error(problem: Problem) -> Problem:
    return Problem(
        problem.code,
        problem.document,
        problem.pointer,
        problem.message,
        problem.suggestion,
        at_key=problem.at_key,
    )


def _roles(facts: Facts) -> Iterator[Problem]:
    roles = facts.conf.get("role")
    if not is_object(roles):
        return
    for name, certain in (("component_parameters", True), ("job_parameters", False)):
        for role in mapping(mapping(facts.conf.get(name)).get("role")):
            if role not in mapping(roles):
                message = f"there are {name} for role {role}, and no party has that role"
                pointer = join(name, "role", role)
                meant = closest(role, facts.roles)
                found = warning(
                    "role-without-parties", "conf", pointer, message, meant, at_key=True
                )
                yield _error(found) if certain else found


def _components(facts: Facts) -> Iterator[Problem]:
    if facts.predicts or not facts.components:
        return
    places = [(join("component_parameters", "common"), facts.common_parameters)]
    places += [(e.pointer, mapping(e.value)) for e in facts.role_parameters if e.indexed]
    for pointer, parameters in places:
        for name in parameters:
            if name not in facts.components:
                message = f"there are parameters for {name}, and the DSL has no such component"
                meant = closest(name, [n for n in facts.components if n not in parameters])
                inner = f"{pointer}{join(name)}"
                yield warning("unknown-component", "conf", inner, message, meant, at_key=True)


def _job_parameters(facts: Facts) -> Iterator[Problem]:
    places = [(facts.job_parameters_pointer, facts.job_parameters)]
    places += [(entry.pointer, mapping(entry.value)) for entry in facts.role_job_parameters]
    for pointer, parameters in places:
        for name in parameters:
            if name not in JOB_PARAMETERS:
                message = f"FATE drops the job parameter {name}"
                meant = closest(name, JOB_PARAMETERS - set(parameters))
                inner = f"{pointer}{join(name)}"
                yield warning("unknown-job-parameter", "conf", inner, message, meant, at_key=True)


def _texts(facts: Facts) -> Iterator[Problem]:
    """``"true"`` in quotes is a text, and every text is true."""
    for name in ("job_parameters", "component_parameters"):
        for pointer, text in texts(facts.conf.get(name), join(name)):
            if text.strip().lower() in ("true", "false"):
                message = f"{text!r} in quotes is a text and no truth value"
                meant = text.strip().lower()
                yield warning("truth-as-text", "conf", pointer, message, meant)


def texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """All texts in a value, with their pointers."""
    if isinstance(value, str):
        yield pointer, value
    for key, member in mapping(value).items():
        yield from texts(member, f"{pointer}{join(key)}")
    for index, member in enumerate(sequence(value) or ()):
        yield from texts(member, f"{pointer}/{index}")
