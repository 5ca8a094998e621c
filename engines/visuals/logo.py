"""A logo made ready to be laid over the video: fitted, upright, with its transparency."""

from pathlib import Path

from PIL import Image, ImageOps

from engines.visuals.images import open_image
from models.media import MediaLimits


def make_logo(
    picture: Path,
    *,
    room_px: tuple[int, int],
    opacity: float,
    source: str,
    output: Path,
    limits: MediaLimits | None = None,
) -> tuple[int, int]:
    """Write a picture as PNG with transparency, as large as fits into `room_px` (width, height); return its even size.

    Empty margins are cut off. Raises SourceUnreadable, SourceTooLarge.
    """
    with open_image(picture, source=source, limits=limits or MediaLimits()) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    seen = upright.getchannel("A").getbbox()
    logo = upright.crop(seen) if seen else upright
    scale = min(room_px[0] / logo.width, room_px[1] / logo.height)
    size = _even(logo.width * scale), _even(logo.height * scale)
    fitted = logo.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    fitted.putalpha(fitted.getchannel("A").point([round(value * opacity) for value in range(256)]))
    fitted.save(output, "PNG", compress_level=6)
    return size


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
