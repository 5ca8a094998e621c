"""Move a crop window over a picture."""

from collections.abc import Callable
from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.motion import window_at
from engines.visuals.planar import Frame, frame_size, new_frame
from engines.visuals.resampling import resample
from models.shots import Shot


@dataclass
class CameraMove(Effect):
    """Show what the shot's window sees, resampled to the canvas."""

    shot: Shot
    width_px: int
    height_px: int

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` seen through the moving window."""
        out = new_frame(self.width_px, self.height_px)

        def seen(get_frame: Callable[[float], Frame], t: float) -> Frame:
            return resample(get_frame(t), window_at(self.shot, t / clip.duration), out)

        moved = clip.transform(seen)
        moved.size = frame_size(out)
        return moved
