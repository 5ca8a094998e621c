"""What is mixed, before the master's gain: the voice, the bed under it, and sound effects, in any block asked for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio import ducking
from engines.audio.bed import Bed
from engines.audio.pcm import FULL_SCALE, Samples, ramp
from engines.timebase import ms_to_sample

BLOCK = ms_to_sample(2_000)
DUCK_STEP = ms_to_sample(ducking.STEP_MS)


class Effect(NamedTuple):
    """A sound effect on disk, (n, 2) 16-bit, its first sample's place, its gain, and how long its edges fade."""

    start: int
    samples: NDArray[np.int16]
    gain: float
    fade_in: int
    fade_out: int

    def add_to(self, mix: Samples, start: int) -> None:
        """Add what is heard of the effect to the block of the mix that starts at `start`."""
        first = max(self.start, start)
        last = min(self.start + len(self.samples), start + len(mix))
        if first >= last:
            return
        places = np.arange(first - self.start, last - self.start, dtype=np.float32) + np.float32(0.5)
        edges = np.minimum(places / max(self.fade_in, 1), (len(self.samples) - places) / max(self.fade_out, 1))
        gains = np.minimum(edges, 1) * np.float32(self.gain / FULL_SCALE)
        mix[first - start : last - start] += self.samples[first - self.start : last - self.start] * gains[:, None]


class Lanes(NamedTuple):
    """The voice (mono, 16-bit), the bed, the bed's gain at every duck step's edge, and the effects."""

    voice: NDArray[np.int16]
    bed: Bed | None = None
    duck: NDArray[np.float32] | None = None
    effects: Sequence[Effect] = ()

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the first sample of each block, and the one after its last."""
        for start in range(0, len(self.voice), BLOCK):
            yield start, min(start + BLOCK, len(self.voice))

    def block(self, start: int, stop: int) -> Samples:
        """Return samples `[start, stop)` of the mix, (n, 2). Both are whole duck steps, or the end."""
        voice = self.voice[start:stop].astype(np.float32) / np.float32(FULL_SCALE)
        mix = np.repeat(voice[:, None], 2, axis=1)
        if self.bed:
            bed = self.bed.block(start, stop)
            if self.duck is not None:
                bed *= ramp(self.duck, step=DUCK_STEP, first=start // DUCK_STEP, samples=stop - start)[:, None]
            mix += bed
        for effect in self.effects:
            effect.add_to(mix, start)
        return mix
