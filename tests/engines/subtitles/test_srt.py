import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import ffmpeg
from engines.errors import SourceNotFound, SourceUnreadable
from engines.subtitles.ass_text import WORD_JOINER
from engines.subtitles.srt import read_srt, write_srt
from engines.subtitles.text import plain_text
from models.captions import Cue

FRENCH = "Ça va très bien, déjà à l'école où l'été brûle"
LINES = st.text(min_size=1, max_size=40).map(plain_text).filter(bool)


@st.composite
def cue_lists(draw: st.DrawFn) -> tuple[Cue, ...]:
    cues, at_ms = [], 0
    for lines in draw(st.lists(st.lists(LINES, min_size=1, max_size=2), max_size=8)):
        at_ms += draw(st.integers(0, 5_000_000))
        end_ms = at_ms + draw(st.integers(1, 9000))
        cues.append(Cue(start_ms=at_ms, end_ms=end_ms, text="\n".join(lines)))
        at_ms = end_ms
    return tuple(cues)


@given(cues=cue_lists())
def test_what_is_written_is_read_back(tmp_path_factory, cues):
    path = tmp_path_factory.mktemp("srt") / "a.srt"
    path.write_text(write_srt(cues), encoding="utf-8", newline="\n")
    assert read_srt(path) == cues


def test_no_text_gives_a_player_codes(tmp_path: Path):
    hostile = (
        "{\\an8}top {\\b1}bold{\\b0} one\\Ntwo\\hthree",
        "{y:i}slanted {Y:b}all {c:$0000ff}red",
        '<b>bold</b> <font color="red">red</font> <i>slanted',
    )
    cues = tuple(Cue(start_ms=at * 1000, end_ms=at * 1000 + 900, text=text) for at, text in enumerate(hostile))
    (tmp_path / "a.srt").write_text(write_srt(cues), encoding="utf-8")
    ffmpeg.run(["-i", str(tmp_path / "a.srt"), str(tmp_path / "a.ass")], timeout_s=30)
    lines = [line for line in (tmp_path / "a.ass").read_text("utf-8").splitlines() if line.startswith("Dialogue:")]
    played = [line.split(",", 9)[9] for line in lines]
    assert [text.replace(WORD_JOINER, "") for text in played] == list(hostile)
    assert not any(re.search(r"\\[A-Za-z]", text) for text in played)
    assert read_srt(tmp_path / "a.srt") == cues


def test_plain_text_is_written_as_it_is():
    text = "1 < 2, and I <3 you & so on: 50% [ok]"
    assert f"\n{text}\n" in write_srt((Cue(start_ms=0, end_ms=900, text=text),))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_files_of_any_encoding_and_line_end_are_read(tmp_path: Path, encoding, line_end):
    text = f"1\n00:00:01,000 --> 00:00:02,500\n{FRENCH}\n\n2\n00:00:03,000 --> 00:00:04,000\nNoël\n"
    path = tmp_path / "a.srt"
    path.write_bytes(text.replace("\n", line_end).encode(encoding))
    first, second = read_srt(path)
    assert first == Cue(start_ms=1000, end_ms=2500, text=FRENCH)
    assert second.text == "Noël"


def test_other_alphabets_are_guessed(tmp_path: Path):
    lines = "Привет, как дела? Это короткий фильм о кошках и собаках."
    (tmp_path / "a.srt").write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{lines}\n".encode("cp1251"))
    assert read_srt(tmp_path / "a.srt")[0].text == lines


def test_broken_entries_are_passed_over(tmp_path: Path):
    path = tmp_path / "a.srt"
    path.write_text(
        "1\nnot a time\nlost\n\n2\n00:00:01,000 --> 00:00:02,000\nkept\n\n00:00:09,000 --> 00:00:08,000\nback\n"
    )
    assert [cue.text for cue in read_srt(path)] == ["kept", "back"]


def test_what_is_no_subtitle_file_is_refused(tmp_path: Path):
    (tmp_path / "a.srt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(SourceUnreadable):
        read_srt(tmp_path / "a.srt")
    with pytest.raises(SourceNotFound):
        read_srt(tmp_path / "b.srt")


def test_no_cues_make_a_valid_empty_file(tmp_path: Path):
    (tmp_path / "a.srt").write_text(write_srt(()))
    assert read_srt(tmp_path / "a.srt") == ()
