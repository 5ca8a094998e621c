"""Named camera moves as a pair of crop windows."""

from models.shots import FULL_WINDOW, Shot, Window
from models.spec import MotionName

MOST_ZOOM = 1.15
LEAST_ZOOM = 1.10
_AUTOMATIC = (MotionName.ZOOM_IN, MotionName.PAN_RIGHT, MotionName.ZOOM_OUT, MotionName.PAN_LEFT)


def choose_motion(wanted: MotionName, *, scene_index: int, is_still: bool) -> MotionName:
    """Return the move that `wanted` means here: `auto` differs between neighbouring stills and leaves clips alone."""
    if wanted is not MotionName.AUTO:
        return wanted
    return _AUTOMATIC[scene_index % len(_AUTOMATIC)] if is_still else MotionName.NONE


def window_path(
    motion: MotionName, *, picture_px: tuple[int, int], canvas_px: tuple[int, int]
) -> tuple[Window, Window]:
    """Return the windows at a move's start and end over a picture of (width, height); `motion` is not `auto`.

    The close window shows the picture pixel by pixel where it has the headroom for that, else a little enlarged.
    """
    width, height = (_close_span(*pair) for pair in zip(picture_px, canvas_px, strict=True))

    def close(x: float, y: float) -> Window:
        return Window(x=x * (1 - width), y=y * (1 - height), width=width, height=height)

    left, right, top, foot = close(0, 0.5), close(1, 0.5), close(0.5, 0), close(0.5, 1)
    center = close(0.5, 0.5)
    return {
        MotionName.NONE: (FULL_WINDOW, FULL_WINDOW),
        MotionName.ZOOM_IN: (FULL_WINDOW, center),
        MotionName.ZOOM_OUT: (center, FULL_WINDOW),
        MotionName.PAN_LEFT: (right, left),
        MotionName.PAN_RIGHT: (left, right),
        MotionName.PAN_UP: (foot, top),
        MotionName.PAN_DOWN: (top, foot),
    }[motion]


def _close_span(picture_px: int, canvas_px: int) -> float:
    exact = canvas_px / picture_px
    return exact if exact < 1 / LEAST_ZOOM else 1 / MOST_ZOOM


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
