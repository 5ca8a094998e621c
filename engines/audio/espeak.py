"""Speech from espeak-ng: offline, in more than a hundred languages, with the exact time of every word."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from engines.audio import espeak_library
from engines.audio.espeak_library import RATE_HZ, LibraryUtterance, LibraryVoice, Prosody
from engines.audio.narration import HEAD_MS, SILENT_TEXT_MS, TAIL_MS, Utterance
from engines.audio.pcm import Samples, gain_of, save_wav, short_levels
from engines.audio.resample import Curve, resample
from engines.audio.timing import WINDOW, Stretch, lay_words
from engines.audio.words import WrittenWord, attach_silent, is_spoken, split_words, spoken_text, word_at
from engines.errors import SpeechFailed, VoiceUnavailable
from engines.timebase import SAMPLE_RATE_HZ, ms_to_sample, samples_to_ms
from models.audio import Speech, VoiceInfo
from models.voice import Voice

PROVIDER = "espeak"
WORDS_PER_MINUTE = 170
DEFAULT_VARIANT = "Reed"  # of the variants that never clip, the one with the roundest tone and a lively melody
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
_ALIASES = {"iw": "he", "in": "id", "zh-hk": "yue", "zh-mo": "yue", "sh": "hr"}
_GENDERS = {1: "male", 2: "female"}


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
    utterance = espeak_library.speak(spoken_text(text), voice=_identifier(name), prosody=_prosody(voice))
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


def choose_voice(name: str, *, language: str) -> str:
    """Return espeak-ng's name of the voice `name`, or of the best one for `language` (BCP 47) if it is empty.

    A name is a voice ("en-gb"), a voice and a variant ("en-gb+f2"), or a variant alone ("+f2").
    Raises VoiceUnavailable, naming near matches.
    """
    base, _, variant = name.partition("+")
    voices = {voice.name.lower(): voice for voice in voices_by_name()}
    if base.strip() and base.strip().lower() not in voices:
        raise VoiceUnavailable(voice=name, reason=_no_match("no such voice", base.strip(), list(voices)))
    chosen = base.strip().lower() or _voice_for(language)
    variants = {_variant_name(each).lower(): _variant_name(each) for each in espeak_library.list_variants()}
    if not variant:
        return chosen if base.strip() else f"{chosen}+{DEFAULT_VARIANT}"
    if variant.strip().lower() not in variants:
        reason = _no_match("no such variant", variant.strip(), list(variants.values()))
        raise VoiceUnavailable(voice=name, reason=reason)
    return f"{chosen}+{variants[variant.strip().lower()]}"


def voices(language: str | None = None) -> tuple[VoiceInfo, ...]:
    """Return every voice; with a `language` (BCP 47), its voices and all their variants.

    Raises VoiceUnavailable for a language that nobody speaks.
    """
    if language is None:
        return voices_by_name()
    base = _voice_for(language)
    mine = [voice for voice in voices_by_name() if voice.name == base]
    variants = [
        VoiceInfo(
            provider=PROVIDER,
            name=f"{base}+{_variant_name(variant)}",
            language=base,
            gender=_GENDERS.get(variant.gender, "unknown"),
            description=f"{mine[0].description}, {variant.name}",
        )
        for variant in espeak_library.list_variants()
    ]
    return (*mine, *variants)


@cache
def voices_by_name() -> tuple[VoiceInfo, ...]:
    """Return one voice for each language and dialect."""
    found: dict[str, VoiceInfo] = {}
    for voice in espeak_library.list_voices():
        tag = voice.languages[0][1]
        gender = _GENDERS.get(voice.gender, "unknown")
        info = VoiceInfo.model_validate(
            {"provider": PROVIDER, "name": tag, "language": tag, "gender": gender, "description": voice.name.strip()}
        )
        found.setdefault(tag, info)
    return tuple(found.values())


def _voice_for(language: str) -> str:
    """Return the voice that speaks `language`: the tag itself, then ever shorter tags, then any dialect of it."""
    wanted = language.lower().replace("_", "-")
    parts = wanted.split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    spoken = [(tag.lower(), rank, voice) for voice in espeak_library.list_voices() for rank, tag in voice.languages]
    for tag in tags:
        alias = _ALIASES.get(tag, tag)
        exact = [(rank, voice) for known, rank, voice in spoken if known == alias]
        if exact:
            return min(exact, key=lambda pair: pair[0])[1].languages[0][1].lower()
    dialects = [voice for known, _, voice in spoken if known.startswith(f"{parts[0]}-")]
    if dialects:
        return dialects[0].languages[0][1].lower()
    known_tags = sorted({known for known, _, _ in spoken})
    raise VoiceUnavailable(voice=language, reason=_no_match("no voice speaks this language", wanted, known_tags))


def _no_match(reason: str, wanted: str, names: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in names}
    near = [by_lower[each] for each in difflib.get_close_matches(wanted.lower(), by_lower, n=4, cutoff=0.5)]
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"{reason}{hint} (`neuroshorts voices` lists them all)"


def _variant_name(variant: LibraryVoice) -> str:
    return variant.identifier.rpartition("/")[2]


def _identifier(name: str) -> str:
    """Return what espeak-ng loads a chosen voice by: its tags are not unique, its identifiers are."""
    base, plus, variant = name.partition("+")
    found = next(voice for voice in espeak_library.list_voices() if voice.languages[0][1].lower() == base)
    return f"{found.identifier}{plus}{variant}"


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
    for edge in (trimmed, trimmed[::-1]):
        slope = np.linspace(0, 1, head // 2, dtype=np.float32)
        edge[: len(slope)] *= slope
    return trimmed, head - first + _PAD * SAMPLE_RATE_HZ // RATE_HZ


def _stretches(
    words: Sequence[WrittenWord], utterance: LibraryUtterance, *, lead: int, samples: int
) -> tuple[Stretch, ...]:
    """Return the stretch from each word that the voice reported to the next one, in samples of the finished audio."""
    onsets = _onsets(words, utterance)
    firsts = [*onsets, len(words)]
    starts = [min(max(onset * SAMPLE_RATE_HZ // RATE_HZ + lead, 0), samples) for onset in onsets.values()] + [samples]
    starts[0] = max(starts[0], ms_to_sample(HEAD_MS)) if len(starts) > 2 else starts[0]
    return tuple(
        Stretch(firsts[number], firsts[number + 1], starts[number], max(starts[number + 1], starts[number]))
        for number in range(len(onsets))
    )


def _onsets(words: Sequence[WrittenWord], utterance: LibraryUtterance) -> dict[int, int]:
    """Return the first sample of every word that the voice reported, by the word's index, in order.

    A name that is spelt out and has an 's ("NASA's rocket") is reported in two parts, the second of which comes when
    the next word starts, which is then not reported itself.
    """
    onsets = {0: 0}
    after_genitive: dict[int, int] = {}
    for position, sample in utterance.onsets:
        index = word_at(words, position)
        if max(onsets) < index < len(words):
            onsets[index] = sample
        elif index == max(onsets) and words[index].text[: position - words[index].start].endswith(("'", "\u2019")):
            after_genitive[index + 1] = sample
    missing = {index: sample for index, sample in after_genitive.items() if index not in onsets and index < len(words)}
    return dict(sorted((onsets | missing).items()))


def _silence(words: Sequence[WrittenWord], name: str, output: Path) -> Speech:
    if not words:
        raise SpeechFailed(voice=name, reason="there is no text to say")
    samples = np.zeros(ms_to_sample(SILENT_TEXT_MS), dtype=np.float32)
    save_wav(samples, output)
    whole = (Stretch(0, len(words), 0, len(samples)),)
    timings = lay_words(words, whole, np.ones(len(samples) // WINDOW, dtype=np.bool_), samples=len(samples))
    return Speech(duration_ms=SILENT_TEXT_MS, words=timings)
