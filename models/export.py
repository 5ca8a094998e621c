"""Which files of a short are wanted, and in what formats."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import BlankIsNone, Model, plain_schema


class Codec(StrEnum):
    """How frames are compressed."""

    H264 = "h264"
    HEVC = "hevc"
    AV1 = "av1"
    VP9 = "vp9"


class Container(StrEnum):
    """The kind of a video file, which is also its extension."""

    MP4 = "mp4"
    WEBM = "webm"
    MKV = "mkv"


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
    def container(self) -> Container:
        """The kind of its file."""
        return Container(self.value.partition("_")[0])

    @property
    def codec(self) -> Codec:
        """How its frames are compressed."""
        return Codec(self.value.partition("_")[2])


class AudioFormat(StrEnum):
    """A file of the sound alone."""

    MP3 = "mp3"
    AAC = "aac"
    OPUS = "opus"


class SubtitleFormat(StrEnum):
    """A file of subtitles."""

    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"


class Export(Model):
    """Which files come out, and in what formats."""

    video: VideoFormat = Field(
        default=VideoFormat.MP4_H264, title="Video", description="Of the main file: video.mp4, video.webm or video.mkv"
    )
    also: tuple[VideoFormat, ...] = Field(
        default=(), max_length=8, title="Also", description="More of the same video, each encoded from the frames"
    )
    clean: bool = Field(default=False, title="Clean", description="Also the main video without captions")
    audio: tuple[AudioFormat, ...] = Field(
        default=(), max_length=3, title="Audio", description="The sound alone, as audio.mp3, audio.m4a and audio.opus"
    )
    subtitles: tuple[SubtitleFormat, ...] = Field(
        default=(SubtitleFormat.SRT, SubtitleFormat.VTT),
        max_length=3,
        title="Subtitles",
        description="ass has the captions as they are burned in",
    )
    hardware: bool = Field(
        default=False,
        title="Hardware",
        description="Encode on the graphics card where that works; else in software, and the report says so",
    )
    platform: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=32,
        pattern=r"^[a-z0-9_]+$",
        title="Platform",
        description="Keep its limits of shape, length, size and bitrate: `neuroshorts platforms` lists them",
    )
