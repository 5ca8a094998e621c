"""Files that are small and want to be large."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, *parts: bytes) -> bytes:
    return _box(kind, bytes(4), *parts)


def claiming_mp4(samples: int, *, tracks: int = 1, edits: int = 0, handler: bytes = b"vide") -> bytes:
    """Return an MP4 of some hundred bytes whose tables say that it has so many samples, each of one byte."""
    entry = _box(
        b"mp4v",
        *(bytes(6), b"\0\1", bytes(16), struct.pack(">HH", 64, 64), struct.pack(">IIIH", 72 << 16, 72 << 16, 0, 1)),
        *(bytes(32), struct.pack(">Hh", 24, -1)),
    )
    tables = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">III", 1, samples, 1)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, samples, 1)),
        _full(b"stsz", struct.pack(">II", 1, samples)),
        _full(b"stco", struct.pack(">II", 1, 40)),
    )
    references = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ")))
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, samples, 0, 0)),
        _full(b"hdlr", bytes(4), handler, bytes(12), b"x\0"),
        _box(b"minf", _full(b"vmhd", bytes(8)), references, tables),
    )
    matrix = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    header = _full(
        b"tkhd", struct.pack(">IIIII", 0, 0, 1, 0, 1000), bytes(16), matrix, struct.pack(">II", 4 << 22, 4 << 22)
    )
    edit = struct.pack(">IiI", samples, 0, 1 << 16)
    listed = _box(b"edts", _full(b"elst", struct.pack(">I", edits), edit * edits)) if edits else b""
    track = _box(b"trak", header, listed, media)
    movie = _full(
        b"mvhd", struct.pack(">IIIII", 0, 0, 1000, 1000, 1 << 16), b"\1\0", bytes(10), matrix, bytes(24), b"\0\0\0\2"
    )
    return _box(b"ftyp", b"isom\0\0\2\0isomiso2") + _box(b"mdat", bytes(64)) + _box(b"moov", movie, track * tracks)


def tiled_tiff(tile_px: tuple[int, int], *, size_px: tuple[int, int] = (1, 1), pixels: bytes = b"") -> bytes:
    """Return a TIFF of one deflated RGB tile that is as large as it claims, or holds much less."""
    packed, start = zlib.compress(pixels or bytes(1000)), 200
    long, short = 4, 3
    entries = (
        *((256, long, size_px[0]), (257, long, size_px[1]), (258, short, 8), (259, short, 8), (262, short, 2)),
        *((277, short, 3), (284, short, 1), (322, long, tile_px[0]), (323, long, tile_px[1])),
        *((324, long, start), (325, long, len(packed))),
    )
    listed = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + listed + bytes(4)
    return head.ljust(start, b"\0") + packed


def scanning_jpeg(side_px: int, scans: int) -> bytes:
    """Return a progressive JPEG that repeats its last scan, each of which goes over the whole picture."""
    target = io.BytesIO()
    Image.new("L", (side_px, side_px)).save(target, "JPEG", progressive=True)
    content = target.getvalue()
    last = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + last * scans + b"\xff\xd9"


def flickering_gif(frames: int) -> bytes:
    """Return a GIF of one pixel with so many frames, of 20 bytes each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"!\xf9\x04\0\2\0\0\0"
    picture = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x4c\1\0"
    return head + (control + picture) * frames + b";"


def wide_png(path: Path, width_px: int, height_px: int) -> Path:
    """Write a PNG of one colour, a thousandth of its pixels in size."""
    Image.new("1", (width_px, height_px)).save(path, "PNG")
    return path


def referring_mov(film: Path, *, other: Path) -> bytes:
    """Return a QuickTime film whose tracks say that their samples are in another file, laid out as in `film`."""
    return _referring(film.read_bytes(), other)


def _referring(content: bytes, other: Path) -> bytes:
    changed, at = b"", 0
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + size]
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
            body = _referring(body, other)
        elif kind == b"dref":
            body = bytes(4) + struct.pack(">I", 1) + _alias(other)
        elif kind == b"mdat":
            body = bytes(len(body))
        changed += _box(kind, body)
        at += size
    return changed


def _alias(path: Path) -> bytes:
    """Return the record by which a Macintosh finds a file, beside the film or by its whole path."""
    name, whole = path.name.encode(), str(path).encode()
    record = bytes(10 + 1 + 27 + 12) + bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    levels = struct.pack(">hh", 1, 1) + bytes(16)
    by_path = struct.pack(">HH", 2, len(whole)) + whole + bytes(len(whole) % 2)
    return _full(b"alis", record, levels, by_path, b"\xff\xff\0\0")


def _animation(kind: str, frames: int) -> bytes:
    target = io.BytesIO()
    first, *rest = (Image.new("RGB", (8, 8), (number * 7 % 256, number % 256, 50)) for number in range(frames))
    first.save(target, kind, save_all=True, append_images=rest, duration=40)
    return target.getvalue()


def wide_webp(side_px: int, frames: int) -> bytes:
    """Return an animated WebP whose frames of 8x8 pixels lie on a canvas of any size."""
    content = bytearray(_animation("WEBP", frames))
    at = content.find(b"VP8X") + 12
    content[at : at + 6] = (side_px - 1).to_bytes(3, "little") * 2
    return bytes(content)


def claiming_apng(side_px: int, frames: int) -> bytes:
    """Return an animated PNG of three small frames that claims to have others."""
    content = _animation("PNG", 3)
    claims = {b"IHDR": struct.pack(">II", side_px, side_px), b"acTL": struct.pack(">I", frames)}
    changed, at = content[:8], 8
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        claim = claims.get(kind, b"")
        data = kind + claim + content[at + 8 + len(claim) : at + 8 + size]
        changed += struct.pack(">I", size) + data + struct.pack(">I", zlib.crc32(data))
        at += 12 + size
    return changed


def wide_avif(side_px: int, frames: int) -> bytes:
    """Return an animated AVIF of small frames that claims to be of any size."""
    content, extent = _animation("AVIF", frames), b"ispe" + bytes(4)
    content = content.replace(extent + struct.pack(">II", 8, 8), extent + struct.pack(">II", side_px, side_px))
    fixed = side_px << 16 & 0xFFFFFFFF  # of its track
    return content.replace(struct.pack(">II", 8 << 16, 8 << 16), struct.pack(">II", fixed, fixed))
