"""Mix the sound track."""

from collections.abc import Sequence

from blocks.store import ArtifactStore, open_store
from engines.audio import mix
from engines.audio.bed import TrackFile
from engines.audio.effects import EffectPlacement
from engines.audio.voice_lane import VOICE_LUFS
from engines.timebase import frame_to_ms, frame_to_sample
from models.audio import BedSettings, MasterTarget, PlacedEffect, PreparedTrack, SpeechPlacement
from models.report import Master
from models.timeline import Narration, Timeline
from tasks.retries import step


@step(version=2, run_name="mix_audio")
def mix_audio(
    narrations: tuple[Narration | None, ...],
    cleaned: tuple[bool, ...],
    effects: tuple[PlacedEffect, ...],
    track: PreparedTrack | None,
    timeline: Timeline,
    settings: BedSettings,
    target: MasterTarget,
    lossless: bool,
) -> Master:
    """Return the master: voice and effects over music at the target loudness, exactly as long as the timeline."""
    store = open_store()
    with store.scratch() as folder:
        output, flac = folder / "master.m4a", folder / "master.flac"
        report = mix.mix_audio(
            _speech(store, narrations, cleaned, timeline),
            music=TrackFile(store.local_path(track.blob), track.info) if track else None,
            total_samples=frame_to_sample(timeline.frame_count, timeline.fps),
            output=output,
            settings=settings,
            target=target,
            effects=[_placement(store, placed) for placed in effects],
            lossless=flac if lossless else None,
        )
        return Master(
            blob=store.put(output, "audio/mp4", move=True),
            mix=report,
            lossless=store.put(flac, "audio/flac", move=True) if lossless else None,
        )


def _speech(
    store: ArtifactStore, narrations: Sequence[Narration | None], cleaned: Sequence[bool], timeline: Timeline
) -> list[SpeechPlacement]:
    """Return where each narration is heard; `cleaned` tells which were recorded and cleaned."""
    return [
        SpeechPlacement(
            path=store.local_path(narration.audio),
            start_ms=frame_to_ms(slot.start_frame, timeline.fps) + slot.speech_offset_ms,
            clean=clean,
        )
        for narration, clean, slot in zip(narrations, cleaned, timeline.slots, strict=True)
        if narration is not None
    ]


def _placement(store: ArtifactStore, placed: PlacedEffect) -> EffectPlacement:
    return EffectPlacement(
        store.local_path(placed.effect.blob),
        placed.effect.info,
        start_ms=placed.start_ms,
        level_lufs=VOICE_LUFS + placed.gain_db,
    )
