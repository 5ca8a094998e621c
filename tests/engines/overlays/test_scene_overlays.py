import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from engines.overlays.ass import merge
from engines.overlays.compose import Design, draw_scene
from engines.overlays.zones import zones_of
from engines.subtitles.fonts import find_fonts
from engines.subtitles.layout import Frame, caption_band
from engines.subtitles.presets import load_safe_area, resolve_style
from models.caption_settings import Captions
from models.captions import SafeArea
from models.graphics import Corner, Look, OverlaySettings, ProgressBar, SceneRole, StagedScene

FONTS = find_fonts("Montserrat ExtraBold", weight=800, fonts_dirs=(Path(__file__).parents[3] / "assets" / "fonts",))
ASSETS = Path(__file__).parents[3] / "assets"
AREA = SafeArea(top=0.14, right=0.16, bottom=0.35, left=0.06)
ALL = OverlaySettings(
    title_card="The night sky is a time machine",
    hook="Wait for the end",
    lower_third="Ada Lovelace | Mathematician",
    progress_bar=ProgressBar.SEGMENTS,
    watermark=Corner.TOP_LEFT,
    handle="@nightsky",
    end_card="Follow for more",
)
CANVASES = [(1080, 1920), (1080, 1080), (1920, 1080), (540, 960)]
BANDS = {"bottom": (0.52, 0.65), "center": (0.44, 0.56), "top": (0.14, 0.27), "none": None}


def design(canvas: tuple[int, int] = (1080, 1920), band: str = "bottom", settings: OverlaySettings = ALL) -> Design:
    edges = BANDS[band]
    captions = edges and (edges[0] * canvas[1], edges[1] * canvas[1])
    return Design(settings, Look(), FONTS, canvas_px=canvas, area=AREA, captions_px=captions)


def staged(*lengths_ms: int, end_card: bool = False) -> tuple[StagedScene, ...]:
    scenes, start_ms = [], 0
    for number, length_ms in enumerate(lengths_ms, start=1):
        role = SceneRole.END_CARD if end_card and number == len(lengths_ms) else SceneRole.CONTENT
        scenes.append(StagedScene(number=number, role=role, start_ms=start_ms, duration_ms=length_ms))
        start_ms += length_ms
    return tuple(scenes)


def path_boxes(events: tuple[str, ...]) -> list[tuple[float, float, float, float]]:
    """The boxes of everything drawn as a shape: left, top, right, bottom."""
    boxes = []
    for event in events:
        if "\\p1}" not in event:
            continue
        numbers = [float(word) for word in event.rpartition("}")[2].split() if re.fullmatch(r"-?[\d.]+", word)]
        boxes.append((min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])))
    return boxes


def text_spots(events: tuple[str, ...]) -> list[float]:
    """The lower edges of all lines of text."""
    written = [event for event in events if "\\p1}" not in event]
    return [float(found[1]) for event in written if (found := re.search(r"\\pos\([\d.]+,([\d.]+)\)", event))]


@pytest.mark.parametrize("position", ["bottom", "center", "top"])
@pytest.mark.parametrize("preset", ["karaoke", "boxed", "classic", "pop"])
@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("corner", [Corner.TOP_LEFT, Corner.BOTTOM_RIGHT])
def test_everything_stands_in_the_safe_area_and_off_the_captions(
    canvas: tuple[int, int], preset: str, position: str, corner: Corner
):
    width, height = canvas
    area = load_safe_area(ASSETS / "safe_areas.toml", width_px=width, height_px=height)
    captions = Captions(preset=preset, position=position)
    style = resolve_style(captions, presets_dirs=(ASSETS / "presets" / "captions",))
    assert style
    caption_fonts = find_fonts(style.font, weight=style.weight, fonts_dirs=(ASSETS / "fonts",))
    frame = Frame.of(width_px=width, height_px=height, safe_area=area, style=style)
    upper, lower = caption_band(style=style, frame=frame, fonts=caption_fonts)
    settings = ALL.model_copy(update={"watermark": corner})
    made = Design(settings, Look(), FONTS, canvas_px=canvas, area=area, captions_px=(upper, lower))
    drawn = draw_scene(staged(9000)[0], staged(9000), made)
    for left, top, right, bottom in path_boxes(drawn.events):
        assert left >= area.left * width - 3
        assert right <= (1 - area.right) * width + 3
        assert top >= area.top * height - 3
        assert bottom <= (1 - area.bottom) * height + 3
        assert bottom <= upper or top >= lower
    for spot in text_spots(drawn.events):  # the foot of the line's descent, which reaches below its ink
        assert area.top * height < spot
        assert spot <= upper + 0.03 * height or spot >= lower


