"""Records of steps that somebody else has put into the store: read as data, or not at all."""

import base64
import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest

from blocks.records import SERIALIZER, StepRecords, decode, encode, read_result
from blocks.store import ArtifactStore
from engines.errors import SourceNotFound, StoreCorrupt
from models.media import MediaInfo, MediaKind
from tasks.caching import StepCache
from tasks.retries import step
from tests.tasks.conftest import Run, run  # noqa: F401  a fixture

KEY = "ab" + "0" * 62
OURS = SERIALIZER.model_dump(mode="json")


class Trap:
    """What runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def pickled(marker: Path) -> str:
    """A result that is JSON, as steps' results are, and base64 of a pickle for one who takes it for that."""
    return json.dumps(base64.b64encode(pickle.dumps(Trap(marker))).decode())


def record(result: str, serializer: object = OURS, more: dict[str, object] | None = None) -> bytes:
    metadata = {"storage_key": KEY, "serializer": serializer}
    return json.dumps({"metadata": metadata, "result": result, **(more or {})}).encode()


def test_no_record_chooses_how_it_is_read(store: ArtifactStore, tmp_path: Path):
    marker = tmp_path / "ran"
    pickle_too = {"type": "pickle", "picklelib": "pickle"}
    for content in (
        record(pickled(marker), pickle_too),
        record(pickled(marker), {"type": "compressed/pickle"}),
        record('"touch"', {**OURS, "object_decoder": "os.system"}),
        record('"touch"', {**OURS, "jsonlib": "subprocess"}),
        record("7", None),
    ):
        store.write_record(KEY, content)
        with pytest.raises(StoreCorrupt):
            StepRecords().read_path(KEY)
        assert read_result(KEY) is None
    store.write_record(KEY, record("7"))
    assert read_result(KEY) == 7
    assert not marker.exists()


def test_members_that_prefect_would_take_for_others_are_left_out(store: ArtifactStore, tmp_path: Path):
    more = {"serializer": {"type": "pickle"}, "data": pickled(tmp_path / "ran")}
    store.write_record(KEY, record("7", OURS, more))
    assert json.loads(StepRecords().read_path(KEY)).keys() == {"metadata", "result"}


@pytest.mark.parametrize(
    "result",
    [
        {"__class__": "subprocess.Popen", "data": ["id"]},
        {"__class__": "pathlib.Path", "data": "/etc/passwd"},
        {"__class__": "models.media.os", "data": {}},
        {"__class__": "models.spec.ValueError", "data": {}},
        {"__class__": "models.media", "data": {}},
        {"__class__": "models.base.Model.model_validate_json", "data": "1"},
        {"__class__": "tests.hostile.test_records.Trap", "data": "x"},
        {"__class__": "models.media.MediaInfo", "data": {"kind": "image", "extra": 1}},
        {"__class__": ["models.media.MediaInfo"], "data": {}},
        {"__error__": "os.system", "details": {"command": "id"}},
        {"__error__": "builtins.print", "details": {"file": 1}},
        {"__error__": "engines.errors.StepFailure", "details": {}},
        {"__error__": "engines.errors.SourceNotFound", "details": {}},
        {"__class__": "models.media.MediaInfo"},
    ],
)
def test_a_record_names_models_and_errors_of_this_program_only(result: Any, store: ArtifactStore):
    store.write_record(KEY, record(json.dumps({"nested": [result]})))
    with pytest.raises(StoreCorrupt):
        StepRecords().read_path(KEY)


def test_nothing_is_imported_to_say_what_another_library_raised():
    error = decode({"__exc_type__": "antigravity.Error", "message": "words"})
    assert (type(error), str(error)) == (RuntimeError, "antigravity.Error: words")
    assert str(decode(encode(subprocess.TimeoutExpired("x", 1)))).startswith("subprocess.TimeoutExpired: ")


def test_what_steps_write_is_read():
    for value in (MediaInfo(kind=MediaKind.IMAGE), "text", 7, None):
        assert SERIALIZER.loads(SERIALIZER.dumps(value)) == value
    error = SERIALIZER.loads(SERIALIZER.dumps(SourceNotFound(source="a")))
    assert (type(error), error.source) == (SourceNotFound, "a")


@step(version=1)
def count_letters(text: str) -> int:
    return len(text)


def test_a_step_whose_record_is_a_trap_runs_again(run: Run, store: ArtifactStore, tmp_path: Path):  # noqa: F811
    marker = tmp_path / "ran"
    policy = count_letters.cache_policy
    assert isinstance(policy, StepCache)
    key = policy.key("count_letters", {"text": "four"})
    store.write_record(key, record(pickled(marker), {"type": "pickle", "picklelib": "cloudpickle"}))
    (first,) = run(count_letters, ("four",))
    (second,) = run(count_letters, ("four",))
    assert (first.name, second.name, second.data.result) == ("Completed", "Cached", 4)
    assert not marker.exists()
