"""Records of the TOML scanner: values, key/value pairs and table headers with their spans.

Spans are code-point offsets into the scanned text.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.model.document import Span
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    import datetime as dt

# Names of tables and keys, and 0-based indexes of arrays.
Path = tuple[str | int, ...]


class Escape(NamedTuple):
    """A part of a string in which value and source differ in length.

    ``width`` code points (0 or 1) at ``offset`` of the value are written as the source text from ``start`` to ``end``.
    """

    offset: int
    width: int
    start: int
    end: int


class String(NamedTuple):
    """A string of any of the four kinds, its quotes included in ``span``.

    ``value`` is decoded. ``quote`` is the length of the delimiter, 1 or 3, or 0 if the opening delimiter is missing.
    ``closed`` is False if either delimiter is missing; without the closing one, the string ends with the line or before
    the next statement.
    """

    span: Span
    value: str
    quote: int = 1
    closed: bool = True
    escapes: tuple[Escape, ...] = ()

    @property
    def inner(self) -> Span:
        """The span between the quotes."""
        (start, end), value, quote, closed, _ = self
        if quote == 0:
            return Span(start, start + len(value))
        return make(Span, (start + quote, end - quote * closed))


class Scalar(NamedTuple):
    """A number, a boolean, a date or a time."""

    span: Span
    value: bool | float | dt.date | dt.time


class Array(NamedTuple):
    """An array; ``closed`` is False if a bracket is missing."""

    span: Span
    items: tuple[Value, ...]
    closed: bool = True


class InlineTable(NamedTuple):
    """An inline table; the paths of its ``entries`` are relative to the table."""

    span: Span
    entries: tuple[TomlEntry, ...]
    closed: bool = True


class Invalid(NamedTuple):
    """A missing value (with an empty span) or an invalid one."""

    span: Span


Value = String | Scalar | Array | InlineTable | Invalid


class Key(NamedTuple):
    """One part of a dotted key, its quotes included in ``span``."""

    name: str
    span: Span


class TomlEntry(NamedTuple):
    """A key/value pair. ``path`` is the path of its table, followed by the names of ``keys``."""

    path: Path
    keys: tuple[Key, ...]
    value: Value


class Header(NamedTuple):
    """``[table]`` or ``[[table]]``; ``body`` is the number of entries before it in the document."""

    path: Path
    keys: tuple[Key, ...]
    span: Span
    body: int


class TomlError(NamedTuple):
    """A syntax error, with a message and help for the user."""

    span: Span
    message: str
    help: str = ""


class TomlScan(NamedTuple):
    """The result of a scan, in document order.

    ``entries`` are those of the document's tables; entries of inline tables are in their values. Each span in
    ``comments`` extends from ``#`` to the end of the line. ``errors`` is empty exactly if the text is valid TOML.
    With ``is_truncated`` the document has too many errors or statements: it has errors, and nothing else is returned.
    """

    entries: tuple[TomlEntry, ...]
    headers: tuple[Header, ...]
    comments: tuple[Span, ...]
    errors: tuple[TomlError, ...]
    is_truncated: bool = False


_offset = attrgetter("offset")


def source_span(string: String, start: int, end: int) -> Span:
    """Return the span of ``string.value[start:end]`` in the scanned text."""
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
    """Return the offset in the scanned text of one code point of the value."""
    before = bisect_right(string.escapes, offset, key=lambda escape: escape.offset + escape.width)
    if not before:
        return string.span.start + string.quote + offset
    escape = string.escapes[before - 1]
    return escape.end + offset - escape.offset - escape.width