@pytest.mark.parametrize("band", BANDS)
def test_strips_do_not_overlap(band: str):
    edges = BANDS[band]
    zones = zones_of((1080, 1920), area=AREA, captions_px=edges and (edges[0] * 1920, edges[1] * 1920))
    bar, zones = zones.take_edge(10)
    mark, zones = zones.take_top(72)
    third, zones = zones.take_bottom(140)
    taken = [bar, mark, third, zones.above, zones.below]
    for one, other in combinations([rect for rect in taken if rect.height_px > 0], 2):
        assert one.bottom_px <= other.top_px or other.bottom_px <= one.top_px


def test_segments_depend_on_nothing_but_the_scene_itself():
    before, after = staged(4000, 3000, 5000), staged(7000, 3000, 9500)
    settings = OverlaySettings(progress_bar=ProgressBar.SEGMENTS, watermark=Corner.TOP_LEFT, handle="@me")
    made = design(settings=settings)
    assert draw_scene(before[1], before, made) == draw_scene(after[1], after, made)


def test_a_line_moves_in_steps_so_that_small_changes_elsewhere_leave_scenes_alone():
    made = design(settings=OverlaySettings(progress_bar=ProgressBar.LINE))
    before, after = staged(20_000, 4000, 20_000), staged(20_000, 4000, 20_040)
    assert draw_scene(before[1], before, made) == draw_scene(after[1], after, made)
    ends = [re.findall(r"\\clip\((\d+),\d+,(\d+)", draw_scene(scene, before, made).events[-1]) for scene in before]
    assert ends[0][0][0] == ends[0][0][1]  # empty at first
    assert [scene[1][1] for scene in ends[:-1]] == [scene[0][1] for scene in ends[1:]]  # goes on where it stopped


def test_too_many_scenes_for_segments_get_a_line():
    scenes = staged(*[2000] * 120)
    drawn = draw_scene(scenes[60], scenes, design(settings=OverlaySettings(progress_bar=ProgressBar.SEGMENTS)))
    assert max(event.count("m ") for event in drawn.events) == 1


def test_the_title_card_comes_first_and_the_hook_after_it():
    scenes = staged(4000, 3000)
    settings = OverlaySettings(title_card="Card", title_card_ms=2500, hook="Hook", hook_ms=3000)
    first, second = (draw_scene(scene, scenes, design(settings=settings)) for scene in scenes)
    times = {
        event.rpartition("}")[2].strip("\u200e"): event.split(",")[1:3]
        for event in (*first.events, *second.events)
        if "\\p1" not in event
    }
    assert times["Card"] == ["0:00:00.00", "0:00:02.50"]
    assert any("Hook" in event and ",0:00:02.50," in event for event in first.events)
    assert any("Hook" in event and ",0:00:00.00,0:00:01.50," in event for event in second.events)


def test_a_hook_for_the_whole_short_is_in_every_scene():
    scenes = staged(2000, 2000, 2000)
    made = design(settings=OverlaySettings(hook="Hook", hook_ms=0))
    drawn = [draw_scene(scene, scenes, made) for scene in scenes]
    assert len({one.events for one in drawn}) == 1
    assert any("Hook" in event for event in drawn[2].events)


def test_a_scenes_own_lower_third_goes_before_the_general_one():
    scenes = staged(5000, 5000)
    scenes = (scenes[0].model_copy(update={"lower_third": "Own"}), scenes[1])
    made = design(settings=OverlaySettings(lower_third="General"))
    first, second = (draw_scene(scene, scenes, made) for scene in scenes)
    assert any("Own" in event for event in first.events)
    assert not any("General" in event for event in (*first.events, *second.events))


def test_the_end_card_has_the_logo_above_its_text():
    scenes = staged(3000, 2500, end_card=True)
    drawn = draw_scene(scenes[1], scenes, replace(design(), card_logo_px=(200, 200)))
    assert drawn.logo is not None
    assert drawn.logo.y_px + 200 < min(text_spots(drawn.events))
    assert AREA.top * 1920 <= drawn.logo.y_px


