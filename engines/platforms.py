"""Platforms' limits: read from a file, so that a platform is added without code, and kept by what is encoded."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from engines.errors import LimitPassed, PlatformUnknown, PresetInvalid
from models.canvas import CanvasPreset
from models.export import VideoFormat
from models.platforms import PlatformLimits

AUDIO_KBPS = 256  # room left for the sound
_CODER_SPILL = 0.985  # the coder of AAC gives up to 1 % more than it is asked for
_HIGHEST_KBPS = 60_000  # what no short of ours comes near: room for more needs no limit
_LOWEST_KBPS = 300
_STEP = 0.8
# An encoder keeps its limit on average over a segment, after a burst at its start: segments join a little above it.
_BURST = 0.75


def load_platforms(files: Sequence[Path]) -> dict[str, PlatformLimits]:
    """Return the limits by platform; the first file that knows one counts. Raises PresetInvalid."""
    known: dict[str, PlatformLimits] = {}
    for path in reversed(files):
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8"))
            known |= {name: PlatformLimits.model_validate(entry, strict=False) for name, entry in entries.items()}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise PresetInvalid(path=str(path), reason=str(error)) from error
    return known


def limits_of(name: str, files: Sequence[Path]) -> PlatformLimits:
    """Return the limits of a platform. Raises PlatformUnknown, PresetInvalid."""
    known = load_platforms(files)
    if name not in known:
        raise PlatformUnknown(name=name, known=", ".join(known))
    return known[name]


def check_kind(name: str, limits: PlatformLimits, *, shape: CanvasPreset, video: VideoFormat) -> None:
    """Raise LimitPassed for a shape, a codec or a container that the platform does not take."""
    if shape not in limits.shapes:
        raise LimitPassed(platform=name, reason=f"it takes {', '.join(limits.shapes)}, and the canvas is {shape}")
    if video.codec not in limits.codecs:
        raise LimitPassed(platform=name, reason=f"it takes {', '.join(limits.codecs)}, and the video is {video.codec}")
    if video.container not in limits.containers:
        taken = ", ".join(limits.containers)
        raise LimitPassed(platform=name, reason=f"it takes {taken}, and the file is {video.container}")


def check_length(name: str, limits: PlatformLimits, *, duration_ms: int) -> None:
    """Raise LimitPassed for a short that is too long or too short for the platform."""
    if duration_ms > limits.longest_ms:
        raise LimitPassed(
            platform=name, reason=f"at most {limits.longest_ms / 1000:g} s, and this is {duration_ms / 1000:.1f} s long"
        )
    if duration_ms < limits.shortest_ms:
        raise LimitPassed(
            platform=name, reason=f"at least {limits.shortest_ms / 1000:g} s, and this is {duration_ms / 1000:.1f} s"
        )


def check_size(name: str, limits: PlatformLimits, *, file: str, size: int) -> None:
    """Raise LimitPassed for a finished file of `size` bytes that is larger than the platform takes."""
    if limits.most_bytes is not None and size > limits.most_bytes:
        raise LimitPassed(
            platform=name,
            reason=f"at most {limits.most_bytes / 1e6:g} MB, and {file} has {size / 1e6:.1f} MB; "
            "a lower `quality` or a shorter script makes it smaller",
        )


def audio_kbps(limits: PlatformLimits, *, usual: int) -> int:
    """Return the bitrate to ask of the encoder of the sound, so that what comes out is within the platform's limit."""
    if limits.most_audio_kbps is None:
        return usual
    return min(int(limits.most_audio_kbps * _CODER_SPILL), usual)


def highest_kbps(name: str, limits: PlatformLimits, *, duration_ms: int) -> int | None:
    """Return the bitrate that the video of a short may reach, so that its file is not too large; None for any.

    Raises LimitPassed for a short that would not be worth looking at.

    It goes down in steps of a fifth, so that a short which grows a little seldom changes how all of it is encoded.
    """
    highest = float(limits.most_kbps or _HIGHEST_KBPS) * _BURST
    if limits.most_bytes is not None:
        room_kbps = limits.most_bytes * 8 / max(duration_ms, 1) - AUDIO_KBPS
        if room_kbps < _LOWEST_KBPS:
            raise LimitPassed(platform=name, reason=f"{duration_ms / 1000:.0f} s do not fit {limits.most_bytes} bytes")
        while highest > room_kbps * _BURST:
            highest *= _STEP
    return None if highest >= _HIGHEST_KBPS * _BURST else int(highest)


def told(limits: PlatformLimits) -> tuple[str, str]:
    """Return a platform's limits in words: what it takes, and how much of it."""
    kinds = f"{', '.join(limits.shapes)}; {', '.join(limits.codecs)} in {', '.join(limits.containers)}"
    shortest = f"{_duration(limits.shortest_ms)} to " if limits.shortest_ms else "up to "
    amounts = [
        shortest + _duration(limits.longest_ms),
        f"{limits.most_bytes / 1e6:g} MB" if limits.most_bytes else "any size",
        f"video of {limits.most_kbps} kbit/s" if limits.most_kbps else "",
        f"sound of {limits.most_audio_kbps} kbit/s" if limits.most_audio_kbps else "",
    ]
    return kinds + ("" if limits.edit_lists else " without edit lists"), ", ".join(filter(None, amounts))


def _duration(duration_ms: int) -> str:
    for unit, length_ms in (("h", 3_600_000), ("min", 60_000)):
        if duration_ms >= length_ms and duration_ms % length_ms == 0:
            return f"{duration_ms // length_ms} {unit}"
    return f"{duration_ms / 1000:g} s"
