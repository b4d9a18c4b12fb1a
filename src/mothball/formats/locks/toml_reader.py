"""Locks of any layout, whole or half typed, read through the TOML scanner."""

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
# Where a lock lists the files of a package: most of its text, of which no format but pylock needs anything. Keys are in
# a fixed order, so that none is there twice, and no string contains a quote or a backslash.
FILE_LISTS = (
    r"\[(?:(?<=\nwheels = \[)|(?<=\nfiles = \[))\r?\n"
    rf"(?>(?:    \{{ ?(?:url|file) = {_TEXT}, hash = {_TEXT}(?:, size = (?:0|[1-9][0-9]{{0,17}}+))?"
    rf"(?:, upload-time = {_TEXT})? ?\}},\r?\n)+)\]"
)


def read_toml(text: str, layout: Layout) -> Lock:
    """Read a lock of any spelling that TOML allows, and of a broken one whatever can be told; raises nothing."""
    document = scan(blank_file_lists(text) if layout.skips_files else text)
    problems = syntax_problems(document)
    collector = _Collector(text, layout)
    for header, entries in _bodies(document):
        collector.read_body(header, entries)
    collector.finish()
    comments = [read_comment(text, span) for span in (document.comments if may_hold_ignore_comment(text) else ())]
    problems += collector.problems
    problems += [one for one in comments if isinstance(one, ParseProblem)]
    ignores = tuple(one for one in comments if isinstance(one, IgnoreComment))
    return Lock(tuple(collector.stanzas), collector.root, tuple(problems), ignores)


def blank_file_lists(text: str) -> str:
    """Return ``text`` with every list of files empty, and everything else in its place."""
    return re.sub(FILE_LISTS, lambda files: f"[{' ' * (len(files[0]) - 2)}]", text)


def _bodies(document: TomlScan) -> Iterator[tuple[Header | None, tuple[TomlEntry, ...]]]:
    """Yield each table header with the entries that follow it, those before the first with None."""
    begin, header = 0, None
    for following in document.headers:
        yield header, document.entries[begin : following.body]
        begin, header = following.body, following
    yield header, document.entries[begin:]


class _Collector:
    """Puts together what belongs to one package."""

    def __init__(self, text: str, layout: Layout) -> None:
        self.stanzas: list[Stanza] = []
        self.root: Values = {}
        self.problems: list[ParseProblem] = []
        self._text = text
        self._layout = layout
        # The package that is being read: where it begins and ends, None outside of all.
        self._span: Span | None = None
        self._name: LocatedName | None = None
        self._values: Values = {}
        self._whole = True

    def read_body(self, header: Header | None, entries: Iterable[TomlEntry]) -> None:
        """Read one table. Brackets are not counted: half-typed ones still open a package."""
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
        """End the package that is being read, if any."""
        if self._span:
            # What is half typed takes in the white space behind it.
            span = Span(self._span.start, self._span.start + len(self._span.slice(self._text).rstrip()))
            self.stanzas.append(Stanza(span, self._name, self._values, self._whole))
        self._span, self._name, self._values, self._whole = None, None, {}, True

    def _read_inline(self, packages: Value) -> None:
        """Read ``packages = [{...}, ...]``."""
        items = packages.items if isinstance(packages, Array) else (packages,)
        for item in items:
            if isinstance(item, InlineTable):
                self._span = item.span
                for entry in item.entries:
                    self._keep(tuple(key.name for key in entry.keys), entry)
                self._whole = self._whole and item.closed
                self.finish()
            elif not isinstance(item, Invalid):
                array = self._layout.array
                self.problems.append(ParseProblem(item.span, "a package is a table", f"write it below [[{array}]]"))

    def _keep(self, path: KeyPath, entry: TomlEntry) -> None:
        value = entry.value
        assert self._span is not None  # noqa: S101 - callers have looked; only the type checker cannot see it
        name = _read_name(self._text, value) if path == NAME else None
        if name:
            if self._name:
                # A second name: the header between two packages is missing, or two sides of a merge stand here.
                self.finish()
                self._span = entry.keys[0].span
            self._name = name
            self._whole = self._whole and isinstance(value, String) and value.closed
        elif not collect_leaves(self._values, path, value, self._layout.package):
            self._whole = False
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


def collect_leaves(target: Values, path: KeyPath, value: Value, wanted: tuple[KeyPath, ...]) -> bool:
    """Put what is wanted of a value into ``target``; return whether all of that was whole."""
    found = match_path(path, wanted)
    if found is None:
        return True
    if found[1]:
        target.setdefault(found[0], [])
    whole = True
    for place, leaf, closed in _leaves(path, value):
        found = match_path(place, wanted)
        if found and found[1]:
            whole = whole and closed
            if leaf is not None:
                target.setdefault(found[0], []).append(leaf)
    return whole


def _leaves(path: KeyPath, value: Value) -> Iterator[tuple[KeyPath, Leaf | None, bool]]:
    """Yield strings and booleans with their paths, None for anything else, each with whether it is whole."""
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
