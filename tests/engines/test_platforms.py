from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import LimitPassed, PlatformUnknown, PresetInvalid
from engines.platforms import (
    AUDIO_KBPS,
    audio_kbps,
    check_kind,
    check_length,
    check_size,
    highest_kbps,
    limits_of,
    load_platforms,
)
from models.canvas import CanvasPreset
from models.export import VideoFormat
from models.platforms import PlatformLimits

FILE = Path(__file__).parents[2] / "assets" / "platforms.toml"
KNOWN = load_platforms([FILE])


def limits(**given: object) -> PlatformLimits:
    base = {
        "shapes": ["vertical"],
        "codecs": ["h264"],
        "longest_ms": 60_000,
        "checked": date(2026, 1, 1),
        "source": "x",
    }
    return PlatformLimits.model_validate({**base, **given}, strict=False)


@pytest.mark.parametrize("name", KNOWN)
def test_every_platform_says_where_its_limits_come_from(name: str):
    assert KNOWN[name].source
    assert KNOWN[name].checked.year >= 2026
    assert KNOWN[name].shortest_ms < KNOWN[name].longest_ms


def test_the_users_own_file_counts_first(tmp_path: Path):
    own = tmp_path / "platforms.toml"
    own.write_text(
        '[reels]\nshapes = ["wide"]\ncodecs = ["av1"]\nlongest_ms = 5\nchecked = 2026-02-03\nsource = "me"\n'
    )
    assert limits_of("reels", [own, FILE]).longest_ms == 5
    assert limits_of("x", [own, FILE]) == KNOWN["x"]
    with pytest.raises(PlatformUnknown, match=r"myspace.*tiktok"):
        limits_of("myspace", [own, FILE])
    own.write_text('[reels]\nshapes = ["round"]\n')
    with pytest.raises(PresetInvalid):
        load_platforms([own])


def test_what_a_platform_does_not_take_is_named():
    only = limits(shortest_ms=3000)
    check_kind("p", only, shape=CanvasPreset.VERTICAL, video=VideoFormat.MP4_H264)
    check_length("p", only, duration_ms=60_000)
    with pytest.raises(LimitPassed, match="takes vertical, and the canvas is wide"):
        check_kind("p", only, shape=CanvasPreset.WIDE, video=VideoFormat.MP4_H264)
    with pytest.raises(LimitPassed, match="takes h264, and the video is av1"):
        check_kind("p", only, shape=CanvasPreset.VERTICAL, video=VideoFormat.MP4_AV1)
    in_mp4 = limits(containers=["mp4", "webm"])
    check_kind("p", only, shape=CanvasPreset.VERTICAL, video=VideoFormat.MKV_H264)
    with pytest.raises(LimitPassed, match="takes mp4, webm, and the file is mkv"):
        check_kind("p", in_mp4, shape=CanvasPreset.VERTICAL, video=VideoFormat.MKV_H264)
    with pytest.raises(LimitPassed, match=r"at most 60 s, and this is 60\.1 s long"):
        check_length("p", only, duration_ms=60_100)
    with pytest.raises(LimitPassed, match="at least 3 s"):
        check_length("p", only, duration_ms=2_999)


def test_the_sound_is_asked_for_a_little_below_its_limit():
    assert audio_kbps(limits(), usual=192) == 192
    assert audio_kbps(limits(most_audio_kbps=320), usual=192) == 192
    assert 120 < audio_kbps(limits(most_audio_kbps=128), usual=192) < 128


def test_what_instagram_and_threads_ask_of_a_file_is_known():
    for name in ("reels", "threads"):
        assert not KNOWN[name].edit_lists
        assert KNOWN[name].most_audio_kbps == 128
        assert KNOWN[name].containers == ("mp4",)
    assert KNOWN["youtube"].edit_lists


def test_what_cannot_fit_is_refused():
    with pytest.raises(LimitPassed, match="900 s do not fit"):
        highest_kbps("p", limits(most_bytes=20_000_000), duration_ms=900_000)


def test_a_finished_file_that_is_too_large_is_named():
    check_size("p", limits(), file="video.mp4", size=10**12)
    check_size("p", limits(most_bytes=300_000_000), file="video.mp4", size=300_000_000)
    with pytest.raises(LimitPassed, match=r"at most 300 MB, and square/video\.mp4 has 301\.5 MB"):
        check_size("p", limits(most_bytes=300_000_000), file="square/video.mp4", size=301_500_000)


def test_without_limits_of_size_and_bitrate_there_is_none():
    assert highest_kbps("p", limits(), duration_ms=60_000) is None


@given(
    st.integers(1_000, 900_000),
    st.integers(80_000_000, 10_000_000_000),
    st.none() | st.integers(2_000, 50_000),
)
def test_a_file_at_the_highest_bitrate_is_small_enough(duration_ms: int, most_bytes: int, most_kbps: int | None):
    highest = highest_kbps("p", limits(most_bytes=most_bytes, most_kbps=most_kbps), duration_ms=duration_ms)
    if highest is None:
        assert most_kbps is None
        assert 45_000 * duration_ms / 8 < most_bytes
        return
    assert (highest + AUDIO_KBPS) * duration_ms / 8 <= most_bytes
    assert most_kbps is None or highest <= most_kbps
