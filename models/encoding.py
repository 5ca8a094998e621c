"""How frames are encoded: one table, shared by the render and by the benchmark's yardstick."""

from fractions import Fraction
from typing import Literal

from pydantic import Field

from models.base import Model
from models.canvas import CANVAS_SIZES, FRAME_RATES, Canvas, Quality
from models.export import Codec

Encoder = Literal[
    "libx264", "libx265", "libsvtav1", "libvpx-vp9",
    "h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "hevc_qsv", "av1_qsv", "vp9_qsv",
    "h264_amf", "hevc_amf", "av1_amf", "h264_videotoolbox", "hevc_videotoolbox",
]  # fmt: skip


class FrameFormat(Model):
    """What frames are before they are encoded: everything that pictures and captions need to know of a video."""

    width_px: int = Field(gt=0, multiple_of=4)
    height_px: int = Field(gt=0, multiple_of=4)
    fps: Fraction


class VideoSettings(FrameFormat):
    """A frame format and how it is encoded; equal settings make segments that join by stream copy."""

    encoder: Encoder = "libx264"
    preset: str = Field(description="The encoder's own name of its speed; empty where it has one only")
    crf: int = Field(ge=0, le=63, description="Constant quality on the encoder's own scale; lower is better")
    max_kbps: int | None = Field(default=None, gt=0, description="Most kilobits in any second; None for no limit")

    @property
    def frame(self) -> FrameFormat:
        """The frames alone, which are the same however they are encoded."""
        return FrameFormat(width_px=self.width_px, height_px=self.height_px, fps=self.fps)


SOFTWARE: dict[Codec, Encoder] = {
    Codec.H264: "libx264",
    Codec.HEVC: "libx265",
    Codec.AV1: "libsvtav1",
    Codec.VP9: "libvpx-vp9",
}
_SETTINGS: dict[Codec, dict[Quality, tuple[str, int]]] = {
    Codec.H264: {
        Quality.PREVIEW: ("ultrafast", 28),
        Quality.DRAFT: ("ultrafast", 28),
        Quality.STANDARD: ("veryfast", 20),
        Quality.HIGH: ("medium", 17),
        Quality.LOSSLESS: ("ultrafast", 0),
    },
    Codec.HEVC: {
        Quality.PREVIEW: ("ultrafast", 28),
        Quality.DRAFT: ("ultrafast", 30),
        Quality.STANDARD: ("veryfast", 22),
        Quality.HIGH: ("medium", 19),
    },
    Codec.AV1: {
        Quality.PREVIEW: ("12", 40),
        Quality.DRAFT: ("12", 42),
        Quality.STANDARD: ("10", 28),
        Quality.HIGH: ("6", 22),
    },
    Codec.VP9: {
        Quality.PREVIEW: ("8", 40),
        Quality.DRAFT: ("8", 42),
        Quality.STANDARD: ("5", 30),
        Quality.HIGH: ("2", 24),
    },
}
_SHRINK = {Quality.PREVIEW: 3, Quality.DRAFT: 2}


def video_settings(canvas: Canvas, quality: Quality, codec: Codec = Codec.H264) -> VideoSettings:
    """Return the settings of the software encoder for a canvas at a quality.

    A draft has half the width and height, a preview a third. Lossless is H.264's only: another codec is then as good
    as it gets with losses.
    """
    width_px, height_px = CANVAS_SIZES[canvas.preset]
    shrink = _SHRINK.get(quality, 1)
    preset, crf = _SETTINGS[codec].get(quality) or _SETTINGS[codec][Quality.HIGH]
    return VideoSettings(
        width_px=width_px // shrink,
        height_px=height_px // shrink,
        fps=FRAME_RATES[canvas.fps],
        encoder=SOFTWARE[codec],
        preset=preset,
        crf=crf,
    )
