"""What a spec may lay over its pictures, and how its poster looks."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.addresses import SourceAddress
from models.base import BlankIsNone, Model, plain_schema

COLOR_PATTERN = r"^#[0-9A-Fa-f]{6}$"
Color = Annotated[str | None, BlankIsNone]
LONGEST_OVERLAY_MS = 600_000


class ProgressBar(StrEnum):
    """How a short shows how much of it is over."""

    NONE = "none"
    SEGMENTS = "segments"
    LINE = "line"


class Corner(StrEnum):
    """Where a watermark stands inside the safe area."""

    NONE = "none"
    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"


class PosterLayout(StrEnum):
    """How a poster carries its title."""

    FOOT = "foot"
    BAND = "band"


class OverlaySettings(Model):
    """What is drawn over the pictures besides captions. Empty fields draw nothing, or take the brand's."""

    title_card: str = Field(
        default="", max_length=120, title="Title card", description="Large text over the first scene; empty for none"
    )
    title_card_ms: int = Field(
        default=2500, ge=500, le=LONGEST_OVERLAY_MS, title="Title card for (ms)", description="From the first scene on"
    )
    hook: str = Field(
        default="",
        max_length=120,
        title="Hook",
        description="Boxed text at the top, after a title card; empty for none",
    )
    hook_ms: int = Field(
        default=3000, ge=0, le=LONGEST_OVERLAY_MS, title="Hook for (ms)", description="0 for the whole short"
    )
    lower_third: str = Field(
        default="",
        max_length=120,
        title="Lower third",
        description="A name, or name | role, in the first scene; a scene's own goes before it",
    )
    lower_third_ms: int = Field(
        default=4000, ge=500, le=LONGEST_OVERLAY_MS, title="Lower thirds for (ms)", description="At most, each"
    )
    progress_bar: ProgressBar = Field(
        default=ProgressBar.NONE,
        title="Progress bar",
        description="segments fills one mark after the other, scene by scene; line fills one bar",
    )
    watermark: Corner = Field(
        default=Corner.NONE, title="Watermark", description="Corner for logo and handle; needs one of them"
    )
    watermark_opacity_percent: int = Field(
        default=80, ge=10, le=100, title="Watermark's opacity (%)", description="100 hides what is behind it"
    )
    watermark_fade_ms: int = Field(
        default=0,
        ge=0,
        le=5000,
        title="Watermark's fade (ms)",
        description="In at the first scene's start, out at the last one's end; 0: it is there all the time",
    )
    logo: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Logo",
        description="A picture, best a PNG with transparency, for watermark and end card",
    )
    handle: str = Field(
        default="", max_length=40, title="Handle", description="Such as @channel, for watermark and end card"
    )
    end_card: str = Field(
        default="", max_length=120, title="End card", description="Text of a card after the last scene; empty for none"
    )
    end_card_ms: int = Field(
        default=2500, ge=500, le=30_000, title="End card for (ms)", description="Its length, without a voice"
    )
    font: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=64,
        title="Font",
        description="A family in assets/fonts; empty for Montserrat ExtraBold",
    )
    accent_color: Color = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Accent colour",
        description="#RRGGBB of bars and marks; empty for #FFD400",
    )
    text_color: Color = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Text colour",
        description="#RRGGBB; empty for #FFFFFF",
    )
    panel_color: Color = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Panel colour",
        description="#RRGGBB behind text; empty for #14161C",
    )


class Poster(Model):
    """The picture that stands for the short."""

    layout: PosterLayout = Field(
        default=PosterLayout.FOOT,
        title="Layout",
        description="foot writes over the darkened foot of the picture; band below it on the panel colour",
    )
    title: str = Field(default="", max_length=120, title="Title", description="Empty for the short's")


class SceneRole(StrEnum):
    """What a scene is there for."""

    INTRO = "intro"
    CONTENT = "content"
    OUTRO = "outro"
    END_CARD = "end_card"


class StagedScene(Model):
    """What drawing overlays needs to know of one scene. Times count from the start of the whole short."""

    number: int = Field(ge=0, description="Of the spec's scene, counted from 1; 0 for an intro")
    role: SceneRole = SceneRole.CONTENT
    lower_third: str = ""
    start_ms: int = Field(ge=0)
    duration_ms: int = Field(gt=0)
    transition_ms: int = Field(default=0, ge=0, description="At its head")


class Look(Model):
    """The colours and the font that everything is drawn in, settled, and the language of what is written."""

    font: str = "Montserrat ExtraBold"
    accent_color: str = "#FFD400"
    text_color: str = "#FFFFFF"
    panel_color: str = "#14161C"
    language: str = Field(default="", description="BCP 47 tag, by whose rules long words are hyphenated; empty: never")


def look_of(settings: OverlaySettings, *, language: str = "") -> Look:
    """Return what the settings say, and the defaults where they are silent."""
    said = {name: getattr(settings, name) for name in Look.model_fields if name != "language"}
    return Look(language=language, **{name: value for name, value in said.items() if value is not None})
