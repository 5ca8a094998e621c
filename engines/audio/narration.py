"""A scene's narration: its phrases said by a voice, each word timed, pauses and emphasis put in."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from engines.audio.alignment import estimate, follow
from engines.audio.heard import Recogniser, onsets_of, places_of, recognised
from engines.audio.pcm import Samples, faded, gain_of, load_wav, samples_of, save_wav
from engines.audio.reference import refer
from engines.audio.spoken import Phrase, Range, read_phrases
from engines.audio.words import WrittenWord, attach_silent, is_spoken, split_words
from engines.errors import SpeechFailed
from engines.timebase import ms_to_sample, samples_to_ms
from models.audio import Speech, TimingSource
from models.timeline import WordTiming
from models.voice import Voice

HEAD_MS, TAIL_MS = 40, 80  # of silence that a voice leaves before and after its sound
SILENT_TEXT_MS = 1000  # how long a text is shown that has nothing to say, such as a lone emoji
EMPHASIS_DB = 3.5
_EMPHASIS_RAMP_MS = 25
_JOIN_FADE_MS = 5
_SURENESS: tuple[TimingSource, ...] = ("estimated", "recognised", "provider")


class Utterance(NamedTuple):
    """What a voice said: a WAV file (48 kHz, mono, 16-bit) that begins with HEAD_MS of silence and ends with TAIL_MS.

    `words` are those of the text that it was given, or parts of them, in order; none if it does not tell. If they are
    not exact, each may stand for several words.
    """

    wav: Path
    words: tuple[WordTiming, ...] = ()
    is_exact: bool = True


class Speaker(Protocol):
    """One voice of a provider."""

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`, which has something to say. Raises VoiceUnavailable, SpeechFailed."""


class _Part(NamedTuple):
    samples: Samples
    words: tuple[WordTiming, ...]
    timing: TimingSource
    edge_ms: tuple[int, int] = (0, 0)  # of silence in it before and after the sound


def narrate(
    text: str,
    *,
    speaker: Speaker,
    voice: Voice,
    language: str,
    output: Path,
    recognise: Recogniser | None = None,
) -> Speech:
    """Say a narration into `output` (WAV, 48 kHz, mono, 16-bit) and return when each written word is heard.

    Marks of pauses and emphasis are heard, and not among the words. `recognise` times the words of a voice that does
    not tell. Raises VoiceUnavailable, SpeechFailed.
    """
    phrases = _said(read_phrases(text, pronunciations=voice.pronunciations), voice)
    parts = [
        _say(phrase, speaker=speaker, voice=voice, language=language, folder=output.parent, recognise=recognise)
        for phrase in phrases
    ]
    samples, words = _joined(parts, [phrase.pause_ms for phrase in phrases])
    save_wav(samples, output)
    timing = min((part.timing for part in parts if part.words), key=_SURENESS.index, default="provider")
    return Speech(duration_ms=samples_to_ms(len(samples)), words=words, timing=timing)


def _said(phrases: Sequence[Phrase], voice: Voice) -> list[Phrase]:
    """Leave out what neither says nor shows nor lasts anything."""
    said = [phrase for phrase in phrases if phrase.written.strip() or phrase.pause_ms]
    if not said:
        raise SpeechFailed(voice=voice.name, reason="there is no text to say")
    return said


def _say(
    phrase: Phrase,
    *,
    speaker: Speaker,
    voice: Voice,
    language: str,
    folder: Path,
    recognise: Recogniser | None,
) -> _Part:
    words = attach_silent(split_words(phrase.written), phrase.written)
    if not is_spoken(phrase.spoken):
        return _silent(words, phrase.pause_ms)
    with tempfile.TemporaryDirectory(prefix="phrase-", dir=folder) as own:
        utterance = speaker.synthesize(phrase.spoken, voice, language=language, folder=Path(own))
        samples = samples_of(load_wav(utterance.wav))
        timings, timing = _timed(phrase, words, utterance, samples, language, recognise)
    return _Part(_stressed(samples, phrase, words, timings), timings, timing, (HEAD_MS, TAIL_MS))


