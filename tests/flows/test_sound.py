"""The sound of a short, as its spec asks for it."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from engines.audio.pcm import write_stereo_wav
from engines.errors import SpecInvalid
from tests.flows.studio import Studio, worked

SPEC: dict[str, Any] = {
    "title": "Heard",
    "quality": "draft",
    "canvas": {"preset": "square"},
    "music": {"mood": "humming"},
    "sound": {"loudness": "podcast", "transition_sounds": True},
    "scenes": [
        {"narration": "Here it starts.", "visual": "color:#204060", "sound": "assets:sounds/pop", "sound_at_ms": 200},
        {"narration": "Here it ends.", "visual": "color:#602040", "transition": "fade"},
    ],
}


@pytest.fixture
def music_folder(studio: Studio) -> str:
    """A library of one track, whose mood is its folder's name."""
    folder = studio.root / "tracks"
    (folder / "humming").mkdir(parents=True)
    times = np.arange(3 * 48_000) / 48_000
    hum = (3_000 * np.sin(2 * np.pi * 180 * times)).astype("<i2")
    write_stereo_wav(np.stack((hum, hum), axis=1), folder / "humming" / "hum.wav")
    credit = 'author = "Hummer"\nlicence = "CC-BY-4.0"'
    (folder / "library.toml").write_text(f'[[track]]\nfile = "humming/hum.wav"\n{credit}\n')
    return str(folder)


def test_music_by_mood_effects_and_a_platforms_loudness(studio: Studio, music_folder: str):
    roots = f'["{studio.root / "nothing"}"]'
    report = studio.render(SPEC, NEUROSHORTS_MUSIC=music_folder, NEUROSHORTS_ALLOWED_ROOTS=roots)
    assert report.mix.integrated_lufs == pytest.approx(-16, abs=0.3)
    assert report.mix.duck_db == 12
    assert report.music is not None
    assert report.music.track == str(studio.root / "tracks" / "humming" / "hum.wav")
    assert (report.music.author, report.music.licence) == ("Hummer", "CC-BY-4.0")
    steps = {step.name for step in report.steps}
    assert {
        "fetch_asset: music",
        "prepare_music",
        "prepare_effect: sound effect of scene 1",
        "prepare_effect: sound effect of scene 2",
    } <= steps

    louder = deepcopy(SPEC)
    louder["sound"]["effects_gain_db"] = 0
    again = studio.render(louder, NEUROSHORTS_MUSIC=music_folder)
    assert worked(again) == {"mix_audio", "assemble_video", "publish"}


@pytest.mark.parametrize("change", [{"music": {"mood": "furious"}}, {"sound": {"loudness": "moon"}}])
def test_what_is_not_known_is_told_before_anything_runs(studio: Studio, change: dict[str, Any]):
    with pytest.raises(SpecInvalid, match="choose one of"):
        studio.render(SPEC | change)
    assert not studio.blobs()
