"""The tables of a TOML document as tools see them: found by their path, however they are written.

``[a.b]`` with ``c = 1``, ``[a]`` with ``b.c = 1`` and ``a = {b = {c = 1}}`` say the same. Here all three are a setting
at ``a.b.c``, which knows the keys that lead to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from mothball.formats.toml.api import Array, Header, InlineTable, Key, Path, TomlScan, Value
from mothball.model.document import Dependency
from mothball.model.records import NamedTuple, make

if TYPE_CHECKING:
    from mothball.model.document import Span

# What a step of a pattern may be besides a name: any name, any place in an array.
ANY = "*"
ARRAY_INDEX = "#"
Pattern = tuple[str, ...]


class Setting(NamedTuple):
    """A key and its value; ``keys`` runs along ``path``, with None for each place in an array."""

    path: Path
    keys: tuple[Key | None, ...]
    value: Value


class TableHeader(NamedTuple):
    """The header of a table; ``keys`` runs along ``path``, with None for each place in an array."""

    path: Path
    keys: tuple[Key | None, ...]
    span: Span


class Tables(NamedTuple):
    """All that stands at and below one table of a document; the whole document where ``prefix`` is empty.

    The paths are those in the document, so all begin with ``prefix``. ``own_name`` is the project's name, normalised,
    empty where the file tells none. ``standard`` are the dependencies in the standard tables of the same file.
    """

    text: str
    prefix: tuple[str, ...]
    settings: tuple[Setting, ...]
    headers: tuple[TableHeader, ...]
    own_name: str = ""
    standard: tuple[Dependency, ...] = ()


def all_tables(text: str, document: TomlScan) -> Tables:
    """Return all tables of ``document``, which is the scan of ``text``."""
    headers = tuple(TableHeader(header.path, _along(header), header.span) for header in document.headers)
    bodies = [0, *(header.body for header in document.headers), len(document.entries)]
    settings = [
        make(Setting, (entry.path, outer + entry.keys, entry.value))
        for outer, (start, end) in zip(((), *(one.keys for one in headers)), pairwise(bodies), strict=True)
        for entry in document.entries[start:end]
    ]
    return Tables(text, (), tuple(settings), headers)


def tool_tables(whole: Tables, names: Collection[str]) -> dict[str, Tables]:
    """Return the tables ``tool.NAME`` of a pyproject.toml by NAME, for those of ``names`` that are there."""
    settings: dict[str, list[Setting]] = {}
    headers: dict[str, list[TableHeader]] = {}
    for setting in whole.settings:
        if setting.path[0] == "tool":
            for one in (setting,) if len(setting.path) > 1 else inline_settings(setting):
                settings.setdefault(str(one.path[1]), []).append(one)
    for header in whole.headers:
        if header.path[0] == "tool" and len(header.path) > 1:
            headers.setdefault(str(header.path[1]), []).append(header)
    return {
        name: whole._replace(
            prefix=("tool", name), settings=tuple(settings.get(name, ())), headers=tuple(headers.get(name, ()))
        )
        for name in {**settings, **headers}
        if name in names
    }


def section_name(path: Path) -> str:
    """Return the name of the table or array at ``path``; places in arrays are left out."""
    return ".".join(step for step in path if isinstance(step, str))


class TableMatcher:
    """Find the settings whose paths match a pattern: a key name, ``ANY`` or ``ARRAY_INDEX`` for each step."""

    def __init__(self, tables: Tables, patterns: Iterable[Pattern]) -> None:
        """Take the patterns, which begin where ``tables`` do; a place below another one of them is never reached."""
        self._tables = tables
        patterns = tuple(patterns)
        self._by_depth: dict[int, list[Pattern]] = {}
        for pattern in patterns:
            whole = tables.prefix + pattern
            self._by_depth.setdefault(len(whole), []).append(whole)
        self._depths = sorted(self._by_depth)
        # The first step below the table; None where that may be any.
        firsts = {pattern[0] for pattern in patterns}
        self._firsts = None if ANY in firsts else firsts
        # Many names stand in one table: whether it is a place is found out once.
        self._known: dict[Path, bool] = {}

    def matched_depth(self, path: Path) -> int:
        """Return how many steps of ``path`` lead to one of the places, 0 where it leads to none."""
        for depth in self._depths:
            if depth > len(path):
                break
            above = path[:depth]
            if above not in self._known:
                self._known[above] = any(all(map(_fits, above, pattern)) for pattern in self._by_depth[depth])
            if self._known[above]:
                return depth
        return 0

    def settings(self) -> Iterator[tuple[Setting, int]]:
        """Yield every setting that stands at one of the places or below, and how many steps lead to that place."""
        waiting = list(reversed(self._tables.settings))
        if self._firsts is not None:
            # Most of what a tool's table holds is quickly seen to be something else.
            first = len(self._tables.prefix)
            waiting = [one for one in waiting if len(one.path) <= first or one.path[first] in self._firsts]
        while waiting:
            setting = waiting.pop()
            depth = self.matched_depth(setting.path)
            if depth:
                yield setting, depth
            elif len(setting.path) < self._depths[-1]:
                waiting.extend(reversed(list(inline_settings(setting))))


def inline_settings(setting: Setting) -> Iterator[Setting]:
    """Yield what an inline table holds, or an array of them, each with its whole path."""
    path, keys, value = setting
    if isinstance(value, InlineTable):
        for entry in value.entries:
            yield make(Setting, (path + entry.path, keys + entry.keys, entry.value))
    elif isinstance(value, Array):
        for number, item in enumerate(value.items):
            if isinstance(item, InlineTable):
                yield Setting((*path, number), (*keys, None), item)


def _fits(step: str | int, wanted: str) -> bool:
    if isinstance(step, int):
        return wanted == ARRAY_INDEX
    return wanted in {ANY, step}


def _along(header: Header) -> tuple[Key | None, ...]:
    keys = iter(header.keys)
    return tuple(next(keys) if isinstance(step, str) else None for step in header.path)
