from pathlib import Path

import pytest
from PIL import Image

from engines.visuals.logo import make_logo
from engines.visuals.poster_frame import MOST_CLIPS, MOST_STILLS, candidates
from models.artifacts import ArtifactRef
from models.shots import Footage, Plate, Shot

BLOB = ArtifactRef(uri="x", sha256="0" * 64, size=1, media_type="x/x")
STILL = Shot(picture=Plate(blob=BLOB, width_px=540, height_px=960))
CLIP = Shot(picture=Footage(blob=BLOB, source="x", start_ms=0, end_ms=9000, width_px=540, height_px=960))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 50])
def test_candidates_are_few_spread_and_never_a_clips_first_frame(count: int):
    shots, frames = [CLIP, STILL] * (count // 2) + [CLIP] * (count % 2), [90] * count
    chosen = candidates(shots, frames)
    assert 1 <= len(chosen) <= MOST_STILLS + MOST_CLIPS
    assert len(set(chosen)) == len(chosen)
    assert all(0 < frame < 90 for _, frame in chosen)
    assert sum(shots[scene] is CLIP for scene, _ in chosen) <= MOST_CLIPS
    if count <= 2 * MOST_CLIPS:
        assert {scene for scene, _ in chosen} == set(range(count))
    assert max(scene for scene, _ in chosen) >= count * 3 // 4


def test_a_single_clip_offers_several_moments():
    assert len(candidates([CLIP], [300])) == 3
    assert len(candidates([STILL], [300])) == 1


def test_a_logo_is_fitted_without_its_empty_margins(tmp_path: Path):
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (100, 100, 300, 200))
    image.save(tmp_path / "logo.png")
    size, halo_px = make_logo(
        tmp_path / "logo.png", room_px=(150, 60), opacity=0.5, source="logo.png", output=tmp_path / "made.png"
    )
    assert (size, halo_px) == ((120, 60), 0)
    with Image.open(tmp_path / "made.png") as made:
        assert made.mode == "RGBA"
        red, green, blue, alpha = made.getpixel((60, 30))
        assert (red, green, blue) == (200, 30, 30)
        assert abs(alpha - 128) <= 1


@pytest.mark.parametrize(("ink", "ground"), [(255, 255), (0, 0)])
def test_a_halo_shows_a_logo_on_a_picture_of_its_own_colour(tmp_path: Path, ink: int, ground: int):
    image = Image.new("RGBA", (300, 72), (0, 0, 0, 0))
    image.paste((ink, ink, ink, 255), (0, 0, 72, 72))
    image.paste((ink, ink, ink, 255), (200, 0, 300, 72))
    image.save(tmp_path / "logo.png")
    output = tmp_path / "made.png"
    size, halo_px = make_logo(
        tmp_path / "logo.png", room_px=(300, 72), opacity=0.8, halo=True, source="logo.png", output=output
    )
    assert size == (300, 72)
    with Image.open(output) as made:
        assert made.size == (300 + 2 * halo_px, 72 + 2 * halo_px)
        seen = Image.alpha_composite(Image.new("RGBA", made.size, (ground, ground, ground, 255)), made).convert("L")
    levels = [abs(seen.getpixel((halo_px + x, halo_px + 36)) - ground) for x in (36, 74, 136)]
    assert levels[0] <= 1
    assert levels[1] > 70
    assert levels[2] <= 1
    assert max(abs(level - ground) for level in seen.crop((0, 0, seen.width, 1)).tobytes()) <= 6
