"""Opening pictures with Pillow so that a hostile or broken file ends in a named error and never in a huge buffer."""

import mmap
import struct
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from engines.disk_space import is_disk_full
from engines.errors import DiskFull, SourceTooLarge, SourceUnreadable
from engines.sniff import describe, is_image, read_head
from models.media import MediaLimits

# EPS, PDF, FITS, WMF and the rest of Pillow's plugins start other programs or read what nobody sends as a picture.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000")
MOST_SCANS = 200  # progressive ones have about ten, and so has each of the pictures that a phone adds
MOST_FRAMES = 50_000  # of an animation
MOST_TILE_PX = 4096  # wide or high, of a TIFF: a decoder takes memory for whole tiles, of whatever size they claim
MOST_GIF_BYTES = 200_000_000  # which are read to their end to count the frames
TURNED = frozenset({5, 6, 7, 8})  # orientations of pictures that are stored lying on a side
_START_OF_SCAN = b"\xff\xda"
ANIMATED_FORMATS = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
# What Pillow's parsers let through when bytes are not what they should be.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    struct.error,
)


@contextmanager
def open_image(path: Path, *, source: str, limits: MediaLimits) -> Generator[Image.Image]:
    """Open a picture and turn whatever Pillow raises inside the block into SourceUnreadable or SourceTooLarge.

    The limits are checked on the header, before any pixel is decoded. Writing
    inside the block may raise DiskFull.
    """
    head = read_head(path)
    if not is_image(head):
        raise SourceUnreadable(source=source, reason=describe(head))
    try:
        with Image.open(path, formats=_formats()) as image:
            _check_pixels(image, path, source, limits)
            _check_scans(image, path, source)
            _check_tiles(image, source)
            yield image
    except Image.DecompressionBombError:
        raise SourceTooLarge(source=source, limit=f"{limits.max_pixels} pixels") from None
    except UnidentifiedImageError:
        raise SourceUnreadable(source=source, reason="the picture's header is damaged") from None
    except _BROKEN as error:
        if is_disk_full(error):
            raise DiskFull(path=getattr(error, "filename", None) or str(path.parent), reason=str(error)) from error
        raise SourceUnreadable(source=source, reason=f"the picture is cut off or damaged ({error})") from error


def is_animation(image: Image.Image) -> bool:
    """Tell an animation from a still; the pages of a TIFF and the spare pictures of a phone's MPO are no animation."""
    return image.format in ANIMATED_FORMATS and getattr(image, "n_frames", 1) > 1


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none or it is nonsense."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1  # the picture itself may well be whole
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


@cache
def _formats() -> tuple[str, ...]:
    Image.init()  # Pillow registers most formats only now
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _check_pixels(image: Image.Image, path: Path, source: str, limits: MediaLimits) -> None:
    pixels = image.width * image.height
    if image.format == "GIF" and path.stat().st_size > MOST_GIF_BYTES:
        raise SourceTooLarge(source=source, limit=f"{MOST_GIF_BYTES} bytes of a GIF")
    if is_animation(image):
        frames = int(getattr(image, "n_frames", 1))
        if frames > MOST_FRAMES:
            raise SourceTooLarge(source=source, limit=f"{MOST_FRAMES} frames, it has {frames}")
        if pixels * frames > limits.max_animation_pixels:
            limit = f"{limits.max_animation_pixels} pixels in all frames"
            raise SourceTooLarge(source=source, limit=f"{limit}, it has {frames} of {image.width}x{image.height}")
        if pixels > limits.max_frame_pixels:
            raise SourceTooLarge(source=source, limit=_limit(limits.max_frame_pixels, image))
    if pixels > limits.max_pixels:
        raise SourceTooLarge(source=source, limit=_limit(limits.max_pixels, image))


def _check_scans(image: Image.Image, path: Path, source: str) -> None:
    """Refuse a JPEG that goes over the whole picture again and again: 150 bytes do, and take 70 ms of a large one."""
    if image.format not in ("JPEG", "MPO"):
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = -1
        for _ in range(MOST_SCANS + 1):
            at = content.find(_START_OF_SCAN, at + 1)
            if at < 0:
                return
    raise SourceTooLarge(source=source, limit=f"{MOST_SCANS} scans of a JPEG")


def _check_tiles(image: Image.Image, source: str) -> None:
    """Refuse a TIFF with tiles that dwarf its picture: 300 bytes of one took 2 GB and most of a minute."""
    if image.format != "TIFF":
        return
    tags = image.tag_v2  # type: ignore[attr-defined]
    for tag, side_px in ((ExifTags.Base.TileWidth, image.width), (ExifTags.Base.TileLength, image.height)):
        claimed = tags.get(tag, 0)
        if not isinstance(claimed, int) or claimed > max(side_px, MOST_TILE_PX):
            raise SourceTooLarge(source=source, limit=f"{MOST_TILE_PX} pixels of a TIFF's tile, it has {claimed}")


def _limit(pixels: int, image: Image.Image) -> str:
    return f"{pixels} pixels, it has {image.width}x{image.height}"
