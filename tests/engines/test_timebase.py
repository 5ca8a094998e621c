from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engines import timebase
from models.canvas import FRAME_RATES

rates = st.sampled_from(sorted(FRAME_RATES.values()))
frames = st.integers(0, 2_000_000)
times_ms = st.integers(0, 24 * 3_600_000)


@given(times_ms, rates)
def test_covering_frames_are_the_fewest_that_last_long_enough(time_ms: int, fps: Fraction):
    count = timebase.frames_covering(time_ms, fps)
    assert count / fps >= Fraction(time_ms, 1000)
    assert count == 0 or (count - 1) / fps < Fraction(time_ms, 1000)


@given(times_ms, rates)
def test_nearest_frames_are_half_a_frame_away_at_most(time_ms: int, fps: Fraction):
    assert abs(timebase.frames_nearest(time_ms, fps) / fps - Fraction(time_ms, 1000)) <= 1 / (2 * fps)


@given(frames, rates)
def test_frames_survive_seconds_and_milliseconds(frame: int, fps: Fraction):
    assert timebase.seconds_to_frame(timebase.frame_to_seconds(frame, fps), fps) == frame
    assert abs(timebase.frame_to_ms(frame, fps) - 1000 * frame / fps) <= Fraction(1, 2)
    assert timebase.frames_nearest(timebase.frame_to_ms(frame, fps), fps) == frame


@given(frames, rates)
def test_a_frames_sample_is_the_last_that_begins_by_its_start(frame: int, fps: Fraction):
    sample = timebase.frame_to_sample(frame, fps)
    assert sample <= frame / fps * timebase.SAMPLE_RATE_HZ < sample + 1


@given(times_ms, st.sampled_from([8_000, 22_050, 44_100, 48_000]))
def test_milliseconds_survive_samples(time_ms: int, rate_hz: int):
    samples = timebase.ms_to_sample(time_ms, rate_hz)
    assert timebase.samples_to_ms(samples, rate_hz) == time_ms


@given(st.fractions(0, 100_000, max_denominator=90_000), rates)
def test_the_frame_that_a_time_reaches_is_the_first_that_does_not_start_before_it(seconds: Fraction, fps: Fraction):
    frame = timebase.frames_reaching(seconds, fps)
    assert frame / fps >= seconds
    assert frame == 0 or (frame - 1) / fps < seconds


@given(frames, rates, st.floats(0.01, 0.99))
def test_a_frame_is_shown_until_the_next_one_starts(frame: int, fps: Fraction, share: float):
    assert timebase.seconds_to_frame(float((frame + Fraction(share)) / fps), fps) == frame
    shown = timebase.frame_at(timebase.frame_to_ms(frame, fps) + 1, fps)
    assert shown == frame


def test_half_a_frame_is_rounded_up():
    assert [timebase.frames_nearest(time_ms, Fraction(50)) for time_ms in (9, 10, 29, 30)] == [0, 1, 1, 2]
