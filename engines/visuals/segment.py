"""Burn a scene, chunk by chunk: play its shot, draw its captions, encode every frame once."""

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from moviepy import VideoClip
from numpy.typing import NDArray

from engines import ffmpeg
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.pipes import FrameSender
from engines.timebase import frame_to_seconds, frames_covering
from engines.visuals.assemble import open_packets
from engines.visuals.catalogue import transition
from engines.visuals.color import i420_to_rgb
from engines.visuals.encoder import OverlayFiles, encode_arguments, frame_arguments
from engines.visuals.footage_part import Decoding, FootagePart
from engines.visuals.planar import frame_bytes
from engines.visuals.shots import LoadedShot, footage_part, is_plain, open_shot
from models.encoding import VideoSettings
from models.shots import EffectUse, Footage

THREADS_OF_LONG = 2  # of footage that cannot be cut so short, and would end last

_PNG = ("-sws_flags", "bicubic+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24", "-f", "image2", "-update", "1", "-y")

logger = logging.getLogger(__name__)


class Chunk(NamedTuple):
    """A run of a scene's frames, which is encoded for itself: from `start`, up to and without `stop`."""

    start: int
    stop: int

    @property
    def frame_count(self) -> int:
        """How many frames it has."""
        return self.stop - self.start


class Outgoing(NamedTuple):
    """What a transition takes over from: the earlier scene's shot, its length, how long both overlap, and how."""

    loaded: LoadedShot
    frame_count: int
    transition_frames: int
    transition: EffectUse


class Scene(NamedTuple):
    """Everything that decides one scene's frames."""

    loaded: LoadedShot
    frame_count: int
    outgoing: Outgoing | None
    overlays: OverlayFiles
    video: VideoSettings
    longest_chunk_ms: int


