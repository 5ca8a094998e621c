"""How loud each platform wants a master: read from a file, so that a platform is added without code."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from engines.errors import LoudnessUnknown, PresetInvalid
from models.audio import LoudnessTarget, PlatformLoudness


def load_targets(path: Path) -> dict[str, PlatformLoudness]:
    """Return the targets by platform. Raises PresetInvalid."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: PlatformLoudness.model_validate(entry) for name, entry in entries.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PresetInvalid(path=str(path), reason=str(error)) from error


def loudness_target(files: Sequence[Path], name: str) -> LoudnessTarget:
    """Return the target of one platform from the first file that knows it. Raises LoudnessUnknown, PresetInvalid."""
    known = [load_targets(path) for path in files]
    for targets in known:
        if target := targets.get(name):
            return LoudnessTarget(integrated_lufs=target.integrated_lufs, true_peak_dbtp=target.true_peak_dbtp)
    raise LoudnessUnknown(name=name, known=", ".join(dict.fromkeys(name for targets in known for name in targets)))
