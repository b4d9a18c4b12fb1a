"""Read locks of any layout, complete or incomplete, with the TOML scanner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from mothball.formats.ignores import may_hold_ignore_comment, read_comment
from mothball.formats.locks.stanzas import NAME, KeyPath, Layout, Leaf, LocatedName, Lock, Stanza, Values, match_path
from mothball.formats.toml.api import (
    Array,
    Header,
    InlineTable,
    Invalid,
    Scalar,
    String,
    TomlEntry,
    TomlScan,
    Value,
    scan,
    syntax_problems,
)
from mothball.model.document import IgnoreComment, ParseProblem, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TEXT = r'"[ !#-&(-\[\]-~]*+"'
# The file list of a package. These lists are most of a lock, and only pylock needs them. The pattern requires a fixed
# order of keys, so that none can be repeated, and strings without quotes and backslashes.
FILE_LISTS = (
    r"\[(?:(?<=\nwheels = \[)|(?<=\nfiles = \[))\r?\n"
    rf"(?>(?:    \{{ ?(?:url|file) = {_TEXT}, hash = {_TEXT}(?:, size = (?:0|[1-9][0-9]{{0,17}}+))?"
    rf"(?:, upload-time = {_TEXT})? ?\}},\r?\n)+)\]"
)


def read_toml(text: str, layout: Layout) -> Lock:
    """Read a lock in any TOML notation, including the intact parts of an invalid one. Never raises."""
    document = scan(blank_file_lists(text) if layout.skips_files else text)
    problems = syntax_problems(document)
    collector = _Collector(text, layout)
    for header, entries in _bodies(document):
        collector.read_body(header, entries)
    collector.finish()
    comments = [read_comment(text, span) for span in (document.comments if may_hold_ignore_comment(text) else ())]
    problems += collector.problems
    problems += [comment for comment in comments if isinstance(comment, ParseProblem)]
    ignores = tuple(comment for comment in comments if isinstance(comment, IgnoreComment))
    return Lock(tuple(collector.stanzas), collector.root, tuple(problems), ignores, document.is_truncated)


def blank_file_lists(text: str) -> str:
    """Replace the content of every file list with spaces, which keeps all offsets."""
    return re.sub(FILE_LISTS, lambda files: f"[{' ' * (len(files[0]) - 2)}]", text)


def _bodies(document: TomlScan) -> Iterator[tuple[Header | None, tuple[TomlEntry, ...]]]:
    """Yield each table header with its entries; entries before the first header have the header None."""
    start, header = 0, None
    for next_header in document.headers:
        yield header, document.entries[start : next_header.body]
        start, header = next_header.body, next_header
    yield header, document.entries[start:]


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
            path = (*names, *(key.name for key in entry.keys))
            if self._span:
                self._keep(path[1:], entry)
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
        items = packages.items if isinstance(packages, Array) else (packages,)
        for item in items:
            if isinstance(item, InlineTable):
                self._span = item.span
                for entry in item.entries:
                    self._keep(tuple(key.name for key in entry.keys), entry)
                self._is_complete = self._is_complete and item.closed
                self.finish()
            elif not isinstance(item, Invalid):
                array = self._layout.array
                self.problems.append(
                    ParseProblem(item.span, "a package must be a table", f"write it under a [[{array}]] header")
                )

    def _keep(self, path: KeyPath, entry: TomlEntry) -> None:
        value = entry.value
        assert self._span is not None  # noqa: S101 - ensured by the callers; for the type checker
        name = _read_name(self._text, value) if path == NAME else None
        if name:
            if self._name:
                # A second name: the header between two packages is missing, or this is a merge conflict.
                self.finish()
                self._span = entry.keys[0].span
            self._name = name
            self._is_complete = self._is_complete and isinstance(value, String) and value.closed
        elif not collect_leaves(self._values, path, value, self._layout.package):
            self._is_complete = False
        if value.span.end > self._span.end:
            self._span = Span(self._span.start, value.span.end)


def _read_name(text: str, value: Value) -> LocatedName | None:
    match value:
        case String():
            return LocatedName(value.value, value.inner)
        case Invalid():
            return LocatedName(value.span.slice(text), value.span)
        case Array() | InlineTable() | Scalar():
            return None
        case _:
            assert_never(value)


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
