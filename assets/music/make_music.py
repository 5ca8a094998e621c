"""Compose the two music beds that ship with NeuroShorts, from nothing but numpy.

Provenance of `ambient.ogg` and `upbeat.ogg` (CC0-1.0, -18 LUFS): run this file to write them again. Every sound
goes into a ring as long as the loop (a tail that passes the end comes back at the start, and the reverb is a
circular convolution), so that a bed repeats without a seam.
"""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]  # mono (n,) or stereo (n, 2)

RATE_HZ = 48_000
PEAK_CEILING = 0.70  # about -3 dBFS: room for the encoder's overshoot

# MIDI notes: the bass, then the chord above it.
AMBIENT = (
    (38, 57, 61, 64, 66), (35, 57, 62, 66, 73), (43, 59, 62, 66, 69), (33, 55, 59, 62, 64),
    (42, 57, 61, 64, 69), (35, 57, 62, 66, 73), (40, 55, 59, 62, 66), (33, 57, 61, 64, 66),
)  # fmt: skip
VERSE = ((41, 57, 60, 64, 67), (40, 55, 59, 62, 64), (38, 57, 60, 64, 65), (36, 55, 59, 62, 64))
LIFT = ((41, 57, 60, 64, 67), (43, 57, 59, 62, 64), (40, 55, 59, 62, 64), (45, 55, 60, 64, 71))
TUNE = (  # beat, note
    (0.0, 76), (0.75, 79), (1.5, 81), (2.5, 79), (4.0, 74), (4.75, 76), (5.5, 71),
    (8.0, 76), (8.75, 74), (9.5, 71), (10.5, 69), (12.0, 67), (13.0, 72), (14.5, 74),
)  # fmt: skip


class Ring:
    """A stereo loop of whole bars that notes are added to."""

    def __init__(self, bpm: int, bars: int) -> None:
        self.beat = RATE_HZ * 60 // bpm
        self.audio: Samples = np.zeros((self.beat * 4 * bars, 2))

    def add(self, sound: Samples, beat: float, gain: float, pan: float = 0.0) -> None:
        """Add a mono sound at a beat, panned -1 (left) to 1 (right), its tail wrapped round."""
        angle = (pan + 1) * np.pi / 4
        where = (round(beat * self.beat) + np.arange(len(sound))) % len(self.audio)
        self.audio[where] += gain * np.outer(sound, (np.cos(angle), np.sin(angle)))

    def echo(self, beats: float, feedback: float) -> Samples:
        """The echoes alone, bouncing from side to side."""
        wet = np.zeros_like(self.audio)
        for bounce in range(1, 6):
            late = np.roll(self.audio, round(bounce * beats * self.beat), axis=0)
            wet += feedback**bounce * (late[:, ::-1] if bounce % 2 else late)
        return wet


def clock(duration: float, midi: float = 69.0) -> tuple[Samples, Samples]:
    """Time in seconds, and the phase of a note in radians, over a duration."""
    t = np.arange(round(duration * RATE_HZ)) / RATE_HZ
    return t, 2 * np.pi * 440.0 * 2 ** ((midi - 69) / 12) * t


def swell(t: Samples, attack: float, release: float) -> Samples:
    """A raised-cosine fade in and out, in seconds: no corner anywhere, so no click."""
    rise, fall = np.clip(t / attack, 0, 1), np.clip((t[-1] - t) / release, 0, 1)
    return np.asarray((1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall)) / 4)


def pad(midi: float, duration: float, detune_cents: float) -> Samples:
    """A warm additive tone: each higher partial is weaker and opens later than the one below."""
    t, base = clock(duration, midi + detune_cents / 100)
    tone, opening = np.zeros_like(t), swell(t, duration * 0.42, duration * 0.5)
    for partial in range(1, 9):
        level = np.exp(-0.26 * (partial - 1)) / partial * opening ** (0.5 + 0.2 * partial)
        tone += level * np.sin(partial * (base + detune_cents))
    return tone


