"""SubRip files, written and read. The only module that touches pysrt."""

import codecs
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import chardet
import pysrt

from engines.errors import SourceNotFound, SourceUnreadable
from engines.subtitles.ass_text import WORD_JOINER
from models.captions import Cue

MAX_BYTES = 10_000_000
SURE_ENOUGH = 0.3  # what chardet is for text in a few other alphabets; it is far less so for wrong guesses
FALLBACK_ENCODING = "cp1252"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODES = re.compile(r"(?<=[{\\])|(?<=<)(?=[A-Za-z/])")


def write_srt(cues: Sequence[Cue]) -> str:
    """Return cues as the text of a SubRip file (to be written as UTF-8). Blank lines in a cue's text are left out.

    What would be a code to players (`{\\an8}`, `\\N`, `<b>`) has a word joiner in it, which nobody sees.
    """
    items = [
        pysrt.SubRipItem(index=number, start=cue.start_ms, end=cue.end_ms, text=_block(cue.text))
        for number, cue in enumerate(cues, start=1)
    ]
    written = StringIO()
    pysrt.SubRipFile(items=items, eol="\n").write_into(written)
    return written.getvalue()


def read_srt(path: Path, *, source: str = "") -> tuple[Cue, ...]:
    """Read a SubRip file in whatever encoding it came: by its byte order mark, as UTF-8, or by a guess.

    Entries that cannot be understood are passed over. `source` names the file in errors, if its own name is not to.
    Raises SourceNotFound, SourceUnreadable.
    """
    source = source or path.name
    if not path.is_file():
        raise SourceNotFound(source=source)
    if path.stat().st_size > MAX_BYTES:
        raise SourceUnreadable(source=source, reason=f"a subtitle file of more than {MAX_BYTES} bytes")
    text = decode(path.read_bytes())
    items = pysrt.SubRipFile.from_string(_unified(text), error_handling=pysrt.SubRipFile.ERROR_PASS)
    cues = [_cue(item) for item in items]
    if not cues and text.strip():
        raise SourceUnreadable(source=source, reason="no SubRip entries in it")
    return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)))


def _cue(item: pysrt.SubRipItem) -> Cue:
    start_ms = max(0, int(item.start.ordinal))
    text = str(item.text).replace(WORD_JOINER, "").strip()
    return Cue(start_ms=start_ms, end_ms=max(start_ms, int(item.end.ordinal)), text=text)


def decode(content: bytes) -> str:
    """Return the text of a file by its byte order mark, as UTF-8, or by a guess."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        guess = chardet.detect(content)
        sure = guess["encoding"] and guess["confidence"] >= SURE_ENOUGH
        return content.decode(guess["encoding"] if sure and guess["encoding"] else FALLBACK_ENCODING, errors="replace")


def _unified(text: str) -> str:
    """One kind of line end; without NULs and the rarer separators, which pysrt would take for line ends."""
    return "\n".join(_lines(text.replace("\x00", "")))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _block(text: str) -> str:
    """Return what stands under a cue's times, with the codes that players would obey parted."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return _CODES.sub(WORD_JOINER, "\n".join(line for line in lines if line))
