"""RGB to planar I420 and back, in BT.709 limited range: the one colour space of everything that is encoded.

Chroma samples sit as H.264 players expect them by default (MPEG-2 siting): on the left pixel of each pair across,
half-way between the two pixels of each pair down. OpenCV's own conversion is BT.601 and is not used.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_LUMA_SPAN, _CHROMA_SPAN = 219 / 255, 224 / 255
_TO_Y = np.array([[_KR, _KG, _KB]]) * _LUMA_SPAN
_TO_U = np.array([[-_KR, -_KG, 1 - _KB]]) * _CHROMA_SPAN / (2 * (1 - _KB))
_TO_V = np.array([[1 - _KR, -_KG, -_KB]]) * _CHROMA_SPAN / (2 * (1 - _KR))
_TO_YUV = np.hstack([np.vstack([_TO_Y, _TO_U, _TO_V]), [[16], [128], [128]]])
_TO_RGB = np.linalg.inv(_TO_YUV[:, :3])
_FROM_YUV = np.hstack([_TO_RGB, -_TO_RGB @ [[16], [128], [128]]])
_LEFT_SITED = np.array([[0.25, 0.5, 0.25]])
_CHROMA_AT_LUMA = np.array([[0.5, 0, 0], [0, 0.5, -0.25]])


def rgb_to_i420(rgb: Pixels) -> Pixels:
    """Convert uint8 RGB of shape (height, width, 3), both even, to uint8 I420 of shape (height * 3 // 2, width)."""
    height, width = rgb.shape[:2]
    if height % 2 or width % 2:
        raise ValueError(f"I420 needs even sizes, not {width}x{height}")
    i420 = np.empty((height * 3 // 2, width), np.uint8)
    cv2.transform(rgb, _TO_YUV[:1], dst=i420[:height])
    rows = cv2.resize(rgb, (width, height // 2), interpolation=cv2.INTER_AREA)
    sited = cv2.filter2D(rows, -1, _LEFT_SITED, borderType=cv2.BORDER_REPLICATE)[:, ::2]
    chroma = cv2.transform(np.ascontiguousarray(sited), _TO_YUV[1:])
    i420[height:] = chroma.transpose(2, 0, 1).reshape(height // 2, width)
    return i420


def i420_to_rgb(i420: Pixels) -> Pixels:
    """Convert uint8 I420 of shape (height * 3 // 2, width) to uint8 RGB of shape (height, width, 3)."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    planes = [i420[:height], *(_at_luma(plane, width, height) for plane in chroma)]
    return np.asarray(cv2.transform(cv2.merge(planes), _FROM_YUV), np.uint8)


def hex_to_rgb(color: str) -> tuple[int, int, int]:
    """Return the three channels of #RRGGBB."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _at_luma(plane: Pixels, width: int, height: int) -> Pixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    at_luma = cv2.warpAffine(plane, _CHROMA_AT_LUMA, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(at_luma, np.uint8)
