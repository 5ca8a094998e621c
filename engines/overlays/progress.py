"""Progress bars that cost nothing per frame: a drawn bar, uncovered by a moving clip."""

import math

from engines.overlays.ass import Rect, Span, grown, rounded, shape
from engines.overlays.zones import Zones, centered
from models.graphics import Look, ProgressBar

HEIGHT_PX = 10  # as all lengths here for a canvas whose short side is 1080
_GAP_PX = 8
_LEAST_SEGMENT_PX = 14
_EDGE_PX = 2  # a dark rim, so that the track is seen on any picture
_EDGE_OPACITY, _TRACK_OPACITY = 0.35, 0.4
_STEPS = 64
_ALWAYS_MS = 3_600_000  # later than any scene ends, so that what stays does not depend on when that is


def progress_bar(
    kind: ProgressBar,
    zones: Zones,
    *,
    canvas_width_px: int,
    look: Look,
    place: tuple[int, int],
    reached: tuple[float, float],
    duration_ms: int,
) -> tuple[list[str], Zones]:
    """Return the events of the scene at `place` (its index, and how many there are), and the room that is left.

    `segments` depends on nothing but the scene's own length and number. `line` begins and ends at what has been
    `reached` (fractions of the whole short), in steps of 1/64: small changes elsewhere leave most scenes as they are.
    With too many scenes for segments, there is a line.
    """
    index, count = place
    strip, left = zones.take_edge(HEIGHT_PX * zones.unit)
    bar = centered(strip, canvas_width_px)
    gap_px = _GAP_PX * zones.unit
    pitch_px = (bar.width_px + gap_px) / count
    if kind is ProgressBar.SEGMENTS and pitch_px - gap_px >= _LEAST_SEGMENT_PX * zones.unit:
        marks = [
            Rect(start, bar.top_px, start + pitch_px - gap_px, bar.bottom_px)
            for start in (bar.left_px + pitch_px * number for number in range(count))
        ]
        return _filled(marks, index, (0.0, 1.0), look, duration_ms), left
    steps = round(reached[0] * _STEPS) / _STEPS, round(reached[1] * _STEPS) / _STEPS
    return _filled([bar], 0, steps, look, duration_ms), left


def _filled(marks: list[Rect], current: int, reached: tuple[float, float], look: Look, duration_ms: int) -> list[str]:
    always = Span(0, _ALWAYS_MS)
    edge_px = _EDGE_PX * marks[0].height_px / HEIGHT_PX
    events = [
        shape(_paths([grown(mark, edge_px) for mark in marks]), always, color="#000000", opacity=_EDGE_OPACITY),
        shape(_paths(marks), always, color="#FFFFFF", opacity=_TRACK_OPACITY),
    ]
    if current:
        events.append(shape(_paths(marks[:current]), always, color=look.accent_color))
    mark = marks[current]
    top, bottom, left = int(mark.top_px), int(mark.bottom_px) + 1, int(mark.left_px)
    start_px, end_px = (left + math.ceil(mark.width_px * share) for share in reached)
    clip = f"\\clip({left},{top},{start_px},{bottom})\\t(0,{duration_ms},\\clip({left},{top},{end_px},{bottom}))"
    return [*events, shape(_paths([mark]), always, color=look.accent_color, tags=clip)]


def _paths(rects: list[Rect]) -> str:
    return " ".join(rounded(rect, rect.height_px / 2) for rect in rects)
