"""One client in fifty threads, with a fault for every third request: nothing is done twice."""

from __future__ import annotations

from tests.faults.crowd import crowd


def test_fifty_threads_submit_no_job_twice() -> None:
    found = crowd(threads=50, calls=2000, seed=45)
    assert found["duplicates"] == 0
    assert found["recovered"] > 0
