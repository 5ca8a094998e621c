"""The assets that come with the software: fonts, presets and safe areas."""

import hashlib
from functools import cache
from pathlib import Path

ASSETS_DIR = Path(__file__).resolve().parent.parent / "assets"
FONTS_DIR = ASSETS_DIR / "fonts"
PRESETS_DIR = ASSETS_DIR / "presets"
CAPTION_PRESETS_DIR = PRESETS_DIR / "captions"
SAFE_AREAS_FILE = ASSETS_DIR / "safe_areas.toml"
TITLE_FONT = FONTS_DIR / "Montserrat-ExtraBold.ttf"


@cache
def library_version() -> str:
    """Return a hash of what captions are drawn with, so that a changed font or preset is a changed input."""
    digest = hashlib.sha256()
    for path in sorted([*FONTS_DIR.glob("*.?tf"), *PRESETS_DIR.rglob("*.toml"), SAFE_AREAS_FILE]):
        digest.update(f"{path.relative_to(ASSETS_DIR)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
