"""Intro and outro with sound of their own, and whose mistake an error is."""

from typing import Any

import numpy as np
import pytest

from engines.audio.pcm import write_stereo_wav
from engines.errors import RenderFailed
from tests.flows import measure
from tests.flows.studio import Studio
from tests.media import constant_rate, make_audio, make_video

FPS, INTRO_FRAMES, OUTRO_FRAMES = 30, 60, 45
HUM_HZ = 180


@pytest.fixture
def spec(studio: Studio) -> dict[str, Any]:
    for name, frames in (("intro", INTRO_FRAMES), ("outro", OUTRO_FRAMES)):
        pts = constant_rate(frames, FPS)
        make_video(studio.root / f"{name}.mp4", pts_ms=pts, size=(320, 320), audio_ms=frames * 1000 // FPS)
    times = np.arange(4 * 48_000) / 48_000
    hum = (6_000 * np.sin(2 * np.pi * HUM_HZ * times)).astype("<i2")
    write_stereo_wav(np.stack((hum, hum), axis=1), studio.root / "hum.wav")
    return {
        "title": "Cards",
        "quality": "preview",
        "canvas": {"preset": "square"},
        "music": {"track": "hum.wav", "gain_db": 0, "duck": False, "fade_out_ms": 400},
        "intro": "intro.mp4",
        "outro": "outro.mp4",
        "overlays": {"end_card": "Bye", "end_card_ms": 2000},
        "scenes": [{"visual": "color:#204060", "min_duration_ms": 3000}],
    }


def hum_levels_db(samples: np.ndarray, window: int = 4_800) -> np.ndarray:
    """The level of the music's one frequency in each 100 ms."""
    mono = samples.reshape(len(samples), -1).mean(axis=1)
    blocks = mono[: len(mono) // window * window].reshape(-1, window)
    turning = np.exp(-2j * np.pi * HUM_HZ * np.arange(window) / 48_000) * np.hanning(window)
    return np.asarray(20 * np.log10(np.abs(blocks @ turning) / window * 4 + 1e-9))


def test_music_rests_while_intro_and_outro_are_heard(studio: Studio, spec: dict[str, Any]):
    studio.render(spec)
    levels = hum_levels_db(measure.sound(studio.output / "cards" / "video.mp4"))
    intro, scene, outro = levels[1:19], levels[28:42], levels[52:64]
    assert np.median(scene) > -25
    assert intro.max() < np.median(scene) - 25
    assert outro.max() < np.median(scene) - 25
    assert np.median(levels[70:78]) > np.median(scene) - 6, "over the end card it is back"
    assert levels[-1] < np.median(scene) - 10, "and ends with its fade"


def test_music_plays_on_under_cards_without_sound(studio: Studio, spec: dict[str, Any]):
    silent = make_video(studio.root / "silent.mp4", pts_ms=constant_rate(INTRO_FRAMES, FPS), size=(320, 320))
    studio.render({**spec, "intro": silent.name, "outro": None})
    levels = hum_levels_db(measure.sound(studio.output / "cards" / "video.mp4"))
    assert levels[8:60].min() > -25


def test_errors_count_the_specs_own_scenes(studio: Studio, spec: dict[str, Any]):
    still = {"visual": "color:#303030", "end_ms": 500}
    with pytest.raises(RenderFailed, match=r"scene 2: nothing gives its length"):
        studio.render({**spec, "scenes": [*spec["scenes"], still]})


def test_errors_of_cards_name_them(studio: Studio, spec: dict[str, Any]):
    make_audio(studio.root / "tone.wav", duration_ms=300)
    with pytest.raises(RenderFailed, match=r"outro: .*tone\.wav"):
        studio.render({**spec, "outro": "tone.wav"})
