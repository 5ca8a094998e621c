"""Where in a video decoding can begin: its key frames, read from packets without decoding any."""

from fractions import Fraction
from pathlib import Path

import av

from engines.errors import SourceUnreadable
from engines.visuals.containers import open_container
from engines.visuals.probe import main_video

_US = Fraction(1, av.time_base)


def key_frame_times(path: Path, *, demuxer: str, start_ms: int, end_ms: int, source: str) -> list[Fraction]:
    """Return when key frames are shown between two times, in seconds from the container's start, as packets come.

    Raises SourceUnreadable for what is no video, or is damaged before `end_ms`.
    """
    with open_container(path, demuxer=demuxer, source=source) as container:
        video = main_video(container, source=source)
        if video is None or video.time_base is None:
            raise SourceUnreadable(source=source, reason="no moving picture is found in it")
        origin = (container.start_time or 0) * _US
        first, last = (origin + Fraction(time_ms, 1000) for time_ms in (start_ms, end_ms))
        container.seek(int(first / _US), backward=True)
        times = []
        for packet in container.demux(video):
            if packet.dts is not None and packet.dts * video.time_base >= last:
                break
            if packet.is_keyframe and packet.pts is not None:
                times.append(packet.pts * video.time_base)
        return [time - origin for time in times if first <= time < last]
