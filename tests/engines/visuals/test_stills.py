from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from engines.errors import SourceTooLarge, SourceUnreadable
from engines.visuals.color import i420_to_rgb, rgb_to_i420
from engines.visuals.stills import DARK_NEUTRAL, LIGHT_NEUTRAL, MIDDLE, make_plate, solid_plate
from models.media import MediaLimits
from models.picture import Fit
from tests.media import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    corner_colors,
    cut_off,
    gradient,
    quadrants,
    save_animation,
    swapped_profile,
)

CORNERS = (RED, GREEN, BLUE, YELLOW)
UNDO = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def plate(
    path: Path,
    *,
    size: tuple[int, int] = (96, 96),
    fit: Fit = Fit.COVER,
    room: tuple[float, float] = (1, 1),
    focus: tuple[float, float] = MIDDLE,
) -> np.ndarray:
    """The plate made of a picture, as RGB."""
    output = path.with_suffix(".npy")
    made = make_plate(path, canvas_px=size, fit=fit, room=room, focus=focus, source="the source", output=output)
    i420 = np.load(output)
    assert i420.dtype == np.uint8
    assert i420.shape == (made[1] * 3 // 2, made[0])
    return i420_to_rgb(i420)


def assert_near(found: object, expected: object, within: int = 8) -> None:
    assert np.abs(np.subtract(np.asarray(found, int), np.asarray(expected, int))).max() <= within, f"{found}"


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "gif", "tiff", "bmp", "avif"])
def test_every_format_keeps_its_colours(tmp_path: Path, extension: str) -> None:
    quadrants(200, 200).save(tmp_path / f"x.{extension}")
    assert_near(corner_colors(plate(tmp_path / f"x.{extension}")), CORNERS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_makes_it_upright(tmp_path: Path, orientation: int) -> None:
    upright = quadrants(300, 200)
    stored = upright.transpose(UNDO[orientation]) if orientation in UNDO else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored.save(tmp_path / "x.jpg", exif=exif, quality=95)
    assert_near(corner_colors(plate(tmp_path / "x.jpg", size=(120, 80))), CORNERS, 12)
    inside = plate(tmp_path / "x.jpg", size=(120, 160), fit=Fit.CONTAIN)[40:120]
    assert_near(corner_colors(inside), CORNERS, 12)


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    quadrants(200, 200).convert("CMYK").save(tmp_path / "x.jpg", quality=95)
    assert_near(corner_colors(plate(tmp_path / "x.jpg")), CORNERS, 12)


@pytest.mark.parametrize("name", ["x.png", "x.tiff"])
def test_sixteen_bit_grey(tmp_path: Path, name: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 96).astype(np.uint16), (96, 1))
    Image.fromarray(ramp).save(tmp_path / name)
    assert_near(plate(tmp_path / name)[48, :, 0], np.linspace(0, 255, 96), 4)


def test_wide_integer_and_float_samples(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 1, 96, dtype=np.float32), (96, 1))
    Image.fromarray(ramp).save(tmp_path / "float.tiff")
    Image.fromarray((ramp * 65535).astype(np.int32)).save(tmp_path / "integer.tiff")
    for name in ("float.tiff", "integer.tiff"):
        assert_near(plate(tmp_path / name)[48, :, 0], np.linspace(0, 255, 96), 4)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_black_and_white_and_palette(tmp_path: Path, mode: str) -> None:
    picture = Image.new("L", (100, 100), 255)
    picture.paste(0, (0, 0, 50, 100))
    picture.convert(mode).save(tmp_path / "x.png")
    assert_near(plate(tmp_path / "x.png")[50, [20, 80], 0], (0, 255), 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_a_neutral_that_the_picture_stands_out_from(tmp_path: Path, mode: str) -> None:
    for shade, neutral in ((255, DARK_NEUTRAL), (0, LIGHT_NEUTRAL)):
        logo = Image.new("RGBA", (100, 100), (120, 120, 120, 0))
        logo.paste((shade, shade, shade, 255), (25, 25, 75, 75))
        path = tmp_path / ("x.gif" if mode == "P" else "x.png")
        (logo if mode == "P" else logo.convert(mode)).save(path)
        rgb = plate(path)
        assert_near(rgb[48, 48], (shade,) * 3, 3)
        assert_near(rgb[8, 8], neutral, 4)


def test_a_half_transparent_edge_has_no_fringe(tmp_path: Path) -> None:
    alpha = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (100, 1))
    pixels = np.dstack([np.full((100, 100, 3), 255, np.uint8), alpha])
    pixels[alpha == 0, :3] = (255, 0, 255)  # what nobody should see
    Image.fromarray(pixels).save(tmp_path / "x.png")
    rgb = plate(tmp_path / "x.png").astype(int)
    assert np.abs(rgb[..., 0] - rgb[..., 1]).max() <= 6


def test_an_embedded_profile_is_obeyed(tmp_path: Path) -> None:
    quadrants(100, 100).save(tmp_path / "x.png", icc_profile=swapped_profile())
    top_left, top_right, _, _ = corner_colors(plate(tmp_path / "x.png"))
    assert top_left[1] > top_left[0]  # red became green
    assert top_right[0] > top_right[1]


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    quadrants(100, 100).save(tmp_path / "x.png", icc_profile=profile)
    assert_near(corner_colors(plate(tmp_path / "x.png")), CORNERS, 5)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA"])
