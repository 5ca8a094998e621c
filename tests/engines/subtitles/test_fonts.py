from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from engines.errors import FontUnknown, GlyphsMissing
from engines.subtitles.ass import write_ass
from engines.subtitles.fonts import FontStack, find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.lines import Look
from models.captions import CaptionStyle, Page, SafeArea
from models.timeline import WordTiming

NO_MARGINS = SafeArea(top=0, right=0, bottom=0, left=0)


@pytest.fixture
def stack(fonts_dir: Path) -> FontStack:
    return find_fonts("Montserrat Black", weight=900, fonts_dirs=[fonts_dir])


@pytest.fixture
def alone(stack: FontStack) -> FontStack:
    return FontStack(stack.primary, ())


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("Montserrat Black", "AVATAR waffle To. Yes"),
        ("Montserrat Black", "HillsideH"),
        ("Noto Sans Bold", "Äquator, Queue & jazz"),
        ("Noto Sans Arabic", "مرحبا بالعالم"),
        ("Noto Sans Devanagari", "नमस्ते दुनिया"),
        ("Noto Sans CJK SC", "月球每年離遠달"),
    ],
)
def test_measured_text_is_as_wide_and_high_as_libass_draws_it(fonts_dir, burn, family, text):
    fonts = find_fonts(family, weight=700, fonts_dirs=[fonts_dir])
    style = CaptionStyle(font=family, size_px=90, outline_px=0, max_words=9)
    line = tuple(WordTiming(text=word, start_ms=0, end_ms=900) for word in text.split())
    frame = Frame.of(width_px=1600, height_px=1080, safe_area=NO_MARGINS, style=style)
    look = Look(style, frame, FontStack(fonts.primary, ()), "en")
    script = write_ass([Page(lines=(line,), start_ms=0, end_ms=1000)], look)
    rows, columns = np.nonzero(burn(script, size=(1600, 1080), luma=16)[0] > 100)
    left, top, right, bottom = ImageFont.truetype(fonts.primary.path, 900).getmask(text).getbbox()
    assert columns.max() - columns.min() + 1 == pytest.approx((right - left) / 10, abs=3)
    assert rows.max() - rows.min() + 1 == pytest.approx((bottom - top) / 10, abs=3)


def test_a_family_is_found_by_any_of_its_names_and_by_weight(fonts_dir):
    assert find_fonts("montserrat", weight=900, fonts_dirs=[fonts_dir]).primary.full_name == "Montserrat Black"
    assert find_fonts("Montserrat", weight=800, fonts_dirs=[fonts_dir]).primary.full_name == "Montserrat ExtraBold"
    assert find_fonts("Noto Sans", weight=400, fonts_dirs=[fonts_dir]).primary.full_name == "Noto Sans Bold"


def test_an_unknown_family_names_the_known_ones(fonts_dir):
    with pytest.raises(FontUnknown, match=r"Comic Sans.*Montserrat Black"):
        find_fonts("Comic Sans", weight=400, fonts_dirs=[fonts_dir])


def test_other_scripts_fall_back_to_a_font_that_draws_them(stack):
    runs = stack.runs("ok مرحبا")
    assert [run.text for run in runs] == ["ok ", "مرحبا"]
    assert [run.face.full_name for run in runs] == ["Montserrat Black", "Noto Sans Arabic Black"]


def test_what_no_font_draws_is_named(stack, alone):
    with pytest.raises(GlyphsMissing, match=r"Ethiopic.*ሰ"):
        stack.drawable("ok ሰላም")
    with pytest.raises(GlyphsMissing, match=r"Arabic.*ع"):
        alone.drawable("مع")


@pytest.mark.parametrize("text", ["hi 😀", "hi ❤️", "hi 👨‍👩‍👧", "hi 🇩🇪", "hi 👍🏽"])
def test_emoji_are_drawn_where_a_font_has_them_and_dropped_where_none_has(stack, alone, text):
    assert stack.drawable(text) == text
    assert [run.face.full_name for run in stack.runs(text)] == ["Montserrat Black", "Noto Emoji Bold"]
    assert alone.drawable(text) == "hi"


def test_a_keycap_without_its_cap_keeps_its_digit(alone):
    assert alone.drawable("1️⃣ first") == "1 first"


@pytest.mark.parametrize("word", ["παίρνει", "μακρύ", "Ωκεανός"])
def test_no_word_is_set_in_two_fonts_because_one_has_some_of_its_letters(stack, word):
    assert [(run.face.full_name, run.text) for run in stack.runs(word)] == [("Noto Sans Black", word)]
    assert [run.face.full_name for run in stack.runs("π")] == ["Montserrat Black"]


def test_every_script_of_a_text_has_its_own_font(stack):
    faces = [(run.text.strip(), run.face.full_name) for run in stack.runs("Hello мир, 光に नमस्ते")]
    assert faces == [
        ("Hello мир,", "Montserrat Black"),
        ("光に", "Noto Sans CJK SC Black"),
        ("", "Montserrat Black"),
        ("नमस्ते", "Noto Sans Devanagari Black"),
    ]
