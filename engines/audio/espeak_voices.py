"""Which voice of espeak-ng is meant: by its name, or the best one for a language."""

import difflib
from collections.abc import Sequence
from functools import cache

from engines.audio import espeak_library
from engines.audio.espeak_library import LibraryVoice
from engines.errors import VoiceUnavailable
from models.audio import VoiceInfo

PROVIDER = "espeak"
DEFAULT_VARIANT = "Reed"  # of the variants that never clip, the one with the roundest tone and a lively melody
_ALIASES = {"iw": "he", "in": "id", "zh-hk": "yue", "zh-mo": "yue", "sh": "hr"}
_GENDERS = {1: "male", 2: "female"}


def choose_voice(name: str, *, language: str) -> str:
    """Return espeak-ng's name of the voice `name`, or of the best one for `language` (BCP 47) if it is empty.

    A name is a voice ("en-gb"), a voice and a variant ("en-gb+f2"), or a variant alone ("+f2").
    Raises VoiceUnavailable, naming near matches.
    """
    base, _, variant = name.partition("+")
    voices = {voice.name.lower(): voice for voice in voices_by_name()}
    if base.strip() and base.strip().lower() not in voices:
        raise VoiceUnavailable(voice=name, reason=_no_match("no such voice", base.strip(), list(voices)))
    chosen = base.strip().lower() or voice_for(language)
    variants = {_variant_name(each).lower(): _variant_name(each) for each in espeak_library.list_variants()}
    if not variant:
        return chosen if base.strip() else f"{chosen}+{DEFAULT_VARIANT}"
    if variant.strip().lower() not in variants:
        reason = _no_match("no such variant", variant.strip(), list(variants.values()))
        raise VoiceUnavailable(voice=name, reason=reason)
    return f"{chosen}+{variants[variant.strip().lower()]}"


def voices(language: str | None = None) -> tuple[VoiceInfo, ...]:
    """Return every voice; with a `language` (BCP 47), its voices and all their variants.

    Raises VoiceUnavailable for a language that nobody speaks.
    """
    if language is None:
        return voices_by_name()
    base = voice_for(language)
    mine = [voice for voice in voices_by_name() if voice.name == base]
    variants = [
        VoiceInfo(
            provider=PROVIDER,
            name=f"{base}+{_variant_name(variant)}",
            language=base,
            gender=_GENDERS.get(variant.gender, "unknown"),
            description=f"{mine[0].description}, {variant.name}",
        )
        for variant in espeak_library.list_variants()
    ]
    return (*mine, *variants)


@cache
def voices_by_name() -> tuple[VoiceInfo, ...]:
    """Return one voice for each language and dialect."""
    found: dict[str, VoiceInfo] = {}
    for voice in espeak_library.list_voices():
        tag = voice.languages[0][1]
        gender = _GENDERS.get(voice.gender, "unknown")
        info = VoiceInfo.model_validate(
            {"provider": PROVIDER, "name": tag, "language": tag, "gender": gender, "description": voice.name.strip()}
        )
        found.setdefault(tag, info)
    return tuple(found.values())


def voice_for(language: str) -> str:
    """Return the voice that speaks `language`: the tag itself, then ever shorter tags, then any dialect of it."""
    wanted = language.lower().replace("_", "-")
    parts = wanted.split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    spoken = [(tag.lower(), rank, voice) for voice in espeak_library.list_voices() for rank, tag in voice.languages]
    for tag in tags:
        alias = _ALIASES.get(tag, tag)
        exact = [(rank, voice) for known, rank, voice in spoken if known == alias]
        if exact:
            return min(exact, key=lambda pair: pair[0])[1].languages[0][1].lower()
    dialects = [voice for known, _, voice in spoken if known.startswith(f"{parts[0]}-")]
    if dialects:
        return dialects[0].languages[0][1].lower()
    known_tags = sorted({known for known, _, _ in spoken})
    raise VoiceUnavailable(voice=language, reason=_no_match("no voice speaks this language", wanted, known_tags))


def _no_match(reason: str, wanted: str, names: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in names}
    near = [by_lower[each] for each in difflib.get_close_matches(wanted.lower(), by_lower, n=4, cutoff=0.5)]
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"{reason}{hint} (`neuroshorts voices` lists them all)"


def _variant_name(variant: LibraryVoice) -> str:
    return variant.identifier.rpartition("/")[2]


def identifier_of(name: str) -> str:
    """Return what espeak-ng loads a chosen voice by: its tags are not unique, its identifiers are."""
    base, plus, variant = name.partition("+")
    found = next(voice for voice in espeak_library.list_voices() if voice.languages[0][1].lower() == base)
    return f"{found.identifier}{plus}{variant}"
