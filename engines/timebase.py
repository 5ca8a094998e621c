"""The one place where time is rounded: milliseconds, frames and samples."""

from fractions import Fraction

SAMPLE_RATE_HZ = 48_000


def frames_covering(duration_ms: int, fps: Fraction) -> int:
    """Return the least whole number of frames that lasts at least `duration_ms`."""
    return -(-duration_ms * fps.numerator // (1000 * fps.denominator))


def frames_nearest(duration_ms: int, fps: Fraction) -> int:
    """Return the whole number of frames nearest to `duration_ms` (halves round up)."""
    return (2 * duration_ms * fps.numerator + 1000 * fps.denominator) // (2000 * fps.denominator)


def frames_reaching(seconds: Fraction, fps: Fraction) -> int:
    """Return the first frame that starts at `seconds` or after."""
    return -int(-seconds * fps // 1)


def frame_at(time_ms: int, fps: Fraction) -> int:
    """Return the frame that is shown at `time_ms`."""
    return time_ms * fps.numerator // (1000 * fps.denominator)


def frame_to_ms(frame: int, fps: Fraction) -> int:
    """Return the start of `frame` in milliseconds, rounded to nearest."""
    return (2000 * frame * fps.denominator + fps.numerator) // (2 * fps.numerator)


def frame_to_seconds(frame: int, fps: Fraction) -> float:
    """Return the start of `frame` in seconds, for libraries that want floats."""
    return float(Fraction(frame) / fps)


def seconds_to_frame(seconds: float, fps: Fraction) -> int:
    """Return the frame shown at `seconds`; the inverse of `frame_to_seconds` despite floating point."""
    return int(Fraction(seconds) * fps + Fraction(1, 1000))


def frame_to_sample(frame: int, fps: Fraction, rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Return the audio sample that plays when `frame` starts, rounded down."""
    return frame * fps.denominator * rate_hz // fps.numerator


def ms_to_sample(time_ms: int, rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Return the audio sample at `time_ms`, rounded down."""
    return time_ms * rate_hz // 1000


def samples_to_ms(samples: int, rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Return the length of `samples` in milliseconds, rounded up."""
    return -(-samples * 1000 // rate_hz)
