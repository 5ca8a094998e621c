from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.contrast import LEAST, contrast, surroundings
from engines.subtitles.presets import load_preset, resolve_style
from models.caption_settings import Captions

PRESETS_DIR = Path(__file__).parents[3] / "assets" / "presets" / "captions"
PRESETS = sorted(path.stem for path in PRESETS_DIR.glob("*.toml"))
COLORS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06X}")


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == 21
    assert contrast("#FFFFFF", "#FFFFFF") == 1
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0000FF", "#FFFFFF") == pytest.approx(8.59, abs=0.01)


@given(
    preset=st.sampled_from(PRESETS), field=st.sampled_from(["color", "highlight_color", "outline_color"]), color=COLORS
)
def test_all_words_stand_out_whichever_colour_is_chosen(preset, field, color):
    style = resolve_style(Captions(preset=preset, **{field: color}), presets_dirs=[PRESETS_DIR])
    assert min(contrast(*pair) for pair in surroundings(style)) >= LEAST


@given(color=COLORS)
def test_the_word_on_a_box_of_any_colour_stands_out(color):
    style = resolve_style(Captions(preset="boxed", highlight_color=color), presets_dirs=[PRESETS_DIR])
    assert style.highlight.box.color == color
    assert contrast(*surroundings(style)[1]) >= LEAST


@given(color=COLORS)
def test_words_on_a_page_box_of_any_colour_stand_out(color):
    captions = Captions(preset="classic", box_color=color, outline_px=0)
    style = resolve_style(captions, presets_dirs=[PRESETS_DIR])
    assert contrast(style.color, style.box.color) >= LEAST


def test_colours_that_were_chosen_stay():
    captions = Captions(preset="classic", color="#222222", outline_color="#000000")
    style = resolve_style(captions, presets_dirs=[PRESETS_DIR])
    assert (style.color, style.outline_color) == ("#222222", "#000000")


def test_a_preset_is_drawn_in_its_own_colours():
    for preset in PRESETS:
        assert resolve_style(Captions(preset=preset), presets_dirs=[PRESETS_DIR]) == load_preset(
            preset, presets_dirs=[PRESETS_DIR]
        )
