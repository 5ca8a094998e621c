"""Runs that somebody waits for."""

from collections.abc import Generator
from contextlib import contextmanager

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextmanager
def no_heartbeat() -> Generator[None]:
    """Start flows without a heartbeat inside the block: joining its thread makes every flow end half a second later.

    Heartbeats let a server's automations notice crashed runs, which a person at a terminal does not need.
    """
    with temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
