"""Perceptual hashes: alike for the same picture in other clothes, far apart for other pictures."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from engines.errors import SourceUnreadable
from engines.stock.choice import ALIKE_BITS
from engines.visuals.fingerprint import fingerprint
from models.media import MediaLimits
from tests.media import constant_rate, make_audio, make_video

ASSETS = Path(__file__).parents[3] / "assets" / "pictures"
PICTURES = sorted(ASSETS.glob("*.jpg"))


def hash_of(path: Path) -> int:
    found = fingerprint(path, source=path.name, limits=MediaLimits())
    assert found is not None
    return int(found, 16)


def test_other_pictures_are_far_apart():
    assert len(PICTURES) > 5
    hashes = [hash_of(path) for path in PICTURES]
    assert min((one ^ two).bit_count() for one, two in itertools.combinations(hashes, 2)) > 2 * ALIKE_BITS


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_the_same_picture_in_other_clothes_is_alike(path: Path, tmp_path: Path):
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    clothes = {
        "small.jpg": picture.resize((width // 6, height // 6)),
        "bright.png": ImageEnhance.Brightness(picture).enhance(1.25),
        "grey.webp": picture.convert("L"),
        "cropped.jpg": picture.crop((width // 60, height // 60, width - width // 60, height - height // 60)),
    }
    for name, image in clothes.items():
        image.save(tmp_path / name)
        assert (hash_of(tmp_path / name) ^ hash_of(path)).bit_count() <= ALIKE_BITS, name


def test_a_clip_and_its_poster_are_alike(tmp_path: Path):
    with Image.open(PICTURES[0]) as opened:
        picture = opened.convert("RGB").resize((160, 90))
    picture.save(tmp_path / "poster.jpg")
    frames = [np.asarray(picture)] * 90
    clip = make_video(tmp_path / "clip.mp4", pts_ms=constant_rate(90, 30), pictures=frames, size=(160, 90))
    assert (hash_of(clip) ^ hash_of(tmp_path / "poster.jpg")).bit_count() <= ALIKE_BITS


def test_a_picture_of_one_colour_has_no_hash(tmp_path: Path):
    Image.new("RGB", (64, 64), "black").save(tmp_path / "black.png")
    Image.new("RGBA", (64, 64), (255, 255, 255, 0)).save(tmp_path / "nothing.png")
    for name in ("black.png", "nothing.png"):
        assert fingerprint(tmp_path / name, source=name, limits=MediaLimits()) is None


def test_what_shows_nothing_is_named(tmp_path: Path):
    make_audio(tmp_path / "tone.wav", duration_ms=200)
    (tmp_path / "page.jpg").write_text("<!doctype html>")
    for name in ("tone.wav", "page.jpg"):
        with pytest.raises(SourceUnreadable, match=name):
            fingerprint(tmp_path / name, source=name, limits=MediaLimits())
