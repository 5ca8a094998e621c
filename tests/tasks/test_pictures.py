"""What scenes describe, and what each step is given for it."""

from typing import Any

import pytest

from models.spec import ShortSpec
from models.stock import Shape
from tasks.cuts import cuts_of
from tasks.inputs import needed_sources
from tasks.pictures import Pictures, describe_pictures, for_images, for_search, for_stock
from tasks.plan import scenes_of


def described(*visuals: str, **more: Any) -> Pictures:
    scenes = [{"visual": visual, "min_duration_ms": 2000} for visual in visuals]
    spec = ShortSpec.model_validate({"title": "T", "scenes": scenes, **more})
    return describe_pictures(spec, scenes_of(spec), cuts_of(spec))


def test_a_draft_shows_what_the_finished_short_will():
    drafts = [described("stock:sea", quality=quality) for quality in ("draft", "standard", "high")]
    assert len({(each.wants, each.shape, each.canvas_px) for each in drafts}) == 1
    assert len({each.filled_px for each in drafts}) == 2


@pytest.mark.parametrize(("preset", "shape"), [("vertical", "portrait"), ("square", "square"), ("wide", "landscape")])
def test_the_canvas_decides_the_orientation_and_the_size_of_images(preset: str, shape: str):
    pictures = described("stock:sea", "image:a fox", canvas={"preset": preset})
    assert pictures.shape is pictures.wants[0].search.shape is Shape(shape)
    (image,) = for_images(pictures).values()
    width, height = map(int, image["size"].split("x"))
    assert (width > height) - (width < height) == {"portrait": -1, "square": 0, "landscape": 1}[shape]


def test_scenes_share_searches_and_images_but_no_stock():
    pictures = described("stock:sea", "stock:sea", "image:a fox", "image:a fox", "a.png")
    (search,) = for_search(pictures).values()
    assert (search["count"], search["used_by"]) == (2, "scene 1, scene 2")
    assert len(for_stock(pictures, None)) == 2
    assert [image["used_by"] for image in for_images(pictures).values()] == ["scene 3, scene 4"]
    assert len({scene.visual for scene in pictures.scenes}) == 4
    assert pictures.step_count == 1 + 1 + 2 + 1
    assert pictures.named == ("a.png",)
    assert list(needed_sources(ShortSpec(title="T", script="x"), pictures.scenes)) == ["a.png"]


def test_a_spec_without_descriptions_is_left_as_it_is():
    pictures = described("a.png", "color:#102030")
    assert [scene.visual for scene in pictures.scenes] == ["a.png", "color:#102030"]
    assert (pictures.step_count, for_search(pictures), for_images(pictures)) == (0, {}, {})


def test_every_scene_of_a_script_gets_a_clip_of_its_own():
    spec = ShortSpec(
        title="T", script="The first line is this one here. The second line is another one.", visuals=("stock:sea",)
    )
    pictures = describe_pictures(spec, scenes_of(spec), cuts_of(spec))
    assert [want.scene for want in pictures.wants] == [1, 2]
