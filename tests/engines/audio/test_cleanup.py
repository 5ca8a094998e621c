import numpy as np
import pytest

from engines.audio.cleanup import clean_voice

RATE = 48_000


def sine(seconds: float, hz: float, level: float) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def level_db(samples: np.ndarray, hz: float) -> float:
    """The level of one tone."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE) * np.hanning(len(samples))
    return float(20 * np.log10(np.abs(np.dot(samples, turns)) / len(samples) * 4 + 1e-9))


def test_rumble_goes_and_the_voice_stays():
    voice = sine(4, 220, 0.2) + sine(4, 30, 0.2)
    clean = clean_voice(voice.astype(np.float32))
    assert level_db(clean, 30) < level_db(voice, 30) - 20
    assert level_db(clean, 220) == pytest.approx(level_db(voice, 220), abs=1)


def test_a_sharp_s_is_softened_and_a_dull_one_is_left_alone():
    vowel = np.tile(np.concatenate((sine(0.4, 220, 0.3), np.zeros(RATE // 10, np.float32))), 8)
    s = np.zeros_like(vowel)
    at = slice(int(1.4 * RATE), int(1.5 * RATE))
    s[at] = sine(0.1, 7_500, 1.0)
    for level, least, most in ((0.3, 3.5, 9), (0.04, -0.1, 1)):
        before = vowel + level * s
        after = clean_voice(before.astype(np.float32))
        down = level_db(before[at], 7_500) - level_db(after[at], 7_500)
        assert least < down < most, level
        inside_vowel = slice(int(1.0 * RATE), int(1.3 * RATE))
        assert level_db(after[inside_vowel], 220) == pytest.approx(level_db(before[inside_vowel], 220), abs=1)


def test_loud_and_soft_words_come_nearer_but_not_to_one_level():
    words = [sine(0.6, 220, level) for level in (0.05, 0.5, 0.05, 0.5)]
    before = np.concatenate([np.concatenate((word, np.zeros(RATE // 5, np.float32))) for word in words])
    after = clean_voice(before)

    def apart(samples: np.ndarray) -> float:
        soft, loud = (samples[int(at * RATE) : int((at + 0.3) * RATE)] for at in (1.75, 0.95))
        return level_db(loud, 220) - level_db(soft, 220)

    assert apart(before) == pytest.approx(20, abs=0.5)
    assert 14 < apart(after) < 19


def test_it_is_continuous_over_its_blocks_and_repeats_exactly():
    rng = np.random.default_rng(2)
    voice = (rng.normal(0, 0.05, 6 * RATE) * (1 + np.sin(np.arange(6 * RATE) / 9_000))).astype(np.float32)
    long = clean_voice(voice)
    assert np.array_equal(long, clean_voice(voice))
    shifted = clean_voice(np.concatenate((np.zeros(RATE, np.float32), voice)))[RATE:]
    assert np.abs(long - shifted)[RATE // 10 : -RATE // 10].max() < 0.002, (
        "where the blocks lie changes next to nothing"
    )
    assert np.abs(np.diff(clean_voice(sine(6, 200, 0.3)))).max() < 1.1 * 2 * np.pi * 200 / RATE * 0.3


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(1), np.zeros(5_000), np.full(10, 1e-6)])
def test_silence_stays_silent(samples: np.ndarray):
    clean = clean_voice(samples.astype(np.float32))
    assert len(clean) == len(samples)
    assert not len(clean) or np.abs(clean).max() <= 1e-5
