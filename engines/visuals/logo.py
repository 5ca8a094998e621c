"""A logo made ready to be laid over the video: fitted, upright, with its transparency."""

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageFilter, ImageOps, ImageStat

from engines.visuals.images import open_image
from models.media import MediaLimits

_HALO_SPREAD, _HALO_BLUR = 0.04, 0.05  # of the logo's room
_HALO_OPACITY = 0.7
_MIDDLE_LUMA = 128


class MadeLogo(NamedTuple):
    """A logo's even size in px, and the width of the halo that its file has around it, even, too."""

    size_px: tuple[int, int]
    halo_px: int


def make_logo(
    picture: Path,
    *,
    room_px: tuple[int, int],
    opacity: float,
    source: str,
    output: Path,
    halo: bool = False,
    limits: MediaLimits | None = None,
) -> MadeLogo:
    """Write a picture as PNG with transparency, as large as fits into `room_px` (width, height).

    Empty margins are cut off. A `halo`, dark around a light logo and light around a dark one, lets it be seen on
    any picture. Raises SourceUnreadable, SourceTooLarge.
    """
    with open_image(picture, source=source, limits=limits or MediaLimits()) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    seen = upright.getchannel("A").getbbox()
    logo = upright.crop(seen) if seen else upright
    scale = min(room_px[0] / logo.width, room_px[1] / logo.height)
    size = _even(logo.width * scale), _even(logo.height * scale)
    fitted = logo.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    halo_px = _even(2 * (_HALO_SPREAD + _HALO_BLUR) * min(room_px)) if halo else 0
    shown = _with_halo(fitted, halo_px, min(room_px)) if halo else fitted
    shown.putalpha(shown.getchannel("A").point([round(value * opacity) for value in range(256)]))
    shown.save(output, "PNG", compress_level=6)
    return MadeLogo(size, halo_px)


def _with_halo(logo: Image.Image, halo_px: int, room_px: int) -> Image.Image:
    luma = ImageStat.Stat(logo.convert("L"), mask=logo.getchannel("A")).mean[0]
    ink = 0 if luma >= _MIDDLE_LUMA else 255
    size = logo.width + 2 * halo_px, logo.height + 2 * halo_px
    around = Image.new("L", size)
    around.paste(logo.getchannel("A"), (halo_px, halo_px))
    spread = around.filter(ImageFilter.MaxFilter(2 * max(1, round(_HALO_SPREAD * room_px)) + 1))
    soft = spread.filter(ImageFilter.GaussianBlur(_HALO_BLUR * room_px / 2))
    behind = Image.merge(
        "RGBA", (*[Image.new("L", size, ink)] * 3, soft.point([round(v * _HALO_OPACITY) for v in range(256)]))
    )
    behind.alpha_composite(logo, (halo_px, halo_px))
    return behind


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
