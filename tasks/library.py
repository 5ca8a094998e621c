"""What captions are made with: fonts, presets and safe areas that come along, and the user's own in front of them."""

import hashlib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from blocks.settings import get_settings
from engines.subtitles.faces import FONT_SUFFIXES, font_files, load_faces
from engines.subtitles.typeset import CaptionLibrary

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
FONTS_DIR = ASSETS_DIR / "fonts"
PRESETS_DIR = ASSETS_DIR / "presets"
LOUDNESS_FILE = ASSETS_DIR / "loudness.toml"
MANIFEST = ASSETS_DIR / "manifest.toml"
SAFE_AREAS_FILE = ASSETS_DIR / "safe_areas.toml"
EMOJI_FILE = ASSETS_DIR / "emoji" / "noto-color-emoji.zip"
BRANDS_DIR = PRESETS_DIR / "brands"
HEADING_WEIGHT = 800
_CAPTIONS = "captions"  # the folder of a preset folder that holds those of captions


def caption_library() -> CaptionLibrary:
    """Return the folders to look in, the user's own first."""
    settings = get_settings()
    own_fonts, own_presets = settings.fonts.expanduser(), settings.presets.expanduser() / _CAPTIONS
    return CaptionLibrary(
        fonts_dirs=tuple(folder for folder in (own_fonts, FONTS_DIR) if folder.is_dir()),
        presets_dirs=tuple(folder for folder in (own_presets, PRESETS_DIR / _CAPTIONS) if folder.is_dir()),
        safe_areas_file=SAFE_AREAS_FILE,
        emoji=EMOJI_FILE,
    )


def fonts_folder(script: Path, *, scratch: Path) -> Path:
    """Return a folder in `scratch` with links to the fonts that an ASS script names.

    libass reads every font of its folder whole, for each process anew.
    """
    text, folder = script.read_text(encoding="utf-8"), scratch / "fonts"
    folder.mkdir(exist_ok=True)
    for number, face in enumerate(load_faces(caption_library().fonts_dirs)):
        link = folder / f"{number}{face.path.suffix}"
        if face.ass_name in text and not link.is_symlink():
            link.symlink_to(face.path.resolve())
    return folder


def library_version() -> str:
    """Return a hash of what captions are drawn with, so that a changed font or preset is a changed input."""
    own = [
        path
        for folder in (get_settings().fonts.expanduser(), get_settings().presets.expanduser() / _CAPTIONS)
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (*FONT_SUFFIXES, ".toml")
    ]
    return _digest([_shipped_version(), *(f"{path.name} {_version_of(path)}" for path in own)])


@cache
def _shipped_version() -> str:
    paths = sorted([*font_files(FONTS_DIR), *PRESETS_DIR.rglob("*.toml"), SAFE_AREAS_FILE, EMOJI_FILE])
    return _digest(f"{path.relative_to(ASSETS_DIR)} {_hash(path)}" for path in paths)


def _version_of(path: Path) -> str:
    status = path.stat()
    return _hash_once(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _hash_once(path: Path, changed_ns: int, size: int) -> str:
    """Return the hash of a file that is read again only when its time of change or its size is another."""
    return _hash(path)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
