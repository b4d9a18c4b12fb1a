"""What the statements of a TOML document add up to: its tables (TOML 1.1, "Keys", "Table", "Array of Tables").

``Definitions`` watches that nothing is defined twice; the functions below it read a finished scan.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, assert_never

from mothball.formats.toml.cursor import MAX_ERRORS
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

# --- nothing is defined twice -----------------------------------------------------------------------------------------

# Who made a table: a longer header in passing, its own header, or (a number) the dotted keys of that table's body.
_IN_PASSING = -2
_BY_HEADER = -1

# How much of a name a message repeats.
_SHOWN = 60


class _Leaf:
    """A value: nothing can extend it, not even where it is an array or an inline table."""

    __slots__ = ()


class _Table:
    __slots__ = ("children", "maker")

    def __init__(self, maker: int) -> None:
        self.maker = maker
        self.children: dict[str, _Table | _Tables | _Leaf] = {}


class _Tables:
    """An array of tables: how many there are, and the last, which is the only one that can be extended."""

    __slots__ = ("last", "size")

    def __init__(self) -> None:
        self.size = 0

    def append(self) -> _Table:
        self.size += 1
        self.last = _Table(_BY_HEADER)
        return self.last


_LEAF = _Leaf()


class Definitions:
    """The tables and keys that a document, or one inline table, has defined so far."""

    def __init__(self) -> None:
        """Begin with the root table, empty."""
        self._root = self._table = _Table(_BY_HEADER)
        self._body = 0

    def open_table(self, keys: Sequence[Key], *, is_array: bool) -> tuple[Path, str]:
        """Enter a header; return the table's path and what is wrong with the header, empty where nothing is.

        The body of a wrong header is held apart: what it defines is checked by itself alone.
        """
        self._body += 1
        self._table = _Table(_BY_HEADER)
        parent, path, complaint = self._descend(keys)
        name = keys[-1].name
        path.append(name)
        known = parent.children.get(name)
        match known:
            case _Tables() if is_array:
                self._table = known.append()
                path.append(known.size - 1)
            case None if is_array:
                parent.children[name] = tables = _Tables()
                self._table = tables.append()
                path.append(0)
            case None:
                parent.children[name] = self._table
            case _Table(maker=maker) if maker == _IN_PASSING and not is_array:
                known.maker = _BY_HEADER
                self._table = known
            case _:
                complaint = complaint or f"`{one_line(name, _SHOWN)}` is already defined"
        return tuple(path), complaint

    def _descend(self, keys: Sequence[Key]) -> tuple[_Table, list[str | int], str]:
        """Go down all keys but the last; return the table there, its path, and what stands in the way."""
        table = self._root
        path: list[str | int] = []
        complaint = ""
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
                    table.children[key.name] = table = _Table(_IN_PASSING)
                case _Leaf():
                    complaint = complaint or f"`{one_line(key.name, _SHOWN)}` is a value, not a table"
                    table = _Table(_IN_PASSING)
                case _:
                    assert_never(child)
        return table, path, complaint

    def define(self, keys: Sequence[Key]) -> str:
        """Define a key in the table entered last; return what is wrong with it, empty where nothing is."""
        table = self._table
        for key in keys[:-1]:
            child = table.children.get(key.name)
            if child is None:
                table.children[key.name] = child = _Table(self._body)
            elif not isinstance(child, _Table) or child.maker not in {_IN_PASSING, self._body}:
                return f"`{one_line(key.name, _SHOWN)}` is defined elsewhere and cannot be extended here"
            child.maker = self._body
            table = child
        name = keys[-1].name
        if name in table.children:
            return f"`{one_line(name, _SHOWN)}` is already defined"
        table.children[name] = _LEAF
        return ""


# --- reading a finished scan ------------------------------------------------------------------------------------------

_Container = dict[Any, Any] | list[Any]


def flatten_inline_tables(entries: Iterable[TomlEntry], path: Path = ()) -> Iterator[TomlEntry]:
    """Yield ``entries`` in document order with every inline table taken apart, so that no value is one.

    However a table is written, a value in it has one path: that of what is yielded begins with ``path``. An inline
    table that holds nothing is yielded as it stands; those inside arrays stay where they are.
    """
    for entry in entries:
        if isinstance(entry.value, InlineTable) and entry.value.entries:
            yield from flatten_inline_tables(entry.value.entries, path + entry.path)
        else:
            yield TomlEntry(path + entry.path, entry.keys, entry.value) if path else entry


def to_mapping(scan: TomlScan) -> dict[str, Any]:
    """Return the document as plain values: for valid TOML 1.0, what ``tomllib.loads`` returns.

    Of a document with errors it holds what could be read; what is defined twice has its first value.
    """
    root: dict[str, Any] = {}
    placed = 0
    for header in scan.headers:
        _place_all(root, scan.entries[placed : header.body])
        placed = header.body
        _enter_all(root, header.path)
    _place_all(root, scan.entries[placed:])
    return root


def _place_all(root: dict[str, Any], entries: Iterable[TomlEntry]) -> None:
    for entry in entries:
        table = _enter_all(root, entry.path[:-1])
        if isinstance(table, dict) and not isinstance(entry.value, Invalid):
            table.setdefault(entry.path[-1], _plain(entry.value))


def _enter_all(root: dict[str, Any], path: Path) -> _Container | None:
    """Return the table at ``path``, made where there is none; None where something else stands in the way."""
    container: _Container = root
    for place, step in enumerate(path, 1):
        is_array = place < len(path) and isinstance(path[place], int)
        child = _enter(container, step, list if is_array else dict)
        if child is None:
            return None
        container = child
    return container


def _enter(container: _Container, step: str | int, kind: type[_Container]) -> _Container | None:
    child: object
    if isinstance(container, list):
        # Statements come in their order: a number is either new, or that of the last table so far.
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
    """Return the first error that may touch the table at ``prefix``, None where all of them stand elsewhere.

    The table ends where the next header stands, and the scanner finds headers whatever stands before them.
    """
    if len(parsed.errors) >= MAX_ERRORS:
        return parsed.errors[0]
    ours = [header.path[: len(prefix)] == prefix for header in parsed.headers]
    if not prefix or not any(ours):
        return parsed.errors[0] if parsed.errors else None
    starts = [header.span.start for header in parsed.headers]
    for error in parsed.errors:
        place = bisect_right(starts, error.span.end) - 1
        if place >= 0 and ours[place]:
            return error
    return None


def find_span(scan: TomlScan, path: Path) -> Span | None:
    """Return the place of the key at ``path``, or of the array item or table where it ends in a number.

    Of several, the first that stands in a header, then the first in an entry; None where there is no such key.
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
