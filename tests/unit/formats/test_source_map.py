from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.source_map import SourcePart, source_map
from mothball.model.document import Span

# The escape is decoded and the dashes are left out.
SOURCE = "ab\\x41cd--ef"
SAMPLE_MAP = source_map(
    [SourcePart("ab", 0, 2), SourcePart("A", 2, 6), SourcePart("cd", 6, 8), SourcePart("ef", 10, 12)]
)


def test_parts_are_concatenated() -> None:
    assert SAMPLE_MAP.text == "abAcdef"


def test_every_character_is_mapped_to_its_source() -> None:
    assert [SAMPLE_MAP.locate(at, at + 1).slice(SOURCE) for at in range(7)] == ["a", "b", "\\x41", "c", "d", "e", "f"]


def test_range_covers_skipped_text() -> None:
    assert SAMPLE_MAP.locate(1, 4).slice(SOURCE) == "b\\x41c"
    assert SAMPLE_MAP.locate(4, 6).slice(SOURCE) == "d--e"
    assert SAMPLE_MAP.locate(0, 7).slice(SOURCE) == SOURCE


def test_empty_range_is_before_its_character() -> None:
    assert SAMPLE_MAP.locate(2, 2) == Span(2, 2)
    assert SAMPLE_MAP.locate(5, 5) == Span(10, 10)
    assert SAMPLE_MAP.locate(7, 7) == Span(12, 12)


def test_submap() -> None:
    cut = SAMPLE_MAP.submap(1, 6)

    assert cut.text == "bAcde"
    assert cut.locate(1, 3).slice(SOURCE) == "\\x41c"
    assert SAMPLE_MAP.submap(3, 3).text == ""


def test_indivisible_part_is_kept_as_a_whole() -> None:
    joined = source_map([SourcePart("xyz", 4, 9), SourcePart("w", 9, 10)])

    assert joined.submap(1, 2).text == "xyz"
    assert joined.locate(1, 2) == Span(4, 9)


def test_text_that_is_not_in_the_file_has_an_empty_range() -> None:
    assembled = source_map([SourcePart("[x]\n", 5, 5), SourcePart("ab", 5, 7)])

    assert assembled.locate(0, 4) == Span(5, 5)
    assert assembled.locate(4, 6) == Span(5, 7)
    assert assembled.locate(1, 5) == Span(5, 6)


def test_empty_source_map() -> None:
    empty = source_map([SourcePart("", 3, 3)])

    assert empty.text == ""
    assert empty.locate(0, 0) == Span(0, 0)
    assert empty.parts(0, 0) == []


def test_map_of_a_span() -> None:
    assert source_map([SourcePart("abc", 2, 5)]).locate(1, 2) == Span(3, 4)


@given(st.lists(st.tuples(st.text("abc", max_size=4), st.booleans()), max_size=8))
def test_kept_parts_are_mapped_to_themselves(pieces: list[tuple[str, bool]]) -> None:
    source = "".join(text for text, _ in pieces)
    parts = []
    position = 0
    for text, is_kept in pieces:
        if is_kept:
            parts.append(SourcePart(text, position, position + len(text)))
        position += len(text)
    assembled = source_map(parts)

    assert assembled.text == "".join(text for text, is_kept in pieces if is_kept)
    for at, character in enumerate(assembled.text):
        assert assembled.locate(at, at + 1).slice(source) == character
        assert assembled.submap(at, at + 1).text == character
