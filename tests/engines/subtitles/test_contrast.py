from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.contrast import LEAST_CONTRAST, contrast
from engines.subtitles.ass import write_ass
from engines.subtitles.fonts import find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.lines import Look
from engines.subtitles.presets import load_preset, resolve_style
from models.caption_settings import CaptionAnimation, Captions
from models.captions import Page, SafeArea
from models.timeline import WordTiming
from tests.style_colors import surroundings

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
    assert min(contrast(*pair) for pair in surroundings(style)) >= LEAST_CONTRAST


@given(color=COLORS)
def test_the_word_on_a_box_of_any_colour_stands_out(color):
    style = resolve_style(Captions(preset="boxed", highlight_color=color), presets_dirs=[PRESETS_DIR])
    assert style.highlight.box.color == color
    assert contrast(*surroundings(style)[1]) >= LEAST_CONTRAST


@given(color=COLORS)
def test_words_on_a_page_box_of_any_colour_stand_out(color):
    captions = Captions(preset="classic", box_color=color, outline_px=0)
    style = resolve_style(captions, presets_dirs=[PRESETS_DIR])
    assert contrast(style.color, style.box.color) >= LEAST_CONTRAST


def test_colours_that_were_chosen_stay():
    captions = Captions(preset="classic", color="#222222", outline_color="#000000")
    style = resolve_style(captions, presets_dirs=[PRESETS_DIR])
    assert (style.color, style.outline_color) == ("#222222", "#000000")


def test_a_preset_is_drawn_in_its_own_colours():
    for preset in PRESETS:
        assert resolve_style(Captions(preset=preset), presets_dirs=[PRESETS_DIR]) == load_preset(
            preset, presets_dirs=[PRESETS_DIR]
        )


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("luma", [16, 126, 235])
def test_drawn_words_stand_out_from_what_is_drawn_around_them(fonts_dir, burn, preset, luma):
    """On black, grey and white: next to every part of a word is something that it stands out from."""
    style = load_preset(preset, presets_dirs=[PRESETS_DIR]).model_copy(update={"animation": CaptionAnimation.NONE})
    fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=[fonts_dir])
    size = (1080, 1080)
    nothing = SafeArea(top=0, right=0, bottom=0, left=0)
    frame = Frame.of(width_px=size[0], height_px=size[1], safe_area=nothing, style=style)
    spoken, other = (
        WordTiming(text=text, start_ms=at_ms, end_ms=at_ms + 400) for text, at_ms in (("lit", 0), ("HI", 500))
    )
    page = Page(lines=((spoken, other)[: style.max_words],), start_ms=0, end_ms=1000)
    raw = burn(write_ass([page], Look(style, frame, fonts, "en")), size=size, luma=luma, planes="all")[0]
    picture = rgb(raw, size)
    for color, _ in surroundings(style):
        fill = np.abs(picture - [int(color[at : at + 2], 16) for at in (1, 3, 5)]).max(axis=2) < 24
        near = cv2.dilate(fill.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~fill
        ring = picture[near][:: near.sum() // 400 + 1]
        ratios = [contrast(color, "#{:02X}{:02X}{:02X}".format(*map(int, pixel))) for pixel in ring]
        assert np.percentile(ratios, 60) >= LEAST_CONTRAST


def rgb(raw, size: tuple[int, int]):
    """Return I420 of BT.709 in TV range as RGB, colours of every second pixel doubled."""
    width, height = size
    planes = raw.reshape(-1)
    luma = planes[: width * height].reshape(height, width).astype(float)
    chroma = planes[width * height :].reshape(2, height // 2, width // 2).astype(float)
    blue, red = (plane.repeat(2, 0).repeat(2, 1) - 128 for plane in chroma)
    light = 255 * (luma - 16) / 219
    channels = (light + 1.7927 * red, light - 0.2132 * blue - 0.5329 * red, light + 2.1124 * blue)
    return np.stack(channels, axis=2).clip(0, 255)
