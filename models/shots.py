"""A scene's picture, made ready for the encode: what `compose_clip` makes and `burn_subtitles` plays."""

from typing import Annotated, Literal

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model
from models.picture import Easing, EffectName, Fit, Focus, MotionName


class Window(Model):
    """A crop window in fractions of the picture's width and height."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


FULL_WINDOW = Window(x=0, y=0, width=1, height=1)


class Plate(Model):
    """A still, oriented, colour-converted and fitted once: planar I420 (BT.709, limited range) in a .npy file."""

    kind: Literal["plate"] = "plate"
    blob: ArtifactRef = Field(description="uint8 .npy of shape (height_px * 3 // 2, width_px)")
    width_px: int = Field(gt=0, multiple_of=4)
    height_px: int = Field(gt=0, multiple_of=4)


class Footage(Model):
    """Trimmed footage, kept by reference and decoded while it is encoded."""

    kind: Literal["footage"] = "footage"
    blob: ArtifactRef
    source: str = Field(description="What to call it in errors")
    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0, description="End of the part that is played; the part loops when a scene is longer")
    width_px: int = Field(gt=0, multiple_of=4, description="Width the frames are decoded to, after fitting")
    height_px: int = Field(gt=0, multiple_of=4, description="Height the frames are decoded to, after fitting")
    fit: Fit = Fit.COVER
    focus_x: float = Field(default=0.5, ge=0, le=1, description="Where `cover` crops: 0 left edge, 1 right edge")
    focus_y: float = Field(default=0.5, ge=0, le=1, description="Where `cover` crops: 0 top, 1 foot")


class EffectUse(Model):
    """A transition, or a look over a scene's picture."""

    name: EffectName
    sha256: str = Field(description="Of the file that defines it: what was made with another one is out of date")


class Framing(Model):
    """How one scene wants its picture: everything that `compose_clip` needs to know of the scene, and no more."""

    fit: Fit
    motion: MotionName = Field(description="Of a clip; never auto")
    still_motion: MotionName = Field(description="Of a still; never auto")
    start_ms: int = Field(default=0, ge=0)
    end_ms: int | None = None
    focus: Focus = Focus.AUTO
    easing: Easing = Easing.AUTO
    looks: tuple[EffectUse, ...] = ()
    watched_ms: int = Field(default=12_000, gt=0, description="How much of a clip is searched for its subject")


class WindowKey(Model):
    """Where the window is at one time of a part of footage; between two keys it moves with ease."""

    at_ms: int = Field(ge=0, description="From the part's start")
    window: Window


class Shot(Model):
    """A picture and the path of the crop window over it, from the scene's first frame to its last.

    The window moves from `window_from` to `window_to` in the time from `move_from_ms` to `move_to_ms`, unless it
    follows a subject: then `follow` has its places.
    """

    picture: Annotated[Plate | Footage, Field(discriminator="kind")]
    window_from: Window = FULL_WINDOW
    window_to: Window = FULL_WINDOW
    easing: Easing = Field(default=Easing.EASE_IN_OUT, description="Never auto")
    move_from_ms: int = Field(default=0, ge=0, description="From the scene's first frame")
    move_to_ms: int | None = Field(default=None, description="None for the scene's end")
    follow: tuple[WindowKey, ...] = ()
    looks: tuple[EffectUse, ...] = ()
    second: "Shot | None" = Field(default=None, description="Shares the screen: below, or to the right if it is wide")

    @property
    def pictures(self) -> tuple[Plate | Footage, ...]:
        """Everything that is seen."""
        return (self.picture, *(self.second.pictures if self.second else ()))

    @property
    def has_footage(self) -> bool:
        """Whether anything that is seen is decoded from a video."""
        return any(isinstance(picture, Footage) for picture in self.pictures)


class Previous(Model):
    """The scene that a transition takes over from."""

    shot: Shot
    frame_count: int = Field(ge=1, description="Frames of that scene, after which footage plays on")
    transition_frames: int = Field(ge=1, description="Frames during which both are seen")
    transition: EffectUse


class Segment(Model):
    """One encoded run of frames."""

    blob: ArtifactRef = Field(description="MP4 of video only, starting with an IDR frame")
    frame_count: int = Field(ge=1)


class EncodedScene(Model):
    """One encoded scene."""

    segments: tuple[Segment, ...] = Field(min_length=1, description="One after the other")

    @property
    def frame_count(self) -> int:
        """Frames of the whole scene."""
        return sum(segment.frame_count for segment in self.segments)
