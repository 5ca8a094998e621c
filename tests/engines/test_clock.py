import pytest

from engines.clock import time_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12.5s", 12_500), ("12.5", 12_500), ("0", 0), ("1:02.5", 62_500), ("1:00:02", 3_602_000), ("40ms", 40)],
)
def test_times_as_people_write_them(text: str, expected: int):
    assert time_ms(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "1:2:3:4", "1:30ms", "soon", "1e3", "90000s", "99:00:00"])
def test_what_is_no_time_is_told(text: str):
    with pytest.raises(ValueError, match=r"not a time|longer than a day"):
        time_ms(text)
