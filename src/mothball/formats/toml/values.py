"""What the TOML scanner finds: values, key/value pairs, table headers, each with its place.

All spans count code points into the text that was scanned. Everything is immutable.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    import datetime as dt

# Names of tables and keys, and the 0-based place in an array where one is passed through.
Path = tuple[str | int, ...]


class Escape(NamedTuple):
    """A place in a string where value and source differ in length.

    ``width`` code points of the value from ``offset`` on (one, or none for what a string leaves out) are written as
    the source text from ``start`` to ``end``.
    """

    offset: int
    width: int
    start: int
    end: int


class String(NamedTuple):
    """A string of any of the four kinds, its quotes included in ``span``.

    ``value`` is decoded. ``quote`` is the length of a delimiter, 1 or 3, and 0 where the opening one is missing.
    ``closed`` is False where either is missing; without the closing one the string ends where the line does, or before
    the next statement.
    """

    span: Span
    value: str
    quote: int = 1
    closed: bool = True
    escapes: tuple[Escape, ...] = ()

    @property
    def inner(self) -> Span:
        """The place between the quotes."""
        (start, end), value, quote, closed, _ = self
        if quote == 0:
            return Span(start, start + len(value))
        return make(Span, (start + quote, end - quote * closed))


class Scalar(NamedTuple):
    """A number, a boolean, a date or a time."""

    span: Span
    value: bool | float | dt.date | dt.time


class Array(NamedTuple):
    """An array; ``closed`` is False where its brackets are not both there."""

    span: Span
    items: tuple[Value, ...]
    closed: bool = True


class InlineTable(NamedTuple):
    """An inline table; the paths of its ``entries`` begin at the table itself."""

    span: Span
    entries: tuple[TomlEntry, ...]
    closed: bool = True


class Invalid(NamedTuple):
    """Where missing value (an empty span) or is none of TOML's."""

    span: Span


Value = String | Scalar | Array | InlineTable | Invalid


class Key(NamedTuple):
    """One part of a dotted key, its quotes included in ``span``."""

    name: str
    span: Span


class TomlEntry(NamedTuple):
    """A key/value pair. ``path`` ends with the names of ``keys``, what stands before them is the table's own path."""

    path: Path
    keys: tuple[Key, ...]
    value: Value


class Header(NamedTuple):
    """``[table]`` or ``[[table]]``; ``body`` is how many entries of the document stand before it."""

    path: Path
    keys: tuple[Key, ...]
    span: Span
    body: int


class TomlError(NamedTuple):
    """Something that TOML's rules reject, with the place and the way out."""

    span: Span
    message: str
    help: str = ""


class TomlScan(NamedTuple):
    """All that was found in a text, in document order.

    ``entries`` are those of the document's tables; what inline tables hold stays in their values. Every one of
    ``comments`` covers its text from ``#`` to the end of the line. ``errors`` is empty exactly where the text is TOML.
    """

    entries: tuple[TomlEntry, ...]
    headers: tuple[Header, ...]
    comments: tuple[Span, ...]
    errors: tuple[TomlError, ...]


_offset = attrgetter("offset")


def source_span(string: String, start: int, end: int) -> Span:
    """Return the source of ``string.value[start:end]``: the same place in the text that was scanned."""
    if not string.escapes:
        begin = string.span.start + string.quote
        return make(Span, (begin + start, begin + max(start, end)))
    first = _source_offset(string, start)
    if start >= end:
        return Span(first, first)
    last = end - 1
    for escape in string.escapes[bisect_right(string.escapes, last - 1, key=_offset) :]:
        if escape.offset > last:
            break
        if escape.width:
            return Span(first, escape.end)
    return Span(first, _source_offset(string, last) + 1)


def _source_offset(string: String, offset: int) -> int:
    """Return where the source of one code point of the value begins."""
    before = bisect_right(string.escapes, offset, key=lambda escape: escape.offset + escape.width)
    if not before:
        return string.span.start + string.quote + offset
    escape = string.escapes[before - 1]
    return escape.end + offset - escape.offset - escape.width
