"""Captions and subtitles: how words look, which stand together, and when."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from models.base import Model
from models.caption_settings import COLOR_PATTERN, CaptionAnimation, CaptionCase, CaptionPosition
from models.media import Source
from models.timeline import WordTiming


class Box(Model):
    """A rounded box behind text. Lengths as in CaptionStyle."""

    color: str = Field(pattern=COLOR_PATTERN, title="Colour", description="#RRGGBB")
    opacity: float = Field(default=1, gt=0, le=1, title="Opacity")
    radius_px: float = Field(default=14, ge=0, le=100, title="Corner radius")
    padding_px: float = Field(default=12, ge=0, le=80, title="Padding", description="From the text to the box's edge")


class Highlight(Model):
    """How the spoken word stands out."""

    color: str = Field(pattern=COLOR_PATTERN, title="Colour", description="#RRGGBB")
    box: Box | None = Field(default=None, title="Box", description="Behind the spoken word")


class CaptionStyle(Model):
    """The look of captions. Lengths in px are for a canvas whose short side is 1080; they scale with it."""

    font: str = Field(min_length=1, max_length=64, title="Font", description="Family or full name of a font file")
    weight: int = Field(default=700, ge=100, le=900, title="Weight", description="Picks among a family's files")
    size_px: float = Field(gt=0, le=400, title="Size", description="The em: what design tools call the font size")
    line_spacing: float = Field(default=1.2, ge=1, le=3, title="Line spacing", description="Baselines' distance, in em")
    color: str = Field(default="#FFFFFF", pattern=COLOR_PATTERN, title="Text colour")
    highlight: Highlight | None = Field(default=None, title="Spoken word")
    box: Box | None = Field(default=None, title="Box", description="Behind the whole page")
    outline_color: str = Field(default="#000000", pattern=COLOR_PATTERN, title="Outline colour")
    outline_px: float = Field(default=0, ge=0, le=40, title="Outline width")
    shadow_color: str = Field(default="#000000", pattern=COLOR_PATTERN, title="Shadow colour")
    shadow_opacity: float = Field(default=0, ge=0, le=1, title="Shadow opacity", description="0 for no shadow")
    shadow_offset_px: float = Field(default=0, ge=0, le=40, title="Shadow offset", description="Downwards")
    shadow_blur_px: float = Field(default=0, ge=0, le=40, title="Shadow blur")
    max_lines: int = Field(default=2, ge=1, le=3, title="Lines per page")
    max_words: int = Field(default=5, ge=1, le=16, title="Words per page")
    alignment: Literal["left", "center", "right"] = Field(default="center", title="Alignment")
    position: CaptionPosition = Field(default=CaptionPosition.BOTTOM, title="Position")
    shift_percent: float = Field(
        default=0, ge=-50, le=50, title="Shift (%)", description="Down from the position, of the canvas' height"
    )
    case: CaptionCase = Field(default=CaptionCase.WRITTEN, title="Case")
    animation: CaptionAnimation = Field(default=CaptionAnimation.NONE, title="Animation")


class SafeArea(Model):
    """The part of the canvas that no platform covers: margins as fractions of its height and width."""

    top: float = Field(ge=0, lt=0.5)
    right: float = Field(ge=0, lt=0.5)
    bottom: float = Field(ge=0, lt=0.5)
    left: float = Field(ge=0, lt=0.5)

    def union(self, other: "SafeArea") -> "SafeArea":
        """Return the area that is safe in both."""
        return SafeArea(
            top=max(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
            left=max(self.left, other.left),
        )


class WordPart(WordTiming):
    """A part of a word that goes on in the next one, as captions show a word that is too long for a line."""


class Page(Model):
    """Words shown together, and from when to when (ms from the scene's first frame)."""

    lines: tuple[tuple[WordTiming, ...], ...] = Field(min_length=1)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    scale: float = Field(default=1.0, gt=0, le=1, description="Below 1 where a word is wider than the safe area")

    @property
    def words(self) -> tuple[WordTiming, ...]:
        """All words, in the order they are said."""
        return tuple(word for line in self.lines for word in line)


class Cue(Model):
    """One entry of a sidecar file: text shown from `start_ms` to `end_ms`; lines are separated by a newline."""

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    text: str

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end_ms < self.start_ms:
            raise ValueError(f"end_ms ({self.end_ms}) should not be before start_ms ({self.start_ms})")
        return self


class CaptionedScene(Model):
    """What typesetting needs to know of one scene."""

    number: int = Field(ge=0, title="Scene", description="Counted from 1; 0 for an intro")
    words: tuple[WordTiming, ...] = Field(default=(), description="Times from the start of the scene's speech")
    cues: tuple[Cue, ...] | None = Field(
        default=None, description="Shown in place of the words, in order, one at a time; times from the first frame"
    )
    speech_offset_ms: int = Field(default=0, ge=0, description="From the scene's first frame to its speech's start")
    start_ms: int = Field(ge=0, description="Start of the scene in the whole short")
    duration_ms: int = Field(ge=0)


class CaptionTexts(Model):
    """What captions say: `cues`, a subtitle file; else each scene's own text; else what its narration says."""

    language: str = Field(description="BCP 47 tag")
    scenes: tuple[str | None, ...] = Field(description="Of each scene, None for what its narration says")
    cues: Source | None = None


class CaptionPicture(Model):
    """A picture that belongs to a scene's text: a PNG, its upper left corner (even), and when it shows."""

    path: Path
    x_px: int = Field(multiple_of=2)
    y_px: int = Field(multiple_of=2)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0)
    fade_in_ms: int = Field(default=0, ge=0)
    fade_out_ms: int = Field(default=0, ge=0)


class TypesetResult(Model):
    """The files that typesetting wrote."""

    scenes: tuple[Path | None, ...] = Field(description="One .ass per scene; None for a scene without captions")
    pictures: tuple[tuple[CaptionPicture, ...], ...] = Field(description="Of each scene: its colour emoji")
    srt: Path
    vtt: Path
