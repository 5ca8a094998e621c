"""Encoders of graphics cards: which of them really work here, found out by encoding a few frames."""

from functools import cache

from engines import ffmpeg
from engines.errors import FfmpegFailed, FfmpegTimeout
from engines.visuals.codecs import codec_arguments
from models.encoding import Encoder, VideoSettings
from models.export import Codec

HARDWARE: dict[Codec, tuple[Encoder, ...]] = {
    Codec.H264: ("h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox"),
    Codec.HEVC: ("hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox"),
    Codec.AV1: ("av1_nvenc", "av1_qsv", "av1_amf"),
    Codec.VP9: ("vp9_qsv",),
}
_PROBE = "testsrc2=size={width}x{height}:rate=30,format=yuv420p"
_FRAMES = 12
_TIMEOUT_S = 20.0


def working_encoder(video: VideoSettings, candidates: tuple[Encoder, ...]) -> Encoder | None:
    """Return the first of the candidates that encodes a few frames of the video's size and settings."""
    return next((encoder for encoder in candidates if works(video.model_copy(update={"encoder": encoder}))), None)


@cache
def works(video: VideoSettings) -> bool:
    """Return whether the encoder of `video` is built into ffmpeg and encodes a few frames; asked once a process."""
    if video.encoder not in ffmpeg.capabilities("encoders"):
        return False
    source = _PROBE.format(width=video.width_px, height=video.height_px)
    probe = ["-f", "lavfi", "-i", source, "-frames:v", str(_FRAMES), *codec_arguments(video, threads=1)]
    try:
        ffmpeg.run([*probe, "-f", "null", "-"], timeout_s=_TIMEOUT_S)
    except (FfmpegFailed, FfmpegTimeout):
        return False
    return True
