"""Black and white."""

from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.per_frame import per_frame
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

        def grey(frame: Frame, _: float) -> Frame:
            out[:rows] = frame[:rows]
            return out

        return per_frame(clip, grey)


LOOKS = {"mono": ("Black and white", Mono)}
