"""MoviePy clips changed frame by frame, whose size stays that of the picture."""

from collections.abc import Callable

from moviepy import VideoClip

from engines.visuals.planar import Frame


def per_frame(
    clip: VideoClip, change: Callable[[Frame, float], Frame], *, size: tuple[int, int] | None = None
) -> VideoClip:
    """Return `clip` with what `change` makes of each frame and its time in seconds; `size` is the new picture's.

    `change` must leave the frame that it is given as it is; it may return the same array every time.
    MoviePy's own `transform` would take the rows of a planar array for the height of the picture.
    """
    changed = clip.transform(lambda get_frame, t: change(get_frame(t), t))
    changed.size = size or clip.size
    return changed
