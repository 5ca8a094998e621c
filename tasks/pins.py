"""What a render uses stays on its machine until it has ended."""

from collections.abc import Generator
from contextlib import contextmanager

from blocks.store import open_store


@contextmanager
def blobs_kept() -> Generator[None]:
    """Keep every blob that the steps of a run use inside the block, however little room there is."""
    with open_store().shelf.pins.rendering():
        yield
