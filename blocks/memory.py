"""The memory that this process keeps."""

import ctypes
import sys
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_PICTURE_BYTES = 1 << 20


@cache
def return_pictures() -> None:
    """Let the memory of pictures go back to the system when they are freed.

    By itself glibc raises the size from which it does so with the largest block it has seen, and then keeps pictures
    in an arena for each thread: 100 to 200 MB of a render's. Does nothing under another C library.
    """
    if library := _glibc():
        library.mallopt(_M_MMAP_THRESHOLD, _PICTURE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _PICTURE_BYTES)


def return_gaps() -> None:
    """Give back what was freed between blocks that stay: in each thread's arena, a little more with every scene."""
    if library := _glibc():
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "mallopt") else None
