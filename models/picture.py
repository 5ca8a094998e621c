"""The choices for a scene's picture: how it fills the canvas, moves, is kept in sight and takes over."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

EffectName = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]


class Fit(StrEnum):
    """How a picture of another shape fills the canvas."""

    COVER = "cover"
    CONTAIN = "contain"


class MotionName(StrEnum):
    """How the crop window moves over a picture."""

    AUTO = "auto"
    NONE = "none"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    PAN_UP = "pan_up"
    PAN_DOWN = "pan_down"
    DRIFT = "drift"
    PUNCH_IN = "punch_in"


class Easing(StrEnum):
    """How a move gathers speed and loses it."""

    AUTO = "auto"
    LINEAR = "linear"
    EASE_IN = "ease_in"
    EASE_OUT = "ease_out"
    EASE_IN_OUT = "ease_in_out"


class Focus(StrEnum):
    """What a crop keeps and a zoom goes to."""

    AUTO = "auto"
    CENTER = "center"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"


class TransitionName(StrEnum):
    """How a scene takes over from the one before; but for `cut`, each is an effect that `neuroshorts effects` lists."""

    CUT = "cut"
    FADE = "fade"
    DIP = "dip"
    DIP_WHITE = "dip_white"
    SLIDE = "slide"
    SLIDE_RIGHT = "slide_right"
    SLIDE_UP = "slide_up"
    SLIDE_DOWN = "slide_down"
    WIPE = "wipe"
    WIPE_RIGHT = "wipe_right"
    WIPE_UP = "wipe_up"
    WIPE_DOWN = "wipe_down"
    ZOOM = "zoom"
    ZOOM_OUT = "zoom_out"
    WHIP = "whip"
    WHIP_RIGHT = "whip_right"
