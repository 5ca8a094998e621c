"""Brand kits: saved once as a Prefect block or as a file, and picked by name."""

import posixpath
import tomllib
from pathlib import Path
from typing import Any

from prefect.blocks.core import Block
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound
from pydantic import Field, ValidationError

from engines.errors import BrandInvalid, BrandUnknown
from models.brand import BrandKit

_SOURCES = ("logo", "intro", "outro", "music")


class Brand(Block):
    """Colours, fonts, logo, intro, outro and music of one channel. Its name is what a spec's `brand` says."""

    _block_type_name = "NeuroShorts Brand Kit"
    _block_type_slug = "neuroshorts-brand"
    _description = "What all shorts of one channel share; a spec picks it by name"

    accent_color: str = Field(default="", title="Accent colour", description="#RRGGBB of bars, marks, spoken words")
    text_color: str = Field(default="", title="Text colour", description="#RRGGBB")
    panel_color: str = Field(default="", title="Panel colour", description="#RRGGBB behind text, and of the end card")
    font: str = Field(default="", title="Font", description="Of titles, lower thirds, cards")
    caption_font: str = Field(default="", title="Captions' font")
    logo: str = Field(default="", title="Logo", description="A path, https://…, s3://… or assets:NAME")
    handle: str = Field(default="", title="Handle", description="Such as @channel")
    watermark: str = Field(default="none", title="Watermark", description="none, or a corner such as top_left")
    progress_bar: str = Field(default="none", title="Progress bar", description="none, segments or line")
    end_card: str = Field(default="", title="End card", description="Its text; empty for none")
    intro: str = Field(default="", title="Intro", description="A clip or picture before every short")
    outro: str = Field(default="", title="Outro", description="A clip or picture after every short")
    music: str = Field(default="", title="Music", description="Such as assets:music/ambient")
    poster: str = Field(default="foot", title="Poster's layout", description="foot or band")


def find_kit(name: str, *, folders: tuple[Path, ...], client: SyncPrefectClient) -> BrandKit:
    """Return the kit in Prefect's block of that name, else in NAME.toml of the first folder that has it.

    Raises BrandUnknown, BrandInvalid.
    """
    try:
        document = client.read_block_document_by_name(name, Brand.get_block_type_slug())
    except ObjectNotFound:
        return read_kit(name, folders=folders)
    return _checked(name, {key: value for key, value in document.data.items() if key in BrandKit.model_fields})


def read_kit(name: str, *, folders: tuple[Path, ...]) -> BrandKit:
    """Return the kit in NAME.toml, its paths relative to the file. Raises BrandUnknown, BrandInvalid."""
    path = next((folder / f"{name}.toml" for folder in folders if (folder / f"{name}.toml").is_file()), None)
    if path is None:
        known = sorted({file.stem for folder in folders for file in folder.glob("*.toml")})
        raise BrandUnknown(brand=name, known=", ".join(known) or "those that you save (there are none yet)")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrandInvalid(brand=name, reason=str(error)) from error
    kit = _checked(name, data)
    return kit.model_copy(update={key: _absolute(getattr(kit, key), path.parent) for key in _SOURCES})


def _checked(name: str, data: dict[str, Any]) -> BrandKit:
    try:
        return BrandKit.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        lines = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in mistakes)
        raise BrandInvalid(brand=name, reason=lines) from error


def _absolute(source: str | None, folder: Path) -> str | None:
    if source is None or ":" in source.split("/")[0]:
        return source
    return posixpath.normpath(folder.absolute() / Path(source).expanduser())
