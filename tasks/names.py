"""What a spec names, looked up before any work, so that every name that there is not is told at once."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from httpx import HTTPError

from engines.audio.espeak_voices import choose_voice
from engines.errors import LimitPassed, NeuroShortsError, SpecInvalid, SpecMistake, VoiceUnavailable
from engines.subtitles.fonts import find_fonts
from engines.subtitles.presets import NO_CAPTIONS, find_preset
from engines.visuals.catalogue import EffectKind, use_of
from models.caption_settings import Captions
from models.spec import ShortSpec
from models.voice import VoiceProvider
from tasks.brand import branded
from tasks.choices import allowed
from tasks.cuts import cuts_of
from tasks.delivery import check_kinds
from tasks.library import caption_library
from tasks.shots import find_own_effects
from tasks.sound import loudness_of, with_sound

_ANY_WEIGHT = 400


class Mistakes:
    """The mistakes found so far."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    @contextmanager
    def collected(self, field: str = "") -> Generator[None]:
        """Keep a mistake that the block raises, with the field's path where the mistake itself tells none."""
        try:
            yield
        except (SpecMistake, LimitPassed, VoiceUnavailable) as mistake:
            self._problems.append(f"{field}: {mistake}" if field else str(mistake))

    def tell(self) -> None:
        """Raise SpecInvalid if there are any."""
        if self._problems:
            raise SpecInvalid(problems=tuple(self._problems))


def settled(spec: ShortSpec) -> ShortSpec:
    """Return the spec with its brand kit and the track of its mood.

    Raises SpecInvalid with every name that this installation does not know, allow, or find fit for the platform;
    BrandInvalid, LibraryInvalid, PresetInvalid and EffectInvalid for files of the installation that are wrong.
    """
    mistakes = Mistakes()
    for settle in (allowed, branded, with_sound):
        with mistakes.collected():
            spec = settle(spec)
    with mistakes.collected():
        loudness_of(spec)
    with mistakes.collected():
        check_kinds(cuts_of(spec))
    _check_captions(spec.captions, mistakes)
    if spec.overlays.font:
        with mistakes.collected():
            _check_font(spec.overlays.font, field="overlays.font")
    _check_effects(spec, mistakes)
    _check_voices(spec, mistakes)
    mistakes.tell()
    return spec


def told_whole(mistake: SpecInvalid) -> SpecInvalid:
    """Return what is wrong with a spec's fields with the names beside them that there are not."""
    if mistake.sound is None:
        return mistake
    lines = _wrong_names(mistake.sound)
    new = [line for line in lines if not _is_below(line.partition(":")[0], mistake.fields)]
    return SpecInvalid(problems=(*mistake.problems, *new))


def _wrong_names(spec: ShortSpec) -> tuple[str, ...]:
    """Return what `settled` says of a spec. What is wrong with the installation, the render of a right spec tells."""
    try:
        settled(spec)
    except SpecInvalid as mistake:
        return mistake.problems
    except HTTPError:  # nobody answers, or not to us, who could know the brand kit
        return _wrong_names(spec.model_copy(update={"brand": None})) if spec.brand else ()
    except NeuroShortsError:
        return ()
    return ()


def _is_below(field: str, others: Iterable[str]) -> bool:
    """Return whether a field is one of the others, in one of them, or has one of them in it."""
    return any(f"{field}.".startswith(f"{other}.") or f"{other}.".startswith(f"{field}.") for other in others)


def _check_captions(captions: Captions, mistakes: Mistakes) -> None:
    if captions.preset == NO_CAPTIONS:
        return
    with mistakes.collected():
        find_preset(captions.preset, caption_library().presets_dirs)
    if captions.font:
        with mistakes.collected():
            _check_font(captions.font, field="captions.font")


def _check_font(font: str, *, field: str) -> None:
    find_fonts(font, weight=_ANY_WEIGHT, fonts_dirs=caption_library().fonts_dirs, field=field)


def _check_effects(spec: ShortSpec, mistakes: Mistakes) -> None:
    find_own_effects()
    for number, scene in enumerate(spec.scenes):
        for place, name in enumerate(scene.effects):
            with mistakes.collected(f"scenes.{number}.effects.{place}"):
                use_of(name, EffectKind.LOOK)


def _check_voices(spec: ShortSpec, mistakes: Mistakes) -> None:
    """Look up the voices that are here and need no block; what a service has, it tells when it is asked to speak."""
    recorded = spec.voice_over or not any(scene.narration.strip() and not scene.voice_over for scene in spec.scenes)
    if recorded and not spec.script:
        return
    for place, voice in enumerate(spec.voice.chain()):
        if voice.provider is VoiceProvider.ESPEAK and not voice.block:
            field = f"voice.fallback.{place - 1}" if place else "voice.name" if voice.name else "language"
            with mistakes.collected(field):
                choose_voice(voice.name, language=spec.language)
