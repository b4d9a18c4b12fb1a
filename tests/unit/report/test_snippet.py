from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.model.document import Location, Position
from mothball.report.text import snippet
from tests.support.hostile import TEXTS, assert_harmless


def location_in(line_text: str, marked: str, *, line: int = 1) -> Location:
    """Return the location of the first ``marked`` in a line."""
    start = line_text.index(marked)
    return Location("f", Position(line, start + 1), Position(line, start + len(marked) + 1), line_text)


def width(text: str) -> int:
    """Return the width of a text in terminal cells, computed independently of the code under test."""
    cells = 0
    for character in unicodedata.normalize("NFC", text):
        wide = unicodedata.east_asian_width(character) in {"W", "F"}
        cells += 0 if unicodedata.category(character) in {"Mn", "Me"} else 1 + wide
    return cells


def test_location_without_text_has_no_snippet() -> None:
    assert snippet(Location("f", Position(1, 1), Position(1, 3))) is None


def test_carets_are_below_the_range() -> None:
    assert snippet(location_in('    "old-lib>=1",', "old-lib")) == ('    "old-lib>=1",', "     ^^^^^^^")


def test_multiline_range_is_marked_to_the_end_of_its_first_line() -> None:
    location = Location("f", Position(4, 3), Position(5, 2), "a old-\\")
    assert snippet(location) == ("a old-\\", "  ^^^^^")


@pytest.mark.parametrize("line_text", ["", "   ", "abc"])
def test_empty_range_has_one_caret(line_text: str) -> None:
    end = Position(1, len(line_text) + 1)
    assert snippet(Location("f", end, end, line_text)) == (line_text.rstrip(), " " * len(line_text) + "^")


@pytest.mark.parametrize(
    ("before", "cells"),
    [
        ("\t\t", 2),
        ("\u65e5\u672c ", 5),
        ("\U0001f525 ", 3),
        ("e\u0301 ", 2),
        ("\u0e01\u0e31 ", 2),
        ("a\u20dd ", 2),
        ("\x1b[31m", 5),
        ("\u202e", 1),
        ("\u2764\ufe0f ", 3),
    ],
    ids=["tabs", "wide", "emoji", "combining", "combining without a class", "enclosing", "escape", "bidi", "variation"],
)
def test_caret_is_aligned_after_any_prefix(before: str, cells: int) -> None:
    excerpt = snippet(location_in(f"{before}old-lib", "old-lib"))
    assert excerpt is not None
    shown, carets = excerpt
    assert carets == " " * cells + "^" * 7
    assert width(shown[: shown.index("old-lib")]) == cells
    assert_harmless(shown)


def test_wide_characters_are_marked_in_full_width() -> None:
    assert snippet(location_in("x = \u65e5\u672c", "\u65e5\u672c")) == ("x = \u65e5\u672c", "    ^^^^")


@pytest.mark.parametrize("lead", [0, 40, 60, 109, 110, 5000])
def test_long_line_is_cut_around_the_range(lead: int) -> None:
    excerpt = snippet(location_in("x" * lead + "old-lib" + "y" * 5000, "old-lib"))
    assert excerpt is not None
    shown, carets = excerpt
    assert len(shown) <= 112
    assert shown.endswith("y…")
    assert shown.startswith("…") == (lead > 50)
    assert shown[carets.index("^") :].startswith("old-lib")
    assert carets.count("^") == 7


def test_line_of_maximum_width_is_not_cut() -> None:
    line = "x" * 103 + "old-lib"
    assert snippet(location_in(line, "old-lib")) == (line, " " * 103 + "^" * 7)


def test_name_longer_than_the_snippet_is_marked_to_its_end() -> None:
    excerpt = snippet(location_in("n" * 5000, "n" * 5000))
    assert excerpt == ("n" * 110 + "…", "^" * 110)


@given(TEXTS, TEXTS, st.integers(0, 300))
def test_snippet_is_sanitized_and_its_carets_are_aligned(before: str, after: str, lead: int) -> None:
    line_text = "x" * lead + before + "old-lib" + after
    start = lead + len(before)
    location = Location("f", Position(1, start + 1), Position(1, start + 8), line_text)
    excerpt = snippet(location)
    assert excerpt is not None
    shown, carets = excerpt
    assert "\n" not in shown
    assert_harmless(shown)
    assert len(shown) <= 112
    assert carets.count("^") == 7
    # Text before an "@" may resemble a secret and is masked.
    if "old-lib" not in before and "@" not in after:
        assert width(shown[: shown.index("old-lib")]) == carets.index("^")
