"""A scene: one line of narration over one picture or clip."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.addresses import SourceAddress, VisualAddress
from models.base import BlankIsNone, Model, plain_schema
from models.caption_settings import Translation
from models.picture import Easing, EffectName, Fit, Focus, MotionName, TransitionName
from models.voice import NarrationText

LONGEST_CLIP_MS = 24 * 3_600_000


def plain_word(text: str) -> str:
    """Return a word as two spellings of it are compared: without punctuation, in lower case."""
    return re.sub(r"[\W_]+", "", text).casefold()


class Scene(Model):
    """One line of narration over one picture or clip."""

    narration: NarrationText = Field(
        default="",
        max_length=2000,
        title="Narration",
        description="What the voice says, with `*emphasis*` and `[pause 400ms]`; empty for a silent scene",
    )
    visual: VisualAddress = Field(
        title="Visual",
        description="A path, https://…, s3://…, store://NAME/…, assets:NAME, color:#RRGGBB, stock:QUERY, image:PROMPT",
    )
    start_ms: int = Field(
        default=0, ge=0, le=LONGEST_CLIP_MS, title="Trim start (ms)", description="Where to start in a clip"
    )
    end_ms: Annotated[int | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        gt=0,
        le=LONGEST_CLIP_MS,
        title="Trim end (ms)",
        description="Where to stop in a clip; empty for its end",
    )
    fit: Fit = Field(default=Fit.COVER, title="Fit", description="cover fills the canvas; contain shows all of it")
    focus: Focus = Field(
        default=Focus.AUTO,
        title="Focus",
        description="What a crop keeps and a zoom goes to: auto finds the subject, and follows it through a clip",
    )
    second_visual: Annotated[VisualAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Second visual",
        description="Splits the screen: shown below the visual, or beside it on a wide canvas",
    )
    motion: MotionName = Field(
        default=MotionName.AUTO, title="Motion", description="auto varies from still to still and leaves clips alone"
    )
    easing: Easing = Field(default=Easing.AUTO, title="Easing", description="auto is what suits the motion")
    motion_word: str = Field(
        default="",
        max_length=64,
        title="Motion word",
        description="The word of the narration at which punch_in happens; empty for its longest",
    )
    effects: tuple[EffectName, ...] = Field(
        default=(),
        max_length=8,
        title="Effects",
        description="Looks over the picture: `neuroshorts effects` lists them",
    )
    transition: TransitionName = Field(
        default=TransitionName.CUT, title="Transition", description="How this scene takes over from the one before"
    )
    transition_ms: int = Field(
        default=300,
        ge=40,
        le=2000,
        title="Transition length (ms)",
        description="At most half of either scene is used",
    )
    min_duration_ms: int = Field(
        default=0, ge=0, le=600_000, title="Least duration (ms)", description="The scene lasts at least this long"
    )
    voice_over: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Voice-over",
        description="Your own recording of the narration, in place of the voice",
    )
    sound: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Sound effect",
        description="Audio source, such as assets:sounds/pop; up to 30 s of it",
    )
    sound_at_ms: int = Field(
        default=0, ge=0, le=600_000, title="Sound effect at (ms)", description="From the scene's start"
    )
    caption: str = Field(
        default="", max_length=2000, title="Caption", description="Shown in place of the narration's words"
    )
    translations: tuple[Translation, ...] = Field(
        default=(),
        max_length=40,
        title="Translations",
        description="What the captions say in other languages; captions.language picks one",
    )
    lower_third: str = Field(
        default="", max_length=120, title="Lower third", description="A name, or name | role, shown early in the scene"
    )

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if not (self.narration.strip() or self.voice_over or self.min_duration_ms or self.end_ms):
            raise ValueError("without `narration` or `voice_over` it needs `min_duration_ms`, or a clip's `end_ms`")
        return self

    @model_validator(mode="after")
    def _motion_word_is_said(self) -> Self:
        wanted = plain_word(self.motion_word)
        if self.narration and wanted not in plain_word(self.narration):
            raise ValueError(f"motion_word ({self.motion_word!r}) should be a word of the narration")
        return self

    @model_validator(mode="after")
    def _trim_is_forward(self) -> Self:
        if self.end_ms is not None and self.end_ms <= self.start_ms:
            raise ValueError(f"end_ms ({self.end_ms}) should be greater than start_ms ({self.start_ms})")
        return self
