"""Make the sound effects that ship with NeuroShorts, from nothing but numpy.

Provenance of the .ogg files beside it (CC0-1.0): run this file to write them again. Every sound starts and ends in
silence.
"""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]  # mono (n,) or stereo (n, 2)

RATE_HZ = 48_000
PEAK = 0.7  # about -3 dBFS: room for the encoder's overshoot
BIT_RATE_BPS = 96_000


def clock(duration: float) -> Samples:
    """Times in seconds."""
    return np.arange(round(duration * RATE_HZ)) / RATE_HZ


def hump(t: Samples, top: float) -> Samples:
    """A raised cosine from silence up to 1 at `top` seconds, and down again until the end."""
    rise, fall = np.clip(t / top, 0, 1), np.clip((t[-1] - t) / (t[-1] - top), 0, 1)
    return np.asarray((1 - np.cos(np.pi * np.minimum(rise, fall))) / 2)


def ends(t: Samples, attack: float = 0.002, release: float = 0.03) -> Samples:
    """1 with soft edges."""
    rise, fall = np.clip(t / attack, 0, 1), np.clip((t[-1] - t) / release, 0, 1)
    return np.asarray((1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall)) / 4)


def swept_noise(t: Samples, center_hz: Samples, width: float, seed: int) -> Samples:
    """Noise in a band (`width` octaves) whose middle moves: short overlapping pieces, each filtered by its place."""
    size, hop = 2048, 512
    noise = np.random.default_rng(seed).standard_normal(len(t) + size)
    window = np.hanning(size + 1)[:-1]
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 1.0)
    out = np.zeros(len(t) + size)
    for start in range(0, len(t), hop):
        octaves = np.log2(hz / center_hz[start])
        piece = np.fft.irfft(
            np.fft.rfft(noise[start : start + size] * window) * np.exp(-((octaves / width) ** 2)), size
        )
        piece *= 1 / np.sqrt(np.mean(piece**2))
        out[start : start + size] += piece * window
    return out[size // 2 : size // 2 + len(t)]


def tone(t: Samples, hz: Samples | float) -> Samples:
    """A sine that may glide."""
    return np.asarray(np.sin(2 * np.pi * np.cumsum(np.broadcast_to(hz, t.shape)) / RATE_HZ))


def wide(left: Samples, right: Samples) -> Samples:
    """Stereo of two channels."""
    return np.stack((left, right), axis=1)


def across(mono: Samples, pan: Samples) -> Samples:
    """Pan from -1 (left) to 1 (right)."""
    angle = (pan + 1) * np.pi / 4
    return wide(mono * np.cos(angle), mono * np.sin(angle))


def both(mono: Samples) -> Samples:
    """The same from both sides."""
    return wide(mono, mono)


def whoosh() -> Samples:
    """Air that passes from left to right."""
    t = clock(0.75)
    middle = 350 * 2 ** (3.0 * hump(t, 0.36))
    return across(swept_noise(t, middle, 0.9, seed=1) * hump(t, 0.36) ** 2, np.clip((t - 0.36) * 2.5, -0.8, 0.8))


def whip() -> Samples:
    """A whoosh in a hurry."""
    t = clock(0.36)
    middle = 900 * 2 ** (3.0 * hump(t, 0.16))
    return across(swept_noise(t, middle, 0.8, seed=2) * hump(t, 0.16) ** 3, np.clip((t - 0.16) * 6, -0.8, 0.8))


def breath() -> Samples:
    """A soft swell, for fades."""
    t = clock(1.1)
    sides = (swept_noise(t, 500 * 2 ** (1.2 * hump(t, 0.55)), 1.0, seed=seed) for seed in (3, 4))
    return wide(*(side * hump(t, 0.55) ** 2 for side in sides))


def riser() -> Samples:
    """Tension that grows for a second and a half, and stops."""
    t = clock(1.6)
    growth = np.clip(t / 1.5, 0, 1) ** 2.2
    air = swept_noise(t, 300 * 2 ** (4.2 * t / 1.6), 0.7, seed=5)
    return both((air + 0.4 * tone(t, 180 * 2 ** (1.5 * t / 1.6))) * growth * ends(t, release=0.1))


def impact() -> Samples:
    """A deep hit with a tail."""
    t = clock(1.3)
    body = np.tanh(2.2 * tone(t, 42 + 95 * np.exp(-t / 0.045))) * np.exp(-t / 0.32)
    slap = swept_noise(t, np.full_like(t, 900.0), 1.6, seed=6) * np.exp(-t / 0.05)
    return both((body + 0.35 * slap) * ends(t, attack=0.003, release=0.3))


def pop() -> Samples:
    """A bubble."""
    t = clock(0.14)
    return both(tone(t, 380 + 900 * (t / 0.14) ** 0.7) * np.exp(-t / 0.035) * ends(t, attack=0.004))


def click() -> Samples:
    """A dry tick, as of a button."""
    t = clock(0.06)
    tick = swept_noise(t, np.full_like(t, 3_200.0), 0.7, seed=7) * np.exp(-t / 0.006)
    return both((tick + 0.8 * tone(t, 1_700.0) * np.exp(-t / 0.008)) * ends(t, attack=0.0008, release=0.02))


def ding() -> Samples:
    """A small bell."""
    t = clock(1.4)
    partials = ((1.0, 1.0, 0.45), (2.76, 0.5, 0.25), (5.4, 0.25, 0.12), (8.9, 0.1, 0.06))
    ring = sum(
        (level * tone(t, 1_046.5 * ratio) * np.exp(-t / life) for ratio, level, life in partials), np.zeros_like(t)
    )
    return both(ring * ends(t, attack=0.003, release=0.3))


def shutter() -> Samples:
    """A camera: two clacks."""
    t = clock(0.22)
    clack = np.zeros_like(t)
    for at, hz, seed in ((0.01, 2_400.0, 8), (0.095, 1_700.0, 9)):
        since = np.maximum(t - at, 0)
        noise = swept_noise(t, np.full_like(t, hz), 1.1, seed=seed)
        clack += noise * np.exp(-since / 0.012) * (1 - np.exp(-since / 0.0008))
    return both(clack * ends(t, release=0.05))


def sparkle() -> Samples:
    """A run of small bells, upwards."""
    t = clock(1.2)
    out = np.zeros((len(t), 2))
    for number, step in enumerate((0, 4, 7, 12, 16, 19, 24)):
        since = np.maximum(t - 0.055 * number, 0)
        note = np.sin(2 * np.pi * 1_318.5 * 2 ** (step / 12) * since) * np.exp(-since / 0.16)
        note *= 1 - np.exp(-since / 0.002)
        out += across(note, np.full_like(t, 0.5 * (-1) ** number))
    return out * ends(t, release=0.3)[:, None]


SOUNDS: tuple[Callable[[], Samples], ...] = (
    breath, click, ding, impact, pop, riser, shutter, sparkle, whip, whoosh,
)  # fmt: skip


def write_opus(audio: Samples, path: Path) -> None:
    """Encode a sound, (n, 2), as Ogg Opus."""
    with av.open(str(path), "w", format="ogg", options={"fflags": "bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="stereo")
        stream.bit_rate = BIT_RATE_BPS
        frame = av.AudioFrame.from_ndarray(audio.astype(np.float32).reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = RATE_HZ
        container.mux([*stream.encode(frame), *stream.encode(None)])


if __name__ == "__main__":
    for sound in SOUNDS:
        samples = sound()
        write_opus(PEAK * samples / np.abs(samples).max(), Path(__file__).with_name(f"{sound.__name__}.ogg"))
