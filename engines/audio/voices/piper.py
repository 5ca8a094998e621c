"""Piper's voices: an ONNX model on this machine, given phonemes by espeak-ng."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engines.audio.narration import Utterance
from engines.audio.pcm import Samples, save_wav
from engines.audio.received import receive
from engines.audio.resample import resample
from engines.audio.voices.onnx_model import load_model, run_model
from engines.audio.voices.phonemes import BOS, EOS, PAD, Clause, clauses_of, ids_of, sentences_of
from engines.audio.words import is_spoken, spoken_text
from engines.errors import SpeechFailed, VoiceUnavailable
from engines.timebase import SAMPLE_RATE_HZ
from models.base import Model
from models.timeline import WordTiming
from models.voice import Voice

PROVIDER = "piper"
SENTENCE_GAP_MS = 200  # which Piper, too, puts between sentences
LONGEST_SENTENCE_S = 120
_HOP_SAMPLES = 256


class _Audio(Model, extra="ignore"):
    sample_rate: int = Field(ge=8_000, le=96_000)


class _Espeak(Model, extra="ignore"):
    voice: str = ""


class _Inference(Model, extra="ignore"):
    noise_scale: float = 0.667
    length_scale: float = Field(default=1.0, gt=0, le=10)
    noise_w: float = 0.8


class PiperConfig(Model, extra="ignore"):
    """The `.onnx.json` next to a model, as far as it matters here."""

    audio: _Audio
    espeak: _Espeak = _Espeak()
    inference: _Inference = _Inference()
    phoneme_type: str = "espeak"
    phoneme_id_map: Mapping[str, tuple[int, ...]]
    num_speakers: int = 1
    speaker_id_map: Mapping[str, int] = {}
    hop_length: int = Field(default=_HOP_SAMPLES, gt=0)

    @property
    def espeak_voice(self) -> str | None:
        """The voice of espeak-ng that makes the phonemes; None where the letters are the phonemes."""
        return None if self.phoneme_type == "text" else self.espeak.voice or "en-us"


class _Spoken(NamedTuple):
    samples: Samples  # at the model's rate
    words: tuple[WordTiming, ...]
    exact: bool


@dataclass(frozen=True)
class PiperSpeaker:
    """A model's file, with its `.json` next to it; `speaker` is the name or number of one of its speakers."""

    model: Path
    config: Path
    name: str  # what errors call it
    speaker: str = ""
    noise_scale: float | None = None
    noise_w: float | None = None

    def synthesize(self, text: str, settings: Voice, *, language: str, folder: Path) -> Utterance:
        """Say `text`. Words are timed exactly where the model tells how long each phoneme is.

        Raises VoiceUnavailable, SpeechFailed.
        """
        config = self._config()
        sentences = list(sentences_of(clauses_of(spoken_text(text), config.espeak_voice)))
        gap = np.zeros(config.audio.sample_rate * SENTENCE_GAP_MS // 1000, dtype=np.float32)
        pieces: list[Samples] = []
        words: list[WordTiming] = []
        exact = True
        for sentence in sentences:
            spoken = self._say(sentence, config, settings, start=sum(map(len, pieces)))
            pieces += [spoken.samples, gap]
            words += spoken.words
            exact = exact and spoken.exact
        if not pieces:
            raise SpeechFailed(voice=self.name, reason="espeak-ng found nothing to say")
        raw = np.concatenate(pieces)
        sent = folder / "model.wav"
        save_wav(_at_master_rate(raw, config.audio.sample_rate), sent)
        utterance = receive(sent, words, name=self.name, semitones=settings.pitch)
        return utterance._replace(is_exact=exact)

    def _say(self, sentence: Sequence[Clause], config: PiperConfig, settings: Voice, *, start: int) -> _Spoken:
        ids, owners = ids_of(sentence, config.phoneme_id_map)
        samples, durations = self._infer(ids, config, settings.rate)
        if len(samples) > LONGEST_SENTENCE_S * config.audio.sample_rate:
            raise VoiceUnavailable(voice=self.name, reason=f"a sentence became longer than {LONGEST_SENTENCE_S} s")
        if durations is None:
            text = "".join(clause.text for clause in sentence)
            return _Spoken(samples, (_timing(text, start, start + len(samples), config),), exact=False)
        edges = start + np.concatenate(([0], np.cumsum(durations))) * config.hop_length
        words, exact = _timed_words(sentence, owners, edges, config)
        return _Spoken(samples, words, exact)

    def _infer(
        self, ids: Sequence[int], config: PiperConfig, rate: float
    ) -> tuple[Samples, NDArray[np.float64] | None]:
        """Run the model; return its samples and how many hops each phoneme lasts, if it tells."""
        session = load_model(self.model, self.model.stat().st_mtime_ns, name=self.name)
        inference = config.inference
        scales = (
            inference.noise_scale if self.noise_scale is None else self.noise_scale,
            inference.length_scale / rate,
            inference.noise_w if self.noise_w is None else self.noise_w,
        )
        inputs: dict[str, Any] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array(scales, dtype=np.float32),
        }
        if any(each.name == "sid" for each in session.get_inputs()):
            inputs["sid"] = np.array([self._speaker_number(config)], dtype=np.int64)
        outputs = run_model(session, inputs, name=self.name)
        samples = np.asarray(outputs[0], dtype=np.float32).reshape(-1)
        if not len(samples) or not np.isfinite(samples).all():
            raise SpeechFailed(voice=self.name, reason="the model made no sound")
        durations = np.asarray(outputs[1], dtype=np.float64).reshape(-1) if len(outputs) > 1 else None
        return samples, durations if durations is not None and len(durations) == len(ids) else None

    def _speaker_number(self, config: PiperConfig) -> int:
        if not self.speaker:
            return 0
        number = config.speaker_id_map.get(self.speaker, int(self.speaker) if self.speaker.isdecimal() else -1)
        if not 0 <= number < config.num_speakers:
            known = ", ".join(list(config.speaker_id_map)[:8]) or f"0 to {config.num_speakers - 1}"
            raise VoiceUnavailable(voice=self.name, reason=f"it has no speaker {self.speaker!r}; it has {known}")
        return number

    def _config(self) -> PiperConfig:
        try:
            config = PiperConfig.model_validate(json.loads(self.config.read_text(encoding="utf-8")))
        except (ValidationError, ValueError) as error:
            raise VoiceUnavailable(voice=self.name, reason="its .onnx.json is not a Piper voice's") from error
        if config.phoneme_type not in ("espeak", "text"):
            reason = f"its phonemes are of kind {config.phoneme_type!r}; only espeak's and plain text are known"
            raise VoiceUnavailable(voice=self.name, reason=reason)
        missing = [sign for sign in (BOS, EOS, PAD) if sign not in config.phoneme_id_map]
        if missing:
            raise VoiceUnavailable(voice=self.name, reason=f"its phoneme_id_map lacks {' '.join(missing)}")
        return config


