"""Where the eye goes in a picture: a map of saliency, made of a small copy of it and of nothing that was learnt.

Four signs of a subject are added up: what breaks the picture's statistics (the spectral residual of Hou and Zhang, of
brightness and of two colour contrasts), what has another colour than the picture's border, what is sharp where
the rest is soft, and what has the hue of skin.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.visuals.color import Pixels

Saliency = NDArray[np.float32]

SIDE_PX = 96  # of the map's longer side
_SPECTRUM_SIDE = 64
_SKIN_CR, _SKIN_CB = (152.0, 12.0), (106.0, 12.0)  # middle and width of the hues of skin
_WEIGHTS = {"residual": 1.0, "border": 1.0, "sharp": 0.5, "skin": 0.7}
_EDGE = 0.04  # of a side: frames and letterbox bars are no subject


def saliency(rgb: Pixels) -> Saliency:
    """Return how salient each place of a picture is; the sum is 1.

    `rgb` is uint8 of shape (height, width, 3), best around 200 pixels; the map's longer side has SIDE_PX. A picture
    without any contrast gives an even map.
    """
    scale = SIDE_PX / max(rgb.shape[:2])
    size = max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    signs = {
        "residual": _spectral_residual(small),
        "border": _unlike_border(small),
        "sharp": _sharpness(rgb, size),
        "skin": _skin(small),
    }
    total: Saliency = sum(
        (_WEIGHTS[name] * _even(sign) for name, sign in signs.items()), np.zeros(size[::-1], np.float32)
    )
    total = cv2.GaussianBlur(total, (0, 0), 0.02 * SIDE_PX) * _frame(size)
    total = np.maximum(total - np.percentile(total, 40), 0)  # what lies everywhere is background
    whole = float(total.sum())
    if whole < 1e-6:
        return np.full(size[::-1], 1 / (size[0] * size[1]), np.float32)
    return np.asarray(total / whole, np.float32)


def _even(sign: Saliency) -> Saliency:
    """Return a sign scaled by what it tells: much where it is strong in few places, little where in many."""
    soft = cv2.GaussianBlur(sign, (0, 0), 0.025 * SIDE_PX)
    low, high = np.percentile(soft, (5, 99.5))
    if high - low < 1e-4:
        return np.zeros_like(sign)
    scaled = np.clip((soft - low) / (high - low), 0, 1)
    return np.asarray(scaled * (1 - scaled.mean()) ** 2, np.float32)


def _spectral_residual(small: Saliency) -> Saliency:
    red, green, blue = (small[..., channel] for channel in range(3))
    contrasts = ((red + green + blue) / 3, red - green, blue - (red + green) / 2)
    shape = small.shape[:2]
    total = np.zeros(shape, np.float32)
    for contrast in contrasts:
        if np.ptp(contrast) < 0.02:
            continue
        square = cv2.resize(np.ascontiguousarray(contrast), (_SPECTRUM_SIDE, _SPECTRUM_SIDE))
        spectrum = np.fft.fft2(square)
        log = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
        residual = log - cv2.blur(log, (3, 3))
        back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
        seen = cv2.GaussianBlur(back.astype(np.float32), (0, 0), 2.5)
        total += cv2.resize(np.asarray(seen / max(float(seen.max()), 1e-12), np.float32), shape[::-1]) * min(
            1.0, 2 * float(np.ptp(contrast))
        )
    return total


def _unlike_border(small: Saliency) -> Saliency:
    """Return how far each colour is from the likest ones along the border: what reaches the border is background."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    rows, columns = lab.shape[:2]
    depth = max(2, round(0.05 * max(rows, columns)))
    sides = (lab[:depth], lab[-depth:], lab[:, :depth], lab[:, -depth:])
    distances = []
    for side in sides:
        colors = side.reshape(-1, 3)
        spread = np.cov(colors.T) + 20 * np.eye(3)
        away = lab.reshape(-1, 3) - colors.mean(axis=0)
        distances.append(np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(spread), away)))
    likest = np.sort(np.stack(distances), axis=0)[:2].mean(axis=0)  # of a subject that touches a side, others are far
    return np.asarray(likest.reshape(rows, columns), np.float32)


def _sharpness(rgb: Pixels, size: tuple[int, int]) -> Saliency:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    return np.asarray(np.sqrt(cv2.resize(np.minimum(edges, 60), size, interpolation=cv2.INTER_AREA)), np.float32)


def _skin(small: Saliency) -> Saliency:
    """Return how much each colour is that of skin, of any tone: the hue hardly differs, the brightness does."""
    red, green, blue = (small[..., channel] * 255 for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    cr, cb = 0.713 * (red - luma) + 128, 0.564 * (blue - luma) + 128
    distance = ((cr - _SKIN_CR[0]) / _SKIN_CR[1]) ** 2 + ((cb - _SKIN_CB[0]) / _SKIN_CB[1]) ** 2
    return np.asarray(np.exp(-0.5 * distance) * np.clip((luma - 40) / 40, 0, 1), np.float32)


def _frame(size: tuple[int, int]) -> Saliency:
    """Return a weight that is 1 in the picture and falls off at its very edge, a little less far from the middle."""
    columns, rows = size
    x, y = np.linspace(-1, 1, columns), np.linspace(-1, 1, rows)[:, None]
    inner = [np.clip((1 - np.abs(axis)) / (2 * _EDGE), 0.2, 1) for axis in (x, y)]
    middle = np.exp(-0.5 * (x * x + y * y) / 0.8**2)
    return np.asarray(inner[0] * inner[1] * (0.5 + 0.5 * middle), np.float32)
