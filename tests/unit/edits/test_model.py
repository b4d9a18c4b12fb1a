from __future__ import annotations

import pytest

from mothball.edits.model import Edit, apply
from mothball.model.document import Span


def test_edits_count_into_the_text_before_them() -> None:
    edits = (Edit(Span(4, 5), "E"), Edit(Span(0, 1), ""), Edit(Span(2, 2), "__"))
    assert apply("abcdef", edits) == "b__cdEf"


def test_what_is_inserted_at_one_place_comes_in_the_order_given() -> None:
    assert apply("ab", (Edit(Span(1, 1), "2"), Edit(Span(1, 1), "1"))) == "a21b"


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply("abc", (Edit(Span(0, 2), ""), Edit(Span(1, 3), "")))
