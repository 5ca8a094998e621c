"""What every finished short promises, measured on whole renders."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pysrt
import pytest
from PIL import Image

from engines.audio.espeak import synthesize
from engines.timebase import frames_covering
from engines.timeline import LEAD_MS, TAIL_MS
from models.audio import Speech
from models.report import RenderReport
from models.voice import Voice
from tests.flows import measure
from tests.flows.studio import STAGES, Studio
from tests.media import constant_rate, gradient, make_video

HIGHLIGHT = (255, 212, 0)
SPOKEN = {0: "Seven birds fly south. They rest at night.", 1: "The river waits, quite still.", 3: "Then home again."}
STILL_MS = 1000
BACKDROPS = {0: (32, 64, 96), 3: (96, 32, 64)}


class Short(NamedTuple):
    """A finished render with what was planned for it."""

    report: RenderReport
    path: Path
    fps: Fraction
    speech: dict[int, Speech]
    starts: list[int]  # the scenes' first frames, and the end


@pytest.fixture(scope="module", params=[(30, "draft"), (29.97, "standard")], ids=["30fps", "29.97fps"])
def short(request: pytest.FixtureRequest, module_studio: Studio) -> Short:
    """A flat colour, a clip that fades in, a silent photo that fades in, and a colour again."""
    rate, quality = request.param
    studio = module_studio
    gradient(700, 900).save(studio.root / "photo.png")
    make_video(studio.root / "clip.mp4", pts_ms=constant_rate(60, 24), size=(320, 180), audio_ms=2000)
    report = studio.render(_spec(rate, quality))
    speech = {
        index: synthesize(text, voice=Voice(), language="en-US", output=studio.root / f"{index}.wav")
        for index, text in SPOKEN.items()
    }
    fps = {30: Fraction(30), 29.97: Fraction(30000, 1001)}[rate]
    starts = [0]
    for index in range(4):
        length = LEAD_MS + speech[index].duration_ms + TAIL_MS if index in speech else STILL_MS
        starts.append(starts[-1] + frames_covering(length, fps))
    return Short(report, studio.output / report.slug / "video.mp4", fps, speech, starts)


def _spec(rate: float, quality: str) -> dict[str, Any]:
    scenes = [
        {"narration": SPOKEN[0], "visual": "color:#204060"},
        {"narration": SPOKEN[1], "visual": "clip.mp4", "transition": "fade"},
        {"visual": "photo.png", "min_duration_ms": STILL_MS, "transition": "fade", "transition_ms": 200},
        {"narration": SPOKEN[3], "visual": "color:#602040"},
    ]
    canvas = {"preset": "square", "fps": rate}
    music = {"track": "assets:music/ambient.ogg"}
    return {
        **{"title": f"A trip at {rate}", "quality": quality, "canvas": canvas},
        **{"music": music if quality == "draft" else {}, "scenes": scenes},
    }


def test_frames_are_as_many_as_planned_at_a_constant_rate(short: Short):
    packets = measure.video_packets(short.path)
    assert len(packets) == short.report.video.frame_count == short.starts[-1]
    assert sorted(packet.pts for packet in packets) == [number / short.fps for number in range(len(packets))]
    assert len(measure.frames_rgb(short.path)) == len(packets)


def test_decoding_times_rise_strictly_over_every_join(short: Short):
    packets = measure.video_packets(short.path)
    assert all(one.dts < other.dts for one, other in pairwise(packets))
    assert all(packet.dts <= packet.pts for packet in packets)


def test_every_join_is_an_idr_frame_that_nothing_reaches_across(short: Short):
    packets = measure.video_packets(short.path)
    for start in short.starts[:-1]:
        assert measure.IDR_NAL in packets[start].nal_types
        assert packets[start].pts == start / short.fps
        assert all(packet.pts >= packets[start].pts for packet in packets[start:])


def test_sound_is_as_long_as_picture(short: Short):
    samples = len(measure.sound(short.path))
    assert abs(Fraction(samples, measure.RATE_HZ) - short.starts[-1] / short.fps) <= 1 / short.fps
    assert abs(Fraction(short.report.video.duration_ms, 1000) - short.starts[-1] / short.fps) <= Fraction(1, 1000)


def test_picture_is_tagged_bt709_in_an_mp4_that_starts_at_once(short: Short):
    with av.open(str(short.path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
        assert (codec.width % 2, codec.height % 2) == (0, 0)
        assert (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range) == (1, 1, 1, 1)
        assert container.metadata["title"] == short.report.title
        assert container.start_time == 0
    names = measure.boxes(short.path)
    assert names.index("moov") < names.index("mdat")


def test_loudness_is_right_on_the_published_file(short: Short):
    integrated_lufs, true_peak_dbtp = measure.loudness(short.path)
    assert integrated_lufs == pytest.approx(-14, abs=0.5)
    assert true_peak_dbtp <= -1
    assert short.report.mix.integrated_lufs == pytest.approx(integrated_lufs, abs=0.2)
    assert short.report.mix.true_peak_dbtp == pytest.approx(true_peak_dbtp, abs=0.2)


def test_a_mix_that_is_shorter_than_any_encode_comes_after_them(short: Short):
    names = [step.name.partition(":")[0] for step in short.report.steps]
    assert names.index("mix_audio") == max(at for at, name in enumerate(names) if name == "burn_subtitles") + 1


def test_picture_and_voice_start_together(short: Short):
    frames = measure.frames_rgb(short.path)
    samples = np.abs(measure.sound(short.path))
    for index, color in BACKDROPS.items():
        shown = [bool(measure.share_of(frame[:40], color, within=12).mean() > 0.9) for frame in frames]
        start, end = short.starts[index], short.starts[index + 1]
        assert all(shown[start:end])
        assert not any(shown[start - 4 : start])
    if short.report.mix.duck_db:
        return  # under music, the first word does not stand out of the sound by itself
    for index in (1, 3):  # a breath of silence stands before them
        expected = float(short.starts[index] / short.fps) + (LEAD_MS + short.speech[index].words[0].start_ms) / 1000
        at = int((expected - 0.15) * measure.RATE_HZ)
        heard = at + int(np.argmax(samples[at:] > 0.02))
        assert heard / measure.RATE_HZ == pytest.approx(expected, abs=float(1 / short.fps))


def test_spoken_word_lights_up_within_one_frame_of_the_voice(short: Short):
    frames = measure.frames_rgb(short.path)
    height = frames.shape[1]
    for index in BACKDROPS:
        start, end = short.starts[index], short.starts[index + 1]
        lit = [_lit_word(frame[height // 4 :]) for frame in frames[start:end]]
        words = short.speech[index].words
        expected = [round(float((LEAD_MS + word.start_ms) / 1000 * short.fps), 3) for word in words]
        changes = [number for number, (one, other) in enumerate(pairwise(lit), start=1) if _another(one, other)]
        assert len(changes) == len(words), (changes, expected)
        assert all(abs(found - wanted) <= 1 for found, wanted in zip(changes, expected, strict=True))


def _lit_word(rgb: np.ndarray) -> tuple[float, float, int] | None:
    """Middle (x, y) and width of what has the highlight's colour."""
    rows, columns = np.nonzero(measure.share_of(rgb, HIGHLIGHT))
    if len(rows) < 20:
        return None
    return float(columns.mean()), float(rows.mean()), int(np.ptp(columns))


