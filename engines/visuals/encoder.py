"""ffmpeg's arguments for the one lossy encode: frames from a pipe, then what it decodes itself, to a segment."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines.ffmpeg_arguments import filter_escape, safe_input
from engines.timebase import frame_to_ms
from engines.visuals.codecs import codec_arguments
from engines.visuals.footage_part import Decoding
from models.encoding import FrameFormat, VideoSettings

_BT709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,setsar=1"


class CaptionFiles(NamedTuple):
    """A scene's captions and the folder of fonts they are drawn with."""

    ass: Path
    fonts_dir: Path


class ImageFile(NamedTuple):
    """A PNG over a scene: its upper left corner, and its times and fades in ms from the scene's first frame."""

    path: Path
    x_px: int
    y_px: int
    start_ms: int
    end_ms: int
    fade_in_ms: int = 0
    fade_out_ms: int = 0


class OverlayFiles(NamedTuple):
    """What is drawn over a scene: captions, then pictures, one after the other."""

    captions: CaptionFiles | None = None
    images: tuple[ImageFile, ...] = ()


def encode_arguments(
    video: VideoSettings,
    *,
    first_frame: int,
    frame_count: int,
    piped_frames: int,
    body: Decoding | None,
    overlays: OverlayFiles,
    threads: int,
    output: Path,
) -> list[str]:
    """Return the arguments that encode `frame_count` frames to an MP4 of video only, whose times count from 0.

    `threads` is the encoder's; the other arguments are those of `frame_arguments`.
    """
    return [
        *frame_arguments(
            video,
            first_frame=first_frame,
            frame_count=frame_count,
            piped_frames=piped_frames,
            body=body,
            overlays=overlays,
        ),
        *codec_arguments(video, threads=threads),
        *("-video_track_timescale", str(video.fps.numerator * 100)),
        *("-map_metadata", "-1", "-bitexact", "-f", "mp4", "-y", str(output)),
    ]


def frame_arguments(
    video: FrameFormat,
    *,
    first_frame: int,
    frame_count: int,
    piped_frames: int,
    body: Decoding | None,
    overlays: OverlayFiles,
) -> list[str]:
    """Return the arguments that make `frame_count` finished frames, for an output that takes them.

    `first_frame` is the first one's number in its scene, from whose start the captions' times count.
    The first `piped_frames` are raw I420 on standard input, the others are decoded from `body` in the same process.
    """
    frames = [*(_raw_input(video) if piped_frames else []), *(body.input_arguments if body else [])]
    shown = [image for image in overlays.images if _is_seen(image, first_frame, frame_count, video)]
    inputs = [*frames, *(argument for image in shown for argument in safe_input(image.path, demuxer="png_pipe"))]
    # Time is counted in frames, so that captions and packets are placed exactly.
    time_base = f"settb={video.fps.denominator}/{video.fps.numerator}"
    drawn = range(first_frame, first_frame + frame_count)
    lay = _lay_images(shown, first_input=bool(piped_frames) + bool(body), frames=drawn, video=video)
    finish = f"{time_base},setpts=N+{first_frame}{_burn(overlays.captions)}{lay},{time_base},setpts=N[out]"
    return [
        *inputs,
        *("-filter_complex_threads", "1", "-filter_complex", _graph(video, piped_frames, body, finish)),
        *("-map", "[out]", "-frames:v", str(frame_count), "-fps_mode", "passthrough"),
    ]


def _raw_input(video: FrameFormat) -> list[str]:
    return [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{video.width_px}x{video.height_px}"),
        *("-framerate", f"{video.fps.numerator}/{video.fps.denominator}", "-i", "pipe:0"),
    ]


def _graph(video: FrameFormat, piped_frames: int, body: Decoding | None, finish: str) -> str:
    if body is None:
        return f"[0:v]{_BT709},{finish}"
    if not piped_frames:
        return f"[0:V:0]{body.graph},{_BT709},{finish}"
    return f"[0:v]{_BT709}[head];[1:V:0]{body.graph},{_BT709}[body];[head][body]concat=n=2:v=1:a=0,{finish}"


def _is_seen(image: ImageFile, first_frame: int, frame_count: int, video: FrameFormat) -> bool:
    first_ms, stop_ms = (frame_to_ms(frame, video.fps) for frame in (first_frame, first_frame + frame_count))
    return image.start_ms < stop_ms and image.end_ms > first_ms


def _lay_images(images: Sequence[ImageFile], *, first_input: int, frames: range, video: FrameFormat) -> str:
    """Return filters that lay the pictures over the frames, one after the other; a picture is decoded once."""
    laid = ""
    for number, image in enumerate(images):
        when = f"gte(t+0.0005,{image.start_ms}/1000)*lt(t+0.0005,{image.end_ms}/1000)"  # frame times rounded to ms
        drawn = f"scale=out_color_matrix=bt709:out_range=tv,format=yuva420p{_fades(image, frames, video)}"
        picture = f"[{first_input + number}:v]{drawn}[image{number}]"
        overlay = f"overlay=x={image.x_px}:y={image.y_px}:format=yuv420:eof_action=repeat:enable='{when}'"
        laid += f"[under{number}];{picture};[under{number}][image{number}]{overlay}"
    return laid


def _fades(image: ImageFile, frames: range, video: FrameFormat) -> str:
    """Return filters that let a picture appear and go, or nothing where it does neither during these frames.

    Only then it becomes as many frames as the video has, each with a transparency of its own.
    """
    fades = {
        "in": (image.start_ms, image.start_ms + image.fade_in_ms),
        "out": (image.end_ms - image.fade_out_ms, image.end_ms),
    }
    first_ms, stop_ms = frame_to_ms(frames.start, video.fps), frame_to_ms(frames.stop, video.fps)
    seen = {kind: times for kind, times in fades.items() if max(times[0], first_ms) < min(times[1], stop_ms)}
    if not seen:
        return ""
    time_base = f"settb={video.fps.denominator}/{video.fps.numerator}"
    repeated = f",loop=loop={len(frames) - 1}:size=1,{time_base},setpts=N+{frames.start}"
    return repeated + "".join(
        f",fade=t={kind}:st={start_ms / 1000:.3f}:d={(end_ms - start_ms) / 1000:.3f}:alpha=1"
        for kind, (start_ms, end_ms) in seen.items()
    )


def _burn(captions: CaptionFiles | None) -> str:
    if captions is None:
        return ""
    ass, fonts = (filter_escape(str(path)) for path in captions)
    return f",ass=filename={ass}:fontsdir={fonts}"
