import struct
import zlib
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engines.errors import SourceTooLarge, SourceUnreadable
from engines.visuals.probe import probe, require_visual
from models.media import MediaInfo, MediaKind, MediaLimits
from tests.media import constant_rate, cut_off, gradient, make_audio, make_video, quadrants, save_animation

LIMITS = MediaLimits()
ONE_SECOND = constant_rate(25, 25)


def look(path: Path, limits: MediaLimits = LIMITS) -> MediaInfo:
    return probe(path, source="the source", limits=limits)


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "mov", "avi", "ts", "mpg", "flv"])
def test_finds_what_a_video_is(tmp_path: Path, extension: str) -> None:
    codec = {"webm": "libvpx", "avi": "mpeg4", "mpg": "mpeg2video"}.get(extension, "libx264")
    path = make_video(tmp_path / f"clip.{extension}", pts_ms=ONE_SECOND, codec=codec, b_frames=0)
    info = look(path)
    assert (info.kind, info.width_px, info.height_px) == (MediaKind.VIDEO, 160, 90)
    assert abs(info.duration_ms - 1000) <= 45
    assert not info.has_audio


def test_goes_by_content_and_not_by_extension(tmp_path: Path) -> None:
    video = make_video(tmp_path / "clip.mp4", pts_ms=ONE_SECOND)
    assert look(video.rename(tmp_path / "photo.jpg")).kind is MediaKind.VIDEO
    quadrants(40, 30).save(tmp_path / "x.png")
    assert look((tmp_path / "x.png").rename(tmp_path / "film.mp4")).kind is MediaKind.IMAGE


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_size_is_as_shown_after_rotation(tmp_path: Path, rotation: int) -> None:
    info = look(make_video(tmp_path / "clip.mp4", pts_ms=ONE_SECOND, rotation=rotation))
    assert (info.width_px, info.height_px) == ((160, 90) if rotation == 180 else (90, 160))


def test_size_is_as_shown_with_oblong_pixels(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", pts_ms=ONE_SECOND, size=(144, 96), sample_aspect=Fraction(4, 3))
    assert (look(path).width_px, look(path).height_px) == (192, 96)


def test_duration_is_the_picture_s_and_not_the_sound_s(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.mkv"):
        info = look(make_video(tmp_path / name, pts_ms=ONE_SECOND, audio_ms=3000))
        assert info.has_audio
        assert abs(info.duration_ms - 1000) <= 45


def test_duration_of_variable_rate_and_of_late_timestamps(tmp_path: Path) -> None:
    assert abs(look(make_video(tmp_path / "a.mkv", pts_ms=[0, 40, 900, 1000, 3000])).duration_ms - 3000) <= 45
    late = [700 + time for time in ONE_SECOND]
    assert abs(look(make_video(tmp_path / "b.mkv", pts_ms=late)).duration_ms - 1000) <= 45
    assert abs(look(make_video(tmp_path / "c.ts", pts_ms=late)).duration_ms - 1000) <= 45


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac")]
)
def test_finds_what_sound_is(tmp_path: Path, name: str, codec: str) -> None:
    info = look(make_audio(tmp_path / name, duration_ms=1500, codec=codec))
    assert (info.kind, info.width_px, info.has_audio) == (MediaKind.AUDIO, 0, True)
    assert abs(info.duration_ms - 1500) <= 60
    with pytest.raises(SourceUnreadable, match="only sound"):
        require_visual(info, "a")


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "gif", "tiff", "bmp", "avif"])
def test_finds_what_a_still_is(tmp_path: Path, extension: str) -> None:
    gradient(64, 48).save(tmp_path / f"x.{extension}")
    info = look(tmp_path / f"x.{extension}")
    assert info == MediaInfo(kind=MediaKind.IMAGE, width_px=64, height_px=48)


