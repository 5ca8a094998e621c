"""Black and white."""

from collections.abc import Callable
from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.planar import Frame, frame_size, new_frame

GREY = 128


@dataclass
class Mono(Effect):
    """Take the colour out."""

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` in black and white."""
        out = new_frame(*clip.size)
        _, rows = frame_size(out)
        out[rows:] = GREY

        def grey(get_frame: Callable[[float], Frame], t: float) -> Frame:
            out[:rows] = get_frame(t)[:rows]
            return out

        return clip.transform(grey)


LOOKS = {"mono": ("Black and white", Mono)}
