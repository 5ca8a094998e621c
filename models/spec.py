"""The spec: what a user asks for. Flat, strict, and the source of the JSON Schema and of the run form."""

from typing import Annotated, Self

from pydantic import Field, HttpUrl, model_validator

from models.addresses import SourceAddress, VisualAddress
from models.base import BlankIsNone, Model, Shown, plain_schema, without_nulls
from models.brand import BRAND_PATTERN
from models.canvas import Canvas, Quality
from models.caption_settings import LANGUAGE_PATTERN, Captions
from models.destination import Destination, Overwrite
from models.export import Export
from models.graphics import OverlaySettings, Poster
from models.scene import Scene
from models.soundtrack import Music, Sound
from models.variant import Variant
from models.voice import ScriptText, Voice


class ShortSpec(Model):
    """One short video, as its author describes it."""

    title: Annotated[str, Shown] = Field(
        min_length=1, max_length=120, pattern=r"\S", title="Title", description="Names the files and the poster"
    )
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
        default=(), max_length=20, title="Variants", description="The same short in other shapes or with other captions"
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
    destination: Annotated[Destination | None, BlankIsNone] = Field(
        json_schema_extra=plain_schema,
        default=None,
        title="Destination",
        description="Folder or URL to publish to, such as s3://bucket/{date}/{slug}; without {slug} the name is added",
    )
    overwrite: Overwrite = Field(
        default=Overwrite.AUTO,
        title="Overwrite",
        description="What a render of another spec may replace there: nothing, what has the same title, or everything; "
        "auto is title in a folder, never at a URL",
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
            raise ValueError("`voice_over` is split by each scene's `narration`, and there is none")
        return self

    @model_validator(mode="after")
    def _scenes_or_script(self) -> Self:
        if not self.scenes and not self.script.strip():
            raise ValueError("give either `scenes` or `script`: there is nothing in both")
        if self.scenes and self.script.strip():
            raise ValueError("give either `scenes` or `script`, and not both")
        if self.visuals and self.scenes:
            raise ValueError("`visuals` goes with `script`; a scene names its own `visual`")
        return self
