"""What a voice service sent: decoded, brought to pitch and pace, trimmed to its sound, without clicks at its edges."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines import ffmpeg
from engines.audio.narration import HEAD_MS, TAIL_MS, Utterance
from engines.audio.pcm import Samples, decode_to_wav, faded, gain_of, load_wav, samples_of, save_wav
from engines.errors import SourceUnreadable, SpeechFailed
from engines.timebase import ms_to_sample
from models.timeline import WordTiming

LONGEST_MS = 900_000
_HEARD_DB = -48.0  # below the loudest: what counts as silence
_FADE_MS = 8


def receive(sent: Path, words: Sequence[WordTiming], *, name: str, tempo: float = 1.0, semitones: int = 0) -> Utterance:
    """Turn an audio file of any format into an utterance next to it, its word times moved along.

    `tempo` is how much faster it shall be, `semitones` how much higher. `name` is what errors call the voice. Raises
    SpeechFailed for what is no sound, or silence.
    """
    wav = sent.with_name("utterance.wav")
    try:
        filters = _filters(tempo, semitones)
        decode_to_wav(sent, wav, channels=1, name=name, limit_ms=LONGEST_MS, filters=filters)
    except SourceUnreadable as error:
        raise SpeechFailed(voice=name, reason=f"it sent no sound: {error.reason}") from error
    samples, lead_ms = trim(samples_of(load_wav(wav)), name=name)
    save_wav(samples, wav)
    moved = [(timing, timing.start_ms / tempo + lead_ms, timing.end_ms / tempo + lead_ms) for timing in words]
    return Utterance(
        wav,
        tuple(
            WordTiming(text=timing.text, start_ms=max(round(start_ms), 0), end_ms=max(round(end_ms), 0))
            for timing, start_ms, end_ms in moved
        ),
    )


def trim(samples: Samples, *, name: str) -> tuple[Samples, float]:
    """Give speech a short head and tail; also return how many milliseconds later it is heard. Raises SpeechFailed."""
    level = np.abs(samples)
    loudest = float(level.max(initial=0.0))
    if loudest < gain_of(-60):
        raise SpeechFailed(voice=name, reason="it sent nothing but silence")
    heard = np.flatnonzero(level > loudest * gain_of(_HEARD_DB))
    first, last = int(heard[0]), int(heard[-1]) + 1
    head, tail = ms_to_sample(HEAD_MS), ms_to_sample(TAIL_MS)
    before, after = max(head - first, 0), max(last + tail - len(samples), 0)
    cut = np.pad(samples, (before, after))[first + before - head : last + before + tail]
    return faded(cut, length=ms_to_sample(_FADE_MS)), (head - first) * 1000 / ms_to_sample(1000)


def _filters(tempo: float, semitones: int) -> str:
    """Return the ffmpeg filters for pace and pitch; without librubberband, formants move with the pitch."""
    if tempo == 1.0 and not semitones:
        return ""
    ratio = 2 ** (semitones / 12)
    if "rubberband" in ffmpeg.capabilities("filters"):
        return f"rubberband=tempo={tempo:.6f}:pitch={ratio:.6f}:formant=preserved"
    half = (tempo / ratio) ** 0.5  # twice, since atempo goes down to a half only
    return f"aresample=48000,asetrate={round(48_000 * ratio)},aresample=48000,atempo={half:.6f},atempo={half:.6f}"
