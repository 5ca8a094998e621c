"""The ffmpeg filter graph that makes a video track canvas-ready, and what of the track it depends on."""

from fractions import Fraction
from pathlib import Path

import av

from engines import ffmpeg
from engines.errors import SourceUnreadable
from engines.visuals.probe import OPEN_OPTIONS, main_video
from engines.visuals.stills import BACKDROP_BRIGHTNESS
from models.base import Model
from models.spec import Fit

_UNSPECIFIED_MATRIX = 2
_HDR_TRANSFERS = frozenset({16, 18})  # PQ and HLG, by their numbers in ITU-T H.273
_HD_WIDTH_PX, _HD_HEIGHT_PX = 1024, 576
_BACKDROP_SHRINK = 16
# Bicubic measured as fast as bilinear and area (1-2 ms a 1080x1920 frame), and swscale widens it when it shrinks.
_SCALER = "flags=bicubic"
_OUT = "out_color_matrix=bt709:out_range=tv"
_TONEMAP = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


class Track(Model):
    """What the graph depends on: `in_matrix` is ffmpeg's name of the matrix to assume, empty where the track says."""

    in_matrix: str
    hdr: bool


def read_track(path: Path, *, demuxer: str, source: str) -> Track:
    """Read the header of a file's video track. Raises SourceUnreadable."""
    try:
        with av.open(f"file:{path}", format=demuxer, options=OPEN_OPTIONS, metadata_errors="replace") as container:
            video = main_video(container)
            if video is None:
                raise SourceUnreadable(source=source, reason="there is no moving picture in it")
            context = video.codec_context
            matrix = "bt709" if video.width > _HD_WIDTH_PX or video.height > _HD_HEIGHT_PX else "bt601"
            unspecified = context.colorspace == _UNSPECIFIED_MATRIX
            return Track(in_matrix=matrix if unspecified else "", hdr=context.color_trc in _HDR_TRANSFERS)
    except av.FFmpegError as error:
        raise SourceUnreadable(source=source, reason=f"it is cut off or damaged ({error.strerror})") from error


def filter_graph(track: Track, *, fps: Fraction, first_s: Fraction, size: tuple[int, int], fit: Fit) -> str:
    """Return the filters from a decoded, upright track to yuv420p frames (BT.709, limited range) of `size`.

    The output's first frame is what the track shows `first_s` seconds after its first timestamp. The rate is set
    first, so that frames nobody sees cost nothing more, and pictures are cropped before they are scaled.
    """
    rate = f"fps={fps.numerator}/{fps.denominator}:start_time={float(first_s):.6f}:round=near"
    fitted = _cover(track, size) if fit == Fit.COVER else _contain(track, size)
    return f"{rate},{fitted}"


def _cover(track: Track, size: tuple[int, int]) -> str:
    return f"{_crop(size)},{_scale(track, str(size[0]), str(size[1]))},setsar=1"


def _contain(track: Track, size: tuple[int, int]) -> str:
    """All of the picture over a blurred, darkened copy that fills the canvas, as stills have it."""
    width, height = size
    small = [str(max(2, side // _BACKDROP_SHRINK // 2 * 2)) for side in size]
    dark = f"lutyuv=y=16+(val-16)*{BACKDROP_BRIGHTNESS}" + "".join(
        f":{plane}=128+(val-128)*{BACKDROP_BRIGHTNESS}" for plane in "uv"
    )
    inner_width = f"'max(2,min({width},trunc({height}*dar/2)*2))'"
    inner_height = f"'max(2,min({height},trunc({width}/dar/2)*2))'"
    return (
        f"split[whole][copy];[copy]{_crop(size)},{_scale(track, *small)},setsar=1,"
        f"gblur=sigma=2,{dark},scale={width}:{height}:{_SCALER}[backdrop];"
        f"[whole]{_scale(track, inner_width, inner_height)},setsar=1[picture];"
        "[backdrop][picture]overlay=x=trunc((W-w)/4)*2:y=trunc((H-h)/4)*2:format=yuv420"
    )


def _crop(size: tuple[int, int]) -> str:
    """Cut the middle of the canvas' shape out, reckoning with pixels that are not square."""
    shape = f"{size[0]}/{size[1]}"
    return f"crop=w='max(2,min(iw,ih*{shape}/sar))':h='max(2,min(ih,iw*sar/({shape})))'"


def _scale(track: Track, width: str, height: str) -> str:
    if track.hdr and "zscale" in ffmpeg.capabilities("filters"):
        return f"scale=w={width}:h={height}:{_SCALER},{_TONEMAP}"
    assumed = f":in_color_matrix={track.in_matrix}" if track.in_matrix else ""
    return f"scale=w={width}:h={height}:{_SCALER}{assumed}:{_OUT},format=yuv420p"
