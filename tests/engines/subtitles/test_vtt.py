import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from engines.subtitles.text import plain_text
from engines.subtitles.vtt import write_vtt
from models.captions import Cue

LINES = st.text(min_size=1, max_size=40).map(plain_text).filter(bool)
CUES = st.lists(
    st.builds(
        lambda start_ms, length_ms, lines: Cue(start_ms=start_ms, end_ms=start_ms + length_ms, text="\n".join(lines)),
        st.integers(0, 100_000_000),
        st.integers(0, 9000),
        st.lists(LINES, min_size=1, max_size=2),
    ),
    max_size=8,
)


def parse(text: str) -> list[Cue]:
    head, *blocks = text.rstrip("\n").split("\n\n") if text.strip() != "WEBVTT" else ["WEBVTT"]
    assert head.strip() == "WEBVTT"
    cues = []
    for block in blocks:
        _, times, *lines = block.strip("\n").split("\n")
        start, end = (_millis(clock) for clock in times.split(" --> "))
        assert not any(re.search(r"[<>]|&(?!amp;|lt;|gt;)", line) for line in lines)
        cues.append(Cue(start_ms=start, end_ms=end, text="\n".join(unescape(line) for line in lines)))
    return cues


def _millis(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    whole, millis = seconds.split(".")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1000 + int(millis)


@given(CUES)
def test_what_is_written_is_read_back(cues):
    assert parse(write_vtt(cues)) == cues


def test_markup_is_shown_and_not_obeyed():
    assert "&lt;b&gt;R&amp;D --&gt; x&lt;/b&gt;" in write_vtt([Cue(start_ms=0, end_ms=1, text="<b>R&D --> x</b>")])


def test_no_cues_make_a_valid_empty_file():
    assert write_vtt(()) == "WEBVTT\n"
