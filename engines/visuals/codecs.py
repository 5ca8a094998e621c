"""ffmpeg's arguments for every encoder of a segment: the same frames and settings give bytes that join by copy."""

from collections.abc import Callable

from models.encoding import VideoSettings

_SVT_KEY_FRAMES = 240
_VPX_REALTIME_FROM = 6  # libvpx's faster half of speeds needs its other mode

Arguments = Callable[[VideoSettings, int], list[str]]


def codec_arguments(video: VideoSettings, *, threads: int) -> list[str]:
    """Return the arguments that choose and set up the encoder of `video`, on `threads` threads.

    All of them make closed groups of pictures from the first frame on, and headers that depend on nothing but the
    settings. What an encoder does ahead in threads of its own is kept in step: it would give other bytes now and then.
    """
    family = video.encoder.partition("_")[2]
    arguments = _SOFTWARE[video.encoder] if video.encoder in _SOFTWARE else _HARDWARE[family]
    return ["-c:v", video.encoder, *arguments(video, threads), *_most(video), "-pix_fmt", "yuv420p", *_tag(video)]


def _x264(video: VideoSettings, threads: int) -> list[str]:
    return [
        *("-preset", video.preset, "-crf", str(video.crf), "-threads", str(threads)),
        *("-x264-params", "sync-lookahead=0"),
    ]


def _x265(video: VideoSettings, threads: int) -> list[str]:
    settings = f"pools={threads}:frame-threads=1:open-gop=0:info=0:log-level=error"
    return ["-preset", video.preset, "-crf", str(video.crf), "-x265-params", settings]


def _svt(video: VideoSettings, threads: int) -> list[str]:
    quality = ["-preset", video.preset, "-crf", str(video.crf)]
    return [*quality, "-g", str(_SVT_KEY_FRAMES), "-svtav1-params", f"lp={threads}"]


def _vpx(video: VideoSettings, threads: int) -> list[str]:
    deadline = "realtime" if int(video.preset) >= _VPX_REALTIME_FROM else "good"
    return [
        *(
            "-deadline",
            deadline,
            "-cpu-used",
            video.preset,
            "-crf",
            str(video.crf),
            "-b:v",
            str(video.max_kbps or 0),
        ),
        *("-row-mt", "1", "-tile-columns", "1", "-threads", str(threads)),
    ]


def _nvenc(video: VideoSettings, threads: int) -> list[str]:
    return ["-preset", "p5", "-rc", "vbr", "-cq", str(video.crf), "-b:v", "0", "-forced-idr", "1", "-strict_gop", "1"]


def _qsv(video: VideoSettings, threads: int) -> list[str]:
    return ["-preset", "medium", "-global_quality", str(video.crf), "-forced_idr", "1"]


def _amf(video: VideoSettings, threads: int) -> list[str]:
    return ["-quality", "quality", "-rc", "cqp", "-qp_i", str(video.crf), "-qp_p", str(video.crf)]


def _videotoolbox(video: VideoSettings, threads: int) -> list[str]:
    return ["-q:v", str(100 - 2 * video.crf)]  # its scale is 1 to 100, and higher is better


def _most(video: VideoSettings) -> list[str]:
    """Return what keeps the bitrate of any second below the settings' highest."""
    if video.max_kbps is None or video.encoder == "libvpx-vp9":
        return []
    return ["-maxrate", f"{video.max_kbps}k", "-bufsize", f"{video.max_kbps}k"]


def _tag(video: VideoSettings) -> list[str]:
    """Return the name of HEVC in MP4 under which Apple's players take it."""
    return ["-tag:v", "hvc1"] if video.encoder == "libx265" or video.encoder.startswith("hevc") else []


_SOFTWARE: dict[str, Arguments] = {"libx264": _x264, "libx265": _x265, "libsvtav1": _svt, "libvpx-vp9": _vpx}
_HARDWARE: dict[str, Arguments] = {"nvenc": _nvenc, "qsv": _qsv, "amf": _amf, "videotoolbox": _videotoolbox}
