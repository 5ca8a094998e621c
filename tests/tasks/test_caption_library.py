import shutil
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from engines.subtitles.fonts import find_fonts
from engines.subtitles.presets import load_preset
from tasks.library import FONTS_DIR, caption_library, fonts_folder, library_version

ZEBRA = "Zebra Black"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of the user's own, with a font that draws what Montserrat Black does."""
    monkeypatch.setenv("NEUROSHORTS_FONTS", str(tmp_path / "fonts"))
    monkeypatch.setenv("NEUROSHORTS_PRESETS", str(tmp_path / "presets"))
    (tmp_path / "fonts").mkdir()
    (tmp_path / "presets" / "captions").mkdir(parents=True)
    with TTFont(FONTS_DIR / "Montserrat-Black.ttf") as font:
        for record in font["name"].names:
            if record.nameID in (1, 4, 16):
                record.string = ZEBRA
        font.save(tmp_path / "fonts" / "zebra.ttf")
    return tmp_path


def test_without_folders_of_ones_own_there_is_what_comes_along(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert caption_library().fonts_dirs == (FONTS_DIR,)


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("Style: Text,Zebra Black,120", ["zebra.ttf"]),
        (
            "Style: Text,Montserrat Black,120\n{\\fnNoto Sans Thai Black}",
            ["Montserrat-Black.ttf", "NotoSansThai-Black.ttf"],
        ),
        ("Style: Text,NotoSansCJKsc-Bold,120", ["NotoSansCJKsc-Bold.otf"]),
        ("no text at all", []),
    ],
)
def test_libass_is_handed_the_fonts_that_a_script_names(own, tmp_path, script, files):
    wanted = {(folder / file).resolve() for file in files for folder in (own / "fonts", FONTS_DIR)}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "captions.ass").write_text(script)
    for _ in range(2):  # a step that is tried again finds the folder made
        folder = fonts_folder(scratch / "captions.ass", scratch=scratch)
        assert {link.resolve() for link in folder.iterdir()} == {path for path in wanted if path.exists()}


def test_own_fonts_are_found(own):
    fonts = find_fonts("Zebra Black", weight=900, fonts_dirs=caption_library().fonts_dirs)
    assert fonts.primary.full_name == ZEBRA


def test_own_fonts_help_out_before_those_that_come_along(own):
    fonts = find_fonts("Noto Sans Arabic", weight=700, fonts_dirs=caption_library().fonts_dirs)
    assert [run.face.full_name for run in fonts.runs("Moon")] == [ZEBRA]


def test_a_preset_of_ones_own_takes_the_place_of_one_that_comes_along(own):
    (own / "presets" / "captions" / "karaoke.toml").write_text('font = "Zebra Black"\nsize_px = 33\n')
    presets_dirs = caption_library().presets_dirs
    assert load_preset("karaoke", presets_dirs=presets_dirs).size_px == 33
    assert load_preset("classic", presets_dirs=presets_dirs).size_px != 33


def test_whatever_changes_makes_another_version(own):
    versions = {library_version()}
    preset = own / "presets" / "captions" / "mine.toml"
    preset.write_text('font = "Zebra Black"\nsize_px = 33\n')
    versions.add(library_version())
    preset.write_text('font = "Zebra Black"\nsize_px = 334\n')
    versions.add(library_version())
    shutil.copy(own / "fonts" / "zebra.ttf", own / "fonts" / "horse.ttf")
    versions.add(library_version())
    assert len(versions) == 4
