"""Which scene gets which item: the best that suits it, none twice, and none taken from a scene that had it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from engines.errors import NothingFound, SceneError
from models.media import MediaKind
from models.stock import Rendition, StockFound, StockItem, StockPick, StockProvider, StockSearch, StockWant, shape_of

ALIKE_BITS = 10  # of 64: scaled, recompressed or graded differs in at most 5, another picture in 22 and more
LONG_MS = 90_000  # much to download for a few seconds
MOST_SPARES = 2
_ENLARGED = 1.35  # more than that shows
_TOO_SHORT, _TOO_SMALL, _NOT_PREFERRED, _OTHER_SHAPE, _TOO_LONG = 4, 4, 3, 2, 1


def choose(
    wants: Sequence[StockWant],
    found: Iterable[StockFound],
    *,
    kept: Sequence[StockPick],
    canvas_px: tuple[int, int],
    named: Collection[str] = (),
) -> tuple[StockPick, ...]:
    """Return a pick for every want.

    A scene keeps what it had in `kept` as long as it asks for the same and that is long enough. Then the scenes that
    are left choose in order, each the best that is not taken, nor looks like one that is, nor is one of the files that
    the spec has `named` elsewhere. Raises SceneError with NothingFound's words.
    """
    offers = {each.search: _without(named, each) for each in found}
    chosen = _kept(wants, [_renewed(pick, offers) for pick in kept if _still_offered(pick, offers, kept)])
    for want in wants:
        if _place(want) not in chosen:
            items = offers[want.search].items
            free = _free(ranked(want, items, canvas_px=canvas_px), chosen.values(), most=1)
            if not free:
                raise _nothing(want, bool(items))
            chosen[_place(want)] = free[0]
    taken = list(chosen.values())
    picks = []
    for want in wants:
        spares = _free(ranked(want, offers[want.search].items, canvas_px=canvas_px), taken, most=MOST_SPARES)
        taken += spares
        picks.append(
            StockPick(
                scene=want.scene,
                place=want.place,
                visual=want.visual,
                search=want.search,
                item=chosen[_place(want)],
                spares=tuple(spares),
            )
        )
    return tuple(picks)


def ranked(want: StockWant, items: Iterable[StockItem], *, canvas_px: tuple[int, int]) -> list[StockItem]:
    """Return the items with the best first: the user's own, what suits the scene, and then the more relevant."""
    return sorted(items, key=lambda item: (not _is_own(item), _penalty(item, want.search, want.least_ms, canvas_px)))


def suits(item: StockItem, search: StockSearch, *, canvas_px: tuple[int, int]) -> bool:
    """Return whether an item is good enough not to look for others."""
    return _penalty(item, search, 0, canvas_px) < _NOT_PREFERRED


def best_rendition(item: StockItem, *, canvas_px: tuple[int, int]) -> Rendition:
    """Return the smallest file that fills the canvas without being enlarged, else the largest."""
    by_size = sorted(item.renditions, key=lambda each: each.width_px * each.height_px)
    return next((each for each in by_size if _enlarged(each, canvas_px) <= 1), by_size[-1])


def alike(one: StockItem, other: StockItem) -> bool:
    """Return whether two items are the same, or look the same."""
    if one.name == other.name:
        return True
    if one.fingerprint is None or other.fingerprint is None:
        return False
    return (int(one.fingerprint, 16) ^ int(other.fingerprint, 16)).bit_count() <= ALIKE_BITS


def _kept(wants: Sequence[StockWant], kept: Sequence[StockPick]) -> dict[tuple[int, int], StockItem]:
    """Return what scenes keep: each its own, and after scenes were moved, what another of the same search had."""
    chosen: dict[tuple[int, int], StockItem] = {}
    left = list(kept)
    for by_place in (True, False):
        for want in wants:
            fitting = (pick for pick in left if _may_keep(want, pick, by_place))
            if _place(want) not in chosen and (pick := next(fitting, None)):
                left.remove(pick)
                if _free([pick.item], chosen.values(), most=1):
                    chosen[_place(want)] = pick.item
    return chosen


def _place(of: StockWant | StockPick) -> tuple[int, int]:
    return of.scene, of.place


def _may_keep(want: StockWant, pick: StockPick, by_place: bool) -> bool:
    long_enough = pick.item.kind is MediaKind.IMAGE or pick.item.duration_ms >= want.least_ms
    return pick.search == want.search and long_enough and (_place(pick) == _place(want) or not by_place)


def _without(named: Collection[str], found: StockFound) -> StockFound:
    items = tuple(item for item in found.items if not any(each.url in named for each in item.renditions))
    return found.model_copy(update={"items": items})


def _still_offered(pick: StockPick, offers: Mapping[StockSearch, StockFound], kept: Sequence[StockPick]) -> bool:
    """Return whether a scene may keep a pick: one that is still there, unless the user now has one of their own."""
    offer = offers.get(pick.search)
    if offer is None:
        return False
    own = {item.name for item in offer.items if _is_own(item)}
    if _is_own(pick.item):
        return pick.item.name in own
    return pick.item.provider in offer.providers and own <= {each.item.name for each in kept}


def _renewed(pick: StockPick, offers: Mapping[StockSearch, StockFound]) -> StockPick:
    """Return the pick with what is known of its item now."""
    now = (item for item in offers[pick.search].items if item.name == pick.item.name)
    return pick.model_copy(update={"item": next(now, pick.item)})


def _is_own(item: StockItem) -> bool:
    return item.provider is StockProvider.LIBRARY


def _free(items: Iterable[StockItem], taken: Iterable[StockItem], *, most: int) -> list[StockItem]:
    """Return the first few items that look neither like one that is taken nor like each other."""
    taken, free = list(taken), list[StockItem]()
    for item in items:
        if len(free) == most:
            break
        if not any(alike(item, other) for other in (*taken, *free)):
            free.append(item)
    return free


def _penalty(item: StockItem, search: StockSearch, least_ms: int, canvas_px: tuple[int, int]) -> int:
    if item.width_px == 0:  # of the user's own library, and not looked into
        return 0
    is_clip = item.kind is MediaKind.VIDEO
    return (
        _TOO_SHORT * (is_clip and item.duration_ms < least_ms)
        + _TOO_SMALL * (min(_enlarged(each, canvas_px) for each in item.renditions) > _ENLARGED)
        + _NOT_PREFERRED * (item.kind is not search.kinds[0])
        + _OTHER_SHAPE * (shape_of(item.width_px, item.height_px) is not search.shape)
        + _TOO_LONG * (item.duration_ms > max(LONG_MS, least_ms))
    )


def _enlarged(rendition: Rendition, canvas_px: tuple[int, int]) -> float:
    """Return how much a file is enlarged to cover the canvas; 1 if its size is not known."""
    if not rendition.width_px or not rendition.height_px:
        return 1.0
    return max(canvas_px[0] / rendition.width_px, canvas_px[1] / rendition.height_px)


def _nothing(want: StockWant, any_found: bool) -> SceneError:
    asked = "all that was found is in other scenes already" if any_found else "in no library that is configured"
    return SceneError(scene=want.scene, reason=str(NothingFound(source=want.visual, asked=asked)))


def by_search(wants: Sequence[StockWant]) -> Mapping[StockSearch, tuple[int, ...]]:
    """Return each distinct search and the scenes that share it."""
    scenes: dict[StockSearch, tuple[int, ...]] = {}
    for want in wants:
        scenes[want.search] = (*scenes.get(want.search, ()), want.scene)
    return scenes