def pluck(midi: float, duration: float, ring: float) -> Samples:
    """A kalimba-like note: a sine, and two partials that die sooner."""
    t, base = clock(duration, midi)
    tone = np.exp(-t / ring) * np.sin(base) + 0.35 * np.exp(-4 * t / ring) * np.sin(2 * base)
    tone += 0.10 * np.exp(-14 * t / ring) * np.sin(5.4 * base)
    return np.asarray(tone * swell(t, 0.004, 0.08))


def keys(midi: float, duration: float, touch: float) -> Samples:
    """An electric piano by frequency modulation: the harder the touch, the brighter the start."""
    t, base = clock(duration, midi)
    body = np.sin(base + touch * 1.8 * np.exp(-t / 0.35) * np.sin(base))
    tine = 0.2 * touch * np.exp(-t / 0.05) * np.sin(7 * base)
    return np.asarray((body + tine) * np.exp(-t / 1.1) * swell(t, 0.006, 0.12))


def bass(midi: float, duration: float, attack: float) -> Samples:
    """A round sine, driven a little so that small speakers show its octave."""
    t, base = clock(duration, midi)
    tone = np.tanh(1.4 * np.sin(base) + 0.25 * np.sin(2 * base))
    return np.asarray(tone * swell(t, attack, min(0.6, duration / 2)))


def band_noise(rng: np.random.Generator, size: int, low_hz: float, high_hz: float) -> Samples:
    """Noise of unit level between two frequencies, with gentle edges."""
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 1.0)
    shape = 1 / np.sqrt((1 + (low_hz / hz) ** 6) * (1 + (hz / high_hz) ** 6))
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * shape, size)
    return np.asarray(noise / noise.std())


def drum_kit(rng: np.random.Generator) -> tuple[Samples, Samples, Samples, Samples]:
    """Kick, snare, closed hat and open hat."""
    t, _ = clock(0.42)
    sweep = 2 * np.pi * (48 * t + 3.0 * (1 - np.exp(-t / 0.035)))
    kick = np.sin(sweep) * np.exp(-t / 0.12) * swell(t, 0.003, 0.1)
    rattle = 0.30 * band_noise(rng, len(t), 1_200, 8_000) * np.exp(-t / 0.075)
    snare = (rattle + 0.45 * np.sin(2 * np.pi * 188 * t) * np.exp(-t / 0.05)) * swell(t, 0.002, 0.1)
    hiss = 0.3 * band_noise(rng, len(t), 6_500, 13_000) * swell(t, 0.001, 0.1)
    return kick, snare, hiss * np.exp(-t / 0.022), hiss * np.exp(-t / 0.10)


def reverb(dry: Samples, rng: np.random.Generator, decay: float) -> Samples:
    """Circular convolution with decaying noise whose treble dies sooner than its bass."""
    t, _ = clock(decay * 1.6)
    room = np.zeros((len(dry), 2))
    for low_hz, high_hz, life in ((120, 700, 1.0), (700, 2_500, 0.7), (2_500, 7_000, 0.35)):
        for side in range(2):
            room[: len(t), side] += band_noise(rng, len(t), low_hz, high_hz) * np.exp(-6.9 * t / (decay * life))
    room[: len(t)] *= swell(t, 0.02, 0.2)[:, None]
    room /= np.sqrt((room**2).sum(axis=0))
    return np.asarray(np.fft.irfft(np.fft.rfft(dry, axis=0) * np.fft.rfft(room, axis=0), len(dry), axis=0))


def master(audio: Samples, rms_db: float) -> Samples:
    """Remove rumble and hiss, set the level, and round off the peaks."""
    hz = np.maximum(np.fft.rfftfreq(len(audio), 1 / RATE_HZ), 0.1)
    shape = 1 / np.sqrt((1 + (32 / hz) ** 6) * (1 + (hz / 15_000) ** 8))
    clean = np.fft.irfft(np.fft.rfft(audio, axis=0) * shape[:, None], len(audio), axis=0)
    clean *= 10 ** (rms_db / 20) / np.sqrt((clean**2).mean())
    return np.asarray(PEAK_CEILING * np.tanh(clean / PEAK_CEILING))


