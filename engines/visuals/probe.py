"""What a source is: its kind, its size as shown, its length. Told by content, and checked to be readable to its end."""

from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

from engines.errors import SourceTooLarge, SourceUnreadable
from engines.sniff import footage_demuxer, is_image, is_subtitles, read_head
from engines.visuals.animations import frame_durations_ms
from engines.visuals.containers import NEW_TRACK, check_opens, open_container
from engines.visuals.images import TURNED, is_animation, open_image, orientation
from models.media import MediaInfo, MediaKind, MediaLimits

_TAIL_MS = 2_000
# Containers whose header states the length exactly, so that less data than stated means a file that was cut off.
_STATES_LENGTH = frozenset({"mov", "matroska", "flv"})
_CUT_OFF_MS = 1_500


def probe(path: Path, *, source: str, limits: MediaLimits) -> MediaInfo:
    """Return what the file at `path` is; `source` names it in errors.

    Width and height are as shown: after EXIF or display rotation and with square pixels. Times count from the
    container's start, as players show them, and end where the video track ends (the audio track, where there is no
    video). Animated GIF, WebP, PNG and AVIF are videos. Raises SourceUnreadable and SourceTooLarge.
    """
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise SourceTooLarge(source=source, limit=f"{limits.max_bytes} bytes, it has {size}")
    head = read_head(path)
    if is_subtitles(head):
        return MediaInfo(kind=MediaKind.SUBTITLES)
    info = _probe_image(path, source, limits) if is_image(head) else _probe_av(path, source, limits)
    if info.duration_ms > limits.max_duration_ms:
        limit = f"{limits.max_duration_ms} ms, it lasts {info.duration_ms}"
        raise SourceTooLarge(source=source, limit=limit)
    return info


def require_visual(info: MediaInfo, source: str) -> None:
    """Raise SourceUnreadable unless `info` is something that can be shown."""
    if info.kind is MediaKind.AUDIO:
        raise SourceUnreadable(source=source, reason="it is only sound; a scene needs a picture or a video")
    if info.kind is MediaKind.SUBTITLES:
        raise SourceUnreadable(source=source, reason="it is subtitles; a scene needs a picture or a video")


def require_subtitles(info: MediaInfo, source: str) -> None:
    """Raise SourceUnreadable unless `info` is a subtitle file."""
    if info.kind is not MediaKind.SUBTITLES:
        raise SourceUnreadable(source=source, reason="it is no subtitle file: neither SubRip (.srt) nor WebVTT (.vtt)")


# --- pictures ----------------------------------------------------------------------------------------------------


def _probe_image(path: Path, source: str, limits: MediaLimits) -> MediaInfo:
    with open_image(path, source=source, limits=limits) as image:
        width_px, height_px = image.size
        if is_animation(image):
            duration_ms = sum(frame_durations_ms(image))
            return MediaInfo(kind=MediaKind.VIDEO, width_px=width_px, height_px=height_px, duration_ms=duration_ms)
        if orientation(image) in TURNED:
            width_px, height_px = height_px, width_px
        _read_to_end(image)
    return MediaInfo(kind=MediaKind.IMAGE, width_px=width_px, height_px=height_px)


def _read_to_end(image: Image.Image) -> None:
    """Decode all of a still, in the cheapest way its format has, so that damage shows here and not in the render."""
    image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
    image.load()


# --- video and audio ---------------------------------------------------------------------------------------------


def _probe_av(path: Path, source: str, limits: MediaLimits) -> MediaInfo:
    demuxer = footage_demuxer(path, source=source)
    check_opens(path, demuxer=demuxer, source=source)
    with open_container(path, demuxer=demuxer, source=source) as container:
        return _inspect(container, demuxer, source, limits)


def _inspect(container: InputContainer, demuxer: str, source: str, limits: MediaLimits) -> MediaInfo:
    video = main_video(container, source=source)
    has_audio = bool(container.streams.audio)
    if video is None and not has_audio:
        raise SourceUnreadable(source=source, reason="it is cut off or damaged: no picture or sound is found")
    width_px, height_px = _shown_size(container, video, source, limits) if video else (0, 0)
    start = Fraction(container.start_time or 0, av.time_base)
    ends = _track_ends(container, video, whole=video is None)
    stated_ms = round(Fraction(container.duration or 0, av.time_base) * 1000)
    found_ms = round((max(ends.values(), default=start) - start) * 1000)
    if demuxer in _STATES_LENGTH and found_ms < stated_ms - _CUT_OFF_MS:
        reason = f"it is cut off: it should last {stated_ms} ms, but its data ends at {found_ms} ms"
        raise SourceUnreadable(source=source, reason=reason)
    track = video or container.streams.audio[0]
    duration_ms = round((ends.get(track.index, start) - start) * 1000)
    if duration_ms <= 0:
        raise SourceUnreadable(source=source, reason="it has no length")
    kind = MediaKind.VIDEO if video else MediaKind.AUDIO
    return MediaInfo(kind=kind, width_px=width_px, height_px=height_px, duration_ms=duration_ms, has_audio=has_audio)


def main_video(container: InputContainer, *, source: str) -> VideoStream | None:
    """Return the first track that moves; the cover picture of a song is none. Raises SourceUnreadable."""
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise SourceUnreadable(source=source, reason="its picture is coded in a way that is not known")
        return stream
    return None


def _shown_size(container: InputContainer, video: VideoStream, source: str, limits: MediaLimits) -> tuple[int, int]:
    """Return width and height after rotation and with square pixels, from the first frame that decodes."""
    if video.width * video.height > limits.max_frame_pixels:
        limit = f"{limits.max_frame_pixels} pixels a frame, it has {video.width}x{video.height}"
        raise SourceTooLarge(source=source, limit=limit)
    video.thread_count = 1
    frame = next(container.decode(video), None)
    if frame is None:
        raise SourceUnreadable(source=source, reason="no picture in it can be decoded")
    aspect = video.sample_aspect_ratio or Fraction(1)
    width_px, height_px = max(1, round(frame.width * aspect)), frame.height
    return (height_px, width_px) if frame.rotation % 180 else (width_px, height_px)


def _track_ends(container: InputContainer, video: VideoStream | None, *, whole: bool) -> dict[int, Fraction]:
    """Return when each track ends, in seconds of the container's clock, read off its last packets.

    A header's length may be missing, rounded, or that of another track, and a cut-off file keeps its header.
    """
    tail_start = (container.start_time or 0) + (container.duration or 0) - _TAIL_MS * 1000
    if not whole and container.duration and tail_start > 0:
        container.seek(tail_start, backward=True)
        ends = _last_packets(container)
        if video is None or video.index in ends:
            return ends
    container.seek(container.start_time or 0, backward=True)
    return _last_packets(container)


def _last_packets(container: InputContainer) -> dict[int, Fraction]:
    ends: dict[int, Fraction] = {}
    streams = [stream for stream in container.streams if stream.type in {"video", "audio"}]
    try:
        for packet in container.demux(streams):
            if packet.pts is None or packet.is_discard or packet.time_base is None:
                continue
            stream = packet.stream
            duration = (packet.duration or 0) * packet.time_base
            if not duration and isinstance(stream, VideoStream) and stream.guessed_rate:
                duration = 1 / stream.guessed_rate
            end = packet.pts * packet.time_base + duration
            ends[stream.index] = max(end, ends.get(stream.index, end))
    except (av.FFmpegError, NEW_TRACK):
        pass  # the data ends in the middle of a packet: what was found before is what there is
    return ends
