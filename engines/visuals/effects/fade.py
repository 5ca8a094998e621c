"""Take over from the scene before by a cross-fade."""

from dataclasses import dataclass

from engines.visuals.planar import Frame, blend
from engines.visuals.transition import Transition


@dataclass
class CrossFade(Transition):
    """Blend out of the earlier scene."""

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        """Return the two frames blended."""
        return blend(under, over, progress, out)


TRANSITIONS = {"fade": ("Cross-fade", CrossFade)}
