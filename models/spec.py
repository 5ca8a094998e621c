"""The spec: what a user asks for. Flat, strict, and the source of the JSON Schema and of the run form."""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self

from pydantic import AfterValidator, Field, HttpUrl, model_validator

from models.addresses import SourceAddress, VisualAddress
from models.base import BlankIsNone, Model, plain_schema, without_nulls
from models.brand import BRAND_PATTERN
from models.caption_settings import LANGUAGE_PATTERN, Captions, Translation
from models.export import Export
from models.graphics import OverlaySettings, Poster
from models.voice import NarrationText, ScriptText, Voice

EffectName = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]


class Quality(StrEnum):
    """How much time the encoder may take."""

    PREVIEW = "preview"
    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"
    LOSSLESS = "lossless"


class CanvasPreset(StrEnum):
    """The shape of the picture."""

    VERTICAL = "vertical"
    SQUARE = "square"
    WIDE = "wide"


class Fit(StrEnum):
    """How a picture of another shape fills the canvas."""

    COVER = "cover"
    CONTAIN = "contain"


class MotionName(StrEnum):
    """How the crop window moves over a picture."""

    AUTO = "auto"
    NONE = "none"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    PAN_UP = "pan_up"
    PAN_DOWN = "pan_down"
    DRIFT = "drift"
    PUNCH_IN = "punch_in"


class Easing(StrEnum):
    """How a move gathers speed and loses it."""

    AUTO = "auto"
    LINEAR = "linear"
    EASE_IN = "ease_in"
    EASE_OUT = "ease_out"
    EASE_IN_OUT = "ease_in_out"


class Focus(StrEnum):
    """What a crop keeps and a zoom goes to."""

    AUTO = "auto"
    CENTER = "center"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"


class TransitionName(StrEnum):
    """How a scene takes over from the one before; but for `cut`, each is an effect that `neuroshorts effects` lists."""

    CUT = "cut"
    FADE = "fade"
    DIP = "dip"
    DIP_WHITE = "dip_white"
    SLIDE = "slide"
    SLIDE_RIGHT = "slide_right"
    SLIDE_UP = "slide_up"
    SLIDE_DOWN = "slide_down"
    WIPE = "wipe"
    WIPE_RIGHT = "wipe_right"
    WIPE_UP = "wipe_up"
    WIPE_DOWN = "wipe_down"
    ZOOM = "zoom"
    ZOOM_OUT = "zoom_out"
    WHIP = "whip"
    WHIP_RIGHT = "whip_right"


class Music(Model):
    """What plays under the voice."""

    track: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Track",
        description="Audio source, such as assets:music/ambient; empty for none, or for one of the mood",
    )
    mood: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=40,
        title="Mood",
        description="Picks a track, such as calm or moving; `neuroshorts music` lists the moods",
    )
    gain_db: float = Field(
        default=-14.0,
        ge=-60,
        le=12,
        title="Gain (dB)",
        description="Level in the gaps, relative to the voice",
    )
    duck: bool = Field(default=True, title="Duck", description="Lower the music while the voice speaks")
    duck_db: float = Field(
        default=12.0, ge=0, le=40, title="Ducking (dB)", description="How far down while the voice speaks"
    )
    fade_in_ms: int = Field(default=400, ge=0, le=10_000, title="Fade-in (ms)", description="At the short's start")
    fade_out_ms: int = Field(default=1500, ge=0, le=20_000, title="Fade-out (ms)", description="At the short's end")


class CleanVoice(StrEnum):
    """Which voices are cleaned up."""

    NEVER = "never"
    RECORDINGS = "recordings"
    ALWAYS = "always"


class Sound(Model):
    """Sound effects, and how the master is made."""

    loudness: str = Field(
        default="social",
        max_length=40,
        title="Loudness",
        description="Of a platform in assets/loudness.toml, such as social (-14 LUFS) or podcast (-16 LUFS)",
    )
    clean_voice: CleanVoice = Field(
        default=CleanVoice.RECORDINGS,
        title="Clean up the voice",
        description="Rumble removed, evened out, sharp s softened: in your own recordings, always or never",
    )
    transition_sounds: bool = Field(
        default=False, title="Transition sounds", description="A whoosh with each transition, as suits its kind"
    )
    transition_sound: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Transition sound",
        description="One sound effect for all transitions, such as assets:sounds/whip",
    )
    effects_gain_db: float = Field(
        default=-8.0, ge=-60, le=12, title="Effects (dB)", description="Level of sound effects, relative to the voice"
    )


LONGEST_CLIP_MS = 24 * 3_600_000
CANVAS_SIZES: dict[CanvasPreset, tuple[int, int]] = {
    CanvasPreset.VERTICAL: (1080, 1920),
    CanvasPreset.SQUARE: (1080, 1080),
    CanvasPreset.WIDE: (1920, 1080),
}
FRAME_RATES: dict[float, Fraction] = {
    23.976: Fraction(24000, 1001),
    24: Fraction(24),
    25: Fraction(25),
    29.97: Fraction(30000, 1001),
    30: Fraction(30),
    50: Fraction(50),
    59.94: Fraction(60000, 1001),
    60: Fraction(60),
}


