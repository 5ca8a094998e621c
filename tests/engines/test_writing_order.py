import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.writing_order import embedding_levels, visual_order, with_marked_brackets


class Letter(str):
    level = 0


def seen(text: str, *, rtl: bool, pairs: bool = True) -> str:
    """The letters from left to right; brackets as they are written, not mirrored."""
    letters = []
    for char, level in zip(text, embedding_levels(text, rtl=rtl, pairs_brackets=pairs), strict=True):
        letters.append(Letter(char))
        letters[-1].level = level
    return "".join(visual_order(letters))


@pytest.mark.parametrize(
    ("text", "rtl", "shown"),
    [
        ("אב (ab)", True, ")ab( בא"),  # inside is Latin, before it is Hebrew
        ("אב ab (1)", True, "ab (1) בא"),  # what is inside goes with the Latin before
        ("ab (אב) [12]", False, "ab (בא) [12]"),
        ("אב ab (12", True, "ab (12 בא"),  # no pair
        ("אב {ab (1)} ג", True, "ג }ab (1){ בא"),
        ("ab (אב", False, "ab (בא"),
    ],
)
def test_brackets_of_a_pair_keep_together(text: str, rtl: bool, shown: str):
    assert seen(text, rtl=rtl) == shown


@given(st.lists(st.text("abאבج12 ()[]{}.,-", max_size=9), min_size=1, max_size=4), st.booleans())
def test_marks_do_what_pairs_do(texts: list[str], rtl: bool):
    marked = "".join(with_marked_brackets(texts, rtl=rtl))
    levels = embedding_levels(marked, rtl=rtl)
    kept = [level % 2 for char, level in zip(marked, levels, strict=True) if char in "()[]{}"]
    wanted = embedding_levels("".join(texts), rtl=rtl, pairs_brackets=True)
    assert kept == [level % 2 for char, level in zip("".join(texts), wanted, strict=True) if char in "()[]{}"]
    assert "".join(char for char in marked if char not in "\u200e\u200f") == "".join(texts)
