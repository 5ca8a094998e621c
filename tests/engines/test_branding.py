import json
from pathlib import Path
from typing import Any

import pytest

from engines.branding import apply_kit, first_number, numbers_of, role_of, with_cards
from engines.script import scenes_of
from engines.specfile import load_spec
from models.brand import BrandKit
from models.graphics import Corner, PosterLayout, SceneRole, look_of
from models.spec import ShortSpec

KIT = BrandKit(
    accent_color="#FF4D4D",
    panel_color="#0B1F3A",
    font="Noto Sans Bold",
    caption_font="Noto Sans Bold",
    logo="assets:pictures/moon.jpg",
    handle="@nightsky",
    watermark=Corner.TOP_RIGHT,
    end_card="Follow",
    intro="intro.mp4",
    outro="assets:pictures/earth.jpg",
    music="assets:music/ambient",
    poster=PosterLayout.BAND,
)


def spec(**fields: Any) -> ShortSpec:
    """A spec as a file gives it, paths made absolute."""
    return load_spec(json.dumps({"title": "T", "script": "One line of text.", **fields}), base_dir=Path("/videos"))


def test_a_kit_fills_what_the_spec_leaves_open():
    branded = apply_kit(spec(), KIT)
    assert look_of(branded.overlays).accent_color == "#FF4D4D"
    assert branded.captions.highlight_color == "#FF4D4D"
    assert branded.captions.font == "Noto Sans Bold"
    assert branded.overlays.logo == "assets:pictures/moon.jpg"
    assert branded.overlays.watermark is Corner.TOP_RIGHT
    assert branded.music.track == "assets:music/ambient"
    assert branded.poster.layout is PosterLayout.BAND
    assert branded.intro == "intro.mp4"


@pytest.mark.parametrize(
    ("field", "value", "look"),
    [
        ("overlays", {"accent_color": "#00FF00"}, lambda made: made.overlays.accent_color),
        ("overlays", {"watermark": "none"}, lambda made: made.overlays.watermark),
        ("overlays", {"end_card": ""}, lambda made: made.overlays.end_card),
        ("captions", {"highlight_color": "#00FF00"}, lambda made: made.captions.highlight_color),
        ("music", {"track": "assets:music/upbeat"}, lambda made: made.music.track),
        ("poster", {"layout": "foot"}, lambda made: made.poster.layout),
    ],
)
def test_what_the_spec_says_wins_even_where_it_says_the_default(field: str, value: dict[str, Any], look: Any):
    (said,) = value.values()
    assert look(apply_kit(spec(**{field: value}), KIT)) == said


def test_no_music_and_a_mood_keep_the_kits_track_away():
    assert apply_kit(spec(music={"track": ""}), KIT).music.track is None
    assert apply_kit(spec(music={"mood": "calm"}), KIT).music.track is None


def test_a_form_that_sends_every_default_says_nothing():
    sent = ShortSpec.model_validate(spec().model_dump())
    assert apply_kit(sent, KIT) == apply_kit(spec(), KIT).model_copy()


def test_cards_stand_around_the_scenes_and_leave_their_numbers():
    branded = apply_kit(spec(), KIT)
    scenes = with_cards(scenes_of(branded), branded)
    roles = [role_of(scene) for scene in scenes]
    assert roles == [SceneRole.INTRO, SceneRole.CONTENT, SceneRole.OUTRO, SceneRole.END_CARD]
    assert numbers_of(scenes) == (0, 1, 2, 3)
    assert first_number(branded) == 0
    assert scenes[-1].visual == "color:#0B1F3A"
    plain = spec()
    assert with_cards(scenes_of(plain), plain) == scenes_of(plain)
    assert numbers_of(scenes_of(plain)) == (1,)


def test_an_empty_kit_changes_nothing():
    assert apply_kit(spec(), BrandKit()) == spec()


def test_relative_paths_of_a_spec_start_from_its_folder():
    made = spec(intro="intro.mp4", overlays={"logo": "logo.png"})
    assert made.intro == "/videos/intro.mp4"
    assert made.overlays.logo == "/videos/logo.png"
    assert "track" not in made.music.model_fields_set
