"""The whole production system, or only its server, for the tests of one file."""

from collections.abc import Generator

import pytest

from tests.production.databases import missing_programs
from tests.production.topology import Topology


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Topology]:
    """Postgres, Redis, the Prefect API and its background services; no worker, nothing deployed."""
    yield from _topology(tmp_path_factory, whole=False)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Generator[Topology]:
    """All of it, with one render worker."""
    yield from _topology(tmp_path_factory, whole=True)


def _topology(tmp_path_factory: pytest.TempPathFactory, *, whole: bool) -> Generator[Topology]:
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}")
    topology = Topology(tmp_path_factory.mktemp("production"))
    try:
        topology.up() if whole else topology.up_server()
        yield topology
    finally:
        topology.down()
