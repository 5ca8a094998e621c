from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SourceUnreadable
from engines.subtitles.cue_files import one_at_a_time, read_cues, within
from engines.subtitles.srt import write_srt
from engines.subtitles.typeset import typeset
from engines.subtitles.vtt import write_vtt
from models.caption_settings import Captions
from models.captions import CaptionedScene, Cue
from tests.engines.subtitles.test_ass import events

VTT = """WEBVTT - a title

NOTE nobody sees this

STYLE
::cue { color: red }

intro
00:01.234 --> 00:02.999 line:90% align:start
<v Bob>Hello &amp; <i>you</i> &lt;3
second <00:00:02.500>line

bad --> worse
x

01:00:00.001 --> 01:00:01.000
late
"""
SRT = (
    "1\n00:00:00,007 --> 00:00:01,993\n{\\an8}<font color=red>Up</font> here\n\n2\n00:00:02,001 --> 00:00:03,999\nEnd\n"
)
CUES = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 3000)), min_size=1, max_size=12)


def cues_of(drawn: list[tuple[int, int]]) -> tuple[Cue, ...]:
    cues, at_ms = [], 0
    for number, (gap_ms, length_ms) in enumerate(drawn):
        start_ms = at_ms + gap_ms
        at_ms = start_ms + length_ms
        cues.append(Cue(start_ms=start_ms, end_ms=at_ms, text=f"cue number {number}"))
    return tuple(cues)


def test_webvtt_is_read_without_its_markup(tmp_path: Path):
    (tmp_path / "any.srt").write_text(VTT)
    assert read_cues(tmp_path / "any.srt", source="x") == (
        Cue(start_ms=1234, end_ms=2999, text="Hello & you <3\nsecond line"),
        Cue(start_ms=3_600_001, end_ms=3_601_000, text="late"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_subrip_is_read_in_any_encoding(tmp_path: Path, encoding):
    (tmp_path / "any").write_bytes(SRT.replace("End", "Ende: größer").encode(encoding))
    assert read_cues(tmp_path / "any", source="x") == (
        Cue(start_ms=7, end_ms=1993, text="Up here"),
        Cue(start_ms=2001, end_ms=3999, text="Ende: größer"),
    )


@pytest.mark.parametrize("content", ["WEBVTT\n", "nothing", "", "WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n"])
def test_a_file_that_shows_nothing_is_a_users_error(tmp_path: Path, content):
    (tmp_path / "any").write_text(content)
    with pytest.raises(SourceUnreadable, match=r"mine\.srt"):
        read_cues(tmp_path / "any", source="mine.srt")


@given(CUES)
def test_cues_keep_their_milliseconds_in_both_formats(tmp_path_factory, drawn):
    cues, folder = cues_of(drawn), tmp_path_factory.mktemp("cues")
    for written in (write_srt(cues), write_vtt(cues)):
        (folder / "file").write_text(written)
        assert read_cues(folder / "file", source="x") == cues


@given(CUES, st.integers(0, 4000), st.integers(1, 4000))
def test_parts_of_cues_join_to_the_whole(drawn, cut_ms, rest_ms):
    cues, end_ms = cues_of(drawn), cut_ms + rest_ms
    whole = within(cues, start_ms=0, end_ms=end_ms)
    before, after = within(cues, start_ms=0, end_ms=cut_ms), within(cues, start_ms=cut_ms, end_ms=end_ms)
    shown = sum(cue.end_ms - cue.start_ms for cue in (*before, *after))
    assert shown == sum(cue.end_ms - cue.start_ms for cue in whole)
    assert all(cue.end_ms <= cut_ms for cue in before)


def test_cues_that_overlap_are_shown_one_at_a_time():
    cues = [Cue(start_ms=s, end_ms=e, text=t) for s, e, t in [(0, 900, "a"), (0, 500, "b"), (700, 2000, "c")]]
    assert one_at_a_time(cues) == (
        Cue(start_ms=0, end_ms=700, text="a\nb"),
        Cue(start_ms=700, end_ms=2000, text="c"),
    )


@pytest.mark.parametrize("preset", ["karaoke", "classic", "one-word"])
def test_cues_stand_from_their_first_to_their_last_hundredth(library, tmp_path, preset):
    cues = cues_of([(130, 1470), (0, 2210), (400, 990)])
    scene = CaptionedScene(number=1, cues=cues, start_ms=0, duration_ms=6000)
    result = typeset(
        [scene],
        captions=Captions(preset=preset, animation="none"),
        canvas_px=(1080, 1920),
        library=library,
        language="en",
        output_dir=tmp_path,
        sidecar=cues,
    )
    spans = [event[:2] for event in events(result.scenes[0].read_text(encoding="utf-8"))]
    for cue in cues:
        mine = [span for span in spans if cue.start_ms // 10 <= span[0] < cue.end_ms // 10]
        assert (min(mine)[0], max(end for _, end in mine)) == (cue.start_ms // 10, cue.end_ms // 10)
    assert read_cues(result.srt, source="x") == cues == read_cues(result.vtt, source="x")
