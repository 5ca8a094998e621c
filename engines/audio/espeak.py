"""Speech from espeak-ng: offline, in more than a hundred languages, with the exact time of every word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.audio import espeak_library
from engines.audio.espeak_library import RATE_HZ, LibraryUtterance, Prosody
from engines.audio.espeak_voices import choose_voice, identifier_of
from engines.audio.narration import HEAD_MS, SILENT_TEXT_MS, TAIL_MS, Utterance
from engines.audio.pcm import Samples, faded, gain_of, save_wav, short_levels
from engines.audio.reference import onsets_of
from engines.audio.resample import Curve, resample
from engines.audio.timing import WINDOW, Stretch, lay_words
from engines.audio.words import WrittenWord, attach_silent, is_spoken, split_words, spoken_text
from engines.errors import SpeechFailed
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample, samples_to_ms
from models.audio import Speech
from models.voice import Voice

WORDS_PER_MINUTE = 170
_MIDDLE_PITCH, _PITCH_PER_SEMITONE = 50, 6.2
_PITCH_RANGE = 60
_VOLUME = 70  # some variants clip at 100
_PEAK_DB = -3.0
_HEARD_DB = -48.0  # below the loudest: what counts as silence
_TONE: Curve = (
    (10, -60),
    (40, -24),
    (75, -3),
    (120, 1.5),
    (250, 1.5),
    (600, 0),
    (1800, 0),
    (3200, 3),
    (5500, 2.5),
    (9500, -3),
)
_PAD = 1470  # samples of silence around an utterance: room for what filters put before a sound
_FADE_IN_MS, _FADE_OUT_MS = 2, 5


@dataclass(frozen=True)
class EspeakSpeaker:
    """espeak-ng; `voice` speaks where none is named."""

    voice: str = ""

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Raises VoiceUnavailable, SpeechFailed."""
        wav = folder / "utterance.wav"
        voice = settings.model_copy(update={"name": settings.name or self.voice})
        return Utterance(wav, synthesize(text, voice=voice, language=language, output=wav).words)


def synthesize(text: str, *, voice: Voice, language: str, output: Path) -> Speech:
    """Say `text` into `output` (WAV, 48 kHz, mono, 16-bit) and return when each written word is heard.

    The same call writes the same bytes, from any thread. Text without anything to say becomes a short silence.
    Raises VoiceUnavailable, SpeechFailed.
    """
    name = choose_voice(voice.name, language=language)
    utterance = espeak_library.speak(spoken_text(text), voice=identifier_of(name), prosody=_prosody(voice))
    words = attach_silent(split_words(text), text)
    if not is_spoken(text) or not utterance.samples.any():
        return _silence(words, name, output)
    samples, lead = _trim(_to_master_rate(utterance))
    save_wav(samples, output)
    loudest = float(np.max(np.abs(samples)))
    activity = short_levels(samples, WINDOW) > loudest * gain_of(_HEARD_DB)
    stretches = _stretches(words, utterance, lead=lead, samples=len(samples))
    timings = lay_words(words, stretches, activity, samples=len(samples))
    return Speech(duration_ms=samples_to_ms(len(samples)), words=timings)


def _prosody(voice: Voice) -> Prosody:
    pitch = _MIDDLE_PITCH + round(_PITCH_PER_SEMITONE * voice.pitch)  # measured; 0..99 reaches about 8 either way
    return Prosody(round(WORDS_PER_MINUTE * voice.rate), min(max(pitch, 0), 99), _PITCH_RANGE, _VOLUME)


def _to_master_rate(utterance: LibraryUtterance) -> Samples:
    """Return the utterance at 48 kHz between silence: some variants begin and end abruptly, with a click."""
    raw = utterance.samples.astype(np.float32)
    for edge, fade_ms in ((raw, _FADE_IN_MS), (raw[::-1], _FADE_OUT_MS)):
        slope = np.linspace(0, 1, min(RATE_HZ * fade_ms // 1000, len(raw)), dtype=np.float32)
        edge[: len(slope)] *= slope
    padded = np.pad(raw, _PAD)
    samples = resample(padded, rate_hz=RATE_HZ, target_hz=SAMPLE_RATE_HZ, tone=_TONE)
    return samples * np.float32(gain_of(_PEAK_DB) / max(float(np.max(np.abs(samples))), 1e-9))


def _trim(samples: Samples) -> tuple[Samples, int]:
    """Give speech a short head and tail of silence; also return how much later, in samples, it is than without any."""
    heard = np.flatnonzero(np.abs(samples) > gain_of(_PEAK_DB + _HEARD_DB))
    head, tail = ms_to_sample(HEAD_MS), ms_to_sample(TAIL_MS)
    first, last = int(heard[0]), int(heard[-1]) + 1
    before, after = max(head - first, 0), max(last + tail - len(samples), 0)
    trimmed = np.pad(samples, (before, after))[first + before - head : last + before + tail]
    return faded(trimmed, length=head // 2), head - first + _PAD * SAMPLE_RATE_HZ // RATE_HZ


def _stretches(
    words: Sequence[WrittenWord], utterance: LibraryUtterance, *, lead: int, samples: int
) -> tuple[Stretch, ...]:
    """Return the stretch from each word that the voice reported to the next one, in samples of the finished audio."""
    onsets = onsets_of(words, utterance.onsets)
    firsts = [*onsets, len(words)]
    starts = [min(max(onset * SAMPLE_RATE_HZ // RATE_HZ + lead, 0), samples) for onset in onsets.values()] + [samples]
    starts[0] = max(starts[0], ms_to_sample(HEAD_MS)) if len(starts) > 2 else starts[0]
    return tuple(
        Stretch(firsts[number], firsts[number + 1], starts[number], max(starts[number + 1], starts[number]))
        for number in range(len(onsets))
    )


def _silence(words: Sequence[WrittenWord], name: str, output: Path) -> Speech:
    if not words:
        raise SpeechFailed(voice=name, reason="there is no text to say")
    samples = np.zeros(ms_to_sample(SILENT_TEXT_MS), dtype=np.float32)
    save_wav(samples, output)
    whole = (Stretch(0, len(words), 0, len(samples)),)
    timings = lay_words(words, whole, np.ones(len(samples) // WINDOW, dtype=np.bool_), samples=len(samples))
    return Speech(duration_ms=SILENT_TEXT_MS, words=timings)
