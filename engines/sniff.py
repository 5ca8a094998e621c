"""What a file is, told by its first bytes. A name or an extension never decides how a source is read."""

import codecs
import re
from pathlib import Path

from engines.errors import SourceUnreadable

HEAD_BYTES = 4096
_TS_PACKET_BYTES = 188
_M2TS_PACKET_BYTES = 192
_MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_RIFF_FORMS = {b"AVI ": "avi", b"AVIX": "avi", b"WAVE": "wav"}
_MAGIC = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
    (b"FLV\x01", "flv"),
    (b"fLaC", "flac"),
    (b"#!AMR", "amr"),
    (b"caff", "caf"),
    (b"RF64", "wav"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"ID3", "mp3"),
)
_IMAGE_MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
    b"\x00\x00\x00\x0cjP  ",
    b"\xff\x4f\xff\x51",
)
_SUBRIP = re.compile(rb"(\d+[ \t]*\r?\n)?\d+:\d+:\d+[,.]\d+[ \t]*-->")
_LOOKS_LIKE = (
    (rb"#EXTM3U", "an HLS playlist"),
    (rb"ffconcat", "an ffmpeg concat list"),
    (rb"v=0\s", "an SDP session description"),
    (rb"%PDF-", "a PDF document"),
    (rb"%!PS", "a PostScript document"),
    (rb"(?s)(<\?xml.*?)?<MPD\b", "a DASH playlist"),
    (rb"(?si)(<\?xml.*?)?(<!--.*?-->\s*)?(<!doctype svg.*?)?<svg\b", "an SVG drawing; export it as PNG"),
    (rb"(?i)<!doctype html|<html|<head|<body", "an HTML page, not the media it links to"),
    (rb"<", "an XML or HTML document"),
    (rb"[{\[]", "a JSON document"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"Rar!|7z\xbc\xaf", "an archive"),
    (rb"\x7fELF|MZ", "a program"),
)


def read_head(path: Path) -> bytes:
    """Return the first few kilobytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def is_image(head: bytes) -> bool:
    """Tell whether `head` begins a picture, still or animated, of a format that Pillow reads."""
    return head.startswith(_IMAGE_MAGIC) or _is_webp(head) or _brands(head, _AVIF_BRANDS)


def is_subtitles(head: bytes) -> bool:
    """Tell whether `head` begins a SubRip or WebVTT file, whatever its encoding."""
    text = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return text.startswith(b"WEBVTT") or bool(_SUBRIP.match(text))


def demuxer_for(head: bytes) -> str | None:
    """Return the name of the one ffmpeg demuxer that may read a file that begins so; None for anything else.

    The names are of containers that hold their media themselves: no playlists, no lists of other files.
    """
    if _brands(head, _HEIF_BRANDS | _AVIF_BRANDS):
        return None
    if head[4:8] in _MP4_BOXES:
        return "mov"
    if head.startswith(b"RIFF"):
        return _RIFF_FORMS.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in {b"AIFF", b"AIFC"}:
        return "aiff"
    for magic, demuxer in _MAGIC:
        if head.startswith(magic):
            return demuxer
    return _transport_stream(head) or _bare_audio(head)


def footage_demuxer(path: Path, *, source: str) -> str:
    """Return the demuxer for a video or audio file, or raise SourceUnreadable saying what the file looks like."""
    head = read_head(path)
    demuxer = demuxer_for(head)
    if demuxer is None:
        raise SourceUnreadable(source=source, reason=describe(head))
    return demuxer


def describe(head: bytes) -> str:
    """Say in a user's words what an unusable file looks like."""
    if not head:
        return "the file is empty"
    if _brands(head, _HEIF_BRANDS):
        return "it is a HEIC picture; convert it to JPEG or PNG"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, name in _LOOKS_LIKE:
        if re.match(pattern, text):
            return f"it looks like {name}"
    if _is_text(head):
        return "it looks like plain text"
    return "it is not a picture, video or sound of a known format"


def _is_text(head: bytes) -> bool:
    """Tell text by UTF-8 without control codes; the head may end within a character."""
    if any(byte < 32 and byte not in b"\t\r\n\f" for byte in head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _brands(head: bytes, wanted: frozenset[bytes]) -> bool:
    """Tell whether an ISO base media file names one of `wanted` as its major brand, or as `mif1` with it."""
    if head[4:8] != b"ftyp":
        return False
    if head[8:12] in wanted:
        return True
    length = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    compatible = {head[at : at + 4] for at in range(16, length, 4)}
    return head[8:12] in {b"mif1", b"msf1"} and bool(compatible & wanted)


def _transport_stream(head: bytes) -> str | None:
    for size, start in ((_TS_PACKET_BYTES, 0), (_M2TS_PACKET_BYTES, 4)):
        marks = head[start : start + 5 * size : size]
        if len(marks) >= 3 and set(marks) == {0x47}:
            return "mpegts"
    return None


def _bare_audio(head: bytes) -> str | None:
    """Tell ADTS and MPEG audio, which have no file header, by the sync bits of their first frame."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    known_layer = head[1] & 0xE0 == 0xE0 and head[1] & 0x06
    return "mp3" if known_layer and head[2] & 0xF0 not in {0x00, 0xF0} and head[2] & 0x0C != 0x0C else None
