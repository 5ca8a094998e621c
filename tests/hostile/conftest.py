"""An installation of a test's own, as for the tests of flows."""

from tests.flows.conftest import studio

__all__ = ["studio"]
