"""Ten mixes as different as users make them, each measured on the encoded file by ffmpeg's own meter."""

from pathlib import Path

import numpy as np
import pytest

from engines.audio.bed import TrackFile
from engines.audio.effects import EffectPlacement, prepare_effect
from engines.audio.espeak import synthesize
from engines.audio.loudness import measure
from engines.audio.mix import mix_audio
from engines.audio.targets import load_targets
from engines.audio.track import prepare_track
from models.audio import BedSettings, MasterTarget, SpeechPlacement
from models.spec import Voice
from tasks.library import ASSETS_DIR, LOUDNESS_FILE

RATE = 48_000
LINES = ("Three men flew to the moon, and came back.", "Nobody had seen it before!", "So?")
# platform, track, effect, gain of the bed, ducking, clean voice, seconds, lines
MIXES = {
    "voice alone": ("social", None, None, -14, 12, False, 12, 3),
    "voice and ambient": ("tiktok", "ambient", None, -14, 12, False, 20, 3),
    "voice and upbeat": ("shorts", "upbeat", None, -14, 12, False, 20, 3),
    "loud music": ("reels", "upbeat", "whoosh", 6, 12, False, 15, 3),
    "music alone": ("youtube", "ambient", None, 0, 12, False, 65, 0),
    "soft bed, hits": ("social", "ambient", "impact", -30, 20, False, 12, 2),
    "clean podcast": ("podcast", "ambient", None, -20, 15, True, 25, 3),
    "broadcast": ("broadcast", "upbeat", "ding", -10, 9, True, 15, 3),
    "no ducking": ("spotify", "upbeat", "riser", -8, 0, True, 10, 1),
    "one word": ("broadcast_us", None, "pop", 0, 0, False, 3, 1),
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("voices")
    for number, line in enumerate(LINES):
        synthesize(line, voice=Voice(), language="en-US", output=folder / f"{number}.wav")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, TrackFile | None]:
    folder = tmp_path_factory.mktemp("tracks")
    found: dict[str | None, TrackFile | None] = {None: None}
    for name in ("ambient", "upbeat"):
        wav = folder / f"{name}.wav"
        found[name] = TrackFile(wav, prepare_track(ASSETS_DIR / "music" / f"{name}.ogg", name=name, output=wav))
    return found


def test_there_are_ten():
    assert len(MIXES) == 10


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_is_as_loud_as_its_platform_wants(
    tmp_path: Path, voices: list[Path], tracks: dict[str | None, TrackFile | None], name: str
):
    platform, track, effect, gain_db, duck_db, clean, seconds, lines = MIXES[name]
    target = load_targets(LOUDNESS_FILE)[platform]
    effects = []
    if effect:
        wav = tmp_path / "effect.wav"
        info = prepare_effect(ASSETS_DIR / "sounds" / f"{effect}.ogg", name=effect, output=wav)
        effects = [EffectPlacement(wav, info, start_ms=start, level_lufs=-30) for start in (0, 1_500)]
    every_ms = seconds * 1_000 // max(lines, 1)
    output = tmp_path / "master.m4a"
    report = mix_audio(
        [SpeechPlacement(path=path, start_ms=200 + n * every_ms, clean=clean) for n, path in enumerate(voices[:lines])],
        music=tracks[track],
        effects=effects,
        total_samples=seconds * RATE,
        output=output,
        settings=BedSettings(gain_db=gain_db, duck_db=duck_db),
        target=MasterTarget(integrated_lufs=target.integrated_lufs, true_peak_dbtp=target.true_peak_dbtp),
    )
    measured = measure(output)
    assert measured.integrated_lufs == pytest.approx(target.integrated_lufs, abs=0.3)
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp <= target.true_peak_dbtp
    assert report.integrated_lufs == measured.integrated_lufs, "the meter beside the encoder hears the same"
    assert report.true_peak_dbtp == measured.true_peak_dbtp
    assert np.isclose(report.range_lu, measured.range_lu, atol=0.1)
    assert report.passes <= 2
