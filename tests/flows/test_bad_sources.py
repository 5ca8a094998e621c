"""Sources and settings that cannot be used: one clear message, and everything else is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines.errors import RenderFailed, SceneError, SpecInvalid
from tests.flows.studio import Studio, worked
from tests.media import constant_rate, cut_off, gradient, make_audio, make_video

GOOD = {"narration": "This one is fine.", "visual": "good.png"}
Make = Callable[[Path], object]


def spec_of(scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        **{"title": "One is bad", "quality": "draft", "canvas": {"preset": "square"}},
        **more,
        "scenes": [GOOD, scene, {**GOOD, "narration": "And so is this."}],
    }


def clip(path: Path) -> Path:
    return make_video(path, pts_ms=constant_rate(30, 30), size=(160, 90))


@pytest.fixture(scope="module")
def bad_studio(module_studio: Studio) -> Studio:
    """Where the good picture lies and its scenes have been rendered."""
    gradient(200, 200).save(module_studio.root / "good.png")
    clip(module_studio.root / "clip.mp4")
    make_audio(module_studio.root / "tone.wav", duration_ms=700)
    module_studio.render(spec_of({"visual": "color:#204060", "min_duration_ms": 300}))
    return module_studio


SOURCES: dict[str, tuple[str, Make, dict[str, Any], str]] = {
    "missing": ("gone.png", lambda path: None, {}, "not found"),
    "empty": ("empty.png", lambda path: path.write_bytes(b""), {}, "empty"),
    "corrupt picture": (
        "torn.png",
        lambda path: (gradient(300, 300).save(path), cut_off(path, keep=0.5)),
        {},
        "damaged",
    ),
    "corrupt clip": ("torn.mp4", lambda path: cut_off(clip(path), keep=0.5), {}, "cut off or damaged"),
    "page for a picture": ("page.jpg", lambda path: path.write_text("<!doctype html><p>404"), {}, "HTML page"),
    "playlist for a clip": ("list.mp4", lambda path: path.write_text("#EXTM3U\n/etc/passwd"), {}, "HLS playlist"),
    "sound for a picture": ("tone.wav", lambda path: None, {}, "only sound"),
    "trimmed past its end": ("clip.mp4", lambda path: None, {"end_ms": 5000}, "trimmed to 0-5000 ms"),
    "trim starts past its end": ("clip.mp4", lambda path: None, {"start_ms": 3000}, "trimmed to 3000-"),
    "picture for a recording": ("clip.mp4", lambda path: None, {"voice_over": "good.png"}, "no sound"),
    "folder": ("folder", lambda path: path.mkdir(exist_ok=True), {}, "not a regular file"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_bad_source_is_named_with_its_scene_and_the_rest_is_kept(bad_studio: Studio, name: str):
    file, make, more, said = SOURCES[name]
    make(bad_studio.root / file)
    scene = {"visual": file, "min_duration_ms": 500, **more}
    with pytest.raises(RenderFailed) as failure:
        bad_studio.render(spec_of(scene))
    (reason,) = failure.value.reasons
    assert said in reason
    assert "scene 2" in reason
    assert more.get("voice_over", file) in reason
    assert "\n" not in reason


def test_an_oversized_source_is_named_with_its_scene(bad_studio: Studio):
    gradient(1100, 1000).save(bad_studio.root / "big.png")
    scene = {"visual": "big.png", "min_duration_ms": 500}
    for limit, value in (("NEUROSHORTS_MAX_PIXELS", "1000000"), ("NEUROSHORTS_MAX_SOURCE_BYTES", "9000")):
        with pytest.raises(RenderFailed, match=r"scene 2.*big\.png.*larger than allowed") as failure:
            bad_studio.render(spec_of(scene), **{limit: value})
        assert all("scene 2" in reason or value == "9000" for reason in failure.value.reasons)


def test_a_clip_longer_than_allowed_is_named_with_its_scene(bad_studio: Studio):
    scene = {"visual": "clip.mp4", "min_duration_ms": 400}
    with pytest.raises(RenderFailed, match=r"scene 2.*clip\.mp4.*larger than allowed"):
        bad_studio.render(spec_of(scene), NEUROSHORTS_MAX_DURATION_MS="500")


def test_text_that_no_font_draws_is_named_with_its_scene(bad_studio: Studio):
    with pytest.raises(SceneError) as failure:
        bad_studio.render(spec_of({"visual": "color:#204060", "narration": "Draw \u1403\u14c4 now."}))
    assert failure.value.scene == 2
    assert "\u1403" in failure.value.reason
    assert "font" in failure.value.reason


def test_all_scenes_with_text_that_no_font_draws_are_told_at_once(bad_studio: Studio):
    scenes = [{**GOOD, "narration": text} for text in ("Old ᚠ", "Fine", "Older \U00012000")]
    with pytest.raises(RenderFailed) as failure:
        bad_studio.render({**spec_of(GOOD), "scenes": scenes})
    first, second = failure.value.reasons
    assert first.startswith("scene 1: no font here has Runic")
    assert second.startswith("scene 3: no font here has Cuneiform")


def test_an_unknown_voice_is_told_once_and_before_it_should_speak(bad_studio: Studio):
    voice = {"name": "en-uss", "fallback": ["espeak:+Anny", "espeak:de"]}
    with pytest.raises(SpecInvalid) as failure:
        bad_studio.render(spec_of(GOOD, voice=voice))
    first, second = failure.value.problems
    assert first.startswith("voice.name: voice 'en-uss': no such voice; ")
    assert "en-us" in first.partition(";")[2]
    assert second.startswith("voice.fallback.0: voice '+Anny': no such variant; ")
    with pytest.raises(SpecInvalid, match="language: voice 'xq': no voice speaks this language"):
        bad_studio.render(spec_of(GOOD, language="xq"))


def test_nobody_asks_for_the_voice_of_a_short_that_needs_none(studio: Studio):
    silent = {"visual": "color:#204060", "min_duration_ms": 200}
    spec = {"title": "Silent", "quality": "draft", "canvas": {"preset": "square"}, "language": "xq", "scenes": [silent]}
    assert studio.render(spec).video.frame_count == 6


def test_all_names_that_there_are_not_are_told_at_once_by_their_fields_before_anything_runs(studio: Studio):
    wrong = {
        "brand": "nobody",
        "music": {"mood": "furious"},
        "sound": {"loudness": "moon"},
        "export": {"platform": "myspace"},
        "captions": {"preset": "neon", "font": "Nonesuch"},
        "overlays": {"font": "Comic Sans"},
    }
    scene = {"visual": "gone.png", "min_duration_ms": 500, "effects": ["vignette", "sparkle"]}
    with pytest.raises(SpecInvalid) as failure:
        studio.render(spec_of(scene, **wrong))
    told = dict(line.split(": ", 1) for line in failure.value.problems)
    assert list(told) == [
        *("brand", "music.mood", "sound.loudness", "export.platform"),
        *("captions.preset", "captions.font", "overlays.font", "scenes.1.effects.1"),
    ]
    assert all("choose one of" in line for line in told.values())
    assert "'Nonesuch'" in told["captions.font"]
    assert "Montserrat" in told["captions.font"]
    assert not studio.blobs()


def test_a_name_that_there_is_not_ends_the_command_with_2(prefect_server: str, studio: Studio):
    ended = studio.run(spec_of(GOOD, captions={"preset": "neon"}))
    assert (ended.returncode, ended.stdout) == (2, "")
    first, second = ended.stderr.splitlines()
    assert first == "the spec has 1 mistake:"
    assert second.startswith("  captions.preset: no preset 'neon'; choose one of boxed")


def test_all_bad_scenes_are_told_at_once_and_the_good_ones_kept(studio: Studio):
    gradient(200, 200).save(studio.root / "good.png")
    clip(studio.root / "clip.mp4")
    clip(studio.root / "late.mp4")
    bad = [{"visual": "clip.mp4", "end_ms": 9000}, {"visual": "late.mp4", "end_ms": 8000}]
    spec = spec_of({"visual": "color:#204060", "min_duration_ms": 300})
    with pytest.raises(RenderFailed) as failure:
        studio.render({**spec, "scenes": [GOOD, *bad]})
    assert [f"scene {number}" in reason for number, reason in zip((2, 3), failure.value.reasons, strict=True)]
    mended = studio.render({**spec, "scenes": [GOOD, *({**scene, "end_ms": 600} for scene in bad)]})
    done = worked(mended)
    assert not any("scene 1" in name and not name.startswith("burn") for name in done)
    assert not any(name.startswith("fetch_asset") for name in done)
    assert {name for name in done if name.startswith("compose")} == {f"compose_clip: scene {k} of 3" for k in (2, 3)}
