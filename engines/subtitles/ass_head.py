"""What an ASS script begins with, whoever writes its events."""

from collections.abc import Sequence

# TV.709: ffmpeg's filter converts the text's colours by this line, whatever the frames are tagged as.
_INFO = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709
Kerning: yes
"""
_STYLES = """
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
"""
EVENTS = "\n[Events]\n"
_EVENT_FORMAT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"


def script_head(canvas_px: tuple[int, int], *, styles: Sequence[str] = (), language: str = "") -> str:
    """Return a script without events for a canvas (width, height), whose lengths count in its pixels.

    `styles` are whole lines; `language` (BCP 47) steers shaping.
    """
    info = _INFO.format(width=canvas_px[0], height=canvas_px[1]) + (f"Language: {language}\n" if language else "")
    return info + _STYLES + "".join(f"{style}\n" for style in styles) + EVENTS + _EVENT_FORMAT
