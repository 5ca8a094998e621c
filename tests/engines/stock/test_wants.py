"""What a scene asks of the stock libraries."""

import pytest

from engines.stock.wants import least_ms, search_of, wants_of
from models.media import MediaKind
from models.scene import Scene
from models.stock import Shape


@pytest.mark.parametrize(
    ("visual", "query", "kinds"),
    [
        ("stock:sea", "sea", (MediaKind.VIDEO, MediaKind.IMAGE)),
        ("stock:  night   sky ", "night sky", (MediaKind.VIDEO, MediaKind.IMAGE)),
        ("stock:photo:old map", "old map", (MediaKind.IMAGE,)),
        ("stock:video: rain", "rain", (MediaKind.VIDEO,)),
        ("stock:note: to self", "note: to self", (MediaKind.VIDEO, MediaKind.IMAGE)),
    ],
)
def test_the_words_and_the_kind(visual: str, query: str, kinds: tuple[MediaKind, ...]):
    search = search_of(visual, shape=Shape.PORTRAIT, language="en")
    assert (search.query, search.kinds) == (query, kinds)


def test_only_scenes_with_stock_visuals_want_something():
    visuals = ("a.png", "stock:sea", "image:sea", "stock:sea")
    scenes = [Scene(visual=visual, narration="Hello.") for visual in visuals]
    wants = wants_of(scenes, shape=Shape.SQUARE, language="en", rate=1)
    assert [want.scene for want in wants] == [2, 4]
    assert wants[0].search == wants[1].search


def test_a_clip_should_last_as_long_as_the_line_is_spoken_and_a_little_longer():
    line = "The Moon drifts away from us by four centimetres a year."
    guessed_ms = least_ms(Scene(visual="stock:moon", narration=line), rate=1)
    assert 3500 < guessed_ms < 6500
    assert least_ms(Scene(visual="stock:moon", narration=line), rate=2) < guessed_ms
    assert 2500 < least_ms(Scene(visual="stock:moon", narration="月は毎年四センチ遠ざかる"), rate=1) < 6500


def test_what_the_scene_says_itself_counts():
    assert least_ms(Scene(visual="stock:x", min_duration_ms=9000), rate=1) == 9000
    assert least_ms(Scene(visual="stock:x", min_duration_ms=9000, start_ms=2000), rate=1) == 11_000
    assert least_ms(Scene(visual="stock:x", start_ms=2000, end_ms=5000), rate=1) == 5000
    assert least_ms(Scene(visual="stock:x", voice_over="me.wav"), rate=1) > 5000
