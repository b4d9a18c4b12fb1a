from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.source_map import SourcePart, map_span, source_map
from mothball.model.document import Span

# The source is `ab\x41cd--ef`; the excerpt leaves the dashes out and says what the escape means.
SOURCE = "ab\\x41cd--ef"
EXCERPT = source_map([SourcePart("ab", 0, 2), SourcePart("A", 2, 6), SourcePart("cd", 6, 8), SourcePart("ef", 10, 12)])


def test_parts_are_put_together() -> None:
    assert EXCERPT.text == "abAcdef"


def test_every_character_leads_back_to_its_place() -> None:
    assert [EXCERPT.locate(at, at + 1).slice(SOURCE) for at in range(7)] == ["a", "b", "\\x41", "c", "d", "e", "f"]


def test_a_place_covers_all_between_its_ends() -> None:
    assert EXCERPT.locate(1, 4).slice(SOURCE) == "b\\x41c"
    assert EXCERPT.locate(4, 6).slice(SOURCE) == "d--e"
    assert EXCERPT.locate(0, 7).slice(SOURCE) == SOURCE


def test_an_empty_place_stands_before_its_character() -> None:
    assert EXCERPT.locate(2, 2) == Span(2, 2)
    assert EXCERPT.locate(5, 5) == Span(10, 10)
    assert EXCERPT.locate(7, 7) == Span(12, 12)


def test_an_excerpt_can_be_cut() -> None:
    cut = EXCERPT.submap(1, 6)

    assert cut.text == "bAcde"
    assert cut.locate(1, 3).slice(SOURCE) == "\\x41c"
    assert EXCERPT.submap(3, 3).text == ""


def test_a_part_that_cannot_be_divided_is_cut_as_a_whole() -> None:
    joined = source_map([SourcePart("xyz", 4, 9), SourcePart("w", 9, 10)])

    assert joined.submap(1, 2).text == "xyz"
    assert joined.locate(1, 2) == Span(4, 9)


def test_what_the_file_does_not_hold_has_an_empty_place() -> None:
    made = source_map([SourcePart("[x]\n", 5, 5), SourcePart("ab", 5, 7)])

    assert made.locate(0, 4) == Span(5, 5)
    assert made.locate(4, 6) == Span(5, 7)
    assert made.locate(1, 5) == Span(5, 6)


def test_nothing_is_an_excerpt_as_well() -> None:
    nothing = source_map([SourcePart("", 3, 3)])

    assert nothing.text == ""
    assert nothing.locate(0, 0) == Span(0, 0)
    assert nothing.parts(0, 0) == []


def test_a_whole_part_stands_as_it_is() -> None:
    assert map_span("  abc", Span(2, 5)).locate(1, 2) == Span(3, 4)


@given(st.lists(st.tuples(st.text("abc", max_size=4), st.booleans()), max_size=8))
def test_what_is_kept_leads_back_to_itself(pieces: list[tuple[str, bool]]) -> None:
    source = "".join(text for text, _ in pieces)
    parts = []
    position = 0
    for text, is_kept in pieces:
        if is_kept:
            parts.append(SourcePart(text, position, position + len(text)))
        position += len(text)
    made = source_map(parts)

    assert made.text == "".join(text for text, is_kept in pieces if is_kept)
    for at, character in enumerate(made.text):
        assert made.locate(at, at + 1).slice(source) == character
        assert made.submap(at, at + 1).text == character
