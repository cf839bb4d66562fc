"""Servers for the tests: a fresh one, and one on which a job has run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fateflow_client.local import serve, write_breast_cancer
from tests.server.support import Client, lr_job


@pytest.fixture
def flow() -> Iterator[Client]:
    with serve() as url:
        yield Client(url)


@dataclass(frozen=True)
class Trained:
    client: Client
    job_id: str
    guest_file: Path
    host_file: Path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_breast_cancer(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def trained(files: tuple[Path, Path]) -> Iterator[Trained]:
    """The breast-cancer data uploaded, and a HeteroLR job that ran to success."""
    with serve() as url:
        client = Client(url)
        for path, name in zip(files, ("guest", "host"), strict=True):
            assert client.uploaded(path.read_bytes(), table_name=name) == "success"
        job_id, status = client.run(*lr_job())
        assert status == "success", client.errors(job_id)
        yield Trained(client, job_id, *files)
