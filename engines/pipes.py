"""Pipes wide enough for video, and frames sent through them without the kernel copying them."""

import ctypes
import errno
import fcntl
import os
import sys
from contextlib import suppress
from functools import cache
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

WIDTH_BYTES = 1 << 20
_F_SETPIPE_SZ, _F_GETPIPE_SZ = 1031, 1032


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold a third of a frame, so that two processes swap fewer times (where the system allows it)."""
    if sys.platform == "linux":
        with suppress(PermissionError):
            fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, WIDTH_BYTES)


class FrameSender:
    """Sends frames of one size into a pipe; each may be changed as soon as `send` returns.

    On Linux a frame is copied once into a ring of buffers, whose pages are then lent to the pipe (vmsplice): a fifth
    of the time of a write, for which the kernel allocates every page and fills it. A buffer is used again only after
    more bytes than the pipe can hold have followed it, which its reader must have taken out.

    Keep the sender until the reader has ended: the last pages are still lent when `send` returns.
    """

    def __init__(self, pipe: IO[bytes], *, frame_bytes: int) -> None:
        self._pipe = pipe
        self._count = 0
        capacity = fcntl.fcntl(pipe.fileno(), _F_GETPIPE_SZ) if sys.platform == "linux" else 0
        self._ring = np.empty((-(-capacity // frame_bytes) + 1, frame_bytes), np.uint8)

    def send(self, frame: NDArray[np.uint8]) -> None:
        """Send one frame, waiting until the pipe has taken all of it. Raises BrokenPipeError when nobody reads."""
        if sys.platform != "linux":
            self._pipe.write(frame.data)
            return
        slot = self._ring[self._count % len(self._ring)]
        np.copyto(slot, frame.reshape(-1))
        _lend(self._pipe.fileno(), slot)
        self._count += 1


class _Segment(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


@cache
def _vmsplice() -> Any:
    function = ctypes.CDLL(None, use_errno=True).vmsplice
    function.argtypes = (ctypes.c_int, ctypes.POINTER(_Segment), ctypes.c_ulong, ctypes.c_uint)
    function.restype = ctypes.c_ssize_t
    return function


def _lend(descriptor: int, data: NDArray[np.uint8]) -> None:
    vmsplice, address, sent = _vmsplice(), data.ctypes.data, 0
    while sent < data.nbytes:
        segment = _Segment(address + sent, data.nbytes - sent)
        taken = vmsplice(descriptor, ctypes.byref(segment), 1, 0)
        if taken < 0 and ctypes.get_errno() != errno.EINTR:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        sent += max(0, taken)
