"""A brand kit: what all shorts of one channel share."""

from typing import Annotated

from pydantic import Field

from models.addresses import SourceAddress
from models.base import BlankIsNone, Model, plain_schema
from models.graphics import COLOR_PATTERN, Color, Corner, PosterLayout, ProgressBar

BRAND_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class BrandKit(Model):
    """Colours, fonts, logo, intro, outro and music. What it leaves out stays as the spec has it."""

    accent_color: Color = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Accent colour",
        description="#RRGGBB of bars and marks, and of the spoken word in captions",
    )
    text_color: Color = Field(
        json_schema_extra=plain_schema, default=None, pattern=COLOR_PATTERN, title="Text colour", description="#RRGGBB"
    )
    panel_color: Color = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Panel colour",
        description="#RRGGBB behind text, and of the end card",
    )
    font: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=64,
        title="Font",
        description="Of titles, lower thirds, cards: a family in assets/fonts",
    )
    caption_font: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=64,
        title="Captions' font",
        description="A family in assets/fonts",
    )
    logo: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema, default=None, title="Logo", description="A picture, best with transparency"
    )
    handle: str = Field(default="", max_length=40, title="Handle", description="Such as @channel")
    watermark: Corner = Field(default=Corner.NONE, title="Watermark", description="Corner for logo and handle")
    progress_bar: ProgressBar = Field(default=ProgressBar.NONE, title="Progress bar")
    end_card: str = Field(default="", max_length=120, title="End card", description="Its text; empty for none")
    intro: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema, default=None, title="Intro", description="A clip or picture before every short"
    )
    outro: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema, default=None, title="Outro", description="A clip or picture after every short"
    )
    music: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema, default=None, title="Music", description="Such as assets:music/ambient"
    )
    poster: PosterLayout = Field(default=PosterLayout.FOOT, title="Poster's layout")
