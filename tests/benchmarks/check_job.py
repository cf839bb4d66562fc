"""How long a check takes: ``python -m tests.benchmarks.check_job [components]``. Aim: 500 in 0.1 s.

Times are the best of five, for documents as mappings and as JSON texts, right and wrong: a finding
in a text costs looking for its place.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from fateflow_client.jobconf.spec import JobSpec


def job(components: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A chain of that many components, each with parameters."""
    conf = {
        "dsl_version": 2,
        "initiator": {"role": "guest", "party_id": 1},
        "role": {"guest": [1], "host": [2, 3], "arbiter": [4]},
        "job_parameters": {"common": {"job_type": "train", "work_mode": 0}},
        "component_parameters": {
            "common": {f"cpn_{n}": {"max_iter": n, "a": [1, 2, 3]} for n in range(1, components)},
            "role": {
                role: {"all": {"cpn_0": {"table": {"name": "t", "namespace": "n"}}}}
                for role in ("guest", "host")
            },
        },
    }
    chain: dict[str, Any] = {"cpn_0": {"module": "Reader", "output": {"data": ["data"]}}}
    for n in range(1, components):
        chain[f"cpn_{n}"] = {
            "module": "DataTransform",
            "input": {"data": {"data": [f"cpn_{n - 1}.data"]}},
            "output": {"data": ["data"], "model": ["model"]},
        }
    return conf, {"components": chain}


def best(work: Callable[[], object]) -> float:
    """Milliseconds of CPU of the fastest of five, which other programs do not disturb much."""
    times: list[float] = []
    for _ in range(5):
        begin = time.process_time()
        work()
        times.append(1000 * (time.process_time() - begin))
    return min(times)


def main() -> None:
    """Print the table."""
    components = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    conf, dsl = job(components)
    texts = json.dumps(conf, indent=2), json.dumps(dsl, indent=2)
    assert not JobSpec(conf, dsl).check().findings
    print(f"{components} components, {sum(map(len, texts))} characters")
    print(f"  mappings, right  {best(lambda: JobSpec(conf, dsl).check()):7.1f} ms")
    print(f"  texts, right     {best(lambda: JobSpec(*texts).check()):7.1f} ms")
    for name, component in list(dsl["components"].items())[::50]:
        component["module"] = f"x{name}"
    del dsl["components"]["cpn_0"]
    wrong = texts[0], json.dumps(dsl, indent=2)
    findings = len(JobSpec(*wrong).check().findings)
    print(f"  texts, {findings:2} wrong  {best(lambda: JobSpec(*wrong).check()):7.1f} ms")


if __name__ == "__main__":
    main()
