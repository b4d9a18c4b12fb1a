"""Fast reader of TOML locks in the layout in which uv, Poetry, PDM and pip write them.

Strings, comments and lists of files are replaced with a placeholder. A lock of 18,000 lines then has some hundred
different lines. The TOML scanner reads each of them once, and the result holds for all lines that look the same.
A file with any line that could mean something else is declined as a whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, count

from mothball.formats.ignores import read_comment
from mothball.formats.locks.stanzas import NAME, KeyPath, Layout, Leaf, LocatedName, Lock, Stanza, Values
from mothball.formats.locks.toml_reader import FILE_LISTS, collect_leaves
from mothball.formats.toml.api import Header, String, TomlEntry, scan
from mothball.formats.toml.strings import SHORT_ESCAPES
from mothball.formats.toml.tables import Definitions
from mothball.model.document import IgnoreComment, ParseProblem, Span
from mothball.model.records import NamedTuple

_CONTROL = r"\x00-\x08\x0a-\x1f\x7f"
# A quote after a backslash opens no string. Without this rule, an unclosed string full of `\"` takes quadratic time.
# After `=`, a space is expected: a placeholder there always stands for a number or a date.
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
# Longer lines are not written by tools, and would fill the memory.
_MAX_LENGTH = 4_000
_MASKED_KEY = re.compile(r"\0[ \t]*+[=.]")

# The path of a table, and that of an array in it that spans several lines, () outside of such an array.
_Context = tuple[KeyPath, KeyPath]


class _Declined(Exception):  # noqa: N818 - not an error: the TOML scanner reads the file instead
    """The layout of the file is not the usual one."""


class _Line(NamedTuple):
    """What all lines with the same text around their placeholders mean in one context.

    ``statement`` is the header or entry that the line begins. ``inside`` is the context of the next line, None where it
    stays the same. ``values`` are to be kept: booleans, and strings by their distance in the list of parts.
    ``code`` is the end of the line without its comment, ``end`` the end with it: the distance of the last part before
    it, and how many characters follow that part. The distance is negative where there is none.
    """

    statement: Header | TomlEntry | None
    inside: _Context | None
    values: list[tuple[KeyPath, list[int | bool]]]
    code: tuple[int, int]
    end: tuple[int, int]


def read_lines(text: str, layout: Layout) -> Lock | None:
    """Read a lock; return None where its layout is not the usual one, which does not mean that it is invalid."""
    try:
        return _Reader(text, layout).read()
    except _Declined:
        return None


class _Reader:
    def __init__(self, text: str, layout: Layout) -> None:
        self._layout = layout
        self._text = text
        # The text between placeholders and the parts that they stand for, in turns, and where each of them ends.
        self._parts = (_PART_OR_FILES if layout.skips_files else _PART).split(text)
        self._ends = list(accumulate(map(len, self._parts)))
        self._lines: dict[_Context, dict[str, _Line]] = {}
        self._stanzas: list[Stanza] = []
        self._root: Values = {}
        self._definitions = Definitions()
        # Where the package that is being read starts, negative outside of packages, and the end of the code so far.
        self._start = self._end = -1
        self._name: LocatedName | None = None
        self._values = self._root

    def read(self) -> Lock:
        parts, ends = self._parts, self._ends
        masked_text = "\0".join(parts[::2])
        # A quote or a backslash that is left belongs to a string that is not in the usual form.
        if "\0" in self._text or self._text.endswith("\r") or any(mark in masked_text for mark in "\"'\\"):
            raise _Declined
        context: _Context = ((), ())
        lines = self._lines[context] = {}
        part, end = 1, -1
        for masked in masked_text.split("\n"):
            start = end + 1
            if masked[:1] == "\0" and not context[1]:
                masked = parts[part] + masked[1:]  # noqa: PLW2901 - a quoted key decides what the line means
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
        return Lock(tuple(self._stanzas), self._root, *self._read_comments())

    def _read_comments(self) -> tuple[tuple[ParseProblem, ...], tuple[IgnoreComment, ...]]:
        parts, ends = self._parts, self._ends
        spans = [Span(ends[i - 1] - 1, ends[i]) for i in range(1, len(parts), 2) if parts[i - 1].endswith("#")]
        comments = [read_comment(self._text, span) for span in spans]
        return (
            tuple(comment for comment in comments if isinstance(comment, ParseProblem)),
            tuple(comment for comment in comments if isinstance(comment, IgnoreComment)),
        )

    # --- packages -----------------------------------------------------------------------------------------------------

    def _define(self, statement: Header | TomlEntry, start: int) -> None:
        """Enter a table or define a key; raise ``_Declined`` where that was done before."""
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
                raise _Declined  # a table of the package before the last header
        if complaint:
            raise _Declined

    def _finish(self) -> None:
        """End the package that is being read, if any."""
        if self._start >= 0:
            self._stanzas.append(Stanza(Span(self._start, self._end), self._name, self._values))
        self._start, self._name, self._values = -1, None, self._root

    def _keep(self, values: list[tuple[KeyPath, list[int | bool]]], part: int) -> None:
        """Keep values of a line whose first placeholder stands for the part of number ``part``."""
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
            raise _Declined  # a list of files where a format looks for something else
        content = written[1:-1]
        if "\\" in content and written[0] == '"':
            return re.sub(r"\\(.)", lambda escape: SHORT_ESCAPES[escape[1]], content)
        return content

    # --- lines --------------------------------------------------------------------------------------------------------

    def _add_line(self, context: _Context, masked: str) -> _Line:
        """Read and remember a line that is the first of its kind in a context."""
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
            raise _Declined  # packages that are written as inline tables
        elif path[1:] == NAME and isinstance(entry.value, String):
            values[NAME] = [entry.value.value]
        else:
            collect_leaves(values, path[1:], entry.value, self._layout.package)
        return values


def _distance(leaf: Leaf) -> int | bool:
    return leaf if isinstance(leaf, bool) else 2 * int(leaf)


@lru_cache(maxsize=1024)
def scan_line(code: str, *, is_item: bool) -> Header | TomlEntry:
    """Return the header or entry in a line without comment, or the array that an item is put into.

    The strings of the entry are the numbers of their placeholders. All locks of a tool have the same lines, therefore
    the result is remembered.
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
