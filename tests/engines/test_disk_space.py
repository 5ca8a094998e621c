"""A full disk is told as one wherever it is met, and never as a fault of the user's file."""

import errno
import os
from pathlib import Path

import pytest
from PIL import Image

from blocks.disk import disk_full_named
from engines.disk_space import is_disk_full, tells_disk_full
from engines.errors import DiskFull, SourceUnreadable
from engines.visuals.images import open_image
from models.media import MediaLimits
from tasks.errors import full_disk_named

FULL = [errno.ENOSPC, errno.EDQUOT]


@pytest.mark.parametrize("code", FULL)
def test_no_room_and_no_more_of_ones_share_are_the_same(code: int, tmp_path: Path):
    assert is_disk_full(OSError(code, os.strerror(code)))
    assert tells_disk_full(f"av_interleaved_write_frame(): {os.strerror(code)}\nConversion failed!")
    with pytest.raises(DiskFull, match=os.strerror(code)), disk_full_named(tmp_path / "a"):
        raise OSError(code, os.strerror(code))
    with pytest.raises(DiskFull, match=os.strerror(code)), full_disk_named():
        raise OSError(code, os.strerror(code), "/some/file")


@pytest.mark.parametrize("code", FULL)
def test_a_disk_that_fills_while_a_picture_is_open_is_no_fault_of_the_picture(code: int, tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(DiskFull), open_image(tmp_path / "a.png", source="a", limits=MediaLimits()):
        raise OSError(code, os.strerror(code))
    with pytest.raises(SourceUnreadable), open_image(tmp_path / "a.png", source="a", limits=MediaLimits()):
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), OSError("no number"), ValueError(28)])
def test_other_faults_are_no_full_disk(error: Exception):
    assert not is_disk_full(error)
    assert not tells_disk_full(str(error))
