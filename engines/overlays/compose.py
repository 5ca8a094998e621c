"""Everything that one scene carries over its picture, in the order in which it takes its room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engines.overlays.ass import Mark, Span, merge
from engines.overlays.lower_third import lower_third
from engines.overlays.marks import PlacedLogo, end_card, watermark
from engines.overlays.progress import progress_bar
from engines.overlays.titles import hook, title_card
from engines.overlays.zones import Zones, zones_of
from engines.subtitles.fonts import FontStack
from engines.subtitles.pictures import Spot
from models.captions import SafeArea
from models.graphics import Corner, Look, OverlaySettings, ProgressBar, SceneRole, StagedScene

_FADE_MS = 220
_LOWER_THIRD_DELAY_MS = 250
_SHORTEST_MS, _READABLE_MS = 500, 1800
_ALWAYS_MS = 3_600_000  # later than any scene ends, so that what stays does not depend on when that is


@dataclass(frozen=True)
class Design:
    """What the scenes of a short share. Sizes are of the logo as watermark and on the end card; None without one."""

    settings: OverlaySettings
    look: Look
    fonts: FontStack
    canvas_px: tuple[int, int]
    area: SafeArea
    captions_px: tuple[float, float] | None
    watermark_px: tuple[int, int] | None = None
    card_logo_px: tuple[int, int] | None = None


class Drawn(NamedTuple):
    """What a scene carries: ASS events over its captions, the pictures of their emoji, and where its logo goes."""

    events: tuple[str, ...] = ()
    emoji: tuple[Spot, ...] = ()
    logo: PlacedLogo | None = None

    @classmethod
    def of(cls, marks: Sequence[Mark], logo: PlacedLogo | None) -> "Drawn":
        """Tell what is drawn by libass from what is laid over it."""
        events = tuple(mark for mark in marks if isinstance(mark, str))
        return cls(events, tuple(mark for mark in marks if isinstance(mark, Spot)), logo)

    def script(self, captions: str | None, design: Design) -> str:
        """Return an ASS script with these events and the scene's captions, if it has any."""
        font = design.fonts.primary.ass_name
        return merge(captions, events=self.events, font=font, canvas_px=design.canvas_px)


def draw_scene(scene: StagedScene, staged: tuple[StagedScene, ...], design: Design) -> Drawn:
    """Return what `scene`, one of `staged`, carries. Raises OverlayTooLong, GlyphsMissing."""
    if scene.role is SceneRole.END_CARD:
        return _end_card(design)
    if scene.role is not SceneRole.CONTENT:
        return Drawn()
    content = [other for other in staged if other.role is SceneRole.CONTENT]
    zones = zones_of(design.canvas_px, area=design.area, captions_px=design.captions_px)
    marks, logo, zones = _marks(scene, content, zones, design)
    thirds, zones = _lower_third(scene, content, zones, design)
    titles = _titles(scene, content[0], zones, design)
    return Drawn.of([*marks, *thirds, *titles], logo)


def _marks(
    scene: StagedScene, content: list[StagedScene], zones: Zones, design: Design
) -> tuple[list[Mark], PlacedLogo | None, Zones]:
    marks: list[Mark] = []
    logo = None
    settings = design.settings
    if settings.progress_bar is not ProgressBar.NONE:
        whole_ms = sum(other.duration_ms for other in content)
        begun_ms = scene.start_ms - content[0].start_ms
        bar, zones = progress_bar(
            settings.progress_bar,
            zones,
            canvas_width_px=design.canvas_px[0],
            look=design.look,
            place=(content.index(scene), len(content)),
            reached=(begun_ms / whole_ms, (begun_ms + scene.duration_ms) / whole_ms),
            duration_ms=scene.duration_ms,
        )
        marks += bar
    if settings.watermark is not Corner.NONE:
        lines, logo, zones = watermark(
            settings,
            _watermark_span(scene, content, settings.watermark_fade_ms),
            zones,
            logo_px=design.watermark_px,
            fonts=design.fonts,
            look=design.look,
        )
        marks += lines
    return marks, logo, zones


