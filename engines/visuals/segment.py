"""Burn a scene: play its shot, draw its captions, encode every frame once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
from moviepy import VideoClip
from numpy.typing import NDArray

from engines import ffmpeg
from engines.timebase import frame_to_seconds
from engines.visuals.color import i420_to_rgb
from engines.visuals.effects.fade import CrossFadeFrom
from engines.visuals.planar import Frame
from engines.visuals.shots import LoadedShot, open_shot
from models.encoding import VideoSettings

BT709_TAGS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


class Outgoing(NamedTuple):
    """What a transition takes over from: the earlier scene's shot, its length, and how long both overlap."""

    loaded: LoadedShot
    frame_count: int
    transition_frames: int


class CaptionFiles(NamedTuple):
    """A scene's captions and the folder of fonts they are drawn with."""

    ass: Path
    fonts_dir: Path


def burn_segment(
    loaded: LoadedShot,
    *,
    frame_count: int,
    outgoing: Outgoing | None,
    captions: CaptionFiles | None,
    video: VideoSettings,
    output: Path,
    timeout_s: float,
) -> None:
    """Encode one scene of exactly `frame_count` frames to an MP4 of video only, starting with an IDR frame.

    Raises FfmpegFailed, FfmpegTimeout, DiskFull and what decoding footage raises.
    """
    with ExitStack() as open_files:
        clip = _composed(loaded, frame_count=frame_count, outgoing=outgoing, video=video, open_files=open_files)
        arguments = encoder_arguments(video, captions=captions, output=output)
        with ffmpeg.frames_in(arguments, timeout_s=timeout_s) as encoder:
            for frame in frames(clip, frame_count=frame_count, video=video):
                encoder.write(frame.data)


def frames(clip: VideoClip, *, frame_count: int, video: VideoSettings) -> Iterator[Frame]:
    """Yield the frames of `clip` in order; a frame is valid until the next one is asked for."""
    for number in range(frame_count):
        yield clip.get_frame(frame_to_seconds(number, video.fps))


def shot_frame(loaded: LoadedShot, *, number: int, frame_count: int, video: VideoSettings) -> NDArray[np.uint8]:
    """Return frame `number` of a shot as RGB (height_px, width_px, 3), without captions and transition."""
    source, clip = open_shot(
        loaded, width_px=video.width_px, height_px=video.height_px, fps=video.fps, frame_count=frame_count
    )
    with source:
        return i420_to_rgb(clip.get_frame(frame_to_seconds(number, video.fps)))


def encoder_arguments(video: VideoSettings, *, captions: CaptionFiles | None, output: Path) -> list[str]:
    """Return ffmpeg's arguments from raw frames on standard input to a segment.

    One encoder thread: scenes run side by side, and x264 spends a fifth less time per frame without frame threads.
    """
    filters = [BT709_TAGS]
    if captions is not None:
        ass, fonts = (ffmpeg.filter_escape(str(path)) for path in captions)
        filters.append(f"ass=filename={ass}:fontsdir={fonts}")
    rate = f"{video.fps.numerator}/{video.fps.denominator}"
    return [
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{video.width_px}x{video.height_px}"),
        *("-framerate", rate, "-i", "pipe:0", "-vf", ",".join(filters)),
        *("-fps_mode", "passthrough", "-c:v", "libx264", "-preset", video.x264_preset, "-crf", str(video.crf)),
        *("-threads", "1", "-pix_fmt", "yuv420p", "-video_track_timescale", str(video.fps.numerator * 100)),
        *("-map_metadata", "-1", "-bitexact", "-f", "mp4", "-y", str(output)),
    ]


def _composed(
    loaded: LoadedShot, *, frame_count: int, outgoing: Outgoing | None, video: VideoSettings, open_files: ExitStack
) -> VideoClip:
    size = {"width_px": video.width_px, "height_px": video.height_px}
    source, clip = open_shot(loaded, **size, fps=video.fps, frame_count=frame_count)
    open_files.enter_context(source)
    if outgoing is None or not outgoing.transition_frames:
        return clip
    held = _at_its_end(outgoing.loaded)
    tail_source, tail = open_shot(
        held, **size, fps=video.fps, frame_count=outgoing.transition_frames, first_frame=outgoing.frame_count
    )
    open_files.enter_context(tail_source)
    return clip.with_effects([CrossFadeFrom(tail, frame_to_seconds(outgoing.transition_frames, video.fps))])


def _at_its_end(loaded: LoadedShot) -> LoadedShot:
    """Return the shot with its camera at rest where its move ended; footage plays on."""
    return loaded._replace(shot=loaded.shot.model_copy(update={"window_from": loaded.shot.window_to}))
