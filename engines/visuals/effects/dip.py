"""Take over from the scene before by way of black or white."""

from dataclasses import dataclass
from functools import partial

from engines.visuals.easing import eased
from engines.visuals.planar import Frame, blend, frame_size
from engines.visuals.transition import Transition, solid
from models.picture import Easing

BLACK, WHITE = 16, 235


@dataclass
class Dip(Transition):
    """Go to one grey in the first half, and out of it in the second."""

    luma: int = BLACK

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return one of the frames as far from the grey as the time says."""
        shown, away = (under, 1 - 2 * progress) if progress < 0.5 else (over, 2 * progress - 1)
        return blend(solid(*frame_size(out), self.luma), shown, eased(away, Easing.EASE_IN_OUT), out)


TRANSITIONS = {
    "dip": ("Through black", Dip),
    "dip_white": ("Through white, as a flash", partial(Dip, luma=WHITE)),
}
