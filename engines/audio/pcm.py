"""Samples in and out of files: WAV (48 kHz, 16-bit) by pydub, anything else through ffmpeg."""

import os
import warnings
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines import ffmpeg
from engines.errors import FfmpegFailed, SourceUnreadable
from engines.ffmpeg_arguments import safe_input
from engines.sniff import demuxer_for, read_head
from engines.timebase import SAMPLE_RATE_HZ

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub looks for a system ffmpeg, which it is never asked to run
    from pydub import AudioSegment

Samples = NDArray[np.float32]  # -1..1; mono (n,) or stereo (n, 2)
FULL_SCALE = 32_768.0
_DECODE_TIMEOUT_S = 300.0
_WAV_HEADER_BYTES = 44


def load_wav(path: Path) -> AudioSegment:
    """Load a WAV file as a pydub segment of 48 kHz, 16-bit. Raises SourceUnreadable."""
    try:
        segment = AudioSegment.from_wav(os.fspath(path))
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise SourceUnreadable(source=str(path), reason=f"not a WAV file ({error})") from error
    return segment.set_frame_rate(SAMPLE_RATE_HZ).set_sample_width(2)


def samples_of(segment: AudioSegment) -> Samples:
    """Return a segment's samples, mono (n,) or stereo (n, 2)."""
    samples = np.frombuffer(segment.raw_data, dtype="<i2").astype(np.float32) / np.float32(FULL_SCALE)
    return samples if segment.channels == 1 else samples.reshape(-1, segment.channels)


def save_wav(samples: Samples, path: Path) -> None:
    """Write mono samples as WAV, 48 kHz, 16-bit; the same samples give the same bytes."""
    _write_wav(np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1), path, channels=1)


def write_stereo_wav(samples: NDArray[np.int16], path: Path) -> None:
    """Write stereo samples, (n, 2), as WAV, 48 kHz, 16-bit."""
    _write_wav(samples, path, channels=2)


def map_wav(path: Path, *, channels: int) -> NDArray[np.int16]:
    """Return the samples, (n, channels), of a 16-bit WAV file that this module wrote, read as they are needed."""
    frames = wav_length(path)
    offset = path.stat().st_size - frames * 2 * channels
    return np.memmap(path, dtype="<i2", mode="r", offset=max(offset, _WAV_HEADER_BYTES), shape=(frames, channels))


def decode_to_wav(source: Path, output: Path, *, channels: int, name: str, limit_ms: int, filters: str = "") -> None:
    """Decode the first audio track of any file into a WAV file, 48 kHz, 16-bit, at most `limit_ms` of it.

    `name` is what errors call the source, `filters` an ffmpeg audio filter
    chain. Raises SourceUnreadable for what has no audio, FfmpegTimeout, DiskFull.
    """
    demuxer = demuxer_for(read_head(source))
    if demuxer is None:
        raise SourceUnreadable(source=name, reason="no sound of a known format in it")
    seconds = f"{limit_ms / 1000:.3f}"
    try:
        ffmpeg.run(
            (
                *("-y", "-t", seconds, *safe_input(source, demuxer=demuxer), "-map", "0:a:0"),
                *(*(("-af", filters) if filters else ()), "-ac", str(channels)),
                *("-ar", str(SAMPLE_RATE_HZ), "-c:a", "pcm_s16le", "-fflags", "+bitexact", "-flags:a", "+bitexact"),
                *("-t", seconds, "-f", "wav", f"file:{output}"),
            ),
            timeout_s=_DECODE_TIMEOUT_S,
        )
    except FfmpegFailed as error:
        if error.exit_code < 0:  # killed: not the source's fault
            raise
        raise SourceUnreadable(source=name, reason=f"no sound in it ({error.log.splitlines()[-1]})") from error
    if wav_length(output) == 0:
        raise SourceUnreadable(source=name, reason="its sound is empty")


def wav_length(path: Path) -> int:
    """Return the samples (per channel) of a WAV file that this module wrote."""
    with wave.open(os.fspath(path), "rb") as file:
        return file.getnframes()


def level_db(amplitude: float) -> float:
    """Return an amplitude in dB of full scale, at least -120."""
    return float(20 * np.log10(max(amplitude, 1e-6)))


def gain_of(level: float) -> float:
    """Return the factor of a level in dB."""
    return float(10.0 ** (level / 20))


def short_levels(samples: Samples, window: int) -> NDArray[np.float32]:
    """Return the RMS of each whole or partial `window` of mono samples."""
    padded = np.pad(samples, (0, -len(samples) % window))
    return np.asarray(np.sqrt(np.mean(np.square(padded.reshape(-1, window)), axis=1)), dtype=np.float32)


def faded(samples: Samples, *, length: int) -> Samples:
    """Return mono samples that rise from silence in `length` samples, and end in it: cut anywhere, they do not click.

    What is shorter than both fades has two shorter ones.
    """
    slope = np.linspace(0, 1, min(length, len(samples) // 2), dtype=np.float32)
    eased = samples.copy()
    eased[: len(slope)] *= slope
    eased[len(eased) - len(slope) :] *= slope[::-1]
    return eased


def ramp(edges: NDArray[np.float32], *, step: int, first: int, samples: int) -> NDArray[np.float32]:
    """Return `samples` gains from the start of step `first`, straight between gains at the edges of the steps."""
    part = edges[first : first + -(-samples // step) + 1]
    slope = (np.arange(step, dtype=np.float32) / np.float32(step))[None, :]
    curve: NDArray[np.float32] = part[:-1, None] + (part[1:] - part[:-1])[:, None] * slope
    return curve.reshape(-1)[:samples]


def _write_wav(samples: NDArray[np.float32 | np.int16], path: Path, *, channels: int) -> None:
    content = samples.astype("<i2", copy=False).tobytes()
    AudioSegment(content, sample_width=2, frame_rate=SAMPLE_RATE_HZ, channels=channels).export(path, "wav").close()
