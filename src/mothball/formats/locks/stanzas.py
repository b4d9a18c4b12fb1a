"""Read TOML locks of all tools: one stanza for each package, and the values outside of packages.

The reader here accepts any layout, complete or incomplete, with the TOML scanner. ``fast_reader`` reads locks in the
layout that tools write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from mothball.formats.ignores import read_comments
from mothball.formats.toml.scanner import scan, syntax_problems
from mothball.formats.toml.values import Array, Header, InlineTable, Invalid, Scalar, String, TomlEntry, Value
from mothball.model.document import IgnoreComment, ParseProblem, Span
from mothball.model.records import NamedTuple

# Keys relative to the table of a package, or to the root; array items have the path of their array.
KeyPath = tuple[str, ...]
Leaf = str | bool
Values = dict[KeyPath, list[Leaf]]

NAME: KeyPath = ("name",)
_ANY = "*"

_TEXT = r'"[ !#-&(-\[\]-~]*+"'
# The file list of a package. These lists are most of a lock, and only pylock needs them. The pattern requires a fixed
# order of keys, so that none can be repeated, and strings without quotes and backslashes.
FILE_LISTS = (
    r"\[(?:(?<=\nwheels = \[)|(?<=\nfiles = \[))\r?\n"
    rf"(?>(?:    \{{ ?(?:url|file) = {_TEXT}, hash = {_TEXT}(?:, size = (?:0|[1-9][0-9]{{0,17}}+))?"
    rf"(?:, upload-time = {_TEXT})? ?\}},\r?\n)+)\]"
)


class Layout(NamedTuple):
    """A lock format: its tables and keys, and the values to read from it.

    ``array`` is the array of packages, ``keys`` are all tables and keys at the root. ``version_key`` is the key of the
    format's version, ``newest`` the newest known major version; ``is_number`` is True if it is no string.

    ``package`` and ``root`` are the paths to read in each package and at the root. A path includes everything below it.
    ``*`` matches any single key, and its values are stored under ``*``. No two paths may match the same key. ``name``
    is always read. ``skips_files`` is True if file lists are not needed.
    """

    format: str
    array: str
    keys: frozenset[str]
    version_key: str
    newest: int
    package: tuple[KeyPath, ...]
    root: tuple[KeyPath, ...] = ()
    is_number: bool = False
    skips_files: bool = True


class LocatedName(NamedTuple):
    """The decoded name of a package, and its span without quotes."""

    text: str
    span: Span


class Stanza(NamedTuple):
    """One package, from its header to its last value.

    ``values`` holds the strings and booleans at the paths of the layout, and an empty list for keys without any.
    ``is_complete`` is False if the name or one of these values is incomplete.
    """

    span: Span
    name: LocatedName | None
    values: Mapping[KeyPath, Sequence[Leaf]]
    is_complete: bool = True

    def text(self, *path: str) -> str | None:
        """Return the string at ``path``, or None."""
        leaves = self.values.get(path)
        return leaves[0] if leaves and isinstance(leaves[0], str) else None

    def has(self, key: str) -> bool:
        """Return True if ``key``, or a path below it, has a value."""
        return any(path[0] == key for path in self.values)


class Lock(NamedTuple):
    """The content of a lock; ``root`` holds the values outside of packages by full path.

    ``remarks`` are its syntax errors and ignore comments. ``is_truncated`` is True if it is not read, because it has
    too many errors or statements.
    """

    stanzas: tuple[Stanza, ...]
    root: Mapping[KeyPath, Sequence[Leaf]]
    remarks: tuple[ParseProblem | IgnoreComment, ...] = ()
    is_truncated: bool = False


def strings_at(values: Mapping[KeyPath, Sequence[Leaf]], *paths: KeyPath) -> list[str]:
    """Return all strings in ``values`` at ``paths``."""
    return [leaf for path in paths for leaf in values.get(path, ()) if isinstance(leaf, str)]


def match_path(path: KeyPath, patterns: tuple[KeyPath, ...]) -> tuple[KeyPath, bool] | None:
    """Match ``path`` against ``patterns``; return None if neither it nor a path below it can match.

    The result is the path to store the value under, and True if ``path`` itself matches, False if only paths below it
    can match.
    """
    for pattern in patterns:
        for name, step in zip(pattern, path, strict=False):
            if name not in {step, _ANY}:
                break
        else:
            stored = path
            if _ANY in pattern:
                steps = zip(pattern, path, strict=False)
                stored = (*(_ANY if name == _ANY else step for name, step in steps), *path[len(pattern) :])
            return stored, len(path) >= len(pattern)
    return None


def collect_leaves(target: Values, path: KeyPath, value: Value, patterns: tuple[KeyPath, ...]) -> bool:
    """Add the leaves of ``value`` that match ``patterns`` to ``target``; return True if all of these are complete."""
    match = match_path(path, patterns)
    if match is None:
        return True
    if match[1]:
        target.setdefault(match[0], [])
    is_complete = True
    for leaf_path, leaf, closed in _leaves(path, value):
        match = match_path(leaf_path, patterns)
        if match and match[1]:
            is_complete = is_complete and closed
            if leaf is not None:
                target.setdefault(match[0], []).append(leaf)
    return is_complete


def _leaves(path: KeyPath, value: Value) -> Iterator[tuple[KeyPath, Leaf | None, bool]]:
    """Yield the path of each leaf, its value (None if neither string nor boolean), and True if it is complete."""
    match value:
        case String():
            yield path, value.value, value.closed
        case Scalar():
            yield path, value.value if isinstance(value.value, bool) else None, True
        case Array():
            for item in value.items:
                yield from _leaves(path, item)
            yield path, None, value.closed
        case InlineTable():
            for entry in value.entries:
                yield from _leaves((*path, *(key.name for key in entry.keys)), entry.value)
            yield path, None, value.closed
        case Invalid():
            yield path, None, False
        case _:
            assert_never(value)


# --- locks of any layout ----------------------------------------------------------------------------------------------


def read_toml(text: str, layout: Layout) -> Lock:
    """Read a lock in any TOML notation, including the intact parts of an invalid one. Never raises."""
    document = scan(blank_file_lists(text) if layout.skips_files else text)
    collector = _Collector(text, layout)
    for header, entries in document.bodies():
        collector.read_body(header, entries)
    collector.finish()
    remarks = (*syntax_problems(document), *collector.problems, *read_comments(text, document.comments))
    return Lock(tuple(collector.stanzas), collector.root, remarks, document.is_truncated)


def blank_file_lists(text: str) -> str:
    """Replace the content of every file list with spaces, which keeps all offsets."""
    return re.sub(FILE_LISTS, lambda files: f"[{' ' * (len(files[0]) - 2)}]", text)


class _Collector:
    """Group tables and entries by package."""

    def __init__(self, text: str, layout: Layout) -> None:
        self.stanzas: list[Stanza] = []
        self.root: Values = {}
        self.problems: list[ParseProblem] = []
        self._text = text
        self._layout = layout
        # The current package; its span is None outside of packages.
        self._span: Span | None = None
        self._name: LocatedName | None = None
        self._values: Values = {}
        self._is_complete = True

    def read_body(self, header: Header | None, entries: Iterable[TomlEntry]) -> None:
        """Read one table. Brackets are not counted, so an incomplete header still starts a package."""
        names = tuple(key.name for key in header.keys) if header else ()
        if header and names == (self._layout.array,):
            self.finish()
            self._span = header.span
        elif header and names[0] == self._layout.array and self._span:
            self._span = Span(self._span.start, header.span.end)
        else:
            self.finish()
        for entry in entries:
            path = tuple(key.name for key in entry.keys)
            if self._span:
                self._keep(self._span, path[1:], entry)
            elif path == (self._layout.array,):
                self._read_inline(entry.value)
            else:
                collect_leaves(self.root, path, entry.value, self._layout.root)

    def finish(self) -> None:
        """Finish the current package, if any."""
        if self._span:
            # The span of an incomplete value includes the white space after it.
            span = Span(self._span.start, self._span.start + len(self._span.slice(self._text).rstrip()))
            self.stanzas.append(Stanza(span, self._name, self._values, self._is_complete))
        self._span, self._name, self._values, self._is_complete = None, None, {}, True

    def _read_inline(self, packages: Value) -> None:
        """Read ``packages = [{...}, ...]``."""
        for item in packages.items if isinstance(packages, Array) else (packages,):
            if isinstance(item, InlineTable):
                self._span = item.span
                for entry in item.entries:
                    self._keep(self._span, tuple(key.name for key in entry.keys), entry)
                self._is_complete = self._is_complete and item.closed
                self.finish()
            elif not isinstance(item, Invalid):
                help_text = f"write it under a [[{self._layout.array}]] header"
                self.problems.append(ParseProblem(item.span, "a package must be a table", help_text))

    def _keep(self, span: Span, path: KeyPath, entry: TomlEntry) -> None:
        """Keep a value of the current package, which covers ``span`` so far."""
        value = entry.value
        if path == NAME and isinstance(value, String | Invalid):
            if self._name:
                # A second name: the header between two packages is missing, or this is a merge conflict.
                self.finish()
                span = entry.keys[-1].span
            inner = value.inner if isinstance(value, String) else value.span
            text = value.value if isinstance(value, String) else inner.slice(self._text)
            self._name = LocatedName(text, inner)
            self._is_complete = self._is_complete and isinstance(value, String) and value.closed
        elif not collect_leaves(self._values, path, value, self._layout.package):
            self._is_complete = False
        self._span = Span(span.start, max(span.end, value.span.end))
