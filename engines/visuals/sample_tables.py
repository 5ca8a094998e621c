"""How many samples an MP4 or MOV file claims to have: ten bytes can claim billions, and an index takes 24 for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from engines.errors import SourceTooLarge

MOST_SAMPLES = 10_000_000  # 4 hours of 120 fps and of sound have a quarter of that
MOST_BOXES = 200_000
_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf"})
_COUNT_AT = {b"stsz": 8, b"stz2": 8, b"trun": 4}
_HEAD_BYTES = 8


class _Box(NamedTuple):
    kind: bytes
    start: int  # of its content
    end: int


def check_samples(path: Path, *, source: str) -> None:
    """Raise SourceTooLarge for a file whose tables name more samples than any film has.

    An edit list may show all samples of its track once per entry, so its entries multiply them. Raw sound has samples
    without number, which decoders index by the chunk; it is known by a length of one tick each.
    """
    total, samples, edits, is_sound, is_raw = 0, 0, 1, False, False
    with path.open("rb") as file:
        for number, box in enumerate(_boxes(file, 0, path.stat().st_size)):
            if number > MOST_BOXES:
                raise SourceTooLarge(source=source, limit=f"{MOST_BOXES} boxes")
            if box.kind == b"trak":
                total, samples, edits, is_sound, is_raw = total + samples * edits, 0, 1, False, False
            elif box.kind == b"hdlr":
                is_sound = _bytes(file, box, 8, 4) == b"soun"
            elif box.kind == b"elst":
                edits = max(1, _number(file, box, 4))
            elif box.kind == b"stts":
                is_raw = is_sound and (_number(file, box, 4), _number(file, box, 12)) == (1, 1)
            elif box.kind in _COUNT_AT:
                samples += 0 if is_raw else _number(file, box, _COUNT_AT[box.kind])
            if total + samples * edits > MOST_SAMPLES:
                raise SourceTooLarge(source=source, limit=f"{MOST_SAMPLES} pictures and pieces of sound")


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two places and, after each that holds boxes, those inside it."""
    waiting = [(start, end)]
    while waiting:
        at, end = waiting.pop()
        if end - at < _HEAD_BYTES:
            continue
        file.seek(at)
        head = file.read(2 * _HEAD_BYTES)
        size, content = int.from_bytes(head[:4], "big"), at + _HEAD_BYTES
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), at + 2 * _HEAD_BYTES
        stop = end if size == 0 else min(at + size, end)
        if stop < content:
            continue  # no box: a demuxer stops here, too
        box = _Box(head[4:8], content, stop)
        waiting.append((stop, end))
        if box.kind in _PARENTS:
            waiting.append((content, stop))
        yield box


def _number(file: IO[bytes], box: _Box, offset: int) -> int:
    return int.from_bytes(_bytes(file, box, offset, 4), "big")


def _bytes(file: IO[bytes], box: _Box, offset: int, count: int) -> bytes:
    file.seek(box.start + offset)
    return file.read(count)
