"""Words are found by what a synthesiser makes of them, in recordings of other voices than its own."""

from pathlib import Path

import numpy as np
import pytest

from engines import ffmpeg
from engines.audio.alignment import estimate
from engines.audio.espeak import synthesize
from engines.audio.pcm import load_wav, samples_of
from engines.audio.reference import joined, refer
from engines.audio.words import attach_silent, split_words
from models.audio import Speech
from models.voice import Voice

TEXTS = {
    "en": "In 1969 three astronauts flew to the Moon while the quick brown fox jumps over the lazy dog. "
    "Honey never spoils: it was still perfectly edible, and nobody says anything about it at all",
    "de": "Der Mond entfernt sich jedes Jahr fast vier Zentimeter von der Erde, und irgendwann gibt es keine "
    "Sonnenfinsternis mehr.",
}
# Another throat and room: higher or lower, faster or slower from word to word, with an echo.
THROATS = ("rubberband=pitch=1.3:tempo=1.15,aecho=0.8:0.6:37:0.25", "rubberband=pitch=0.8:tempo=0.85,vibrato=f=3:d=0.3")


def said(text: str, language: str, throat: str, folder: Path, voice: str = "+f4") -> tuple[Speech, np.ndarray, float]:
    """How a voice says it, the sound of it in another throat, and how much longer that takes."""
    speech = synthesize(text, voice=Voice(name=voice, rate=1.1), language=language, output=folder / "plain.wav")
    filtered = ("-af", throat, "-ar", "48000", "-c:a", "pcm_s16le", str(folder / "other.wav"))
    ffmpeg.run(("-y", "-i", str(folder / "plain.wav"), *filtered), timeout_s=60)
    samples = samples_of(load_wav(folder / "other.wav"))
    tempo = float(throat.partition("tempo=")[2].partition(",")[0])
    return speech, samples, 1 / tempo


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("throat", THROATS)
def test_words_of_another_voice_are_found(tmp_path: Path, language: str, throat: str):
    text = TEXTS[language]
    speech, samples, longer = said(text, language, throat, tmp_path)
    words = attach_silent(split_words(text), text)
    truth = np.array([word.start_ms * longer for word in speech.words])
    reference = refer(words, text, language=language)
    found = np.array([word.start_ms for word in estimate(words, samples, reference=reference)])
    counted = np.array([word.start_ms for word in estimate(words, samples)])
    off, off_counted = np.abs(found - truth), np.abs(counted - truth)
    assert off.mean() < 35
    assert np.percentile(off, 90) < 90
    assert off.mean() < 0.6 * off_counted.mean(), "syllables alone are much worse"


def test_pronunciations_are_what_is_compared(tmp_path: Path):
    """A written word that is said quite otherwise keeps its place."""
    written, spoken = (
        "Our SQL beats everything else there is.",
        "Our structured query language beats everything else there is.",
    )
    origin = [*range(4), *(4 + index * 3 // 25 for index in range(25)), *range(7, len(written))]
    assert len(origin) == len(spoken)
    words = split_words(written)
    speech, samples, longer = said(spoken, "en", THROATS[0], tmp_path)
    reference = refer(words, spoken, language="en", origin=origin)
    found = [word.start_ms for word in estimate(words, samples, reference=reference)]
    truth = [speech.words[index].start_ms * longer for index in (0, 1, 4, 5, 6, 7, 8)]
    assert found == pytest.approx(truth, abs=70)


def test_what_cannot_be_said_has_no_reference():
    words = split_words("nuqneH qaStaH nuq")
    assert refer(words, "nuqneH qaStaH nuq", language="xx-klingon") is None
    assert refer(split_words("東京は日本の首都です"), "東京は日本の首都です", language="ja-JP") is None
    assert refer((), "", language="en") is None
    assert refer(split_words("🚀"), "🚀", language="en") is None
    assert refer(split_words("ha " * 4000), "ha " * 4000, language="en") is None


def test_a_reference_that_spells_letters_out_does_not_count(tmp_path: Path):
    """Such as of Chinese under an English voice: each character takes as long as its name there."""
    text = "章鱼有三颗心脏，和蓝色的血液。"
    words = attach_silent(split_words(text), text)
    synthesize(text, voice=Voice(rate=1.3), language="zh", output=tmp_path / "said.wav")
    samples = samples_of(load_wav(tmp_path / "said.wav"))
    spelt = refer(words, text, language="en")
    assert spelt
    assert sum(spelt.weights(words)) > 3 * len(samples) / 48_000
    assert estimate(words, samples, reference=spelt) == estimate(words, samples)


def test_references_are_put_one_after_the_other():
    texts = ("One two three.", "Four, five!")
    parts = [refer(split_words(text), text, language="en") for text in texts]
    whole = joined(parts)
    assert whole
    assert list(whole.onsets) == [0, 1, 2, 3, 4]
    assert len(whole.samples) == sum(len(part.samples) for part in parts if part)
    assert len(whole.weights(split_words(" ".join(texts)))) == 5
    assert joined([*parts, None]) is None
