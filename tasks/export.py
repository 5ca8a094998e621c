"""Files beside the video: the sound in other formats, and the captions of all scenes as one."""

from blocks.store import open_store
from engines.audio.export import export_audio
from engines.subtitles.whole import join_ass
from models.artifacts import ArtifactRef
from models.audio import LoudnessTarget
from models.export import AudioFormat
from models.report import Sound
from tasks.retries import step

MEDIA_TYPES = {AudioFormat.MP3: "audio/mpeg", AudioFormat.AAC: "audio/mp4", AudioFormat.OPUS: "audio/ogg"}
SUFFIXES = {AudioFormat.MP3: "mp3", AudioFormat.AAC: "m4a", AudioFormat.OPUS: "opus"}


@step(version=2, run_name="encode_audio: {wanted}")
def encode_audio(master: ArtifactRef, wanted: AudioFormat, target: LoudnessTarget, title: str) -> Sound:
    """Return the sound track in the wanted format, encoded from the lossless master; AAC is copied from AAC."""
    store = open_store()
    with store.scratch() as folder:
        output = folder / f"audio.{SUFFIXES[wanted]}"
        loudness = export_audio(store.local_path(master), wanted=wanted, target=target, title=title, output=output)
        return Sound(name=output.name, blob=store.put(output, MEDIA_TYPES[wanted], move=True), loudness=loudness)


@step(version=1, run_name="join_captions")
def join_captions(scenes: tuple[ArtifactRef | None, ...], starts_ms: tuple[int, ...]) -> ArtifactRef:
    """Return the captions of all scenes as one ASS file, in the short's own time."""
    store = open_store()
    parts = [
        (start_ms, store.local_path(scene).read_text(encoding="utf-8"))
        for start_ms, scene in zip(starts_ms, scenes, strict=True)
        if scene is not None
    ]
    with store.scratch() as folder:
        output = folder / "captions.ass"
        output.write_text(join_ass(parts), encoding="utf-8", newline="\n")
        return store.put(output, "text/x-ass", move=True)