def _another(one: tuple[float, float, int] | None, other: tuple[float, float, int] | None) -> bool:
    """Whether another word is lit than before."""
    if one is None or other is None:
        return other is not None
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) > 6


def test_sidecars_tell_the_script_at_its_times(short: Short):
    folder = short.path.parent
    cues = pysrt.open(str(folder / "captions.srt"), encoding="utf-8")
    assert " ".join(cue.text for cue in cues).split() == " ".join(SPOKEN.values()).split()
    assert all(one.end <= other.start for one, other in pairwise(cues))
    first = {index: float(short.starts[index] / short.fps) * 1000 + LEAD_MS for index in SPOKEN}
    begins = [cue.start.ordinal for cue in cues]
    for start_ms in first.values():
        assert min(abs(begin - start_ms) for begin in begins) <= 1000 / 29 + 40
    vtt = (folder / "captions.vtt").read_text(encoding="utf-8")
    assert vtt.startswith("WEBVTT")
    assert vtt.count("-->") == len(cues)
    assert all(cue.text in vtt for cue in cues)


def test_poster_and_report_lie_beside_the_video(short: Short):
    with Image.open(short.path.parent / "poster.jpg") as poster:
        assert poster.size == (short.report.video.width_px, short.report.video.height_px)
    written = RenderReport.model_validate_json((short.path.parent / "report.json").read_bytes())
    assert written == short.report
    names = [step.name for step in written.steps]
    assert sum(name.startswith("fetch_asset") for name in names) == len({"clip", "photo", "color", "color2"}) + (
        1 if written.mix.duck_db else 0
    )
    assert {name for name in names if ":" not in name} - {"prepare_music"} == set(STAGES)
    assert [f"burn_subtitles: scene {number} of 4" in names for number in range(1, 5)] == [True] * 4
    assert [file.name for file in written.publication.files] == [
        *("video.mp4", "poster.jpg", "captions.srt", "captions.vtt")
    ]
    for file in written.publication.files:
        assert Path(file.uri).stat().st_size == file.size
