"""Compose three more beds with the instruments of make_music.py: for moods that its two do not have.

Provenance of `tense.ogg`, `happy.ogg` and `epic.ogg` (CC0-1.0): run this file to write them again.
"""

from pathlib import Path

import numpy as np
from make_music import (
    Ring,
    Samples,
    band_noise,
    bass,
    clock,
    drum_kit,
    keys,
    master,
    pad,
    pluck,
    reverb,
    swell,
    write_opus,
)

BIT_RATE_BPS = 88_000

# MIDI notes: the bass, then the chord above it.
TENSE = ((38, 57, 62, 65), (38, 58, 62, 67), (34, 58, 62, 65), (33, 55, 61, 64))
HAPPY = ((43, 59, 62, 67), (38, 57, 62, 66), (40, 59, 64, 67), (36, 60, 64, 67))
EPIC = ((45, 57, 60, 64), (41, 57, 60, 65), (48, 55, 60, 64), (43, 55, 59, 62))
HAPPY_TUNE = (
    (0.0, 79), (0.5, 83), (1.0, 86), (2.0, 83), (2.5, 81), (3.0, 79), (4.0, 78), (4.5, 81), (5.5, 86), (6.5, 81),
    (8.0, 79), (8.5, 83), (9.0, 88), (10.0, 86), (11.0, 83), (12.0, 84), (12.5, 83), (13.0, 79), (14.5, 81),
)  # fmt: skip


def tense() -> Samples:
    """Sixteen bars of D minor that wait for something: a drone, a ticking low ostinato, a heartbeat."""
    rng = np.random.default_rng(84)
    low, ticking, air = (Ring(bpm=84, bars=16) for _ in range(3))
    kick, _, closed_hat, _ = drum_kit(rng)
    for bar in range(16):
        beat = bar * 4.0
        root, *chord = TENSE[bar // 2 % 4]
        if bar % 2 == 0:
            low.add(bass(root, 6.2, attack=0.5), beat, 0.17)
            for place, note in enumerate(chord):
                for detune, side in ((-6.0, -0.8), (5.0, 0.8)):
                    air.add(pad(note, 7.4, detune + place), beat - 0.6, 0.075, side)
        for eighth, step in enumerate((0, 12, 7, 12, 8, 12, 7, 3)):
            touch = 0.30 if eighth == 0 else 0.17
            ticking.add(pluck(50 + step, 0.5, 0.09), beat + eighth / 2, touch, 0.35 * (-1) ** eighth)
        if bar >= 4:
            ticking.add(closed_hat, beat + 2.5, 0.12, 0.4)
        for at, level in ((0.0, 0.42), (0.42, 0.26)):
            low.add(kick, beat + at, level)
    dry = air.audio + ticking.audio + 0.5 * ticking.echo(0.75, 0.5)
    return master(low.audio + dry + 0.55 * reverb(dry, rng, 3.0), rms_db=-20.2)


def happy() -> Samples:
    """Twenty bright bars of G major: plucked chords off the beat, and a tune that skips."""
    rng = np.random.default_rng(112)
    low, chords, tune = (Ring(bpm=112, bars=20) for _ in range(3))
    for bar in range(20):
        beat = bar * 4.0
        root, *chord = HAPPY[bar % 4]
        for at, note in ((0.0, root), (1.5, root), (2.0, root - 5), (3.5, root - 5)):
            low.add(bass(note, 0.42, attack=0.01), beat + at, 0.2)
        for place, note in enumerate(chord):
            side = 0.4 * (place - 1)
            chords.add(keys(note, 1.6, 0.6), beat, 0.06, side)
            for at in (0.5, 1.5, 2.5, 3.5):
                chords.add(pluck(note, 0.7, 0.16), beat + at + 0.01 * place, 0.2, side)
    for start in (16, 32, 64):
        for at, note in HAPPY_TUNE:
            tune.add(pluck(note, 1.1, 0.22), start + at, rng.uniform(0.2, 0.26), 0.25 * np.sin(at))
    music = chords.audio + tune.audio + 0.4 * tune.echo(0.5, 0.4)
    return master(light_drums(rng) + low.audio + music + 0.22 * reverb(music, rng, 1.1), rms_db=-19.6)


def light_drums(rng: np.random.Generator) -> Samples:
    """Twenty bars of a light beat at 112 a minute."""
    drums = Ring(bpm=112, bars=20)
    kick, snare, closed_hat, _ = drum_kit(rng)
    for bar in range(20):
        beat = bar * 4.0
        for eighth in range(8):
            drums.add(closed_hat, beat + eighth / 2, rng.uniform(0.22, 0.3) * (1.0, 0.6)[eighth % 2], 0.25)
        for at in (0.0, 2.0, 2.5) if bar % 2 else (0.0, 2.0):
            drums.add(kick, beat + at, 0.6)
        for at in (1.0, 3.0):
            drums.add(snare, beat + at, 0.4, -0.05)
    return drums.audio


def boom() -> Samples:
    """A large drum."""
    t, _ = clock(0.9)
    body = np.sin(2 * np.pi * (55 * t + 2.2 * (1 - np.exp(-t / 0.05)))) * np.exp(-t / 0.26)
    skin = 0.2 * band_noise(np.random.default_rng(5), len(t), 150, 1_800) * np.exp(-t / 0.05)
    return np.asarray((body + skin) * swell(t, 0.003, 0.3))


def epic() -> Samples:
    """Sixteen bars of A minor that grow: strings, driving low notes, large drums."""
    rng = np.random.default_rng(90)
    drums, low, strings, bells = (Ring(bpm=90, bars=16) for _ in range(4))
    hit = boom()
    for bar in range(16):
        beat, growth = bar * 4.0, 0.7 + 0.3 * (bar % 8) / 7
        root, *chord = EPIC[bar % 4]
        for eighth in range(8):
            low.add(
                bass(root - 12 * (root > 43), 0.3, attack=0.008), beat + eighth / 2, (0.2, 0.13)[eighth % 2] * growth
            )
        for place, note in enumerate(chord):
            for octave, level in ((0, 0.09), (12, 0.05)):
                for detune, side in ((-5.0, -0.7), (1.0, 0.0), (5.0, 0.7)):
                    strings.add(pad(note + octave, 3.6, detune + place), beat - 0.45, level * growth, side)
        for at, level in ((0.0, 0.6), (1.5, 0.35), (2.0, 0.5), *([(3.0, 0.4), (3.5, 0.45)] if bar % 4 == 3 else [])):
            drums.add(hit, beat + at, level * growth, 0.1)
        if bar >= 8:
            for number, note in enumerate((chord[0], chord[1], chord[2], chord[1])):
                bells.add(pluck(note + 24, 1.6, 0.4), beat + number, 0.14, 0.5 * (-1) ** number)
    music = strings.audio + bells.audio + 0.4 * bells.echo(1.5, 0.5)
    room = reverb(music + 0.4 * drums.audio, rng, 2.6)
    return master(drums.audio + low.audio + music + 0.5 * room, rms_db=-19.8)


if __name__ == "__main__":
    for compose in (tense, happy, epic):
        write_opus(compose(), Path(__file__).with_name(f"{compose.__name__}.ogg"), BIT_RATE_BPS)
