"""Installations for whole renders against the real Prefect server."""

from pathlib import Path

import pytest

from tests.flows.studio import Studio


@pytest.fixture
def studio(prefect_server: str, tmp_path: Path) -> Studio:
    """An empty installation for one test."""
    return Studio(tmp_path / "studio")


@pytest.fixture(scope="module")
def module_studio(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """An installation that the tests of one file share."""
    return Studio(tmp_path_factory.mktemp("studio"))
