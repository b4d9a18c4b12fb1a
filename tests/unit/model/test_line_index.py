from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mothball.model.document import LineIndex, Position
from tests.support.timing import least_seconds

# Many line ends, characters that resemble line ends, and characters of two UTF-16 units.
PIECES = ["a", "\n", "\r", "\r\n", "\f", "\v", "\x85", "\u2028", "\u2029", "\x1c", "🎉", "é"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def naive_position(text: str, offset: int) -> Position:
    line, column, index = 1, 1, 0
    while index < offset:
        ends = text[index] == "\n" or (text[index] == "\r" and text[index + 1 : index + 2] != "\n")
        line, column = (line + 1, 1) if ends else (line, column + 1)
        index += 1
    return Position(line, column)


def naive_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("abc", 3, (1, 4)),
        ("a\nb", 2, (2, 1)),
        ("a\n", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        # An offset within a line ending belongs to the line that it ends.
        ("a\r\nb", 2, (1, 3)),
        ("a\rb", 2, (2, 1)),
        ("a\n\rb", 3, (3, 1)),
        ("🎉🎉x", 2, (1, 3)),
        ("é\n漢字 x", 5, (2, 4)),
    ],
)
def test_offset_is_converted_to_line_and_column(text: str, offset: int, position: tuple[int, int]) -> None:
    assert LineIndex(text).position(offset) == position


@pytest.mark.parametrize("character", ["\f", "\v", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_only_line_feed_and_carriage_return_end_a_line(character: str) -> None:
    text = f"a{character}b"
    assert LineIndex(text).position(2) == Position(1, 3)
    assert LineIndex(text).line(1) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\n\r\r\n", ["", "", "", ""]),
        ("🎉 x\r\n", ["🎉 x", ""]),
    ],
)
def test_line_is_returned_without_its_ending(text: str, lines: list[str]) -> None:
    table = LineIndex(text)
    assert [table.line(number) for number in range(1, len(lines) + 1)] == lines


@given(TEXTS)
@example("\r")
@example("\r\n\r")
def test_positions_agree_with_counting(text: str) -> None:
    table = LineIndex(text)
    assert [table.position(offset) for offset in range(len(text) + 1)] == [
        naive_position(text, offset) for offset in range(len(text) + 1)
    ]


@given(TEXTS)
def test_position_converts_back_to_the_offset(text: str) -> None:
    table = LineIndex(text)
    lines = naive_lines(text)
    assert [table.line(number) for number in range(1, len(lines) + 1)] == lines
    for offset, character in enumerate(text):
        line, column = table.position(offset)
        if character not in "\r\n":
            assert table.line(line)[column - 1] == character


@pytest.mark.alone
def test_lookup_time_does_not_depend_on_the_position() -> None:
    table = LineIndex("x\n" * 300_000)

    def seconds(offset: int) -> float:
        return least_seconds(lambda: [table.position(offset) for _ in range(200)], times=5)

    assert table.position(599_999) == Position(300_000, 2)
    assert seconds(599_999) < 50 * seconds(1)


def test_entries_on_one_line_share_its_text() -> None:
    table = LineIndex("a" * 1000 + "\nb")
    first = table.line(1)
    assert table.line(1) is first
    assert table.line(2) == "b"
    assert table.line(1) == first
