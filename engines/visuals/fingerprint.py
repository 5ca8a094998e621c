"""Perceptual hashes: pictures that look the same have hashes of which few bits differ, whatever their size or codec."""

from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engines.errors import SourceUnreadable
from engines.sniff import footage_demuxer, is_image, read_head
from engines.visuals.containers import check_opens, open_container
from engines.visuals.images import open_image
from engines.visuals.probe import main_video
from models.media import MediaLimits

_GRID_PX = 32
_KEPT = 8  # of the lowest frequencies, in each direction
_LEAST_CONTRAST = 3.0  # standard deviation of luma; below it a hash is noise
_LOOKED_AT_MOST_S = 10  # into a clip, or a third of it: past a fade from black


def fingerprint(path: Path, *, source: str, limits: MediaLimits) -> str | None:
    """Return the perceptual hash of a picture or of a frame of a clip: 64 bits as 16 hexadecimal digits.

    None for one that is nearly of one colour, of which no hash tells anything. Raises SourceUnreadable, SourceTooLarge.
    """
    if is_image(read_head(path)):
        with open_image(path, source=source, limits=limits) as image:
            image.draft("L", (4 * _GRID_PX, 4 * _GRID_PX))
            luma = np.asarray(_flat(ImageOps.exif_transpose(image)).convert("L"))
    else:
        luma = _frame_of(path, source)
    return hash_of(luma)


def hash_of(luma: NDArray[np.uint8]) -> str | None:
    """Return the perceptual hash of a grey picture, shape (height, width), or None if it is nearly of one colour.

    The signs of the 64 lowest frequencies of its cosine transform against their median.
    """
    if float(luma.std()) < _LEAST_CONTRAST:
        return None
    small = cv2.resize(luma, (_GRID_PX, _GRID_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    low[0] = 0  # its brightness
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


def _flat(image: Image.Image) -> Image.Image:
    """Return the picture over black where it is see-through."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return image


def _frame_of(path: Path, source: str) -> NDArray[np.uint8]:
    demuxer = footage_demuxer(path, source=source)
    check_opens(path, demuxer=demuxer, source=source)
    with open_container(path, demuxer=demuxer, source=source) as container:
        video = main_video(container, source=source)
        if video is None:
            raise SourceUnreadable(source=source, reason="it has no picture")
        looked_at = min((container.duration or 0) // 3, _LOOKED_AT_MOST_S * av.time_base)
        container.seek((container.start_time or 0) + looked_at)
        frame = next(container.decode(video), None)
        if frame is None:
            raise SourceUnreadable(source=source, reason="no picture in it can be decoded")
        return frame.reformat(format="gray").to_ndarray().astype(np.uint8, copy=False)
