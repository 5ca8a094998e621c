from fractions import Fraction
from pathlib import Path

import pytest

from engines.errors import SourceUnreadable
from engines.visuals.footage import FootageReader
from engines.visuals.footage_part import FootagePart
from tests.media import constant_rate, counted_number, cut_off, make_video

FPS = Fraction(30)
CLIPS = {
    "30 fps": ("a.mp4", constant_rate(60, 30), {"gop": 10}, [10, 20, 30, 40, 50]),
    "no B-frames": ("b.mp4", constant_rate(60, 30), {"gop": 15, "b_frames": 0}, [15, 30, 45]),
    "25 fps": ("c.mkv", constant_rate(50, 25), {"gop": 20}, [24, 48]),
    "late timestamps": ("d.mkv", [700 + time for time in constant_rate(50, 25)], {"gop": 10}, [12, 24, 36, 48]),
    "transport stream": ("e.ts", [700 + time for time in constant_rate(50, 25)], {"gop": 20}, [24, 48]),
    "VP8": ("f.webm", constant_rate(50, 25), {"codec": "libvpx", "gop": 25, "tags": ("b=2M",)}, [30]),
    "one key frame": ("g.mp4", constant_rate(60, 30), {}, []),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[int]]]:
    folder = tmp_path_factory.mktemp("clips")
    tags = ("sc_threshold=0",)
    return {
        name: (make_video(folder / file, pts_ms=times, **({"tags": tags} | settings)), entries)
        for name, (file, times, settings, entries) in CLIPS.items()
    }


def part(path: Path, *, start_ms: int = 0, end_ms: int = 2000) -> FootagePart:
    return FootagePart(path, start_ms=start_ms, end_ms=end_ms, fps=FPS, size=(36, 64))


@pytest.mark.parametrize("name", CLIPS)
def test_a_part_can_be_entered_at_its_key_frames(clips, name: str):
    path, entries = clips[name]
    assert list(part(path).entries()) == pytest.approx(entries, abs=1)  # times are rounded to milliseconds
    late = [entry - 9 for entry in entries if entry > 9]
    assert list(part(path, start_ms=300).entries()) == pytest.approx(late, abs=1)
    assert list(part(path, end_ms=980).entries()) == pytest.approx([entry for entry in entries if entry < 29], abs=1)


@pytest.mark.parametrize("name", CLIPS)
def test_it_looks_the_same_from_every_entry_on(clips, name: str):
    path, _ = clips[name]
    with FootageReader(part(path), frame_count=58) as reader:
        whole = [counted_number(reader.read()) for _ in range(58)]
    for entry in part(path).entries():
        with FootageReader(part(path), first_frame=entry, frame_count=58 - entry) as reader:
            assert [counted_number(reader.read()) for _ in range(entry, 58)] == whole[entry:]


def test_a_damaged_file_is_named(tmp_path: Path):
    clip = make_video(tmp_path / "clip.mp4", pts_ms=constant_rate(60, 30))
    cut_off(clip, keep=0.1)
    with pytest.raises(SourceUnreadable, match=r"clip\.mp4"):
        part(clip).entries()
