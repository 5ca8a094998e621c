"""Stock as steps: what is asked, what is left alone, and what replaces what is gone."""

from collections.abc import Callable, Generator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import fsspec
import pytest
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client

from blocks.store import ArtifactStore
from engines.errors import NothingConfigured, NothingFound, SceneError, ServiceFailed
from models.media import MediaKind
from models.stock import Shape, StockFound, StockItem, StockPick, StockPicks, StockProvider, StockSearch
from tasks.image import generate_image
from tasks.services import service_ledger
from tasks.stock import fetch_stock, keep_picks, kept_picks
from tasks.stock_search import SPARE, search_stock
from tests.stock_server import IMAGE_KEY, PIXABAY_KEY, Reply, Stock, StockServer, media_of

Run = Callable[..., list[Any]]
SEA = StockSearch(query="sea", kinds=(MediaKind.VIDEO, MediaKind.IMAGE), shape=Shape.PORTRAIT, language="en")
CANVAS_PX = (540, 960)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StockServer]:
    """A server that the installation has keys for."""
    found = StockServer(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    found.close()


@pytest.fixture
def search(run: Run) -> Callable[..., Any]:
    """Return a function that runs one search in a flow run of its own, for the state of the step."""
    return lambda query="sea", count=1: run(search_stock, (SEA.model_copy(update={"query": query}), count, "scene 1"))[
        0
    ]


def clips(count: int, first: int = 0, words: str = "sea", **fields: Any) -> list[Stock]:
    return [Stock(first + number, words, first + number, duration_s=5, **fields) for number in range(count)]


def names(found: StockFound) -> list[str]:
    return [item.name for item in found.items]


def picks_of(*items: StockItem) -> StockPicks:
    pick = StockPick(scene=1, visual="stock:sea", search=SEA, item=items[0], spares=items[1:])
    return StockPicks(picks=(pick,))


def test_one_provider_is_enough_when_it_has_enough(search: Any, server: StockServer):
    server.pexels, server.pixabay = clips(SPARE + 1), clips(9, 50)
    found = search().data.result
    assert len(found.items) == SPARE + 1
    assert all(item.fingerprint for item in found.items)
    assert not server.asked("GET /pixabay/")
    assert search().name == "Cached"
    assert len(server.asked("GET /pexels/")) == 1


def test_others_are_asked_while_there_is_not_enough(search: Any, server: StockServer):
    server.pexels, server.pixabay = clips(2), [*clips(1, 50), Stock(60, "sea", 60)]
    assert names(search().data.result) == ["pexels:video:0", "pexels:video:1", "pixabay:video:50", "pixabay:image:60"]


def test_further_pages_are_read_while_there_is_not_enough(search: Any, server: StockServer):
    server.pexels = [
        *clips(24, width_px=360, height_px=640),
        *clips(10, 30),
    ]  # the first are too small to fill a canvas
    found = search().data.result
    assert names(found)[:7] == [f"pexels:video:{number}" for number in range(30, 37)]
    assert [request.count("&page=2&") for request in server.asked("GET /pexels/")] == [0, 1]


def test_another_orientation_is_better_than_nothing(search: Any, server: StockServer):
    server.pexels = clips(1, width_px=3840, height_px=2160)
    assert names(search().data.result) == ["pexels:video:0"]
    asked = [("orientation" in request, "/videos/" in request) for request in server.asked("GET /pexels/")]
    assert asked == [(True, True), (True, False), (False, True)]


def test_the_operator_says_who_may_be_asked(search: Any, server: StockServer, monkeypatch: pytest.MonkeyPatch):
    server.pexels, server.pixabay = clips(9), clips(9, 50)
    assert names(search().data.result)[0] == "pexels:video:0"
    monkeypatch.setenv("NEUROSHORTS_STOCK_PROVIDERS", '["pixabay"]')
    assert names(search().data.result)[0] == "pixabay:video:50"
    monkeypatch.setenv("NEUROSHORTS_STOCK_PROVIDERS", '["library"]')
    assert isinstance(search().data.result, NothingConfigured)


def test_nothing_found_is_told_with_who_was_asked(search: Any, server: StockServer):
    failure = search("unicorn").data.result
    assert isinstance(failure, NothingFound)
    assert "asked: stock:pexels, stock:pixabay" in str(failure)
    assert len(server.requests) == 7  # clips and pictures, then of any orientation; and not again


def test_too_little_because_of_a_fault_is_tried_again_and_not_remembered(search: Any, server: StockServer):
    server.pexels, server.pixabay = clips(3), clips(9, 50)
    server.fail("pixabay", *[Reply(503)] * 9)
    state = search(count=8)
    assert isinstance(state.data.result, ServiceFailed)
    assert len(server.asked("GET /pixabay/")) == 4  # not for pictures when clips failed
    server.replies.clear()
    assert len(search(count=8).data.result.items) == 12


def test_a_used_up_limit_pauses_the_provider_for_everybody(search: Any, server: StockServer):
    server.pexels, server.pixabay = clips(9, words="sea waves"), clips(9, 50, words="sea waves")
    server.remaining, server.reset_s = {"pexels": 0}, 600
    assert names(search().data.result)[0] == "pexels:video:0"
    assert names(search("waves").data.result)[0] == "pixabay:video:50"
    assert len(server.asked("GET /pexels/")) == 1


def test_nobody_waits_for_a_paused_provider_while_another_has_enough(search: Any, server: StockServer):
    server.pexels, server.pixabay = clips(9, words="sea waves"), clips(9, 50, words="sea waves")
    server.remaining, server.reset_s = {"pexels": 0}, 50  # less than the longest wait
    search()
    with service_ledger() as ledger:
        assert names(search("waves").data.result)[0] == "pixabay:video:50"
    assert sum(report.waited_s for report in ledger.reports()) == 0


def test_a_key_may_be_a_secret_block(search: Any, server: StockServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NEUROSHORTS_PEXELS_API_KEY")
    monkeypatch.delenv("NEUROSHORTS_PIXABAY_API_KEY")
    server.pixabay = clips(9)
    assert isinstance(search().data.result, NothingConfigured)
    Secret(value=PIXABAY_KEY).save("neuroshorts-pixabay-api-key")
    try:
        assert names(search().data.result)[0] == "pixabay:video:0"
    finally:
        with get_client(sync_client=True) as client:
            document = client.read_block_document_by_name("neuroshorts-pixabay-api-key", "secret")
            client.delete_block_document(document.id)


def test_addresses_that_have_run_out_are_asked_for_anew(search: Any, run: Run, server: StockServer):
    server.pixabay = [Stock(5, "sea", 5)]
    (item,) = search().data.result.items
    server.signature = "2"
    (state,) = run(fetch_stock, (picks_of(item), CANVAS_PX, 1, 1))
    source = state.data.result
    assert (source.uri, source.info.kind, source.credit) == ("pixabay:image:5", MediaKind.IMAGE, item.credit)
    assert len(server.asked("id=5")) == 1
    server.requests.clear()
    (again,) = run(fetch_stock, (picks_of(item), CANVAS_PX, 1, 1))
    assert again.name == "Cached"
    assert server.requests == []


def test_a_clip_that_is_gone_is_replaced_by_the_one_in_reserve(
    search: Any, run: Run, server: StockServer, store: ArtifactStore
):
    server.pexels = clips(3)
    first, second, third = search().data.result.items
    server.pexels = clips(2, 1)
    picks = picks_of(first, second, third)
    (state,) = run(fetch_stock, (picks, CANVAS_PX, 1, 1))
    assert state.data.result.credit == second.credit
    keep_picks("slug", Shape.PORTRAIT, picks, [state.data.result])
    assert kept_picks("slug", Shape.PORTRAIT).of(1).item == second
    assert kept_picks("slug", Shape.SQUARE) == kept_picks("other", Shape.PORTRAIT) == StockPicks()


def test_a_clip_that_is_gone_with_its_reserves_is_named_with_its_scene(search: Any, run: Run, server: StockServer):
    server.pexels = clips(1)
    (item,) = search().data.result.items
    server.pexels = []
    (state,) = run(fetch_stock, (picks_of(item), CANVAS_PX, 1, 1))
    assert isinstance(state.data.result, SceneError)
    assert "scene 1: stock:sea" in str(state.data.result)


def test_a_result_in_the_private_network_is_not_read(
    search: Any, run: Run, server: StockServer, monkeypatch: pytest.MonkeyPatch
):
    server.pexels = clips(1)
    monkeypatch.setenv("NEUROSHORTS_ALLOW_PRIVATE_NETWORKS", "false")
    (item,) = search().data.result.items
    assert item.fingerprint is None
    assert not server.asked("/files/")
    (state,) = run(fetch_stock, (picks_of(item), CANVAS_PX, 1, 1))
    assert "not a public address" in str(state.data.result)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("NEUROSHORTS_STOCK_LIBRARY", str(folder))
    return folder


def test_the_own_library_needs_no_key_and_is_read_anew_when_it_changes(
    search: Any, run: Run, library: Path, store: ArtifactStore, tmp_path: Path
):
    (library / "sea.mp4").write_bytes(media_of(Stock(1, "", 1, duration_s=3), "x.mp4", tmp_path))
    (library / "sea.jpg").write_text("<!doctype html>")
    (clip,) = search().data.result.items
    assert (clip.provider, clip.item_id, clip.duration_ms > 2500) == (StockProvider.LIBRARY, "sea.mp4", True)
    assert (clip.width_px, clip.height_px) == (90, 160)
    assert clip.fingerprint
    assert search().name == "Cached"
    (state,) = run(fetch_stock, (picks_of(clip), CANVAS_PX, 1, 1))
    assert state.data.result.info.kind is MediaKind.VIDEO
    (library / "sea.mp4").write_bytes(media_of(Stock(2, "", 2, duration_s=4), "x.mp4", tmp_path))
    (changed,) = search().data.result.items
    assert changed.duration_ms > 3500
    (state,) = run(fetch_stock, (picks_of(changed), CANVAS_PX, 1, 1))
    assert state.data.result.info.duration_ms > 3500


def test_a_library_that_is_not_there_is_named(search: Any, library: Path, store: ArtifactStore):
    library.rmdir()
    failure = search().data.result
    assert isinstance(failure, NothingConfigured)
    assert "NEUROSHORTS_STOCK_LIBRARY" in str(failure)


def image(prompt: str = "a fox", model: str = "gpt-image-1") -> tuple[str, ...]:
    return (prompt, model, "1024x1024", "image test:1", "scene 1")


@pytest.mark.parametrize("answer", ["b64_json", "url"])
def test_a_picture_is_made_once_for_each_prompt_and_model(answer: str, run: Run, server: StockServer):
    server.image_answer = answer
    monkey = "NEUROSHORTS_ALLOW_PRIVATE_NETWORKS"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(monkey, "false")  # the endpoint is the operator's choice
        (state,) = run(generate_image, image())
    source = state.data.result
    assert (source.info.width_px, source.info.height_px, source.uri) == (256, 384, "image:a fox")
    assert source.credit.provider == "gpt-image-1"
    assert run(generate_image, image())[0].name == "Cached"
    assert run(generate_image, image(model="other"))[0].name == "Completed"
    assert len(server.bodies) == 2


def test_a_refused_prompt_is_not_sent_again_and_a_fault_is(run: Run, server: StockServer):
    server.fail("openai", Reply(400, b'{"error": {"message": "Rejected by the safety system."}}'))
    (state,) = run(generate_image, image("something bad"))
    assert "Rejected by the safety system." in str(state.data.result)
    assert len(server.asked("/openai/")) == 1
    server.fail("openai", Reply(500, b"{}"), Reply(429, b"{}", {"Retry-After": "0"}))
    assert run(generate_image, image())[0].is_completed()


def test_what_is_no_picture_is_named(run: Run, server: StockServer):
    server.fail("openai", Reply(200, b'{"data": [{"b64_json": "PGh0bWw+"}]}'))
    (state,) = run(generate_image, image())
    assert "image:a fox: cannot be used" in str(state.data.result)


def test_without_a_key_for_openai_nothing_is_sent(run: Run, store: ArtifactStore):
    (state,) = run(generate_image, image())
    assert isinstance(state.data.result, NothingConfigured)
    assert "NEUROSHORTS_IMAGE_API_KEY" in str(state.data.result)
    assert IMAGE_KEY not in str(state.data.result)


LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>media</Name><Prefix>own/</Prefix>
<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>own/sea.mp4</Key>
<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"tag1"</ETag><Size>{size}</Size></Contents>
</ListBucketResult>"""


def test_a_bucket_is_a_library_too(
    search: Any, run: Run, web: Any, store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clip = media_of(Stock(1, "", 1, duration_s=3), "x.mp4", tmp_path)
    real = web.answer

    def answer(handler: Any, *, with_body: bool) -> None:
        if "list-type=2" in handler.path:
            web.page(handler.path, LISTING.format(size=len(clip)).encode())
        real(handler, with_body=with_body)

    web.answer = answer
    web.page("/media/own/sea.mp4", clip, headers={"ETag": '"tag1"', "Last-Modified": formatdate(0, usegmt=True)})
    environment = {"AWS_ENDPOINT_URL": web.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in {**environment, "NEUROSHORTS_STOCK_LIBRARY": "s3://media/own"}.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    try:
        (item,) = search().data.result.items
        (state,) = run(fetch_stock, (picks_of(item), CANVAS_PX, 1, 1))
        assert (item.item_id, item.renditions[0].url) == ("sea.mp4", "s3://media/own/sea.mp4")
        assert store.local_path(state.data.result.blob).read_bytes() == clip
        web.requests.clear()
        assert search().name == "Cached"
        assert not [request for request in web.requests if "sea.mp4" in request]
    finally:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
