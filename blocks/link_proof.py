"""Whether a share link downloads the file that it stands for: it is opened once, as whoever gets it will do."""

import os
import time
from pathlib import Path
from typing import IO

from blocks.places import protocol_of, proves_links
from blocks.settings import Settings
from blocks.sinks import Sink
from blocks.web import WebFile
from engines.errors import DownloadFailed, LinkBroken, SourceTooLarge, UserError
from models.report import PublishedFile

LONGEST_S = 300.0
PAUSES_S = (1.0, 2.0)  # before it is tried again: a copy that is spread needs a moment
_WEB = ("https://", "http://")


def needs_proof(link: str, folder: str, settings: Settings) -> bool:
    """Return whether a link to a file in `folder` is one of the web, and to be proved here. Raises StoreUnknown."""
    return link.startswith(_WEB) and settings.prove_links and proves_links(folder)


def is_proved(link: str, folder: str) -> bool:
    """Return whether a link names the very file that publishing has read back and compared."""
    return link.startswith("file:") and protocol_of(folder) == "file"


def prove(link: str, file: PublishedFile, settings: Settings) -> None:
    """Download what a link leads to and compare it with the published file; nothing is kept.

    The link's server is the operator's choice and may be in a private network; none that it redirects to may be. Raises
    LinkBroken, and DownloadFailed when no answer came, or not in `LONGEST_S`.
    """
    ends_s = time.monotonic() + LONGEST_S
    for pause_s in PAUSES_S:
        try:
            return _compare(link, file, settings, ends_s - time.monotonic())
        except (LinkBroken, DownloadFailed):
            time.sleep(min(pause_s, max(0.0, ends_s - time.monotonic())))
    return _compare(link, file, settings, ends_s - time.monotonic())


def _compare(link: str, file: PublishedFile, settings: Settings, limit_s: float) -> None:
    limits = {"download_timeout_s": max(1.0, limit_s), "max_source_bytes": max(settings.max_source_bytes, file.size)}
    there = WebFile(link, settings.model_copy(update=limits), is_own=True)
    with Path(os.devnull).open("wb") as nowhere:
        sink = _Bounded(nowhere, there.uri, file.size)
        try:
            there.download(sink)
        except LinkBroken:
            raise
        except SourceTooLarge as error:
            raise DownloadFailed(source=there.uri, reason=f"no more came in {limit_s:.0f} s") from error
        except UserError as error:
            raise LinkBroken(link=there.uri, reason=str(error)) from error
    if (sink.count, sink.sha256) != (file.size, file.sha256):
        reason = f"{sink.count} bytes came that are not the file's {file.size}"
        raise LinkBroken(link=there.uri, reason=reason)


class _Bounded(Sink):
    """Counts and hashes what comes, and stops what is longer than the file."""

    def __init__(self, file: IO[bytes], uri: str, most_bytes: int) -> None:
        super().__init__(file)
        self._uri, self._most_bytes = uri, most_bytes

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises LinkBroken."""
        super().write(chunk)
        if self.count > self._most_bytes:
            raise LinkBroken(link=self._uri, reason=f"more comes than the file's {self._most_bytes} bytes")
