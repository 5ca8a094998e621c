"""The master: the mix at its loudness, encoded once (again only if it measures wrong)."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines import ffmpeg
from engines.audio import limiter
from engines.audio.lanes import Lanes
from engines.audio.limiter import STEP, MasterGain, Steps
from engines.audio.loudness import METER, integrated, measure, readings_of, weighted_power
from engines.audio.pcm import Samples
from engines.errors import FfmpegFailed
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample, samples_to_ms
from models.audio import Loudness, LoudnessTarget, MasterTarget, MixReport

# The fast coder without its low-bitrate tools is 15 dB nearer to the original than the default one at 192 kbit/s, and
# as near or nearer at 128, in a third of the time.
_CODER = ("-aac_coder", "fast", "-aac_pns", "0", "-aac_is", "0")
_LOSSLESS = ("-map", "0:a", "-c:a", "flac", "-sample_fmt", "s32", "-bitexact", "-f", "flac")
_OVERSHOOT_DB = 0.8  # of the codec, over the peaks that go into it
_TOLERANCE_LU, _SPARE_DB = 0.15, 0.2
_MOST_PASSES = 4
_CONTEXT = ms_to_sample(200)  # of what comes before a block, so that filters start warm
_BLOCKS_AHEAD = 3
_NO_LOOPBACK = "Unrecognized option 'dec'"  # what ffmpeg before 7.1 says
_TIMEOUT_S = 600.0


def write_master(
    lanes: Lanes,
    output: Path,
    *,
    target: MasterTarget,
    duck_db: float,
    pool: ThreadPoolExecutor,
    lossless: Path | None = None,
) -> MixReport:
    """Encode the mix, measure what came out, and correct the aim until it is right.

    `lossless` is where to write what was encoded, as FLAC. Raises FfmpegFailed, FfmpegTimeout, DiskFull.
    """
    steps = _measure_steps(lanes, pool)
    loudest = integrated(steps.powers) + limiter.MOST_GAIN_DB
    target_lufs, ceiling_db = target.integrated_lufs, target.true_peak_dbtp - _OVERSHOOT_DB
    passes = 0
    while passes < _MOST_PASSES:
        passes += 1
        master = limiter.solve(steps, target_lufs=target_lufs, ceiling_db=ceiling_db)
        loudness = _encode(lanes, master, output, pool, target.kbps, lossless)
        off_lu, over_db = _errors(loudness, target, reachable=loudest > target_lufs)
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


def _errors(loudness: Loudness, target: LoudnessTarget, *, reachable: bool) -> tuple[float, float]:
    """Return how much louder the master should be (LU), and how far its true peak is too high (dB, 0 if it is not)."""
    measured, peak = loudness.integrated_lufs, loudness.true_peak_dbtp
    off_lu = target.integrated_lufs - measured if measured is not None and reachable else 0.0
    return off_lu, max(peak - target.true_peak_dbtp, 0.0) if peak is not None else 0.0


def _measure_steps(lanes: Lanes, pool: ThreadPoolExecutor) -> Steps:
    """Measure peaks and powers of all blocks side by side."""

    def measured(span: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        start, stop = span
        warm = min(start, _CONTEXT)
        mix = lanes.block(start - warm, stop)
        return limiter.true_peaks(mix)[warm // STEP :], weighted_power(mix, step=STEP)[warm // STEP :]

    peaks, powers = zip(*pool.map(measured, lanes.spans()), strict=True)
    return Steps(np.concatenate(peaks), np.concatenate(powers))


def _encode(
    lanes: Lanes, master: MasterGain, output: Path, pool: ThreadPoolExecutor, kbps: int, lossless: Path | None
) -> Loudness:
    """Encode the master and return what ffmpeg's meter shows of the coded sound, decoded in the same process."""

    def mastered(span: tuple[int, int]) -> Samples:
        start, stop = span
        mix = lanes.block(start, stop)
        mix *= master.at(start // STEP, stop - start)[:, None]
        return mix.astype("<f4", copy=False)

    arguments = (
        *("-loglevel", "info", "-nostats", "-y"),
        *("-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "2", "-i", "pipe:0", "-map", "0:a"),
        *("-c:a", "aac", "-b:a", f"{kbps}k", *_CODER, "-fflags", "+bitexact", "-flags:a", "+bitexact"),
        *("-f", "ipod", f"file:{output}"),
        *(() if lossless is None else (*_LOSSLESS, f"file:{lossless}")),
    )
    heard = f"[dec:0]atrim=end_sample={len(lanes.voice)},{METER}[heard]"
    metered = ("-dec", "0:0", "-filter_complex", heard, "-map", "[heard]", "-f", "null", "-")
    logs: list[str] = []

    def encode(*more: str) -> None:
        with ffmpeg.frames_in((*arguments, *more), timeout_s=_TIMEOUT_S, on_log=logs.append) as pipe:
            for mix in _ahead(pool, mastered, lanes.spans()):
                pipe.write(mix.data)

    try:
        encode(*metered)
    except FfmpegFailed as error:
        if _NO_LOOPBACK not in error.log:
            raise
        encode()
        return measure(output)
    return readings_of(logs[0])


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[tuple[int, int]], Samples], spans: Iterator[tuple[int, int]]
) -> Iterator[Samples]:
    """Yield the results in order, while a few more are being made."""
    waiting = deque(pool.submit(work, span) for span in islice(spans, _BLOCKS_AHEAD))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(work, span) for span in islice(spans, 1))
