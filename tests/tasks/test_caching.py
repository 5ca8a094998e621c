"""When a step is cached: the laws of its key, and records that do not outlive their blobs."""

import os
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from blocks.records import SERIALIZER, refs_in
from blocks.store import ArtifactStore, open_store
from engines.errors import SourceNotFound, StoreCorrupt
from models.artifacts import ArtifactRef
from models.base import Model
from models.media import MediaInfo, MediaKind, Source
from models.timeline import Narration, SceneSlot, Timeline, WordTiming
from tasks.caching import stable_hash
from tasks.retries import step

Run = Callable[..., list[Any]]
ROOT = Path(__file__).parents[2]
calls: list[str] = []


def ref(digit: str = "a", uri: str = "file") -> ArtifactRef:
    return ArtifactRef(uri=uri, sha256=digit * 64, size=1, media_type="image/png")


class Mood(StrEnum):
    CALM = "calm"


# --- the hash -----------------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.fractions()
    | st.sampled_from(list(MediaKind))
    | st.builds(Path, st.text(st.characters(categories=["L"]), min_size=1))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(items=st.dictionaries(st.text(), values, min_size=2, max_size=6))
def test_the_order_of_a_dict_does_not_count(items: dict[str, Any]) -> None:
    assert stable_hash(items) == stable_hash(dict(reversed(items.items())))


@given(items=st.sets(st.text() | st.integers(), min_size=2))
def test_the_order_of_a_set_does_not_count(items: set[Any]) -> None:
    assert stable_hash(items) == stable_hash(frozenset(sorted(items, key=repr)))


@given(value=values, other=values)
def test_different_values_hash_differently_and_equal_ones_alike(value: Any, other: Any) -> None:
    assert stable_hash(value) == stable_hash(value)
    assume(repr(value) != repr(other))
    assert stable_hash(value) != stable_hash(other)


@given(value=values, path=st.integers(0, 3))
def test_a_changed_value_anywhere_changes_the_hash(value: Any, path: int) -> None:
    def nest(leaf: Any) -> Any:
        return [leaf, {"k": (leaf, value)}, {"other": {"deep": [value, leaf]}}, ("x", leaf)][path]

    assert stable_hash(nest("before")) != stable_hash(nest("after"))


def test_what_looks_alike_is_told_apart() -> None:
    alike: list[Any] = [
        1,
        1.0,
        True,
        "1",
        b"1",
        Fraction(1),
        Path("1"),
        [1],
        {1},
        {"1": 1},
        None,
        "",
        [],
        {},
        [[]],
        ["1"],
    ]
    alike += [Mood.CALM, "calm", -0.0, 0.0, "a,b", ["a", "b"], ["a,b"], ["ref", "a" * 64], ref()]
    assert len({stable_hash(value) for value in alike}) == len(alike)


def test_models_and_enums_of_two_types_are_told_apart_whatever_their_fields() -> None:
    class Size(Model):
        px: int = 1

    class Place(Model):
        px: int = 1

    class Weather(StrEnum):
        CALM = "calm"

    hashes = {stable_hash(value) for value in (Size(), Place(), {"px": 1}, Mood.CALM, Weather.CALM, "calm")}
    assert len(hashes) == 6


def test_a_tuple_hashes_as_a_list_since_json_knows_no_other() -> None:
    assert stable_hash((1, ("a",))) == stable_hash([1, ["a"]])


def test_a_reference_hashes_as_its_content_wherever_it_is_nested() -> None:
    def narration(audio: ArtifactRef) -> Any:
        words = (WordTiming(text="Hi", start_ms=0, end_ms=9),)
        return {"scenes": [Narration(audio=audio, duration_ms=9, words=words)]}

    assert stable_hash(narration(ref(uri="here"))) == stable_hash(narration(ref(uri="there")))
    assert stable_hash(narration(ref("a"))) != stable_hash(narration(ref("b")))


def test_the_hash_is_the_same_in_every_process() -> None:
    program = (
        "from tasks.caching import stable_hash; print(stable_hash({'names': {'b', 'a', 'c'}, 'x': (1, 2.5, None)}))"
    )
    hashes = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program]
        hashes.add(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
    assert len(hashes) == 1


@pytest.mark.parametrize("value", [object(), lambda: None, {"a": [open]}, 1j])
def test_what_has_no_stable_hash_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError, match="no stable hash"):
        stable_hash(value)


# --- the records --------------------------------------------------------------------------------------------------


def test_results_come_back_as_the_models_they_were() -> None:
    words = (WordTiming(text="Hi", start_ms=0, end_ms=9),)
    models: list[Any] = [
        Source(uri="x", info=MediaInfo(kind=MediaKind.VIDEO), blob=ref()),
        Narration(audio=ref(), duration_ms=9, words=words),
        Timeline(fps=Fraction(30000, 1001), slots=(SceneSlot(index=0, start_frame=0, frame_count=3),)),
        "text",
        None,
        7,
    ]
    assert [SERIALIZER.loads(SERIALIZER.dumps(model)) for model in models] == models


