from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from blocks.brand import Brand, find_kit, read_kit
from engines.errors import BrandInvalid, BrandUnknown
from models.brand import BrandKit
from models.graphics import Corner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sky.toml").write_text(
        'accent_color = "#FF4D4D"\nlogo = "marks/logo.png"\nmusic = "assets:music/ambient"\nintro = "https://x.org/i.mp4"\n'
    )
    (tmp_path / "wrong.toml").write_text('accent_color = "red"\ncolour = 1\n')
    (tmp_path / "broken.toml").write_text("= =")
    return tmp_path


def test_paths_in_a_file_start_from_it_and_addresses_stay(folder: Path):
    kit = read_kit("sky", folders=(folder,))
    assert kit.logo == str(folder / "marks" / "logo.png")
    assert kit.music == "assets:music/ambient"
    assert kit.intro == "https://x.org/i.mp4"


def test_the_first_folder_wins(folder: Path, tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "sky.toml").write_text('accent_color = "#00FF00"\n')
    assert read_kit("sky", folders=(own, folder)).accent_color == "#00FF00"


def test_an_unknown_kit_is_told_with_those_there_are(folder: Path):
    with pytest.raises(BrandUnknown, match="broken, sky, wrong"):
        read_kit("moon", folders=(folder, folder / "none"))


@pytest.mark.parametrize(("name", "told"), [("wrong", "accent_color.*colour"), ("broken", "broken")])
def test_a_file_that_breaks_the_schema_is_told_with_its_fields(folder: Path, name: str, told: str):
    with pytest.raises(BrandInvalid, match=told):
        read_kit(name, folders=(folder,))


def test_a_saved_block_goes_before_a_file_of_its_name(folder: Path, prefect_server: str):
    Brand(accent_color="#123456", watermark="top_left", handle="@block").save("sky", overwrite=True)
    with get_client(sync_client=True) as client:
        kit = find_kit("sky", folders=(folder,), client=client)
        assert kit.accent_color == "#123456"
        assert kit.watermark is Corner.TOP_LEFT
        assert kit.logo is None
        Brand.delete("sky")
        assert find_kit("sky", folders=(folder,), client=client).accent_color == "#FF4D4D"


def test_the_block_has_every_field_of_a_kit():
    assert set(BrandKit.model_fields) <= set(Brand.model_fields)
    blank = {name: Brand.model_fields[name].default for name in BrandKit.model_fields}
    assert BrandKit.model_validate(blank) == BrandKit()
