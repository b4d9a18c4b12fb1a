"""Fast reader for TOML locks in the layout that uv, Poetry, PDM and pip write.

Strings, comments and file lists are replaced with placeholders, which leaves a few hundred distinct lines in a lock of
18,000 lines. The TOML scanner parses each distinct line once, and the result is reused for all equal lines. If any line
is ambiguous, the reader declines the whole file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, count

from mothball.formats.ignores import read_comments
from mothball.formats.locks.stanzas import (
    FILE_LISTS,
    NAME,
    KeyPath,
    Layout,
    Leaf,
    LocatedName,
    Lock,
    Stanza,
    Values,
    collect_leaves,
)
from mothball.formats.toml.scanner import Definitions, scan
from mothball.formats.toml.tokens import SHORT_ESCAPES
from mothball.formats.toml.values import Header, String, TomlEntry
from mothball.model.document import Span
from mothball.model.records import NamedTuple

_CONTROL = r"\x00-\x08\x0a-\x1f\x7f"
# A quote after a backslash opens no string. Without this rule, an unclosed string full of `\"` takes quadratic time.
# No string directly after `=` without a space: that placeholder is reserved for numbers and dates.
_STRING = rf"""(?:"(?<![\\=]")(?>(?:[^"\\{_CONTROL}]++|\\["\\btnfr])*)"|'(?<!=')[^'{_CONTROL}]*+')"""
_COMMENT = rf"(?<=#)[^{_CONTROL}]++"
_DATE = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
_NUMBER = rf" (?<== )(?:[1-9][0-9]{{0,17}}+|{_DATE})(?=[ ,}}\]\r\n]|\Z)"
_PART = re.compile(f"({_STRING}|{_COMMENT}|{_NUMBER})")
_PART_OR_FILES = re.compile(f"({_STRING}|{_COMMENT}|{_NUMBER}|{FILE_LISTS})")
_PLACEHOLDER = re.compile("=?\0")
# Tools write no longer lines, and caching such lines would take too much memory.
_MAX_LENGTH = 4_000
_MASKED_KEY = re.compile(r"\0[ \t]*+[=.]")

# The path of the table, and the path of a multi-line array in it, which is () outside of arrays.
_Context = tuple[KeyPath, KeyPath]


class _Declined(Exception):  # noqa: N818 - no error: the TOML scanner reads the file instead
    """The layout of the file is not the usual one."""


class _Line(NamedTuple):
    """The parse result for all lines of a context that are equal except for their placeholders.

    ``statement`` is the header or entry that starts on the line. ``inside`` is the context of the next line, or None if
    it does not change. ``values`` are the values to keep: booleans, and strings as offsets in the list of parts.
    ``code`` is the end of the line without its comment and ``end`` the end with it: the offset of the last part, which
    is negative if there is no such part, and the number of characters after that part.
    """

    statement: Header | TomlEntry | None
    inside: _Context | None
    values: list[tuple[KeyPath, list[int | bool]]]
    code: tuple[int, int]
    end: tuple[int, int]


def read_lines(text: str, layout: Layout) -> Lock | None:
    """Read a lock, or return None if it does not have the usual layout; it may still be valid TOML."""
    try:
        return _Reader(text, layout).read()
    except _Declined:
        return None


