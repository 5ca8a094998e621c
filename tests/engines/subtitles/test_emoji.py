import numpy as np
import pytest
from PIL import Image

from engines.clusters import clusters
from engines.emoji import EmojiPictures, open_emoji
from engines.subtitles.typeset import CaptionLibrary, typeset
from models.caption_settings import Captions
from models.captions import CaptionedScene


@pytest.fixture
def emoji(library: CaptionLibrary) -> EmojiPictures:
    return open_emoji(library.emoji)


SINGLE = "😀 ℹ️ Ⓜ️ ❤️ 🇩🇪 👩‍🚀 👨‍👩‍👧 🏳️‍🌈 🤷‍♀️ 1️⃣ 👍🏽 👩🏿‍🚀 🇫🇷 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ▶️ 🙂‍↔️ 👩🏻‍❤️‍👨🏿"
NEWER = "🫩 🫆 🪾 🫪 🫍 🧑‍🩰 🧑🏽‍🩰"  # of Emoji 16 and 17
TONED = ("👍🏻👍🏼👍🏽👍🏾👍🏿👍", "👩🏻‍🚀👩🏼‍🚀👩🏽‍🚀👩🏾‍🚀👩🏿‍🚀👩‍🚀", "🤝🏻🤝🏿🤝🏽🤝🏾🤝🏼🤝")


@pytest.mark.parametrize("text", [*SINGLE.split(), *NEWER.split()])
def test_emoji_have_pictures(emoji, text):
    assert clusters(text) == [text]
    picture = emoji.picture(text, height_px=90)
    assert emoji.has(text)
    assert picture.mode == "RGBA"
    assert picture.height == 90
    assert np.asarray(picture)[..., 3].max() > 250


@pytest.mark.parametrize("toned", TONED)
def test_every_skin_tone_is_a_picture_of_its_own(emoji, toned):
    pictures = [emoji.picture(text, height_px=40).tobytes() for text in clusters(toned)]
    assert len(set(pictures)) == len(pictures) == 6


def test_a_darker_tone_is_darker(emoji):
    light, dark = (np.asarray(emoji.picture(text, height_px=60)).astype(int) for text in ("👍🏻", "👍🏿"))
    assert light[30, 30, :3].sum() > dark[30, 30, :3].sum() + 100


def test_a_skin_tone_without_a_picture_of_its_own_is_left_out(emoji):
    assert emoji.picture("🧟🏽", height_px=40) == emoji.picture("🧟", height_px=40)


def test_one_picture_stands_for_emoji_that_look_alike(emoji):
    assert emoji.picture("🇫🇷", height_px=40) == emoji.picture("🇲🇫", height_px=40)
    assert emoji.picture("🇳🇴", height_px=40) == emoji.picture("🇸🇯", height_px=40)


def test_letters_and_plain_signs_have_none(emoji):
    assert not emoji.has("a")
    assert not emoji.has("❤︎")
    assert not emoji.has("™️"), "dark on dark it could not be read"


def typeset_one(text, speak, library, tmp_path, **captions):
    words = speak(text)
    scene = CaptionedScene(number=1, words=words, start_ms=0, duration_ms=words[-1].end_ms + 400)
    return typeset(
        [scene],
        captions=Captions(**captions),
        canvas_px=(1080, 1920),
        library=library,
        language="en",
        output_dir=tmp_path,
    )


def test_pictures_lie_over_the_room_that_the_text_leaves(library, speak, burn, tmp_path):
    """With the glyph drawn instead, its ink is where the picture would be."""
    with_pictures = typeset_one("look 🚀 now", speak, library, tmp_path)
    without = typeset_one("look 🚀 now", speak, library._replace(emoji=None), tmp_path / "plain")
    ((picture,),) = with_pictures.pictures
    assert without.pictures == ((),)
    drawn, plain = (
        burn(result.scenes[0].read_text(encoding="utf-8"), size=(1080, 1920), luma=128)[0].astype(int)
        for result in (with_pictures, without)
    )
    rows, columns = np.nonzero(np.abs(drawn - plain) > 40)
    image = Image.open(picture.path)
    middle = picture.x_px + image.width / 2, picture.y_px + image.height / 2
    assert (columns.min() + columns.max()) / 2 == pytest.approx(middle[0], abs=6)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(middle[1], abs=12)
    assert columns.max() - columns.min() > 0.6 * image.width


def test_pictures_show_with_their_words(library, speak, tmp_path):
    words = speak("one 🚀 two 🎉")
    page = typeset_one("one 🚀 two 🎉", speak, library, tmp_path).pictures[0]
    assert {picture.start_ms for picture in page} == {0}
    sprung = typeset_one("one 🚀 two 🎉", speak, library, tmp_path, preset="pop", max_words=5).pictures[0]
    assert [picture.start_ms for picture in sprung] == [words[1].start_ms, words[3].start_ms]


def test_pictures_stand_in_the_order_of_their_line(library, speak, tmp_path):
    """In a line that is read from right to left, emoji are, too."""
    for text, sign in (("look 🚀👩🏽‍🚀🎉 now", 1), ("مرحبا 🚀👩🏽‍🚀🎉 بكم", -1)):
        pictures = typeset_one(text, speak, library, tmp_path).pictures[0]
        assert [picture.path.name.partition("-")[0] for picture in pictures][::sign] == ["1f680", "1f469", "1f389"]
        assert [picture.x_px for picture in pictures] == sorted(picture.x_px for picture in pictures)


def test_a_sign_that_letters_have_too_is_a_picture_where_it_asks_for_one(library, speak, tmp_path):
    assert typeset_one("stop ▶ now", speak, library, tmp_path).pictures == ((),)
    (picture,) = typeset_one("stop ▶️ now", speak, library, tmp_path).pictures[0]
    assert picture.path.name.startswith("25b6-fe0f-")


def test_pictures_fade_in_with_captions_that_do(library, speak, tmp_path):
    (picture,) = typeset_one("look 🚀 now", speak, library, tmp_path, animation="fade").pictures[0]
    assert picture.fade_in_ms > 0
