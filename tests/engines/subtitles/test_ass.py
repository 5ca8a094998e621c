import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.subtitles.ass import write_ass
from engines.subtitles.ass_events import SHADOW_LAYER, TEXT_LAYER
from engines.subtitles.ass_text import LTR_MARK, RTL_MARK, WORD_JOINER, escape_text
from engines.subtitles.fonts import find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.lines import Look
from engines.subtitles.pages import paginate
from engines.subtitles.presets import load_preset
from engines.subtitles.text import plain_text
from models.captions import CaptionStyle, Highlight, Page, SafeArea
from models.timeline import WordTiming

ASSETS = Path(__file__).parents[3] / "assets"
FONTS = find_fonts("Montserrat Black", weight=900, fonts_dirs=[ASSETS / "fonts"])
KARAOKE = load_preset("karaoke", presets_dirs=[ASSETS / "presets" / "captions"])
AREA = SafeArea(top=0.1, right=0.1, bottom=0.1, left=0.1)
HOSTILE = st.text(alphabet="aNnhb{}\\0123()&,;:.-*rclip", min_size=1, max_size=12).filter(plain_text)


SHADOWED = KARAOKE.model_copy(update={"shadow_opacity": 0.6, "shadow_blur_px": 9.0, "shadow_offset_px": 7.0})


def script_of(pages: tuple[Page, ...], *, size: tuple[int, int] = (540, 960), style: CaptionStyle = KARAOKE) -> str:
    frame = Frame.of(width_px=size[0], height_px=size[1], safe_area=AREA, style=style)
    return write_ass(pages, Look(style, frame, FONTS, "en"))


def pages_of(words: tuple[WordTiming, ...], *, max_words: int = 5) -> tuple[Page, ...]:
    return paginate(
        words,
        max_lines=2,
        max_words=max_words,
        max_width_px=410,
        measure=lambda text: FONTS.ink(text).width_px * KARAOKE.size_px / 2,
        scene_end_ms=words[-1].end_ms + 500,
    )


def printed(text: str) -> str:
    """Read an event's text as libass does: what it prints, its tags left out."""
    shown, at = "", 0
    while at < len(text):
        if text[at] == "{":
            at = text.index("}", at) + 1
        elif text[at : at + 2] in ("\\{", "\\}"):
            shown, at = shown + text[at + 1], at + 2
        else:
            assert text[at : at + 2] not in ("\\N", "\\n", "\\h"), "a line break or hard space that nobody asked for"
            shown, at = shown + text[at], at + 1
    return shown.translate(dict.fromkeys(map(ord, WORD_JOINER + LTR_MARK + RTL_MARK)))


def events(script: str, layer: int = TEXT_LAYER) -> list[tuple[int, int, str, str]]:
    """Return (start_cs, end_cs, position, text) of a layer's events."""
    found = []
    for line in script.splitlines():
        if line.startswith(f"Dialogue: {layer},"):
            _, start, end, *_, text = line.split(",", 9)
            place = re.search(r"\\pos\(([^)]*)\)", text)
            found.append((_centis(start), _centis(end), place.group(1), text))
    return found


def _centis(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return round(360_000 * int(hours) + 6_000 * int(minutes) + 100 * float(seconds))


@given(st.lists(HOSTILE, min_size=1, max_size=12))
def test_the_script_prints_exactly_the_pages_words(texts):
    words = tuple(
        WordTiming(text=plain_text(text), start_ms=300 * index, end_ms=300 * index + 280)
        for index, text in enumerate(texts)
    )
    pages = pages_of(words)
    for layer in (SHADOW_LAYER, TEXT_LAYER):
        lines: dict[tuple[int, str], str] = {}
        for start, _, place, text in events(script_of(pages, style=SHADOWED), layer):
            page_number = sum(page.start_ms // 10 <= start for page in pages)
            assert lines.setdefault((page_number, place), printed(text)) == printed(text)
        assert " ".join(lines.values()) == " ".join(word.text for word in words)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30))
