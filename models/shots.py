"""A scene's picture, made ready for the encode: what `compose_clip` makes and `burn_subtitles` plays."""

from typing import Annotated, Literal

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model
from models.spec import Fit, MotionName


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


class Framing(Model):
    """How one scene wants its picture: everything that `compose_clip` needs to know of the scene, and no more."""

    fit: Fit
    motion: MotionName = Field(description="Of a clip; never auto")
    still_motion: MotionName = Field(description="Of a still; never auto")
    start_ms: int = Field(default=0, ge=0)
    end_ms: int | None = None


class Shot(Model):
    """A picture and the path of the crop window over it, from the scene's first frame to its last."""

    picture: Annotated[Plate | Footage, Field(discriminator="kind")]
    window_from: Window = FULL_WINDOW
    window_to: Window = FULL_WINDOW
    easing: Literal["linear", "ease_in_out"] = "ease_in_out"


class Previous(Model):
    """The scene that a transition takes over from."""

    shot: Shot
    frame_count: int = Field(ge=1, description="Frames of that scene, after which footage plays on")
    transition_frames: int = Field(ge=1, description="Frames during which both are seen")


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
