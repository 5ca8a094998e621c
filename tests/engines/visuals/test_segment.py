from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import IO

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from engines import ffmpeg
from engines.errors import FfmpegFailed, FfmpegTimeout, SourceUnreadable
from engines.visuals.encoder import CaptionFiles, ImageFile, OverlayFiles
from engines.visuals.segment import (
    Chunk,
    Outgoing,
    Scene,
    chunks_of,
    near_key_frame,
    nearest,
    shot_frame,
)
from engines.visuals.shots import LoadedShot
from models.shots import EffectUse, Plate, Shot, Window
from tests.engines.visuals.scenes import FPS, REF, VIDEO, burn, counted, grey, plate, scene
from tests.media import counted_number, cut_off

FADE = EffectUse(name="fade", sha256="")
FONTS_DIR = Path(__file__).parents[3] / "assets" / "fonts"
CAPTIONS = """[Script Info]
ScriptType: v4.00+
PlayResX: 128
PlayResY: 96

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BorderStyle, Outline, Shadow, Alignment
Style: Text,Montserrat Black,60,&H00FFFFFF,&H00FFFFFF,1,2,0,5

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.40,0:00:01.00,Text,WW
"""


def burnt(segment: Scene, output: Path, chunk: Chunk | None = None) -> NDArray[np.uint8]:
    """Encode a scene, or a chunk of it, and return its frames: (frames, h * 3 // 2, w)."""
    burn(segment, output, chunk=chunk)
    frame_count = chunk.frame_count if chunk else segment.frame_count
    with av.open(str(output)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert packets[0].is_keyframe
        assert sorted(packet.pts * packet.time_base * FPS for packet in packets) == list(range(frame_count))
    with av.open(str(output)) as container:
        return np.stack([frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)])


def numbers(frames: NDArray[np.uint8]) -> list[int]:
    return [counted_number(frame) for frame in frames]


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_a_still_has_the_frames_it_should(tmp_path: Path, count: int):
    picture = np.clip(grey(60) + np.arange(VIDEO.width_px, dtype=np.uint8), 0, 235)
    picture[VIDEO.height_px :] = 100
    frames = burnt(scene(plate(tmp_path / "a.npy", picture), count), tmp_path / "a.mp4")
    assert frames.shape == (count, *picture.shape)
    assert np.abs(frames.astype(int) - picture).max() <= 3


@pytest.mark.parametrize("count", [5, 12])
def test_footage_is_played_from_its_trim(tmp_path: Path, count: int):
    clip = counted(tmp_path / "clip.mp4", 40, start_ms=500, end_ms=900)
    assert numbers(burnt(scene(clip, count), tmp_path / "a.mp4")) == list(range(15, 15 + count))


def test_footage_shorter_than_its_scene_is_played_again(tmp_path: Path):
    clip = counted(tmp_path / "clip.mp4", 40, start_ms=500, end_ms=700)
    assert numbers(burnt(scene(clip, 14), tmp_path / "a.mp4")) == [*range(15, 21), *range(15, 21), 15, 16]


@pytest.mark.parametrize("into", ["still", "footage"])
def test_a_fade_mixes_both_scenes_by_the_middle_of_each_frame(tmp_path: Path, into: str):
    incoming = plate(tmp_path / "in.npy", grey(200)) if into == "still" else counted(tmp_path / "in.mp4", 20)
    old = Outgoing(plate(tmp_path / "out.npy", grey(40)), frame_count=30, transition_frames=4, transition=FADE)
    frames = burnt(scene(incoming, 12, outgoing=old), tmp_path / "a.mp4")
    over = [200] * 12 if into == "still" else [20 + 3 * number for number in range(12)]
    for number, frame in enumerate(frames):
        opacity = min(1, (number + 0.5) / 4) if number < 4 else 1
        assert np.median(frame[: VIDEO.height_px]) == pytest.approx(40 + (over[number] - 40) * opacity, abs=2)


