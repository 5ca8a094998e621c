"""Where overlays may stand: inside the safe area, above or below the captions, and off each other."""

from dataclasses import dataclass, replace

from engines.overlays.ass import Rect
from models.captions import SafeArea

BASE_SHORT_SIDE_PX = 1080
_LEAST_TITLE = 280  # room for four lines of a size that can be read
_GAP = 24  # between things that stand one under the other, for a canvas whose short side is 1080


@dataclass(frozen=True)
class Zones:
    """The free room of one scene's canvas: what is above the captions, and what is below. Either may be flat."""

    above: Rect
    below: Rect
    unit: float  # canvas px per px of a canvas whose short side is 1080

    @property
    def gap_px(self) -> float:
        """What to leave between neighbours."""
        return _GAP * self.unit

    @property
    def for_titles(self) -> Rect:
        """Where large text goes: above the captions unless that is low and there is more room below."""
        if self.above.height_px >= min(_LEAST_TITLE * self.unit, self.below.height_px):
            return self.above
        return self.below

    def take_top(self, height_px: float) -> tuple[Rect, "Zones"]:
        """Cut a strip off the upper edge of the highest part that is high enough; return it and what is left."""
        room = self.above if self.above.height_px >= height_px else self.below
        strip = replace(room, bottom_px=room.top_px + height_px)
        return strip, self._with(room, replace(room, top_px=min(room.bottom_px, strip.bottom_px + self.gap_px)))

    def take_edge(self, height_px: float) -> tuple[Rect, "Zones"]:
        """Cut a strip off the very top or, where captions stand there, off the very bottom."""
        return self.take_top(height_px) if self.above.height_px >= height_px else self.take_bottom(height_px)

    def take_bottom(self, height_px: float) -> tuple[Rect, "Zones"]:
        """Cut a strip off the lower edge of the lowest part that is high enough; return it and what is left."""
        room = self.below if self.below.height_px >= height_px else self.above
        strip = replace(room, top_px=room.bottom_px - height_px)
        return strip, self._with(room, replace(room, bottom_px=max(room.top_px, strip.top_px - self.gap_px)))

    def _with(self, old: Rect, new: Rect) -> "Zones":
        return replace(self, above=new) if old is self.above else replace(self, below=new)


def zones_of(canvas_px: tuple[int, int], *, area: SafeArea, captions_px: tuple[float, float] | None) -> Zones:
    """Return the room that the safe area and the captions (their upper and lower edge, if there are any) leave."""
    width_px, height_px = canvas_px
    unit = min(canvas_px) / BASE_SHORT_SIDE_PX
    safe = Rect(area.left * width_px, area.top * height_px, (1 - area.right) * width_px, (1 - area.bottom) * height_px)
    upper_px, lower_px = captions_px or (safe.bottom_px, safe.bottom_px)
    gap_px = _GAP * unit if captions_px else 0
    return Zones(
        above=replace(safe, bottom_px=min(safe.bottom_px, max(safe.top_px, upper_px - gap_px))),
        below=replace(safe, top_px=max(safe.top_px, min(safe.bottom_px, lower_px + gap_px))),
        unit=unit,
    )


def centered(room: Rect, canvas_width_px: int) -> Rect:
    """Return the part of a room that is centred on the canvas."""
    margin_px = max(room.left_px, canvas_width_px - room.right_px)
    return replace(room, left_px=margin_px, right_px=canvas_width_px - margin_px)
