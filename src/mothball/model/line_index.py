"""Convert offsets into lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from mothball.model.document import Location, Position, Span

# str.splitlines() also splits at form feeds, U+0085 and U+2028, which editors do not treat as line ends.
_LINE_END = re.compile(r"\r\n|\r|\n")

_ONE = 1


class LineIndex:
    """The line starts of a text.

    Offsets are 0-based code points into the text. Lines and columns are 1-based, columns in code points.
    """

    def __init__(self, text: str) -> None:
        """Keep the text. Line starts are computed on first use."""
        self._text = text
        self._last_line = (0, "")

    @cached_property
    def _starts(self) -> list[int]:
        """The offsets of all line starts. Computed once, in linear time."""
        if "\r" in self._text:
            return [0, *(end.end() for end in _LINE_END.finditer(self._text))]
        # Lock files have up to 100,000 lines: avoid a Python loop.
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
        """Return the location of ``span`` in the file displayed as ``path``."""
        start = self.position(span.start)
        line = self.line(start.line)
        length = span.end - span.start
        # Fast path: the span ends on its first line.
        is_single_line = start.column + length <= len(line) + 1
        end = Position(start.line, start.column + length) if is_single_line else self.position(span.end)
        return Location(path, start, end, line)

    @property
    def count(self) -> int:
        """The number of lines. An empty line after the last line ending counts."""
        return len(self._starts)

    def start(self, number: int) -> int:
        """Return the offset of line ``number`` (1-based)."""
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (1-based) without its line ending.

        Repeated calls for the same line return the same object, so that thousands of entries on one line share its
        text.
        """
        if self._last_line[0] != number:
            start = self._starts[number - 1]
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            self._last_line = (number, self._text[start:end].rstrip("\r\n"))
        return self._last_line[1]
