"""A scene's picture, made ready for the encode: what `compose_clip` makes and `burn_subtitles` plays."""

from typing import Annotated, Literal

from pydantic import Field

from models.artifacts import ArtifactRef
from models.base import Model


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
    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0, description="End of the part that is played; the part loops when a scene is longer")
    width_px: int = Field(gt=0, multiple_of=4, description="Width the frames are decoded to, after fitting")
    height_px: int = Field(gt=0, multiple_of=4, description="Height the frames are decoded to, after fitting")
    fit: Literal["cover", "contain"] = "cover"


class Shot(Model):
    """A picture and the path of the crop window over it, from the scene's first frame to its last."""

    picture: Annotated[Plate | Footage, Field(discriminator="kind")]
    window_from: Window = FULL_WINDOW
    window_to: Window = FULL_WINDOW
    easing: Literal["linear", "ease_in_out"] = "ease_in_out"
