from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engines import ffmpeg
from engines.errors import OutputInvalid
from engines.visuals.assemble import SegmentFile, assemble_video
from models.encoding import VideoSettings
from tests.engines.visuals.scenes import VIDEO, burn, counted, grey, plate, scene
from tests.flows import measure
from tests.flows.measure import RATE_HZ
from tests.media import counted_number, make_audio

LENGTHS = (1, 2, 3, 25, 1, 4)


def segment(path: Path, count: int, *, video: VideoSettings = VIDEO) -> SegmentFile:
    """An encoded clip of that many counted frames."""
    return SegmentFile(burn(scene(counted(path.with_suffix(".mov"), 40), count, video=video), path), count)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Segments of a few frames each and a sound track."""
    folder = tmp_path_factory.mktemp("assemble")
    make_audio(folder / "master.m4a", duration_ms=1200, codec="aac")
    for count in set(LENGTHS):
        segment(folder / f"{count}.mp4", count)
    return folder


def joined(
    folder: Path, segments: list[SegmentFile], *, fps: Fraction = VIDEO.fps, sound: str = "master.m4a", **options: bool
) -> Path:
    output = folder / "joined.mp4"
    assemble_video(segments, audio=folder / sound, fps=fps, title="A title", output=output, **options)
    return output


def flashing(folder: Path, at: tuple[int, ...], frames: int) -> list[SegmentFile]:
    """Segments that are white at some frames, and `beeps.m4a` with a tone from each of these frames on."""
    segments = []
    for first, last in pairwise((0, *at, frames)):
        if first in at:
            white = burn(scene(plate(folder / "white.npy", grey(235)), 1), folder / f"white{first}.mp4")
            segments.append(SegmentFile(white, 1))
            first += 1
        black = burn(scene(plate(folder / "black.npy", grey(16)), last - first), folder / f"black{first}.mp4")
        segments.append(SegmentFile(black, last - first))
    samples = np.zeros(round(frames * RATE_HZ / VIDEO.fps), np.float32)
    for frame in at:
        start = round(frame * RATE_HZ / VIDEO.fps)
        samples[start : start + 2400] = 0.5 * np.sin(np.arange(2400) * 0.3)[: len(samples) - start]
    encoded = ("-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "pipe:0", "-c:a", "aac", "-f", "ipod")
    with ffmpeg.frames_in(("-y", *encoded, str(folder / "beeps.m4a")), timeout_s=60) as pipe:
        pipe.write(samples.data)
    return segments


@pytest.mark.parametrize("edit_lists", [True, False])
def test_picture_and_sound_begin_together_with_and_without_edit_lists(tmp_path: Path, edit_lists: bool):
    """At the start, in the middle and in the last frames, as a player shows and plays them."""
    at = (10, 61, 145)
    output = joined(tmp_path, flashing(tmp_path, at, 150), sound="beeps.m4a", edit_lists=edit_lists)
    with av.open(str(output)) as container:
        frames = list(container.decode(video=0))
    shown = [frame for frame in frames if frame.to_ndarray(format="gray").mean() > 128]
    assert [frame.pts * frame.time_base * VIDEO.fps for frame in shown] == list(at)
    heard = np.flatnonzero(np.abs(measure.sound(output)) > 0.1)
    begun = heard[np.insert(np.diff(heard) > RATE_HZ // 10, 0, True)]
    assert begun == pytest.approx([round(frame * RATE_HZ / VIDEO.fps) for frame in at], abs=RATE_HZ // 1000)
    assert output.read_bytes().count(b"elst") == (2 if edit_lists else 0)
    assert measure.boxes(output).index("moov") < measure.boxes(output).index("mdat")


def test_a_file_without_edit_lists_says_nothing_of_times_before_its_start(tmp_path: Path):
    """Not even to a player that knows nothing of edit lists: the first frame and the first sound are at 0."""
    output = joined(tmp_path, flashing(tmp_path, (10,), 40), sound="beeps.m4a", edit_lists=False)
    for kind in ("video", "audio"):
        with av.open(str(output), options={"ignore_editlist": "1"}) as container:
            stream = next(stream for stream in container.streams if stream.type == kind)
            assert min(packet.pts for packet in container.demux(stream) if packet.size) == 0


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_times_are_frame_exact_over_joins_of_any_length(folder: Path, tmp_path: Path, preset: str, fps: Fraction):
    video = VIDEO.model_copy(update={"fps": fps, "preset": preset})
    segments = []
    for index, count in enumerate(LENGTHS):
        still = plate(tmp_path / "a.npy", grey(40 + 20 * index))
        path = burn(scene(still, count, video=video), tmp_path / f"{index}.mp4")
        segments.append(SegmentFile(path, count))
    with av.open(str(joined(folder, segments, fps=fps))) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert stream.average_rate == fps
    times = [packet.pts * packet.time_base * fps for packet in packets]
    assert sorted(times) == list(range(sum(LENGTHS)))
    assert all(one.dts < other.dts for one, other in pairwise(packets))
    assert all(packet.dts <= packet.pts for packet in packets)
    starts = [sum(LENGTHS[:index]) for index in range(len(LENGTHS))]
    assert [packets[start].is_keyframe for start in starts] == [True] * len(starts)
    assert [times[start] for start in starts] == starts


def test_frames_come_out_in_order_and_the_sound_beside_them(folder: Path):
    segments = [SegmentFile(folder / f"{count}.mp4", count) for count in LENGTHS]
    output = joined(folder, segments)
    with av.open(str(output)) as container:
        seen = [counted_number(frame.to_ndarray(format="yuv420p")) for frame in container.decode(video=0)]
    assert seen == [number for count in LENGTHS for number in range(count)]
    with av.open(str(output)) as container, av.open(str(folder / "master.m4a")) as master:
        sound, original = (
            [bytes(packet) for packet in each.demux(audio=0) if packet.size] for each in (container, master)
        )
        assert sound == original
        assert container.metadata["title"] == "A title"


def test_the_same_parts_give_the_same_bytes(folder: Path):
    segments = [SegmentFile(folder / "25.mp4", 25), SegmentFile(folder / "3.mp4", 3)]
    assert joined(folder, segments).read_bytes() == joined(folder, segments).read_bytes()


@pytest.mark.parametrize("planned", [24, 26])
def test_a_segment_with_another_number_of_frames_is_refused(folder: Path, planned: int):
    with pytest.raises(OutputInvalid, match=f"25 frames instead of {planned}"):
        joined(folder, [SegmentFile(folder / "3.mp4", 3), SegmentFile(folder / "25.mp4", planned)])


@pytest.mark.parametrize("change", [{"width_px": 64}, {"preset": "ultrafast"}, {"fps": Fraction(25)}])
def test_a_segment_of_other_settings_is_refused(folder: Path, tmp_path: Path, change: dict[str, object]):
    other = tmp_path / "other.mp4"
    video = VIDEO.model_copy(update=change)
    still = plate(tmp_path / "a.npy", grey(40)[:, : video.width_px])
    burn(scene(still, 3, video=video), other)
    with pytest.raises(OutputInvalid):
        joined(folder, [SegmentFile(folder / "3.mp4", 3), SegmentFile(other, 3)])


def test_a_segment_that_starts_in_the_middle_is_refused(folder: Path, tmp_path: Path):
    whole, late = tmp_path / "whole.mp4", tmp_path / "late.mp4"
    video = VIDEO.model_copy(update={"preset": "ultrafast"})
    burn(scene(plate(tmp_path / "a.npy", grey(40)), 9, video=video), whole)
    with av.open(str(whole)) as source, av.open(str(late), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in [packet for packet in source.demux(video=0) if packet.size][1:]:
            packet.pts, packet.dts = packet.pts - packet.duration, packet.dts - packet.duration
            packet.stream = stream
            target.mux(packet)
    with pytest.raises(OutputInvalid, match="IDR"):
        joined(folder, [SegmentFile(whole, 9), SegmentFile(late, 8)])
