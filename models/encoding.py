"""How frames are encoded: one table, shared by the render and by the benchmark's yardstick."""

from fractions import Fraction

from pydantic import Field

from models.base import Model
from models.spec import CANVAS_SIZES, FRAME_RATES, Canvas, Quality


class VideoSettings(Model):
    """The canvas and the x264 settings of one short; equal settings make segments that join by stream copy."""

    width_px: int = Field(gt=0, multiple_of=4)
    height_px: int = Field(gt=0, multiple_of=4)
    fps: Fraction
    x264_preset: str
    crf: int = Field(ge=0, le=51)


_X264: dict[Quality, tuple[str, int]] = {
    Quality.DRAFT: ("ultrafast", 28),
    Quality.STANDARD: ("veryfast", 20),
    Quality.HIGH: ("medium", 17),
}


def video_settings(canvas: Canvas, quality: Quality) -> VideoSettings:
    """Return the settings for a canvas at a quality; a draft has half the width and height."""
    width_px, height_px = CANVAS_SIZES[canvas.preset]
    shrink = 2 if quality is Quality.DRAFT else 1
    preset, crf = _X264[quality]
    return VideoSettings(
        width_px=width_px // shrink,
        height_px=height_px // shrink,
        fps=FRAME_RATES[canvas.fps],
        x264_preset=preset,
        crf=crf,
    )
