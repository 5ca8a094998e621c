"""The music library: which tracks there are, what mood each has, and the choice of one."""

import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from engines.errors import LibraryInvalid, MoodUnknown
from models.base import Model

INDEX = "library.toml"
_SUFFIXES = frozenset({".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"})
_MOST_TRACKS = 10_000


class LibraryTrack(Model):
    """One track of a library."""

    address: str = Field(title="Address", description="What a spec's music.track takes")
    moods: tuple[str, ...] = Field(default=(), title="Moods", description="In lower case")
    author: str = Field(default="", title="Author")
    licence: str = Field(default="", title="Licence")


def bundled_tracks(manifest: Path) -> tuple[LibraryTrack, ...]:
    """Return the tracks that an asset manifest lists below music/. Raises LibraryInvalid."""
    listed = [asset for asset in _read(manifest).get("asset", ()) if "mood" in asset]
    return tuple(
        LibraryTrack(
            address=f"assets:{asset['name']}",
            moods=_moods(asset["mood"].split(",")),
            author=asset["author"],
            licence=asset["licence"],
        )
        for asset in listed
    )


def transition_sounds(manifest: Path) -> dict[str, str]:
    """Return the address of the sound effect that suits each kind of transition. Raises LibraryInvalid."""
    return {
        transition: f"assets:{asset['name']}"
        for asset in _read(manifest).get("asset", ())
        for transition in asset.get("transitions", ())
    }


def folder_tracks(folder: Path) -> tuple[LibraryTrack, ...]:
    """Return the audio files in a folder and below: moods from `library.toml`, else from the names of their folders.

    Raises LibraryInvalid for an index that is not as it should be, or that names what is not there.
    """
    index = folder / INDEX
    listed = {entry["file"]: entry for entry in _entries(index)} if index.is_file() else {}
    tracks = []
    for path in sorted(folder.rglob("*"))[:_MOST_TRACKS]:
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(folder)
        entry = listed.pop(name.as_posix(), {})
        tracks.append(_track(path, {"moods": name.parent.parts, **entry}, index))
    if listed:
        raise LibraryInvalid(path=str(index), reason=f"no track {next(iter(listed))!r} in this folder")
    return tuple(tracks)


def choose_track(libraries: Sequence[Sequence[LibraryTrack]], mood: str, *, seed: str) -> LibraryTrack:
    """Return a track of `mood` from the first library that has one; the same `seed` finds the same track.

    Raises MoodUnknown, which lists the moods there are.
    """
    (wanted,) = _moods([mood])
    for tracks in libraries:
        if fitting := sorted((track for track in tracks if wanted in track.moods), key=lambda track: track.address):
            return min(fitting, key=lambda track: hashlib.sha256(f"{seed}\n{track.address}".encode()).digest())
    known = sorted({mood for tracks in libraries for track in tracks for mood in track.moods})
    raise MoodUnknown(mood=mood, known=", ".join(known) or "none: the library is empty")


def _track(path: Path, entry: dict[str, Any], index: Path) -> LibraryTrack:
    fields = {key: value for key, value in entry.items() if key != "file"}
    try:
        return LibraryTrack(**{**fields, "address": str(path), "moods": _moods(fields["moods"])})
    except (ValidationError, TypeError, AttributeError) as error:
        raise LibraryInvalid(path=str(index), reason=f"{entry.get('file')}: {error}") from None


def _entries(index: Path) -> list[dict[str, Any]]:
    entries = _read(index).get("track", [])
    if not isinstance(entries, list) or not all(isinstance(entry.get("file"), str) for entry in entries):
        raise LibraryInvalid(path=str(index), reason="every [[track]] needs its `file`")
    return entries


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LibraryInvalid(path=str(path), reason=str(error)) from error


def _moods(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().lower() for name in names))
