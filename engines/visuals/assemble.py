"""Join encoded segments and the audio master into one file by stream copy, with frame-exact timestamps."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet

from engines.errors import OutputInvalid

AnyPacket: TypeAlias = "Packet[Any]"  # generic in its stubs only

_UNDECODED = [{"skip_frame": "all"}]  # else opening a file decodes a picture, for 15 ms
# Times then begin at 0 by themselves: a picture may be shown before it would be decoded, which players add up.
_WITHOUT_EDIT_LISTS = {"movflags": "+faststart+negative_cts_offsets", "use_editlist": "0", "fflags": "+bitexact"}
_CONTAINERS = {".mp4": "mp4", ".webm": "webm", ".mkv": "matroska"}
_OPTIONS = {
    ".mp4": {"movflags": "+faststart", "fflags": "+bitexact"},
    # Decoding times, which start before 0, are not written to these: nothing need be shifted. The index comes first.
    ".webm": {"avoid_negative_ts": "disabled", "cues_to_front": "1", "fflags": "+bitexact"},
    ".mkv": {"avoid_negative_ts": "disabled", "cues_to_front": "1", "fflags": "+bitexact"},
}


class SegmentFile(NamedTuple):
    """One encoded run of frames and the number of frames it was planned to have."""

    path: Path
    frame_count: int


def assemble_video(
    segments: Sequence[SegmentFile],
    *,
    audio: Path,
    fps: Fraction,
    title: str,
    output: Path,
    edit_lists: bool = True,
) -> None:
    """Write `output`: every segment's packets one after the other, and the audio beside them, nothing re-encoded.

    Its container is that of its extension: .mp4, .webm or .mkv. The last two round times to whole milliseconds. An MP4
    tells by edit lists which of a decoder's first samples are not to be heard; without `edit_lists` it has no packet
    that makes them, and the first 21 ms of the sound fade in.

    Raises OutputInvalid if a segment has not its planned frames, does not start with an IDR frame, or was encoded with
    other settings than the first.
    """
    listed = edit_lists or output.suffix != ".mp4"
    with av.open(str(segments[0].path)) as first, av.open(str(audio)) as sound, _create(output, listed) as target:
        headers = first.streams.video[0].codec_context.extradata
        # Opaque, as else a codec is looked for that encodes under the name of the one that decodes: AV1 has none.
        video_stream = target.add_stream_from_template(first.streams.video[0], opaque=True)
        if output.suffix == ".mp4" and video_stream.codec_context.codec.canonical_name == "hevc":
            video_stream.codec_context.codec_tag = "hvc1"  # the name under which Apple's players take it
        video_stream.time_base = 1 / fps
        audio_stream = target.add_stream_from_template(sound.streams.audio[0])
        target.metadata["title"] = title
        picture = _video_packets(segments, fps=fps, headers=headers)
        for packet in merge(picture, _audio_packets(sound, with_priming=listed), key=_decode_time):
            packet.stream = audio_stream if packet.stream.type == "audio" else video_stream
            target.mux(packet)


def open_packets(path: Path) -> InputContainer:
    """Open an encoded file to read its packets and header."""
    return av.open(str(path), stream_options=_UNDECODED)  # type: ignore[arg-type]  # the stub asks for strings


def _create(output: Path, edit_lists: bool) -> av.container.OutputContainer:
    kind = output.suffix
    options = _OPTIONS[kind] if edit_lists else _WITHOUT_EDIT_LISTS
    return av.open(str(output), "w", format=_CONTAINERS[kind], container_options=options)


def _decode_time(packet: AnyPacket) -> Fraction:
    assert packet.dts is not None
    assert packet.time_base is not None
    return packet.dts * packet.time_base


def _audio_packets(sound: InputContainer, *, with_priming: bool) -> Iterator[AnyPacket]:
    for packet in sound.demux(sound.streams.audio[0]):
        # The demuxer's last packet only says that the file ended.
        if packet.dts is not None and (with_priming or packet.dts >= 0):
            yield packet


def _video_packets(segments: Sequence[SegmentFile], *, fps: Fraction, headers: bytes | None) -> Iterator[AnyPacket]:
    """Yield all packets in decoding order, their times counted in frames from the short's start."""
    delay = max(_decoding_delay(segment, fps) for segment in segments)
    start_frame = 0
    for segment in segments:
        with open_packets(segment.path) as container:
            stream = container.streams.video[0]
            if stream.codec_context.extradata != headers:
                raise OutputInvalid(path=segment.path.name, reason="encoded with other settings than the first one")
            packets = [packet for packet in container.demux(stream) if packet.dts is not None]
            _check_segment(segment, packets)
            for number, packet in enumerate(packets, start=start_frame):
                _move(packet, start_frame, fps)
                packet.dts = number - delay
                yield packet
        start_frame += segment.frame_count


def _check_segment(segment: SegmentFile, packets: Sequence[AnyPacket]) -> None:
    if len(packets) != segment.frame_count:
        reason = f"{len(packets)} frames instead of {segment.frame_count}"
        raise OutputInvalid(path=segment.path.name, reason=reason)
    if not packets[0].is_keyframe:
        raise OutputInvalid(path=segment.path.name, reason="does not start with an IDR frame")


def _decoding_delay(segment: SegmentFile, fps: Fraction) -> int:
    """Return how many frames a segment's decoding starts ahead of its picture; one of a few frames needs less."""
    with open_packets(segment.path) as container:
        first = next(container.demux(container.streams.video[0]))
        if first.pts is None or first.dts is None or first.time_base is None:
            raise OutputInvalid(path=segment.path.name, reason="has no frames")
        return _whole((first.pts - first.dts) * first.time_base * fps)


def _move(packet: AnyPacket, start_frame: int, fps: Fraction) -> None:
    assert packet.pts is not None
    assert packet.time_base is not None
    packet.pts = start_frame + _whole(packet.pts * packet.time_base * fps)
    packet.duration = 1
    packet.time_base = 1 / fps


def _whole(frames: Fraction) -> int:
    if frames.denominator != 1:
        raise OutputInvalid(path="segment", reason=f"a timestamp lies between two frames ({float(frames):.3f})")
    return frames.numerator
