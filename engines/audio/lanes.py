"""What is mixed, before the master's gain: the voice, the bed under it, and sound effects, in any block asked for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.audio import ducking
from engines.audio.bed import Bed
from engines.audio.pcm import FULL_SCALE, Samples, ramp
from engines.timebase import ms_to_sample

BLOCK = ms_to_sample(10_000)
DUCK_STEP = ms_to_sample(ducking.STEP_MS)


class Effect(NamedTuple):
    """A sound effect, (n, 2) at its final gain, and its first sample's place."""

    start: int
    samples: Samples


class Lanes(NamedTuple):
    """The voice (mono, 16-bit), the bed, the bed's gain at every duck step's edge, and the effects."""

    voice: NDArray[np.int16]
    bed: Bed | None = None
    duck: NDArray[np.float32] | None = None
    effects: Sequence[Effect] = ()

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the first sample of each block of 10 s, and the one after its last."""
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
            first, last = max(effect.start, start), min(effect.start + len(effect.samples), stop)
            if first < last:
                mix[first - start : last - start] += effect.samples[first - effect.start : last - effect.start]
        return mix
