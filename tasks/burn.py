"""Burn a scene: the one lossy encode."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from pathlib import Path

from blocks.memory import return_gaps
from blocks.settings import get_settings
from blocks.store import ArtifactStore, open_store
from engines.visuals.encoder import CaptionFiles, ImageFile, OverlayFiles
from engines.visuals.segment import Chunk, Outgoing, Scene, burn_chunk, chunks_of
from models.encoding import VideoSettings
from models.graphics import SceneRole
from models.overlays import Overlays
from models.shots import EncodedScene, Previous, Segment, Shot
from tasks.errors import in_scene
from tasks.library import fonts_folder
from tasks.retries import step
from tasks.shots import load_shot
from tasks.slots import encode_slot

START_TIMEOUT_S = 60
FRAME_TIMEOUT_S = 0.5
SHORTEST_CHUNKS_MS = 2_500
_CHUNKS_OF_ALL_CORES_MS = 10_000


@step(version=5, run_name="burn_subtitles: scene {number} of {total}", exclude=("number", "total", "role"))
def burn_subtitles(
    shot: Shot,
    previous: Previous | None,
    overlays: Overlays,
    frame_count: int,
    video: VideoSettings,
    number: int,
    total: int,
    role: SceneRole = SceneRole.CONTENT,
) -> EncodedScene:
    """Return the scene, encoded: its shot, the transition into it, what is drawn over it."""
    store = open_store()
    with in_scene(number, role), store.scratch() as folder:
        scene = load_scene(shot, previous, overlays, frame_count, video, folder)
        chunks = chunks_of(scene)
        encoding = {
            chunk: _encoders().submit(copy_context().run, _burn, scene, chunk, folder / f"{chunk.start}.mp4")
            for chunk in sorted(chunks, key=_long_before_short)
        }
        try:
            files = {chunk: future.result() for chunk, future in encoding.items()}
        finally:
            for future in encoding.values():
                future.cancel()
            wait(encoding.values())  # no encoder outlives the folder
            return_gaps()
        segments = [
            Segment(blob=store.put(files[chunk], "video/mp4", move=True), frame_count=chunk.frame_count)
            for chunk in chunks
        ]
        return EncodedScene(segments=tuple(segments))


def load_scene(
    shot: Shot, previous: Previous | None, overlays: Overlays, frame_count: int, video: VideoSettings, folder: Path
) -> Scene:
    """Return a scene with all its files at hand; those that must be made lie in `folder`."""
    store = open_store()
    return Scene(
        load_shot(store, shot),
        frame_count=frame_count,
        outgoing=None if previous is None else _outgoing(store, previous),
        overlays=_overlay_files(store, overlays, folder),
        video=video,
        longest_chunk_ms=longest_chunk_ms(get_settings().scene_workers),
    )


def longest_chunk_ms(workers: int) -> int:
    """Return how long a chunk may be, where so many are encoded at once.

    Each costs an encoder's start, 0.2 to 0.4 s of a core, which only many cores earn back.
    """
    return max(SHORTEST_CHUNKS_MS, _CHUNKS_OF_ALL_CORES_MS // workers)


@cache
def _encoders() -> ThreadPoolExecutor:
    """Return the threads that encode the chunks of all scenes of this process, in order."""
    return ThreadPoolExecutor(get_settings().scene_workers, thread_name_prefix="encode")


def _long_before_short(chunk: Chunk) -> int:
    """Sort so that the short ones, which end evenly, are what is left for the end of a render."""
    return -chunk.frame_count


def _burn(scene: Scene, chunk: Chunk, output: Path) -> Path:
    with encode_slot():
        burn_chunk(scene, chunk, output=output, timeout_s=START_TIMEOUT_S + chunk.frame_count * FRAME_TIMEOUT_S)
    return output


def _outgoing(store: ArtifactStore, previous: Previous) -> Outgoing:
    loaded = load_shot(store, previous.shot)
    return Outgoing(loaded, previous.frame_count, previous.transition_frames, previous.transition)


def _overlay_files(store: ArtifactStore, overlays: Overlays, scratch: Path) -> OverlayFiles:
    script = store.local_path(overlays.captions) if overlays.captions else None
    return OverlayFiles(
        captions=CaptionFiles(script, fonts_folder(script, scratch=scratch)) if script else None,
        images=tuple(
            ImageFile(store.local_path(image.blob), **image.model_dump(exclude={"blob"})) for image in overlays.images
        ),
    )
