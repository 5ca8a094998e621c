from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from engines.clusters import clusters
from engines.emoji import open_emoji
from engines.phrasing import NEVER_FIRST
from engines.visuals.lettering import Lettering, Letters
from engines.visuals.poster import MAX_LINES, fit_title, foot_room, make_poster
from models.graphics import Look, PosterLayout

FOLDER = Path(__file__).parents[3] / "assets" / "fonts"
FONTS = [
    FOLDER / "Montserrat-ExtraBold.ttf",
    *sorted(path for path in FOLDER.glob("Noto*.ttf") if "Emoji" not in path.name),
]
GREY = np.full((960, 540, 3), 120, np.uint8)

LETTERS = Letters(tuple(FONTS))
CJK = Letters((*FONTS, FOLDER / "NotoSansCJKsc-Bold.otf"))
COLOURED = Letters(tuple(FONTS), open_emoji(FOLDER.parent / "emoji" / "noto-color-emoji.zip"))


def poster(folder: Path, title: str, frame: np.ndarray = GREY) -> np.ndarray:
    make_poster(frame, title=title, letters=LETTERS, output=folder / "poster.jpg")
    with Image.open(folder / "poster.jpg") as image:
        assert image.format == "JPEG"
        return np.asarray(image.convert("RGB")).astype(int)


