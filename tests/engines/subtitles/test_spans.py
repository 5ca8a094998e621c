import numpy as np
import pytest

from engines.subtitles.ass import write_ass
from engines.subtitles.fonts import find_fonts
from engines.subtitles.layout import Frame
from engines.subtitles.lines import Look
from engines.subtitles.spans import line_spans
from engines.writing_order import is_rtl
from models.captions import CaptionStyle, Highlight, Page, SafeArea
from models.timeline import WordTiming

SIZE = (1600, 300)
LIT, DARK = 200, 60
LINES = [
    "These are four words",
    "القمر يبتعد عنا كثيرا",
    "אומרים NASA שהירח רחוק",
    "يبعد 384,400 كم، تقريبا",
    "We say שלום twice",
    "नमस्ते प्यारी दुनिया",
    "달은 매년 멀어집니다",
    "היום אמרו NASA (2024)",
    "Said (שלום) twice, שלום (א)",
]


@pytest.mark.parametrize("text", LINES)
def test_a_words_span_is_where_libass_draws_it(fonts_dir, burn, text):
    """Light up one word after the other, and look where the picture is bright."""
    fonts = find_fonts("Montserrat Black", weight=900, fonts_dirs=[fonts_dir])
    style = CaptionStyle(font="x", size_px=300, outline_px=0, color="#404040", highlight=Highlight(color="#FFFFFF"))
    words = tuple(
        WordTiming(text=word, start_ms=1000 * number, end_ms=1000 * number + 1000)
        for number, word in enumerate(text.split())
    )
    page = Page(lines=(words,), start_ms=0, end_ms=1000 * len(words), scale=0.27)
    nothing = SafeArea(top=0, right=0, bottom=0, left=0)
    frame = Frame.of(width_px=SIZE[0], height_px=SIZE[1], safe_area=nothing, style=style)
    script = write_ass([page], Look(style, frame, fonts, "en"))
    frames = burn(script, size=SIZE, frames=len(words), fps=1, luma=16)
    em_px = style.size_px * SIZE[1] / 1080 * page.scale
    spans = line_spans(words, fonts=fonts, rtl=is_rtl([text]))
    for number, frame in enumerate(frames):
        columns = np.nonzero((frame > LIT).any(axis=0))[0]
        left_em, right_em = spans.word(number)
        middle_px = SIZE[0] / 2 + ((left_em + right_em) / 2 - spans.width_em / 2) * em_px
        assert (columns.min() + columns.max()) / 2 == pytest.approx(middle_px, abs=0.08 * em_px)
        assert columns.max() - columns.min() == pytest.approx((right_em - left_em) * em_px, abs=0.3 * em_px)


def test_most_letters_decide_the_direction():
    assert is_rtl(["NASA", "אומרת", "שהירח"])
    assert not is_rtl(["We", "say", "שלום"])
    assert not is_rtl(["42", "!"])
