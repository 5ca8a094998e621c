"""Credits in the report that a person reads."""

from flows.artifacts import credits_table
from models.credits import SceneCredit


def test_credits_are_a_table_with_links():
    credit = SceneCredit(
        scene=2,
        visual="stock:sea",
        provider="Pexels",
        item_id="7",
        author="Ada",
        author_url="https://www.pexels.com/@ada",
        page_url="https://www.pexels.com/video/7/",
        licence="Pexels License",
        licence_url="https://www.pexels.com/license/",
    )
    (row,) = credits_table([credit])[3:]
    assert row == (
        "| 2 | stock:sea | [Pexels 7](https://www.pexels.com/video/7/) | [Ada](https://www.pexels.com/@ada) "
        "| [Pexels License](https://www.pexels.com/license/) |"
    )
    assert credits_table([]) == []


def test_what_strangers_wrote_stays_text():
    hostile = "x|[a](javascript:b)\n<script>"
    credit = SceneCredit(
        scene=1, visual=f"stock:{hostile}", provider="library", author=hostile, author_url="javascript:alert(1)",
        page_url="https://x) | <b>", licence="", licence_url="https://x",
    )  # fmt: skip
    (row,) = credits_table([credit])[3:]
    assert "](" not in row.replace("\\]\\(", "")
    assert "<script" not in row.replace("\\<", "")
    assert row.count("|") - row.count("\\|") == 6
    assert "\n" not in row
