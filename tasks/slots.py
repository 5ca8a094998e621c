"""The limit on the step that takes all the processor: as many encodes at once on a machine as one render would do."""

from collections.abc import Generator
from contextlib import contextmanager

from blocks.settings import get_settings
from blocks.slots import slot
from blocks.store import open_store


@contextmanager
def encode_slot() -> Generator[None]:
    """Hold one of the machine's encode slots inside the block; renders that share a store share them."""
    with slot(open_store().root / "slots", count=get_settings().scene_workers):
        yield
