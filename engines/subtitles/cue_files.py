"""Subtitles that users bring along: SubRip or WebVTT, told apart by content, their times kept to the millisecond."""

import re
from collections.abc import Sequence
from pathlib import Path

from engines.errors import SourceUnreadable
from engines.subtitles.srt import MAX_BYTES, decode, read_srt
from engines.subtitles.text import plain_text
from engines.subtitles.vtt import read_vtt
from models.captions import Cue

MOST_CUES = 20_000
MOST_CHARACTERS = 2_000  # of one, as of a scene's own caption
_TAG = re.compile(r"</?(?:[ibuscv]|font|lang|ruby|rt)\b[^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}|\{[ibu]\}", re.IGNORECASE)


def read_cues(path: Path, *, source: str) -> tuple[Cue, ...]:
    """Return the cues of a .srt or .vtt file in order of time, without markup; those without text are passed over.

    `source` names the file in errors. Raises SourceUnreadable.
    """
    if path.stat().st_size > MAX_BYTES:
        raise SourceUnreadable(source=source, reason=f"a subtitle file of more than {MAX_BYTES} bytes")
    text = decode(path.read_bytes())
    read = (
        read_vtt(text, source=source) if text.lstrip("\ufeff").startswith("WEBVTT") else read_srt(path, source=source)
    )
    plain = [cue.model_copy(update={"text": _plain(cue.text)}) for cue in read]
    cues = tuple(cue for cue in plain if cue.text and cue.end_ms > cue.start_ms)
    if not cues:
        raise SourceUnreadable(source=source, reason="it has no subtitles that show anything")
    if any(len(cue.text) > MOST_CHARACTERS for cue in cues):
        raise SourceUnreadable(source=source, reason=f"a subtitle of more than {MOST_CHARACTERS} characters")
    if len(cues) > MOST_CUES:
        raise SourceUnreadable(source=source, reason=f"more than {MOST_CUES} subtitles")
    return cues


def within(cues: Sequence[Cue], *, start_ms: int, end_ms: int) -> tuple[Cue, ...]:
    """Return what shows of cues between two times, counted from the first of them."""
    return tuple(
        Cue(start_ms=max(cue.start_ms, start_ms) - start_ms, end_ms=min(cue.end_ms, end_ms) - start_ms, text=cue.text)
        for cue in cues
        if cue.start_ms < end_ms and cue.end_ms > start_ms
    )


def one_at_a_time(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Return cues of which each ends where the next one starts at the latest; those that start together become one."""
    joined: list[Cue] = []
    for cue in cues:
        if joined and joined[-1].start_ms == cue.start_ms:
            text, end_ms = f"{joined[-1].text}\n{cue.text}", max(cue.end_ms, joined[-1].end_ms)
            joined[-1] = cue.model_copy(update={"text": text, "end_ms": end_ms})
        else:
            joined.append(cue)
    starts = [cue.start_ms for cue in joined[1:]]
    ends = [min(cue.end_ms, start_ms) for cue, start_ms in zip(joined, starts, strict=False)]
    return tuple(
        cue.model_copy(update={"end_ms": end_ms})
        for cue, end_ms in zip(joined, [*ends, *(cue.end_ms for cue in joined[-1:])], strict=True)
    )


def _plain(text: str) -> str:
    lines = (plain_text(_TAG.sub("", line)) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
