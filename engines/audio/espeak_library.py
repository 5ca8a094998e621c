"""The door to espeak-ng, the speech synthesiser that comes as a wheel.

The library keeps state (flutter, noise) from one utterance to the next, in variables that nothing resets, so that
an utterance's samples would depend on what was said before it. Each use therefore loads the library anew and unloads
it again (8 ms), under a lock, and seeds its random numbers and the C library's, which its breath noise is made of: the
same text always gives the same samples, from any thread, in any order.
"""

import _ctypes
import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from engines.errors import SpeechFailed, VoiceUnavailable

RATE_HZ = 22_050
_MOST_DATA_PATH_BYTES = 140  # espeak-ng's buffer holds 160, and it appends to it
_SYNCHRONOUS, _DO_NOT_EXIT, _CHARACTERS, _UTF8 = 2, 0x8000, 1, 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_EVENT_END_OF_LIST, _EVENT_WORD = 0, 1
_UTF8_TEXT, _IPA = 1, 2
_lock = threading.Lock()


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Prosody(NamedTuple):
    """espeak-ng's own parameters: words per minute, and pitch, its range and volume out of 100."""

    words_per_minute: int
    pitch: int
    pitch_range: int
    volume: int


class LibraryUtterance(NamedTuple):
    """Samples at 22050 Hz, and where each word starts: its place in the text (from 0) and its first sample."""

    samples: NDArray[np.int16]
    onsets: tuple[tuple[int, int], ...]


class LibraryVoice(NamedTuple):
    """A voice or a variant (a manner of speaking that any voice can take on)."""

    name: str
    languages: tuple[tuple[int, str], ...]  # priority (less is better) and tag
    identifier: str
    gender: int


def speak(text: str, *, voice: str, prosody: Prosody) -> LibraryUtterance:
    """Say `text` with a voice's identifier, a + and a variant's name after it. Raises SpeechFailed."""
    chunks: list[bytes] = []
    onsets: list[tuple[int, int]] = []

    def collect(samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, count * 2))
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            if events[index].type == _EVENT_WORD:
                onsets.append((events[index].text_position - 1, events[index].sample))
            index += 1
        return 0

    callback = _Callback(collect)
    encoded = text.encode()
    with _loaded(voice) as library:
        library.espeak_SetSynthCallback(callback)
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        _c_library().srand(1)
        _check(library.espeak_SetVoiceByName(voice.encode()), voice, "it cannot be loaded")
        pairs = zip((_RATE, _PITCH, _RANGE, _VOLUME), prosody, strict=True)
        for parameter, value in pairs:
            _check(library.espeak_SetParameter(parameter, value, 0), voice, f"parameter {parameter} refuses {value}")
        status = library.espeak_Synth(encoded, len(encoded) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        _check(status, voice, "the synthesiser gave up")
    return LibraryUtterance(np.frombuffer(b"".join(chunks), dtype=np.int16), tuple(onsets))


def phonemes(text: str, *, language: str) -> str:
    """Return how a voice, by its language's tag or its name, says `text`: IPA, words apart by spaces.

    Raises VoiceUnavailable.
    """
    said: list[str] = []
    with _loaded(language) as library:
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        if library.espeak_SetVoiceByName(language.encode()) != 0:
            raise VoiceUnavailable(voice=language, reason="espeak-ng has no such voice to make phonemes with")
        encoded = ctypes.create_string_buffer(text.encode())
        place = ctypes.c_void_p(ctypes.addressof(encoded))
        while place.value:
            clause = library.espeak_TextToPhonemes(ctypes.byref(place), _UTF8_TEXT, _IPA)
            said.append((clause or b"").decode())
    return " ".join(said)


@cache
def list_voices() -> tuple[LibraryVoice, ...]:
    """Return every voice, one for each language and dialect, that has its dictionary in the wheel."""
    with _loaded("") as library:
        voices = _read_voices(library.espeak_ListVoices(None))
    folder = Path(espeakng_loader.get_data_path())
    return tuple(voice for voice in voices if _has_dictionary(voice, folder))


@cache
def list_variants() -> tuple[LibraryVoice, ...]:
    """Return every variant; its identifier's last part is what follows the + in a voice's name."""
    wanted = ctypes.create_string_buffer(b"variant")
    pattern = _Voice(languages=ctypes.cast(wanted, ctypes.c_void_p))
    with _loaded("") as library:
        return _read_voices(library.espeak_ListVoices(ctypes.byref(pattern)))


@contextmanager
def _loaded(voice: str) -> Generator[ctypes.CDLL]:
    with _lock:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        path = data_path(Path(espeakng_loader.get_data_path()))
        try:
            if library.espeak_Initialize(_SYNCHRONOUS, 0, os.fsencode(path), _DO_NOT_EXIT) != RATE_HZ:
                raise SpeechFailed(voice=voice, reason=f"espeak-ng found no data in {path}")
            try:
                yield library
            finally:
                library.espeak_Terminate()
        finally:
            _unload(library)


def data_path(path: Path) -> Path:
    """Return `path`, or a short link to it if espeak-ng's buffer could not hold it."""
    if len(os.fsencode(path)) <= _MOST_DATA_PATH_BYTES:
        return path
    link = Path(_link_folder().name) / f"{abs(hash(path)):x}"
    if not link.is_symlink():
        link.symlink_to(path, target_is_directory=True)
    return link


@cache
def _link_folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="espeak-")


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)


def _unload(library: ctypes.CDLL) -> None:
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


def _check(status: int, voice: str, reason: str) -> None:
    if status != 0:
        raise SpeechFailed(voice=voice, reason=f"{reason} (espeak-ng status {status})")


def _has_dictionary(voice: LibraryVoice, folder: Path) -> bool:
    """Tell whether the words' pronunciation is there: under the language's name, or another that the voice names."""
    language = voice.languages[0][1].partition("-")[0]
    return (folder / f"{language}_dict").exists() or b"\ndictionary" in (
        folder / "lang" / voice.identifier
    ).read_bytes()


def _read_voices(table: "ctypes._Pointer[ctypes._Pointer[_Voice]]") -> tuple[LibraryVoice, ...]:
    voices: list[LibraryVoice] = []
    while table[len(voices)]:
        voice = table[len(voices)].contents
        languages = tuple(_read_languages(voice.languages))
        voices.append(LibraryVoice(voice.name.decode(), languages, voice.identifier.decode(), voice.gender))
    return tuple(voices)


def _read_languages(address: int) -> Generator[tuple[int, str]]:
    """Read pairs of a priority byte and a zero-terminated tag, up to a zero priority."""
    while priority := ctypes.string_at(address, 1)[0]:
        tag = ctypes.string_at(address + 1)
        yield priority, tag.decode()
        address += len(tag) + 2
