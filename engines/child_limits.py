"""What a child process may take of the machine, held by the kernel, and know of it: whatever a file makes it do."""

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_GIB = 1 << 30
_CORES = os.cpu_count() or 1


# What a media program needs to find its libraries, its hardware, its fonts' cache and a place for temporary files.
_TOLD = frozenset({"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "TZ", "LANG", "DISPLAY", "SYSTEMROOT", "XDG_CACHE_HOME"})
_TOLD_FAMILIES = (
    *("LC_", "LD_", "DYLD_", "FONTCONFIG_", "OMP_", "CUDA_", "NVIDIA_", "LIBVA_", "VDPAU_", "MFX_", "ONEVPL_"),
    *("DRI_", "MESA_", "SVT_"),
)


@dataclass(frozen=True)
class ChildLimits:
    """Memory that a child may write to (its data, not the address space that threads only reserve), and its files."""

    data_bytes: int
    file_bytes: int


# An 8K clip decoded for an encode took 1.1 (HEVC) to 1.8 GiB (AV1) on 4 cores; frames in flight grow with the threads.
ENCODING = ChildLimits(data_bytes=4 * _GIB + _CORES * _GIB // 4, file_bytes=64 * _GIB)
# The index of 4 hours of picture and sound takes about 100 MiB.
OPENING = ChildLimits(data_bytes=_GIB // 2, file_bytes=0)


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment a child is given that reads strangers' files: no key, no password, no address."""
    return {name: value for name, value in environment.items() if name in _TOLD or name.startswith(_TOLD_FAMILIES)}


def confine(pid: int, limits: ChildLimits, *, timeout_s: float) -> None:
    """Limit a running child (on Linux; elsewhere time alone limits it). One that has ended already is left alone.

    From outside, as a function run between fork and exec is not safe beside threads, and another program in front of
    the child costs a millisecond; the child has read no byte of any input when this is done.
    """
    if sys.platform != "linux":
        return
    import resource

    cpu_s = math.ceil(timeout_s * _CORES) + 1
    wanted = (
        (resource.RLIMIT_DATA, limits.data_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
    )
    try:
        for kind, most in wanted:
            _, ceiling = resource.prlimit(pid, kind)
            allowed = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
            resource.prlimit(pid, kind, (allowed, allowed))
    except ProcessLookupError:
        return
