from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import ffmpeg
from engines.errors import SourceUnreadable
from engines.ffmpeg_arguments import safe_input
from engines.visuals.color import i420_to_rgb
from engines.visuals.footage import FootageReader
from engines.visuals.footage_part import FootagePart
from models.picture import Fit
from tests.media import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    constant_rate,
    corner_colors,
    counted_number,
    cut_off,
    make_video,
    quadrants,
)

NTSC = Fraction(30000, 1001)
CLIPS = {
    "30 fps, one long group of pictures": ("a.mp4", constant_rate(70, 30), {}),
    "24 fps": ("b.mp4", constant_rate(60, 24), {"gop": 12}),
    "29.97 fps": ("c.mkv", constant_rate(70, NTSC), {"gop": 30}),
    "60 fps": ("d.mp4", constant_rate(70, 60), {}),
    "variable rate": ("e.mp4", [0, 40, 500, 540, 1500, 1540, 1580, 2600, 2640, 2700], {}),
    "variable rate in Matroska": ("f.mkv", [0, 95, 190, 280, 390, 1200, 1230, 1400, 2100, 2120], {"gop": 3}),
    "late timestamps": ("g.mkv", [700 + time for time in constant_rate(50, 25)], {"gop": 10}),
    "transport stream": ("h.ts", [700 + time for time in constant_rate(50, 25)], {"gop": 20}),
    "VP8": ("i.webm", constant_rate(50, 25), {"codec": "libvpx", "gop": 25, "tags": ("b=2M",)}),
    "AVI": ("j.avi", constant_rate(50, 25), {"codec": "mpeg4", "gop": 12, "tags": ("b=2M",)}),
    "sound that lasts longer": ("k.mp4", constant_rate(50, 25), {"audio_ms": 4000}),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[int]]]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        name: (make_video(folder / file, pts_ms=times, **settings), [time - times[0] for time in times])
        for name, (file, times, settings) in CLIPS.items()
    }


def reader(path: Path, **settings) -> FootageReader:
    first_frame, frame_count = settings.pop("first_frame", 0), settings.pop("frame_count", 10_000)
    size = (settings.pop("width_px", 36), settings.pop("height_px", 64))
    defaults = {"start_ms": 0, "end_ms": 1000, "fps": Fraction(30), "size": size}
    return FootageReader(FootagePart(path, **(defaults | settings)), first_frame=first_frame, frame_count=frame_count)


def numbers(path: Path, count: int, **settings) -> list[int]:
    with reader(path, **settings) as frames:
        return [counted_number(frames.read()) for _ in range(count)]


def candidates(times_ms: list[int], at_ms: float, fps: Fraction) -> set[int]:
    """The source frames that may be shown: the last to begin within half a frame, give or take a rounded timestamp."""
    shown = set()
    for slack_ms in (-1.1, 1.1):
        begun = [number for number, time in enumerate(times_ms) if time <= at_ms + 500 / fps + slack_ms]
        shown.add(begun[-1] if begun else 0)
    return set(range(min(shown), max(shown) + 1))


@pytest.mark.parametrize("fps", [Fraction(30), NTSC, Fraction(25), Fraction(60)])
@pytest.mark.parametrize("start_ms", [0, 333, 1000])
@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_the_one_shown_at_its_time(clips, name: str, start_ms: int, fps: Fraction) -> None:
    path, times = clips[name]
    end_ms = min(times[-1], start_ms + 900)
    count = int((end_ms - start_ms) * fps / 1000)
    found = numbers(path, count, start_ms=start_ms, end_ms=end_ms, fps=fps)
    for frame, number in enumerate(found):
        assert number in candidates(times, start_ms + frame * 1000 / fps, fps), f"frame {frame} of {found}"


