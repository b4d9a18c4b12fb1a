"""One pass through a TOML document, without second tries: time is linear in its length, and nesting is capped.

What it makes of broken places is told in ``toml``, by which others use it.
"""

from __future__ import annotations

import re

from mothball.formats.toml_cursor import MAX_DEPTH, SPACE, Cursor
from mothball.formats.toml_tables import Definitions
from mothball.formats.toml_text import KEY, KEYS, STATEMENT, end_of, read_scalar, read_string, scalar_value
from mothball.formats.toml_values import (
    Array,
    Entry,
    Header,
    InlineTable,
    Invalid,
    Key,
    Path,
    String,
    TomlScan,
    Value,
)
from mothball.model import Span

_LINE_ENDS = re.compile(r"[ \t]*+(?=[\r\n#]|\Z)")
# The forms that most statements, items and headers have: read at one go.
_SIMPLE_KEY = re.compile(r"([A-Za-z0-9_-]++)[ \t]*+=[ \t]*+")
_SIMPLE_STRING = re.compile(r'"([^"\\\r\n]++)"')
_SIMPLE_ITEM = re.compile(r'[ \t\r\n]*+"([^"\\\r\n]++)"[ \t]*+(?:(,)|(?=[\]\r\n#]))')
_SIMPLE_HEADER = re.compile(r"\[([A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)*+)\](?=[ \t]*+(?:[\r\n#]|\Z))")

