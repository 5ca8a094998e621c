"""One ASS file of a whole short, from those of its scenes."""

import re
from collections.abc import Iterator, Sequence

from engines.subtitles.ass_head import EVENTS

_EVENT = re.compile(r"^(Dialogue: \d+),(\d+:\d\d:\d\d\.\d\d),(\d+:\d\d:\d\d\.\d\d),", re.MULTILINE)
_STYLE = re.compile(r"^Style: ([^,]+),.*\n", re.MULTILINE)


def join_ass(scenes: Sequence[tuple[int, str]]) -> str:
    """Return one ASS script from those of scenes, each with its start in ms; no scenes give an empty text.

    The head is that of the first scene, with the styles of all.
    """
    if not scenes:
        return ""
    head = scenes[0][1].partition("Dialogue: ")[0]
    known = {name[1] for name in _STYLE.finditer(head)}
    for _, script in scenes[1:]:
        for style in _STYLE.finditer(script):
            if style[1] not in known:
                known.add(style[1])
                head = head.replace(EVENTS, style[0] + EVENTS, 1)
    return head + "".join(line for start_ms, script in scenes for line in _moved(script, start_ms))


def _moved(script: str, start_ms: int) -> Iterator[str]:
    """Yield a script's events, `start_ms` later."""
    for line in script.splitlines(keepends=True):
        if event := _EVENT.match(line):
            start, end = (_clock(_centis(time) + start_ms // 10) for time in event.groups()[1:])
            yield f"{event[1]},{start},{end},{line[event.end() :]}"


def _centis(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 6000 + int(seconds.replace(".", ""))


def _clock(centis: int) -> str:
    minutes, rest = divmod(centis, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
