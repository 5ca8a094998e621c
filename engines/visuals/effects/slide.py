"""Take over from the scene before by pushing it out."""

from dataclasses import dataclass
from functools import partial

from engines.visuals.easing import eased
from engines.visuals.planar import Frame
from engines.visuals.transition import Transition, push
from models.picture import Easing


@dataclass
class Slide(Transition):
    """Push the earlier scene out at one side while this one comes in at the other."""

    vertical: bool = False
    forwards: bool = False

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return both frames side by side, the edge between them on its way."""
        share = eased(eased(progress, Easing.EASE_IN_OUT), Easing.EASE_IN_OUT)
        return push(under, over, share, out, vertical=self.vertical, forwards=self.forwards)


TRANSITIONS = {
    "slide": ("Pushed out to the left", Slide),
    "slide_right": ("Pushed out to the right", partial(Slide, forwards=True)),
    "slide_up": ("Pushed out at the top", partial(Slide, vertical=True)),
    "slide_down": ("Pushed out at the foot", partial(Slide, vertical=True, forwards=True)),
}