# Only broken or unusual places need these: `re` compiles them when they are first asked for, and keeps them.
_CONFLICT = r"(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)"
_IS_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+\]\]?+[ \t]*+(?=[\r\n#]|\Z)"
# A header that somebody is typing.
_HALF_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+(\.?)[ \t]*+(?=[\r\n#]|\Z)"
_IS_QUOTED = rf"""(?=["']){KEY}"""
_ARRAY_GOES_ON = r"(?:[ \t\r\n]++|#[^\r\n]*+)*+[,\]]"
# What may stand between a key and its value where "=" is missing or is not what follows the key.
_TO_VALUE = r"""[ \t:]*+(?=["'\[{])|[^\r\n=#"'\[\]{},]*+=(?!=)[ \t]*+"""


class Scanner(Cursor):
    """One scan. Methods that read something take where it begins and return it with where reading goes on."""

    def __init__(self, text: str) -> None:
        """Take the text to scan."""
        super().__init__(text)
        self._entries: list[Entry] = []
        self._headers: list[Header] = []
        self._definitions = Definitions()
        self._table: Path = ()
        # Whether the statement before was an entry: items outside of an array are then taken for its.
        self._after_entry = False
        # The entry whose array was left open last: they are taken for its rather than for the last one's.
        self._open_entry: Entry | None = None

    def document(self) -> TomlScan:
        """Read the whole text, once."""
        text = self._text
        position = 0
        if text.startswith("\ufeff"):
            self._error(0, 1, "a byte-order mark", "save the file as UTF-8 without it")
            position = 1
        while (position := self._gap(position)) < len(text):
            position = self._header(position) if text[position] == "[" else self._statement(position)
        return TomlScan(tuple(self._entries), tuple(self._headers), tuple(self._comments), self._all_errors())

    # --- table headers ------------------------------------------------------------------------------------------------

    def _header(self, position: int) -> int:
        text = self._text
        if (simple := _SIMPLE_HEADER.match(text, position)) and simple[1].count(".") < MAX_DEPTH:
            self._open_table(_split_key(simple[1], position + 1), Span(position, simple.end()), is_array=False)
            return simple.end()
        opening = 2 if text.startswith("[[", position) else 1
        keys, after = self._keys(position + opening)
        if not keys and text[after : after + 1] in {'"', "'"}:
            self._error(after, after + 1, "this quote is not closed", "close it, or take it out")
            keys, after = self._keys(after + 1)
        half = re.compile(_HALF_HEADER).match(text, position)
        if not keys or text.startswith(",", after) or (half and half[2]):
            # Without a whole name it opens no table: what follows still belongs to the one before.
            self._error_at(position, "an unfinished table header", "write [NAME]")
            return self._rest_of_line(position)
        return self._close_header(position, opening, keys, after)

    def _close_header(self, position: int, opening: int, keys: tuple[Key, ...], after: int) -> int:
        closing = 2 if self._text.startswith("]]", after) else int(self._text.startswith("]", after))
        span = Span(position, after + closing if closing else keys[-1].span.end)
        if opening != closing:
            self._error(*span, "the brackets of a table header do not match", "write [NAME], or [[NAME]] for an array")
        self._open_table(keys, span, is_array=opening == closing == 2)
        following = self._finish_line(span.end)
        return self._rest_of_line(span.end) if following is None else following

    def _open_table(self, keys: tuple[Key, ...], span: Span, *, is_array: bool) -> None:
        path, complaint = self._definitions.open_table(keys, is_array=is_array)
        self._complain(keys, complaint)
        self._headers.append(Header(path, keys, span, len(self._entries)))
        self._table = path
        self._after_entry = False
        self._open_entry = None

    def _complain(self, keys: tuple[Key, ...], complaint: str) -> None:
        if complaint:
            self._error(keys[0].span.start, keys[-1].span.end, complaint, "rename it, or put the two together")

    # --- key/value pairs ----------------------------------------------------------------------------------------------

    def _statement(self, position: int) -> int:
        if simple := _SIMPLE_KEY.match(self._text, position):
            return self._pair((Key(simple[1], Span(*simple.span(1))),), simple.end())
        keys, after = self._keys(position, len(self._table))
        if keys and self._text.startswith("=", after):
            return self._pair(keys, end_of(SPACE, self._text, after + 1))
        return self._odd_statement(position, keys, after)

    def _pair(self, keys: tuple[Key, ...], position: int) -> int:
        path = (*self._table, *[key.name for key in keys])
        value, position = self._value(position, len(path))
        self._entries.append(Entry(path, keys, value))
        self._complain(keys, self._definitions.define(keys))
        self._after_entry = True
        if isinstance(value, Array):
            self._open_entry = None if value.closed else self._entries[-1]
        if end := _LINE_ENDS.match(self._text, position):
            return end.end()
        return self._after_value(position)

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self, position: int, depth: int, closer: str = "") -> tuple[Value, int]:
        """Read a value. ``closer`` is what closes the array or inline table around it, empty where there is none."""
        text = self._text
        if simple := _SIMPLE_STRING.match(text, position):
            return String(Span(position, simple.end()), simple[1]), simple.end()
        match text[position : position + 1]:
            case '"' | "'":
                string = read_string(text, position, self._report, nested=bool(closer))
                return string, string.span.end
            case "[" | "{" if depth >= MAX_DEPTH:
                end = self._rest_of_line(position)
                self._error(position, position + 1, "nested too deep", f"at most {MAX_DEPTH} levels are read")
                return Invalid(Span(position, end)), end
            case "[":
                return self._items(position, position + 1, [], depth + 1, closer)
            case "{":
                return self._inline_table(position, depth + 1)
            case _:
                scalar = read_scalar(text, position, self._report)
                return scalar, scalar.span.end

    def _items(self, start: int, position: int, items: list[Value], depth: int, closer: str = "") -> tuple[Array, int]:
        """Read the items of an array that begins at ``start``, those in ``items`` already read."""
        text = self._text
        separated = True
        while True:
            if separated and (simple := _SIMPLE_ITEM.match(text, position)):
                opening, end = simple.span(1)
                items.append(String(Span(opening - 1, end + 1), simple[1]))
                separated = simple[2] is not None
                position = simple.end()
                continue
            end, position = position, self._gap(position)
            match text[position : position + 1]:
                case "]":
                    return Array(Span(start, position + 1), tuple(items)), position + 1
                case ",":
                    if separated:
                        self._error(position, position + 1, "nothing stands before this comma", "take it out")
                    separated = True
                    position += 1
                case char if not char or (char == "}" == closer) or self._ends_array(position):
                    self._error(start, start + 1, "an array is not closed", "close it with ]")
                    return Array(Span(start, end), tuple(items), closed=False), position
                case "}":
                    self._error(position, position + 1, "a `}` without its `{`", "take it out")
                    position += 1
                case _ if self._is_conflict(position) or self._is_half_header(position):
                    position = self._rest_of_line(position)
                    separated = True
                case _:
                    if not separated:
                        self._error_at(position, "a comma is missing before this", "put one between the items")
                    item, position = self._value(position, depth, "]")
                    items.append(item)
                    separated = _is_open(item)

    def _ends_array(self, position: int) -> bool:
        """Tell whether a statement or a table header at ``position`` shows that an array was left open before it."""
        text = self._text
        if position != self._fresh:
            return False
        if re.compile(STATEMENT).match(text, position):
            return True
        header = re.compile(_IS_HEADER).match(text, position)
        if header is None:
            return False
        return not (_could_be_value(header[1]) and re.compile(_ARRAY_GOES_ON).match(text, header.end()))

    def _is_conflict(self, position: int) -> bool:
        found = (
            position == self._fresh
            and self._text[position] in "<=>|"
            and re.compile(_CONFLICT).match(self._text, position) is not None
        )
        if found:
            self._error(position, position + 7, "the mark of a merge conflict", "resolve the conflict")
        return found

    def _is_half_header(self, position: int) -> bool:
        """Tell whether a line in an array is no array of its own, but a header that somebody is typing."""
        found = re.compile(_HALF_HEADER).match(self._text, position) if position == self._fresh else None
        if found is None or (not found[2] and _could_be_value(found[1])):
            return False
        self._error_at(position, "an unfinished table header", "write [NAME]")
        return True

    def _inline_table(self, start: int, depth: int) -> tuple[InlineTable, int]:
        text = self._text
        entries: list[Entry] = []
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
            keys, after = self._keys(position, depth) if separated else ((), position)
            if not keys or not text.startswith("=", after):
                self._error(start, start + 1, "an inline table is not closed", "close it with }")
                return InlineTable(Span(start, end), tuple(entries), closed=False), position
            value, position = self._value(end_of(SPACE, text, after + 1), depth + len(keys), "}")
            entries.append(Entry(tuple(key.name for key in keys), keys, value))
            self._complain(keys, definitions.define(keys))
            separated = False

    # --- broken places ------------------------------------------------------------------------------------------------

    def _finish_line(self, position: int) -> int | None:
        """Return where to go on behind a statement: the line's end, or another statement that stands before it.

        None, and an error, where anything else follows.
        """
        if end := _LINE_ENDS.match(self._text, position):
            return end.end()
        position = end_of(SPACE, self._text, position)
        self._error_at(position, "the line should have ended before this", "begin a new line, or take it out")
        if re.compile(STATEMENT).match(self._text, position) or re.compile(_IS_HEADER).match(self._text, position):
            return position
        return None

    def _after_value(self, position: int) -> int:
        """Go on behind the value of the entry read last, where its line does not end."""
        entry = self._entries[-1]
        if _is_open(entry.value):
            return position
        following = self._finish_line(position)
        if following is not None:
            return following
        position = end_of(SPACE, self._text, position)
        char = self._text[position]
        match entry.value:
            case Invalid() if char in "[{\"'":
                value, position = self._value(position, len(entry.path))
                self._entries[-1] = entry._replace(value=value)
                return self._after_value(position)
            case String() if char in ",]":
                array, position = self._items(entry.value.span.start, position, [entry.value], len(entry.path))
                if array.closed or len(array.items) > 1:
                    self._entries[-1] = entry._replace(value=array._replace(closed=False))
                return position
            case Array() if char in ",\"'":
                return self._more_items(position)
        return self._rest_of_line(position)

    def _more_items(self, position: int) -> int:
        """Read items that stand outside of an array, and keep them as a second value of the entry they belong to."""
        entry = self._open_entry or self._entries[-1]
        array, position = self._items(position, position, [], len(entry.path))
        if array.closed:
            self._open_entry = None
        if array.items:
            self._entries.append(entry._replace(value=array._replace(closed=False)))
        return position

    def _odd_statement(self, position: int, keys: tuple[Key, ...], after: int) -> int:
        """Make the best of a line that is neither a key/value pair nor a table header."""
        text = self._text
        char = text[position]
        if self._is_conflict(position):
            return self._rest_of_line(position)
        if char in "]},":
            self._error(position, position + 1, f"a `{char}` out of place", "take it out")
            return position + 1
        self._error_at(position, "neither KEY = VALUE nor a [TABLE]", "strings need quotes, comments begin with #")
        if char in "\"'" and self._after_entry and not text.startswith(char * 3, position):
            return self._more_items(position)
        if keys and text.startswith("]", after) and text[position - 1 : position] in {"", "\n", "\r"}:
            return self._close_header(position, 0, keys, after)
        if keys and (found := re.compile(_TO_VALUE).match(text, after)):
            return self._pair(keys, found.end())
        return self._rest_of_line(position)


def _split_key(dotted: str, position: int) -> tuple[Key, ...]:
    """Return the parts of a dotted key without quotes and white space that stands at ``position``."""
    keys = []
    for name in dotted.split("."):
        keys.append(Key(name, Span(position, position + len(name))))
        position += len(name) + 1
    return tuple(keys)


def _could_be_value(dotted: str) -> bool:
    """Tell whether what reads as a key could be a value: `"a"` and `1.5` are both."""
    return re.fullmatch(_IS_QUOTED, dotted) is not None or scalar_value(dotted) is not None


def _is_open(value: Value) -> bool:
    """Tell whether ``value`` is an array or inline table that was left open: what follows it is anybody's guess."""
    return isinstance(value, Array | InlineTable) and not value.closed