def test_a_broken_or_foreign_profile_is_as_good_as_none(tmp_path: Path, mode: str) -> None:
    name = "x.jpg" if mode == "CMYK" else "x.png"
    foreign = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (b"not a profile", foreign, swapped_profile()[:200]):
        Image.new(mode, (50, 50)).save(tmp_path / name, icc_profile=profile)
        plate(tmp_path / name)


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 50), color) for color in (RED, GREEN)]
    for name in ("x.gif", "x.webp", "x.png"):
        assert_near(plate(save_animation(tmp_path / name, frames, [50, 50]))[40, 40], RED, 5)


# --- size and fit ------------------------------------------------------------------------------------------------


@given(width=st.integers(1, 900), height=st.integers(1, 900), fit=st.sampled_from(Fit), headroom=st.floats(1, 1.5))
@settings(max_examples=60, deadline=None)
def test_a_plate_is_no_larger_than_canvas_headroom_or_need(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, fit: Fit, headroom: float
) -> None:
    path = tmp_path_factory.mktemp("plate") / "x.png"
    gradient(width, height).save(path)
    rgb = plate(path, size=(108, 192), fit=fit, room=(headroom, headroom))
    made_height, made_width = rgb.shape[:2]
    assert made_width % 4 == made_height % 4 == 0
    ratios = (width / 108, height / 192)
    pixels_to_spare = min(ratios) if fit is Fit.COVER else max(ratios)
    most = max(1.0, min(headroom, pixels_to_spare))
    assert 108 <= made_width <= 108 * most + 2
    assert 192 <= made_height <= 192 * most + 2


def test_a_large_photo_gets_all_the_headroom(tmp_path: Path) -> None:
    gradient(4000, 3000).save(tmp_path / "x.jpg")
    assert plate(tmp_path / "x.jpg", size=(1080, 1920), room=(1.15, 1.15)).shape == (2208, 1240, 3)


def test_a_pan_has_what_a_crop_would_hide(tmp_path: Path) -> None:
    gradient(4000, 3000).save(tmp_path / "x.jpg")
    assert plate(tmp_path / "x.jpg", size=(108, 192), room=(1.4, 1)).shape == (192, 152, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_cover_cuts_at_the_focus_of_the_picture_as_it_is_seen(tmp_path: Path, orientation: int) -> None:
    seen = Image.new("RGB", (400, 100), (40, 40, 40))
    seen.paste(RED, (300, 0, 400, 100))
    stored = seen.transpose(UNDO[orientation]) if orientation in UNDO else seen
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored.save(tmp_path / "x.png", exif=exif)
    assert_near(plate(tmp_path / "x.png", size=(100, 100), focus=(1, 0.5))[50, 50], RED)
    assert_near(plate(tmp_path / "x.png", size=(100, 100), focus=(0, 0.5))[50, 50], (40, 40, 40))


def test_cover_cuts_the_middle_out(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), RED)
    wide.paste(GREEN, (100, 0, 200, 100))
    wide.save(tmp_path / "x.png")
    rgb = plate(tmp_path / "x.png", size=(100, 100))
    assert_near(rgb[:, 4:-4].reshape(-1, 3), np.tile(GREEN, (100 * 92, 1)), 8)


def test_contain_shows_all_over_a_darkened_copy(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), (200, 200, 200)).save(tmp_path / "x.png")
    rgb = plate(tmp_path / "x.png", size=(120, 200), fit=Fit.CONTAIN)
    lit = (rgb[:, 60] > 150).all(axis=1)
    assert lit.sum() == 40
    assert lit[80:120].all()
    assert_near(rgb[10, 60], (90, 90, 90), 5)


def test_scaling_down_does_not_alias(tmp_path: Path) -> None:
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = 255
    for name in ("x.png", "x.jpg"):
        Image.fromarray(stripes).save(tmp_path / name)
        assert plate(tmp_path / name)[10:-10, 10:-10].std() < 4


def test_a_plain_colour(tmp_path: Path) -> None:
    assert solid_plate("#C81E64", width_px=108, height_px=192, output=tmp_path / "x.npy") == (108, 192)
    i420 = np.load(tmp_path / "x.npy")
    assert_near(i420_to_rgb(i420)[50, 50], (200, 30, 100), 2)
    assert (i420 == rgb_to_i420(i420_to_rgb(i420))).mean() > 0.99


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    gradient(500, 400).save(tmp_path / "x.jpg")
    made = []
    for _ in range(2):
        plate(tmp_path / "x.jpg", fit=Fit.CONTAIN, room=(1.15, 1.15))
        made.append((tmp_path / "x.npy").read_bytes())
    assert made[0] == made[1]


# --- broken ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.gif"])
def test_a_cut_off_picture_is_unreadable(tmp_path: Path, name: str) -> None:
    gradient(300, 300).save(tmp_path / name)
    with pytest.raises(SourceUnreadable, match=r"^the source: .*damaged"):
        plate(cut_off(tmp_path / name, keep=0.5))


def test_what_is_no_picture_is_unreadable(tmp_path: Path) -> None:
    for content in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"GIF89a"):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(SourceUnreadable):
            plate(tmp_path / "x.png")


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    gradient(100, 100).save(tmp_path / "x.png")
    with pytest.raises(SourceTooLarge, match="100x100"):
        make_plate(
            tmp_path / "x.png",
            canvas_px=(40, 40),
            fit=Fit.COVER,
            room=(1, 1),
            source="x",
            output=tmp_path / "x.npy",
            limits=MediaLimits(max_pixels=9_999),
        )
