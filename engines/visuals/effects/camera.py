"""Move a crop window over a picture."""

from dataclasses import dataclass

from moviepy import Effect, VideoClip

from engines.visuals.motion import window_at
from engines.visuals.planar import Frame, frame_size, new_frame
from engines.visuals.resampling import resample
from models.shots import FULL_WINDOW, Shot


@dataclass
class CameraMove(Effect):
    """Show what the shot's window sees, resampled to the canvas.

    A shot whose window never leaves the full picture, and whose picture has the canvas' size, passes untouched.
    """

    shot: Shot
    width_px: int
    height_px: int

    def apply(self, clip: VideoClip) -> VideoClip:
        """Return `clip` seen through the moving window."""
        picture = self.shot.picture
        still = self.shot.window_from == self.shot.window_to == FULL_WINDOW
        if still and (picture.width_px, picture.height_px) == (self.width_px, self.height_px):
            return clip
        out = new_frame(self.width_px, self.height_px)

        def seen(get_frame: object, t: float) -> Frame:
            return resample(get_frame(t), window_at(self.shot, t / clip.duration), out)  # type: ignore[operator]

        moved = clip.transform(seen)
        moved.size = frame_size(out)
        return moved
