"""Files that claim or unpack to more than any machine has: refused in time, and without taking the memory first."""

import resource
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from engines.errors import SourceTooLarge, SourceUnreadable
from engines.visuals import containers
from engines.visuals.containers import open_container
from engines.visuals.images import MOST_FRAMES, MOST_GIF_BYTES
from engines.visuals.probe import probe
from models.media import MediaLimits
from tests.hostile.bombs import (
    claiming_apng,
    claiming_mp4,
    flickering_gif,
    scanning_jpeg,
    tiled_tiff,
    wide_avif,
    wide_png,
    wide_webp,
)
from tests.media import constant_rate, make_video

MIB = 1 << 20


def taken_bytes(before: int = 0) -> int:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before


def refused(path: Path, content: bytes, *, most_mib: int = 64, most_cpu_s: float = 5) -> str:
    """Return why a file is refused; fail if that takes much memory or computing."""
    path.write_bytes(content)
    before, started_s = taken_bytes(), time.process_time()
    with pytest.raises((SourceTooLarge, SourceUnreadable)) as failure:
        probe(path, source=path.name, limits=MediaLimits())
    assert taken_bytes(before) < most_mib * MIB
    assert time.process_time() - started_s < most_cpu_s
    assert path.name in str(failure.value)
    return str(failure.value)


@pytest.mark.parametrize("samples", [20_000_000, 400_000_000, 4_294_967_295])
def test_an_index_of_a_billion_frames_in_a_few_hundred_bytes(tmp_path: Path, samples: int):
    bomb = claiming_mp4(samples)
    assert len(bomb) < 1000
    assert "larger than allowed" in refused(tmp_path / "a.mp4", bomb)


def test_many_tracks_or_edits_that_together_are_too_much(tmp_path: Path):
    assert "larger than allowed" in refused(tmp_path / "tracks.mp4", claiming_mp4(500_000, tracks=60))
    assert "larger than allowed" in refused(tmp_path / "edits.mp4", claiming_mp4(100_000, edits=500))


def test_raw_sound_may_have_samples_without_number_but_no_picture_may_call_itself_that(tmp_path: Path):
    assert "larger than allowed" in refused(tmp_path / "a.mp4", claiming_mp4(400_000_000, handler=b"vide"))
    sound = refused(tmp_path / "b.mp4", claiming_mp4(100_000_000, handler=b"soun"), most_mib=600)
    assert sound


def test_boxes_without_end(tmp_path: Path):
    refused(tmp_path / "a.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08free" * 300_000)
    refused(tmp_path / "b.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x01moov" + b"\xff" * 8)
    deep = b"moov"
    for _ in range(2000):
        deep = b"moov" + (len(deep) + 4).to_bytes(4, "big") + deep
    refused(tmp_path / "c.mp4", b"\0\0\0\x10ftypisom\0\0\0\0" + (len(deep) + 4).to_bytes(4, "big") + deep)


def test_a_jpeg_that_is_scanned_for_ever(tmp_path: Path):
    assert "scans" in refused(tmp_path / "a.jpg", scanning_jpeg(9_000, 5_000), most_mib=200)
    (tmp_path / "few.jpg").write_bytes(scanning_jpeg(200, 20))
    assert probe(tmp_path / "few.jpg", source="few", limits=MediaLimits()).width_px == 200


def test_a_gif_of_more_frames_than_any_has(tmp_path: Path):
    assert "frames" in refused(tmp_path / "a.gif", flickering_gif(MOST_FRAMES + 1), most_cpu_s=20)
    with (tmp_path / "b.gif").open("wb") as file:
        file.write(flickering_gif(10))
        file.truncate(MOST_GIF_BYTES + 1)
    with pytest.raises(SourceTooLarge):
        probe(tmp_path / "b.gif", source="b", limits=MediaLimits())


ANIMATIONS = {
    "WebP on a huge canvas": wide_webp(16_383, 3),
    "WebP of many large frames": wide_webp(5_900, 60),
    "APNG of more frames than any has": claiming_apng(8, MOST_FRAMES + 1),
    "APNG on a huge canvas": claiming_apng(60_000, 3),
    "APNG that has not what it claims": claiming_apng(2_000, 100),
    "AVIF on a huge canvas": wide_avif(16_384, 3),
    "AVIF of no size that there is": wide_avif(60_000, 3),
}


@pytest.mark.parametrize("kind", ANIMATIONS)
def test_an_animation_of_a_few_bytes_that_unpacks_to_gigabytes(tmp_path: Path, kind: str):
    assert len(ANIMATIONS[kind]) < 5000
    refused(tmp_path / "a.png", ANIMATIONS[kind], most_mib=150)


def test_frames_that_an_apng_does_not_have_are_not_waited_for(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(claiming_apng(8, 4_000_000_000))  # more than the format allows: it is a still
    assert probe(tmp_path / "a.png", source="a", limits=MediaLimits()).duration_ms == 0


def test_the_largest_animations_that_are_taken_have_a_bound(tmp_path: Path):
    """Just below the limit of one frame, and far below that of all: what a stranger can cost at the most, per frame."""
    (tmp_path / "a.webp").write_bytes(wide_webp(5_900, 3))
    before, started_s = taken_bytes(), time.process_time()
    assert probe(tmp_path / "a.webp", source="a", limits=MediaLimits()).duration_ms == 120
    assert taken_bytes(before) < 800 * MIB
    assert time.process_time() - started_s < 10


@pytest.mark.parametrize("tile_px", [(32_768, 16_000), (8_192, 16), (16, 4_294_967_295)])
def test_a_dot_in_a_tile_of_gigabytes(tmp_path: Path, tile_px: tuple[int, int]):
    bomb = tiled_tiff(tile_px)
    assert len(bomb) < 400
    assert "tile" in refused(tmp_path / "a.tif", bomb)


def test_a_small_picture_in_one_tile(tmp_path: Path):
    (tmp_path / "a.tif").write_bytes(tiled_tiff((256, 256), size_px=(100, 50), pixels=bytes(256 * 256 * 3)))
    info = probe(tmp_path / "a.tif", source="a", limits=MediaLimits())
    assert (info.width_px, info.height_px) == (100, 50)


def test_pixels_are_counted_before_any_is_decoded(tmp_path: Path):
    path = wide_png(tmp_path / "a.png", 40_000, 30_000)
    assert path.stat().st_size < MIB
    assert "larger than allowed" in refused(path, path.read_bytes())


def test_text_in_a_picture_that_unpacks_to_gigabytes(tmp_path: Path):
    info = PngImagePlugin.PngInfo()
    info.add(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 * MIB), 9))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", pnginfo=info)
    refused(tmp_path / "a.png", (tmp_path / "a.png").read_bytes(), most_mib=100)
    profile = zlib.compress(bytes(200 * MIB), 9)
    info = PngImagePlugin.PngInfo()
    info.add(b"iCCP", b"icc\0\0" + profile)
    Image.new("RGB", (8, 8)).save(tmp_path / "b.png", pnginfo=info)
    before = taken_bytes()
    probe(tmp_path / "b.png", source="b", limits=MediaLimits())
    assert taken_bytes(before) < 300 * MIB


def test_a_clip_whose_later_frames_are_huge_is_not_decoded_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first frame is what a probe looks at; the decoder itself refuses those that no limit has seen."""
    path = make_video(tmp_path / "a.mp4", pts_ms=constant_rate(3, 30), size=(320, 180))
    monkeypatch.setattr(containers, "MOST_FRAME_PIXELS", 1000)
    with pytest.raises(SourceUnreadable), open_container(path, demuxer="mov", source="a") as container:
        next(container.decode(video=0))
