"""Opening video and audio files in this process so that a hostile one takes neither its memory nor its time."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from engines import ffmpeg
from engines.child_limits import OPENING
from engines.errors import FfmpegFailed, FfmpegTimeout, SourceTooLarge, SourceUnreadable
from engines.ffmpeg_arguments import MOST_FRAME_PIXELS, safe_input
from engines.visuals.sample_tables import check_samples

# How PyAV fails on a packet of a track that was not there when the file was opened.
NEW_TRACK = IndexError
_OPTIONS = {"protocol_whitelist": "file"}
_OPEN_TIMEOUT_S = 60.0
_TO_NOWHERE = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-t", "0", "-f", "null", "-")
_OUT_OF_MEMORY = "Cannot allocate memory"


@contextmanager
def open_container(path: Path, *, demuxer: str, source: str) -> Generator[InputContainer]:
    """Open a file with the one demuxer that suits its content; what PyAV raises in the block becomes SourceUnreadable.

    `source` names the file in errors.
    """
    try:
        with av.open(
            f"file:{path}", format=demuxer, options=_OPTIONS, metadata_errors="replace", timeout=_OPEN_TIMEOUT_S
        ) as container:
            for stream in container.streams.video:
                if stream.codec_context is not None:  # a later frame may claim another size than the first
                    stream.codec_context.options = {"max_pixels": str(MOST_FRAME_PIXELS)}
            yield container
    except av.FFmpegError as error:
        raise SourceUnreadable(source=source, reason=f"it is cut off or damaged ({error.strerror})") from error
    except NEW_TRACK as error:
        raise SourceUnreadable(source=source, reason="it is damaged: a track begins in its middle") from error


def check_opens(path: Path, *, demuxer: str, source: str) -> None:
    """Let a child with little memory open a file before this process does, which takes about 20 ms.

    Raises SourceTooLarge, and SourceUnreadable for what no decoder survives; all else is for the probe to tell.
    """
    if demuxer == "mov":
        check_samples(path, source=source)
    opened = ("-threads", "1", *safe_input(path, demuxer=demuxer))
    try:
        ffmpeg.run((*opened, *_TO_NOWHERE), timeout_s=_OPEN_TIMEOUT_S, limits=OPENING)
    except FfmpegTimeout:
        raise SourceUnreadable(source=source, reason=f"opening it takes more than {_OPEN_TIMEOUT_S:g} s") from None
    except FfmpegFailed as error:
        if error.exit_code == -signal.SIGKILL:  # somebody ended it: not the source's fault
            raise
        if error.exit_code < 0:
            raise SourceUnreadable(source=source, reason="it is damaged so that decoders crash on it") from None
        if _OUT_OF_MEMORY in error.log:
            limit = f"{OPENING.data_bytes >> 20} MiB of memory to open it"
            raise SourceTooLarge(source=source, limit=limit) from None
