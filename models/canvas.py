"""The canvas: the picture's shape and frame rate, and how much time its encoder may take."""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import Model


class Quality(StrEnum):
    """How much time the encoder may take."""

    PREVIEW = "preview"
    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"
    LOSSLESS = "lossless"


class CanvasPreset(StrEnum):
    """The shape of the picture."""

    VERTICAL = "vertical"
    SQUARE = "square"
    WIDE = "wide"


CANVAS_SIZES: dict[CanvasPreset, tuple[int, int]] = {
    CanvasPreset.VERTICAL: (1080, 1920),
    CanvasPreset.SQUARE: (1080, 1080),
    CanvasPreset.WIDE: (1920, 1080),
}
FRAME_RATES: dict[float, Fraction] = {
    23.976: Fraction(24000, 1001),
    24: Fraction(24),
    25: Fraction(25),
    29.97: Fraction(30000, 1001),
    30: Fraction(30),
    50: Fraction(50),
    59.94: Fraction(60000, 1001),
    60: Fraction(60),
}


def _known_rate(value: float) -> float:
    if value not in FRAME_RATES:
        raise ValueError(f"should be one of {', '.join(f'{rate:g}' for rate in FRAME_RATES)}")
    return value


FrameRate = Annotated[float, AfterValidator(_known_rate), Field(json_schema_extra={"enum": list(FRAME_RATES)})]


class Canvas(Model):
    """The picture's shape and frame rate."""

    preset: CanvasPreset = Field(
        default=CanvasPreset.VERTICAL,
        title="Shape",
        description="vertical 1080x1920, square 1080x1080, wide 1920x1080; a draft has half of that, a preview a third",
    )
    fps: FrameRate = Field(default=30, title="Frames per second", description="23.976 to 60; exact NTSC rates")
