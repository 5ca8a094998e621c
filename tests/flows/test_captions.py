"""Captions that are not the narration, and presets and fonts of one's own, from the spec to the published files."""

from pathlib import Path

import pytest

from engines.errors import UserError
from engines.subtitles.srt import read_srt
from tests.flows.studio import Studio, worked

SRT = "1\n00:00:00,207 --> 00:00:00,993\nEins\n\n2\n00:00:01,001 --> 00:00:01,999\nzwei 🎉\n"


def spec_of(**fields) -> dict[str, object]:
    scene = {
        "narration": "The Moon drifts away.",
        "visual": "color:#223344",
        "translations": [
            {"language": "de", "text": "Der Mond entfernt sich."},
            {"language": "ja", "text": "月は遠ざかる。"},
        ],
    }
    return {"title": "captions", "quality": "draft", "scenes": [scene, scene | {"narration": "Slowly."}], **fields}


def cues_in(folder: Path) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in read_srt(folder / "captions.srt")]


@pytest.fixture
def studio(tmp_path: Path, prefect_server: str) -> Studio:
    return Studio(tmp_path)


def test_own_cues_are_burned_and_published_to_the_millisecond(studio: Studio):
    (studio.root / "mine.srt").write_text(SRT, encoding="utf-8")
    studio.render(spec_of(captions={"source": "mine.srt"}))
    assert cues_in(studio.output / "captions") == [(207, 993, "Eins"), (1001, 1999, "zwei 🎉")]
    scripts = [path.read_text(encoding="utf-8") for path in studio.blobs() if path.read_bytes().startswith(b"[Script")]
    assert "0:00:00.20,0:00:00.99" in "".join(scripts)
    assert any(path.read_bytes().startswith(b"\x89PNG") for path in studio.blobs()), "the emoji's picture"


def test_a_variant_in_another_language_makes_only_its_captions_anew(studio: Studio):
    studio.render(spec_of())
    report = studio.render(spec_of(variants=[{"captions_language": "de"}, {"captions_language": "ja"}]))
    assert not worked(report) & {"synthesize_narration", "compose_clip", "mix_audio", "plan_timeline"}
    said = {
        name: " ".join(text for *_, text in cues_in(studio.output / "captions" / name)) for name in ("", "de", "ja")
    }
    assert said[""] == "The Moon drifts away. Slowly."
    assert said["de"] == "Der Mond entfernt sich. Der Mond entfernt sich."
    assert said["ja"].split() == ["月は遠ざかる。"] * 2


@pytest.mark.parametrize(
    ("captions", "reason"),
    [
        ({"language": "fr"}, r"scene 1: no caption in 'fr'"),
        ({"preset": "neon"}, r"no preset 'neon'; choose one of boxed, classic"),
        ({"font": "Papyrus"}, r"no font 'Papyrus'"),
    ],
)
def test_what_captions_lack_is_told_before_anything_is_made(studio: Studio, captions, reason):
    with pytest.raises(UserError, match=reason):
        studio.render(spec_of(captions=captions))
    assert not studio.store.exists() or not studio.blobs()


def test_a_missing_script_names_itself_and_its_scene(studio: Studio):
    spec = spec_of()
    spec["scenes"][1]["narration"] = "ሰላም ለዓለም"
    with pytest.raises(UserError, match=r"scene 2: no font here has Ethiopic .*NEUROSHORTS_FONTS"):
        studio.render(spec)


def test_presets_and_fonts_of_the_users_own(studio: Studio):
    presets, fonts = studio.root / "presets" / "captions", studio.root / "fonts"
    presets.mkdir(parents=True)
    fonts.mkdir()
    shipped = Path(__file__).parents[2] / "assets"
    (fonts / "own.ttf").write_bytes((shipped / "fonts" / "Montserrat-Black.ttf").read_bytes())
    (presets / "mine.toml").write_text('font = "Montserrat Black"\nsize_px = 40\ncolor = "#12AB34"\n')
    folders = {"NEUROSHORTS_PRESETS": str(studio.root / "presets"), "NEUROSHORTS_FONTS": str(fonts)}
    studio.render(spec_of(captions={"preset": "mine"}), **folders)
    scripts = [path.read_text(encoding="utf-8") for path in studio.blobs() if path.read_bytes().startswith(b"[Script")]
    assert len(scripts) == 2
    assert all("&H0034AB12" in script for script in scripts)
    (presets / "mine.toml").write_text('font = "Montserrat Black"\nsize_px = 40\ncolor = "#FF0000"\n')
    report = studio.render(spec_of(captions={"preset": "mine"}), **folders)
    assert "typeset_captions" in worked(report)
    assert any(name.startswith("burn_subtitles") for name in worked(report))
