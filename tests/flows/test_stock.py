"""Stock visuals: found, matched, never twice, kept when another scene changes, and credited."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engines.errors import RenderFailed
from models.report import RenderReport
from tests.flows.studio import Studio, worked
from tests.stock_server import PEXELS_KEY, PIXABAY_KEY, Reply, Stock, StockServer

DRAFT: dict[str, Any] = {"quality": "draft", "captions": {"preset": "none"}}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Generator[StockServer]:
    server = StockServer(tmp_path_factory.mktemp("stock"))
    yield server
    server.close()


@pytest.fixture
def sea(stock: StockServer) -> StockServer:
    """Clips and pictures of the sea; the second clip looks like the first."""
    looks = (1, 1, 2, 3, 4)
    stock.pexels = [Stock(100 + n, "sea waves", look, duration_s=8) for n, look in enumerate(looks)]
    stock.pexels += [Stock(200 + n, "sea", 20 + n) for n in range(3)]
    stock.pixabay = [Stock(300, "lighthouse", 31, duration_s=6, author="Bea Bay"), Stock(301, "pier at sea", 32)]
    stock.requests.clear()
    stock.replies.clear()
    return stock


def spec_of(*visuals: str, **more: Any) -> dict[str, Any]:
    scenes = [{"visual": visual, "min_duration_ms": 400} for visual in visuals]
    return {"title": "By the sea", **DRAFT, "scenes": scenes, **more}


def picked(report: RenderReport) -> dict[int, str]:
    return {credit.scene: f"{credit.provider} {credit.item_id}" for credit in report.credits}


def test_each_scene_gets_its_own_clip_and_a_second_run_calls_nobody(studio: Studio, sea: StockServer):
    spec = spec_of("stock:sea waves", "stock:sea waves", "stock:lighthouse", "stock:photo:sea")
    report = studio.render(spec, **sea.environment)
    assert picked(report) == {1: "Pexels 100", 2: "Pexels 102", 3: "Pixabay 300", 4: "Pexels 200"}
    first, third = report.credits[0], report.credits[2]
    assert (first.author, first.licence, first.visual) == ("Ada Author", "Pexels License", "stock:sea waves")
    assert (third.author, third.licence) == ("Bea Bay", "Pixabay Content License")
    assert {service.name for service in report.services} > {"stock:pexels", "stock:pixabay"}
    written = (studio.output / report.slug / "report.json").read_text()
    assert RenderReport.model_validate_json(written).credits == report.credits
    everything = [path.read_text(errors="ignore") for path in studio.root.rglob("*") if path.is_file()]
    assert len(everything) > 20
    assert not any(key in text for text in everything for key in (PEXELS_KEY, PIXABAY_KEY))

    sea.requests.clear()
    again = studio.render(spec, **sea.environment)
    assert worked(again) == set()
    assert sea.requests == []
    assert again.credits == report.credits


def test_editing_one_scene_leaves_the_others_what_they_had(studio: Studio, sea: StockServer):
    first = studio.render(spec_of("stock:sea waves", "stock:sea waves", "stock:sea waves"), **sea.environment)
    assert picked(first) == {1: "Pexels 100", 2: "Pexels 102", 3: "Pexels 103"}
    edited = studio.render(spec_of("stock:lighthouse", "stock:sea waves", "stock:sea waves"), **sea.environment)
    assert picked(edited) == {1: "Pixabay 300", 2: "Pexels 102", 3: "Pexels 103"}
    shorter = studio.render(spec_of("stock:sea waves", "stock:sea waves"), **sea.environment)
    assert picked(shorter) == {1: "Pexels 103", 2: "Pexels 102"}


def test_variants_show_what_the_short_shows(studio: Studio, sea: StockServer):
    spec = spec_of("stock:sea waves", variants=[{"shape": "wide"}])
    report = studio.render(spec, **sea.environment)
    assert picked(report) == {1: "Pexels 100"}
    assert len(sea.asked("/videos/search")) == 1
    # The file fills both canvases: 540 wide and 960 high, and 960 wide and 540 high.
    assert [request for request in sea.asked("GET /files/") if request.endswith(".mp4")] == [
        "GET /files/pexels/100/1080x1920.mp4"
    ]


def test_both_halves_of_a_split_screen_are_found(studio: Studio, sea: StockServer):
    halves = {"visual": "stock:sea waves", "second_visual": "stock:sea waves", "min_duration_ms": 400}
    report = studio.render({"title": "Two", **DRAFT, "scenes": [halves]}, **sea.environment)
    assert [credit.item_id for credit in report.credits] == ["100", "102"]
    assert [credit.scene for credit in report.credits] == [1, 1]


def test_without_keys_the_scene_and_the_remedy_are_named(studio: Studio, sea: StockServer):
    ended = studio.run(spec_of("color:#204060", "stock:sea"))
    assert ended.returncode == 1
    said = " ".join(ended.stderr.split())
    assert "scene 2: stock:sea" in said
    assert "NEUROSHORTS_PEXELS_API_KEY" in said
    assert "NEUROSHORTS_PIXABAY_API_KEY" in said
    assert "NEUROSHORTS_STOCK_LIBRARY" in said
    assert "Traceback" not in said


def test_the_own_library_comes_first_and_follows_its_index(studio: Studio, sea: StockServer, tmp_path: Path):
    from tests.stock_server import media_of

    library = tmp_path / "own"
    library.mkdir()
    (library / "IMG_0001.jpg").write_bytes(media_of(Stock(1, "", 50), "a.jpg", tmp_path))
    rows = "file,keywords,author,licence\nIMG_0001.jpg,beach sea,Cleo Camera,CC BY 4.0\n"
    (library / "index.csv").write_text(rows)
    environment = {**sea.environment, "NEUROSHORTS_STOCK_LIBRARY": str(library)}
    report = studio.render(spec_of("stock:beach", "stock:sea waves"), **environment)
    assert picked(report) == {1: "library IMG_0001.jpg", 2: "Pexels 100"}
    assert (report.credits[0].author, report.credits[0].licence) == ("Cleo Camera", "CC BY 4.0")
    sea.requests.clear()
    alone = studio.render(spec_of("stock:sea at the beach"), **environment)
    assert picked(alone) == {1: "library IMG_0001.jpg"}
    assert sea.requests == []


def test_a_provider_that_fails_is_made_up_for_by_the_next(studio: Studio, sea: StockServer):
    sea.pixabay.append(Stock(302, "sea waves", 60, duration_s=9))
    sea.fail("pexels", *[Reply(429, b'{"error": "Too Many Requests"}')] * 8)
    report = studio.render(spec_of("stock:video:sea waves"), **sea.environment)
    assert picked(report) == {1: "Pixabay 302"}


def test_a_key_that_is_refused_is_told_with_its_setting(studio: Studio, sea: StockServer):
    environment = {**sea.environment, "NEUROSHORTS_PEXELS_API_KEY": "wrong-key-1"}
    environment["NEUROSHORTS_STOCK_PROVIDERS"] = '["pexels"]'
    with pytest.raises(RenderFailed, match=r"search_stock: scene 1: stock:pexels: the key is not accepted") as failure:
        studio.render(spec_of("stock:sea"), **environment)
    assert "NEUROSHORTS_PEXELS_API_KEY" in str(failure.value)
    assert "wrong-key-1" not in str(failure.value)
    assert len(sea.asked("/pexels/")) == 1  # and not again


def test_a_picture_is_made_once_for_all_scenes_that_describe_it(studio: Studio, sea: StockServer):
    sea.bodies.clear()
    spec = spec_of("image:a red fox", "image:a red fox", "color:#102030")
    for answer in ("b64_json", "url"):
        sea.image_answer = answer
        one = {
            **spec,
            "scenes": [{**scene, "visual": scene["visual"].replace("fox", answer)} for scene in spec["scenes"]],
        }
        report = studio.render(one, **sea.environment)
        assert [credit.provider for credit in report.credits] == ["gpt-image-1", "gpt-image-1"]
    assert [body["size"] for body in sea.bodies] == ["1024x1536"] * 2
    assert worked(studio.render(one, **sea.environment)) == set()
    assert len(sea.bodies) == 2
