"""Lines and columns of a text, computed once and asked often."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from mothball.model.document import Location, Position, Span

# Only these three end a line. str.splitlines() also breaks at form feeds, U+0085, U+2028: editors do not.
_LINE_END = re.compile(r"\r\n|\r|\n")

_ONE = 1


class LineIndex:
    """The line starts of one text.

    Offsets are 0-based code points into the text; lines and columns are 1-based, columns in code points.
    """

    def __init__(self, text: str) -> None:
        """Take the text; nothing is looked at before a place is asked for."""
        self._text = text
        self._last_line = (0, "")

    @cached_property
    def _starts(self) -> list[int]:
        """Where all lines begin; linear in the text, once."""
        if "\r" in self._text:
            return [0, *(end.end() for end in _LINE_END.finditer(self._text))]
        # A lock has a hundred thousand lines: nothing is to be done in Python for each of them.
        return [0, *accumulate(map(_ONE.__add__, map(len, self._text.split("\n")[:-1])))]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineIndex) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def position(self, offset: int) -> Position:
        """Return the line and column of ``offset``."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def number(self, offset: int) -> int:
        """Return the line of ``offset``."""
        return bisect_right(self._starts, offset)

    def location(self, path: str, span: Span) -> Location:
        """Return the place of ``span`` as a person finds it in the file that is shown as ``path``."""
        start = self.position(span.start)
        line = self.line(start.line)
        length = span.end - span.start
        # Nearly all that is shown ends on the line on which it begins.
        is_within = start.column + length <= len(line) + 1
        end = Position(start.line, start.column + length) if is_within else self.position(span.end)
        return Location(path, start, end, line)

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
        if self._last_line[0] != number:
            start = self._starts[number - 1]
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            self._last_line = (number, self._text[start:end].rstrip("\r\n"))
        return self._last_line[1]
