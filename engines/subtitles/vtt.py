"""WebVTT files."""

from collections.abc import Sequence
from html import escape

from models.captions import Cue


def write_vtt(cues: Sequence[Cue]) -> str:
    """Return cues as the text of a WebVTT file (to be written as UTF-8); markup in a cue's text shows literally."""
    return "\n".join(["WEBVTT\n", *(_block(number, cue) for number, cue in enumerate(cues, start=1))])


def _block(number: int, cue: Cue) -> str:
    lines = (" ".join(line.split()) for line in cue.text.splitlines())
    text = "\n".join(escape(line, quote=False) for line in lines if line)
    return f"{number}\n{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{text}\n"


def _clock(time_ms: int) -> str:
    seconds, millis = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{millis:03}"