def test_hostile_text_stays_text():
    scenes = staged(3000)
    made = design(settings=OverlaySettings(hook=r"{\p1}m 0 0 \N{\fs400}x", hook_ms=0))
    over = draw_scene(scenes[0], scenes, made).events
    assert sum("\\p1}" in event and "\\{" not in event for event in over) == 1
    assert all("\n" not in event for event in over)


def test_captions_keep_their_place_below_the_overlays():
    script = (
        "[Script Info]\nPlayResX: 1\n\n[V4+ Styles]\nFormat: x\nStyle: Text\n\n[Events]\nFormat: y\nDialogue: caption\n"
    )
    merged = merge(script, events=["Dialogue: over"], font="Noto Sans Bold", canvas_px=(1, 1))
    assert merged.index("Style: Text") < merged.index("Style: Overlay") < merged.index("[Events]")
    lines = [line for line in merged.splitlines() if line.startswith("Dialogue")]
    assert lines == ["Dialogue: caption", "Dialogue: over"]
    alone = merge(None, events=["Dialogue: over"], font="Noto Sans Bold", canvas_px=(540, 960))
    assert "PlayResX: 540" in alone
    assert alone.splitlines()[-1] == "Dialogue: over"


def test_a_watermark_fades_in_the_first_scene_and_in_the_last_one_only():
    settings = OverlaySettings(watermark=Corner.TOP_LEFT, handle="@me", watermark_fade_ms=400, end_card="Bye")
    made = replace(design(settings=settings), watermark_px=(100, 60))
    scenes = staged(3000, 2000, 600, 2500, end_card=True)
    spans = [drawn.logo and drawn.logo.span for drawn in (draw_scene(scene, scenes, made) for scene in scenes)]
    first, middle, last, card = spans
    assert (first.fade_in_ms, first.fade_out_ms) == (400, 0)
    assert (middle.fade_in_ms, middle.fade_out_ms) == (0, 0)
    assert first.end_ms == middle.end_ms, "it does not depend on how long those scenes last"
    assert (last.fade_in_ms, last.fade_out_ms, last.end_ms) == (0, 300, 600)
    assert card is None
    for scene, fade in zip(scenes, ("\\fad(400,0)", "", "\\fad(0,300)"), strict=False):
        (handle,) = draw_scene(scene, scenes, made).events
        assert fade in handle
        assert bool(fade) == ("\\fad" in handle)


def test_a_watermark_is_there_from_the_first_frame_unless_it_is_to_fade():
    made = replace(design(settings=OverlaySettings(watermark=Corner.TOP_LEFT)), watermark_px=(100, 60))
    scenes = staged(3000)
    span = draw_scene(scenes[0], scenes, made).logo.span
    assert (span.start_ms, span.fade_in_ms, span.fade_out_ms) == (0, 0, 0)
    assert span.end_ms > 3000


@pytest.mark.parametrize(
    ("length_ms", "start_ms"), [(8000, 2250), (4100, 2250), (3900, 250)], ids=["long", "just long enough", "short"]
)
def test_a_lower_third_waits_for_the_title_card_where_there_is_time(length_ms, start_ms):
    settings = OverlaySettings(title_card="The night sky", title_card_ms=2000, lower_third="Ada")
    scenes = staged(length_ms)
    events = draw_scene(scenes[0], scenes, design(settings=settings)).events
    written = next(event for event in events if event.endswith("Ada"))
    assert written.startswith(f"Dialogue: 11,0:00:0{start_ms // 1000}.{start_ms // 10 % 100:02},")


def test_a_panel_of_a_middling_colour_is_less_clear_than_a_dark_one():
    opacities = []
    for color in ("#14161C", "#2563EB"):
        made = replace(design(settings=ALL), look=Look(panel_color=color))
        panels = [event for event in draw_scene(staged(9000)[0], staged(9000), made).events if "\\1a&H" in event]
        bgr = color[5:7] + color[3:5] + color[1:3]
        alphas = [re.search(r"\\1a&H(..)&", event)[1] for event in panels if f"\\1c&H{bgr}&" in event]
        opacities.append([1 - int(alpha, 16) / 255 for alpha in alphas])
    assert all(later > earlier + 0.02 for earlier, later in zip(*opacities, strict=False))
