"""Named camera moves as a pair of crop windows."""

from models.shots import FULL_WINDOW, Shot, Window
from models.spec import MotionName

MOST_ZOOM = 1.15
_SPAN = 1 / MOST_ZOOM
_REST = 1 - _SPAN
_CENTER = Window(x=_REST / 2, y=_REST / 2, width=_SPAN, height=_SPAN)
_LEFT = Window(x=0, y=_REST / 2, width=_SPAN, height=_SPAN)
_RIGHT = Window(x=_REST, y=_REST / 2, width=_SPAN, height=_SPAN)
_TOP = Window(x=_REST / 2, y=0, width=_SPAN, height=_SPAN)
_FOOT = Window(x=_REST / 2, y=_REST, width=_SPAN, height=_SPAN)

_PATHS = {
    MotionName.NONE: (FULL_WINDOW, FULL_WINDOW),
    MotionName.ZOOM_IN: (FULL_WINDOW, _CENTER),
    MotionName.ZOOM_OUT: (_CENTER, FULL_WINDOW),
    MotionName.PAN_LEFT: (_RIGHT, _LEFT),
    MotionName.PAN_RIGHT: (_LEFT, _RIGHT),
    MotionName.PAN_UP: (_FOOT, _TOP),
    MotionName.PAN_DOWN: (_TOP, _FOOT),
}
_AUTOMATIC = (MotionName.ZOOM_IN, MotionName.PAN_RIGHT, MotionName.ZOOM_OUT, MotionName.PAN_LEFT)


def choose_motion(wanted: MotionName, *, scene_index: int, is_still: bool) -> MotionName:
    """Return the move that `wanted` means here: `auto` differs between neighbouring stills and leaves clips alone."""
    if wanted is not MotionName.AUTO:
        return wanted
    return _AUTOMATIC[scene_index % len(_AUTOMATIC)] if is_still else MotionName.NONE


def window_path(motion: MotionName) -> tuple[Window, Window]:
    """Return the windows at a move's start and end; `motion` is not `auto`."""
    return _PATHS[motion]


def headroom(motion: MotionName) -> float:
    """Return how much larger than the canvas a picture should be kept, so that the move never enlarges it."""
    return 1.0 if motion is MotionName.NONE else MOST_ZOOM


def window_at(shot: Shot, progress: float) -> Window:
    """Return the window at `progress` (0 at the first frame, 1 at the last); held outside that range."""
    progress = min(1.0, max(0.0, progress))
    if shot.easing == "ease_in_out":
        progress = progress * progress * (3 - 2 * progress)
    start, end = shot.window_from, shot.window_to

    def between(a: float, b: float) -> float:
        return a + (b - a) * progress

    return Window.model_construct(  # a convex mix of two valid windows is valid
        x=between(start.x, end.x),
        y=between(start.y, end.y),
        width=between(start.width, end.width),
        height=between(start.height, end.height),
    )
