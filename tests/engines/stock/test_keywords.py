"""How well a query fits a file's name and keywords."""

import pytest

from engines.stock.keywords import LEAST_SCORE, score, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Drone/NightSky_04.mp4", ("drone", "night", "sky", "04", "mp", "4")),
        ("the Café at the sea", ("cafe", "sea")),
        ("東京の夜.jpg", ("東京の夜", "jpg")),
        ("", ()),
    ],
)
def test_a_text_is_taken_apart_into_its_words(text: str, words: tuple[str, ...]):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ("waves", "sea/wave 3.mp4", True),
        ("night sky", "NightSky.mp4", True),
        ("night sky over berlin", "night_sky_berlin.mp4", True),
        ("sea waves", "sea.jpg", False),
        ("fires", "fire2.mp4", True),
        ("car", "carpet.jpg", False),
        ("夜", "東京の夜景.jpg", False),  # one character alone means little
        ("夜景", "東京の夜景.jpg", True),
        ("über", "uber.mp4", True),
        ("the", "the.mp4", False),
    ],
)
def test_a_file_fits_when_most_of_the_words_are_there(query: str, name: str, fits: bool):
    assert (score(query, [name]) >= LEAST_SCORE) is fits
