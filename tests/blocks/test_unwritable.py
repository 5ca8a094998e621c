"""Folders of this machine that nothing could be published to are told before anything is made."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from blocks import destinations
from engines.errors import DiskFull, StoreRefused
from tasks.publish import check_writable

NOBODY = 65534


@contextmanager
def unprivileged() -> Generator[None]:
    """Nothing stops the superuser from writing to a folder without its permission."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def full_disk(tmp_path: Path) -> Generator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=False)


def test_a_folder_that_is_there_or_will_be_is_fine_and_left_as_it_was(tmp_path: Path):
    destinations.check_writable(str(tmp_path))
    destinations.check_writable(str(tmp_path / "new" / "deeper"))
    destinations.check_writable((tmp_path / "new").as_uri())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("below", [".", "short", "out/short"])
def test_a_file_in_the_way_is_named(tmp_path: Path, below: str):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreRefused, match="taken is there, and is no folder"):
        destinations.check_writable(str(tmp_path / "taken" / below))
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_link_that_leads_nowhere_is_in_the_way(tmp_path: Path):
    (tmp_path / "taken").symlink_to(tmp_path / "gone")
    with pytest.raises(StoreRefused, match="taken is there, and is no folder"):
        destinations.check_writable(str(tmp_path / "taken"))


def test_a_folder_without_permission_is_named(tmp_path: Path):
    (tmp_path / "theirs").mkdir(mode=0o500)
    with unprivileged(), pytest.raises(StoreRefused, match=r"refused: cannot write to .*: Permission denied"):
        destinations.check_writable(str(tmp_path / "theirs" / "short"))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that takes files from nobody")
def test_a_folder_that_takes_no_files_from_anybody_is_named():
    with pytest.raises(StoreRefused, match="refused: cannot write to /proc: "):
        destinations.check_writable("/proc/short")


def test_a_disk_without_room_is_a_fault_that_may_pass(full_disk: Path):
    with pytest.raises(DiskFull, match=r"no space left for .*small"):
        check_writable(str(full_disk / "short"))