def _known_rate(value: float) -> float:
    if value not in FRAME_RATES:
        raise ValueError(f"should be one of {', '.join(f'{rate:g}' for rate in FRAME_RATES)}")
    return value


FrameRate = Annotated[float, AfterValidator(_known_rate), Field(json_schema_extra={"enum": list(FRAME_RATES)})]


class Canvas(Model):
    """The picture's shape and frame rate."""

    preset: CanvasPreset = Field(
        default=CanvasPreset.VERTICAL,
        title="Shape",
        description="vertical 1080x1920, square 1080x1080, wide 1920x1080; a draft has half of that, a preview a third",
    )
    fps: FrameRate = Field(default=30, title="Frames per second", description="23.976 to 60; exact NTSC rates")


def plain_word(text: str) -> str:
    """Return a word as two spellings of it are compared: without punctuation, in lower case."""
    return re.sub(r"[\W_]+", "", text).casefold()


class Scene(Model):
    """One line of narration over one picture or clip."""

    narration: NarrationText = Field(
        default="",
        max_length=2000,
        title="Narration",
        description="What the voice says, with *emphasis* and [pause 400ms]; empty for a silent scene",
    )
    visual: VisualAddress = Field(
        title="Visual",
        description="A path, https://…, s3://…, assets:NAME, color:#RRGGBB, stock:QUERY or image:PROMPT",
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
            raise ValueError("a silent scene needs `min_duration_ms`, or a clip trimmed with `end_ms`")
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


class Variant(Model):
    """The same short once more, in another shape or with captions in another language."""

    name: str = Field(
        default="",
        max_length=40,
        pattern=r"^[a-z0-9]*(-[a-z0-9]+)*$",
        title="Name",
        description="Of its folder below the main short's; empty for one that tells what is different",
    )
    shape: Annotated[CanvasPreset | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Shape",
        description="vertical, square or wide; empty for the main short's",
    )
    captions_language: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        pattern=LANGUAGE_PATTERN,
        title="Captions' language",
        description="As captions.language; empty for the main short's",
    )
    captions_source: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Captions' source",
        description="As captions.source; empty for the main short's, or for none where captions_language is given",
    )


class ShortSpec(Model):
    """One short video, as its author describes it."""

    title: str = Field(min_length=1, max_length=120, title="Title", description="Names the files and the poster")
    script: ScriptText = Field(
        default="",
        max_length=20_000,
        title="Script",
        description="What the voice says, as plain text: it splits itself into scenes",
    )
    visuals: tuple[VisualAddress, ...] = Field(
        default=(), max_length=200, title="Visuals", description="Shown in turn behind the scenes of `script`"
    )
    scenes: tuple[Scene, ...] = Field(
        default=(), max_length=200, title="Scenes", description="In order; or give `script` instead"
    )
    quality: Quality = Field(default=Quality.STANDARD, title="Quality")
    language: str = Field(
        default="en-US", pattern=LANGUAGE_PATTERN, title="Language", description="BCP 47 tag of the narration"
    )
    voice: Voice = Field(default=Voice(), title="Voice")
    voice_over: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Voice-over",
        description="One recording of all narrations in order, split over the scenes; a scene's own goes first",
    )
    music: Music = Field(default=Music(), title="Music")
    sound: Sound = Field(default=Sound(), title="Sound")
    captions: Captions = Field(default=Captions(), title="Captions", json_schema_extra=without_nulls)
    canvas: Canvas = Field(default=Canvas(), title="Canvas")
    export: Export = Field(default=Export(), title="Export")
    variants: tuple[Variant, ...] = Field(
        default=(), max_length=20, title="Variants", description="The same short in other shapes"
    )
    overlays: OverlaySettings = Field(default=OverlaySettings(), title="Overlays")
    poster: Poster = Field(default=Poster(), title="Poster")
    brand: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=64,
        pattern=BRAND_PATTERN,
        title="Brand kit",
        description="Name of a saved kit, whose colours, fonts, logo, intro, outro and music are used",
    )
    intro: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Intro",
        description="A clip, or a picture for 2.5 s, before the first scene",
    )
    outro: Annotated[SourceAddress | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Outro",
        description="A clip, or a picture for 2.5 s, after the last scene",
    )
    destination: Annotated[str | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        max_length=1024,
        title="Destination",
        description="Folder or s3://bucket/prefix to publish to",
    )
    callback_url: Annotated[HttpUrl | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Callback URL",
        description="Gets a JSON POST when the render ends",
    )

    @model_validator(mode="after")
    def _recording_has_texts(self) -> Self:
        if self.voice_over and self.scenes and not any(s.narration.strip() and not s.voice_over for s in self.scenes):
            raise ValueError("`voice_over` is split by the scenes' narrations, and there are none")
        return self

    @model_validator(mode="after")
    def _scenes_or_script(self) -> Self:
        if bool(self.scenes) == bool(self.script.strip()):
            raise ValueError("give either `scenes` or `script`, and not both")
        if self.visuals and self.scenes:
            raise ValueError("`visuals` goes with `script`; a scene names its own `visual`")
        return self
