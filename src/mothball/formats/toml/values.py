"""The result of a TOML scan: values, key/value pairs and table headers with their spans, and queries of them.

Spans are code-point offsets into the scanned text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, assert_never

from mothball.model.document import Span
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    import datetime as dt

    from mothball.formats.source_map import SourceMap

# Names of tables and keys, and 0-based indexes of arrays.
Path = tuple[str | int, ...]


class String(NamedTuple):
    """A string of any of the four kinds, its quotes included in ``span``.

    ``value`` is decoded. ``quote`` is the length of the delimiter, 1 or 3, or 0 if the opening delimiter is missing.
    ``closed`` is False if either delimiter is missing; without the closing one, the string ends with the line or before
    the next statement. ``source`` maps the value to the text if they differ, else it is None.
    """

    span: Span
    value: str
    quote: int = 1
    closed: bool = True
    source: SourceMap | None = None

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

    @property
    def inner(self) -> Span:
        """The span of the name without quotes."""
        name, (start, end) = self
        is_quoted = end - start != len(name)
        return make(Span, (start + is_quoted, end - is_quoted))


class TomlEntry(NamedTuple):
    """A key/value pair. ``keys`` are those of all names in ``path``: those of its table come first."""

    path: Path
    keys: tuple[Key, ...]
    value: Value


class Header(NamedTuple):
    """``[table]`` or ``[[table]]``; ``keys`` are as in ``TomlEntry``, ``body`` is the number of entries before it."""

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
    ``multi_line_strings`` are the spans of strings in triple quotes, in any value. With ``is_truncated`` the document
    has too many errors or statements: it has errors, and nothing else is returned.
    """

    entries: tuple[TomlEntry, ...]
    headers: tuple[Header, ...]
    comments: tuple[Span, ...]
    errors: tuple[TomlError, ...]
    multi_line_strings: tuple[Span, ...] = ()
    is_truncated: bool = False

    def bodies(self) -> Iterator[tuple[Header | None, tuple[TomlEntry, ...]]]:
        """Yield each table header with its entries; entries before the first header have the header None."""
        bounds = pairwise((0, *(header.body for header in self.headers), len(self.entries)))
        for header, (start, end) in zip((None, *self.headers), bounds, strict=True):
            yield header, self.entries[start:end]


def source_span(string: String, start: int, end: int) -> Span:
    """Return the span of ``string.value[start:end]`` in the scanned text."""
    if string.source and string.value:
        return string.source.locate(start, end)
    begin = string.span.start + string.quote
    return make(Span, (begin + start, begin + max(start, end)))


# --- queries of a finished scan ---------------------------------------------------------------------------------------

_Container = dict[Any, Any] | list[Any]


def key_at(part: TomlEntry | Header, depth: int) -> Key | None:
    """Return the key of the step ``depth`` of the path, None for an array index and after the end of the path."""
    path = part.path
    if depth >= len(path) or isinstance(path[depth], int):
        return None
    return part.keys[sum(isinstance(step, str) for step in path[:depth])]


def inline_entries(entry: TomlEntry) -> Iterator[TomlEntry]:
    """Yield the entries in an inline table, or the tables of an array of them, with their full paths."""
    path, keys, value = entry
    if isinstance(value, InlineTable):
        for inner in value.entries:
            yield make(TomlEntry, (path + inner.path, keys + inner.keys, inner.value))
    elif isinstance(value, Array):
        for number, item in enumerate(value.items):
            if isinstance(item, InlineTable):
                yield TomlEntry((*path, number), keys, item)


def flatten_inline_tables(entries: Iterable[TomlEntry]) -> Iterator[TomlEntry]:
    """Yield ``entries`` in document order, with inline tables replaced by their entries.

    The path of a value then does not depend on the notation of its table. Empty inline tables and those inside arrays
    are kept.
    """
    for entry in entries:
        if isinstance(entry.value, InlineTable) and entry.value.entries:
            yield from flatten_inline_tables(inline_entries(entry))
        else:
            yield entry


