"""A still made ready for the encode once: upright, sRGB, opaque, fitted to the canvas, and stored as an I420 plate."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageEnhance, ImageFilter, ImageOps

from engines.visuals.color import Pixels, hex_to_rgb, rgb_to_i420
from engines.visuals.geometry import MIDDLE, whole_side
from engines.visuals.images import TURNED, open_image, orientation
from models.media import MediaLimits
from models.picture import Fit

DARK_NEUTRAL = (24, 24, 27)
LIGHT_NEUTRAL = (244, 244, 245)
BACKDROP_BRIGHTNESS = 0.45
BACKDROP_SHRINK = 16  # how much smaller the copy is blurred
_DARK_PICTURE = 0.3
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Where a focus in the upright picture lies in the picture as it is stored.
_STORED_FOCUS: dict[int, Callable[[float, float], tuple[float, float]]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (y, 1 - x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (1 - y, x),
}
_SIXTEEN_BIT = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
Box = tuple[float, float, float, float]


def make_plate(
    image: Path,
    *,
    canvas_px: tuple[int, int],
    fit: Fit,
    room: tuple[float, float],
    source: str,
    output: Path,
    focus: tuple[float, float] = MIDDLE,
    limits: MediaLimits | None = None,
) -> tuple[int, int]:
    """Fit a still to a canvas and write it as .npy, uint8 I420 of shape (height * 3 // 2, width); return its size.

    `room` is how many canvases wide and high a scene's camera moves over. The plate is that large where the picture
    has the pixels for it, smaller until one side is the canvas' where it has not, and larger than the picture
    only as far as filling the canvas needs. `cover` cuts at `focus` (how far from the left and the top, 0 to 1, of
    what is left over); `contain` shows all of the picture over a blurred, darkened copy of itself. Sides are
    multiples of 4. Raises SourceUnreadable, SourceTooLarge.
    """
    with open_image(image, source=source, limits=limits or MediaLimits()) as opened:
        turned = orientation(opened) in TURNED
        shown = opened.size[::-1] if turned else opened.size
        wanted = canvas_px[0] * room[0], canvas_px[1] * room[1]
        narrow, wide = sorted((shown[0] / wanted[0], shown[1] / wanted[1]))
        scale = min(1.0, max(1 / min(room), narrow if fit == Fit.COVER else wide))
        size = whole_side(wanted[0] * scale), whole_side(wanted[1] * scale)
        picture = upright_rgb(opened, inner_size(shown, size, fit), fit=fit, focus=focus)
    plate = picture if fit == Fit.COVER else over_backdrop(picture, size)
    _save(rgb_to_i420(np.asarray(plate)), output)
    return size


def solid_plate(color: str, *, width_px: int, height_px: int, output: Path) -> tuple[int, int]:
    """Write a plate of one colour, #RRGGBB, as `make_plate` does; return its size."""
    size = whole_side(width_px), whole_side(height_px)
    _save(rgb_to_i420(np.full((size[1], size[0], 3), hex_to_rgb(color), np.uint8)), output)
    return size


def _save(plate: Pixels, output: Path) -> None:
    """Write a plate as .npy; `np.save` would tell of a full disk in an error that names neither disk nor file."""
    with output.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(plate))
        file.write(np.ascontiguousarray(plate).data)


def upright_rgb(
    image: Image.Image, size: tuple[int, int], *, fit: Fit, focus: tuple[float, float] = MIDDLE
) -> Image.Image:
    """Return an opened picture as opaque sRGB of `size`, upright; `cover` cuts it to the shape of `size` at `focus`.

    It is scaled first, as it is stored, so that turning and colour conversion touch few pixels.
    """
    turn = orientation(image)
    stored_size = (size[1], size[0]) if turn in TURNED else size
    image.draft(image.mode, _draft_size(image.size, stored_size))
    image.load()
    profile = image.info.get("icc_profile")
    picture = _plain_mode(image)
    box = _cut(picture.size, stored_size, _STORED_FOCUS[turn](*focus)) if fit == Fit.COVER else None
    if picture.size != stored_size or box is not None:
        picture = picture.resize(stored_size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    upright = picture.transpose(_TURNS[turn]) if turn in _TURNS else picture
    return over_neutral(_to_srgb(upright, profile))


def over_neutral(picture: Image.Image) -> Image.Image:
    """Return RGB: transparency filled with a dark neutral, or with a light one where the picture itself is dark."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    return fill_transparency(picture, neutral_for(picture))


def neutral_for(picture: Image.Image) -> tuple[int, int, int]:
    """Choose what to put behind a transparent picture, so that a black logo does not drown in black."""
    small = np.asarray(picture.resize((32, 32), Image.Resampling.BOX), np.float32) / 255
    weight = small[..., 3].sum()
    brightness = (small[..., :3].mean(axis=2) * small[..., 3]).sum() / weight if weight else 1.0
    return LIGHT_NEUTRAL if brightness < _DARK_PICTURE else DARK_NEUTRAL


def fill_transparency(picture: Image.Image, neutral: tuple[int, int, int]) -> Image.Image:
    """Return RGB of an RGBA picture laid over one colour."""
    ground = Image.new("RGBA", picture.size, (*neutral, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def inner_size(shown: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[int, int]:
    """Return the size of the picture itself in a frame of `size`: all of it for `cover`, what fits for `contain`."""
    if fit == Fit.COVER:
        return size
    scale = min(size[0] / shown[0], size[1] / shown[1])
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def over_backdrop(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a frame of `size` with the picture in its middle over a blurred, darkened copy that fills it."""
    small = (max(2, size[0] // BACKDROP_SHRINK), max(2, size[1] // BACKDROP_SHRINK))
    copy = ImageOps.fit(picture, small, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(2))
    frame = ImageEnhance.Brightness(copy).enhance(BACKDROP_BRIGHTNESS).resize(size, Image.Resampling.BICUBIC)
    frame.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return frame


def _cut(size: tuple[int, int], target: tuple[int, int], focus: tuple[float, float]) -> Box:
    """Return the largest box of the target's shape in `size`, at the focus."""
    scale = min(size[0] / target[0], size[1] / target[1])
    width, height = min(size[0], target[0] * scale), min(size[1], target[1] * scale)
    left, top = (size[0] - width) * focus[0], (size[1] - height) * focus[1]
    return left, top, min(size[0], left + width), min(size[1], top + height)


def _draft_size(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """Return the least size to decode a JPEG to, twice the target's so that the last step is still a good filter."""
    scale = min(1.0, 2 * max(target[0] / size[0], target[1] / size[1]))
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _plain_mode(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that scales well: L, RGB, RGBA or CMYK."""
    if image.mode in _SIXTEEN_BIT:
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        return Image.fromarray(_eight_bits(np.asarray(image, np.float64)))
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pixels:
    """Scale samples of unknown range by the least usual white that holds them all: 1, 255, 65535, or their peak."""
    peak = float(np.nanmax(values, initial=0))
    white = next((white for white in (1, 255, 65535) if peak <= white), peak)
    return np.asarray(np.nan_to_num(np.clip(values / white, 0, 1)) * 255 + 0.5, np.uint8)


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the picture's own colour profile; one that is broken or of another mode is as good as none."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    color = picture.convert("RGB") if alpha else picture
    converted = _by_profile(color, profile) if profile else color.convert("RGB")
    if alpha:
        converted.putalpha(alpha)
    return converted


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        return ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        ) or picture.convert("RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture.convert("RGB")
