import pickle

import pytest

from engines import errors
from engines.errors import NeuroShortsError, RenderFailed, SpecInvalid, TransientError, UserError
from models.spec import ShortSpec

TUPLES = {SpecInvalid: "problems", RenderFailed: "reasons"}


def tree(kind: type[NeuroShortsError]) -> list[type[NeuroShortsError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]


class _Any(dict[str, str]):
    """Has whatever a template asks for."""

    def __missing__(self, name: str) -> str:
        self[name] = f"the {name} {{}} 'ä'"
        return self[name]


def example(kind: type[NeuroShortsError]) -> NeuroShortsError:
    if kind in TUPLES:
        return kind(**{TUPLES[kind]: ("one: wrong", "two: wrong")})
    details = _Any()
    kind.template.format_map(details)
    return kind(**details)


def test_the_tree_is_not_empty():
    assert len(tree(NeuroShortsError)) > 20


def test_what_is_sound_of_a_wrong_spec_pickles_with_it():
    sound = ShortSpec(title="x", script="y")
    copy = pickle.loads(pickle.dumps(SpecInvalid(problems=("one: wrong",), fields=("one",), sound=sound)))
    assert (copy.problems, copy.fields, copy.sound) == (("one: wrong",), ("one",), sound)


@pytest.mark.parametrize("kind", tree(NeuroShortsError), ids=lambda kind: kind.__name__)
def test_errors_pickle_with_all_they_carry(kind: type[NeuroShortsError]):
    error = example(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error) != ""
    assert copy.details == error.details
    for name, value in error.details.items():
        assert getattr(copy, name) == value


@pytest.mark.parametrize("kind", tree(NeuroShortsError), ids=lambda kind: kind.__name__)
def test_errors_are_documented_and_of_one_sort_only(kind: type[NeuroShortsError]):
    assert kind.__doc__
    assert not issubclass(kind, UserError) or not issubclass(kind, TransientError)
    assert kind.__module__ == errors.__name__


def test_an_attribute_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = errors.SourceNotFound(source="x").reason
    assert not hasattr(errors.SourceNotFound(source="x"), "__deepcopy__")
