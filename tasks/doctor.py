"""Check what a render needs on this machine."""

import hashlib
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import features

from blocks.picture_library import read_library
from blocks.server_choice import configured_api_url
from blocks.server_state import default_home, read_state
from blocks.settings import get_settings
from engines import ffmpeg
from engines.audio.espeak import synthesize
from engines.errors import NeuroShortsError
from engines.shaping import can_shape
from models.voice import Voice
from tasks.library import ASSETS_DIR, MANIFEST

LEAST_FREE_BYTES = 2 << 30
FILTERS = ("ass", "setparams", "scale", "crop", "fps", "ebur128")
ENCODERS = ("libx264", "aac")
_REINSTALL = "install NeuroShorts again: its files are not as they were shipped"


class Finding(NamedTuple):
    """One checked thing; `mend` says what to do when it is not ok."""

    subject: str
    ok: bool
    detail: str
    mend: str = ""


def check_all() -> list[Finding]:
    """Return one finding per thing a render needs."""
    return [
        _ffmpeg(),
        _parts("filters", FILTERS),
        _parts("encoders", ENCODERS),
        _leash(),
        _shaping(),
        _assets(),
        _voice(),
        _disk(),
        _stock(),
        _api(),
    ]


def _ffmpeg() -> Finding:
    mend = "install imageio-ffmpeg again, or let IMAGEIO_FFMPEG_EXE name an ffmpeg that runs"
    try:
        return Finding("ffmpeg", True, f"{ffmpeg.version()} at {ffmpeg.executable()}")
    except (OSError, RuntimeError) as error:
        return Finding("ffmpeg", False, str(error), mend)


def _leash() -> Finding:
    if ffmpeg.is_leashed() or sys.platform != "linux":
        return Finding(
            "setpriv", True, "ends ffmpeg with a render that is killed" if ffmpeg.is_leashed() else "no need"
        )
    return Finding("setpriv", False, "an ffmpeg may outlive a render that is killed", "install util-linux")


def _parts(kind: str, needed: tuple[str, ...]) -> Finding:
    mend = "use an ffmpeg with them: unset IMAGEIO_FFMPEG_EXE, or let it name a full build"
    try:
        missing = [name for name in needed if name not in ffmpeg.capabilities(kind)]
    except (OSError, RuntimeError) as error:
        return Finding(f"ffmpeg {kind}", False, str(error), mend)
    detail = f"missing: {', '.join(missing)}" if missing else ", ".join(needed)
    return Finding(f"ffmpeg {kind}", not missing, detail, mend)


def _shaping() -> Finding:
    if can_shape():
        return Finding("text shaping", True, f"by FriBidi {features.version('fribidi')} and HarfBuzz")
    detail = "no FriBidi: Arabic, Hebrew and Indic text is refused"
    return Finding("text shaping", False, detail, "install the system's FriBidi (Debian: libfribidi0)")


def _assets() -> Finding:
    try:
        listed: list[dict[str, Any]] = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["asset"]
    except (OSError, ValueError, KeyError) as error:
        return Finding("assets", False, str(error), _REINSTALL)
    wrong = [row["path"] for row in listed if _sha256(ASSETS_DIR / row["path"]) != row["sha256"]]
    detail = f"not as shipped: {', '.join(wrong)}" if wrong else f"{len(listed)} fonts, tracks and pictures"
    return Finding("assets", not wrong, detail, _REINSTALL)


def _sha256(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _voice() -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        try:
            speech = synthesize("Hello.", voice=Voice(), language="en-US", output=Path(folder, "hello.wav"))
        except (OSError, NeuroShortsError) as error:
            return Finding("voice", False, str(error), "install espeakng-loader again")
    return Finding("voice", True, f"espeak says hello in {speech.duration_ms} ms")


def _disk() -> Finding:
    folder = get_settings().store.removeprefix("file://")
    if "://" in folder:
        return Finding("store", True, folder)
    path = Path(folder).expanduser()
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    mend = "free some space, or let NEUROSHORTS_STORE name a folder on another disk"
    return Finding("store", free > LEAST_FREE_BYTES, f"{folder}, {free / 1e9:.1f} GB free", mend)


def _stock() -> Finding:
    settings = get_settings()
    mend = "let NEUROSHORTS_STOCK_LIBRARY name a folder or bucket that can be read, or unset it"
    try:
        files = read_library(settings).files
    except NeuroShortsError as error:
        return Finding("stock", False, str(error), mend)
    keys = (("Pexels", settings.pexels_api_key), ("Pixabay", settings.pixabay_api_key))
    told = [f"{name} key {'set' if key else 'not set (may be in a Secret block)'}" for name, key in keys]
    return Finding("stock", True, ", ".join([f"{len(files)} files of your own", *told]))


def _api() -> Finding:
    configured = configured_api_url()
    if configured is None:
        state = read_state(default_home())
        if state is None:
            return Finding("Prefect API", True, "none configured; the first render starts a local server")
        configured = state.api_url
    mend = "start that server, or unset PREFECT_API_URL to use a local one"
    try:
        httpx.get(f"{configured}/health", timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        return Finding("Prefect API", False, f"{configured}: {error}", mend)
    return Finding("Prefect API", True, configured)
