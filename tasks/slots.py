"""How many encodes run at once on a machine, however many renders share it."""

from collections.abc import Generator
from contextlib import contextmanager

from prefect.concurrency.sync import concurrency

from blocks.settings import get_settings

# A slot whose holder is gone comes back after this time; one that is held is renewed well before.
LEASE_S = 60.0


@contextmanager
def encode_slot() -> Generator[None]:
    """Hold a slot of the machine's limit on encodes inside the block; where the installation has none, go ahead.

    A limit that is named and does not exist is an error, for Prefect would take it as no limit at all. A lease that
    could not be renewed is none: the server may be restarting, and the encode is worth finishing.
    """
    name = get_settings().encode_limit
    if not name:
        yield
        return
    with concurrency(name, lease_duration=LEASE_S, strict=True, raise_on_lease_renewal_failure=False):
        yield