def test_exif_orientation_swaps_the_sides(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient(64, 48).save(tmp_path / "x.jpg", exif=exif)
    assert (look(tmp_path / "x.jpg").width_px, look(tmp_path / "x.jpg").height_px) == (48, 64)


@pytest.mark.parametrize("extension", ["gif", "webp", "png"])
def test_an_animation_is_a_video(tmp_path: Path, extension: str) -> None:
    frames = [Image.new("RGB", (20, 10), (shade, 0, 0)) for shade in (0, 90, 180)]
    info = look(save_animation(tmp_path / f"x.{extension}", frames, [100, 200, 500]))
    assert info == MediaInfo(kind=MediaKind.VIDEO, width_px=20, height_px=10, duration_ms=800)


def test_a_tiff_of_many_pages_is_a_still(tmp_path: Path) -> None:
    gradient(20, 10).save(tmp_path / "x.tiff", save_all=True, append_images=[gradient(20, 10)])
    assert look(tmp_path / "x.tiff").kind is MediaKind.IMAGE


# --- hostile and broken ------------------------------------------------------------------------------------------

DRESSED_UP = {
    "HLS playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nsecret.txt\n#EXT-X-ENDLIST\n",
    "concat list": b"ffconcat version 1.0\nfile secret.mp4\n",
    "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n",
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><image href="secret.png"/></svg>',
    "PDF": b"%PDF-1.7\n1 0 obj\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "HTML": b"\n<!DOCTYPE html><html><body>Not found</body></html>",
    "DASH": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "JSON": b'{"error": "not found"}',
    "ZIP": b"PK\x03\x04\x14\x00\x00\x00",
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "plain text": b"hello there, this is a note",
    "empty": b"",
    "not a picture": bytes(range(128, 256)) * 8,
}


@pytest.mark.parametrize("extension", ["mp4", "jpg"])
@pytest.mark.parametrize("says", DRESSED_UP)
def test_refuses_what_only_calls_itself_media(tmp_path: Path, says: str, extension: str) -> None:
    make_video(tmp_path / "secret.mp4", pts_ms=ONE_SECOND)
    path = tmp_path / f"upload.{extension}"
    path.write_bytes(DRESSED_UP[says])
    with pytest.raises(SourceUnreadable, match=says) as caught:
        look(path)
    assert str(caught.value).startswith("the source: ")


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif"])
def test_refuses_a_cut_off_picture(tmp_path: Path, name: str, keep: float) -> None:
    gradient(300, 200).save(tmp_path / name)
    with pytest.raises(SourceUnreadable, match="damaged"):
        look(cut_off(tmp_path / name, keep=keep))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_refuses_a_cut_off_video(tmp_path: Path, name: str) -> None:
    times = constant_rate(60, 10)
    noise = [Image.effect_noise((160, 90), 80).convert("RGB") for _ in times]
    path = make_video(tmp_path / name, pts_ms=times, pictures=[np.asarray(image) for image in noise], gop=10)
    with pytest.raises(SourceUnreadable, match="cut off"):
        look(cut_off(path, keep=0.5))


def test_refuses_a_cut_off_video_that_kept_its_index(tmp_path: Path) -> None:
    times = constant_rate(60, 10)
    path = make_video(tmp_path / "a.mp4", pts_ms=times, gop=10)
    data = path.read_bytes()
    index = data.index(b"moov") - 4
    assert index > 100  # the index is at the end: move it to the front, as a file made for the web has it
    media = data.index(b"mdat") - 4
    moov = bytearray(data[index:])
    at = moov.index(b"stco") + 8
    for entry in range(struct.unpack(">I", moov[at : at + 4])[0]):
        where = at + 4 + 4 * entry
        moov[where : where + 4] = struct.pack(">I", struct.unpack(">I", moov[where : where + 4])[0] + len(moov))
    path.write_bytes(data[:media] + moov + data[media:index])
    assert look(path).duration_ms == 6000
    path.write_bytes(data[:media] + moov + data[media : media + (index - media) // 3])
    with pytest.raises(SourceUnreadable, match="cut off"):
        look(path)


def test_refuses_rubbish_behind_a_true_beginning(tmp_path: Path) -> None:
    for name, head in (("a.mp4", b"\x00\x00\x00\x18ftypisom"), ("a.mkv", b"\x1a\x45\xdf\xa3"), ("a.ogg", b"OggS")):
        (tmp_path / name).write_bytes(head + b"\x07\x99" * 4000)
        with pytest.raises(SourceUnreadable):
            look(tmp_path / name)


def test_a_pixel_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    with pytest.raises(SourceTooLarge, match="pixels"):
        look(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("samples")
    for extension in ("jpg", "png", "webp", "gif", "tiff", "avif"):
        gradient(40, 30).save(folder / f"still.{extension}")
        frames = [gradient(20, 20), quadrants(20, 20)]
        if extension in {"gif", "webp"}:
            save_animation(folder / f"moving.{extension}", frames, [50, 50])
    for extension in ("mp4", "mkv", "ts", "flv"):
        make_video(folder / f"clip.{extension}", pts_ms=constant_rate(10, 25), size=(32, 32), b_frames=0)
    make_audio(folder / "sound.mp3", duration_ms=200, codec="libmp3lame")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_damage_anywhere_is_harmless_or_named(samples, tmp_path_factory, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(samples)))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=12)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "upload"
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    with suppress(SourceUnreadable, SourceTooLarge):
        look(path)


def test_every_limit_is_told(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", pts_ms=ONE_SECOND)
    gif = save_animation(tmp_path / "a.gif", [quadrants(20, 20), gradient(20, 20)], [50, 50])
    gradient(20, 20).save(tmp_path / "a.png")
    for path, limits, says in (
        (video, MediaLimits(max_bytes=100), "100 bytes"),
        (video, MediaLimits(max_duration_ms=500), "500 ms"),
        (video, MediaLimits(max_frame_pixels=1000), "160x90"),
        (gif, MediaLimits(max_frame_pixels=100), "20x20"),
        (gif, MediaLimits(max_animation_pixels=500), "2 of 20x20"),
        (tmp_path / "a.png", MediaLimits(max_pixels=100), "20x20"),
    ):
        with pytest.raises(SourceTooLarge, match=says):
            look(path, limits)
