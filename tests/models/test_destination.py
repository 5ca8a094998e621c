"""Destinations: placeholders are filled in, and no value leads out of the folder."""

from datetime import date
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from slugify import slugify

from models.destination import PLACEHOLDERS, dated, folder_in, known_destination
from models.spec import ShortSpec

DAY = date(2026, 3, 7)
SCENE = {"visual": "color:#204060", "min_duration_ms": 500}


@pytest.mark.parametrize(
    ("destination", "folder"),
    [
        ("s3://bucket", "s3://bucket/a-film"),
        ("s3://bucket/{date}/{slug}/", "s3://bucket/2026-03-07/a-film"),
        ("s3://bucket/{year}/{month}-{day}", "s3://bucket/2026/03-07/a-film"),
        ("store://media/{run}", "store://media/run-1/a-film"),
        ("output", "output/a-film"),
        ("/data/{slug}/{run}", "/data/a-film/run-1"),
    ],
)
def test_placeholders_are_filled_in_and_the_slug_comes_last_if_nobody_says_where(destination: str, folder: str):
    assert folder_in(destination, slug="a-film", run="run-1", day=DAY) == folder
    rest = dated(destination, DAY)
    assert folder_in(rest, slug="a-film", run="run-1", day=date(1999, 9, 9)) == folder


@pytest.mark.parametrize(
    "destination",
    [
        *("s3://bucket/{title}", "s3://bucket/{slug!r}", "s3://bucket/{slug.__class__}", "s3://bucket/{{slug}}"),
        *("a/{", "a/}"),
        *("s3://bucket/../other", "s3://bucket/a/./b", "s3://bucket//b", "s3:///key", "s3://{slug}/a", "s3://{run}-x/a"),
        *("s3://bucket/a?versionId=1", "s3://bucket/a#b", "s3://bucket/a\\b", "simplecache::s3://bucket", "S3://bucket"),
        *("a\0b", "a\nb", "s3://bucket/a\r\nb"),
    ],
)  # fmt: skip
def test_what_no_render_could_fill_in_or_leads_astray_is_refused_with_the_spec(destination: str):
    with pytest.raises(ValidationError, match="destination"):
        ShortSpec.model_validate({"title": "A film", "destination": destination, "scenes": [SCENE]})
    with pytest.raises(ValueError):  # noqa: PT011
        known_destination(destination)


@given(
    title=st.text(max_size=80),
    run=st.uuids().map(str),
    day=st.dates(date(1970, 1, 1)),
    names=st.lists(st.sampled_from(PLACEHOLDERS), min_size=1, max_size=4),
)
def test_no_title_leads_out_of_the_bucket_or_folder(title: str, run: str, day: date, names: list[str]):
    slug = slugify(title, max_length=80) or "short-0"
    for root in ("s3://bucket/prefix", "/data/out"):
        folder = folder_in(f"{root}/{'/'.join(f'{{{name}}}' for name in names)}", slug=slug, run=run, day=day)
        below = PurePosixPath(folder.removeprefix(root).lstrip("/"))
        assert folder.startswith(f"{root}/")
        assert len(below.parts) == len(names) + ("slug" not in names)
        assert ".." not in below.parts
        assert not set("{}\\?#\0\r\n") & set(folder)