def to_mapping(scan: TomlScan, prefix: Path = ()) -> dict[str, Any]:
    """Return the document as plain values; for valid TOML 1.0, the result of ``tomllib.loads``.

    With a ``prefix``, tables that are not at this path are left out. For a document with errors, return what could be
    read; duplicate keys have their first value.
    """
    root: dict[str, Any] = {}
    depth = len(prefix)
    for header, entries in scan.bodies():
        if header is not None and header.path[:depth] == prefix[: len(header.path)]:
            _enter_all(root, header.path)
        _place_all(root, (entry for entry in entries if entry.path[:depth] == prefix[: len(entry.path)]))
    return root


def table_at(scan: TomlScan, path: tuple[str, ...]) -> object:
    """Return the table at ``path`` as plain values, empty if there is none; or the value in its place."""
    table: object = to_mapping(scan, path)
    for key in path:
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    return table


def _place_all(root: dict[str, Any], entries: Iterable[TomlEntry]) -> None:
    for entry in entries:
        table = _enter_all(root, entry.path[:-1])
        if isinstance(table, dict) and not isinstance(entry.value, Invalid):
            table.setdefault(entry.path[-1], _plain(entry.value))


def _enter_all(root: dict[str, Any], path: Path) -> _Container | None:
    """Return the table at ``path``, created if missing, or None if another value is in its place."""
    container: _Container = root
    for depth, step in enumerate(path, 1):
        kind: type[_Container] = list if depth < len(path) and isinstance(path[depth], int) else dict
        child: object
        if isinstance(container, dict):
            child = container.setdefault(step, kind())
        else:
            # Entries are in document order: an index is either new or that of the last table.
            if step not in range(len(container)):
                container.append(kind())
            child = container[-1]
        if not isinstance(child, kind):
            return None
        container = child
    return container


def _plain(value: String | Scalar | Array | InlineTable) -> object:
    match value:
        case String() | Scalar():
            return value.value
        case Array():
            return [_plain(item) for item in value.items if not isinstance(item, Invalid)]
        case InlineTable():
            table: dict[str, Any] = {}
            _place_all(table, value.entries)
            return table
        case _:
            assert_never(value)


def first_error_in(parsed: TomlScan, prefix: tuple[str, ...]) -> TomlError | None:
    """Return the first error in the table at ``prefix``, or None if all errors are in other tables.

    A table ends at the next header; the scanner finds headers even after errors.
    """
    if parsed.is_truncated:
        return parsed.errors[0]
    is_inside = [header.path[: len(prefix)] == prefix for header in parsed.headers]
    if not prefix or not any(is_inside):
        return parsed.errors[0] if parsed.errors else None
    starts = [header.span.start for header in parsed.headers]
    for error in parsed.errors:
        index = bisect_right(starts, error.span.end) - 1
        if index >= 0 and is_inside[index]:
            return error
    return None


def find_span(scan: TomlScan, path: Path) -> Span | None:
    """Return the span of the key at ``path``, or of the array item or table if ``path`` ends with an index.

    Headers are searched before entries. Return None if there is no such key.
    """
    for header in scan.headers:
        if header.path[: len(path)] == path:
            key = key_at(header, len(path) - 1)
            return key.span if key else header.span
    return _span_in(scan.entries, path)


def _span_in(entries: Iterable[TomlEntry], path: Path) -> Span | None:
    for entry in entries:
        if entry.path[: len(path)] == path:
            key = key_at(entry, len(path) - 1)
            return key.span if key else None
        depth = len(entry.path)
        if entry.path == path[:depth] and (span := _span_inside(entry.value, path[depth:])):
            return span
    return None


def _span_inside(value: Value, path: Path) -> Span | None:
    match value:
        case InlineTable():
            return _span_in(value.entries, path)
        case Array() if isinstance(path[0], int) and path[0] < len(value.items):
            item = value.items[path[0]]
            return item.span if len(path) == 1 else _span_inside(item, path[1:])
        case _:
            return None
