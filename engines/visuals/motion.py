"""Named camera moves as a pair of crop windows, and where a shot's window is at a time."""

from collections.abc import Sequence

from engines.visuals.easing import eased
from engines.visuals.following import followed
from engines.visuals.geometry import MIDDLE, Pair, Size
from models.picture import Easing, Fit, MotionName
from models.shots import FULL_WINDOW, Footage, Shot, Window

MOST_ZOOM = 1.15
LEAST_ZOOM = 1.10
PUNCH_ZOOM = 1.25
MOST_TRAVEL = 1.4  # in canvases: a pan over a picture of another shape goes over what a crop would hide
_DRIFT_TRAVEL = 1.22
_ACROSS = frozenset({MotionName.PAN_LEFT, MotionName.PAN_RIGHT})
_DOWN = frozenset({MotionName.PAN_UP, MotionName.PAN_DOWN})
_AUTOMATIC = (MotionName.ZOOM_IN, MotionName.PAN_RIGHT, MotionName.ZOOM_OUT, MotionName.DRIFT, MotionName.PAN_LEFT)
MOTIONS: dict[MotionName, str] = {
    MotionName.AUTO: "Another one for every still; clips stay as they were filmed",
    MotionName.NONE: "The camera rests",
    MotionName.ZOOM_IN: "Slowly closer to the subject",
    MotionName.ZOOM_OUT: "Slowly away from the subject",
    MotionName.PAN_LEFT: "The view goes left, over more of a wide picture",
    MotionName.PAN_RIGHT: "The view goes right, over more of a wide picture",
    MotionName.PAN_UP: "The view goes up, over more of a tall picture",
    MotionName.PAN_DOWN: "The view goes down, over more of a tall picture",
    MotionName.DRIFT: "Slowly up and to the right",
    MotionName.PUNCH_IN: "A quick step closer at a word (`motion_word`)",
}


def choose_motions(wanted: Sequence[MotionName]) -> list[MotionName]:
    """Return the moves that stills of scenes in a row make: each `auto` differs from both of its neighbours."""
    chosen: list[MotionName] = []
    for index, motion in enumerate(wanted):
        if motion is MotionName.AUTO:
            beside = {*chosen[-1:], *wanted[index + 1 : index + 2]}
            turn = (_AUTOMATIC[(index + step) % len(_AUTOMATIC)] for step in range(len(_AUTOMATIC)))
            motion = next(candidate for candidate in turn if candidate not in beside)
        chosen.append(motion)
    return chosen


def clip_motion(wanted: MotionName) -> MotionName:
    """Return the move that a clip makes: `auto` leaves it alone."""
    return MotionName.NONE if wanted is MotionName.AUTO else wanted


def easing_of(motion: MotionName, wanted: Easing) -> Easing:
    """Return the easing that `wanted` means for a move."""
    if wanted is not Easing.AUTO:
        return wanted
    return Easing.EASE_OUT if motion is MotionName.PUNCH_IN else Easing.EASE_IN_OUT


def room_for(motion: MotionName, *, picture_px: Size, canvas_px: Size, fit: Fit) -> Pair:
    """Return how many canvases wide and high a picture is kept, so that the move has something to go over.

    A pan over a picture that is wider than the canvas (or taller, if it goes up or down) goes over what a crop to the
    canvas would hide; every other move is made inside of the crop.
    """
    if motion is MotionName.NONE:
        return 1.0, 1.0
    if motion is MotionName.PUNCH_IN:
        return PUNCH_ZOOM, PUNCH_ZOOM
    wider = picture_px[0] * canvas_px[1] / (picture_px[1] * canvas_px[0])
    if fit is Fit.COVER and motion in _ACROSS and wider > LEAST_ZOOM:
        return min(MOST_TRAVEL, wider), 1.0
    if fit is Fit.COVER and motion in _DOWN and wider < 1 / LEAST_ZOOM:
        return 1.0, min(MOST_TRAVEL, 1 / wider)
    if fit is Fit.COVER and motion is MotionName.DRIFT:
        return min(_DRIFT_TRAVEL, MOST_ZOOM * max(1.0, wider)), min(_DRIFT_TRAVEL, MOST_ZOOM * max(1.0, 1 / wider))
    return MOST_ZOOM, MOST_ZOOM


def window_path(
    motion: MotionName, *, picture_px: Size, canvas_px: Size, room: Pair, focus: Pair = MIDDLE
) -> tuple[Window, Window]:
    """Return the windows at a move's start and end over a picture of (width, height); `motion` is not `auto`.

    `room` is how many canvases the picture was kept to, `focus` what a zoom goes to, in fractions of the picture.
    The close window shows the picture pixel by pixel where it has the pixels for that, else a little enlarged.
    """
    width, height = (_close_span(*pair) for pair in zip(picture_px, canvas_px, room, strict=True))

    def close(x: float, y: float) -> Window:
        return Window(x=x * (1 - width), y=y * (1 - height), width=width, height=height)

    left, right, top, foot = close(0, 0.5), close(1, 0.5), close(0.5, 0), close(0.5, 1)
    subject = close(_offset(focus[0], width), _offset(focus[1], height))
    return {
        MotionName.NONE: (FULL_WINDOW, FULL_WINDOW),
        MotionName.ZOOM_IN: (FULL_WINDOW, subject),
        MotionName.ZOOM_OUT: (subject, FULL_WINDOW),
        MotionName.PAN_LEFT: (right, left),
        MotionName.PAN_RIGHT: (left, right),
        MotionName.PAN_UP: (foot, top),
        MotionName.PAN_DOWN: (top, foot),
        MotionName.DRIFT: (close(0, 1), close(1, 0)),
        MotionName.PUNCH_IN: (FULL_WINDOW, subject),
    }[motion]


def _close_span(picture_px: int, canvas_px: int, room: float) -> float:
    exact = canvas_px / picture_px
    return exact if exact * room < MOST_ZOOM / LEAST_ZOOM else 1 / room


def _offset(focus: float, length: float) -> float:
    """Return where a window of `length` has `focus` in its middle: 0 (at the edge) to 1 (at the other)."""
    return min(1.0, max(0.0, (focus - length / 2) / (1 - length))) if length < 1 else 0.5


def window_at(shot: Shot, progress: float) -> Window:
    """Return the window when `progress` (0 to 1) of the move's time is over; held outside that range."""
    return between(shot.window_from, shot.window_to, eased(progress, shot.easing))


def window_during(shot: Shot, time_s: float, *, duration_s: float, played_s: float = 0.0) -> Window:
    """Return the window `time_s` after the start of a clip of `duration_s`.

    `played_s` is how long footage had been playing then; a window that follows a subject goes by the footage's time.
    """
    if shot.follow:
        assert isinstance(shot.picture, Footage)
        part_ms = shot.picture.end_ms - shot.picture.start_ms
        return followed(shot.follow, ((played_s + time_s) * 1000) % part_ms)
    start_s = shot.move_from_ms / 1000
    end_s = duration_s if shot.move_to_ms is None else shot.move_to_ms / 1000
    return window_at(shot, (time_s - start_s) / max(1e-3, end_s - start_s))


def between(start: Window, end: Window, share: float) -> Window:
    """Return the window `share` (0 to 1) of the way from one to another."""

    def mixed(a: float, b: float) -> float:
        return a + (b - a) * share

    return Window.model_construct(  # a convex mix of two valid windows is valid
        x=mixed(start.x, end.x),
        y=mixed(start.y, end.y),
        width=mixed(start.width, end.width),
        height=mixed(start.height, end.height),
    )
