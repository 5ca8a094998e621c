"""The mix: voice, bed and effects to one master, ducked, at its loudness."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.audio import ducking
from engines.audio.bed import Bed, TrackFile, open_bed
from engines.audio.effects import EffectPlacement, lay_effect
from engines.audio.lanes import BLOCK, DUCK_STEP, Lanes
from engines.audio.master import write_master
from engines.audio.pcm import FULL_SCALE, gain_of, short_levels
from engines.audio.rests import Span, played_span, rest_curve
from engines.audio.voice_lane import MONO_LU, VOICE_LUFS, voice_lane
from engines.timebase import ms_to_sample, samples_to_ms
from models.audio import BedSettings, MasterTarget, MixReport, SpeechPlacement

_THREADS = 4


def mix_audio(
    speech: Sequence[SpeechPlacement],
    *,
    music: TrackFile | None,
    total_samples: int,
    output: Path,
    settings: BedSettings,
    target: MasterTarget,
    effects: Sequence[EffectPlacement] = (),
    lossless: Path | None = None,
) -> MixReport:
    """Mix speech, music and effects into `output`: AAC in .m4a, 48 kHz stereo, `total_samples` long, at the target's
    bitrate and loudness with true peaks below its highest.

    `lossless` is where to write the same as FLAC. Every speech is brought to one loudness, which the bed's level is
    relative to. The same inputs give the same bytes. Raises SourceUnreadable, FfmpegFailed, FfmpegTimeout, DiskFull.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        voice = voice_lane(speech, total=total_samples, pool=pool)
        bed = _bed(music, total_samples, settings) if music is not None else None
        duck_db = settings.duck_db if bed is not None and voice.any() else 0.0
        laid = [lay_effect(effect, total=total_samples) for effect in effects]
        lanes = Lanes(voice, bed, _bed_curve(voice, duck_db, settings.rests_ms), [*filter(None, laid)])
        return write_master(lanes, output, target=target, duck_db=duck_db, pool=pool, lossless=lossless)


def _bed(music: TrackFile, total: int, settings: BedSettings) -> Bed | None:
    played_ms = played_span(settings.rests_ms, total_ms=samples_to_ms(total))
    if played_ms is None:
        return None
    start, stop = ms_to_sample(played_ms[0]), min(ms_to_sample(played_ms[1]), total) if settings.rests_ms else total
    level = VOICE_LUFS + settings.gain_db
    return open_bed(music, total=stop - start, target_lufs=level, settings=settings, start=start)


def _bed_curve(voice: NDArray[np.int16], duck_db: float, rests_ms: Sequence[Span]) -> NDArray[np.float32] | None:
    """Return the bed's gain at every duck step's edge; None where it stays up."""
    rested = rest_curve(rests_ms, total=len(voice)) if rests_ms else None
    if not duck_db:
        return rested
    ducked = _duck_curve(voice, duck_db)
    return ducked if rested is None else ducked * rested


def _duck_curve(voice: NDArray[np.int16], depth_db: float) -> NDArray[np.float32]:
    levels = [
        short_levels(voice[start : start + BLOCK].astype(np.float32) / np.float32(FULL_SCALE), DUCK_STEP)
        for start in range(0, len(voice), BLOCK)
    ]
    voice_level = gain_of(VOICE_LUFS - MONO_LU)
    return ducking.duck_curve(np.concatenate(levels), voice_level=voice_level, depth_db=depth_db)
