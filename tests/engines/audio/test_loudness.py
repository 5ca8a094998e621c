import os
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.audio import limiter
from engines.audio.ducking import STEP_MS, duck_curve
from engines.audio.limiter import STEP, Steps, solve, true_peaks
from engines.audio.loudness import integrated, measure, weighted_power
from engines.audio.pcm import save_wav
from engines.audio.resample import resample
from engines.errors import SourceUnreadable

RATE = 48_000


def sine(seconds: float, hz: float, level_db: float) -> np.ndarray:
    times = np.arange(int(seconds * RATE)) / RATE
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def write_stereo(path: Path, samples: np.ndarray) -> Path:
    with wave.open(os.fspath(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(samples * 32_767).astype("<i2").tobytes())
    return path


def test_a_calibrated_tone_measures_as_the_standard_says(tmp_path: Path) -> None:
    stereo = np.repeat(sine(10, 1_000, -23)[:, None], 2, axis=1)
    loudness = measure(write_stereo(tmp_path / "tone.wav", stereo))
    assert loudness.integrated_lufs == pytest.approx(-23, abs=0.1)
    assert loudness.true_peak_dbtp == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("kind", ["noise", "tones", "bursts", "low"])
def test_the_law_in_numpy_agrees_with_ffmpegs_meter(tmp_path: Path, kind: str) -> None:
    seconds = 9
    noise = np.random.default_rng(3).normal(0, 0.1, (seconds * RATE, 2)).astype(np.float32)
    gate = (np.arange(seconds * RATE) // RATE % 3 == 0).astype(np.float32)[:, None]
    samples = {
        "noise": noise,
        "tones": np.stack((sine(seconds, 440, -10), sine(seconds, 3_000, -30)), axis=1),
        "bursts": noise * gate + noise * 0.02,
        "low": np.stack((sine(seconds, 45, -6), sine(seconds, 60, -6)), axis=1),
    }[kind].clip(-1, 1)
    expected = measure(write_stereo(tmp_path / "x.wav", samples)).integrated_lufs
    assert integrated(weighted_power(samples, step=STEP)) == pytest.approx(expected, abs=0.1)


def test_silence_and_what_is_no_sound(tmp_path: Path) -> None:
    save_wav(np.zeros(RATE, dtype=np.float32), tmp_path / "silence.wav")
    silence = measure(tmp_path / "silence.wav")
    assert (silence.integrated_lufs, silence.true_peak_dbtp) == (None, None)
    assert integrated(np.zeros(1_000)) == -70
    assert integrated(np.zeros(0)) == -70
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(SourceUnreadable):
        measure(tmp_path / "text.wav")


def test_a_peak_between_two_samples_is_seen() -> None:
    quarter = np.sin(2 * np.pi * (np.arange(RATE) + 0.5) / 4).astype(np.float32)  # samples at +-0.707, peaks at 1
    assert np.median(true_peaks(quarter[:, None])) == pytest.approx(1.0, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(
    peaks=st.lists(st.floats(0, 4, width=32), min_size=1, max_size=300),
    ceiling_db=st.floats(-6, 0),
    target=st.floats(-30, -5),
)
def test_the_limiter_never_lets_a_peak_through(peaks: list[float], ceiling_db: float, target: float) -> None:
    levels = np.array(peaks, dtype=np.float32)
    master = solve(Steps(levels, np.square(levels, dtype=np.float64) / 4), target_lufs=target, ceiling_db=ceiling_db)
    gains = master.at(0, len(levels) * STEP).reshape(-1, STEP)
    loudest = np.max(gains, axis=1) * levels
    reached = np.max(loudest)
    if integrated(np.square(levels, dtype=np.float64) / 4) > -70:
        assert reached <= 10 ** (ceiling_db / 20) * 1.001
    assert np.all(np.isfinite(gains))
    assert limiter.deepest_db(master) >= 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=600))
def test_ducking_is_down_under_every_word_and_changes_gently(speaking: list[bool]) -> None:
    levels = np.array(speaking, dtype=np.float32) * 0.1
    curve_db = 20 * np.log10(duck_curve(levels, voice_level=0.1, depth_db=12))
    assert len(curve_db) == len(speaking) + 1
    under = np.flatnonzero(levels)
    assert np.all(curve_db[under] < -12 + 0.01)
    assert np.all(curve_db[under + 1] < -12 + 0.01)
    assert np.all((curve_db <= 0.01) & (curve_db >= -12 - 0.01))
    assert np.all(np.abs(np.diff(curve_db)) < 1.0)
    if len(under):
        assert np.all(curve_db[under[0] : under[-1]] < 0.01)
    else:
        assert np.all(curve_db > -0.01)


def test_gaps_between_words_stay_down_and_long_ones_come_up() -> None:
    speaking = np.zeros(1_000, dtype=np.float32)
    speaking[100:200] = speaking[260:300] = speaking[600:700] = 0.1
    curve_db = 20 * np.log10(duck_curve(speaking, voice_level=0.1, depth_db=12))
    assert np.all(curve_db[100:301] < -12 + 0.01)
    assert curve_db[450] > -0.01
    assert curve_db[0] > -0.01
    assert STEP_MS == 10


def test_resampling_keeps_time_and_tone() -> None:
    click = np.zeros(22_050, dtype=np.float32)
    click[11_025] = 1
    assert abs(int(np.argmax(resample(click, rate_hz=22_050, target_hz=RATE))) - 24_000) <= 1
    times = np.arange(22_050) / 22_050
    tone = np.sin(2 * np.pi * 1_000 * times).astype(np.float32)
    expected = np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)
    assert np.max(np.abs(resample(tone, rate_hz=22_050, target_hz=RATE) - expected)[2_000:-2_000]) < 0.01
