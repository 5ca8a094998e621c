"""Share links: which there are, and how long they are given out."""

from hypothesis import given
from hypothesis import strategies as st

from blocks.links import link_period, public_link
from blocks.settings import Settings


def test_a_public_base_is_that_of_the_innermost_folder():
    bases = {"s3://bucket": "https://cdn.example/", "s3://bucket/films/": "https://films.example/f"}
    assert public_link("s3://bucket/films/a b/ü?.mp4", bases) == "https://films.example/f/a%20b/%C3%BC%3F.mp4"
    assert public_link("s3://bucket/x.mp4", bases) == "https://cdn.example/x.mp4"
    assert public_link("s3://bucket-of-others/x.mp4", bases) is None


@given(now_s=st.floats(0, 4e9), later_s=st.floats(0, 7 * 24 * 3600), lifetime_s=st.integers(60, 7 * 24 * 3600))
def test_a_link_of_the_same_period_is_good_for_most_of_its_life(now_s: float, later_s: float, lifetime_s: int):
    settings = Settings(link_lifetime_s=lifetime_s)
    made, given_out = (link_period("s3://bucket/a", settings, now_s=at) for at in (now_s, now_s + later_s))
    if made == given_out:
        assert later_s <= lifetime_s / 4 + 1e-3
    assert link_period("/data/a", settings, now_s=now_s) == 0
    assert link_period("s3://bucket/a", settings.model_copy(update={"link_bases": {"s3://bucket": "https://x"}})) == 0
