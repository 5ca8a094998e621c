"""Move a crop window over a picture."""

from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.motion import window_during
from engines.visuals.per_frame import per_frame
from engines.visuals.planar import Frame, new_frame
from engines.visuals.resampling import Picture, resample, with_margin
from models.shots import Plate, Shot, Window


@dataclass
class CameraMove(Effect):
    """Show what the shot's window sees, resampled to the canvas.

    `played_s` is how long the shot's footage has been playing when the clip starts.
    """

    shot: Shot
    width_px: int
    height_px: int
    played_s: float = 0.0

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` seen through the moving window."""
        out = new_frame(self.width_px, self.height_px)
        still: Picture | None = None
        shown: Window | None = None

        def seen(frame: Frame, t: float) -> Frame:
            nonlocal still, shown
            window = window_during(self.shot, t, duration_s=clip.duration, played_s=self.played_s)
            if not isinstance(self.shot.picture, Plate):
                return resample(Picture.of(frame), window, out)
            if window != shown:  # before and after a punch-in nothing changes
                still, shown = still or with_margin(frame), window
                resample(still, window, out)
            return out

        return per_frame(clip, seen, size=(self.width_px, self.height_px))
