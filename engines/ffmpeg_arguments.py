"""Arguments for ffmpeg: inputs that read one local file, and text that passes whole through its filter syntax."""

import re
from pathlib import Path

# Frames that a stream only later claims to have, larger than any that a probe lets pass (8192 x 4320).
MOST_FRAME_PIXELS = 40_000_000
_SAFE_INPUT = ("-protocol_whitelist", "file,pipe", "-max_pixels:v", str(MOST_FRAME_PIXELS))


def safe_input(path: Path, *, demuxer: str) -> tuple[str, ...]:
    """Return input arguments that read this one local file and nothing it points to.

    The demuxer is never left to ffmpeg to guess: it looks behind an ID3 tag, say, and takes a playlist there for one.
    """
    return (*_SAFE_INPUT, "-f", demuxer, "-i", f"file:{path}")


def filter_escape(value: str) -> str:
    """Return `value` (a path, say) so that it passes whole through ffmpeg's filter syntax as one option's value.

    ffmpeg unescapes twice: when it splits the graph into filters, and when it splits a filter's options.
    """
    option = re.sub(r"([\\':\s])", r"\\\1", value)
    return re.sub(r"([\\'\[\],;\s])", r"\\\1", option)
