"""Synthetic scenes with a subject whose place is known, before backgrounds that want to be looked at themselves."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Ground = Callable[[np.random.Generator, int, int], Pixels]


def sky(random: np.random.Generator, width: int, height: int) -> Pixels:
    """A soft slope from light to dark."""
    top, foot = random.integers(90, 220, 3), random.integers(40, 160, 3)
    way = np.linspace(0, 1, height)[:, None, None]
    return np.broadcast_to(top * (1 - way) + foot * way, (height, width, 3)).astype(np.uint8)


def clouds(random: np.random.Generator, width: int, height: int) -> Pixels:
    """Soft blobs of like colours."""
    coarse = random.integers(-25, 25, (5, 8, 3)) + random.integers(90, 170, 3)
    return np.clip(
        cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC), 0, 255
    ).astype(np.uint8)


def meadow(random: np.random.Generator, width: int, height: int) -> Pixels:
    """Fine texture everywhere."""
    base = random.integers(60, 150, 3)
    return np.clip(random.normal(base, 18, (height, width, 3)), 0, 255).astype(np.uint8)


def room(random: np.random.Generator, width: int, height: int) -> Pixels:
    """Walls, a floor and a window: straight edges, two of them strong."""
    picture = np.empty((height, width, 3), np.uint8)
    wall = random.integers(120, 200, 3)
    picture[:] = wall
    picture[int(height * 0.7) :] = wall // 2
    return picture


GROUNDS: dict[str, Ground] = {"sky": sky, "clouds": clouds, "meadow": meadow, "room": room}


def person(picture: Pixels, center: tuple[float, float], size_px: float, tone: tuple[int, int, int]) -> None:
    """Draw a head and shoulders."""
    x, y = center
    coat = (40, 60, 120)
    cv2.ellipse(
        picture,
        (round(x), round(y + size_px * 0.75)),
        (round(size_px * 0.5), round(size_px * 0.5)),
        0,
        180,
        360,
        coat,
        -1,
        cv2.LINE_AA,
    )
    cv2.circle(picture, (round(x), round(y)), round(size_px * 0.28), tone, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(
            picture,
            (round(x + side * size_px * 0.1), round(y - size_px * 0.05)),
            max(1, round(size_px * 0.03)),
            (20, 20, 20),
            -1,
        )


def ball(picture: Pixels, center: tuple[float, float], size_px: float, tone: tuple[int, int, int]) -> None:
    """Draw a striped ball."""
    x, y = round(center[0]), round(center[1])
    cv2.circle(picture, (x, y), round(size_px * 0.4), tone, -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), round(size_px * 0.22), (245, 245, 245), max(2, round(size_px * 0.06)), cv2.LINE_AA)


SUBJECTS = {
    "person": (person, [(224, 172, 140), (141, 85, 60), (90, 56, 40)]),
    "ball": (ball, [(210, 40, 40), (30, 90, 200), (240, 200, 30)]),
}
