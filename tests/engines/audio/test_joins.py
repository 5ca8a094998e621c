"""Nothing clicks: neither where speech starts and stops, nor where music loops or ends, nor where an effect is cut."""

import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from engines.audio.bed import TrackFile
from engines.audio.effects import EffectPlacement, prepare_effect
from engines.audio.mix import mix_audio
from engines.audio.pcm import write_stereo_wav
from engines.audio.track import prepare_track
from models.audio import BedSettings, MasterTarget, SpeechPlacement

RATE = 48_000
SECONDS = 14
QUIET_HZ = 6_000  # all sounds here are far below: whatever is above it is a click
WINDOW, HOP = 256, 64


def tone(seconds: float, hz: float, level: float = 0.4) -> np.ndarray:
    """A tone that starts and stops at its crest, as hard as can be."""
    return np.asarray(level * np.cos(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE))


def stereo_file(path: Path, mono: np.ndarray) -> Path:
    write_stereo_wav(np.repeat((mono * 32_767).astype("<i2")[:, None], 2, axis=1), path)
    return path


def speech_file(path: Path, mono: np.ndarray) -> Path:
    with wave.open(os.fspath(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((mono * 32_767).astype("<i2").tobytes())
    return path


def loudest_click_db(samples: np.ndarray) -> float:
    """The most that a window of 5 ms has above 6 kHz, in dB of the whole's level."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, WINDOW), WINDOW)[::HOP] * np.blackman(WINDOW)
    spectrum = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    above = spectrum[:, QUIET_HZ * WINDOW // RATE :].sum(axis=1).max()
    usual = np.median(spectrum.sum(axis=1))
    return float(10 * np.log10(above / usual + 1e-12))


def decode(path: Path) -> np.ndarray:
    with av.open(os.fspath(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)[0]


def test_the_measure_hears_a_click():
    smooth = tone(4, 300)[50:] * np.minimum(1, np.arange(4 * RATE - 50)[::-1] / 4_000)
    smooth *= np.minimum(1, np.arange(len(smooth)) / 4_000)
    cut = np.concatenate((smooth[: 2 * RATE], smooth[2 * RATE + 40 :]))
    assert loudest_click_db(smooth) < -60
    assert loudest_click_db(cut) > -25


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("track_seconds", [0.7, 3.21, 20])
def test_no_join_of_a_mix_clicks(tmp_path: Path, track_seconds: float, clean: bool):
    wav = tmp_path / "track.wav"
    music = stereo_file(tmp_path / "music.wav", tone(track_seconds, 110))
    track = TrackFile(wav, prepare_track(music, name="music", output=wav))
    line = speech_file(tmp_path / "line.wav", tone(1.3, 290))
    speech = [SpeechPlacement(path=line, start_ms=start, clean=clean) for start in (0, 2_003, 2_900, 7_001, 13_333)]
    prepared = tmp_path / "effect.wav"
    info = prepare_effect(stereo_file(tmp_path / "hit.wav", tone(0.8, 430)), name="hit", output=prepared)
    effects = [EffectPlacement(prepared, info, start_ms=start, level_lufs=-26) for start in (-301, 4_444, 13_501)]
    output = tmp_path / "master.m4a"
    mix_audio(
        speech,
        music=track,
        effects=effects,
        total_samples=SECONDS * RATE,
        output=output,
        settings=BedSettings(gain_db=-6),
        target=MasterTarget(),
    )
    assert loudest_click_db(decode(output)) < -40
