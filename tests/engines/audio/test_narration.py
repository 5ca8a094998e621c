"""A scene's narration by espeak: what marks do to the sound and to the words."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.audio.espeak import EspeakSpeaker, synthesize
from engines.audio.narration import EMPHASIS_DB, narrate
from engines.audio.pcm import load_wav, samples_of
from engines.audio.spoken import plain_text
from engines.errors import SpeechFailed
from models.audio import Speech
from models.voice import Pronunciation, Voice

VOICE = Voice()


def say(text: str, folder: Path, *, voice: Voice = VOICE, language: str = "en-US") -> tuple[Speech, np.ndarray]:
    output = folder / "speech.wav"
    speech = narrate(text, speaker=EspeakSpeaker(), voice=voice, language=language, output=output)
    return speech, samples_of(load_wav(output))


def silences_ms(samples: np.ndarray) -> list[float]:
    """Every silence between sounds, in milliseconds."""
    heard = np.flatnonzero(np.abs(samples) > 0.004)
    gaps = np.diff(heard) / 48
    return [float(gap) for gap in gaps if gap > 100]


@pytest.mark.parametrize("text", ["Hello there, world.", "2 * 3 = 6", "🚀 Go!", "🔥", "今天天气很好。"])
def test_a_plain_narration_is_just_what_the_voice_says(tmp_path: Path, text: str):
    expected = synthesize(text, voice=VOICE, language="en-US", output=tmp_path / "plain.wav")
    assert say(text, tmp_path)[0].words == expected.words
    assert (tmp_path / "speech.wav").read_bytes() == (tmp_path / "plain.wav").read_bytes()


@pytest.mark.parametrize("wanted_ms", [150, 400, 1500])
def test_pauses_last_as_long_as_they_say(tmp_path: Path, wanted_ms: int):
    _, samples = say(f"Stop [pause {wanted_ms}ms] Look [pause {wanted_ms}ms] Go", tmp_path)
    assert np.allclose(silences_ms(samples), wanted_ms, atol=12)


def test_pauses_at_the_ends_make_the_narration_longer(tmp_path: Path):
    plain = say("Stop.", tmp_path)[0]
    speech, samples = say("[pause 700ms] Stop. [pause 1s]", tmp_path)
    assert abs(speech.duration_ms - plain.duration_ms - 700 - 1000 + 40 + 80) < 5
    assert abs(speech.words[0].start_ms - plain.words[0].start_ms - 700 + 40) < 5
    assert np.abs(samples[: 690 * 48]).max() < 0.004
    only, samples = say("[pause 800ms]", tmp_path)
    assert (only.words, only.duration_ms, samples.any()) == ((), 800, False)


def test_an_emoji_before_a_pause_is_shown_during_it(tmp_path: Path):
    speech, _ = say("🚀 [pause 600ms] Go!", tmp_path)
    rocket, go = speech.words
    assert (rocket.text, rocket.start_ms, rocket.end_ms) == ("🚀", 0, go.start_ms)
    assert abs(go.start_ms - 600) < 20


def test_emphasis_raises_the_word_and_nothing_else(tmp_path: Path):
    plain, before = say("This is really good.", tmp_path)
    speech, after = say("This is *really* good.", tmp_path)
    assert speech == plain
    difference = np.abs(after) > 0
    ratio = 20 * np.log10((np.abs(after) + 1e-9) / (np.abs(before) + 1e-9))
    word = plain.words[2]
    loud = np.abs(before) > 0.02
    inside = np.zeros(len(before), dtype=bool)
    inside[word.start_ms * 48 : word.end_ms * 48] = True
    outside = loud.copy()
    outside[(word.start_ms - 26) * 48 : (word.end_ms + 26) * 48] = False
    assert difference.any()
    assert abs(np.median(ratio[loud & inside]) - np.median(ratio[outside]) - EMPHASIS_DB) < 0.2
    assert np.abs(ratio[outside] - np.median(ratio[outside])).max() < 0.1
    assert np.max(np.abs(after)) <= 0.945


def test_a_pronunciation_changes_the_sound_and_not_the_words(tmp_path: Path):
    entry = Pronunciation(written="SQL", spoken="sequel")
    plain, _ = say("Our SQL is fast.", tmp_path)
    speech, samples = say("Our SQL is fast.", tmp_path, voice=Voice(pronunciations=(entry,)))
    spoken, expected = say("Our sequel is fast.", tmp_path)
    assert [word.text for word in speech.words] == [word.text for word in plain.words]
    assert np.array_equal(samples, expected)
    for mine, theirs in zip(speech.words, spoken.words, strict=True):
        assert abs(mine.start_ms - theirs.start_ms) <= 62
    removed, _ = say(
        "Our SQL is fast.", tmp_path, voice=Voice(pronunciations=(Pronunciation(written="SQL", spoken=""),))
    )
    assert [word.text for word in removed.words] == ["Our", "SQL", "is", "fast."]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(
        st.sampled_from(
            ["word,", "*loud*", "[pause 90ms]", "[pause]", "SQL", "🚀", "今天天气", "3.5", "**a b.**", "..."]
        ),
        min_size=1,
        max_size=7,
    ).map(" ".join)
)
def test_every_word_is_timed_once_in_order_within_the_sound_and_no_mark_shows(tmp_path: Path, text: str):
    voice = Voice(pronunciations=(Pronunciation(written="SQL", spoken="sequel"),))
    speech, samples = say(text, tmp_path, voice=voice)
    assert "".join("".join(word.text for word in speech.words).split()) == "".join(plain_text(text).split())
    assert all(word.start_ms < word.end_ms <= speech.duration_ms for word in speech.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(speech.words))
    assert abs(speech.duration_ms - len(samples) / 48) < 1


def test_nothing_to_say_is_an_error(tmp_path: Path):
    with pytest.raises(SpeechFailed, match="no text"):
        say("  ", tmp_path)


@pytest.mark.parametrize("name", ["", "en-us", "+f2", "+Annie", "+m3"])
def test_no_sound_begins_or_ends_with_a_click(tmp_path: Path, name: str):
    """Out of a silence and into it, the level moves in small steps: no sample leaves it by a jump."""
    text = "Around. [pause 200ms] Every [pause 150ms] *and* again [pause 1s] you. Low!"
    _, samples = say(text, tmp_path, voice=Voice(name=name))
    assert samples[0] == samples[-1] == 0
    heard = np.flatnonzero(np.abs(samples) > 0.003)
    gaps = np.flatnonzero(np.diff(heard) > 20 * 48)
    edges = np.concatenate((heard[:1], heard[-1:], heard[gaps], heard[gaps + 1]))
    assert len(edges) >= 8
    assert np.abs(samples[edges]).max() < 0.01
