"""Lines and columns of a text, computed once and asked often."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from mothball.model import Position
from mothball.records import make

# Only these three end a line. str.splitlines() also breaks at form feeds, U+0085, U+2028: editors do not.
_LINE_END = re.compile(r"\r\n|\r|\n")

_ONE = 1


class LineTable:
    """The line starts of one text.

    Offsets are 0-based code points into the text; lines and columns are 1-based, columns in code points.
    """

    def __init__(self, text: str) -> None:
        """Find all line starts; linear in the text, once."""
        if "\r" in text:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
            self._lines = _LINE_END.split(text)
        else:
            # A lock has a hundred thousand lines: nothing is to be done in Python for each of them.
            self._lines = text.split("\n")
            self._starts = [0, *accumulate(map(_ONE.__add__, map(len, self._lines[:-1])))]

    def position(self, offset: int) -> Position:
        """Return the line and column of ``offset``."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def number(self, offset: int) -> int:
        """Return the line of ``offset``."""
        return bisect_right(self._starts, offset)

    def place(self, start: int, end: int) -> tuple[Position, Position, str]:
        """Return the positions of two offsets, and the text of the line on which the first stands."""
        number = bisect_right(self._starts, start)
        line = self._lines[number - 1]
        column = start - self._starts[number - 1] + 1
        last = column + end - start
        # Nearly all that is shown ends on the line on which it begins.
        until = make(Position, (number, last)) if last <= len(line) + 1 else self.position(end)
        return make(Position, (number, column)), until, line

    @property
    def count(self) -> int:
        """How many lines there are; the one behind the last line ending counts, though it be empty."""
        return len(self._starts)

    def start(self, number: int) -> int:
        """Return the offset at which line ``number`` (1-based) begins."""
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (1-based) without its line ending.

        Asked again for the same line it returns the same object: thousands of entries on one line share its text.
        """
        return self._lines[number - 1]