def test_our_errors_come_back_with_their_details() -> None:
    error = SERIALIZER.loads(SERIALIZER.dumps(SourceNotFound(source="a.jpg")))
    assert isinstance(error, SourceNotFound)
    assert error.source == "a.jpg"


def test_every_nested_reference_is_found() -> None:
    assert list(refs_in([{"a": ref("a").model_dump()}, {"b": [{"c": ref("b").model_dump()}]}])) == [ref("a"), ref("b")]


# --- on a server --------------------------------------------------------------------------------------------------


def make(text: str, label: str = "") -> Source:
    """Store some text."""
    calls.append(text)
    store = open_store()
    with store.scratch() as folder:
        path = folder / "text"
        path.write_text(text)
        blob = store.put(path, "text/plain", move=True)
    return Source(uri=text, info=MediaInfo(kind=MediaKind.IMAGE), blob=blob)


def make_other(text: str, label: str = "") -> Source:
    """Store some text under another name."""
    return make(text, label)


make_v1 = step(version=1, exclude=["label"], run_name="make: {label}")(make)
make_v2 = step(version=2, exclude=["label"])(make)
other_v1 = step(version=1, exclude=["label"])(make_other)


@pytest.fixture(autouse=True)
def _forget_calls() -> None:
    calls.clear()


def names(states: list[Any]) -> list[str]:
    return [state.name for state in states]


def test_the_same_inputs_are_cached_across_runs_and_give_the_same_model(run: Run) -> None:
    (first,) = run(make_v1, ("hello", "scene 1"))
    (second,) = run(make_v1, ("hello", "scene 2"))
    assert names([first, second]) == ["Completed", "Cached"]
    assert calls == ["hello"]
    assert second.data.result == first.data.result


def test_other_inputs_tasks_and_versions_are_not(run: Run) -> None:
    run(make_v1, ("hello",))
    for other in ((make_v1, ("goodbye",)), (make_v2, ("hello",)), (other_v1, ("hello",))):
        assert names(run(*other)) == ["Completed"]


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda blob: blob.write_bytes(b"hel"), lambda blob: blob.write_bytes(b"hellO")]
)
def test_a_record_whose_blob_is_damaged_is_made_again_and_then_cached(
    damage: Callable[[Path], None], run: Run, store: ArtifactStore
) -> None:
    (first,) = run(make_v1, ("hello",))
    blob = store.local_path(first.data.result.blob)
    damage(blob)
    assert names(run(make_v1, ("hello",))) == ["Completed"]
    assert blob.read_bytes() == b"hello"
    assert names(run(make_v1, ("hello",))) == ["Cached"]


def test_a_garbled_record_is_a_miss(run: Run, store: ArtifactStore) -> None:
    run(make_v1, ("hello",))
    (record,) = (store.root / "results").rglob("*.json")
    whole = record.read_bytes()
    for content in (b"", b"{", whole[:-20], whole.replace(b"hello", b"jello"), b"x" + whole[1:]):
        record.write_bytes(content)
        assert names(run(make_v1, ("hello",))) == ["Completed"]
    assert names(run(make_v1, ("hello",))) == ["Cached"]


def test_two_scenes_with_the_same_picture_may_run_at_once(run: Run) -> None:
    states = run(make_v1, *[("same",)] * 6)
    assert all(state.is_completed() for state in states)
    assert len({state.data.result.blob.sha256 for state in states}) == 1
    assert names(run(make_v1, ("same",))) == ["Cached"]


def test_a_remote_store_caches_the_same(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSHORTS_STORE", f"memory://{tmp_path.name}")
    (first,) = run(make_v1, ("hello",))
    assert names(run(make_v1, ("hello",))) == ["Cached"]
    blob = first.data.result.blob
    open_store()._remote._fs.rm_file(blob.uri)
    assert names(run(make_v1, ("hello",))) == ["Completed"]
    assert names(run(make_v1, ("hello",))) == ["Cached"]


def test_an_input_that_cannot_be_hashed_fails_the_step_instead_of_its_caching(run: Run) -> None:
    (state,) = run(make_v1, (object(),))
    assert state.is_failed()
    assert "no stable hash" in state.message


def test_a_result_that_json_would_change_fails_the_step(run: Run) -> None:
    @step(version=1)
    def pair() -> tuple[int, int]:
        return (1, 2)

    (state,) = run(pair, ())
    assert state.is_failed()
    assert "wrap it in a model" in state.message


def test_a_blob_lost_between_the_check_and_the_read_is_a_passing_fault() -> None:
    from tasks.retries import is_transient

    assert is_transient(StoreCorrupt(uri="x", reason="gone"))
