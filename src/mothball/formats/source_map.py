"""Assemble text from parts of a file and map offsets in it back to the file.

The content of a quoted string, of a script block without its ``# ``, or of a line with substitutions is parsed as
separate text; a ``SourceMap`` maps the resulting spans to the file.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable


class SourcePart(NamedTuple):
    """A part of the assembled text and its range in the file.

    If text and range have the same length, they correspond character by character; otherwise the part is mapped as a
    whole. Text that is not in the file has an empty range.
    """

    text: str
    start: int
    end: int


class _Piece(NamedTuple):
    """A part with its range in the assembled text (``offset`` to ``after``) and in the file."""

    offset: int
    after: int
    start: int
    end: int

    @property
    def is_exact(self) -> bool:
        return self.after - self.offset == self.end - self.start


_offset = attrgetter("offset")


class SourceMap(NamedTuple):
    """An assembled text with the file range of each piece; created by ``source_map``."""

    text: str
    pieces: tuple[_Piece, ...]

    def locate(self, start: int, end: int) -> Span:
        """Return the file range of ``text[start:end]``."""
        if not self.pieces:
            return Span(0, 0)
        first = self._piece(start)
        opening = first.start + min(start - first.offset, first.end - first.start) if first.is_exact else first.start
        if start >= end:
            return Span(opening, opening)
        last = self._piece(end - 1)
        return Span(opening, last.start + end - last.offset if last.is_exact else last.end)

    def parts(self, start: int, end: int) -> list[SourcePart]:
        """Return the parts that ``text[start:end]`` overlaps; indivisible parts are returned as a whole."""
        parts = []
        for index in range(self._index(start), len(self.pieces) if start < end else 0):
            piece = self.pieces[index]
            if piece.offset >= end:
                break
            if piece.is_exact:
                low, high = max(start, piece.offset), min(end, piece.after)
                shift = piece.start - piece.offset
                parts.append(SourcePart(self.text[low:high], low + shift, high + shift))
            else:
                parts.append(SourcePart(self.text[piece.offset : piece.after], piece.start, piece.end))
        return parts

    def submap(self, start: int, end: int) -> SourceMap:
        """Return the source map of ``text[start:end]``."""
        return source_map(self.parts(start, end))

    def _piece(self, offset: int) -> _Piece:
        return self.pieces[self._index(offset)]

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self.pieces, offset, key=_offset) - 1) if len(self.pieces) > 1 else 0


def decoded_parts(text: str, span: Span, escape: re.Pattern[str], decode: Callable[[str], str]) -> list[SourcePart]:
    """Return the parts of ``span`` in ``text``, in which ``decode`` gives the text of each match of ``escape``."""
    parts: list[SourcePart] = []
    position = span.start
    for match in escape.finditer(text, *span):
        parts.append(SourcePart(text[position : match.start()], position, match.start()))
        parts.append(SourcePart(decode(match[0]), *match.span()))
        position = match.end()
    return [*parts, SourcePart(text[position : span.end], position, span.end)]


def source_map(parts: Iterable[SourcePart]) -> SourceMap:
    """Concatenate ``parts``."""
    pieces: list[_Piece] = []
    texts: list[str] = []
    offset = 0
    for part in parts:
        if part.text:
            pieces.append(_Piece(offset, offset + len(part.text), part.start, part.end))
            texts.append(part.text)
            offset += len(part.text)
    return SourceMap("".join(texts), tuple(pieces))
