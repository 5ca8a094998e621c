import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.audio.resample import resample
from engines.audio.warping import HOP_MS, RATE_HZ, features, warp


def melody(notes: list[float], lengths_ms: list[int]) -> np.ndarray:
    """Notes one after the other, each with overtones that fall off as its own brightness tells."""
    parts = []
    for hz, length_ms in zip(notes, lengths_ms, strict=True):
        time = np.arange(RATE_HZ * length_ms // 1000) / RATE_HZ
        overtones = [np.sin(2 * np.pi * hz * k * time) / k ** (1 + hz / 300) for k in range(1, 8)]
        parts.append(0.3 * np.sum(overtones, axis=0))
    return np.concatenate(parts).astype(np.float32)


NOTES = [150.0, 420.0, 230.0, 700.0, 180.0, 520.0]


def test_a_sound_lies_on_itself():
    sound = melody(NOTES, [90, 200, 120, 260, 80, 150])
    laid = warp(sound, sound)
    assert laid.frames == pytest.approx(np.arange(len(features(sound))), abs=6), "a note is alike all along"
    assert laid.hop_ms == HOP_MS


@given(st.lists(st.integers(60, 400), min_size=6, max_size=6))
def test_each_note_is_found_however_long_it_is(lengths_ms: list[int]):
    usual = [150] * 6
    laid = warp(melody(NOTES, usual), melody(NOTES, lengths_ms))
    assert (np.diff(laid.frames) >= 0).all()
    for number in range(1, 6):
        found_ms = laid.frames[sum(usual[:number]) // HOP_MS] * HOP_MS
        assert found_ms == pytest.approx(sum(lengths_ms[:number]), abs=35)


def test_very_long_sounds_are_compared_more_coarsely():
    sound = np.tile(melody(NOTES, [90, 200, 120, 260, 80, 150]), 30)
    slower = resample(sound, rate_hz=RATE_HZ, target_hz=RATE_HZ * 5 // 4)
    laid = warp(sound, slower)
    assert laid.hop_ms == 2 * HOP_MS
    half = len(laid.frames) // 2
    assert laid.frames[half] == pytest.approx(half * 1.25, rel=0.03)
