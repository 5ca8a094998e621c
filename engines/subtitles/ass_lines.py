"""Events of text: lines that stay together, and words that move by themselves."""

from collections.abc import Iterator

from engines.subtitles import animations
from engines.subtitles.ass_events import SHADOW_LAYER, TEXT_LAYER, event, spot
from engines.subtitles.ass_text import bgr, descent_px, direction_mark, faces_of, tagged_text
from engines.subtitles.lines import Line, Look
from engines.subtitles.states import centis, word_states
from engines.subtitles.text import spacing
from engines.writing_order import with_marked_brackets
from models.timeline import WordTiming

_CENTRED = "\\an5"


def line_events(line: Line, look: Look) -> Iterator[str]:
    """Yield the events of a line whose words stay where they are: its shadow, and its text in every state."""
    style, page, mark = look.style, line.page, direction_mark(rtl=line.rtl)
    size = f"\\fs{look.fonts.primary.ass_size(line.em_px):.2f}"
    spaced = [word.text + spacing(line.words, index) for index, word in enumerate(line.words)]
    texts = [_tagged(text, line, look) for text in with_marked_brackets(spaced, rtl=line.rtl)]
    below_px = descent_px([word.text for word in line.words], fonts=look.fonts, em_px=line.em_px)
    if look.style.shadow_opacity:
        blur = f"\\blur{style.shadow_blur_px * look.frame.unit:.2f}"
        place = spot(line.placed.x_px, below_px + look.shadow_px, 0, line, look)
        tags = f"{{{place}{blur}{size}}}"
        yield event(SHADOW_LAYER, page.start_ms, page.end_ms, "Shadow", tags + mark + "".join(texts))
    lit = range(line.first, line.first + len(line.words)) if style.highlight else range(0)
    for start_ms, end_ms, spoken in word_states(page, lit):
        # \2c is never drawn; that it alternates makes every word a run of its own, which libass then rasterises
        # alike whatever its neighbours' colours.
        colored = [
            f"{{\\1c&H{_color(look, index in spoken)}&\\2c&H{index % 2}&{_outline(index in spoken, look)}}}{text}"
            for index, text in enumerate(texts, start=line.first)
        ]
        place = spot(line.placed.x_px, below_px, start_ms - page.start_ms, line, look)
        yield event(TEXT_LAYER, start_ms, end_ms, "Text", f"{{{place}{size}}}{mark}" + "".join(colored))


def _outline(spoken: bool, look: Look) -> str:
    """Return the tag that takes the outline off a word in a box, which needs none, or nothing without boxes."""
    if look.word_box is None:
        return ""
    return "\\bord0" if spoken else f"\\bord{look.style.outline_px * look.frame.unit:.2f}"


def word_events(line: Line, look: Look) -> Iterator[str]:
    """Yield the events of each word by itself, with its shadow."""
    size = f"\\fs{look.fonts.primary.ass_size(line.em_px):.2f}"
    for index, word in enumerate(line.words):
        left_em, right_em = line.spans.word(index)
        x_px = line.x_px((left_em + right_em) / 2, look.style)
        text = direction_mark(rtl=line.rtl) + _tagged(word.text, line, look)
        y_px = line.placed.baseline_px + _middle_px(word.text, line, look)
        for start_ms, end_ms, spoken in _states_of(line, index, look):
            sprung = animations.spring(look.style.animation, start_ms - word.start_ms) if _begun(word, start_ms) else ""
            if look.style.shadow_opacity:
                blur = f"\\blur{look.style.shadow_blur_px * look.frame.unit:.2f}"
                tags = f"{{{_CENTRED}\\pos({x_px:.2f},{y_px + look.shadow_px:.2f}){blur}{size}{sprung}}}"
                yield event(SHADOW_LAYER, start_ms, end_ms, "Shadow", tags + text)
            color = f"\\1c&H{_color(look, spoken)}&{_outline(spoken, look)}"
            tags = f"{{{_CENTRED}\\pos({x_px:.2f},{y_px:.2f}){size}{color}{sprung}}}"
            yield event(TEXT_LAYER, start_ms, end_ms, "Text", tags + text)


def _states_of(line: Line, index: int, look: Look) -> Iterator[tuple[int, int, bool]]:
    """Yield (start_ms, end_ms, spoken) of one word: with pop from when it is said, else for the whole page."""
    number, word = line.first + index, line.words[index]
    opens_ms = word.start_ms if animations.waits_for_speech(look.style.animation) else line.page.start_ms
    for start_ms, end_ms, spoken in word_states(line.page, range(number, number + 1)):
        if centis(end_ms) > centis(max(start_ms, opens_ms)):
            yield max(start_ms, opens_ms), end_ms, bool(spoken)


def _begun(word: WordTiming, time_ms: int) -> bool:
    return centis(time_ms) >= centis(word.start_ms)


def _middle_px(text: str, line: Line, look: Look) -> float:
    """Return how far below the baseline the middle of libass's line box lies, which \\an5 anchors."""
    faces = faces_of([text], look.fonts)
    return (max(face.descent for face in faces) - max(face.ascent for face in faces)) / 2 * line.em_px


def _tagged(text: str, line: Line, look: Look) -> str:
    return tagged_text(text, fonts=look.fonts, em_px=line.em_px)


def _color(look: Look, spoken: bool) -> str:
    return bgr(look.style.highlight.color if spoken and look.style.highlight else look.style.color)