def ink(rgb: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is white."""
    rows, columns = np.nonzero((rgb > 230).all(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


TITLES = [
    "Hi",
    "Five things about the Earth that nobody told you",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
    "a " * 59,
    "W" * 120,
    "A very long title that goes on and on, because somebody wanted to fill all one hundred and twenty characters, yes",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("size", [(540, 960), (540, 540), (960, 540)])
def test_the_title_is_on_it_and_inside(tmp_path: Path, title: str, size: tuple[int, int]) -> None:
    width, height = size
    rgb = poster(tmp_path, title, np.full((height, width, 3), 120, np.uint8))
    assert rgb.shape == (height, width, 3)
    left, top, right, bottom = ink(rgb)
    assert left >= width * 0.07
    assert right <= width * 0.93
    assert abs((left + right) / 2 - width / 2) < width * 0.02
    assert top > height * 0.2
    assert bottom < height * 0.82


@given(st.text(alphabet="abcdefgh WMil.,", min_size=1, max_size=120).filter(str.strip))
@settings(max_examples=40, deadline=None)
def test_lines_fit_and_keep_every_word_or_end_in_an_ellipsis(title: str) -> None:
    text = " ".join(title.split())
    face, lines = fit_title(text, letters=LETTERS, room=foot_room(540, 960))
    assert 1 <= len(lines) <= MAX_LINES
    assert all(face.getlength(line) <= 540 * 0.84 + 1 for line in lines)
    told = "".join(lines).replace(" ", "")
    assert told == text.replace(" ", "") or told.endswith("…")


def test_short_titles_are_larger_and_lines_are_even() -> None:
    large, _ = fit_title("Why the sky is blue", letters=LETTERS, room=foot_room(1080, 1920))
    small, lines = fit_title(TITLES[-1], letters=LETTERS, room=foot_room(1080, 1920))
    assert large.size_px > 1.5 * small.size_px
    face, lines = fit_title(
        "Five things about the Earth that nobody told you", letters=LETTERS, room=foot_room(1080, 1920)
    )
    lengths = [face.getlength(line) for line in lines]
    assert min(lengths) > 0.5 * max(lengths)


@pytest.mark.parametrize(
    "title",
    [
        "夜空はタイムマシンです。光には時間が必要です",
        "ท้องฟ้ายามค่ำคืนคือเครื่องย้อนเวลา",
        "夜空是一台时光机，光需要时间才能来到我们身边",
    ],
)
def test_titles_without_spaces_are_as_large_as_others(title: str) -> None:
    face, lines = fit_title(title, letters=CJK, room=foot_room(1080, 1920))
    assert face.size_px > 80
    assert len(lines) >= 2
    assert "".join(lines) == title
    assert not any(line[0] in NEVER_FIRST for line in lines)


def test_a_title_that_is_cut_ends_with_a_whole_word() -> None:
    title = ("Why the sea is salty and rivers are not " * 3).strip()
    _, lines = fit_title(title, letters=LETTERS, room=foot_room(1080, 1920))
    assert lines[-1].endswith("…")
    assert lines[-1].removesuffix("…").split()[-1] in title.split()


def test_a_space_that_a_font_lacks_is_as_wide_as_others() -> None:
    face = Lettering(CJK, 100)
    space_px = face.getlength("하늘 하늘") - 2 * face.getlength("하늘")
    assert space_px == pytest.approx(face.getlength("a b") - face.getlength("a") - face.getlength("b"), abs=2)


def test_no_word_is_set_in_two_fonts() -> None:
    assert len(LETTERS.runs("μακρύ")) == 1


def test_the_picture_is_seen_above_and_darkened_below(tmp_path: Path) -> None:
    rgb = poster(tmp_path, "Hi")
    assert np.abs(rgb[:200] - 120).max() <= 3
    assert rgb[-50:].max() < 50
    assert np.diff(rgb[:, 5, 0]).max() <= 3  # no edge on the way


def test_white_text_stands_out_from_a_white_picture(tmp_path: Path) -> None:
    rgb = poster(tmp_path, "Snow", np.full((960, 540, 3), 255, np.uint8))
    text = (rgb[600:760] > 230).all(axis=2)
    assert 0.02 < text.mean() < 0.5


def test_symbols_the_font_lacks_are_left_out_and_other_scripts_are_drawn(tmp_path: Path) -> None:
    assert (poster(tmp_path, "Sky 🌍🔥") == poster(tmp_path, "Sky")).all()
    assert not (poster(tmp_path, "🌍🔥") > 230).all(axis=2).any()
    left, _, right, _ = ink(poster(tmp_path, "كيف تعمل الأرض"))
    assert right - left > 100


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a.jpg", "b.jpg"):
        make_poster(GREY, title="Twice", letters=LETTERS, output=tmp_path / name)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_a_band_leaves_the_picture_as_it_is_and_carries_the_title(tmp_path: Path) -> None:
    look = Look(panel_color="#102040", accent_color="#FF4040")
    make_poster(
        GREY, title="The night sky", letters=LETTERS, output=tmp_path / "b.jpg", layout=PosterLayout.BAND, look=look
    )
    with Image.open(tmp_path / "b.jpg") as image:
        rgb = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(rgb[:560] - 120).max() <= 3
    assert np.abs(rgb[-20:] - (0x10, 0x20, 0x40)).max() <= 6
    assert np.abs(rgb[576, 10:-10] - (0xFF, 0x40, 0x40)).max() <= 12
    left, top, right, bottom = ink(rgb)
    assert top > 590
    assert bottom < 960 * 0.875  # grids of 3:4 cut the rest off
    assert left == pytest.approx(540 * 0.08, abs=6)
    assert right < 540 * 0.93


def test_text_on_a_light_band_is_dark(tmp_path: Path) -> None:
    look = Look(panel_color="#F4F4F5", text_color="#FFFFFF")
    make_poster(GREY, title="Snow", letters=LETTERS, output=tmp_path / "b.jpg", layout=PosterLayout.BAND, look=look)
    with Image.open(tmp_path / "b.jpg") as image:
        band = np.asarray(image.convert("L"))[600:]
    assert (band < 60).mean() > 0.01


def test_one_line_may_need_several_fonts() -> None:
    face = Lettering(LETTERS, 60)
    alone = sum(face.getlength(text) for text in ("NASA ", "صورة"))
    assert face.getlength("NASA صورة") == pytest.approx(alone, rel=0.02)
    assert LETTERS.drawable("Sky 🌍 नभ ᚠ") == "Sky नभ ᚠ"


def _drawn(line: str, *, rtl: bool) -> np.ndarray:
    image = Image.new("L", (1200, 160))
    Lettering(LETTERS, 60).draw(image, 20, 110, line, ink=255, rtl=rtl)
    return np.asarray(image)


@pytest.mark.parametrize(
    ("line", "from_left_to_right"),
    [
        ("קנה iPhone 15 היום", ("היום ", "iPhone 15", " קנה")),
        ("קנה 15 היום", ("היום ", "15", " קנה")),
        ("NASA (2024) טסה", ("טסה ", "NASA (2024)")),
        ("הירח (NASA) גדול", ("גדול ", "(", "NASA", ")", " הירח")),
        ("أهم ٤٢ سببا", ("سببا", " ", "٤٢", " ", "أهم")),
    ],
)
def test_numbers_and_other_scripts_stand_where_a_reader_of_hebrew_or_arabic_looks_for_them(line, from_left_to_right):
    face, image, left = Lettering(LETTERS, 60), Image.new("L", (1200, 160)), 20.0
    for part in from_left_to_right:
        face.draw(image, left, 110, part, ink=255, rtl=False)
        left += face.getlength(part)
    drawn = Image.fromarray(_drawn(line, rtl=True))
    for one, other in ((drawn, image), (image, drawn)):
        nearby = np.asarray(other.filter(ImageFilter.MaxFilter(11)))  # kerning across the parts' edges moves some
        assert ((np.asarray(one) > 128) & (nearby < 128)).mean() < 0.0002


def test_one_hebrew_word_leaves_an_english_title_in_its_order() -> None:
    drawn = _drawn("The word שלום means", rtl=False)
    start = _drawn("The word ", rtl=False)
    assert (drawn[:, :300] == start[:, :300]).all()


def test_a_long_word_is_hyphenated_before_all_becomes_small() -> None:
    title, room = "Donaudampfschifffahrtsgesellschaft", foot_room(1080, 1920)
    small, _ = fit_title(title, letters=LETTERS, room=room)
    large, lines = fit_title(title, letters=LETTERS, room=room, language="de-DE")
    assert large.size_px > 1.8 * small.size_px
    assert "".join(line.removesuffix("-") for line in lines) == title


@pytest.mark.parametrize("at", [110, 480, 800])
def test_a_band_keeps_the_subject(tmp_path: Path, at: int) -> None:
    frame = np.full((960, 540, 3), (70, 110, 70), np.uint8)
    frame[at - 60 : at + 60, 210:330] = (220, 60, 40)
    make_poster(frame, title="Where?", letters=LETTERS, output=tmp_path / "b.jpg", layout=PosterLayout.BAND)
    with Image.open(tmp_path / "b.jpg") as image:
        rgb = np.asarray(image.convert("RGB")).astype(int)[:560]
    subject = (rgb[..., 0] > 180) & (rgb[..., 1] < 110)
    assert subject.sum() > 0.95 * 120 * 120


def test_emoji_are_coloured(tmp_path: Path) -> None:
    for layout in PosterLayout:
        make_poster(GREY, title="Hot ❤️ day", letters=COLOURED, output=tmp_path / "e.jpg", layout=layout)
        with Image.open(tmp_path / "e.jpg") as image:
            rgb = np.asarray(image.convert("RGB")).astype(int)
        red = (rgb[..., 0] > 180) & (rgb[..., 1] < 100)
        assert red.sum() > 300
    assert COLOURED.drawable("Go 👩🏽‍🚀 ▶ ▶️ ™️ \U0001faed") == "Go 👩🏽‍🚀 ▶ ▶️ ™"


def test_emoji_take_one_room_each_and_are_never_cut() -> None:
    face = Lettering(COLOURED, 50)
    assert face.getlength("👩🏽‍🚀") == face.getlength("🇫🇷") == face.getlength("😀") == 61
    title = "👩🏽‍🚀" * 60
    _, lines = fit_title(title, letters=COLOURED, room=foot_room(540, 960))
    assert all(set(clusters(line)) <= {"👩🏽‍🚀", "…"} for line in lines)
