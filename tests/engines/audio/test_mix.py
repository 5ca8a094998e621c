import hashlib
import json
import os
import pickle
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.audio.bed import Bed, TrackFile, open_bed
from engines.audio.espeak import synthesize
from engines.audio.loudness import measure
from engines.audio.mix import mix_audio
from engines.audio.track import prepare_track
from engines.errors import SourceUnreadable
from models.audio import BedSettings, Loop, MasterTarget, MixReport, SpeechPlacement
from models.voice import Voice

RATE = 48_000
TONE_HZ = 9_000  # above nearly all of the voice, so that the bed can be told from it


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    with wave.open(os.fspath(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


def tone(seconds: float, hz: float = TONE_HZ, level: float = 0.3) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


def noise(seconds: float, level: float = 0.1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE))


def decode(path: Path) -> np.ndarray:
    with av.open(os.fspath(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).T


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("voice") / "line.wav"
    synthesize("Three men flew to the moon, and came back.", voice=Voice(), language="en-US", output=path)
    return path


def prepared(music: Path) -> TrackFile:
    wav = music.with_suffix(".prepared.wav")
    return TrackFile(wav, prepare_track(music, name=music.name, output=wav))


def mix(
    folder: Path,
    speech: list[SpeechPlacement],
    music: Path | None,
    seconds: float,
    *,
    settings: BedSettings | None = None,
    target: MasterTarget | None = None,
) -> MixReport:
    return mix_audio(
        speech,
        music=prepared(music) if music else None,
        total_samples=int(seconds * RATE),
        output=folder / "master.m4a",
        settings=settings or BedSettings(),
        target=target or MasterTarget(),
    )


def assert_on_target(report: MixReport) -> None:
    assert report.integrated_lufs == pytest.approx(-14, abs=0.3)
    assert report.true_peak_dbtp is not None
    assert report.true_peak_dbtp <= -1


@pytest.mark.parametrize(
    "kind", ["voice", "voice and noise", "loud square", "quiet noise", "clicks and voice", "short"]
)
def test_many_kinds_of_mix_reach_the_loudness_with_their_peaks_below_the_limit(
    tmp_path: Path, spoken: Path, kind: str
) -> None:
    line = SpeechPlacement(path=spoken, start_ms=300)
    square = np.sign(tone(6, hz=220)) * 0.99
    clicks = np.where(np.arange(6 * RATE) % 12_000 < 3, 0.95, 0.0)
    music = {
        "voice": None,
        "voice and noise": noise(2),
        "loud square": square,
        "quiet noise": noise(6, level=0.004),
        "clicks and voice": clicks,
        "short": noise(1),
    }[kind]
    path = None if music is None else write_wav(tmp_path / "music.wav", music)
    speech = [] if kind in ("loud square", "quiet noise", "short") else [line]
    report = mix(tmp_path, speech, path, 0.5 if kind == "short" else 6, settings=BedSettings(gain_db=0))
    assert_on_target(report)
    measured = measure(tmp_path / "master.m4a")
    assert measured.integrated_lufs == report.integrated_lufs
    assert measured.true_peak_dbtp == report.true_peak_dbtp


@pytest.mark.parametrize("total", [1, 500, 1024, 47_999, 48_000, 148_148, 240_001])
def test_the_master_is_as_long_as_the_picture(tmp_path: Path, spoken: Path, total: int) -> None:
    report = mix(tmp_path, [SpeechPlacement(path=spoken, start_ms=0)], None, total / RATE)
    assert abs(len(decode(tmp_path / "master.m4a")) - total) <= 1024
    assert report.duration_ms == -(-total // 48)


def test_silence_stays_silent_and_reports_as_json(tmp_path: Path) -> None:
    report = mix(tmp_path, [], None, 2)
    assert (report.integrated_lufs, report.true_peak_dbtp) == (None, None)
    assert json.loads(report.model_dump_json())["integrated_lufs"] is None
    assert not decode(tmp_path / "master.m4a").any()


def test_the_same_mix_gives_the_same_bytes(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", noise(3))
    digests = set()
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        mix(folder, [SpeechPlacement(path=spoken, start_ms=500)], music, 7)
        digests.add(hashlib.sha256((folder / "master.m4a").read_bytes()).hexdigest())
    assert len(digests) == 1


def bed_levels_db(samples: np.ndarray, window_ms: int = 50) -> np.ndarray:
    """Return the level of the bed's tone in every window."""
    window = window_ms * 48
    whole = samples[: len(samples) // window * window, 0].reshape(-1, window) * np.hanning(window)
    spectrum = np.abs(np.fft.rfft(whole, axis=1)) / window * 4
    around = slice(TONE_HZ * window // RATE - 3, TONE_HZ * window // RATE + 4)
    return np.asarray(20 * np.log10(spectrum[:, around].max(axis=1) + 1e-9))


def test_music_goes_down_under_speech_comes_back_in_gaps_and_does_not_pump(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", tone(20))
    placements = [SpeechPlacement(path=spoken, start_ms=start) for start in (3_000, 6_300, 12_000)]
    report = mix(tmp_path, placements, music, 20, settings=BedSettings(gain_db=-6))
    assert_on_target(report)
    assert report.duck_db == 12
    levels = bed_levels_db(decode(tmp_path / "master.m4a"))
    length = measure_length_ms(spoken)
    gap = np.median(np.concatenate((levels[20:50], levels[200:230])))
    for placement in placements:
        under = levels[placement.start_ms // 50 : (placement.start_ms + length) // 50]
        assert gap - np.max(under) >= 8
    between = levels[(3_000 + length) // 50 : 6_300 // 50]
    assert 6_300 - 3_000 - length < 1_000
    assert gap - np.max(between) >= 8, "a short gap between two lines does not bring the bed up"
    assert gap - levels[(12_000 - 50) // 50] >= 8, "the bed is down before the first word"
    assert abs(levels[360] - gap) < 1.5


def test_music_that_rests_for_an_intro_goes_down_under_speech_all_the_same(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", tone(10))
    settings = BedSettings(gain_db=-6, rests_ms=((0, 2_000),))
    mix(tmp_path, [SpeechPlacement(path=spoken, start_ms=5_000)], music, 10, settings=settings)
    levels = bed_levels_db(decode(tmp_path / "master.m4a"))
    alone = np.median(levels[4_000 // 50 : 4_600 // 50])
    assert alone - np.max(levels[: 1_900 // 50]) > 30
    assert alone - np.max(levels[5_100 // 50 : 6_500 // 50]) >= 8


def measure_length_ms(path: Path) -> int:
    with wave.open(os.fspath(path)) as file:
        return file.getnframes() // 48


def test_without_ducking_the_bed_stays_level(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", tone(8))
    report = mix(
        tmp_path, [SpeechPlacement(path=spoken, start_ms=2_500)], music, 8, settings=BedSettings(gain_db=-6, duck_db=0)
    )
    assert report.duck_db == 0
    levels = bed_levels_db(decode(tmp_path / "master.m4a"))[20:120]
    assert np.percentile(levels, 95) - np.percentile(levels, 5) < 4  # the limiter only


def test_every_voice_comes_to_one_loudness(tmp_path: Path, spoken: Path) -> None:
    with wave.open(os.fspath(spoken)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    soft = write_wav(tmp_path / "soft.wav", np.repeat(samples[::2, None], 2, axis=1) * 0.05, rate=24_000)
    mix(tmp_path, [SpeechPlacement(path=spoken, start_ms=0), SpeechPlacement(path=soft, start_ms=5_000)], None, 9)
    master = decode(tmp_path / "master.m4a")
    loud, levelled = (np.sqrt(np.mean(part**2)) for part in (master[: len(samples)], master[240_000:][: len(samples)]))
    assert abs(20 * np.log10(loud / levelled)) < 1


def test_the_beds_level_in_gaps_follows_gain_db(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", noise(8))
    levels = {}
    for gain_db in (-20, -30):  # both below the meter's gate, so that the voice stays where it is
        mix(tmp_path, [SpeechPlacement(path=spoken, start_ms=3_000)], music, 8, settings=BedSettings(gain_db=gain_db))
        master = decode(tmp_path / "master.m4a")
        gap, voice = (np.mean(part**2) for part in (master[RATE : 2 * RATE], master[3 * RATE : 5 * RATE]))
        levels[gain_db] = 10 * np.log10(gap / voice)
    assert levels[-20] - levels[-30] == pytest.approx(10, abs=1)


def test_a_loop_has_no_seam(tmp_path: Path) -> None:
    track = write_wav(tmp_path / "track.wav", np.repeat(tone(5, hz=100)[:, None], 2, axis=1))
    bed = open_bed(prepared(track), total=20 * RATE, target_lufs=-20, settings=BedSettings())
    played = bed.block(0, 20 * RATE)
    inner = played[2 * RATE : -3 * RATE, 0]
    steepest = np.max(np.abs(np.diff(inner)))
    assert steepest < 1.5 * 2 * np.pi * 100 / RATE * np.max(np.abs(inner)), "a click is steeper than the tone itself"
    levels = np.sqrt(np.mean(inner[: len(inner) // 4800 * 4800].reshape(-1, 4800) ** 2, axis=1))
    assert levels.min() > 0.6 * levels.max(), "no hole at the joins"
    assert np.array_equal(bed.block(7_000, 9_000), played[7_000:9_000])


def test_a_snippet_of_music_fills_the_short(tmp_path: Path) -> None:
    report = mix(tmp_path, [], write_wav(tmp_path / "music.wav", noise(0.001)), 5)
    assert_on_target(report)
    assert report.duck_db == 0  # nobody speaks


def test_a_bed_fades_in_and_out(tmp_path: Path) -> None:
    music = write_wav(tmp_path / "music.wav", tone(10))
    mix(tmp_path, [], music, 10, settings=BedSettings(gain_db=0))
    levels = bed_levels_db(decode(tmp_path / "master.m4a"))
    full = np.median(levels)
    assert levels[0] < full - 15
    assert levels[-1] < full - 15
    assert full - 12 < levels[-16] < full - 2
    assert abs(levels[-40] - full) < 1


def test_speech_placed_over_the_end_or_cut_short_makes_no_click(tmp_path: Path) -> None:
    hard = write_wav(tmp_path / "hard.wav", tone(2, hz=300))
    mix(tmp_path, [SpeechPlacement(path=hard, start_ms=500), SpeechPlacement(path=hard, start_ms=3_900)], None, 4)
    spectrum_window = decode(tmp_path / "master.m4a")[500 * 48 - 480 : 500 * 48 + 480, 0]
    assert np.max(np.abs(np.diff(spectrum_window, n=2))) < 0.01


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nhttp://example.com/a.ts\n", b"\x00" * 5_000])
def test_music_that_is_no_music_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    music = tmp_path / "music.mp3"
    music.write_bytes(content)
    with pytest.raises(SourceUnreadable) as caught:
        prepare_track(music, name="assets:music/x", output=tmp_path / "track.wav")
    assert caught.value.source == "assets:music/x"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_ten_short_lines_over_music_stay_clear_of_the_limit(tmp_path: Path, spoken: Path) -> None:
    music = write_wav(tmp_path / "music.wav", noise(4, level=0.2))
    placements = [SpeechPlacement(path=spoken, start_ms=number * 3_500) for number in range(6)]
    assert_on_target(mix(tmp_path, placements, music, 22))
    assert not list(tmp_path.glob("mix-*")), "the working folder is gone"


def test_a_track_with_a_soft_start_is_as_loud_as_any(tmp_path: Path, spoken: Path) -> None:
    soft, loud = noise(10, level=0.005), noise(20, level=0.2)
    music = write_wav(tmp_path / "music.wav", np.concatenate((soft, loud)))
    line = SpeechPlacement(path=spoken, start_ms=1_000)
    levels = []
    for track in (music, write_wav(tmp_path / "even.wav", soft)):
        mix(tmp_path, [line], track, 9, settings=BedSettings(gain_db=-10))
        levels.append(np.sqrt(np.mean(decode(tmp_path / "master.m4a")[6 * RATE : 7 * RATE] ** 2)))
    assert 20 * np.log10(levels[0] / levels[1]) == pytest.approx(0, abs=1)


def test_silence_at_a_tracks_start_is_left_out(tmp_path: Path) -> None:
    music = write_wav(tmp_path / "music.wav", np.concatenate((np.zeros(3 * RATE), tone(4))))
    track = prepared(music)
    with wave.open(os.fspath(track.path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) // 2 == pytest.approx(4 * RATE, abs=RATE // 10)
    assert np.abs(samples[: RATE // 5]).max() > 1_000
    bed = open_bed(track, total=12 * RATE, target_lufs=-20, settings=BedSettings())
    assert np.abs(bed.block(0, 12 * RATE)).max() > 0.05


@given(data=st.data())
def test_any_block_of_a_bed_is_that_part_of_the_whole(data: st.DataObject) -> None:
    length = data.draw(st.integers(10, 3_000))
    fade = data.draw(st.integers(0, length // 3))
    end = data.draw(st.integers(fade + 1, length - fade))
    start = data.draw(st.integers(0, end - max(fade, 1)))
    total = data.draw(st.integers(1, 9_000))
    rng = np.random.default_rng(length)
    track = rng.integers(-9_000, 9_000, (length, 2)).astype(np.int16)
    loop = Loop(start=start, end=end, fade=fade)
    bed = Bed(track, loop, rng.normal(size=(fade, 2)).astype(np.float32), 0.5, total, fade_in=100, fade_out=300)
    whole = bed.block(0, total)
    assert whole.shape == (total, 2)
    first = data.draw(st.integers(0, total - 1))
    last = data.draw(st.integers(first + 1, total))
    assert np.array_equal(bed.block(first, last), whole[first:last])
    if total <= length:
        assert (
            np.array_equal(whole[100:-300], track[100 : total - 300].astype(np.float32) / 32_768 * 0.5) or total < 900
        )