@settings(max_examples=60)
def test_a_lines_events_join_without_gap_or_overlap(times):
    words, at_ms = [], 0
    for gap_ms, length_ms in times:
        words.append(WordTiming(text="word", start_ms=at_ms + gap_ms, end_ms=at_ms + gap_ms + length_ms))
        at_ms = words[-1].end_ms
    pages = pages_of(tuple(words))
    found = events(script_of(pages))
    for page in pages:
        first, last = page.start_ms // 10, page.end_ms // 10
        mine = [event for event in found if first <= event[0] < last]
        for place in {event[2] for event in mine}:
            spans = [event[:2] for event in mine if event[2] == place]
            assert spans[0][0] == first
            assert spans[-1][1] == last
            assert all(before[1] == after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("text", [r"\N", r"\\N", r"{\fs200}", r"a\{b\}", "{}", "\\", r"\h\n", r"}{\p1}m 0 0 l 9 9{"])
def test_escaped_text_is_read_back_whole(text):
    assert printed(escape_text(text)) == text


@pytest.mark.parametrize("text", [r"{\fs200}A\Nb", r"{\p1}m0l9", r"\\{\pos(0,0)}x", r"a\h\nb"])
def test_hostile_text_is_drawn_literally(burn, text):
    rows, columns = _ink(burn(script_of((_page(text),)), size=(540, 960))[0])
    ink = FONTS.ink(text)
    em_px, outline_px = KARAOKE.size_px / 2, KARAOKE.outline_px / 2
    assert columns.max() - columns.min() == pytest.approx(ink.width_px * em_px + 2 * outline_px, abs=8)
    assert rows.max() - rows.min() == pytest.approx((ink.above_px + ink.below_px) * em_px + 2 * outline_px, abs=4)


def test_nothing_moves_while_the_highlight_does(burn, speak):
    words = speak("Wave after wave rolls")
    style = KARAOKE.model_copy(update={"highlight": Highlight(color="#F0F0F0")})
    frames = burn(script_of(pages_of(words), style=style), size=(540, 960), frames=30).astype(int)
    assert len({frame.tobytes() for frame in frames}) == len(words)
    assert np.abs(frames - frames[0]).max() <= 15 * 219 / 255 + 1, "pixels differ by more than the two colours do"


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)])
def test_the_picture_changes_within_a_frame_of_every_word(burn, speak, fps):
    words = speak("We say six words right here now.")
    pages = pages_of(words)
    count = int(Fraction(pages[-1].end_ms, 1000) * fps) + 3
    frames = burn(script_of(pages, size=(270, 480)), size=(270, 480), frames=count, fps=fps)
    changes = [number for number in range(1, count) if not np.array_equal(frames[number], frames[number - 1])]
    expected_ms = [*(word.start_ms for word in words[1:]), words[-1].end_ms, pages[-1].end_ms]
    assert len(changes) == len(expected_ms)
    for number, expected in zip(changes, expected_ms, strict=True):
        assert abs(number / fps - Fraction(expected, 1000)) < 1 / fps


@pytest.mark.parametrize("tagged", [True, False])
def test_colours_come_out_as_asked(burn, tagged):
    style = KARAOKE.model_copy(update={"size_px": 300, "shadow_opacity": 0})
    frame = burn(script_of((_page("II"),), style=style), size=(540, 960), luma=100, tagged=tagged, planes="all")[0]
    luma = frame[:960].astype(float)[::2, ::2]
    blue = frame[960:1200].reshape(480, 270).astype(float)
    red = frame[1200:].reshape(480, 270).astype(float)
    inside = blue == blue.min()
    y, u, v = (np.median(plane[inside]) for plane in (luma, blue, red))
    light, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    rgb = [light + 1.5748 * cr, light - 0.1873 * cb - 0.4681 * cr, light + 1.8556 * cb]
    assert [255 * value for value in rgb] == pytest.approx([0xFF, 0xD4, 0x00], abs=4)


def _page(text: str) -> Page:
    return Page(lines=((WordTiming(text=text, start_ms=0, end_ms=900),),), start_ms=0, end_ms=1000)


def _ink(frame):
    """Return the rows and columns of outline and text on a white ground; the shadow is lighter than that."""
    return np.nonzero(frame < 80)
