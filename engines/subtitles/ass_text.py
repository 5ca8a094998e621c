"""Text, times and colours in ASS's own notation: what every event is written with."""

from collections.abc import Iterable
from functools import partial

from engines.clusters import clusters
from engines.subtitles.faces import Face
from engines.subtitles.fonts import FontStack, Run
from engines.subtitles.states import centis
from engines.writing_order import LTR_MARK, RTL_MARK

WORD_JOINER = "\u2060"  # libass draws nothing for it, nor for the marks of direction


def escape_text(text: str) -> str:
    """Return plain one-line text so that libass prints every character of it, and obeys none."""
    joined = text.replace("\\", "\\" + WORD_JOINER)  # \\N, \\n, \\h and \\{ only work undivided
    return joined.replace("{", "\\{").replace("}", "\\}")


def tagged_text(text: str, *, fonts: FontStack, em_px: float) -> str:
    """Return drawable text, escaped, with the tags that switch from the primary font to others and back again."""
    shown, face = "", fonts.primary
    for run in (*fonts.runs(text), Run(fonts.primary, "")):
        if run.face is not face:
            face = run.face
            shown += f"{{\\fn{face.ass_name}\\fs{face.ass_size(em_px):.2f}}}"
        shown += (
            "".join(map(partial(_room, fonts=fonts), clusters(run.text))) if face.is_emoji else escape_text(run.text)
        )
    return shown


def direction_mark(*, rtl: bool) -> str:
    """Return the mark from which libass takes a line's direction: it would go by the first letter."""
    return RTL_MARK if rtl else LTR_MARK


def descent_px(texts: Iterable[str], *, fonts: FontStack, em_px: float) -> float:
    """Return how far below the baseline libass puts a line's bottom edge, where \\an1 to \\an3 anchor it."""
    return max(face.descent for face in faces_of(texts, fonts)) * em_px


def faces_of(texts: Iterable[str], fonts: FontStack) -> set[Face]:
    """Return the faces that libass makes room for: the primary one, in which the direction mark is, and the texts'."""
    return {fonts.primary, *(run.face for text in texts for run in fonts.runs(text))}


def clock(time_ms: int) -> str:
    """Return a time rounded down to ASS's hundredths."""
    minutes, hundredths = divmod(centis(time_ms), 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def bgr(color: str) -> str:
    """Return a colour, #RRGGBB, in ASS's order."""
    return (color[5:7] + color[3:5] + color[1:3]).upper()


def alpha(opacity: float) -> str:
    """Return an opacity as ASS's transparency."""
    return f"{round(255 * (1 - opacity)):02X}"


def _room(emoji: str, fonts: FontStack) -> str:
    """Return an emoji or, where a picture will be laid over it, one that cannot be seen."""
    return f"{{\\alpha&HFF&}}{emoji}{{\\alpha}}" if fonts.pictures(emoji) else emoji