def _silent(words: Sequence[WrittenWord], pause_ms: int) -> _Part:
    """Show words that nobody says in the pause after them, or for a second."""
    if not words:
        return _Part(np.zeros(0, dtype=np.float32), (), "provider")
    length_ms = 0 if pause_ms >= len(words) else SILENT_TEXT_MS
    samples = np.zeros(ms_to_sample(length_ms), dtype=np.float32)
    shown_ms = length_ms or pause_ms
    edges = [shown_ms * index // len(words) for index in range(len(words) + 1)]
    timings = [
        WordTiming(text=word.text, start_ms=edges[index], end_ms=edges[index + 1]) for index, word in enumerate(words)
    ]
    return _Part(samples, tuple(timings), "provider")


def _timed(
    phrase: Phrase,
    words: Sequence[WrittenWord],
    utterance: Utterance,
    samples: Samples,
    language: str,
    recognise: Recogniser | None,
) -> tuple[tuple[WordTiming, ...], TimingSource]:
    told = utterance.words
    if utterance.is_exact and _are_ours(told, words, samples_to_ms(len(samples))):
        return told, "provider"
    if utterance.is_exact and (timings := _followed(phrase, words, told, samples)):
        return timings, "provider"
    if recognise and (timings := recognised(words, recognise(utterance.wav), samples)):
        return timings, "recognised"
    reference = refer(words, phrase.spoken, language=language, origin=phrase.origin)
    if (reference is None or len(told) * 2 > len(words)) and (timings := _followed(phrase, words, told, samples)):
        return timings, "estimated"
    return estimate(words, samples, reference=reference), "estimated"


def _are_ours(told: Sequence[WordTiming], words: Sequence[WrittenWord], duration_ms: int) -> bool:
    """Tell whether what a voice told is just what is wanted: every word, in order, within the sound."""
    edges = [edge for timing in told for edge in (timing.start_ms, max(timing.end_ms, timing.start_ms + 1))]
    return [timing.text for timing in told] == [word.text for word in words] and edges == sorted(
        min(edge, duration_ms) for edge in edges
    )


def _followed(
    phrase: Phrase, words: Sequence[WrittenWord], told: Sequence[WordTiming], samples: Samples
) -> tuple[WordTiming, ...] | None:
    places = places_of(phrase.spoken, told)
    written = [None if place is None else phrase.origin[place] for place in places]
    onsets = onsets_of(words, written, told)
    return follow(words, onsets, samples) if onsets else None


def _stressed(samples: Samples, phrase: Phrase, words: Sequence[WrittenWord], timings: Sequence[WordTiming]) -> Samples:
    """Raise the level of emphasised words, gliding into and out of them."""
    times = [
        Range(ms_to_sample(timing.start_ms), ms_to_sample(timing.end_ms))
        for word, timing in zip(words, timings, strict=True)
        if any(word.start < stress.end and stress.start < word.end for stress in phrase.stressed)
    ]
    if not times:
        return samples
    gains_db = np.zeros(len(samples))
    ramp = ms_to_sample(_EMPHASIS_RAMP_MS)
    for start, end in times:
        corners = [start - ramp, start, max(end, start + 1), max(end, start + 1) + ramp]
        raised_db = np.interp(np.arange(len(samples)), corners, [0, EMPHASIS_DB, EMPHASIS_DB, 0])
        gains_db = np.maximum(gains_db, raised_db)
    louder = (samples * np.power(10.0, gains_db / 20)).astype(np.float32)
    peak = float(np.max(np.abs(louder)))
    ceiling = gain_of(-0.5)
    return louder * np.float32(ceiling / peak) if peak > ceiling else louder


def _joined(parts: Sequence[_Part], pauses_ms: Sequence[int]) -> tuple[Samples, tuple[WordTiming, ...]]:
    """Put parts together so that `pauses_ms` lie between the sounds; a single part stays as it is."""
    if len(parts) == 1 and not pauses_ms[0]:
        return parts[0].samples, parts[0].words
    pieces: list[Samples] = []
    words: list[WordTiming] = []
    length = 0
    for index, (part, pause_ms) in enumerate(zip(parts, pauses_ms, strict=True)):
        start_ms = samples_to_ms(length)
        words += [
            WordTiming(text=word.text, start_ms=word.start_ms + start_ms, end_ms=word.end_ms + start_ms)
            for word in part.words
        ]
        next_head_ms = parts[index + 1].edge_ms[0] if index + 1 < len(parts) else 0
        silence_ms = max(0, pause_ms - part.edge_ms[1] - next_head_ms)
        pieces += [
            faded(part.samples, length=ms_to_sample(_JOIN_FADE_MS)),
            np.zeros(ms_to_sample(silence_ms), dtype=np.float32),
        ]
        length += sum(map(len, pieces[-2:]))
    return np.concatenate(pieces), _apart(words)


def _apart(words: Sequence[WordTiming]) -> tuple[WordTiming, ...]:
    """End every word before the next one begins."""
    ended = [
        word.model_copy(update={"end_ms": min(word.end_ms, max(following.start_ms, word.start_ms + 1))})
        for word, following in pairwise(words)
    ]
    return (*ended, *words[-1:])
