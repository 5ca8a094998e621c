"""Which files of a short are wanted, and in what formats."""

from enum import StrEnum

from pydantic import Field

from models.base import Model


class Codec(StrEnum):
    """How frames are compressed."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"
    VP9 = "vp9"


class VideoFormat(StrEnum):
    """A container and the codec of the frames in it."""

    MP4_H264 = "mp4_h264"
    MP4_HEVC = "mp4_hevc"
    MP4_AV1 = "mp4_av1"
    WEBM_VP9 = "webm_vp9"
    WEBM_AV1 = "webm_av1"
    MKV_H264 = "mkv_h264"
    MKV_HEVC = "mkv_hevc"
    MKV_AV1 = "mkv_av1"

    @property
    def container(self) -> str:
        """mp4, webm or mkv: the file's extension."""
        return self.value.partition("_")[0]

    @property
    def codec(self) -> Codec:
        """How its frames are compressed."""
        return Codec(self.value.partition("_")[2])


class Export(Model):
    """Which files come out, and in what formats."""

    clean: bool = Field(default=False, title="Clean", description="Also the main video without captions")
