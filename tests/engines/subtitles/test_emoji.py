import numpy as np
import pytest
from PIL import Image

from engines.subtitles.emoji import EmojiPictures, open_emoji
from engines.subtitles.typeset import CaptionLibrary, typeset
from models.caption_settings import Captions
from models.captions import CaptionedScene


@pytest.fixture
def emoji(library: CaptionLibrary) -> EmojiPictures:
    return open_emoji(library.emoji)


@pytest.mark.parametrize("text", ["😀", "❤️", "🇩🇪", "👩‍🚀", "👨‍👩‍👧", "🏳️‍🌈", "🤷‍♀️", "1️⃣"])
def test_emoji_have_pictures(emoji, text):
    picture = emoji.picture(text, height_px=90)
    assert emoji.has(text)
    assert picture.mode == "RGBA"
    assert picture.height == 90
    assert np.asarray(picture)[..., 3].max() > 250


def test_a_skin_tone_without_a_picture_of_its_own_is_left_out(emoji):
    assert emoji.picture("👍🏽", height_px=40) == emoji.picture("👍", height_px=40)


def test_letters_and_plain_signs_have_none(emoji):
    assert not emoji.has("a")
    assert not emoji.has("❤︎")


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
