"""Events: the lines of an ASS script, in layers, placed and brought in as the captions' animation says."""

from engines.subtitles import animations
from engines.subtitles.ass_text import clock
from engines.subtitles.lines import Line, Look

PAGE_BOX_LAYER, WORD_BOX_LAYER, SHADOW_LAYER, TEXT_LAYER = range(4)


def event(layer: int, start_ms: int, end_ms: int, style: str, text: str) -> str:
    """Return an event whose text holds its own tags."""
    return f"Dialogue: {layer},{clock(start_ms)},{clock(end_ms)},{style},,0,0,0,,{text}"


def spot(x_px: float, below_px: float, since_ms: int, line: Line, look: Look) -> str:
    """Return the tags that place and bring in an event whose anchor is `below_px` under the baseline."""
    y_px, animation = line.placed.baseline_px + below_px, look.style.animation
    place_tags = animations.position(animation, x_px, y_px, em_px=line.em_px, since_ms=since_ms)
    return place_tags + animations.fade(animation, since_ms)
