"""Records behave like typing.NamedTuple in all features that mothball uses."""

from __future__ import annotations

import copy
import subprocess
import sys
import typing

import pytest

from mothball.model.records import NamedTuple, make


class Ours(NamedTuple):
    """A record of mothball."""

    one: int
    two: str = "two"
    three: tuple[int, ...] = ()

    def doubled(self) -> int:
        return self.one * 2

    @property
    def first_letter(self) -> str:
        return self.two[:1]


class Theirs(typing.NamedTuple):
    """The same record with typing.NamedTuple."""

    one: int
    two: str = "two"
    three: tuple[int, ...] = ()


Call = tuple[tuple[object, ...], dict[str, object]]
CALLS: list[Call] = [
    ((1,), {}),
    ((1, "b"), {}),
    ((1, "b", (3,)), {}),
    ((), {"one": 1}),
    ((1,), {"three": (4,)}),
    ((), {"three": (4,), "two": "x", "one": 9}),
    ((), {}),
    ((1, "b", (3,), 4), {}),
    ((1,), {"one": 2}),
    ((1,), {"four": 2}),
    ((), {"two": "x"}),
    ((1, "b", (3,)), {"one": 1}),
]


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_constructor_agrees_with_typing_named_tuple(call: Call) -> None:
    args, kwargs = call
    make_theirs: typing.Any = Theirs
    make_ours: typing.Any = Ours
    try:
        expected = tuple(make_theirs(*args, **kwargs))
    except TypeError:
        with pytest.raises(TypeError, match="Ours takes one, two, three"):
            make_ours(*args, **kwargs)
    else:
        assert tuple(make_ours(*args, **kwargs)) == expected


def test_record_is_a_tuple_with_named_fields() -> None:
    record = Ours(1, "b")

    assert (record.one, record.two, record.three) == (1, "b", ())
    assert tuple(record) == (1, "b", ())
    assert hash(record) == hash((1, "b", ()))
    assert record.doubled() == 2
    assert record.first_letter == "b"
    assert repr(record) == "Ours(one=1, two='b', three=())"
    assert copy.copy(record) == record
    assert record._asdict() == {"one": 1, "two": "b", "three": ()}
    assert Ours.__doc__ == "A record of mothball."


def test_replace_returns_a_new_record() -> None:
    record = Ours(1)

    changed = record._replace(two="c")

    assert (type(changed), changed.two, record.two) == (Ours, "c", "two")
    with pytest.raises(TypeError):
        record._replace(four=4)  # type: ignore[call-arg]


def test_records_are_immutable() -> None:
    record = Ours(1)

    with pytest.raises(AttributeError):
        record.one = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        record.five = 5  # type: ignore[attr-defined]


def test_records_match_by_position() -> None:
    match Ours(1, "b"):
        case Ours(one, two):
            assert (one, two) == (1, "b")


def test_field_without_default_cannot_follow_a_default() -> None:
    code = "from mothball.model.records import NamedTuple\nclass Bad(NamedTuple):\n    one: int = 1\n    two: int\n"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "TypeError: Bad: a field without a default" in done.stderr


def test_make_agrees_with_the_constructor() -> None:
    made = make(Ours, (1, "b", (3,)))

    assert made == Ours(1, "b", (3,))
    assert type(made) is Ours
    assert made.doubled() == 2
