"""Loops are found where music repeats, in tracks that are made here: bars of drums and chords, or none."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from engines.audio.bed import TrackFile, open_bed
from engines.audio.loops import find_loop
from engines.audio.pcm import write_stereo_wav
from engines.audio.track import prepare_track
from models.audio import BedSettings
from tasks.library import ASSETS_DIR, MANIFEST

RATE = 48_000
CHORDS = ((220, 277, 330), (196, 247, 294), (175, 220, 262), (165, 208, 247))


def times(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def drum(hz: float, life: float) -> np.ndarray:
    t = times(0.25)
    return np.asarray(np.sin(2 * np.pi * hz * t) * np.exp(-t / life))


def song(bpm: float, bars: int, *, seed: int | None = None, beats_in_bar: int = 4) -> np.ndarray:
    """Bars of four chords in turn over drums; with a seed, every note is struck a little otherwise."""
    rng = np.random.default_rng(seed or 0)
    beat = 60 / bpm
    out = np.zeros(round(bars * beats_in_bar * beat * RATE) + RATE)

    def add(sound: np.ndarray, at: float, level: float) -> None:
        touch = rng.uniform(0.85, 1.15) if seed else 1.0
        late = rng.normal(0, 0.002) if seed else 0.0
        place = max(round((at + late) * RATE), 0)
        out[place : place + len(sound)] += level * touch * sound[: len(out) - place]

    for bar in range(bars):
        start = bar * beats_in_bar * beat
        for hz in CHORDS[bar % 4]:
            t = times(beats_in_bar * beat * 0.95)
            tone = sum(np.sin(2 * np.pi * hz * k * t + (rng.uniform(0, 6) if seed else 0)) / k for k in (1, 2, 3))
            add(np.asarray(tone * np.exp(-t / 0.8)), start, 0.06)
        for number in range(beats_in_bar):
            add(drum(60, 0.08) if number % 2 == 0 else drum(190, 0.05), start + number * beat, 0.3)
    return out[: round(bars * beats_in_bar * beat * RATE)]


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat((np.clip(mono, -1, 1) * 32_767).astype("<i2")[:, None], 2, axis=1)


@pytest.mark.parametrize(("bpm", "beats_in_bar"), [(100, 4), (128, 4), (84, 3)])
def test_a_loop_is_whole_rounds_of_the_chords_to_the_sample(bpm: float, beats_in_bar: int):
    music = song(bpm, 18, beats_in_bar=beats_in_bar)
    loop, beat_ms = find_loop(stereo(music[: -RATE // 3]))  # cut off inside a bar
    rounds = (loop.end - loop.start) / (4 * beats_in_bar * 60 / bpm * RATE)
    assert rounds == pytest.approx(round(rounds), abs=2e-5)
    assert round(rounds) >= 2
    assert loop.likeness > 0.99
    assert beat_ms is not None
    assert min(abs(beat_ms * factor - 60_000 / bpm) for factor in (0.5, 1, 2, 3)) < 6


def test_played_music_keeps_its_beat_over_the_loop():
    bpm = 96
    loop, _ = find_loop(stereo(song(bpm, 18, seed=3)[: -RATE // 3]))
    bars = (loop.end - loop.start) / (4 * 60 / bpm * RATE)
    assert bars * 4 * 60_000 / bpm == pytest.approx(round(bars) * 4 * 60_000 / bpm, abs=12)
    assert round(bars) % 4 == 0, "the chords go on in their order, too"


def test_a_loop_leaves_out_the_end_that_fades():
    music = song(110, 20)
    fade = np.minimum(1, np.linspace(4, 0, len(music)))
    loop, _ = find_loop(stereo(music * fade))
    assert loop.end + loop.fade < 0.8 * len(music)


@pytest.mark.parametrize("seconds", [1, 2.5, 7, 40])
def test_what_has_no_beat_is_cross_faded_for_long(seconds: float):
    noise = np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE))
    loop, beat_ms = find_loop(stereo(noise))
    assert beat_ms is None
    assert 0 <= loop.start < loop.end
    assert loop.end + loop.fade <= len(noise)
    assert loop.fade >= min(1_500 * 48, len(noise) // 3) - 4
    assert loop.end - loop.start > loop.fade


@pytest.mark.parametrize("track", [np.zeros((RATE, 2), "<i2"), np.full((5 * RATE, 2), 900, "<i2")])
def test_silence_has_a_loop_too(track: np.ndarray):
    loop, beat_ms = find_loop(track)
    assert loop.start < loop.end <= loop.end + loop.fade <= len(track)
    assert beat_ms is None


def test_a_short_longer_than_its_track_hears_no_join(tmp_path: Path):
    music = song(120, 9)
    raw, wav = tmp_path / "raw.wav", tmp_path / "track.wav"
    write_stereo_wav(stereo(music), raw)
    info = prepare_track(raw, name="song", output=wav)
    total = 3 * len(music)
    bed = open_bed(TrackFile(wav, info), total=total, target_lufs=-20, settings=BedSettings())
    played = bed.block(0, total)[:, 0]
    assert np.array_equal(bed.block(480_000, 960_000)[:, 0], played[480_000:960_000])
    bent = np.abs(np.diff(played, n=2))
    first_pass = bent[RATE : info.loop.end - RATE].max()
    period = info.loop.end - info.loop.start
    for join in range(info.loop.end, total - 2 * RATE, period):
        assert bent[join - RATE // 10 : join + info.loop.fade + RATE // 10].max() < 1.1 * first_pass
    levels = np.sqrt(np.mean(played[: total // 24_000 * 24_000].reshape(-1, 24_000) ** 2, axis=1))[4:-4]
    assert levels.min() > 0.5 * levels.max()


@pytest.mark.parametrize("name", ["ambient", "upbeat", "tense", "happy", "epic"])
def test_the_beds_that_come_along_loop_over_whole_bars(tmp_path: Path, name: str):
    entries = tomllib.loads(MANIFEST.read_text())["asset"]
    (entry,) = (entry for entry in entries if entry["name"] == f"music/{name}.ogg")
    info = prepare_track(ASSETS_DIR / entry["path"], name=name, output=tmp_path / "track.wav")
    assert -19 < np.mean(info.levels_lufs) < -17
    bar = entry["loop_samples"] / entry["bars"]
    bars = (info.loop.end - info.loop.start) / bar
    assert bars * bar == pytest.approx(round(bars) * bar, abs=48)
    assert round(bars) >= 8
    assert info.loop.likeness > 0.9
