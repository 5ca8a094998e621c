"""Lists that an API gives out in pages."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def all_pages(read: Callable[[int], Sequence[T]]) -> Iterator[T]:
    """Yield every item of a list; `read` returns the page that begins at an offset, and an empty one at the end."""
    offset = 0
    while page := read(offset):
        yield from page
        offset += len(page)
