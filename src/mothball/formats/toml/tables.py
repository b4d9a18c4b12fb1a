"""Tables of a TOML document (TOML 1.1, "Keys", "Table", "Array of Tables").

``Definitions`` detects duplicate definitions during a scan; the functions below it query a finished scan.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, assert_never

from mothball.formats.toml.values import (
    Array,
    InlineTable,
    Invalid,
    Key,
    Path,
    Scalar,
    String,
    TomlEntry,
    TomlError,
    TomlScan,
    Value,
)
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mothball.model.document import Span

# --- duplicate definitions --------------------------------------------------------------------------------------------

# How a table was created: implicitly by a longer header, by its own header, or by dotted keys (the number of the body).
_IMPLICIT = -2
_BY_HEADER = -1

# The maximum number of code points of a name in a message.
_MAX_SHOWN = 60


class _Leaf:
    """A value, which cannot be extended, even if it is an array or an inline table."""

    __slots__ = ()


class _Table:
    __slots__ = ("children", "created_by")

    def __init__(self, created_by: int) -> None:
        self.created_by = created_by
        self.children: dict[str, _Table | _Tables | _Leaf] = {}


class _Tables:
    """An array of tables: their number and the last table, the only one that can be extended."""

    __slots__ = ("last", "size")

    def __init__(self) -> None:
        self.size = 0

    def append(self) -> _Table:
        self.size += 1
        self.last = _Table(_BY_HEADER)
        return self.last


_LEAF = _Leaf()


class Definitions:
    """The tables and keys defined so far in a document or in one inline table."""

    def __init__(self) -> None:
        """Initialize with an empty root table."""
        self._root = self._table = _Table(_BY_HEADER)
        self._body = 0

    def open_table(self, keys: Sequence[Key], *, is_array: bool) -> tuple[Path, str]:
        """Open the table of a header; return its path and an error message, empty if the header is valid.

        The body of an invalid header is checked separately.
        """
        self._body += 1
        self._table = _Table(_BY_HEADER)
        parent, path, error = self._descend(keys)
        name = keys[-1].name
        path.append(name)
        existing = parent.children.get(name)
        match existing:
            case _Tables() if is_array:
                self._table = existing.append()
                path.append(existing.size - 1)
            case None if is_array:
                parent.children[name] = tables = _Tables()
                self._table = tables.append()
                path.append(0)
            case None:
                parent.children[name] = self._table
            case _Table(created_by=created_by) if created_by == _IMPLICIT and not is_array:
                existing.created_by = _BY_HEADER
                self._table = existing
            case _:
                error = error or f"`{one_line(name, _MAX_SHOWN)}` is already defined"
        return tuple(path), error

    def _descend(self, keys: Sequence[Key]) -> tuple[_Table, list[str | int], str]:
        """Follow all keys but the last; return the table there, its path and an error message, empty if valid."""
        table = self._root
        path: list[str | int] = []
        error = ""
        for key in keys[:-1]:
            path.append(key.name)
            child = table.children.get(key.name)
            match child:
                case _Table():
                    table = child
                case _Tables():
                    path.append(child.size - 1)
                    table = child.last
                case None:
                    table.children[key.name] = table = _Table(_IMPLICIT)
                case _Leaf():
                    error = error or f"`{one_line(key.name, _MAX_SHOWN)}` is a value, not a table"
                    table = _Table(_IMPLICIT)
                case _:
                    assert_never(child)
        return table, path, error

    def define(self, keys: Sequence[Key]) -> str:
        """Define a key in the last opened table; return an error message, empty if the key is valid."""
        table = self._table
        for key in keys[:-1]:
            child = table.children.get(key.name)
            if child is None:
                table.children[key.name] = child = _Table(self._body)
            elif not isinstance(child, _Table) or child.created_by not in {_IMPLICIT, self._body}:
                return f"`{one_line(key.name, _MAX_SHOWN)}` is defined elsewhere and cannot be extended here"
            child.created_by = self._body
            table = child
        name = keys[-1].name
        if name in table.children:
            return f"`{one_line(name, _MAX_SHOWN)}` is already defined"
        table.children[name] = _LEAF
        return ""


# --- queries of a finished scan ---------------------------------------------------------------------------------------

_Container = dict[Any, Any] | list[Any]


def flatten_inline_tables(entries: Iterable[TomlEntry], path: Path = ()) -> Iterator[TomlEntry]:
    """Yield ``entries`` in document order, with inline tables replaced by their entries.

    The path of a value then does not depend on the notation of its table; ``path`` is prepended to all paths. Empty
    inline tables and those inside arrays are kept.
    """
    for entry in entries:
        if isinstance(entry.value, InlineTable) and entry.value.entries:
            yield from flatten_inline_tables(entry.value.entries, path + entry.path)
        else:
            yield TomlEntry(path + entry.path, entry.keys, entry.value) if path else entry


def to_mapping(scan: TomlScan) -> dict[str, Any]:
    """Return the document as plain values; for valid TOML 1.0, the result of ``tomllib.loads``.

    For a document with errors, return what could be read; duplicate keys have their first value.
    """
    root: dict[str, Any] = {}
    body_end = 0
    for header in scan.headers:
        _place_all(root, scan.entries[body_end : header.body])
        body_end = header.body
        _enter_all(root, header.path)
    _place_all(root, scan.entries[body_end:])
    return root


def _place_all(root: dict[str, Any], entries: Iterable[TomlEntry]) -> None:
    for entry in entries:
        table = _enter_all(root, entry.path[:-1])
        if isinstance(table, dict) and not isinstance(entry.value, Invalid):
            table.setdefault(entry.path[-1], _plain(entry.value))


def _enter_all(root: dict[str, Any], path: Path) -> _Container | None:
    """Return the table at ``path``, created if missing, or None if another value is in its place."""
    container: _Container = root
    for depth, step in enumerate(path, 1):
        is_array = depth < len(path) and isinstance(path[depth], int)
        child = _enter(container, step, list if is_array else dict)
        if child is None:
            return None
        container = child
    return container


def _enter(container: _Container, step: str | int, kind: type[_Container]) -> _Container | None:
    child: object
    if isinstance(container, list):
        # Entries are in document order: an index is either new or that of the last table.
        if step not in range(len(container)):
            container.append(kind())
        child = container[-1]
    else:
        child = container.setdefault(step, kind())
    return child if isinstance(child, kind) else None


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
            names = [step for step in path if isinstance(step, str)]
            return header.span if isinstance(path[-1], int) else header.keys[len(names) - 1].span
    return _span_in(scan.entries, path)


def _span_in(entries: Iterable[TomlEntry], path: Path) -> Span | None:
    for entry in entries:
        if entry.path[: len(path)] == path:
            return entry.keys[len(path) - 1 - len(entry.path)].span
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
