"""Emoji over the pictures: in colour, at their places in the line, coming and going with their text."""

from pathlib import Path

import pytest
from PIL import Image

from engines.overlays.ass import Pen, Span, text_line
from engines.overlays.compose import Design, draw_scene
from engines.overlays.lower_third import lower_third
from engines.overlays.zones import zones_of
from engines.subtitles.fonts import find_fonts
from engines.subtitles.pictures import Spot, write_spots
from models.captions import SafeArea
from models.graphics import Corner, Look, OverlaySettings, SceneRole, StagedScene

ASSETS = Path(__file__).parents[3] / "assets"
EMOJI = ASSETS / "emoji" / "noto-color-emoji.zip"
FONTS = find_fonts("Montserrat ExtraBold", weight=800, fonts_dirs=(ASSETS / "fonts",), emoji=EMOJI)
AREA = SafeArea(top=0.14, right=0.16, bottom=0.35, left=0.06)
CANVAS = (1080, 1920)


def drawn(role: SceneRole = SceneRole.CONTENT, **settings):
    scene = StagedScene(number=1, role=role, start_ms=0, duration_ms=9_000)
    return draw_scene(scene, (scene,), Design(OverlaySettings(**settings), Look(), FONTS, CANVAS, AREA, None))


@pytest.mark.parametrize(
    "settings",
    [
        {"title_card": "Lift off 🚀 at dawn"},
        {"hook": "Wait for the 🚀"},
        {"lower_third": "Ada 🚀 | Pilot"},
        {"watermark": Corner.TOP_LEFT, "handle": "@moon 🚀"},
        {"role": SceneRole.END_CARD, "end_card": "Follow 🚀"},
    ],
)
def test_every_text_has_its_emoji_in_colour(settings):
    shown = drawn(**settings)
    (spot,) = shown.emoji
    assert spot.cluster == "🚀"
    assert any("{\\alpha&HFF&}🚀{\\alpha}" in event for event in shown.events), "the one-coloured one cannot be seen"


@pytest.mark.parametrize(("anchor", "share"), [(1, 0.0), (2, 0.5), (3, 1.0)])
def test_emoji_stand_where_their_line_leaves_room(anchor, share):
    """A line that ends in an emoji ends with its picture, whatever it is anchored at."""
    pen = Pen(FONTS, em_px=100, color="#FFFFFF")
    _, spot = text_line("Go 👍🏽", Span(0, 1000), x_px=500, baseline_px=300, pen=pen, anchor=anchor)
    width_px = FONTS.ink("Go 👍🏽").width_px * 100
    right_px = 500 + (1 - share) * width_px
    assert spot.x_px == pytest.approx(right_px - FONTS.ink("👍🏽").width_px * 50, abs=1)
    assert 300 - 100 < spot.y_px < 300


def test_emoji_come_and_go_with_their_text():
    hook = drawn(title_card="Hi", title_card_ms=2000, hook="Go 🚀", hook_ms=1000).emoji[0]
    assert (hook.start_ms, hook.end_ms) == (2000, 3000)
    assert hook.fade_in_ms > 0
    assert hook.fade_out_ms > 0


def test_emoji_of_a_lower_third_appear_when_the_wipe_uncovers_them():
    zones = zones_of(CANVAS, area=AREA, captions_px=None)
    marks, _ = lower_third("🚀 Ada 🎉", Span(100, 4000), zones, fonts=FONTS, look=Look(), field="x")
    early, late = (mark for mark in marks if isinstance(mark, Spot))
    assert 100 < early.start_ms < late.start_ms < 100 + 320


def test_a_faint_text_has_faint_emoji(tmp_path):
    (spot,) = drawn(watermark=Corner.TOP_LEFT, handle="@moon 🚀", watermark_opacity_percent=50).emoji
    (faint,) = write_spots([spot], FONTS, folder=tmp_path)
    (plain,) = write_spots([spot._replace(opacity=1.0)], FONTS, folder=tmp_path)
    alphas = [Image.open(picture.path).getchannel("A").getextrema()[1] for picture in (faint, plain)]
    assert alphas[0] == pytest.approx(alphas[1] / 2, abs=2)


def test_fonts_without_pictures_draw_one_colour():
    plain = find_fonts("Montserrat ExtraBold", weight=800, fonts_dirs=(ASSETS / "fonts",))
    lines = text_line("Go 🚀", Span(0, 1000), x_px=0, baseline_px=0, pen=Pen(plain, em_px=50, color="#FFFFFF"))
    assert len(lines) == 1
    assert "alpha" not in str(lines[0])


def test_emoji_of_a_line_that_reads_leftwards_do_too():
    pen = Pen(FONTS, em_px=100, color="#FFFFFF", is_rtl=True)
    _, first, second = text_line("שלום 🚀🎉", Span(0, 1000), x_px=0, baseline_px=0, pen=pen, anchor=1)
    assert [first.cluster, second.cluster] == ["🎉", "🚀"]
    assert first.x_px < second.x_px
