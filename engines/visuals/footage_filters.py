"""The ffmpeg filter graph that makes a video track canvas-ready, and what of the track it depends on."""

from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from engines import ffmpeg
from engines.errors import SourceUnreadable
from engines.visuals.containers import open_container
from engines.visuals.geometry import MIDDLE, Pair
from engines.visuals.probe import main_video
from engines.visuals.stills import BACKDROP_BRIGHTNESS, BACKDROP_SHRINK
from models.base import Model
from models.picture import Fit

_ONE_SIZE = frozenset({"mov", "avi"})
_BT709 = 1  # this, and the keys below, are the numbers of ITU-T H.273
_MATRICES = {4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_HDR_TRANSFERS = frozenset({16, 18})  # PQ and HLG
_HD_WIDTH_PX, _HD_HEIGHT_PX = 1024, 576
# Bicubic measured as fast as bilinear and area (1-2 ms a 1080x1920 frame), and swscale widens it when it shrinks. Exact
# rounding took 0.8 ms more, for 0.07 of a level of brightness (58 instead of 60 dB to zimg's bicubic).
_SCALER = "flags=bicubic"
# swscale changes a matrix by way of 8-bit RGB, darker and with half the levels; this filter is exact and faster.
_TO_BT709 = "space=bt709:iprimaries=bt709:primaries=bt709:itrc=bt709:trc=bt709:irange=tv:range=tv:format=yuv420p"
_TONEMAP = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


class Track(Model):
    """What the graph depends on: the matrix to change to BT.709 (empty for none), and whether to bring HDR down.

    `size_px` is that of the first frame as shown, where later frames may have another.
    """

    matrix: str
    hdr: bool
    size_px: tuple[int, int] | None


def read_track(path: Path, *, demuxer: str, source: str) -> Track:
    """Read the header of a file's video track. Raises SourceUnreadable."""
    with open_container(path, demuxer=demuxer, source=source) as container:
        video = main_video(container, source=source)
        if video is None:
            raise SourceUnreadable(source=source, reason="no moving picture is found in it")
        hdr = video.codec_context.color_trc in _HDR_TRANSFERS
        size_px = None if demuxer in _ONE_SIZE else _first_size(container, video)
        return Track(matrix=_matrix(video), hdr=hdr, size_px=size_px)


def filter_graph(
    track: Track,
    *,
    fps: Fraction,
    first_s: Fraction,
    size: tuple[int, int],
    fit: Fit,
    focus: Pair = MIDDLE,
) -> str:
    """Return the filters from a decoded, upright track to yuv420p frames (BT.709, limited range) of `size`.

    The output's first frame is what the track shows `first_s` seconds after its first timestamp. The rate is set
    first, so that frames nobody sees cost nothing more, and pictures are cropped before they are scaled.
    """
    rate = f"fps={fps.numerator}/{fps.denominator}:start_time={float(first_s):.6f}:round=near"
    # A call's recording changes its size with the network. Filters keep their first setting (-reinit_filter 0), so that
    # the rate conversion does not begin anew, and this scaler, idle otherwise, makes later frames like the first.
    steady = f"scale=w={track.size_px[0]}:h={track.size_px[1]}:{_SCALER}," if track.size_px else ""
    fitted = _cover(track, size, focus) if fit == Fit.COVER else _contain(track, size)
    return f"{steady}{rate},{fitted}"


def _cover(track: Track, size: tuple[int, int], focus: Pair) -> str:
    return f"{_crop(size, focus)},{_scale(track, str(size[0]), str(size[1]))},setsar=1"


def _contain(track: Track, size: tuple[int, int]) -> str:
    """All of the picture over a blurred, darkened copy that fills the canvas, as stills have it."""
    width, height = size
    small = [str(max(2, side // BACKDROP_SHRINK // 2 * 2)) for side in size]
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


def _crop(size: tuple[int, int], focus: Pair = MIDDLE) -> str:
    """Cut the canvas' shape out where the focus is, reckoning with pixels that are not square."""
    shape = f"{size[0]}/{size[1]}"
    place = f":x='(iw-ow)*{focus[0]:.4f}':y='(ih-oh)*{focus[1]:.4f}'"
    return (
        f"crop=w='max(2,min(iw,ih*{shape}/sar))':h='max(2,min(ih,iw*sar/({shape})))'{'' if focus == MIDDLE else place}"
    )


def _scale(track: Track, width: str, height: str) -> str:
    size = f"scale=w={width}:h={height}:{_SCALER}"
    if track.hdr and "zscale" in ffmpeg.capabilities("filters"):
        return f"{size},{_TONEMAP}"
    if track.matrix == "rgb":
        return f"{size}+accurate_rnd:out_color_matrix=bt709:out_range=tv,format=yuv420p"
    change = f",colorspace=ispace={track.matrix}:{_TO_BT709}" if track.matrix else ""
    return f"{size}:out_range=tv,format=yuv420p{change}"


def _matrix(video: VideoStream) -> str:
    """Return the name of the track's matrix, empty for BT.709; a track that does not say has that of its size."""
    context = video.codec_context
    if context.format is not None and context.format.is_rgb:
        return "rgb"
    if context.colorspace == _BT709:
        return ""
    if context.colorspace in _MATRICES:
        return _MATRICES[context.colorspace]
    return "" if video.width > _HD_WIDTH_PX or video.height > _HD_HEIGHT_PX else "smpte170m"


def _first_size(container: InputContainer, video: VideoStream) -> tuple[int, int] | None:
    video.thread_count = 1
    frame = next(container.decode(video), None)
    if frame is None:
        return None
    return (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
