"""Limits of ffmpeg's processes, tried by making them pass each."""

import resource
import sys
from pathlib import Path

import psutil
import pytest

from engines import ffmpeg
from engines.child_limits import ENCODING, ChildLimits, confine
from engines.errors import FfmpegFailed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process from outside")

GIB = 1 << 30
NOWHERE = ("-f", "null", "-")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=1080x1920:r=30")


def test_a_child_has_its_limits():
    before = set(psutil.Process().children())
    with ffmpeg.frames_out([*PICTURE, "-f", "rawvideo", "-"], timeout_s=120) as pipe:
        assert pipe.read(1)
        (child,) = set(psutil.Process().children()) - before
        assert resource.prlimit(child.pid, resource.RLIMIT_DATA)[1] == ENCODING.data_bytes
        assert resource.prlimit(child.pid, resource.RLIMIT_FSIZE)[1] == ENCODING.file_bytes
        assert 0 < resource.prlimit(child.pid, resource.RLIMIT_CPU)[1] < 3600
        assert resource.prlimit(child.pid, resource.RLIMIT_CORE) == (0, 0)


def test_memory_ends_at_the_limit():
    small = ChildLimits(data_bytes=64 << 20, file_bytes=GIB)
    hoard = ("-f", "lavfi", "-i", "testsrc2=s=4096x4096:d=20", "-vf", "reverse")
    with pytest.raises(FfmpegFailed):
        ffmpeg.run([*hoard, *NOWHERE], timeout_s=120, limits=small)


def test_a_file_ends_at_the_limit(tmp_path: Path):
    small = ChildLimits(data_bytes=GIB, file_bytes=1 << 20)
    output = tmp_path / "a.y4m"
    with pytest.raises(FfmpegFailed):
        ffmpeg.run([*PICTURE, "-y", str(output)], timeout_s=120, limits=small)
    assert output.stat().st_size <= 1 << 20


def test_a_process_that_is_gone_is_left_alone():
    confine(2**22 - 1, ENCODING, timeout_s=1)
