"""Assemble text from parts of a file, expand substitutions in it, and map its offsets back to the file.

The content of a quoted string, of a script block without its ``# ``, or of a line with substitutions is parsed as
separate text; a ``SourceMap`` maps the resulting spans to the file. A substitution becomes its default, or digits if
only the tool knows its value. Specifications: tox 4, "String substitution reference"; Hatch, "Context formatting".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from mothball.model.document import DependencyKind, Include, SkipReason, Span, UnnamedEntry
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# An escaped brace, or a variable in pip's syntax; a substitution with a default; any other brace.
_BRACE = (
    r"\\[{}]|\$\{[A-Z0-9_]++\}"
    r"|\{(?>(?:(?:env|matrix):[^:{}]*+:|posargs:|\[[^\[\]{}]*+\][\w-]++:)?)|\}"
)
_CONSTANTS = {"{toxinidir}": ".", "{tox_root}": ".", "{/}": "/", "{:}": ":"}
_BRACES = frozenset("{}")
# The directory of the file at the beginning of a path.
_ROOT = r"\{(?:tox_root|toxinidir)\}(?:[/\\]|\{/\})"


class SourcePart(NamedTuple):
    """A part of the assembled text and its range in the file.

    If text and range have the same length, they correspond character by character; otherwise the part is mapped as a
    whole. Text that is not in the file has an empty range.
    """

    text: str
    start: int
    end: int

    @property
    def is_exact(self) -> bool:
        """Whether text and range correspond character by character."""
        return len(self.text) == self.end - self.start


class SourceMap(NamedTuple):
    """An assembled text with its parts and their offsets in it; created by ``source_map``."""

    text: str
    pieces: tuple[SourcePart, ...]
    offsets: tuple[int, ...]

    def locate(self, start: int, end: int) -> Span:
        """Return the file range of ``text[start:end]``."""
        if not self.pieces:
            return Span(0, 0)
        index = self._index(start)
        first, shift = self.pieces[index], start - self.offsets[index]
        opening = first.end if shift >= len(first.text) else first.start + first.is_exact * shift
        if start >= end:
            return Span(opening, opening)
        index = self._index(end - 1)
        last = self.pieces[index]
        return Span(opening, last.start + end - self.offsets[index] if last.is_exact else last.end)

    def parts(self, start: int, end: int) -> list[SourcePart]:
        """Return the parts that ``text[start:end]`` overlaps; indivisible parts are returned as a whole."""
        parts = []
        for index in range(self._index(start), len(self.pieces) if start < end else 0):
            piece, offset = self.pieces[index], self.offsets[index]
            if offset >= end:
                break
            if piece.is_exact:
                low, high = max(start - offset, 0), min(end - offset, len(piece.text))
                piece = SourcePart(piece.text[low:high], piece.start + low, piece.start + high)
            parts.append(piece)
        return parts

    def submap(self, start: int, end: int) -> SourceMap:
        """Return the source map of ``text[start:end]``."""
        return source_map(self.parts(start, end))

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self.offsets, offset) - 1)


def decoded_parts(text: str, span: Span, escape: re.Pattern[str], decode: Callable[[str], str]) -> list[SourcePart]:
    """Return the parts of ``span`` in ``text``, in which ``decode`` gives the text of each match of ``escape``."""
    parts: list[SourcePart] = []
    position = span.start
    for match in escape.finditer(text, *span):
        start, end = match.span()
        if position < start:
            parts.append(make(SourcePart, (text[position:start], position, start)))
        parts.append(make(SourcePart, (decode(match[0]), start, end)))
        position = end
    return [*parts, SourcePart(text[position : span.end], position, span.end)]


def source_map(parts: Iterable[SourcePart]) -> SourceMap:
    """Concatenate ``parts``."""
    pieces = tuple([part for part in parts if part.text])
    texts = [text for text, _, _ in pieces]
    return SourceMap("".join(texts), pieces, tuple(accumulate(map(len, texts[:-1]), initial=0)))


def substitute(text: str, span: Span) -> list[SourcePart]:
    """Return the parts of ``span`` in ``text`` with substitutions expanded, in linear time.

    An unknown substitution becomes digits of the same length: they are valid in a version, and in a name they are
    detected by the braces in the file.
    """
    parts: list[SourcePart] = []
    position = span.start
    # The offset of each open brace, or None for a substitution that is replaced by its default.
    open_braces: list[int | None] = []
    unknown = 0
    for brace in re.compile(_BRACE).finditer(text, span.start, span.end):
        start, end = brace.span()
        is_opening = brace[0][0] == "{"
        if brace[0][0] in "\\$" or (not is_opening and not open_braces):
            continue
        if is_opening:
            if not unknown:
                parts.append(SourcePart(text[position:start], position, start))
                position = end
            has_default = brace[0] != "{"
            open_braces.append(None if has_default else start)
            unknown += not has_default
            continue
        opening = open_braces.pop()
        unknown -= opening is not None
        if unknown:
            continue
        if opening is None:
            parts.append(SourcePart(text[position:start], position, start))
        else:
            written = text[opening:end]
            parts.append(SourcePart(_CONSTANTS.get(written, "1" * len(written)), opening, end))
        position = end
    if unknown:
        first = next(start for start in open_braces if start is not None)
        parts.append(SourcePart("1" * (span.end - first), first, span.end))
    else:
        parts.append(SourcePart(text[position : span.end], position, span.end))
    return parts


def is_substitution(text: str, part: SourcePart) -> bool:
    """Return True if ``part`` replaces an unknown substitution in ``text``."""
    return part.text[:1] == "1" and text.startswith("{", part.start)


def has_brace(text: str, span: Span) -> bool:
    """Return True if ``span`` of ``text`` contains a brace of a substitution."""
    return not _BRACES.isdisjoint(span.slice(text))


def resolve_include(text: str, include: Include) -> Include | UnnamedEntry | None:
    """Return ``include`` with its path relative to the file.

    The path of an include with other substitutions is not known, nor what it installs: return an entry without a name,
    whatever its path looks like, and None for constraints, which install nothing.
    """
    path = include.span.slice(text)
    root = re.match(_ROOT, path)
    if root is not None:
        path = path[root.end() :]
        include = Include(Span(include.span.start + root.end(), include.span.end), path, include.kind)
    if path and "{" not in path:
        return include
    is_known = not path or include.kind is DependencyKind.CONSTRAINT
    # A path with a variable is no path requirement here: the file names projects of an index.
    return None if is_known else UnnamedEntry(include.span, SkipReason.VARIABLE)
