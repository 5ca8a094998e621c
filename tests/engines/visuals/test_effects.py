"""Every effect that is offered, old and new: sizes, ends, and what a look leaves alone."""

import hashlib
import re
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import EffectInvalid, EffectUnknown
from engines.timebase import frame_to_seconds
from engines.visuals import effects
from engines.visuals.catalogue import EffectKind, add_folder, catalogue, transition, use_of
from engines.visuals.planar import Frame, new_frame, planes
from engines.visuals.segment import Outgoing
from engines.visuals.shots import LoadedShot, open_shot
from engines.visuals.transition import Transition, push, solid
from models.picture import TransitionName
from models.shots import Shot
from tests.engines.visuals.scenes import FPS, VIDEO, burn, counted, grey, plate, scene

TRANSITIONS = [name for name, offered in catalogue().items() if offered.kind is EffectKind.TRANSITION]
LOOKS = [name for name, offered in catalogue().items() if offered.kind is EffectKind.LOOK]
OVERLAP = 8


def picture(seed: int) -> Frame:
    """A frame of soft noise, no two places of which are alike."""
    noise = np.random.default_rng(seed).integers(30, 220, (VIDEO.height_px * 3 // 2 // 12, VIDEO.width_px // 8))
    return np.kron(noise, np.ones((12, 8))).astype(np.uint8)


def mixed(name: str, old: LoadedShot, new: LoadedShot) -> list[Frame]:
    """The first frames of `new` taking over from `old`."""
    _, under = open_shot(old, VIDEO, frame_count=OVERLAP)
    _, over = open_shot(new, VIDEO, frame_count=30)
    clip = over.with_effects([transition(use_of(name, EffectKind.TRANSITION), under, frame_to_seconds(OVERLAP, FPS))])
    assert clip.size == (VIDEO.width_px, VIDEO.height_px)
    return [clip.get_frame(frame_to_seconds(number, FPS)).copy() for number in range(OVERLAP + 2)]


def test_the_spec_knows_every_transition_and_no_other():
    assert {name.value for name in TransitionName} == {*TRANSITIONS, "cut"}
    assert LOOKS


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_transition_leads_from_one_scene_to_the_other(tmp_path: Path, name: str):
    old, new = picture(1), picture(2)
    frames = mixed(name, plate(tmp_path / "old.npy", old), plate(tmp_path / "new.npy", new))

    def away(frame: Frame, other: Frame) -> float:
        return float(np.abs(frame.astype(int) - other).mean())

    apart = away(old, new)
    assert away(frames[0], old) < 0.6 * apart
    assert away(frames[OVERLAP - 1], new) < 0.6 * apart
    assert away(frames[0], old) < away(frames[OVERLAP // 2], old)
    assert all(np.array_equal(frame, new) for frame in frames[OVERLAP:])


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_transition_between_like_pictures_is_not_seen_but_for_a_dip(tmp_path: Path, name: str):
    even = plate(tmp_path / "even.npy", grey(120))
    for frame in mixed(name, even, even):
        assert name.startswith("dip") or np.abs(frame.astype(int) - grey(120)).max() <= 1


@pytest.mark.parametrize(("name", "lit"), [("dip", 16), ("dip_white", 235)])
def test_a_dip_goes_through_its_colour(tmp_path: Path, name: str, lit: int):
    frames = mixed(name, plate(tmp_path / "old.npy", grey(60)), plate(tmp_path / "new.npy", grey(160)))
    middle = [int(frame[: VIDEO.height_px].mean()) for frame in frames[OVERLAP // 2 - 1 : OVERLAP // 2 + 1]]
    assert min(abs(level - lit) for level in middle) <= 12


@pytest.mark.parametrize(
    ("name", "side"),
    [
        (f"{kind}{suffix}", side)
        for kind in ("slide", "wipe")
        for suffix, side in (("", "right"), ("_right", "left"), ("_up", "foot"), ("_down", "top"))
    ],
)
def test_the_new_scene_comes_from_the_side_that_is_named(tmp_path: Path, name: str, side: str):
    frames = mixed(name, plate(tmp_path / "old.npy", grey(40)), plate(tmp_path / "new.npy", grey(200)))
    luma = frames[OVERLAP // 2 - 1][: VIDEO.height_px]
    edges = {"left": luma[:, 0], "right": luma[:, -1], "top": luma[0], "foot": luma[-1]}
    opposite = {"left": "right", "right": "left", "top": "foot", "foot": "top"}[side]
    assert edges[side].min() == 200
    assert edges[opposite].max() == 40


@dataclass
class Watched(Transition):
    """Shows the new scene, and notes how far it is asked to be."""

    asked: list[float] = field(default_factory=list)

    def mix(self, under: Frame, over: Frame, progress: float, out: Frame) -> Frame:
        self.asked.append(progress)
        return over


def test_a_transition_moves_from_its_first_frame_to_its_last_in_even_steps(tmp_path: Path):
    _, under = open_shot(plate(tmp_path / "old.npy", picture(1)), VIDEO, frame_count=OVERLAP)
    _, over = open_shot(plate(tmp_path / "new.npy", picture(2)), VIDEO, frame_count=30)
    watched = Watched(under, frame_to_seconds(OVERLAP, FPS))
    clip = over.with_effects([watched])
    for number in range(OVERLAP + 2):
        clip.get_frame(frame_to_seconds(number, FPS))
    steps = list(dict.fromkeys(watched.asked))  # MoviePy itself asks for the first frame, too
    assert steps == pytest.approx([(number + 0.5) / OVERLAP for number in range(OVERLAP)])


@given(share=st.floats(0, 1), vertical=st.booleans(), forwards=st.booleans())
def test_a_pushed_edge_is_in_one_place_in_light_and_colour(share: float, vertical: bool, forwards: bool):
    black, white = solid(128, 96, 16), np.full_like(solid(128, 96, 16), 200)
    out = push(black, white, share, new_frame(128, 96), vertical=vertical, forwards=forwards)
    luma, *chroma = ((plane == 200).any(axis=1 if vertical else 0) for plane in planes(out))
    for of_colour in chroma:
        assert np.array_equal(luma, np.repeat(of_colour, 2))
    assert abs(luma.sum() - share * len(luma)) <= 1


@pytest.mark.parametrize("name", TRANSITIONS)
def test_footage_plays_through_every_transition_and_the_segment_is_whole(tmp_path: Path, name: str):
    out = Outgoing(counted(tmp_path / "out.mp4", 40), 20, OVERLAP, use_of(name, EffectKind.TRANSITION))
    burn(scene(counted(tmp_path / "in.mp4", 40), 20, outgoing=out), tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size


def dressed(loaded: LoadedShot, *names: str) -> LoadedShot:
    looks = tuple(use_of(name, EffectKind.LOOK) for name in names)
    return loaded._replace(shot=loaded.shot.model_copy(update={"looks": looks}))


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_changes_the_picture_a_little_and_not_its_source(tmp_path: Path, name: str):
    frame = picture(3)
    _, plain = open_shot(plate(tmp_path / "a.npy", frame), VIDEO, frame_count=9)
    _, clip = open_shot(dressed(plate(tmp_path / "a.npy", frame), name), VIDEO, frame_count=9)
    seen = [clip.get_frame(frame_to_seconds(number, FPS)).copy() for number in (0, 4)]
    assert clip.size == plain.size
    assert np.array_equal(plain.get_frame(0), frame)
    luma = VIDEO.height_px
    for changed in seen:
        assert changed.shape == frame.shape
        assert not np.array_equal(changed, frame)
        assert np.abs(changed[:luma].astype(int) - frame[:luma]).mean() < 25


@pytest.mark.parametrize(("name", "blue", "red"), [("warm", -1, 1), ("cool", 1, -1)])
def test_warm_light_is_redder_and_cool_light_is_bluer(tmp_path: Path, name: str, blue: int, red: int):
    _, clip = open_shot(dressed(plate(tmp_path / "a.npy", grey(128)), name), VIDEO, frame_count=3)
    luma, of_blue, of_red = (plane.astype(int) for plane in planes(clip.get_frame(0)))
    assert (luma == 128).all()
    assert (np.sign(of_blue - 128) == blue).all()
    assert (np.sign(of_red - 128) == red).all()


def test_a_whip_is_blurred_while_it_is_fast(tmp_path: Path):
    def edges(frame: Frame) -> float:
        return float(np.abs(np.diff(frame[: VIDEO.height_px].astype(int), axis=1)).mean())

    old, new = plate(tmp_path / "old.npy", picture(1)), plate(tmp_path / "new.npy", picture(2))
    whip, slide = mixed("whip", old, new), mixed("slide", old, new)
    assert edges(whip[0]) > 0.8 * edges(slide[0])
    assert edges(whip[OVERLAP // 2]) < 0.4 * edges(slide[OVERLAP // 2])


def test_grain_neither_rests_nor_crawls(tmp_path: Path):
    """The grain of one frame is nowhere near where that of the frame before was."""
    _, clip = open_shot(dressed(plate(tmp_path / "a.npy", grey(128)), "grain"), VIDEO, frame_count=9)
    grains = [clip.get_frame(frame_to_seconds(number, FPS))[: VIDEO.height_px] - 128.0 for number in range(9)]
    spread = np.hypot(*(grain.std() for grain in grains[:2])) / np.sqrt(2)
    assert 2 < spread < 8
    near = range(-4, 5)
    for before, after in pairwise(grains):
        alike = [np.mean(before[8:-8, 8:-8] * np.roll(after, (y, x), (0, 1))[8:-8, 8:-8]) for y in near for x in near]
        assert max(np.abs(alike)) < 0.2 * spread**2


def test_looks_lie_over_each_other_over_footage_and_under_a_transition(tmp_path: Path):
    clip = dressed(counted(tmp_path / "clip.mp4", 40), *LOOKS)
    out = Outgoing(dressed(plate(tmp_path / "a.npy", grey(90)), "mono"), 20, 4, use_of("whip", EffectKind.TRANSITION))
    burn(scene(clip, 20, outgoing=out), tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size


def test_an_unknown_effect_is_told_with_those_there_are():
    with pytest.raises(EffectUnknown, match=r"no look 'sparkle'.*vignette"):
        use_of("sparkle", EffectKind.LOOK)
    with pytest.raises(EffectUnknown, match="whip"):
        use_of("mono", EffectKind.TRANSITION)


def test_two_pictures_share_the_screen(tmp_path: Path):
    for size in ((128, 96), (96, 128)):
        video = VIDEO.model_copy(update={"width_px": size[0], "height_px": size[1]})
        halves = [
            np.full((h * 3 // 2, w), level, np.uint8) for (w, h), level in zip(_halves(size), (50, 150), strict=True)
        ]
        loaded = [plate(tmp_path / f"{level}.npy", half) for level, half in enumerate(halves)]
        both = loaded[0]._replace(shot=_beside(loaded[0].shot, loaded[1].shot), second=loaded[1])
        source, clip = open_shot(both, video, frame_count=3)
        with source:
            luma = clip.get_frame(0)[: size[1]]
        assert (luma[4, 4], luma[-4, -4]) == (50, 150)
        assert np.unique(luma).tolist() == [50, 150]
        assert (luma == 50).sum() == (luma == 150).sum() == luma.size // 2


def _halves(size: tuple[int, int]) -> list[tuple[int, int]]:
    width, height = size
    return [(width, height // 2)] * 2 if height >= width else [(width // 2, height)] * 2


def _beside(shot: Shot, second: Shot) -> Shot:
    return shot.model_copy(update={"second": second})


def test_the_example_of_the_page_is_an_effect_that_works(tmp_path: Path):
    page = (Path(__file__).parents[3] / "docs" / "effects.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "example", "exec"), namespace)
    (summary, make) = namespace["LOOKS"]["posterize"]
    assert summary
    frame = picture(4)
    _, plain = open_shot(plate(tmp_path / "a.npy", frame), VIDEO, frame_count=3)
    seen = plain.with_effects([make()]).get_frame(0)
    assert len(np.unique(seen[: VIDEO.height_px])) <= 7
    assert np.array_equal(seen[VIDEO.height_px :], frame[VIDEO.height_px :])


@pytest.fixture
def own_folder(tmp_path: Path) -> Generator[Path]:
    """A folder of own effects, forgotten afterwards."""
    (tmp_path / "own").mkdir()
    yield tmp_path / "own"
    effects.__path__[:] = [path for path in effects.__path__ if path != str(tmp_path / "own")]
    for name in [name for name in sys.modules if name.startswith(f"{effects.__name__}.own_")]:
        del sys.modules[name]
    catalogue.cache_clear()


MIRROR = """
from moviepy import Effect
from engines.visuals.per_frame import per_frame

class Dark(Effect):
    def apply(self, clip):
        return per_frame(clip, lambda frame, t: frame // 2)

LOOKS = {"own_dark": ("Dark", Dark)}
"""


def test_a_file_in_a_folder_of_ones_own_is_an_effect(own_folder: Path, tmp_path: Path):
    (own_folder / "own_dark.py").write_text(MIRROR)
    add_folder(own_folder)
    use = use_of("own_dark", EffectKind.LOOK)
    _, clip = open_shot(dressed(plate(tmp_path / "a.npy", grey(200)), "own_dark"), VIDEO, frame_count=2)
    assert int(clip.get_frame(0)[0, 0]) == 100
    assert use.sha256 == hashlib.sha256(MIRROR.encode()).hexdigest()


@pytest.mark.parametrize("text", ["import nothing_of_this_name", "LOOKS = {", "LOOKS = {'mono': ('Grey', None)}"])
def test_a_file_that_cannot_be_used_is_named(own_folder: Path, text: str):
    (own_folder / "own_broken.py").write_text(text)
    add_folder(own_folder)
    with pytest.raises(EffectInvalid, match=r"own_broken\.py"):
        catalogue()
