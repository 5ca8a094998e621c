"""What the platform that a short goes to, and the machine that encodes it, change about how it is encoded."""

from collections.abc import Callable, Mapping
from pathlib import Path

from blocks.settings import get_settings
from engines import platforms
from engines.errors import LimitPassed, ShortTooLong
from engines.timebase import frame_to_ms
from engines.visuals.hardware import HARDWARE, working_encoder
from models.audio import MasterTarget
from models.encoding import SOFTWARE, VideoSettings
from models.platforms import PlatformLimits
from models.report import Video
from models.spec import ShortSpec
from models.timeline import Timeline
from tasks.cut_inputs import FileKey
from tasks.cuts import MAIN, Cut, Cuts
from tasks.library import ASSETS_DIR
from tasks.sound import loudness_of

PLATFORMS_FILE = ASSETS_DIR / "platforms.toml"
_CODECS = {encoder: codec for codec, encoder in SOFTWARE.items()}


def known_platforms() -> dict[str, PlatformLimits]:
    """Return the limits of every platform, by the user's own file or ours. Raises PresetInvalid."""
    return platforms.load_platforms(_files())


def on_hardware(cuts: Cuts) -> tuple[Cuts, tuple[str, ...]]:
    """Return the cuts with the encoders of this machine's graphics card, where that is wanted and works, and notes."""
    if not cuts[MAIN].spec.export.hardware:
        return cuts, ()
    notes: dict[str, None] = {}

    def moved(settings: VideoSettings) -> VideoSettings:
        candidates = HARDWARE[_CODECS[settings.encoder]]
        if found := working_encoder(settings, candidates):
            return settings.model_copy(update={"encoder": found})
        notes[f"{settings.encoder} encoded in software: none of {', '.join(candidates)} works on this machine"] = None
        return settings

    return _changed(cuts, moved), tuple(notes)


def check_kinds(cuts: Cuts) -> None:
    """Raise PlatformUnknown, or LimitPassed for a main video that its platform does not take."""
    spec = cuts[MAIN].spec
    if name := spec.export.platform:
        limits = platforms.limits_of(name, _files())
        platforms.check_kind(name, limits, shape=spec.canvas.preset, video=spec.export.video)


def within_limits(cuts: Cuts, timeline: Timeline) -> Cuts:
    """Return the cuts with the bitrate and the kind of MP4 that their platform allows.

    Raises LimitPassed for a short of another length.
    """
    name, duration_ms = cuts[MAIN].spec.export.platform, frame_to_ms(timeline.frame_count, timeline.fps)
    _check_total(cuts, duration_ms)
    if name is None:
        return cuts
    limits = platforms.limits_of(name, _files())
    platforms.check_length(name, limits, duration_ms=duration_ms)
    highest = platforms.highest_kbps(name, limits, duration_ms=duration_ms)
    limited = _changed(cuts, lambda settings: settings.model_copy(update={"max_kbps": highest}))
    return limited if limits.edit_lists else _without_edit_lists(limited)


def master_target(spec: ShortSpec) -> MasterTarget:
    """Return what the master should be: as loud as the spec wants, at a bitrate that its platform takes."""
    target = MasterTarget.model_validate(loudness_of(spec).model_dump())
    if (name := spec.export.platform) is None:
        return target
    kbps = platforms.audio_kbps(platforms.limits_of(name, _files()), usual=target.kbps)
    return target.model_copy(update={"kbps": kbps})


def check_sizes(cuts: Cuts, videos: Mapping[FileKey, Video]) -> tuple[str, ...]:
    """Return a note for each finished file beside the main video that is larger than the platform takes.

    Raises LimitPassed where the main video is: it was to go there, and nothing of it is published. Its frames, encoded
    within the platform's bitrate, seldom make such a file, but lossless ones do, and encoders that keep limits loosely.
    """
    name, notes = cuts[MAIN].spec.export.platform, []
    if name is None:
        return ()
    limits, main = platforms.limits_of(name, _files()), cuts[MAIN].renditions[0].file
    for (cut, file), video in videos.items():
        try:
            platforms.check_size(name, limits, file=f"{cut}/{file}" if cut else file, size=video.blob.size)
        except LimitPassed as passed:
            if (cut, file) == (MAIN, main):
                raise
            notes.append(str(passed))
    return tuple(notes)


def _check_total(cuts: Cuts, duration_ms: int) -> None:
    """Raise ShortTooLong for more to encode than the operator allows, of which a few lines of a spec can ask days."""
    files, limit_ms = sum(len(cut.renditions) for cut in cuts.values()), get_settings().max_short_ms
    if duration_ms * files > limit_ms:
        raise ShortTooLong(total_ms=duration_ms * files, files=files, limit_ms=limit_ms)


def _changed(cuts: Cuts, change: Callable[[VideoSettings], VideoSettings]) -> dict[str, Cut]:
    return {
        name: cut._replace(renditions=tuple(each._replace(settings=change(each.settings)) for each in cut.renditions))
        for name, cut in cuts.items()
    }


def _without_edit_lists(cuts: Cuts) -> dict[str, Cut]:
    return {
        name: cut._replace(renditions=tuple(each._replace(edit_lists=False) for each in cut.renditions))
        for name, cut in cuts.items()
    }


def _files() -> list[Path]:
    own = get_settings().presets.expanduser() / PLATFORMS_FILE.name
    return [file for file in (own, PLATFORMS_FILE) if file.is_file()]