def ambient() -> Samples:
    """Sixteen slow bars in D major: pads, a low root, and plucks with long echoes."""
    rng = np.random.default_rng(72)
    pads, plucks = Ring(bpm=72, bars=16), Ring(bpm=72, bars=16)
    for beat, (root, *chord) in zip(range(0, 64, 8), AMBIENT, strict=True):
        pads.add(bass(root, 6.9, attack=0.9), beat, 0.15)
        for place, note in enumerate(chord):
            for detune, pan in ((-4.0, -0.8), (0.5, 0.0), (4.0, 0.8)):
                pads.add(pad(note, 9.6, detune + 0.7 * place), beat - 1.6, 0.085, pan)
            pads.add(pad(note + 12, 9.6, 1.5 * place - 2), beat - 1.6, 0.035, 0.6 * (-1) ** place)
        for step in (0.0, 1.5, 2.5, 4.0, 5.0, 6.5):
            if rng.random() < 0.85:
                note = int(rng.choice(chord)) + 12 * int(rng.integers(1, 3))
                plucks.add(pluck(note, 2.6, 0.55), beat + step, rng.uniform(0.22, 0.38), rng.uniform(-0.6, 0.6))
    dry = pads.audio + plucks.audio + 0.7 * plucks.echo(1.5, 0.55)
    return master(dry + 0.6 * reverb(dry, rng, 3.4), rms_db=-20.2)


def upbeat() -> Samples:
    """Twenty-four bars of swung electronic groove in C major: keys, bass, drums and a small tune."""
    rng = np.random.default_rng(100)
    drums, low, chords, tune = (Ring(bpm=100, bars=24) for _ in range(4))
    kick, snare, closed_hat, open_hat = drum_kit(rng)
    for bar in range(24):
        beat = bar * 4.0
        root, *chord = (LIFT if 8 <= bar < 16 else VERSE)[bar % 4]
        for at, touch, length in ((0.0, 1.0, 1.0), (1.56, 0.7, 0.5), (2.56, 0.85, 0.8)):
            low.add(bass(root, length, attack=0.012), beat + at, 0.21 * touch)
            for place, note in enumerate(chord):
                chords.add(keys(note, 2.0, touch), beat + at + 0.012 * place, 0.085 * touch, 0.3 * (place - 1.5))
        for at in (0.0, 2.56) if bar % 8 != 7 else (0.0,):
            drums.add(kick, beat + at, 0.72)
        for at, gain in ((1.0, 0.50), (3.0, 0.54), *([(3.56, 0.2)] if bar % 4 == 3 else [])):
            drums.add(snare, beat + at, gain, 0.05)
        for eighth in range(8):
            off = eighth % 2
            hat = open_hat if eighth == 7 and bar % 2 else closed_hat
            drums.add(hat, beat + eighth / 2 + 0.06 * off, rng.uniform(0.34, 0.46) * (1 - 0.3 * off), 0.25)
    for start in (32, 48, 80):
        for at, note in TUNE:
            tune.add(pluck(note, 1.4, 0.30), start + at + 0.06 * (at % 1 == 0.5), 0.27, 0.2 * np.sin(at))
    since_kick = np.arange(len(chords.audio)) % (2 * chords.beat) / RATE_HZ
    pump = (1 - 0.35 * np.exp(-since_kick / 0.12))[:, None]  # the chords breathe with the beat
    music = pump * chords.audio + tune.audio + 0.6 * tune.echo(0.75, 0.45)
    room = reverb(music + 0.15 * drums.audio, rng, 1.4)
    return master(drums.audio + low.audio + music + 0.28 * room, rms_db=-19.6)


def write_opus(audio: Samples, path: Path, bit_rate_bps: int) -> None:
    """Encode a float loop, shape (n, 2), as Ogg Opus."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="stereo")
        stream.bit_rate = bit_rate_bps
        frame = av.AudioFrame.from_ndarray(audio.astype(np.float32).reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = RATE_HZ
        container.mux([*stream.encode(frame), *stream.encode(None)])


if __name__ == "__main__":
    write_opus(ambient(), Path(__file__).with_name("ambient.ogg"), 96_000)
    write_opus(upbeat(), Path(__file__).with_name("upbeat.ogg"), 112_000)