def test_the_earlier_scenes_footage_plays_on_through_the_fade(tmp_path: Path):
    old = Outgoing(counted(tmp_path / "out.mp4", 60), frame_count=30, transition_frames=6, transition=FADE)
    frames = burnt(scene(plate(tmp_path / "in.npy", grey(20)), 12, outgoing=old), tmp_path / "a.mp4")
    for number, frame in enumerate(frames[:6]):
        faded = 1 - (number + 0.5) / 6
        assert np.median(frame[: VIDEO.height_px]) == pytest.approx(20 + 3 * (30 + number) * faded, abs=2)


def test_the_earlier_scenes_camera_rests_where_its_move_ended(tmp_path: Path):
    halves = grey(40)
    halves[: VIDEO.height_px, VIDEO.width_px // 2 :] = 200
    still = plate(tmp_path / "out.npy", halves)
    right = Window(x=0.5, y=0, width=0.5, height=1)
    old = Outgoing(still._replace(shot=still.shot.model_copy(update={"window_to": right})), 30, 4, FADE)
    frames = burnt(scene(plate(tmp_path / "in.npy", grey(40)), 8, outgoing=old), tmp_path / "a.mp4")
    assert np.ptp(frames[0][: VIDEO.height_px, 4:].astype(int)) <= 4
    assert frames[0][48, 64] == pytest.approx(40 + 160 * 7 / 8, abs=3)


@pytest.mark.parametrize("kind", ["still", "footage", "fade"])
def test_a_scene_gives_the_same_bytes_again(tmp_path: Path, kind: str):
    still, clip = plate(tmp_path / "a.npy", grey(90)), counted(tmp_path / "clip.mp4", 20)
    old = Outgoing(still, 30, 4, FADE)
    segment = {"still": scene(still, 10), "footage": scene(clip, 10), "fade": scene(clip, 10, outgoing=old)}[kind]
    for name in ("a.mp4", "b.mp4"):
        burn(segment, tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_damaged_footage_is_named(tmp_path: Path):
    clip = counted(tmp_path / "clip.mkv", 60)
    cut_off(clip.path, keep=0.4)
    with pytest.raises(SourceUnreadable, match=r"clip\.mkv"):
        burn(scene(clip, 60), tmp_path / "a.mp4")


def test_an_encoder_that_fails_or_hangs_is_told(tmp_path: Path):
    still = plate(tmp_path / "a.npy", grey(90))
    with pytest.raises(FfmpegFailed):
        burn(scene(still, 9), tmp_path / "no" / "folder" / "a.mp4")
    with pytest.raises(FfmpegTimeout):
        burn(scene(still, 100_000), tmp_path / "a.mp4", timeout_s=0.2)


def test_one_frame_of_a_shot_is_seen_in_its_colours(tmp_path: Path):
    clip = counted(tmp_path / "clip.mp4", 40)
    rgb = shot_frame(clip, number=30, frame_count=40, video=VIDEO)
    assert rgb.shape == (VIDEO.height_px, VIDEO.width_px, 3)
    assert rgb[48, 64].tolist() == pytest.approx([round((20 + 3 * 30 - 16) * 255 / 219)] * 3, abs=3)


@pytest.mark.parametrize(("gop", "wanted", "nearest_key"), [(10, 24, 21), (10, 38, 41), (250, 24, 24)])
def test_a_poster_takes_the_key_frame_nearest_to_the_wanted_one(
    tmp_path: Path, gop: int, wanted: int, nearest_key: int
):
    clip = counted(tmp_path / "clip.mp4", 60, gop=gop)
    assert near_key_frame(clip, number=wanted, frame_count=60, video=VIDEO) == pytest.approx(nearest_key, abs=1)


STILL = LoadedShot(Shot(picture=Plate(blob=REF, width_px=128, height_px=96)), Path("a.npy"))


@given(
    frame_count=st.integers(1, 5000),
    fps=st.sampled_from([Fraction(24), FPS, Fraction(30000, 1001), Fraction(60)]),
    longest_ms=st.integers(2_500, 10_000),
)
def test_chunks_cover_a_still_and_are_alike(frame_count: int, fps: Fraction, longest_ms: int):
    still = scene(STILL, frame_count, video=VIDEO.model_copy(update={"fps": fps}))
    chunks = chunks_of(still._replace(longest_chunk_ms=longest_ms))
    assert [number for chunk in chunks for number in range(*chunk)] == list(range(frame_count))
    lengths = {chunk.frame_count for chunk in chunks}
    assert max(lengths) - min(lengths) <= 1
    assert (max(lengths) - 1) * 1000 < longest_ms * fps
    assert len(chunks) == 1 or min(lengths) * 2000 >= (longest_ms - 100) * fps


@given(
    frame_count=st.integers(1, 1000),
    places=st.lists(st.integers(0, 1000), max_size=30).map(sorted),
)
def test_edges_move_to_the_nearest_allowed_place_or_are_left_out(frame_count: int, places: list[int]):
    edges = list(range(75, frame_count, 75))
    moved = nearest(edges, places, reach=37)
    assert moved == sorted(set(moved))
    assert set(moved) <= set(places) - {0}
    for edge in edges:
        near = [place for place in places if place and abs(place - edge) <= 37]
        assert not near or min(abs(place - edge) for place in near) == min(abs(place - edge) for place in moved)


@pytest.mark.parametrize(("gop", "starts"), [(20, [0, 41]), (250, [0]), (5, [0, 35])])
def test_footage_is_cut_at_its_key_frames(tmp_path: Path, gop: int, starts: list[int]):
    slow = VIDEO.model_copy(update={"fps": Fraction(15)})
    chunks = chunks_of(scene(counted(tmp_path / "clip.mp4", 70, gop=gop, fps=slow.fps), 70, video=slow))
    assert [chunk.start for chunk in chunks] == starts
    assert [number for chunk in chunks for number in range(*chunk)] == list(range(70))


def test_footage_that_is_played_again_stays_whole(tmp_path: Path):
    assert chunks_of(scene(counted(tmp_path / "clip.mp4", 20), 400)) == (Chunk(0, 400),)


@pytest.mark.parametrize("kind", ["still", "moving still", "footage", "looped footage", "fade", "fade of footage"])
@pytest.mark.parametrize("captioned", [False, True])
def test_chunks_show_what_the_scene_in_one_piece_would(tmp_path: Path, kind: str, captioned: bool):
    slope = np.clip(grey(60) + np.arange(VIDEO.width_px, dtype=np.uint8), 0, 235)
    still, clip = plate(tmp_path / "a.npy", slope), counted(tmp_path / "clip.mp4", 60)
    moving = still._replace(shot=still.shot.model_copy(update={"window_to": Window(x=0.5, y=0, width=0.5, height=1)}))
    whole = {
        "still": scene(still, 40),
        "moving still": scene(moving, 40),
        "footage": scene(clip, 40),
        "looped footage": scene(counted(tmp_path / "short.mp4", 60, start_ms=200, end_ms=700), 40),
        "fade": scene(clip, 40, outgoing=Outgoing(still, 30, 15, FADE)),
        "fade of footage": scene(still, 40, outgoing=Outgoing(clip, 30, 15, FADE)),
    }[kind]
    if captioned:
        (tmp_path / "captions.ass").write_text(CAPTIONS)
        whole = whole._replace(overlays=OverlayFiles(CaptionFiles(tmp_path / "captions.ass", FONTS_DIR)))
    chunks = [Chunk(0, 9), Chunk(9, 21), Chunk(21, 22), Chunk(22, 40)]
    joined = np.concatenate([burnt(whole, tmp_path / f"{chunk.start}.mp4", chunk) for chunk in chunks])
    expected = burnt(whole, tmp_path / "whole.mp4")
    assert np.abs(joined.astype(int) - expected).mean(axis=(1, 2)).max() < 1
    if captioned:
        lit = [frame[: VIDEO.height_px].max() for frame in joined]
        assert [number for number, level in enumerate(lit) if level > 230 and number in (11, 12, 29, 30)] == [12, 29]


def test_a_transition_decodes_no_more_of_footage_than_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wanted: list[int] = []
    frames_out = ffmpeg.frames_out

    def noted(arguments: list[str], *, timeout_s: float) -> AbstractContextManager[IO[bytes]]:
        wanted.append(int(arguments[arguments.index("-frames:v") + 1]))
        return frames_out(arguments, timeout_s=timeout_s)

    monkeypatch.setattr(ffmpeg, "frames_out", noted)
    before, clip = counted(tmp_path / "before.mp4", 60), counted(tmp_path / "clip.mp4", 60)
    frames = burnt(scene(clip, 40, outgoing=Outgoing(before, 30, 6, FADE)), tmp_path / "a.mp4")
    assert numbers(frames[6:]) == list(range(6, 40))
    assert wanted == [6, 6]


@pytest.mark.parametrize("kind", ["still", "footage", "fade"])
def test_pictures_lie_over_their_frames_and_no_others(tmp_path: Path, kind: str):
    still, clip = plate(tmp_path / "a.npy", grey(60)), counted(tmp_path / "clip.mp4", 40)
    whole = {
        "still": scene(still, 30),
        "footage": scene(clip, 30),
        "fade": scene(clip, 30, outgoing=Outgoing(still, 30, 4, FADE)),
    }[kind]
    Image.new("RGBA", (40, 20), (255, 0, 0, 255)).save(tmp_path / "red.png")
    Image.new("RGBA", (200, 20), (255, 255, 255, 128)).save(tmp_path / "veil.png")
    red, veil = tmp_path / "red.png", tmp_path / "veil.png"
    drawn = whole._replace(
        overlays=OverlayFiles(images=(ImageFile(red, 80, 10, 200, 500), ImageFile(veil, -20, 70, 0, 9_000)))
    )
    chunks = [Chunk(0, 9), Chunk(9, 15), Chunk(15, 30)]
    laid = np.concatenate([burnt(drawn, tmp_path / "a.mp4", chunk) for chunk in chunks])
    bare = np.concatenate([burnt(whole, tmp_path / "b.mp4", chunk) for chunk in chunks])
    is_red = [abs(int(frame[20, 100]) - 63) <= 3 and int(frame[96 + 24 + 2, 64 + 50]) > 200 for frame in laid]
    assert [number for number, red in enumerate(is_red) if red] == list(range(6, 15))
    assert np.abs(laid[:, :9].astype(int) - bare[:, :9]).max() <= 3
    half = bare[:, 80, 10].astype(int) * 127 / 255 + 235 * 128 / 255
    assert np.abs(laid[:, 80, 10] - half).max() <= 4


@pytest.mark.parametrize("kind", ["still", "footage"])
def test_pictures_fade_in_and_out_alike_however_a_scene_is_cut(tmp_path: Path, kind: str):
    whole = scene(plate(tmp_path / "a.npy", grey(60)), 30)
    if kind == "footage":
        whole = scene(counted(tmp_path / "clip.mp4", 40), 30)
    Image.new("RGBA", (40, 20), (255, 255, 255, 255)).save(tmp_path / "white.png")
    white = ImageFile(tmp_path / "white.png", 80, 10, 200, 800, fade_in_ms=200, fade_out_ms=100)
    faded = whole._replace(overlays=OverlayFiles(images=(white,)))
    chunks = [Chunk(0, 8), Chunk(8, 15), Chunk(15, 30)]
    joined = np.concatenate([burnt(faded, tmp_path / "a.mp4", chunk) for chunk in chunks])
    at_once = burnt(faded, tmp_path / "b.mp4")
    assert np.abs(joined[:, 15:25, 85:115].astype(int) - at_once[:, 15:25, 85:115]).max() <= 4
    levels = joined[:, 20, 100].astype(float)
    assert all(np.abs(levels[number] - 235) <= 4 for number in range(12, 21)), "fully there between its fades"
    assert all(np.diff(levels[6:13]) > 8), "grows from frame to frame"
    assert all(np.diff(levels[21:25]) < -8), "and goes"
    bare, away = burnt(whole, tmp_path / "c.mp4"), [*range(7), *range(24, 30)]
    assert np.abs(levels[away] - bare[away, 20, 100]).max() <= 4
