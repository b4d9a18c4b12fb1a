"""Text that is put together from parts of a file, with the way back to them.

What stands in a quoted string, behind the ``# `` of a script block or around a substitution is read as if it stood
alone; an ``SourceMap`` says where in the file each part of it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class SourcePart(NamedTuple):
    """A part of an excerpt: what it says there, and the place in the file that it stands for.

    Where both are of the same length they correspond one to one; else the part is a whole that cannot be divided. A
    part that the file does not hold has an empty place.
    """

    text: str
    start: int
    end: int


class _Piece(NamedTuple):
    """A part that knows where it begins and ends in the excerpt."""

    offset: int
    after: int
    start: int
    end: int

    @property
    def is_exact(self) -> bool:
        return self.after - self.offset == self.end - self.start


_offset = attrgetter("offset")


class SourceMap(NamedTuple):
    """A text and where each piece of it stands in the file; made by ``source_map``."""

    text: str
    pieces: tuple[_Piece, ...]

    def locate(self, start: int, end: int) -> Span:
        """Return where ``text[start:end]`` stands in the file; code points into both."""
        if not self.pieces:
            return Span(0, 0)
        first = self._piece(start)
        opening = first.start + min(start - first.offset, first.end - first.start) if first.is_exact else first.start
        if start >= end:
            return Span(opening, opening)
        last = self._piece(end - 1)
        return Span(opening, last.start + end - last.offset if last.is_exact else last.end)

    def parts(self, start: int, end: int) -> list[SourcePart]:
        """Return the parts that ``text[start:end]`` consists of; one that cannot be divided is there with all of it."""
        found = []
        for index in range(self._index(start), len(self.pieces) if start < end else 0):
            piece = self.pieces[index]
            if piece.offset >= end:
                break
            if piece.is_exact:
                low, high = max(start, piece.offset), min(end, piece.after)
                shift = piece.start - piece.offset
                found.append(SourcePart(self.text[low:high], low + shift, high + shift))
            else:
                found.append(SourcePart(self.text[piece.offset : piece.after], piece.start, piece.end))
        return found

    def submap(self, start: int, end: int) -> SourceMap:
        """Return ``text[start:end]`` as an excerpt of its own."""
        return source_map(self.parts(start, end))

    def _piece(self, offset: int) -> _Piece:
        return self.pieces[self._index(offset)]

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self.pieces, offset, key=_offset) - 1) if len(self.pieces) > 1 else 0


def source_map(parts: Iterable[SourcePart]) -> SourceMap:
    """Put ``parts`` together, in their order."""
    pieces: list[_Piece] = []
    texts: list[str] = []
    offset = 0
    for part in parts:
        if part.text:
            pieces.append(_Piece(offset, offset + len(part.text), part.start, part.end))
            texts.append(part.text)
            offset += len(part.text)
    return SourceMap("".join(texts), tuple(pieces))


def map_span(text: str, span: Span) -> SourceMap:
    """Return the part of a file that ``span`` covers, as it stands."""
    return source_map([SourcePart(span.slice(text), span.start, span.end)])