class _Reader:
    def __init__(self, text: str, layout: Layout) -> None:
        self._layout = layout
        self._text = text
        # Alternating: text between placeholders, and the part that a placeholder replaces; and the end of each.
        self._parts = (_PART_OR_FILES if layout.skips_files else _PART).split(text)
        self._ends = list(accumulate(map(len, self._parts)))
        self._lines: dict[_Context, dict[str, _Line]] = {}
        self._stanzas: list[Stanza] = []
        self._root: Values = {}
        self._definitions = Definitions()
        # Start of the current package, negative outside of packages, and the end of the code read so far.
        self._start = self._end = -1
        self._name: LocatedName | None = None
        self._values = self._root

    def read(self) -> Lock:
        parts, ends = self._parts, self._ends
        masked_text = "\0".join(parts[::2])
        # A remaining quote or backslash belongs to a string that the masking does not support.
        if "\0" in self._text or self._text.endswith("\r") or any(mark in masked_text for mark in "\"'\\"):
            raise _Declined
        context: _Context = ((), ())
        lines = self._lines[context] = {}
        part, end = 1, -1
        for masked in masked_text.split("\n"):
            start = end + 1
            if masked[:1] == "\0" and not context[1]:
                masked = parts[part] + masked[1:]  # noqa: PLW2901 - a quoted key is part of the syntax
                part += 2
            line = lines.get(masked) or self._add_line(context, masked)
            statement, inside, values, (code_part, code_tail), (last_part, tail) = line
            if values:
                self._keep(values, part)
            if statement:
                self._define(statement, start)
            if inside:
                context = inside
                lines = self._lines.setdefault(context, {})
            if code_tail or code_part >= 0:
                self._end = (ends[part + code_part] if code_part >= 0 else start) + code_tail
            end = (ends[part + last_part] if last_part >= 0 else start) + tail
            part += last_part + 2
        if context[1]:
            raise _Declined
        self._finish()
        comments = (Span(ends[i - 1] - 1, ends[i]) for i in range(1, len(parts), 2) if parts[i - 1].endswith("#"))
        return Lock(tuple(self._stanzas), self._root, tuple(read_comments(self._text, comments)))

    # --- packages -----------------------------------------------------------------------------------------------------

    def _define(self, statement: Header | TomlEntry, start: int) -> None:
        """Open a table or define a key; raise ``_Declined`` if it is already defined."""
        if isinstance(statement, TomlEntry):
            complaint = self._definitions.define(statement.keys)
        else:
            is_array = isinstance(statement.path[-1], int)
            _, complaint = self._definitions.open_table(statement.keys, is_array=is_array)
            if statement.keys[0].name != self._layout.array:
                self._finish()
            elif len(statement.keys) == 1 and is_array:
                self._finish()
                self._start, self._values = start, {}
            elif self._start < 0:
                raise _Declined  # a subtable outside of a package
        if complaint:
            raise _Declined

    def _finish(self) -> None:
        if self._start >= 0:
            self._stanzas.append(Stanza(Span(self._start, self._end), self._name, self._values))
        self._start, self._name, self._values = -1, None, self._root

    def _keep(self, values: list[tuple[KeyPath, list[int | bool]]], part: int) -> None:
        """Store the values of a line whose first placeholder replaces the part number ``part``."""
        for path, leaves in values:
            if path == NAME:
                span = Span(self._ends[part - 1] + 1, self._ends[part] - 1)
                self._name = LocatedName(self._string(part), span)
                continue
            kept = self._values.setdefault(path, [])
            for leaf in leaves:
                kept.append(leaf if isinstance(leaf, bool) else self._string(part + leaf))

    def _string(self, part: int) -> str:
        written = self._parts[part]
        if written[0] == "[":
            raise _Declined  # a file list in place of a string
        content = written[1:-1]
        if "\\" in content and written[0] == '"':
            return re.sub(r"\\(.)", lambda escape: SHORT_ESCAPES[escape[1]], content)
        return content

    # --- lines --------------------------------------------------------------------------------------------------------

    def _add_line(self, context: _Context, masked: str) -> _Line:
        """Parse a line and cache the result for all equal lines in the context."""
        table, array = context
        code, _, comment = masked.removesuffix("\r").partition("#")
        code = code.rstrip(" \t")
        if comment not in {"", "\0"} or (not array and code[:1] in {" ", "\t"}):
            raise _Declined
        statement: Header | TomlEntry | None = None
        inside: _Context | None = None
        values: Values = {}
        if array and code == "]":
            inside = (table, ())
        elif code:
            statement = scan_line(code, is_item=bool(array))
            names = tuple(key.name for key in statement.keys)
            if isinstance(statement, Header):
                inside = (names, ())
            else:
                values = self._find_values(statement, table + (array or names))
                inside = (table, names) if code.endswith("[") else None
        line = self._lines[context][masked] = _Line(
            statement=None if array else statement,
            inside=inside,
            values=[(path, [_distance(leaf) for leaf in leaves]) for path, leaves in values.items()],
            code=(2 * code.count("\0") - 2, len(code) - code.rfind("\0") - 1),
            end=(2 * masked.count("\0") - 2, len(masked) - masked.rfind("\0") - 1),
        )
        return line

    def _find_values(self, entry: TomlEntry, path: KeyPath) -> Values:
        values: Values = {}
        if path[0] != self._layout.array:
            collect_leaves(values, path, entry.value, self._layout.root)
        elif path == entry.path:
            raise _Declined  # packages as inline tables
        elif path[1:] == NAME and isinstance(entry.value, String):
            values[NAME] = [entry.value.value]
        else:
            collect_leaves(values, path[1:], entry.value, self._layout.package)
        return values


def _distance(leaf: Leaf) -> int | bool:
    return leaf if isinstance(leaf, bool) else 2 * int(leaf)


@lru_cache(maxsize=1024)
def scan_line(code: str, *, is_item: bool) -> Header | TomlEntry:
    """Parse a line without comment: a header, an entry, or an array item (returned as an entry with an array).

    The strings of the entry are the numbers of their placeholders. Results are cached, as all locks of a tool have the
    same lines.
    """
    if len(code) > _MAX_LENGTH or is_item != code.endswith(",") or _MASKED_KEY.search(code):
        raise _Declined
    numbers = count()
    text = _PLACEHOLDER.sub(lambda mark: f'"{next(numbers)}"' if mark[0] == "\0" else f"= {next(numbers)}", code)
    if is_item:
        text = f"x = [\n{text}\n]"
    elif text.endswith("["):
        text += "\n]"
    document = scan(text)
    if document.errors or (document.headers and "\0" in code):
        raise _Declined
    return document.headers[0] if document.headers else document.entries[0]
