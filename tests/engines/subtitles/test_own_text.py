import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SceneError
from engines.subtitles.own_text import caption_text, shown_words, spread
from models.caption_settings import Translation
from models.scene import Scene

GERMAN = Translation(language="de", text="Der Mond.")
BRAZILIAN = Translation(language="pt-BR", text="A lua.")


def text_of(language: str | None, **fields) -> str | None:
    scene = Scene(visual="color:#000000", min_duration_ms=1000, **fields)
    return caption_text(scene, number=4, spoken_language="en-US", language=language)


def test_captions_say_what_the_narration_says_unless_told_otherwise():
    assert text_of(None, narration="The Moon.") is None
    assert text_of("en", narration="The Moon.", translations=(GERMAN,)) is None
    assert text_of(None, narration="The Moon.", caption="Luna") == "Luna"
    assert text_of("de", narration="The Moon.", translations=(GERMAN, BRAZILIAN)) == "Der Mond."
    assert text_of("pt", narration="The Moon.", translations=(GERMAN, BRAZILIAN)) == "A lua."
    assert text_of("fr", narration="The Moon.", caption="La lune.") == "La lune."
    assert text_of("fr") is None


def test_a_missing_translation_names_its_scene():
    with pytest.raises(SceneError, match=r"scene 4: .*'fr'.*de, pt-BR"):
        text_of("fr", narration="The Moon.", translations=(GERMAN, BRAZILIAN))


def test_a_translation_is_timed_sentence_by_sentence(speak):
    said = speak("The Moon drifts away. It has for ever.")
    shown = shown_words("Der Mond entfernt sich von uns. Seit je.", said, duration_ms=9000)
    assert [word.text for word in shown] == ["Der", "Mond", "entfernt", "sich", "von", "uns.", "Seit", "je."]
    assert (shown[0].start_ms, shown[-1].start_ms < said[-1].end_ms) == (said[0].start_ms, True)
    assert shown[6].start_ms == said[4].start_ms


def test_a_silent_scenes_text_takes_all_of_its_time():
    shown = shown_words("The end", (), duration_ms=3000)
    assert (shown[0].start_ms, shown[-1].end_ms) == (0, 3000)


@given(st.lists(st.text(alphabet="abc.,", min_size=1, max_size=9), min_size=1, max_size=20), st.integers(0, 5000))
def test_words_share_their_time_in_order(texts, length_ms):
    words = spread(" ".join(texts), start_ms=100, end_ms=100 + length_ms)
    assert [word.text for word in words] == texts
    edges = [edge for word in words for edge in (word.start_ms, word.end_ms)]
    assert edges == sorted(edges)
    assert edges[0] == 100
    assert edges[-1] <= 100 + length_ms