def chunks_of(scene: Scene) -> tuple[Chunk, ...]:
    """Cut a scene into the fewest chunks of like length that last at most `longest_chunk_ms`, where that is cheap.

    Chunks are encoded side by side: a scene that was changed alone has several cores, and at the end of a render no
    core waits long for the last one. Plain footage is cut at its own key frames only, and other footage not at all: a
    chunk would decode everything since the last key frame for nothing. Only the scene decides, so its bytes are always
    the same. Raises SourceUnreadable.
    """
    count = -(-scene.frame_count // _longest_chunk(scene))
    edges = [scene.frame_count * number // count for number in range(1, count)]
    if scene.loaded.shot.has_footage:
        part = _plain_footage(scene) if edges else None
        edges = nearest(edges, part.entries() if part else (), reach=scene.frame_count // count // 2)
    return tuple(Chunk(start, stop) for start, stop in pairwise([0, *edges, scene.frame_count]))


def burn_chunk(scene: Scene, chunk: Chunk, *, output: Path, timeout_s: float) -> None:
    """Encode a chunk of a scene, exactly its frames, to an MP4 of video only that starts with an IDR frame.

    Raises FfmpegFailed, FfmpegTimeout, DiskFull and what decoding footage raises.
    """
    started = time.monotonic()
    part = _plain_footage(scene)
    if part is None or not _burn_decoded(scene, chunk, part, output, timeout_s):
        _burn_composed(scene, chunk, output, timeout_s)
    seconds = time.monotonic() - started
    logger.info("Frames %d to %d of %d encoded in %.1f s", chunk.start, chunk.stop - 1, scene.frame_count, seconds)


def draw_frame(scene: Scene, number: int, *, output: Path, timeout_s: float) -> None:
    """Write frame `number` of a scene as PNG: as the encoder gets it, with its transition and all that is drawn over.

    Raises FfmpegFailed, FfmpegTimeout, DiskFull and what decoding footage raises.
    """
    frames = Chunk(number, number + 1)
    made = frame_arguments(
        scene.video, first_frame=number, frame_count=1, piped_frames=1, body=None, overlays=scene.overlays
    )
    _pipe_frames(scene, frames, [*made, *_PNG, str(output)], timeout_s)


def shot_frame(loaded: LoadedShot, *, number: int, frame_count: int, video: VideoSettings) -> NDArray[np.uint8]:
    """Return frame `number` of a shot as RGB (height_px, width_px, 3), without captions and transition."""
    source, clip = open_shot(loaded, video, frame_count=_needed(loaded, number + 1, frame_count, video))
    with source:
        return i420_to_rgb(clip.get_frame(frame_to_seconds(number, video.fps)))


def near_key_frame(loaded: LoadedShot, *, number: int, frame_count: int, video: VideoSettings) -> int:
    """Return the frame nearest to `number`, of the first `frame_count`, that is shown without decoding many others.

    A still's are all alike. Raises SourceUnreadable.
    """
    if not isinstance(loaded.shot.picture, Footage):
        return number
    entries = footage_part(loaded.shot.picture, loaded.path, video.fps).entries()
    return min(
        (frame for frame in entries if frame < frame_count), key=lambda frame: abs(frame - number), default=number
    )


def _needed(loaded: LoadedShot, stop: int, frame_count: int, video: VideoSettings) -> int:
    """Return how many of a shot's frames must be opened to see those before `stop`, so that no more are decoded."""
    return stop if is_plain(loaded.shot, video) else frame_count  # a camera's path is laid over the whole of it


def _longest_chunk(scene: Scene) -> int:
    return frames_covering(scene.longest_chunk_ms, scene.video.fps)


def nearest(edges: Sequence[int], allowed: Sequence[int], *, reach: int) -> list[int]:
    """Move every edge to the nearest allowed place within `reach`, or leave it out."""
    moved = (min(allowed, key=lambda place: abs(place - edge), default=0) for edge in edges)
    return sorted({place for place, edge in zip(moved, edges, strict=True) if place and abs(place - edge) <= reach})


@lru_cache(maxsize=32)  # reading a file's header takes 15 ms, and every chunk needs it
def _plain_footage(scene: Scene) -> FootagePart | None:
    """Return the footage of a scene that shows it as it is, once through; None if its frames must be composed."""
    shot, path, _ = scene.loaded
    if not isinstance(shot.picture, Footage) or not is_plain(shot, scene.video):
        return None
    part = footage_part(shot.picture, path, scene.video.fps)
    return part if part.frame_count >= scene.frame_count else None


def _burn_decoded(scene: Scene, chunk: Chunk, part: FootagePart, output: Path, timeout_s: float) -> bool:
    """Let the encoder's own process decode the footage, after the composed frames of a transition.

    Spares two copies of every frame between processes. Return False if the file ended early or is damaged: composing
    its frames then holds the last one, or says what is wrong.
    """
    head = Chunk(chunk.start, min(chunk.stop, max(chunk.start, _transition_frames(scene))))
    if head == chunk:
        return False
    try:
        body = part.decoding(head.stop)
        arguments = _arguments(scene, chunk, output, piped_frames=head.frame_count, body=body)
        if head.frame_count:
            _pipe_frames(scene, head, arguments, timeout_s)
        else:
            ffmpeg.run(arguments, timeout_s=timeout_s)
    except SourceUnreadable:
        return False
    except FfmpegFailed as failure:
        if failure.exit_code < 0:  # killed: no fault of the source
            raise
        return False
    with open_packets(output) as encoded:
        return encoded.streams.video[0].frames == chunk.frame_count


def _burn_composed(scene: Scene, chunk: Chunk, output: Path, timeout_s: float) -> None:
    arguments = _arguments(scene, chunk, output, piped_frames=chunk.frame_count, body=None)
    _pipe_frames(scene, chunk, arguments, timeout_s)


def _arguments(scene: Scene, chunk: Chunk, output: Path, *, piped_frames: int, body: Decoding | None) -> list[str]:
    return encode_arguments(
        scene.video,
        first_frame=chunk.start,
        frame_count=chunk.frame_count,
        piped_frames=piped_frames,
        body=body,
        overlays=scene.overlays,
        threads=1 if chunk.frame_count <= _longest_chunk(scene) else THREADS_OF_LONG,
        output=output,
    )


def _pipe_frames(scene: Scene, frames: Chunk, arguments: list[str], timeout_s: float) -> None:
    with ffmpeg.frames_in(arguments, timeout_s=timeout_s) as encoder:
        # A name that outlives the block: the sender must live until the encoder has ended.
        sender = FrameSender(encoder, frame_bytes=frame_bytes(scene.video.width_px, scene.video.height_px))
        with ExitStack() as open_files:  # decoders end before the encoder does: after a transition it goes on alone
            clip = _composed(scene, frames, open_files)
            for number in range(*frames):
                sender.send(clip.get_frame(frame_to_seconds(number, scene.video.fps)))


def _composed(scene: Scene, frames: Chunk, open_files: ExitStack) -> VideoClip:
    """Return the scene as a clip, with its transition if that reaches into `frames`."""
    needed = _needed(scene.loaded, frames.stop, scene.frame_count, scene.video)
    source, clip = open_shot(scene.loaded, scene.video, frame_count=needed)
    open_files.enter_context(source)
    if scene.outgoing is None or frames.start >= scene.outgoing.transition_frames:
        return clip
    loaded, played, overlap, use = scene.outgoing
    tail_source, tail = open_shot(_at_its_end(loaded), scene.video, frame_count=overlap, first_frame=played)
    open_files.enter_context(tail_source)
    return clip.with_effects([transition(use, tail, frame_to_seconds(overlap, scene.video.fps))])


def _transition_frames(scene: Scene) -> int:
    return scene.outgoing.transition_frames if scene.outgoing else 0


def _at_its_end(loaded: LoadedShot) -> LoadedShot:
    """Return the shot with its camera at rest where its move ended; footage plays on."""
    shot = loaded.shot.model_copy(update={"window_from": loaded.shot.window_to})
    return LoadedShot(shot, loaded.path, _at_its_end(loaded.second) if loaded.second else None)
