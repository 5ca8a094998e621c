"""Installations that are brought up for the tests of one file, and down after them whatever happened."""

from collections.abc import Generator

import pytest

from tests.system.installation import Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """A system with two workers."""
    system = Installation(tmp_path_factory.mktemp("system"))
    try:
        system.up(workers=2)
        yield system
    finally:
        system.down()