def test_equal_rates_neither_drop_nor_repeat_a_frame(clips) -> None:
    assert numbers(clips["29.97 fps"][0], 60, start_ms=0, end_ms=2300, fps=NTSC) == list(range(60))
    assert numbers(clips["30 fps, one long group of pictures"][0], 40, start_ms=1000, end_ms=2330) == list(
        range(30, 70)
    )


@given(start=st.integers(0, 40), length=st.integers(1, 20), offset=st.integers(0, 60))
@settings(max_examples=15, deadline=None)
def test_a_part_loops_and_an_offset_joins_in(clips, start: int, length: int, offset: int) -> None:
    path, _ = clips["30 fps, one long group of pictures"]
    whole = {"start_ms": round(start * 1000 / 30), "end_ms": round((start + length) * 1000 / 30)}
    count = 2 * length + 3
    expected = [start + (offset + frame) % length for frame in range(count)]
    assert numbers(path, count, **whole, first_frame=offset) == expected


def test_a_part_that_ends_a_little_early_holds_its_last_frame(clips) -> None:
    path, _ = clips["24 fps"]
    found = numbers(path, 90, start_ms=2000, end_ms=2900)
    assert found[:27] == found[27:54]
    assert found[26] == found[16] == 59
    assert numbers(path, 30, start_ms=2000, end_ms=2900, first_frame=24) == found[24:54]


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_footage_is_upright(tmp_path: Path, rotation: int, fit: Fit) -> None:
    turned = np.rot90(np.asarray(quadrants(120, 120)), rotation // 90)
    pictures = [np.ascontiguousarray(turned)] * 5
    size = (120, 120)
    path = make_video(
        tmp_path / "a.mp4", pts_ms=constant_rate(5, 25), pictures=pictures, size=size, rotation=-rotation % 360
    )
    with reader(path, width_px=120, height_px=120, end_ms=200, fit=fit) as frames:
        rgb = i420_to_rgb(frames.read())
    for found, expected in zip(corner_colors(rgb), (RED, GREEN, BLUE, YELLOW), strict=True):
        assert np.abs(np.subtract(found, expected)).max() <= 14


def test_rotated_matroska_is_upright(tmp_path: Path) -> None:
    turned = np.ascontiguousarray(np.rot90(np.asarray(quadrants(120, 160))))
    pictures = [turned] * 5
    path = make_video(tmp_path / "a.mkv", pts_ms=constant_rate(5, 25), pictures=pictures, size=(160, 120), rotation=270)
    with reader(path, width_px=120, height_px=160, end_ms=200) as frames:
        rgb = i420_to_rgb(frames.read())
    for found, expected in zip(corner_colors(rgb), (RED, GREEN, BLUE, YELLOW), strict=True):
        assert np.abs(np.subtract(found, expected)).max() <= 14


def test_a_size_that_changes_on_the_way_changes_nothing(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.ts", pts_ms=constant_rate(25, 25), b_frames=0)
    later = [1000 + time for time in constant_rate(25, 25)]
    rest = make_video(tmp_path / "b.ts", pts_ms=later, size=(320, 240), b_frames=0)
    path.write_bytes(path.read_bytes() + rest.read_bytes())
    expected = [*range(10, 25), *range(25)]
    assert numbers(path, 40, start_ms=400, end_ms=2000, fps=Fraction(25)) == expected


def test_an_edit_list_is_obeyed(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(60, 25), gop=30)
    cut = tmp_path / "b.mp4"
    ffmpeg.run(["-ss", "0.52", *safe_input(whole, demuxer="mov"), "-c", "copy", str(cut)], timeout_s=120)
    assert numbers(cut, 30, start_ms=200, end_ms=1400, fps=Fraction(25)) == list(range(18, 48))


def test_cover_cuts_the_middle_and_contain_shows_all(tmp_path: Path) -> None:
    bars = np.zeros((90, 160, 3), np.uint8)
    bars[:, :40], bars[:, 120:] = RED, BLUE
    bars[:, 40:120] = (200, 200, 200)
    path = make_video(tmp_path / "a.mp4", pts_ms=[0, 40], pictures=[bars, bars])
    with reader(path, width_px=72, height_px=128, end_ms=80) as frames:
        cover = i420_to_rgb(frames.read())
    assert np.abs(cover.astype(int) - 200).max() <= 10
    with reader(path, width_px=72, height_px=128, end_ms=80, fit=Fit.CONTAIN) as frames:
        contain = i420_to_rgb(frames.read())
    assert np.abs(np.subtract(contain[64, 4], RED)).max() <= 14
    assert np.abs(np.subtract(contain[64, 67], BLUE)).max() <= 14
    assert np.abs(contain[64, 36].astype(int) - 200).max() <= 10
    assert 60 < contain[5, 36].mean() < 120  # the darkened copy


def test_oblong_pixels_are_made_square(tmp_path: Path) -> None:
    disc = np.zeros((96, 72, 3), np.uint8)
    y, x = np.mgrid[:96, :72]
    disc[((x - 36) * 2) ** 2 + (y - 48) ** 2 < 40**2] = 230
    path = make_video(
        tmp_path / "a.mp4", pts_ms=[0, 40], pictures=[disc, disc], size=(72, 96), sample_aspect=Fraction(2)
    )
    for fit in Fit:
        with reader(path, width_px=96, height_px=96, end_ms=80, fit=fit) as frames:
            lit = frames.read()[:96] > 120
        across, down = lit.any(axis=0).sum(), lit.any(axis=1).sum()
        assert abs(int(across) - int(down)) <= 3


@pytest.mark.parametrize("size", [(322, 180), (320, 240), (90, 160), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("fit", list(Fit))
def test_any_size_comes_out_at_the_canvas_size(tmp_path: Path, size: tuple[int, int], fit: Fit) -> None:
    path = make_video(tmp_path / "a.mp4", pts_ms=[0, 40, 80], size=size)
    with reader(path, width_px=180, height_px=320, end_ms=120, fit=fit) as frames:
        frame = frames.read()
    assert frame.shape == (480, 180)
    assert counted_number(frame) == 0


def test_a_picture_of_odd_sides_fits_either_way(tmp_path: Path) -> None:
    pictures = [np.asarray(quadrants(641, 359))] * 3
    path = make_video(
        tmp_path / "a.mkv", pts_ms=[0, 40, 80], pictures=pictures, size=(641, 359), codec="ffv1", pix_fmt="yuv420p"
    )
    for fit in Fit:
        with reader(path, width_px=180, height_px=320, end_ms=120, fit=fit) as frames:
            assert frames.read().shape == (480, 180)


COLOR_TAGS = {
    "BT.601": ("-colorspace", "smpte170m"),
    "BT.709": ("-colorspace", "bt709"),
    "BT.601 by its size": (),
}


@pytest.mark.parametrize("name", COLOR_TAGS)
def test_colours_survive_whatever_the_source_s_matrix(tmp_path: Path, name: str) -> None:
    target = "bt709" if name == "BT.709" else "smpte170m"
    path = tmp_path / "a.mp4"
    make_tagged(path, np.asarray(quadrants(160, 160)), matrix=target, tags=COLOR_TAGS[name])
    with reader(path, width_px=160, height_px=160, end_ms=80) as frames:
        rgb = i420_to_rgb(frames.read())
    for found, expected in zip(corner_colors(rgb), (RED, GREEN, BLUE, YELLOW), strict=True):
        assert np.abs(np.subtract(found, expected)).max() <= 6


def make_tagged(path: Path, rgb: np.ndarray, *, matrix: str, tags: tuple[str, ...]) -> None:
    raw = path.with_suffix(".rgb")
    raw.write_bytes(rgb.tobytes() * 2)
    size = f"{rgb.shape[1]}x{rgb.shape[0]}"
    flags = "flags=accurate_rnd+full_chroma_int"
    untag = ",setparams=colorspace=unknown" if not tags else ""
    ffmpeg.run(
        [
            *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", "25", "-i", str(raw)),
            *("-vf", f"scale=out_color_matrix={matrix}:out_range=tv:{flags},format=yuv420p{untag}"),
            *("-c:v", "libx264", "-qp", "0", *tags, str(path)),
        ],
        timeout_s=120,
    )


def test_high_dynamic_range_is_brought_down(tmp_path: Path) -> None:
    frame = np.full((90, 160, 3), 190, np.uint8)  # near the reference white of HLG
    path = make_video(
        tmp_path / "a.mp4",
        pts_ms=[0, 40],
        pictures=[frame, frame],
        pix_fmt="yuv420p10le",
        tags=("x264-params=colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",),
    )
    with reader(path, width_px=64, height_px=64, end_ms=80) as frames:
        i420 = frames.read()
    assert 180 <= i420[32, 32] <= 240
    assert np.abs(i420[64:].astype(int) - 128).max() <= 3


# --- broken ------------------------------------------------------------------------------------------------------


def test_a_playlist_dressed_as_a_video_reads_nothing(tmp_path: Path) -> None:
    secret = make_video(tmp_path / "secret.mp4", pts_ms=constant_rate(25, 25))
    for text in (f"ffconcat version 1.0\nfile {secret}\n", f"#EXTM3U\n#EXTINF:1,\n{secret}\n"):
        (tmp_path / "a.mp4").write_text(text)
        with reader(tmp_path / "a.mp4") as frames, pytest.raises(SourceUnreadable, match="list"):
            frames.read()


def test_footage_that_ends_long_before_it_should_names_the_time(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", pts_ms=constant_rate(25, 25))
    with reader(path, end_ms=3000, source="https://example.com/a") as frames:
        for _ in range(30):
            frames.read()
        with pytest.raises(SourceUnreadable, match=r"^https://example.com/a: .*1000 ms, and 0-3000 ms"):
            frames.read()


def test_footage_that_does_not_decode_is_unreadable(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(25, 25), gop=5)
    cut_off(path, keep=0.6)
    with reader(path) as frames, pytest.raises(SourceUnreadable, match=r"damaged|no moving picture"):
        frames.read()
    data = bytearray(make_video(tmp_path / "b.mkv", pts_ms=constant_rate(25, 25)).read_bytes())
    data[700:] = b"\x55" * (len(data) - 700)
    (tmp_path / "b.mkv").write_bytes(data)
    with reader(tmp_path / "b.mkv") as frames, pytest.raises(SourceUnreadable):
        frames.read()


def test_the_source_is_told_by_its_name_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"")
    with reader(tmp_path / "x.mp4") as frames, pytest.raises(SourceUnreadable, match=r"^x\.mp4: .*empty"):
        frames.read()


def test_damage_in_the_middle_plays_what_decodes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (50, 90, 160, 3), np.uint8)
    path = make_video(tmp_path / "a.mkv", pts_ms=constant_rate(50, 25), pictures=list(noise), gop=5)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    whole = path.rename(tmp_path / "whole.mkv")
    path.write_bytes(data)
    with reader(whole, end_ms=2000) as intact, reader(path, end_ms=2000) as frames:
        same = [np.array_equal(intact.read(), frames.read()) for _ in range(50)]
        assert same[:15] == same[-15:] == [True] * 15
        assert np.array_equal(intact.read(), frames.read())  # and again from the start
    assert not all(same)


@pytest.mark.parametrize("count", [1, 5, 25])
def test_no_more_is_decoded_than_is_asked_for(clips, count: int) -> None:
    path, _ = clips["30 fps, one long group of pictures"]
    with reader(path, first_frame=7, frame_count=count, end_ms=600) as frames:
        assert [counted_number(frames.read()) for _ in range(count)] == [(7 + number) % 18 for number in range(count)]
