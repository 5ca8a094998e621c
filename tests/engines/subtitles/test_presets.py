from pathlib import Path

import pytest

from engines.contrast import LEAST_CONTRAST, contrast
from engines.errors import PresetInvalid, PresetUnknown
from engines.subtitles.fonts import find_fonts
from engines.subtitles.presets import canvas_shape, load_preset, load_safe_area, resolve_style
from models.caption_settings import CaptionCase, CaptionPosition, Captions, SafeAreaName
from tests.style_colors import surroundings


@pytest.mark.parametrize("name", ["karaoke", "boxed", "pop", "one-word", "classic", "minimal"])
def test_shipped_presets_load_and_their_fonts_are_there(presets_dir, fonts_dir, name):
    style = load_preset(name, presets_dirs=[presets_dir])
    fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=[fonts_dir])
    assert fonts.primary.weight == style.weight
    assert min(contrast(*pair) for pair in surroundings(style)) >= LEAST_CONTRAST


def test_none_means_no_captions(presets_dir):
    assert resolve_style(Captions(preset="none"), presets_dirs=[presets_dir]) is None


def test_the_specs_settings_come_before_the_presets(presets_dir):
    preset = load_preset("karaoke", presets_dirs=[presets_dir])
    captions = Captions(
        font="Noto Sans",
        size_percent=50,
        color="#112233",
        highlight_color="#445566",
        uppercase=True,
        max_words=3,
        position=CaptionPosition.TOP,
    )
    style = resolve_style(captions, presets_dirs=[presets_dir])
    assert style.font == "Noto Sans"
    assert style.size_px == preset.size_px / 2
    assert (style.color, style.highlight.color, style.case) == ("#112233", "#445566", CaptionCase.UPPER)
    assert (style.max_words, style.position) == (3, CaptionPosition.TOP)
    assert resolve_style(Captions(), presets_dirs=[presets_dir]) == preset


def test_classic_has_no_highlight_even_if_the_spec_has_a_colour_for_it(presets_dir):
    captions = Captions(preset="classic", highlight_color="#FF0000")
    assert resolve_style(captions, presets_dirs=[presets_dir]).highlight is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [("font = 'A'\nsize_px = 10\nglow = 3", "glow"), ("font = 'A'\nsize_px = -1", "size_px"), ("font =", "alid")],
)
def test_a_broken_preset_says_what_is_wrong(tmp_path: Path, content, reason):
    (tmp_path / "odd.toml").write_text(content)
    with pytest.raises(PresetInvalid, match=rf"odd\.toml.*{reason}"):
        load_preset("odd", presets_dirs=[tmp_path])


def test_a_missing_preset_is_named(tmp_path: Path):
    (tmp_path / "own.toml").touch()
    with pytest.raises(PresetUnknown, match=r"gone.*own, none"):
        load_preset("gone", presets_dirs=[tmp_path])


def test_the_default_safe_area_is_inside_every_platforms(safe_areas_file):
    strictest = load_safe_area(safe_areas_file, width_px=1080, height_px=1920)
    for platform in ("tiktok", "shorts", "reels"):
        area = load_safe_area(safe_areas_file, width_px=1080, height_px=1920, name=SafeAreaName(platform))
        assert area.union(strictest) == strictest


def test_shapes_have_their_own_areas(safe_areas_file):
    assert [canvas_shape(*size) for size in ((1080, 1920), (1080, 1080), (1920, 1080))] == [
        "vertical",
        "square",
        "wide",
    ]
    wide = load_safe_area(safe_areas_file, width_px=1920, height_px=1080)
    assert max(wide.top, wide.right, wide.bottom, wide.left) < 0.1
    assert load_safe_area(safe_areas_file, width_px=1920, height_px=1080, name=SafeAreaName.TIKTOK) == wide
