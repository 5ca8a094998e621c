"""Every file that a spec can ask for, made from the same frames and the same sound, and measured."""

from collections import Counter
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engines.errors import LimitPassed, SpecInvalid
from models.export import AudioFormat, VideoFormat
from models.report import RenderReport
from tests.flows import measure
from tests.flows.studio import Studio
from tests.media import constant_rate, make_video

CODECS = {"h264": "h264", "hevc": "hevc", "av1": "libdav1d", "vp9": "vp9"}
SOUNDS = {".mp4": "aac", ".mkv": "opus", ".webm": "opus"}
OTHERS = [each for each in VideoFormat if each is not VideoFormat.MP4_H264]
FILES = ["video.mp4", *(f"video-{each.codec}.{each.container}" for each in OTHERS)]


@pytest.fixture(scope="module")
def report(module_studio: Studio) -> RenderReport:
    make_video(module_studio.root / "clip.mp4", pts_ms=constant_rate(40, 24), size=(320, 180))
    scenes = [
        {"narration": "First of three.", "visual": "color:#204060"},
        {"narration": "Second comes.", "visual": "clip.mp4", "transition": "fade"},
        {"visual": "color:#602040", "min_duration_ms": 100},
    ]
    export = {"also": [*OTHERS], "audio": [*AudioFormat], "subtitles": ["ass", "srt"]}
    spec = {"title": "Files", "quality": "draft", "canvas": {"preset": "square"}, "scenes": scenes, "export": export}
    return module_studio.render(spec)


@pytest.fixture(scope="module")
def folder(module_studio: Studio, report: RenderReport) -> Path:
    return module_studio.output / "files"


@pytest.mark.parametrize("name", FILES)
def test_a_video_has_its_codec_and_every_frame_at_its_time(folder: Path, report: RenderReport, name: str):
    path = folder / name
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        codec = "h264" if name == "video.mp4" else CODECS[path.stem.partition("-")[2]]
        assert (picture.codec_context.name, sound.codec_context.name) == (codec, SOUNDS[path.suffix])
        assert picture.average_rate == 30
        assert picture.codec_context.colorspace == picture.codec_context.color_primaries == 1
        assert container.metadata["title"] == "Files"
        times = [packet.pts * packet.time_base for packet in container.demux(picture) if packet.size]
    assert len(times) == report.video.frame_count
    tolerance = 0 if path.suffix == ".mp4" else Fraction(1, 1999)  # the others round to whole milliseconds
    assert all(abs(time - Fraction(number, 30)) <= tolerance for number, time in enumerate(sorted(times)))


@pytest.mark.parametrize("name", FILES)
def test_every_video_shows_and_sounds_like_the_main_one(folder: Path, name: str):
    main, other = (measure.frames_rgb(folder / each).astype(int) for each in (FILES[0], name))
    assert main.shape == other.shape
    assert np.abs(main - other).mean(axis=(1, 2, 3)).max() < 6
    heard = [measure.sound(folder / each) for each in (FILES[0], name)]
    length = min(map(len, heard))
    assert abs(len(heard[0]) - len(heard[1])) <= 2048
    lag = _lag([samples[:length] for samples in heard])
    assert abs(lag) <= 48  # a millisecond


