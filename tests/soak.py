"""Random calls under random faults for as long as you like: ``python -m tests.soak``.

Every script is one call with faults of its own, held against the server's ledger. In between, one
client is shared by all threads. Prints figures; the exit code is 1 if anything did not hold.
``--world N`` plays one sequence again, by the number that a failure was printed with.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random

from tests.faults.crowd import crowd
from tests.faults.plays import PLAYS, play
from tests.faults.world import World

PER_WORLD = 40
"""Scripts before a server starts anew with an empty ledger."""
NAMES = [*PLAYS, "submit", "submit", "submit", "upload"]


@dataclass
class Share:
    """What one process has done."""

    counts: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])


def play_world(number: int, counts: Counter[str]) -> None:
    """Play the scripts of one world, which its number decides: no wait in it is random."""
    random = Random(number)  # noqa: S311 - guards nothing
    release = random.choice(["1.5.3", "1.6.1", "1.7.0", "1.7.2", "1.8.0", "1.9.0", "1.11.2"])
    skew = random.choice([0.0, 0.0, -3600.0, 3600.0, 75.0])
    keys = random.choice([None, ("an-app", f"secret-of-{number}")])
    with World(
        release, skew=skew, keys=keys, keep_alive=random.random() < 0.7, base=0, watch=False
    ) as world:
        try:
            for _ in range(PER_WORLD):
                play(world, random, random.choice(NAMES), counts)
                counts["scripts"] += 1
        finally:
            counts["jobs"] += len(world.ledger.jobs)
            counts["requests"] += len(world.server.got)
            counts["faults"] += sum(got.fault is not None for got in world.server.got)
            counts["duplicates"] += world.ledger.duplicates(lambda job: job.token)
        assert world.ledger.duplicates(lambda job: job.token) == 0


def work(
    process: int, processes: int, threads: int, scripts: int, seconds: float, seed: int
) -> Share:
    """One process: several threads, each in worlds of its own, and then with one client."""
    share = Share()
    until = time.monotonic() + seconds
    numbers = iter(range(seed + process, 2**62, processes))
    lock = threading.Lock()

    def thread() -> None:
        counts: Counter[str] = Counter()
        while time.monotonic() < until:
            with lock:
                if share.counts["scripts"] >= scripts:
                    break
                share.counts["scripts"] += PER_WORLD
                number = next(numbers)
            try:
                play_world(number, counts)
            except BaseException:
                with lock:
                    share.failures.append(f"world {number}:\n{traceback.format_exc()}")
        counts.pop("scripts", None)
        with lock:
            share.counts += counts

    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
    workers = [threading.Thread(target=thread) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    try:
        found = crowd(threads, 40 * threads, seed + process, watch=False)
        share.counts += Counter({f"shared client: {name}": n for name, n in found.items()})
        share.counts["duplicates"] += found["duplicates"]
    except BaseException:
        share.failures.append(f"the shared client of process {process}:\n{traceback.format_exc()}")
    after = threading.active_count(), len(os.listdir("/proc/self/fd"))
    if after[0] > before[0] or after[1] > before[1]:
        share.failures.append(f"threads and descriptors: {before} before, {after} after")
    return share


def main() -> int:
    """Play, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--scripts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--world", type=int)
    asked = parser.parse_args()
    if asked.world is not None:
        play_world(asked.world, Counter())
        return 0
    began = time.monotonic()
    count = asked.processes
    total = Share()
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        parts = [
            pool.submit(
                work, number, count, -(-asked.threads // count), -(-asked.scripts // count),
                asked.seconds, asked.seed,
            )
            for number in range(count)
        ]  # fmt: skip
        for part in parts:
            share = part.result()
            total.counts += share.counts
            total.failures += share.failures
    print(f"seed {asked.seed}, {count} processes, {time.monotonic() - began:.0f} s")
    for name in sorted(total.counts | Counter(duplicates=0)):
        print(f"{name:>32} {total.counts[name]}")
    print(f"{'failures':>32} {len(total.failures)}")
    for failure in total.failures[:10]:
        print(f"\n{failure}", file=sys.stderr)
    return 1 if total.failures or total.counts["duplicates"] else 0


if __name__ == "__main__":
    sys.exit(main())
