"""The mix: voice and bed to one master, ducked, at its loudness, encoded once (again only if it measures wrong)."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines import ffmpeg
from engines.audio import ducking, limiter
from engines.audio.bed import Bed, prepare_bed
from engines.audio.limiter import STEP, MasterGain, Steps
from engines.audio.loudness import SILENCE_LUFS, integrated, measure, weighted_power
from engines.audio.pcm import FULL_SCALE, Samples, gain_of, load_wav, ramp, samples_of, short_levels
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample, samples_to_ms
from models.audio import Loudness, MixReport, SpeechPlacement

TARGET_LUFS = -14.0
TRUE_PEAK_DBTP = -1.0
BITRATE = "192k"
# At this bitrate the fast coder without its low-bitrate tools is 15 dB nearer to the original than the default one,
# in a third of the time.
_CODER = ("-aac_coder", "fast", "-aac_pns", "0", "-aac_is", "0")
_VOICE_LUFS = -24.0  # of the lane, before the master gain: leaves room for peaks in 16 bits
_MONO_LU = 3.0  # the same signal from both sides is 3 LU louder than from one
_MOST_SPEECH_GAIN_DB = 30.0
_SPEECH_FADE_MS = 8
_CEILING_DB = -1.8  # the codec overshoots
_TOLERANCE_LU, _SPARE_DB = 0.15, 0.2
_MOST_PASSES = 4
_BLOCK = ms_to_sample(10_000)
_CONTEXT = ms_to_sample(200)  # of the block before, so that filters start warm
_DUCK_STEP = ms_to_sample(ducking.STEP_MS)
_ENCODE_TIMEOUT_S = 600.0


class _Lanes(NamedTuple):
    """What is mixed: the voice (mono, 16-bit), the bed, and the bed's gain at every duck step's edge."""

    voice: NDArray[np.int16]
    bed: Bed | None
    duck: NDArray[np.float32] | None

    def blocks(self) -> Iterator[tuple[int, Samples]]:
        """Yield the mix before its master gain, (n, 2), 10 s at a time with the place of its first sample."""
        for start in range(0, len(self.voice), _BLOCK):
            stop = min(start + _BLOCK, len(self.voice))
            voice = self.voice[start:stop].astype(np.float32) / np.float32(FULL_SCALE)
            mix = np.repeat(voice[:, None], 2, axis=1)
            if self.bed:
                bed = self.bed.block(start, stop)
                if self.duck is not None:
                    bed *= ramp(self.duck, step=_DUCK_STEP, first=start // _DUCK_STEP, samples=stop - start)[:, None]
                mix += bed
            yield start, mix


def mix_audio(
    speech: Sequence[SpeechPlacement],
    *,
    music: Path | None,
    total_samples: int,
    gain_db: float,
    duck: bool,
    output: Path,
    music_name: str | None = None,
) -> MixReport:
    """Mix speech and music into `output`: AAC in .m4a, 48 kHz stereo, `total_samples` long,
    at -14 LUFS with true peaks below -1 dBTP.

    Every speech is brought to one loudness; `gain_db` is the bed's level in the gaps, relative to it, and `duck`
    takes it down a further 12 dB under speech. The same inputs give the same bytes. `music_name` is what errors call
    the track. Raises SourceUnreadable, FfmpegFailed, FfmpegTimeout, DiskFull.
    """
    with tempfile.TemporaryDirectory(prefix="mix-", dir=output.parent) as folder, ThreadPoolExecutor(1) as pool:
        talking = pool.submit(_voice_lane, speech, total_samples)
        bed = None
        if music is not None:
            name = music_name or str(music)
            level = _VOICE_LUFS + gain_db
            bed = prepare_bed(music, name=name, total=total_samples, target_lufs=level, folder=Path(folder))
        voice = talking.result()
        ducks = duck and bed is not None and bool(voice.any())
        lanes = _Lanes(voice, bed, _duck_curve(voice) if ducks else None)
        return _master(lanes, output, duck_db=ducking.DEPTH_DB if ducks else 0.0)


def _voice_lane(speech: Sequence[SpeechPlacement], total: int) -> NDArray[np.int16]:
    lane = np.zeros(total, dtype=np.int16)
    for placement in speech:
        start = ms_to_sample(placement.start_ms)
        segment = load_wav(placement.path).set_channels(1)[: samples_to_ms(max(total - start, 0))]
        level = integrated(weighted_power(samples_of(segment), step=STEP)) + _MONO_LU
        if level <= SILENCE_LUFS + _MONO_LU:
            continue
        segment = segment.apply_gain(min(_VOICE_LUFS - level, _MOST_SPEECH_GAIN_DB))
        segment = segment.fade_in(_SPEECH_FADE_MS).fade_out(_SPEECH_FADE_MS)
        placed = np.frombuffer(segment.raw_data, dtype="<i2")[: total - start]
        part = lane[start : start + len(placed)]
        part[:] = np.clip(part.astype(np.int32) + placed, -FULL_SCALE, FULL_SCALE - 1)
    return lane


def _duck_curve(voice: NDArray[np.int16]) -> NDArray[np.float32]:
    levels = [
        short_levels(voice[start : start + _BLOCK].astype(np.float32) / np.float32(FULL_SCALE), _DUCK_STEP)
        for start in range(0, len(voice), _BLOCK)
    ]
    return ducking.duck_curve(np.concatenate(levels), voice_level=gain_of(_VOICE_LUFS - _MONO_LU))


def _master(lanes: _Lanes, output: Path, *, duck_db: float) -> MixReport:
    """Encode, measure what came out, and correct the aim until it is right."""
    steps = _measure_steps(lanes)
    target_lufs, ceiling_db = TARGET_LUFS, _CEILING_DB
    passes = 0
    while passes < _MOST_PASSES:
        passes += 1
        master = limiter.solve(steps, target_lufs=target_lufs, ceiling_db=ceiling_db)
        _encode(lanes, master, output)
        loudness = measure(output)
        off_lu, over_db = _errors(loudness, reachable=integrated(steps.powers) + limiter.MOST_GAIN_DB > target_lufs)
        if over_db <= 0 and abs(off_lu) <= _TOLERANCE_LU:
            break
        target_lufs += off_lu
        ceiling_db -= over_db + _SPARE_DB if over_db > 0 else 0.0
    return MixReport(
        **loudness.model_dump(),
        duration_ms=samples_to_ms(len(lanes.voice)),
        duck_db=duck_db,
        limiter_db=round(limiter.deepest_db(master), 1),
        passes=passes,
    )


def _errors(loudness: Loudness, *, reachable: bool) -> tuple[float, float]:
    """Return how much louder the master should be (LU), and how far its true peak is too high (dB, 0 if it is not)."""
    measured, peak = loudness.integrated_lufs, loudness.true_peak_dbtp
    off_lu = TARGET_LUFS - measured if measured is not None and reachable else 0.0
    return off_lu, max(peak - TRUE_PEAK_DBTP, 0.0) if peak is not None else 0.0


def _measure_steps(lanes: _Lanes) -> Steps:
    """Measure peaks and powers side by side, block by block."""
    peaks: list[NDArray[np.float32]] = []
    powers: list[NDArray[np.float64]] = []
    context = np.zeros((_CONTEXT, 2), dtype=np.float32)
    with ThreadPoolExecutor(1) as pool:
        for _, mix in lanes.blocks():
            warmed = np.concatenate((context, mix))
            weighing = pool.submit(weighted_power, warmed, step=STEP)
            peaks.append(limiter.true_peaks(warmed)[_CONTEXT // STEP :])
            powers.append(weighing.result()[_CONTEXT // STEP :])
            context = mix[-_CONTEXT:] if len(mix) >= _CONTEXT else context
    return Steps(np.concatenate(peaks), np.concatenate(powers))


def _encode(lanes: _Lanes, master: MasterGain, output: Path) -> None:
    arguments = (
        *("-y", "-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "2", "-i", "pipe:0"),
        *("-c:a", "aac", "-b:a", BITRATE, *_CODER, "-fflags", "+bitexact", "-flags:a", "+bitexact"),
        *("-f", "ipod", f"file:{output}"),
    )
    with ffmpeg.frames_in(arguments, timeout_s=_ENCODE_TIMEOUT_S) as pipe:
        for start, mix in lanes.blocks():
            mix *= master.at(start // STEP, len(mix))[:, None]
            pipe.write(mix.astype("<f4", copy=False).data)