def test_hevc_in_mp4_has_the_name_that_apple_takes(folder: Path):
    with av.open(str(folder / "video-hevc.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"
    assert measure.boxes(folder / "video-av1.mp4").index("moov") < measure.boxes(folder / "video-av1.mp4").index("mdat")


def test_containers_of_one_codec_share_its_segments(report: RenderReport):
    runs = Counter(step.name.partition(":")[0] for step in report.steps)
    assert runs["burn_subtitles"] == 3 * len({each.codec for each in VideoFormat})
    assert runs["compose_clip"] == 3
    assert runs["assemble_video"] == len(VideoFormat)
    assert runs["mix_audio"] == runs["plan_timeline"] == runs["typeset_captions"] == 1


@pytest.mark.parametrize(("name", "codec"), [("audio.m4a", "aac"), ("audio.mp3", "mp3float"), ("audio.opus", "opus")])
def test_the_sound_alone_is_as_loud_and_as_long(folder: Path, report: RenderReport, name: str, codec: str):
    with av.open(str(folder / name)) as container:
        assert container.streams.audio[0].codec_context.name == codec
    integrated_lufs, true_peak_dbtp = measure.loudness(folder / name)
    assert integrated_lufs == pytest.approx(-14, abs=0.5)
    assert true_peak_dbtp <= -1
    assert abs(len(measure.sound(folder / name)) / measure.RATE_HZ - report.video.duration_ms / 1000) < 0.06
    told = {sound.name: sound.loudness for sound in report.sounds}
    assert told[name].integrated_lufs == pytest.approx(integrated_lufs, abs=0.2)


def test_the_captions_of_all_scenes_are_one_script(folder: Path):
    assert not (folder / "captions.vtt").exists()
    lines = [line for line in (folder / "captions.ass").read_text().splitlines() if line.startswith("Dialogue")]
    starts = [line.split(",")[1] for line in lines]
    assert starts == sorted(starts)
    assert "Second" in "".join(lines)


def _lag(heard: list[np.ndarray]) -> int:
    """By how many samples the second sound comes later than the first."""
    one, other = (np.fft.rfft(samples, 2 * len(samples)) for samples in heard)
    correlation = np.fft.irfft(np.conj(one) * other)
    at = int(np.argmax(correlation))
    return at if at < len(heard[0]) else at - len(correlation)


SHORT_SPEC = {
    "title": "For somewhere",
    "quality": "draft",
    "scenes": [{"visual": "color:#204060", "min_duration_ms": 1500}],
}


def test_a_short_that_its_platform_does_not_take_is_refused_before_it_is_encoded(studio: Studio):
    with pytest.raises(LimitPassed, match="reels does not take this short: at least 3 s"):
        studio.render({**SHORT_SPEC, "export": {"platform": "reels"}})
    with pytest.raises(SpecInvalid, match="takes vertical, and the canvas is square"):
        studio.render({**SHORT_SPEC, "canvas": {"preset": "square"}, "export": {"platform": "facebook_reels"}})
    with pytest.raises(SpecInvalid, match="takes mp4, and the file is mkv"):
        studio.render({**SHORT_SPEC, "export": {"platform": "reels", "video": "mkv_h264"}})
    assert not studio.blobs("*.mp4")
    report = studio.render({**SHORT_SPEC, "export": {"platform": "tiktok"}})
    assert report.video.encoder == "libx264"


def test_a_reel_is_such_a_file_as_instagram_asks_for(studio: Studio):
    """Without edit lists, its header first, and with sound of at most 128 kbit/s."""
    scenes = [{"narration": "One two three four.", "visual": "color:#204060", "min_duration_ms": 3500}]
    music = {"track": "assets:music/upbeat", "gain_db": 0, "duck": False}
    spec = {**SHORT_SPEC, "scenes": scenes, "music": music}
    plain = studio.render(spec)
    heard = measure.sound(studio.output / "for-somewhere" / "video.mp4")
    reel = studio.render({**spec, "export": {"platform": "reels"}})
    path = studio.output / "for-somewhere" / "video.mp4"
    assert b"elst" not in path.read_bytes()
    assert measure.boxes(path).index("moov") < measure.boxes(path).index("mdat")
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        sizes = [packet.size for packet in container.demux(sound)]
    assert 100_000 < sum(sizes) * 8 / (plain.video.duration_ms / 1000) <= 128_000
    assert abs(_lag([samples[: 3 * measure.RATE_HZ] for samples in (heard, measure.sound(path))])) <= 48
    assert measure.loudness(path)[0] == pytest.approx(-14, abs=0.5)
    assert reel.video.frame_count == plain.video.frame_count


def test_a_finished_file_that_its_platform_does_not_take_is_not_published(studio: Studio):
    """Lossless frames keep no bitrate, which is how a file gets larger than was planned."""
    presets = studio.root / "presets"
    presets.mkdir()
    (presets / "platforms.toml").write_text(
        '[forum]\nshapes = ["square"]\ncodecs = ["h264"]\nlongest_ms = 9000\nmost_bytes = 60000\n'
        'checked = 2026-11-21\nsource = "a test"\n'
    )
    noise = np.random.default_rng(5).integers(0, 255, (320, 320, 3), np.uint8)
    Image.fromarray(noise).save(studio.root / "noise.png")
    spec = {
        "title": "For a forum",
        "quality": "lossless",
        "canvas": {"preset": "square"},
        "export": {"platform": "forum"},
        "scenes": [{"visual": "noise.png", "min_duration_ms": 200}],
    }
    own = {"NEUROSHORTS_PRESETS": str(presets)}
    with pytest.raises(LimitPassed, match=r"forum .* at most 0\.06 MB, and video\.mp4 has [\d.]+ MB"):
        studio.render(spec, **own)
    assert not (studio.output / "for-a-forum").exists()
    plain = [{"visual": "color:#204060", "min_duration_ms": 200}]
    report = studio.render({**spec, "scenes": plain}, **own)
    assert report.publication.files[0].size < 60_000
    assert report.notes == ()


def test_hardware_is_used_where_it_works_and_else_the_report_says_so(studio: Studio):
    report = studio.render({**SHORT_SPEC, "export": {"hardware": True}})
    assert measure.count_frames(studio.output / "for-somewhere" / "video.mp4") == report.video.frame_count
    if report.video.encoder == "libx264":
        (note,) = report.notes
        assert "h264_nvenc" in note
        assert "software" in note
    else:
        assert report.notes == ()
