"""Burn a scene: play its shot, draw its captions, encode every frame once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from moviepy import VideoClip
from numpy.typing import NDArray

from engines import ffmpeg
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.pipes import FrameSender
from engines.timebase import frame_to_seconds
from engines.visuals.color import i420_to_rgb
from engines.visuals.effects.fade import CrossFadeFrom
from engines.visuals.encoder import CaptionFiles, encode_arguments
from engines.visuals.footage_part import FootagePart
from engines.visuals.planar import Frame, frame_bytes
from engines.visuals.shots import LoadedShot, footage_part, is_plain, open_shot
from models.encoding import VideoSettings
from models.shots import Footage


class Outgoing(NamedTuple):
    """What a transition takes over from: the earlier scene's shot, its length, and how long both overlap."""

    loaded: LoadedShot
    frame_count: int
    transition_frames: int


class Scene(NamedTuple):
    """Everything that decides one segment's content."""

    loaded: LoadedShot
    frame_count: int
    outgoing: Outgoing | None
    captions: CaptionFiles | None
    video: VideoSettings


def burn_segment(scene: Scene, *, output: Path, timeout_s: float) -> None:
    """Encode one scene of exactly `scene.frame_count` frames to an MP4 of video only, starting with an IDR frame.

    Raises FfmpegFailed, FfmpegTimeout, DiskFull and what decoding footage raises.
    """
    part = _plain_footage(scene)
    if part is None or not _burn_decoded(scene, part, output, timeout_s):
        _burn_composed(scene, output, timeout_s)


def shot_frame(loaded: LoadedShot, *, number: int, frame_count: int, video: VideoSettings) -> NDArray[np.uint8]:
    """Return frame `number` of a shot as RGB (height_px, width_px, 3), without captions and transition."""
    source, clip = open_shot(loaded, video, frame_count=frame_count)
    with source:
        return i420_to_rgb(clip.get_frame(frame_to_seconds(number, video.fps)))


def _plain_footage(scene: Scene) -> FootagePart | None:
    """Return the footage of a scene that shows it as it is, once through; None if its frames must be composed."""
    shot, path = scene.loaded
    if not isinstance(shot.picture, Footage) or not is_plain(shot, scene.video):
        return None
    part = footage_part(shot.picture, path, scene.video.fps)
    return part if part.frame_count >= scene.frame_count else None


def _burn_decoded(scene: Scene, part: FootagePart, output: Path, timeout_s: float) -> bool:
    """Let the encoder's own process decode the footage, after the composed frames of a transition.

    Spares two copies of every frame between processes. Return False if the file ended early or is damaged: composing
    its frames then holds the last one, or says what is wrong.
    """
    head = scene.outgoing.transition_frames if scene.outgoing else 0
    try:
        arguments = encode_arguments(
            scene.video,
            frame_count=scene.frame_count,
            piped_frames=head,
            body=part.decoding(head),
            captions=scene.captions,
            output=output,
        )
        if head:
            _pipe_frames(scene, head, arguments, timeout_s)
        else:
            ffmpeg.run(arguments, timeout_s=timeout_s)
    except SourceUnreadable:
        return False
    except FfmpegFailed as failure:
        if failure.exit_code < 0:  # killed: no fault of the source
            raise
        return False
    with av.open(str(output)) as container:
        return container.streams.video[0].frames == scene.frame_count


def _burn_composed(scene: Scene, output: Path, timeout_s: float) -> None:
    arguments = encode_arguments(
        scene.video,
        frame_count=scene.frame_count,
        piped_frames=scene.frame_count,
        body=None,
        captions=scene.captions,
        output=output,
    )
    _pipe_frames(scene, scene.frame_count, arguments, timeout_s)


def _pipe_frames(scene: Scene, frame_count: int, arguments: list[str], timeout_s: float) -> None:
    with ffmpeg.frames_in(arguments, timeout_s=timeout_s) as encoder:
        # A name that outlives the block: the sender must live until the encoder has ended.
        sender = FrameSender(encoder, frame_bytes=frame_bytes(scene.video.width_px, scene.video.height_px))
        with ExitStack() as open_files:  # decoders end before the encoder does: after a transition it goes on alone
            clip = _composed(scene, open_files)
            for frame in _frames(clip, frame_count, scene.video):
                sender.send(frame)


def _frames(clip: VideoClip, frame_count: int, video: VideoSettings) -> Iterator[Frame]:
    """Yield the frames of `clip` in order; a frame is valid until the next one is asked for."""
    for number in range(frame_count):
        yield clip.get_frame(frame_to_seconds(number, video.fps))


def _composed(scene: Scene, open_files: ExitStack) -> VideoClip:
    source, clip = open_shot(scene.loaded, scene.video, frame_count=scene.frame_count)
    open_files.enter_context(source)
    if scene.outgoing is None:
        return clip
    loaded, played, overlap = scene.outgoing
    tail_source, tail = open_shot(_at_its_end(loaded), scene.video, frame_count=overlap, first_frame=played)
    open_files.enter_context(tail_source)
    return clip.with_effects([CrossFadeFrom(tail, frame_to_seconds(overlap, scene.video.fps))])


def _at_its_end(loaded: LoadedShot) -> LoadedShot:
    """Return the shot with its camera at rest where its move ended; footage plays on."""
    return loaded._replace(shot=loaded.shot.model_copy(update={"window_from": loaded.shot.window_to}))
