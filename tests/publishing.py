"""What tests of every kind of destination do alike: publish one file, and want one folder all at once."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from blocks import destinations
from engines.errors import DestinationTaken
from models.destination import Labels, Overwrite, Owner
from models.report import PublishedFile


def publish_video(
    folder: str, tmp_path: Path, content: bytes, owner: Owner, *, overwrite: Overwrite, cache_control: str = ""
) -> PublishedFile:
    """Claim a folder for its owner and publish `content` there as video.mp4."""
    source, sha256 = tmp_path / "source", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    labels = Labels(
        title=owner.title, run=owner.run, media_type="video/mp4", sha256=sha256, cache_control=cache_control
    )
    destinations.claim_folder(folder, owner, overwrite, files=("video.mp4",))
    (file,) = destinations.publish_files({"video.mp4": (source, labels)}, folder=folder)
    return file


def winners(folder: str, *, contenders: int) -> int:
    """Let so many titles claim a folder at the same moment, and return how many got it."""
    barrier = Barrier(contenders)

    def claimed(number: int) -> bool:
        barrier.wait()
        owner = Owner(title=f"Title {number}", run=f"run-{number}", spec=f"spec-{number}")
        try:
            destinations.claim_folder(folder, owner, Overwrite.TITLE, files=("video.mp4",))
        except DestinationTaken:
            return False
        return True

    with ThreadPoolExecutor(contenders) as pool:
        return sum(pool.map(claimed, range(contenders)))
