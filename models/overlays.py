"""What is drawn over the video: captions, emoji, logos, cards."""

from typing import Self

from pydantic import Field, model_validator

from models.artifacts import ArtifactRef
from models.base import Model


class PlacedImage(Model):
    """A picture over a scene, from `start_ms` to `end_ms` after the scene's first frame."""

    blob: ArtifactRef = Field(description="PNG; what is transparent in it shows the video")
    x_px: int = Field(description="Of its left edge; even, as colours are stored for every second pixel", multiple_of=2)
    y_px: int = Field(description="Of its upper edge; even", multiple_of=2)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0)
    fade_in_ms: int = Field(default=0, ge=0, description="How long it takes to appear, from `start_ms` on")
    fade_out_ms: int = Field(default=0, ge=0, description="How long it takes to go, up to `end_ms`")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError(f"end_ms ({self.end_ms}) should be greater than start_ms ({self.start_ms})")
        return self


class Overlays(Model):
    """What is drawn over a scene: its captions, then pictures, one after the other."""

    captions: ArtifactRef | None = Field(default=None, description="An ASS file")
    library: str | None = Field(default=None, description="Version of the fonts that the captions are drawn with")
    images: tuple[PlacedImage, ...] = ()
