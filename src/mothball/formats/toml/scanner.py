"""Tolerant TOML scanner: find every key, value, header and comment with its span, also in incomplete documents.

It supports TOML 1.0 and 1.1. ``scan`` never raises and never stops at an error: it reports the error and continues so
that the rest of the document keeps its meaning. Recovery from errors:

- an unclosed string ends with the line;
- an array without ``]`` ends before the next ``key =`` or table header;
- an inline table without ``}`` ends before the first token that cannot belong to it;
- items after an array, or without the opening ``[``, still belong to its key;
- a header with a missing bracket counts as a header, a second statement on a line is read, merge conflict markers are
  skipped, and any other invalid line is skipped on its own.

The text must not have a byte-order mark; it would be reported as an error and skipped. The caller limits the file size.
The scan takes one pass and linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mothball.formats.toml.tokens import (
    CONFLICT,
    INCOMPLETE_HEADER,
    LINE_ENDS,
    MAX_DEPTH,
    SPACE,
    Cursor,
    TooManyError,
    end_of,
)
from mothball.formats.toml.values import (
    Array,
    Header,
    InlineTable,
    Invalid,
    Key,
    Path,
    String,
    TomlEntry,
    TomlScan,
    Value,
)
from mothball.model.document import MAX_SYNTAX_ERRORS, ParseProblem, Span
from mothball.model.records import make
from mothball.model.sanitize import one_line

# Of tables and key/value pairs, and of items of an array; a lock of 10,000 packages has half as many.
MAX_STATEMENTS = 100_000
_TOO_DEEP = "nested too deeply"
# The most common forms of statements, items and headers, matched by one pattern each.
_SIMPLE_PAIR = re.compile(r'([A-Za-z0-9_-]++)[ \t]*+=[ \t]*+("([^"\\\r\n]++)")[ \t]*+(?=[\r\n#]|\Z)')
_SIMPLE_KEY = re.compile(r"([A-Za-z0-9_-]++)[ \t]*+=[ \t]*+")
_SIMPLE_STRING = re.compile(r'"([^"\\\r\n]++)"')
_SIMPLE_ITEM = re.compile(r'[ \t\r\n]*+"([^"\\\r\n]++)"[ \t]*+(?:(,)|(?=[\]\r\n#]))')
_SIMPLE_HEADER = re.compile(r"\[([A-Za-z0-9_-]++(?>(?:\.[A-Za-z0-9_-]++)*))\](?=[ \t]*+(?:[\r\n#]|\Z))")

# Text between a key and its value if "=" is missing or does not follow the key directly. `re` compiles it on first use.
_TO_VALUE = r"""[ \t:]*+(?=["'\[{])|[^\r\n=#"'\[\]{},]*+=(?!=)[ \t]*+"""


def scan(text: str) -> TomlScan:
    """Scan a TOML document; ``errors`` of the result is empty exactly if the text is valid TOML 1.1.

    At most 200 errors are kept, and at most 100 levels of nesting are read. Raises nothing.
    """
    return _TomlScanner(text).document()


@lru_cache(maxsize=4)
def scan_cached(text: str) -> TomlScan:
    """Scan a TOML document with a small cache.

    A pyproject.toml is scanned to look for mothball's table, to read that table, and to read the dependencies.
    """
    return scan(text)


def syntax_problems(document: TomlScan) -> list[ParseProblem]:
    """Return the first syntax errors of a document as problems.

    In a document with merge conflicts, these are the only problems: the others are mostly consequences.
    """
    conflicts = [error for error in document.errors if error.message == CONFLICT]
    errors = (conflicts or document.errors)[:MAX_SYNTAX_ERRORS]
    return [ParseProblem(error.span, f"invalid TOML: {error.message}", error.help) for error in errors]


class _TomlScanner(Cursor):
    """One scan. Methods that read a value take its offset and return it with the offset after it."""

    def __init__(self, text: str) -> None:
        """Initialize with the text to scan."""
        super().__init__(text)
        self._entries: list[TomlEntry] = []
        self._headers: list[Header] = []
        self._definitions = Definitions()
        self._table: Path = ()
        self._table_keys: tuple[Key, ...] = ()
        # True if the statement before was an entry: items outside of an array are then added to it.
        self._after_entry = False
        # The entry with the last unclosed array: such items are added to it instead of the last entry.
        self._open_entry: TomlEntry | None = None

    def document(self) -> TomlScan:
        """Scan the whole text; must be called only once."""
        text = self._text
        position = 0
        if text.startswith("\ufeff"):
            self._error(0, 1, "byte-order mark", "save the file as UTF-8 without a byte-order mark")
            position = 1
        try:
            while (position := self._gap(position)) < len(text):
                position = self._header(position) if text[position] == "[" else self._statement(position)
                self._check_count(len(self._entries) + len(self._headers), position)
        except TooManyError:
            # A part of the settings could be worse than none: it may lack the table that keeps names on an index.
            return TomlScan((), (), (), self._all_errors(), is_truncated=True)
        return TomlScan(
            tuple(self._entries),
            tuple(self._headers),
            tuple(self._comments),
            self._all_errors(),
            tuple(self._multi_line_strings),
        )

    def _check_count(self, count: int, position: int) -> None:
        """Raise TooManyError if ``count`` statements or items are too many."""
        if count > MAX_STATEMENTS:
            help_text = f"at most {MAX_STATEMENTS:,} statements, and items of an array, are read"
            self._error(position, position, "too long", help_text)
            raise TooManyError

    # --- table headers ------------------------------------------------------------------------------------------------

    def _header(self, position: int) -> int:
        text = self._text
        if (simple := _SIMPLE_HEADER.match(text, position)) and simple[1].count(".") < MAX_DEPTH:
            self._open_table(self._keys(position + 1)[0], Span(position, simple.end()), is_array=False)
            return simple.end()
        opening = 2 if text.startswith("[[", position) else 1
        keys, after = self._keys(position + opening)
        if not keys and text[after : after + 1] in {'"', "'"}:
            self._error(after, after + 1, "unclosed quote", "close the quote, or remove it")
            keys, after = self._keys(after + 1)
        incomplete = re.compile(INCOMPLETE_HEADER).match(text, position)
        if not keys or text.startswith(",", after) or (incomplete and incomplete[2]):
            # Without a complete name it opens no table: the following entries still belong to the table before.
            self._error_at(position, "incomplete table header", "write [NAME]")
            return self._rest_of_line(position)
        return self._close_header(position, opening, keys, after)

    def _close_header(self, position: int, opening: int, keys: tuple[Key, ...], after: int) -> int:
        closing = 2 if self._text.startswith("]]", after) else int(self._text.startswith("]", after))
        span = Span(position, after + closing if closing else keys[-1].span.end)
        if opening != closing:
            self._error(*span, "mismatched brackets in a table header", "write [NAME], or [[NAME]] for an array")
        self._open_table(keys, span, is_array=opening == closing == 2)
        following = self._finish_line(span.end)
        return self._rest_of_line(span.end) if following is None else following

    def _open_table(self, keys: tuple[Key, ...], span: Span, *, is_array: bool) -> None:
        path, error = self._definitions.open_table(keys, is_array=is_array)
        self._report_definition(keys, error)
        self._headers.append(Header(path, keys, span, len(self._entries)))
        self._table, self._table_keys = path, keys
        self._after_entry = False
        self._open_entry = None

    def _report_definition(self, keys: tuple[Key, ...], error: str) -> None:
        if error:
            self._error(keys[0].span.start, keys[-1].span.end, error, "rename it, or merge the two definitions")

    # --- key/value pairs ----------------------------------------------------------------------------------------------

    def _statement(self, position: int) -> int:
        if simple := _SIMPLE_PAIR.match(self._text, position):
            name, _, value = simple.groups()
            key = make(Key, (name, make(Span, simple.span(1))))
            string = make(String, (make(Span, simple.span(2)), value, 1, True, None))
            self._entries.append(make(TomlEntry, ((*self._table, name), (*self._table_keys, key), string)))
            self._report_definition((key,), self._definitions.define((key,)))
            self._after_entry = True
            return simple.end()
        if simple := _SIMPLE_KEY.match(self._text, position):
            return self._pair((Key(simple[1], Span(*simple.span(1))),), simple.end())
        keys, after = self._keys(position, len(self._table))
        if keys and self._text.startswith("=", after):
            return self._pair(keys, end_of(SPACE, self._text, after + 1))
        return self._invalid_statement(position, keys, after)

    def _pair(self, keys: tuple[Key, ...], position: int) -> int:
        path = (*self._table, *[key.name for key in keys])
        value, position = self._value(position, len(path))
        self._entries.append(TomlEntry(path, self._table_keys + keys, value))
        self._report_definition(keys, self._definitions.define(keys))
        self._after_entry = True
        if isinstance(value, Array):
            self._open_entry = None if value.closed else self._entries[-1]
        return self._after_value(position)

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self, position: int, depth: int, closer: str = "") -> tuple[Value, int]:
        """Read a value. ``closer`` is the closing bracket of the enclosing array or inline table, if any."""
        text = self._text
        if simple := _SIMPLE_STRING.match(text, position):
            return make(String, (make(Span, simple.span()), simple[1], 1, True, None)), simple.end()
        char = text[position : position + 1]
        if char in {"[", "{"}:
            return self._array_or_table(position, depth + 1, closer)
        value = self._string(position, nested=bool(closer)) if char in {'"', "'"} else self._scalar(position)
        return value, value.span.end

    def _array_or_table(self, position: int, depth: int, closer: str) -> tuple[Value, int]:
        if depth > MAX_DEPTH:
            end = self._rest_of_line(position)
            # Once: every further level would repeat it.
            if not any(error.message == _TOO_DEEP for error in self._errors):
                self._error(position, position + 1, _TOO_DEEP, f"nest at most {MAX_DEPTH} levels")
            return Invalid(Span(position, end)), end
        if self._text[position] == "[":
            return self._items(position, position + 1, [], depth, closer)
        return self._inline_table(position, depth, closer)

    def _items(self, start: int, position: int, items: list[Value], depth: int, closer: str = "") -> tuple[Array, int]:
        """Read the items of an array that begins at ``start``; ``items`` are those already read."""
        text = self._text
        separated = True
        while True:
            if separated and (simple := _SIMPLE_ITEM.match(text, position)):
                opening, end = simple.span(1)
                items.append(make(String, (make(Span, (opening - 1, end + 1)), simple[1], 1, True, None)))
                separated = simple[2] is not None
                position = simple.end()
                continue
            self._check_count(len(items), position)
            end, position = position, self._gap(position)
            match text[position : position + 1]:
                case "]":
                    return Array(Span(start, position + 1), tuple(items)), position + 1
                case ",":
                    if separated:
                        self._error(position, position + 1, "no value before this comma", "remove the comma")
                    separated = True
                    position += 1
                case char if not char or (char == "}" == closer) or self._ends_array(position, closer):
                    self._error(start, start + 1, "unclosed array", "close it with ]")
                    return Array(Span(start, end), tuple(items), closed=False), position
                case "}":
                    self._error(position, position + 1, "unmatched `}`", "remove it")
                    position += 1
                case _ if self._report_conflict_marker(position) or self._is_incomplete_header(position):
                    position = self._rest_of_line(position)
                    separated = True
                case _:
                    if not separated:
                        self._error_at(position, "missing comma before this item", "separate items with commas")
                    item, position = self._value(position, depth, "]")
                    items.append(item)
                    separated = _is_open(item)

    def _inline_table(self, start: int, depth: int, closer: str) -> tuple[InlineTable, int]:
        text = self._text
        entries: list[TomlEntry] = []
        definitions = Definitions()
        position = start + 1
        separated = True
        while True:
            end, position = position, self._gap(position)
            char = text[position : position + 1]
            if char == "}":
                return InlineTable(Span(start, position + 1), tuple(entries)), position + 1
            if char == "," and not separated:
                separated = True
                position += 1
                continue
            if char == "]" and closer != "]" and not separated:
                self._error(position, position + 1, "unmatched `]`", "remove it")
                position += 1
                entries[-1] = _in_brackets(entries[-1], position)
                continue
            keys, after = self._keys(position, depth) if separated else ((), position)
            if not keys or not text.startswith("=", after):
                self._error(start, start + 1, "unclosed inline table", "close it with }")
                return InlineTable(Span(start, end), tuple(entries), closed=False), position
            value, position = self._value(end_of(SPACE, text, after + 1), depth + len(keys), "}")
            entries.append(make(TomlEntry, (tuple([key.name for key in keys]), keys, value)))
            self._report_definition(keys, definitions.define(keys))
            # An unclosed array that ends before a key on the same line has consumed the comma.
            separated = isinstance(value, Array) and not value.closed and position != self._line_start

    # --- error recovery -----------------------------------------------------------------------------------------------

    def _after_value(self, position: int) -> int:
        """Return the offset to continue at after the value of the last entry."""
        if end := LINE_ENDS.match(self._text, position):
            return end.end()
        entry = self._entries[-1]
        if _is_open(entry.value):
            return position
        start = end_of(SPACE, self._text, position)
        char = self._text[start]
        if isinstance(entry.value, Invalid) and char in "[{\"'":
            value, position = self._value(start, len(entry.path))
            self._entries[-1] = TomlEntry(entry.path, entry.keys, value)
            return self._after_value(position)
        following = self._finish_line(position)
        return self._stray_items(entry, start) if following is None else following

    def _stray_items(self, entry: TomlEntry, position: int) -> int:
        """Read the rest of a line after the value of ``entry`` as items of an array with a missing bracket."""
        char = self._text[position]
        if isinstance(entry.value, String | InlineTable) and char in ",]":
            array, position = self._items(entry.value.span.start, position, [entry.value], len(entry.path))
            if array.closed or len(array.items) > 1:
                self._entries[-1] = _with_items(entry, array)
            return position
        if isinstance(entry.value, Array) and char in ",\"'":
            return self._more_items(position)
        return self._rest_of_line(position)

    def _more_items(self, position: int) -> int:
        """Read items outside of an array and add them as a second value of the entry that they belong to."""
        entry = self._open_entry or self._entries[-1]
        array, position = self._items(position, position, [], len(entry.path))
        if array.closed:
            self._open_entry = None
        if array.items:
            self._entries.append(_with_items(entry, array))
        return position

    def _invalid_statement(self, position: int, keys: tuple[Key, ...], after: int) -> int:
        """Recover from a line that is neither a key/value pair nor a table header."""
        text = self._text
        char = text[position]
        if self._report_conflict_marker(position):
            return self._rest_of_line(position)
        if char in "]},=":
            self._error(position, position + 1, f"unexpected `{char}`", "remove it")
            if char == "]" and self._after_entry:
                self._entries[-1] = _in_brackets(self._entries[-1], position + 1)
            return position + 1
        self._error_at(position, "expected KEY = VALUE or [TABLE]", "quote strings, and begin comments with #")
        if self._after_entry and self._could_be_item(position):
            return self._more_items(position)
        if keys and text.startswith("]", after) and text[position - 1 : position] in {"", "\n", "\r"}:
            return self._close_header(position, 0, keys, after)
        if keys and (separator := re.compile(_TO_VALUE).match(text, after)):
            return self._pair(keys, separator.end())
        return self._rest_of_line(position)

    def _could_be_item(self, position: int) -> bool:
        """Return True if an invalid line could be an item of an array with a missing bracket."""
        text = self._text
        char = text[position]
        if char == "{":
            return isinstance(self._entries[-1].value, Invalid)
        return char in "\"'" and not text.startswith(char * 3, position)


def _in_brackets(entry: TomlEntry, end: int) -> TomlEntry:
    """Return ``entry`` with its string value wrapped in an array whose opening bracket is missing."""
    if not isinstance(entry.value, String):
        return entry
    return _with_items(entry, Array(Span(entry.value.span.start, end), (entry.value,)))


def _with_items(entry: TomlEntry, array: Array) -> TomlEntry:
    """Return ``entry`` with the items of ``array``, in which a bracket is missing."""
    return TomlEntry(entry.path, entry.keys, Array(array.span, array.items, closed=False))


def _is_open(value: Value) -> bool:
    """Return True if ``value`` is an unclosed array or inline table."""
    return isinstance(value, Array | InlineTable) and not value.closed


# --- duplicate definitions (TOML 1.1, "Keys", "Table", "Array of Tables") ---------------------------------------------

# How a table was created: implicitly by a longer header, by its own header, or by dotted keys (the number of the body).
_IMPLICIT = -2
_BY_HEADER = -1

# The maximum number of code points of a name in a message.
_MAX_SHOWN = 60


class _Definition:
    """A table, or an array of tables: ``size`` is their number, and ``children`` are those of the last one."""

    __slots__ = ("children", "created_by", "size")

    def __init__(self, created_by: int, size: int = 0) -> None:
        self.created_by = created_by
        self.size = size
        self.children: dict[str, _Definition] = {}


# A value, which cannot be extended, even if it is an array or an inline table.
_VALUE = _Definition(_BY_HEADER)


class Definitions:
    """The tables and keys defined so far in a document or in one inline table."""

    def __init__(self) -> None:
        """Initialize with an empty root table."""
        self._root = self._table = _Definition(_BY_HEADER)
        self._body = 0

    def open_table(self, keys: Sequence[Key], *, is_array: bool) -> tuple[Path, str]:
        """Open the table of a header; return its path and an error message, empty if the header is valid.

        The body of an invalid header is checked separately.
        """
        self._body += 1
        parent = self._root
        path: list[str | int] = []
        error = ""
        for key in keys[:-1]:
            path.append(key.name)
            child = parent.children.get(key.name)
            if child is None:
                parent.children[key.name] = child = _Definition(_IMPLICIT)
            elif child is _VALUE:
                error = error or f"`{one_line(key.name, _MAX_SHOWN)}` is a value, not a table"
                child = _Definition(_IMPLICIT)
            elif child.size:
                path.append(child.size - 1)
            parent = child
        name = keys[-1].name
        path.append(name)
        self._table = _Definition(_BY_HEADER, size=int(is_array))
        existing = parent.children.setdefault(name, self._table)
        if existing is not self._table:
            if is_array and existing.size:
                existing.size += 1
                existing.children = {}
                self._table = existing
            elif existing.created_by == _IMPLICIT and not is_array:
                existing.created_by = _BY_HEADER
                self._table = existing
            else:
                return tuple(path), error or f"`{one_line(name, _MAX_SHOWN)}` is already defined"
        return tuple(path) if not is_array else (*path, self._table.size - 1), error

    def define(self, keys: Sequence[Key]) -> str:
        """Define a key in the last opened table; return an error message, empty if the key is valid."""
        table = self._table
        for key in keys[:-1]:
            child = table.children.get(key.name)
            if child is None:
                table.children[key.name] = child = _Definition(self._body)
            elif child.created_by not in {_IMPLICIT, self._body}:
                return f"`{one_line(key.name, _MAX_SHOWN)}` is defined elsewhere and cannot be extended here"
            child.created_by = self._body
            table = child
        name = keys[-1].name
        if name in table.children:
            return f"`{one_line(name, _MAX_SHOWN)}` is already defined"
        table.children[name] = _VALUE
        return ""
