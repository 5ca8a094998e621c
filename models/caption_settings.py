"""How a spec says that captions should look; what it leaves empty is its preset's."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from models.addresses import SourceAddress
from models.base import BlankIsNone, Model, plain_schema

LANGUAGE_PATTERN = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
COLOR_PATTERN = r"^#[0-9A-Fa-f]{6}$"


class CaptionPosition(StrEnum):
    """Where captions stand inside the safe area."""

    TOP = "top"
    CENTER = "center"
    BOTTOM = "bottom"


class CaptionCase(StrEnum):
    """In which letters captions are shown."""

    WRITTEN = "written"
    UPPER = "upper"
    LOWER = "lower"


class CaptionAnimation(StrEnum):
    """How captions come in."""

    NONE = "none"
    FADE = "fade"
    RISE = "rise"
    POP = "pop"
    BOUNCE = "bounce"


class SafeAreaName(StrEnum):
    """Whose buttons and texts captions keep clear of."""

    ALL = "all"
    TIKTOK = "tiktok"
    SHORTS = "shorts"
    REELS = "reels"
    PLAIN = "plain"


def _preset_if_blank(value: object) -> object:
    return "preset" if value in (None, "") else value


_BlankIsPreset = BeforeValidator(_preset_if_blank)  # a choice that may be left open needs a value: forms send null
OptionalColor = Annotated[str | None, BlankIsNone]


class Translation(Model):
    """What a scene's captions say in another language."""

    language: str = Field(pattern=LANGUAGE_PATTERN, title="Language", description="BCP 47 tag, such as de or pt-BR")
    text: str = Field(
        min_length=1, max_length=2000, title="Text", description="Shown in place of the narration's words"
    )


class Captions(Model):
    """How the words look on screen. What is left empty is the preset's."""

    preset: str = Field(
        default="karaoke",
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        title="Preset",
        description="karaoke, boxed, pop, one-word, classic, minimal, one of your own, or none to burn no captions",
        examples=["karaoke", "boxed", "pop", "one-word", "classic", "minimal", "none"],
    )
    source: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Source",
        description="Your own subtitles, .srt or .vtt, timed from the start of the video; empty for the narration",
    )
    language: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=LANGUAGE_PATTERN,
        title="Language",
        description="BCP 47 tag of captions in another language than the voice; picks each scene's translation",
    )
    position: Annotated[Literal["preset", "top", "center", "bottom"], _BlankIsPreset] = Field(
        default="preset",
        title="Position",
        description="Inside the safe area, or the preset's",
    )
    shift_percent: float = Field(
        default=0,
        ge=-50,
        le=50,
        title="Shift (%)",
        description="Down from the position (negative: up), of the canvas' height, as far as the safe area reaches",
    )
    safe_area: SafeAreaName = Field(
        default=SafeAreaName.ALL,
        title="Safe area",
        description="Of one platform, of all of them, or plain: small margins where nothing covers the picture",
    )
    font: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=64,
        title="Font",
        description="A family that comes along or lies in your fonts folder; empty for the preset's",
    )
    weight: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=100,
        le=900,
        title="Weight",
        description="Picks the nearest of the family's files, 400 regular to 900 black; empty for the preset's",
    )
    size_percent: int = Field(default=100, ge=50, le=200, title="Size (%)", description="Of the preset's text size")
    color: OptionalColor = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Text colour",
        description="#RRGGBB; empty for the preset's",
    )
    highlight_color: OptionalColor = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Spoken word's colour",
        description="#RRGGBB, of its box in presets that have one; empty for the preset's",
    )
    outline_color: OptionalColor = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Outline colour",
        description="#RRGGBB; empty for the preset's, or black or white where that is too like the text",
    )
    outline_px: Annotated[float | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=0,
        le=40,
        title="Outline width (px)",
        description="On a canvas whose short side is 1080; empty for the preset's",
    )
    shadow_color: OptionalColor = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Shadow colour",
        description="#RRGGBB; empty for the preset's",
    )
    shadow_percent: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=0,
        le=100,
        title="Shadow (%)",
        description="Its opacity, 0 for no shadow; empty for the preset's",
    )
    box_color: OptionalColor = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=COLOR_PATTERN,
        title="Box colour",
        description="#RRGGBB of a box behind the whole page; empty for the preset's",
    )
    box_percent: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=0,
        le=100,
        title="Box (%)",
        description="Its opacity, 0 for no box; empty for the preset's",
    )
    case: Annotated[Literal["preset", "written", "upper", "lower"], _BlankIsPreset] = Field(
        default="preset",
        title="Case",
        description="written, upper, lower, or the preset's",
    )
    uppercase: bool = Field(default=False, title="Upper case", description="The same as case: upper")
    max_words: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=1,
        le=12,
        title="Words per page",
        description="Shown together; empty for the preset's",
    )
    max_lines: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        ge=1,
        le=3,
        title="Lines per page",
        description="Empty for the preset's",
    )
    animation: Annotated[Literal["preset", "none", "fade", "rise", "pop", "bounce"], _BlankIsPreset] = Field(
        default="preset",
        title="Animation",
        description="none, fade or rise (the page), pop (each word springs in as it is said), bounce (the spoken word "
        "swells), or the preset's",
    )

    @model_validator(mode="after")
    def _one_case(self) -> Self:
        if self.uppercase and self.case not in ("preset", "upper"):
            raise ValueError(f"uppercase: true and case: {self.case} contradict each other; give one of them")
        return self
