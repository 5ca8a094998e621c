"""What can be measured on a finished video file, with other means than it was made."""

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from engines import ffmpeg

IDR_NAL, RATE_HZ = 5, 48_000


class Packet(NamedTuple):
    """One encoded frame: its times in seconds and the types of the NAL units inside."""

    pts: Fraction
    dts: Fraction
    nal_types: tuple[int, ...]


def video_packets(path: Path) -> list[Packet]:
    """Every video packet in the order of the file."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            Packet(packet.pts * packet.time_base, packet.dts * packet.time_base, _nal_types(bytes(packet)))
            for packet in container.demux(stream)
            if packet.size
        ]


def frames_rgb(path: Path) -> NDArray[np.uint8]:
    """All frames as a player shows them: (frames, height, width, 3)."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def count_frames(path: Path) -> int:
    """How many frames a decoder makes of the file."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def sound(path: Path) -> NDArray[np.float32]:
    """The sound as a player plays it, mixed to mono at 48 kHz."""
    arguments = ["-i", str(path), "-map", "0:a", "-ac", "1", "-ar", str(RATE_HZ), "-f", "f32le", "pipe:1"]
    with ffmpeg.frames_out(arguments, timeout_s=300) as pipe:
        return np.frombuffer(pipe.read(), np.float32)


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP) by ffmpeg's ebur128."""
    arguments = ["-loglevel", "info", "-i", str(path), "-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-"]
    summary = ffmpeg.run(arguments, timeout_s=300).rpartition("Summary:")[2]
    found = re.search(r"I:\s+(\S+) LUFS[\s\S]*Peak:\s+(\S+) dBFS", summary)
    assert found, summary
    return float(found[1]), float(found[2])


def boxes(path: Path) -> list[str]:
    """The names of an MP4 file's top-level boxes in their order."""
    names, at, data = [], 0, path.read_bytes()
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size
    return names


def share_of(rgb: NDArray[np.uint8], color: tuple[int, int, int], *, within: int = 40) -> NDArray[np.bool_]:
    """Which pixels have about that colour."""
    return np.asarray((np.abs(rgb.astype(np.int16) - np.array(color)) <= within).all(axis=-1))


def _nal_types(data: bytes) -> tuple[int, ...]:
    types, at = [], 0
    while at < len(data):
        types.append(data[at + 4] & 31)
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return tuple(types)
