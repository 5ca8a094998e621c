"""Take over from the scene before by a cross-fade."""

from collections.abc import Callable
from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.planar import Frame, blend, new_frame


@dataclass
class CrossFadeFrom(Effect):
    """Blend out of `outgoing` during the first `duration_s` seconds.

    `outgoing` plays from 0 during the fade: it is the part of the earlier scene that would follow its last frame.
    """

    outgoing: VideoClip
    duration_s: float

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` with the fade in its head."""
        out = new_frame(*clip.size)

        def faded(get_frame: Callable[[float], Frame], t: float) -> Frame:
            if t >= self.duration_s:
                return get_frame(t)
            opacity = (t + 0.5 / clip.fps) / self.duration_s  # of the frame's middle: the first frame moves already
            return blend(self.outgoing.get_frame(t), get_frame(t), opacity, out)

        return clip.transform(faded)
