"""WebVTT files."""

from collections.abc import Sequence
from html import escape, unescape

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from engines.errors import SourceUnreadable
from models.captions import Cue


def write_vtt(cues: Sequence[Cue]) -> str:
    """Return cues as the text of a WebVTT file (to be written as UTF-8); markup in a cue's text shows literally."""
    return "\n".join(["WEBVTT\n", *(_block(number, cue) for number, cue in enumerate(cues, start=1))])


def read_vtt(text: str, *, source: str) -> tuple[Cue, ...]:
    """Return the cues of a WebVTT file in order of time, their character references resolved. Raises SourceUnreadable.

    Cues that cannot be understood are passed over, and so are notes and style sheets.
    """
    try:
        captions = webvtt.from_string(text).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        raise SourceUnreadable(source=source, reason=f"not a WebVTT file: {error}") from error
    cues = []
    for caption in captions:
        start_ms = caption.start_time.in_milliseconds()
        end_ms = max(start_ms, caption.end_time.in_milliseconds())
        cues.append(Cue(start_ms=start_ms, end_ms=end_ms, text=unescape(caption.text)))
    return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)))


def _block(number: int, cue: Cue) -> str:
    lines = (" ".join(line.split()) for line in cue.text.splitlines())
    text = "\n".join(escape(line, quote=False) for line in lines if line)
    return f"{number}\n{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{text}\n"


def _clock(time_ms: int) -> str:
    seconds, millis = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{millis:03}"
