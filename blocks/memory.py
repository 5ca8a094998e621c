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
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _PICTURE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _PICTURE_BYTES)
