from pathlib import Path

import numpy as np
import pytest

from engines.audio.effects import EffectPlacement, lay_effect, prepare_effect
from engines.audio.lanes import BLOCK, Effect, Lanes
from engines.audio.pcm import write_stereo_wav
from engines.errors import SourceUnreadable
from models.audio import EffectInfo

RATE = 48_000


def bump(folder: Path, *, at_ms: int, length_ms: int, level: float = 0.3) -> tuple[Path, EffectInfo]:
    """A second of a tone that is louder for 200 ms, prepared."""
    times = np.arange(length_ms * 48) / RATE
    tone = level * np.sin(2 * np.pi * 1_000 * times) * np.where(abs(times - at_ms / 1000) < 0.1, 1.0, 0.1)
    raw, wav = folder / "raw.wav", folder / "effect.wav"
    write_stereo_wav(np.repeat((tone * 32_767).astype("<i2")[:, None], 2, axis=1), raw)
    return wav, prepare_effect(raw, name="bump", output=wav)


def test_its_loudest_moment_is_found_and_brought_to_its_level(tmp_path: Path):
    for level in (0.02, 0.5):
        wav, info = bump(tmp_path, at_ms=600, length_ms=1_000, level=level)
        assert info.peak_ms == pytest.approx(600, abs=40)
        effect = lay_effect(EffectPlacement(wav, info, start_ms=250, level_lufs=-30), total=5 * RATE)
        assert effect is not None
        assert effect.start == 250 * 48
        loud = heard(effect)[550 * 48 : 650 * 48]
        assert 20 * np.log10(np.sqrt(np.mean(loud**2)) * np.sqrt(2)) == pytest.approx(-30, abs=1)


def heard(effect: Effect) -> np.ndarray:
    """The effect alone, from its first sample to its last."""
    mix = np.zeros((len(effect.samples), 2), np.float32)
    effect.add_to(mix, effect.start)
    return mix


@pytest.mark.parametrize("start_ms", [-500, 1_700])
def test_what_does_not_fit_is_cut_without_a_click(tmp_path: Path, start_ms: int):
    wav, info = bump(tmp_path, at_ms=600, length_ms=1_000)
    effect = lay_effect(EffectPlacement(wav, info, start_ms=start_ms, level_lufs=-20), total=2 * RATE)
    assert effect is not None
    assert effect.start + len(effect.samples) <= 2 * RATE
    padded = np.pad(heard(effect)[:, 0], 100)
    inner = np.abs(np.diff(padded, n=2))[1_000:-1_000].max()
    assert np.abs(np.diff(padded, n=2)).max() < 1.2 * inner


@pytest.mark.parametrize("start_ms", [-1_000, 2_000, 90_000])
def test_what_lies_outside_is_not_heard(tmp_path: Path, start_ms: int):
    wav, info = bump(tmp_path, at_ms=600, length_ms=1_000)
    assert lay_effect(EffectPlacement(wav, info, start_ms=start_ms, level_lufs=-20), total=2 * RATE) is None


def test_silence_is_left_out(tmp_path: Path):
    wav, info = bump(tmp_path, at_ms=600, length_ms=1_000, level=0)
    assert lay_effect(EffectPlacement(wav, info, start_ms=0, level_lufs=-20), total=2 * RATE) is None


def test_effects_lie_across_blocks_and_over_each_other(tmp_path: Path):
    wav, info = bump(tmp_path, at_ms=600, length_ms=1_000)
    total = 2 * BLOCK + 100
    effects = [
        lay_effect(EffectPlacement(wav, info, start_ms=start_ms, level_lufs=-20), total=total)
        for start_ms in (0, 9_500, 9_800)
    ]
    placed = [effect for effect in effects if effect]
    lanes = Lanes(np.zeros(total, np.int16), effects=placed)
    whole = np.concatenate([lanes.block(*span) for span in lanes.spans()])
    expected = np.zeros((total, 2), np.float32)
    for effect in placed:
        expected[effect.start : effect.start + len(effect.samples)] += heard(effect)
    assert np.array_equal(whole, expected)
    assert expected.any()


def test_what_is_no_sound_is_told_by_name(tmp_path: Path):
    text = tmp_path / "effect.wav"
    text.write_text("no sound")
    with pytest.raises(SourceUnreadable, match=r"pop\.mp3"):
        prepare_effect(text, name="pop.mp3", output=tmp_path / "out.wav")
