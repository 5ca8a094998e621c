"""Which scene gets which item: laws that hold for every short, and what is preferred."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SceneError
from engines.stock.choice import alike, best_rendition, choose, ranked
from models.media import MediaKind
from models.stock import Rendition, StockFound, StockPick, StockProvider, StockWant
from tests.engines.stock.offers import CANVAS_PX, found, item, want

QUERIES = ("sea", "moon", "city")
# Items that several searches find, half of which look alike: their looks differ in a few bits of far-apart groups.
# So 25 of them are at least eight that differ, enough for seven scenes.
POOL = [
    item(number, look=(0xFFFF << 16 * (number % 3)) ^ (number // 3 % 2) if number % 2 else None) for number in range(40)
]
OFFERS = st.fixed_dictionaries({query: st.permutations(POOL).map(lambda pool: tuple(pool[:25])) for query in QUERIES})
ASKED = st.lists(st.sampled_from(QUERIES), min_size=1, max_size=6)


def offers_of(offers: dict[str, tuple]) -> list[StockFound]:  # type: ignore[type-arg]
    return [found(*items, query=query) for query, items in offers.items()]


def wants_of(queries: list[str]) -> list[StockWant]:
    return [want(number, query) for number, query in enumerate(queries, start=1)]


def picks(wants: list[StockWant], offers: list[StockFound], kept: tuple[StockPick, ...] = ()) -> tuple[StockPick, ...]:
    return choose(wants, offers, kept=kept, canvas_px=CANVAS_PX)


@given(asked=ASKED, offers=OFFERS)
def test_no_two_picks_or_spares_look_the_same(asked: list[str], offers: dict[str, tuple]):  # type: ignore[type-arg]
    chosen = picks(wants_of(asked), offers_of(offers))
    everything = [each for pick in chosen for each in (pick.item, *pick.spares)]
    assert not any(alike(one, two) for n, one in enumerate(everything) for two in everything[:n])
    assert [pick.scene for pick in chosen] == list(range(1, len(asked) + 1))
    for pick, query in zip(chosen, asked, strict=True):
        assert pick.item in offers[query]


@given(asked=ASKED, offers=OFFERS, data=st.data())
def test_changing_one_scene_leaves_the_others_what_they_have(asked, offers, data):  # type: ignore[no-untyped-def]
    before = picks(wants_of(asked), offers_of(offers))
    changed = data.draw(st.integers(0, len(asked) - 1))
    edited = [*asked]
    edited[changed] = data.draw(st.sampled_from([query for query in QUERIES if query != asked[changed]]))
    after = picks(wants_of(edited), offers_of(offers), kept=before)
    for number, (one, two) in enumerate(zip(before, after, strict=True)):
        assert number == changed or one.item == two.item


@given(asked=ASKED, offers=OFFERS, data=st.data())
def test_a_new_scene_between_leaves_the_others_what_they_have(asked, offers, data):  # type: ignore[no-untyped-def]
    before = picks(wants_of(asked), offers_of(offers))
    place = data.draw(st.integers(0, len(asked)))
    longer = [*asked[:place], "moon" if "moon" not in asked else "sea", *asked[place:]]
    after = picks(wants_of(longer), offers_of(offers), kept=before)
    there = {pick.item.name for pick in after}
    assert {pick.item.name for pick in before} <= there


@given(asked=ASKED, offers=OFFERS)
def test_what_is_kept_is_chosen_again(asked: list[str], offers: dict[str, tuple]):  # type: ignore[type-arg]
    before = picks(wants_of(asked), offers_of(offers))
    assert picks(wants_of(asked), offers_of(offers), kept=before) == before


def test_what_suits_the_scene_comes_before_what_is_more_relevant():
    short, small = item(1, duration_ms=2000), item(2, size=(360, 640))
    wide, picture, fine = item(3, size=(3840, 2160)), item(4, kind=MediaKind.IMAGE), item(5)
    order = ranked(want(1), (short, small, picture, wide, fine), canvas_px=CANVAS_PX)
    assert [each.item_id for each in order] == ["5", "3", "4", "1", "2"]


def test_the_own_library_comes_first_even_where_it_is_short():
    own = item(9, provider=StockProvider.LIBRARY, duration_ms=500)
    assert ranked(want(1), (item(1), own), canvas_px=CANVAS_PX)[0] is own


def test_a_pick_that_has_become_too_short_is_replaced():
    before = picks([want(1)], [found(item(1), item(2, duration_ms=30_000))])
    after = choose(
        [want(1, least_ms=20_000)], [found(item(1), item(2, duration_ms=30_000))], kept=before, canvas_px=CANVAS_PX
    )
    assert (before[0].item.item_id, after[0].item.item_id) == ("1", "2")


def test_a_provider_that_is_no_longer_allowed_loses_its_picks():
    before = picks([want(1)], [found(item(1))])
    others = found(item(1, provider=StockProvider.PIXABAY), providers=(StockProvider.PIXABAY,))
    assert picks([want(1)], [others], kept=before)[0].item.provider is StockProvider.PIXABAY


def test_a_new_file_of_the_own_library_replaces_a_providers_clip_and_a_lost_one_is_given_up():
    own, other = item(1, provider=StockProvider.LIBRARY), item(2)
    before = picks([want(1)], [found(other)])
    with_own = picks([want(1)], [found(own, other)], kept=before)
    assert with_own[0].item is own
    assert picks([want(1)], [found(other)], kept=with_own)[0].item is other


def test_a_file_that_the_spec_names_elsewhere_is_not_found_again():
    own, other = item(1, provider=StockProvider.LIBRARY), item(2)
    chosen = choose([want(1)], [found(own, other)], kept=(), canvas_px=CANVAS_PX, named={"https://x/1"})
    assert chosen[0].item is other


def test_addresses_of_kept_picks_are_those_of_now():
    before = picks([want(1)], [found(item(1))])
    renewed = item(1).model_copy(
        update={"renditions": (Rendition(url="https://x/new", width_px=1080, height_px=1920),)}
    )
    after = picks([want(1)], [found(renewed)], kept=before)
    assert after[0].item.renditions[0].url == "https://x/new"


def test_a_scene_for_which_nothing_is_left_is_named():
    with pytest.raises(SceneError, match=r"scene 2: stock:sea: nothing found .*other scenes already"):
        picks(wants_of(["sea", "sea"]), [found(item(1, look=7), item(2, look=3))])


def test_the_smallest_file_that_fills_the_canvas_is_taken():
    sizes = [(3840, 2160), (1080, 1920), (540, 960), (0, 0)]
    renditions = tuple(Rendition(url=f"https://x/{width}", width_px=width, height_px=height) for width, height in sizes)
    offered = item(1).model_copy(update={"renditions": renditions[:3]})
    assert best_rendition(offered, canvas_px=(1080, 1920)).width_px == 1080
    assert best_rendition(offered, canvas_px=(540, 960)).width_px == 540
    assert best_rendition(offered, canvas_px=(4000, 4000)).width_px == 3840