def _timed_words(
    sentence: Sequence[Clause], owners: Sequence[tuple[int, int]], edges: NDArray[np.float64], config: PiperConfig
) -> tuple[tuple[WordTiming, ...], bool]:
    """Return a clause's words if espeak-ng hears as many as are written, else the clause as one."""
    timings: list[WordTiming] = []
    exact = True
    for number, clause in enumerate(sentence):
        written = [word for word in clause.text.split() if is_spoken(word)]
        said = sorted({word for owner, word in owners if owner == number})
        spans = [[index for index, owner in enumerate(owners) if owner == (number, word)] for word in said]
        spans = spans[: len(clause.phonemes.split())]
        if len(spans) == len(written):
            pairs = zip(written, spans, strict=True)
        else:
            exact = False
            pairs = zip([clause.text], [[index for span in spans for index in span]], strict=True)
        timings += [_timing(text, edges[span[0]], edges[span[-1] + 1], config) for text, span in pairs if span]
    return tuple(timings), exact


def _timing(text: str, start: float, end: float, config: PiperConfig) -> WordTiming:
    rate_hz = config.audio.sample_rate
    return WordTiming(text=text.strip(), start_ms=int(start * 1000 // rate_hz), end_ms=int(end * 1000 // rate_hz))


def _at_master_rate(raw: Samples, rate_hz: int) -> Samples:
    samples = resample(raw, rate_hz=rate_hz, target_hz=SAMPLE_RATE_HZ)
    return samples / np.float32(max(float(np.max(np.abs(samples))) / 0.7, 1e-9))