def _watermark_span(scene: StagedScene, content: list[StagedScene], fade_ms: int) -> Span:
    """Return when a scene has its watermark: always, fading in the first scene and in the last one only."""
    fades_out = fade_ms and scene is content[-1]
    return Span(
        start_ms=0,
        end_ms=scene.duration_ms if fades_out else _ALWAYS_MS,
        fade_in_ms=min(fade_ms, scene.duration_ms // 2) if scene is content[0] else 0,
        fade_out_ms=min(fade_ms, scene.duration_ms // 2) if fades_out else 0,
    )


def _lower_third(
    scene: StagedScene, content: list[StagedScene], zones: Zones, design: Design
) -> tuple[list[Mark], Zones]:
    general = design.settings.lower_third if scene is content[0] else ""
    text = scene.lower_third.strip() or general.strip()
    if not text:
        return [], zones
    start_ms = _lower_third_start_ms(scene, content[0], design.settings)
    end_ms = start_ms + design.settings.lower_third_ms
    field = f"scenes.{scene.number - 1}.lower_third" if scene.lower_third.strip() else "overlays.lower_third"
    span = Span(start_ms, end_ms, fade_out_ms=_FADE_MS) if end_ms < scene.duration_ms else Span(start_ms, _ALWAYS_MS)
    return lower_third(text, span, zones, fonts=design.fonts, look=design.look, field=field)


def _lower_third_start_ms(scene: StagedScene, first: StagedScene, settings: OverlaySettings) -> int:
    """Return when a lower third comes: early, but after the title card if the scene is long enough for both."""
    card_ms = settings.title_card_ms if settings.title_card.strip() else 0
    after_card_ms = card_ms - (scene.start_ms - first.start_ms) + _LOWER_THIRD_DELAY_MS
    early_ms = scene.transition_ms + _LOWER_THIRD_DELAY_MS
    if after_card_ms > early_ms and scene.duration_ms - after_card_ms >= _READABLE_MS:
        return after_card_ms
    return early_ms if scene.duration_ms - early_ms >= _SHORTEST_MS else 0


def _titles(scene: StagedScene, first: StagedScene, zones: Zones, design: Design) -> list[Mark]:
    settings, begun_ms = design.settings, scene.start_ms - first.start_ms
    card_end_ms = settings.title_card_ms if settings.title_card.strip() else 0
    hook_end_ms = card_end_ms + settings.hook_ms if settings.hook_ms else _ALWAYS_MS
    card = _within(scene, -begun_ms, card_end_ms - begun_ms)
    after = _within(scene, card_end_ms - begun_ms, hook_end_ms - begun_ms)
    marks: list[Mark] = []
    for text, span, draw in ((settings.title_card, card, title_card), (settings.hook, after, hook)):
        if text.strip() and span.is_seen:
            marks += draw(text, span, zones, canvas_px=design.canvas_px, fonts=design.fonts, look=design.look)
    return marks


def _within(scene: StagedScene, start_ms: int, end_ms: int) -> Span:
    """Return the part of a span that falls into a scene; it fades only where it begins or ends inside.

    What is there at the scene's first frame does not fade in: the first frame of a short is its face in a feed.
    """
    ends_inside = end_ms < scene.duration_ms
    if start_ms >= scene.duration_ms:
        return Span(0, 0)
    return Span(
        start_ms=max(0, start_ms),
        end_ms=max(0, end_ms) if ends_inside else _ALWAYS_MS,
        fade_in_ms=_FADE_MS if start_ms > 0 else 0,
        fade_out_ms=_FADE_MS if ends_inside else 0,
    )


def _end_card(design: Design) -> Drawn:
    marks, logo = end_card(
        design.settings,
        canvas_px=design.canvas_px,
        area=design.area,
        logo_px=design.card_logo_px,
        fonts=design.fonts,
        look=design.look,
    )
    return Drawn.of(marks, logo)
