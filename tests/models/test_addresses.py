"""Visuals that are described, and where they may not stand."""

import pytest
from pydantic import ValidationError

from models.scene import Scene
from models.soundtrack import Music


@pytest.mark.parametrize(
    "visual", ["stock:sea", "stock: sea at night", "stock:photo:sea", "stock:video:x", "image:a cat / a dog: both, 4k"]
)
def test_described_visuals_are_taken(visual: str):
    scene = Scene(narration="x", visual=visual, second_visual=visual)
    assert (scene.visual, scene.second_visual) == (visual, visual)


@pytest.mark.parametrize(
    "visual",
    ["stock:", "stock:  ", "stock:photo:", "image:", "image:\n", "stock:a\nb", "image:a\x00", "stock:" + "x" * 120],
)
def test_empty_long_and_odd_descriptions_are_refused(visual: str):
    with pytest.raises(ValidationError, match=r"should say|at most 100"):
        Scene(narration="x", visual=visual)


@pytest.mark.parametrize("field", ["voice_over", "sound"])
def test_sounds_cannot_be_described(field: str):
    with pytest.raises(ValidationError):
        Scene.model_validate({"narration": "x", "visual": "a.png", field: "stock:sea"})
    with pytest.raises(ValidationError):
        Music(track="image:x")
