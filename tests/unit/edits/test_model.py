from __future__ import annotations

import pytest

from mothball.edits.model import Edit, apply
from mothball.model.document import Span


def test_spans_refer_to_the_original_text() -> None:
    edits = (Edit(Span(4, 5), "E"), Edit(Span(0, 1), ""), Edit(Span(2, 2), "__"))
    assert apply("abcdef", edits) == "b__cdEf"


def test_insertions_at_one_position_keep_their_order() -> None:
    assert apply("ab", (Edit(Span(1, 1), "2"), Edit(Span(1, 1), "1"))) == "a21b"


def test_overlapping_edits_are_rejected() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply("abc", (Edit(Span(0, 2), ""), Edit(Span(1, 3), "")))
