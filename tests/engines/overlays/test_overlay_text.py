from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.contrast import LEAST_CONTRAST, contrast, ground_opacity, ink_for
from engines.errors import GlyphsMissing, OverlayTooLong
from engines.overlays.text import Sizes, drawable, fit_block
from engines.subtitles.fonts import find_fonts

FOLDER = Path(__file__).parents[3] / "assets" / "fonts"
FONTS = find_fonts("Montserrat ExtraBold", weight=800, fonts_dirs=(FOLDER,))
SIZES = Sizes(largest_px=90, smallest_px=24, max_lines=4)
WORDS = ["You", "have", "never", "seen", "τον", "небо", "كيف", "शहर", "ท้องฟ้า", "שמיים", "Wg"]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14))
def test_a_block_fits_its_room_and_keeps_every_letter(words: list[str]):
    text = " ".join(words)
    room = (700.0, 500.0)
    block = fit_block(text, fonts=FONTS, room_px=room, sizes=SIZES, field="overlays.hook")
    assert block.width_px <= room[0]
    assert block.height_px <= room[1]
    assert len(block.lines) <= SIZES.max_lines
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")
    assert SIZES.smallest_px <= block.em_px <= SIZES.largest_px


def test_lines_are_even():
    block = fit_block(
        "Five things about the Earth that nobody told you",
        fonts=FONTS,
        room_px=(700, 900),
        sizes=SIZES,
        field="overlays.hook",
    )
    assert min(block.widths_px) > 0.5 * max(block.widths_px)


def test_no_short_line_stands_alone():
    sizes = Sizes(largest_px=132, smallest_px=32, max_lines=5)
    text = "The night sky is a time machine"
    block = fit_block(text, fonts=FONTS, room_px=(734, 620), sizes=sizes, field="overlays.title_card")
    assert min(block.widths_px) >= 0.5 * block.width_px
    assert block.em_px > 90


def test_scripts_without_spaces_break_between_letters_at_full_size():
    text = "คุณไม่เคยเห็นท้องฟ้ายามค่ำคืนอย่างที่มันเป็นอยู่ตอนนี้"
    block = fit_block(text, fonts=FONTS, room_px=(900, 900), sizes=SIZES, field="overlays.hook")
    assert len(block.lines) > 1
    assert block.em_px > 60
    assert "".join(block.lines) == text
    assert not any(line.startswith(("า", "ะ", "ำ")) for line in block.lines)


def test_a_word_wider_than_the_room_is_cut_at_the_smallest_size():
    block = fit_block("W" * 60, fonts=FONTS, room_px=(700, 500), sizes=SIZES, field="overlays.hook")
    assert block.em_px == SIZES.smallest_px
    assert "".join(block.lines) == "W" * 60


def test_too_much_text_is_an_error_that_names_the_field():
    with pytest.raises(OverlayTooLong, match=r"overlays\.hook"):
        fit_block("word " * 60, fonts=FONTS, room_px=(300, 60), sizes=SIZES, field="overlays.hook")


def test_glyphs_that_no_font_has_are_an_error():
    with pytest.raises(GlyphsMissing):
        drawable("ᚠᚢᚦ", FONTS)


@pytest.mark.parametrize(
    ("text", "rtl"), [("صورة القمر من Hubble", True), ("Hubble صورة من القمر", True), ("Moon 42", False)]
)
def test_the_side_where_reading_starts(text: str, rtl: bool):
    assert fit_block(text, fonts=FONTS, room_px=(900, 500), sizes=SIZES, field="overlays.hook").is_rtl is rtl


@given(ground=st.integers(0, 0xFFFFFF), wanted=st.integers(0, 0xFFFFFF))
def test_ink_is_legible_on_any_ground(ground: int, wanted: int):
    ground_hex, wanted_hex = f"#{ground:06X}", f"#{wanted:06X}"
    ink = ink_for(ground_hex, wanted=wanted_hex)
    assert contrast(ink, ground_hex) >= LEAST_CONTRAST
    if contrast(wanted_hex, ground_hex) >= LEAST_CONTRAST:
        assert ink == wanted_hex


@given(ground=st.integers(0, 0xFFFFFF), picture=st.integers(0, 0xFFFFFF))
def test_ink_is_legible_on_a_panel_that_lets_any_picture_through(ground: int, picture: int):
    ground_hex = f"#{ground:06X}"
    ink = ink_for(ground_hex)
    opacity = ground_opacity(ground_hex, ink, least=0.84)
    assert 0.84 <= opacity <= 1
    channels = ((ground >> shift & 255, picture >> shift & 255) for shift in (16, 8, 0))
    seen = "#" + "".join(f"{round(over * opacity + under * (1 - opacity)):02X}" for over, under in channels)
    assert contrast(ink, seen) >= LEAST_CONTRAST - 0.1


def test_a_dark_panel_stays_as_clear_as_it_is():
    assert ground_opacity("#14161C", "#FFFFFF", least=0.84) == 0.84
