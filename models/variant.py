"""A variant: the same short once more, in another shape or with captions in another language."""

from typing import Annotated

from pydantic import Field

from models.addresses import SourceAddress
from models.base import BlankIsNone, Model, plain_schema
from models.canvas import CanvasPreset
from models.caption_settings import LANGUAGE_PATTERN


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
