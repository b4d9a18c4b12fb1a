"""Tables that declare indexes or the members of a workspace.

Indexes are declared in tables such as ``[[tool.uv.index]]``, ``[[tool.poetry.source]]`` or a Pipfile's ``[[source]]``.
They change whom an installer asks about every name of the file, as index options do in a requirements file, and entries
pin them by name. Here they are only read; what each tool makes of its own table is for its module in ``routing``.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mothball.formats.manifests.tables import ARRAY_INDEX, TableMatcher, Tables, inline_settings
from mothball.formats.toml.api import Array, InlineTable, Scalar, String
from mothball.model.document import Dependency, SkipReason, Span, ToolIndex, Workspace
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mothball.formats.manifests.tables import Pattern, Tables
    from mothball.formats.toml.api import Path, Value


class DeclaredIndex(NamedTuple):
    """One index as a table declares it. ``url`` is None where the table has none, as for the default index by name.

    ``span`` covers the URL, else what else there is of the table.
    """

    name: str
    url: String | None
    span: Span
    members: Mapping[str, Value]

    def is_set(self, member: str) -> bool:
        """Return whether ``member`` is true."""
        value = self.members.get(member)
        return isinstance(value, Scalar) and value.value is True

    def text(self, member: str) -> str:
        """Return the string at ``member``, empty where there is none."""
        value = self.members.get(member)
        return value.value if isinstance(value, String) else ""

    def texts(self, member: str) -> tuple[str, ...]:
        """Return the strings of the array at ``member``."""
        value = self.members.get(member)
        items = value.items if isinstance(value, Array) else ()
        return tuple(item.value for item in items if isinstance(item, String))

    def to_tool_index(self, tool: str, role: str = "") -> ToolIndex:
        """Return what the index is to ``tool``."""
        return ToolIndex(
            self.span,
            tool,
            self.url.value if self.url else "",
            self.name,
            role,
            includes=self.texts("include_packages"),
            excludes=self.texts("exclude_packages"),
        )


def declared_indexes(tables: Tables, array: str) -> list[DeclaredIndex]:
    """Return the indexes of the array of tables ``array``, in their order.

    A URL that is not closed yet is no URL: the index is there, and nobody can tell where.
    """
    # A header that nothing follows yet declares an index too, of which nothing is known.
    headers = [one for one in tables.headers if one.path[:-1] == (*tables.prefix, array)]
    members: dict[Path, dict[str, Value]] = {one.path: {} for one in headers}
    spans = {one.path: one.span for one in headers}
    for setting, depth in TableMatcher(tables, ((array, ARRAY_INDEX),)).settings():
        for one in (setting,) if len(setting.path) > depth else inline_settings(setting):
            if len(one.path) == depth + 1:
                members.setdefault(one.path[:depth], {}).setdefault(str(one.path[depth]), one.value)
                spans.setdefault(one.path[:depth], one.value.span)
    found = [DeclaredIndex("", None, span, {}) for span in islice(_misshapen(tables, array), 1)]
    for path, declared in members.items():
        url, name = declared.get("url"), declared.get("name")
        found.append(
            DeclaredIndex(
                name.value if isinstance(name, String) else "",
                url if isinstance(url, String) and url.closed else None,
                url.inner if isinstance(url, String) else spans[path],
                declared,
            )
        )
    return found


def _misshapen(tables: Tables, array: str) -> Iterator[Span]:
    """Yield a place for ``array`` where it is no array of tables: it was to say something, and nobody knows what."""
    depth = len(tables.prefix) + 1
    for header in tables.headers:
        if header.path[:depth] == (*tables.prefix, array) and not isinstance((*header.path, "")[depth], int):
            yield header.span
    for setting, _ in TableMatcher(tables, ((array,),)).settings():
        below = setting.path[depth:]
        is_table = bool(below) and not isinstance(below[0], int)
        if is_table or (not below and not _is_array_of_tables(setting.value)):
            yield setting.value.span


def _is_array_of_tables(value: Value) -> bool:
    return isinstance(value, Array) and all(isinstance(item, InlineTable) for item in value.items)


def index_urls_at(tables: Tables, pattern: Pattern) -> Iterator[tuple[Span, str]]:
    """Yield the addresses at the setting ``pattern``, one string or an array, empty where a value is none."""
    for setting, depth in TableMatcher(tables, (pattern,)).settings():
        if len(setting.path) == depth:
            yield from index_urls_in(setting.value)


def enabled_switches(tables: Tables, pattern: Pattern) -> Iterator[Span]:
    """Yield the place of the switch ``pattern`` where it is not off; what is no switch yet counts as on."""
    for setting, _ in TableMatcher(tables, (pattern,)).settings():
        if not (isinstance(setting.value, Scalar) and setting.value.value is False):
            yield setting.value.span


def index_urls_in(value: Value) -> Iterator[tuple[Span, str]]:
    """Yield the addresses in ``value``, a string or an array, with their places; empty for what is no address yet."""
    for one in value.items if isinstance(value, Array) else (value,):
        is_address = isinstance(one, String) and one.closed
        yield (one.inner, one.value) if isinstance(one, String) and is_address else (one.span, "")


class IndexPins:
    """From the name by which an entry index_pins its index to that index."""

    def __init__(self, indexes: Iterable[DeclaredIndex]) -> None:
        """Take the indexes of the file."""
        self._urls = {index.name.lower(): index.url.value if index.url else None for index in indexes}

    def apply(self, dependency: Dependency, pinned: Iterable[Value]) -> Dependency:
        """Return ``dependency`` with the indexes that ``pinned`` names, one for each of its alternatives.

        It is skipped where the file tells none of them: some other file may, and no index is to learn a name that was
        meant for another one.
        """
        names = [value.value.lower() if isinstance(value, String) else "" for value in pinned]
        if not names or dependency.skip_reason is not None:
            return dependency
        urls = list(dict.fromkeys(url for name in names if (url := self._urls.get(name))))
        if urls:
            return dependency._replace(index_url=urls[0], alternative_indexes=tuple(urls[1:]))
        return dependency._replace(skip_reason=SkipReason.NO_INDEX)


_MEMBERS, _EXCLUDE = "members", "exclude"


def read_workspaces(tables: Tables, tool: str, place: Pattern) -> Iterator[Workspace]:
    """Yield the workspaces that the tables at ``place`` declare to ``tool``.

    What is half typed is left out. A member may be a table with its path in it, as Hatch has them.
    """
    depth = len(tables.prefix) + len(place)
    found: dict[Path, dict[str, tuple[str, ...]]] = {}
    wanted = TableMatcher(tables, (place,))
    for header in tables.headers:
        if wanted.matched_depth(header.path):
            found.setdefault(header.path[:depth], {})
    for setting, _ in wanted.settings():
        settings = found.setdefault(setting.path[:depth], {})
        for one in (setting,) if len(setting.path) > depth else inline_settings(setting):
            if len(one.path) == depth + 1:
                settings.setdefault(str(one.path[depth]), tuple(_patterns(one.value)))
    for patterns in found.values():
        yield Workspace(tool, patterns.get(_MEMBERS), patterns.get(_EXCLUDE, ()))


def _patterns(value: Value) -> Iterator[str]:
    for item in value.items if isinstance(value, Array) else ():
        if isinstance(item, InlineTable):
            path = next((entry.value for entry in item.entries if entry.path == ("path",)), None)
        else:
            path = item
        if isinstance(path, String) and path.closed and path.value:
            yield path.value
