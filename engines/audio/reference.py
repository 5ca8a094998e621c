"""A text as espeak-ng says it, word by word: what a recording of the same words is laid beside to find them in it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engines.audio import espeak_library
from engines.audio.espeak_library import Prosody
from engines.audio.espeak_voices import identifier_of, voice_for
from engines.audio.pcm import Samples, gain_of
from engines.audio.resample import resample
from engines.audio.timing import Stretch
from engines.audio.warping import RATE_HZ
from engines.audio.words import WrittenWord, is_spoken, spoken_text, weight, word_at
from engines.errors import VoiceUnavailable

MOST_CHARACTERS = 10_000  # about ten minutes of speech
_SPELT_OUT = ("ja", "km", "lo", "my", "th")  # whose letters espeak-ng names rather than reads
_PROSODY = Prosody(words_per_minute=160, pitch=50, pitch_range=40, volume=70)
_HEARD_DB = -40.0  # below the loudest: what counts as silence
_STEP = RATE_HZ // 200
_LEAST_S = 0.03  # of a word


class Reference(NamedTuple):
    """What espeak-ng said, mono at 16 kHz, and the first sample of the words whose time it tells, by their index."""

    samples: Samples
    onsets: Mapping[int, int]
    word_count: int

    def weights(self, words: Sequence[WrittenWord]) -> list[float]:
        """Return for how many seconds each word is heard; words without a time share theirs by syllables."""
        heard, places = self.sounding()
        return shared_out(words, {index: place / RATE_HZ for index, place in places.items()}, len(heard) / RATE_HZ)

    def sounding(self) -> tuple[Samples, dict[int, int]]:
        """Return the sound without any silence, and where in it words begin."""
        heard = self._heard()
        before = np.concatenate(([0], np.cumsum(heard))) * _STEP
        steps = np.pad(self.samples, (0, -len(self.samples) % _STEP)).reshape(-1, _STEP)
        return steps[heard].reshape(-1), {index: int(before[onset // _STEP]) for index, onset in self.onsets.items()}

    def part(self, stretch: Stretch) -> tuple[Samples, dict[int, int]]:
        """Return the sound of a stretch's words without the silence around it, and where in it words begin."""
        later = [start for index, start in self.onsets.items() if index >= stretch.last]
        earlier = [start for index, start in self.onsets.items() if index <= stretch.first]
        begin, end = max(earlier), min([*later, len(self.samples)])
        sounding = np.flatnonzero(self._heard()[begin // _STEP : -(-end // _STEP)])
        if len(sounding):
            begin, end = (begin // _STEP + int(sounding[0])) * _STEP, (begin // _STEP + int(sounding[-1]) + 1) * _STEP
        inside = {index: start - begin for index, start in self.onsets.items() if stretch.first < index < stretch.last}
        return self.samples[begin:end], inside

    def _heard(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        level = np.abs(np.pad(self.samples, (0, -len(self.samples) % _STEP))).reshape(-1, _STEP).max(axis=1)
        return np.asarray(level > level.max() * gain_of(_HEARD_DB))


def shared_out(words: Sequence[WrittenWord], starts_s: Mapping[int, float], end_s: float) -> list[float]:
    """Return how long each word lasts when some begin at these times; the others share theirs by syllables."""
    lasting: list[float] = []
    firsts, times_s = [*starts_s, len(words)], [*starts_s.values(), end_s]
    for first, after, start_s, stop_s in zip(firsts, firsts[1:], times_s, times_s[1:], strict=False):
        syllables = [weight(word.text) for word in words[first:after]]
        lasting += [max(stop_s - start_s, _LEAST_S) * each / sum(syllables) for each in syllables]
    return lasting


def refer(
    words: Sequence[WrittenWord], spoken: str, *, language: str, origin: Sequence[int] | None = None
) -> Reference | None:
    """Return how espeak-ng says `spoken` in `language` (BCP 47).

    `origin` tells where in the written text each of its characters comes from; None if it is that text. The result is
    None for a language that it does not speak or read, and for texts that are very long or have nothing to say. Raises
    SpeechFailed.
    """
    if not words or len(spoken) > MOST_CHARACTERS or not is_spoken(spoken):
        return None
    if language.lower().partition("-")[0] in _SPELT_OUT:
        return None
    try:
        voice = identifier_of(voice_for(language))
    except VoiceUnavailable:
        return None
    utterance = espeak_library.speak(spoken_text(spoken), voice=voice, prosody=_PROSODY)
    if not utterance.samples.any():
        return None
    places = range(len(spoken)) if origin is None else origin
    told = [(places[place], sample) for place, sample in utterance.onsets if place < len(places)]
    samples = utterance.samples.astype(np.float32) / np.float32(32_768)
    resampled = resample(samples, rate_hz=espeak_library.RATE_HZ, target_hz=RATE_HZ)
    onsets = {
        index: min(sample * RATE_HZ // espeak_library.RATE_HZ, len(resampled) - 1)
        for index, sample in onsets_of(words, told).items()
    }
    return Reference(resampled, onsets, len(words))


def joined(references: Sequence[Reference | None]) -> Reference | None:
    """Return texts said one after the other as one; None if there is none of one of them."""
    samples: list[Samples] = []
    onsets: dict[int, int] = {}
    words = length = 0
    for reference in references:
        if reference is None:
            return None
        onsets |= {words + index: length + start for index, start in reference.onsets.items()}
        samples.append(reference.samples)
        words, length = words + reference.word_count, length + len(reference.samples)
    return Reference(np.concatenate(samples), onsets, words)


def onsets_of(words: Sequence[WrittenWord], told: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the first sample of every word that espeak-ng told, by the word's index, in order.

    `told` are characters of the written text and samples.

    A name that is spelt out and has an 's ("NASA's rocket") is reported in two parts, the second of which comes when
    the next word starts, which is then not reported itself.
    """
    onsets = {0: 0}
    after_genitive: dict[int, int] = {}
    for position, sample in told:
        index = word_at(words, position)
        if max(onsets) < index < len(words):
            onsets[index] = sample
        elif index == max(onsets) and words[index].text[: position - words[index].start].endswith(("'", "\u2019")):
            after_genitive[index + 1] = sample
    missing = {index: sample for index, sample in after_genitive.items() if index not in onsets and index < len(words)}
    return dict(sorted((onsets | missing).items()))
