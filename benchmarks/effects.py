"""Time every effect on frames of 1080x1920: `python -m benchmarks.effects`. Prints milliseconds of CPU a frame."""

import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from moviepy import VideoClip
from rich.console import Console
from rich.table import Table

from engines.visuals.catalogue import EffectKind, Offered, catalogue
from engines.visuals.planar import Frame

WIDTH_PX, HEIGHT_PX, FPS = 1080, 1920, 30
TRANSITION_FRAMES, ROUNDS = 9, 4
TRANSITION_LIMIT_MS = 3.0


def main() -> None:
    """Print a table; what takes longer than it may is red."""
    table = Table("kind", "name", "mean ms", "worst frame ms", title=f"{WIDTH_PX}x{HEIGHT_PX}, one core")
    for effect in sorted(catalogue().values(), key=lambda effect: (effect.kind, effect.name)):
        by_frame = _frame_ms(effect)
        mean_ms, worst_ms = float(np.mean(by_frame)), float(np.max(by_frame))
        color = "green" if mean_ms <= TRANSITION_LIMIT_MS else "red"
        table.add_row(effect.kind, effect.name, f"[{color}]{mean_ms:.2f}[/]", f"{worst_ms:.2f}")
    Console().print(table)


def _frame_ms(effect: Offered) -> list[float]:
    """Return what each frame takes: the least of a few rounds, since other programs can only add to it."""
    over = _clip(1)
    is_transition = effect.kind is EffectKind.TRANSITION
    made = effect.make(_clip(2), TRANSITION_FRAMES / FPS) if is_transition else effect.make()
    clip = over.with_effects([made])
    frames = range(TRANSITION_FRAMES)
    rounds = [[_cpu_ms(partial(clip.get_frame, number / FPS)) for number in frames] for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _clip(seed: int) -> VideoClip:
    noise = np.random.default_rng(seed).integers(16, 236, (HEIGHT_PX * 3 // 16, WIDTH_PX // 8), dtype=np.uint8)
    frame: Frame = np.asarray(cv2.resize(noise, (WIDTH_PX, HEIGHT_PX * 3 // 2)), np.uint8)
    clip = VideoClip(lambda t: frame, duration=1)
    clip.size, clip.fps = (WIDTH_PX, HEIGHT_PX), FPS
    return clip


def _cpu_ms(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return (time.process_time() - started_s) * 1000


if __name__ == "__main__":
    main()
