"""Read tables that declare indexes or workspace members.

Indexes are declared in tables such as ``[[tool.uv.index]]``, ``[[tool.poetry.source]]`` or a Pipfile's ``[[source]]``.
Like index options in a requirements file, they apply to all dependencies of the file, and entries may pin one by name.
How each tool uses its indexes is implemented in its module in ``routing``.
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
    """An index as declared in a table.

    ``url`` is None if the table has no complete URL, for example if it names the default index. ``span`` covers the
    URL if there is one, otherwise the header or first value of the table.
    """

    name: str
    url: String | None
    span: Span
    members: Mapping[str, Value]

    def is_set(self, member: str) -> bool:
        """Return True if the key ``member`` has the value ``true``."""
        value = self.members.get(member)
        return isinstance(value, Scalar) and value.value is True

    def text(self, member: str) -> str:
        """Return the string value of the key ``member``, or an empty string."""
        value = self.members.get(member)
        return value.value if isinstance(value, String) else ""

    def texts(self, member: str) -> tuple[str, ...]:
        """Return the strings in the array value of the key ``member``."""
        value = self.members.get(member)
        items = value.items if isinstance(value, Array) else ()
        return tuple(item.value for item in items if isinstance(item, String))

    def integers(self, member: str) -> tuple[int, ...]:
        """Return the integers in the array value of the key ``member``."""
        value = self.members.get(member)
        items = value.items if isinstance(value, Array) else ()
        values: list[object] = [item.value for item in items if isinstance(item, Scalar)]
        return tuple(value for value in values if isinstance(value, int) and not isinstance(value, bool))

    def to_tool_index(self, tool: str, role: str = "") -> ToolIndex:
        """Return the index as configured for ``tool``, with the role that the tool gives to it."""
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
    """Return the indexes declared in the array of tables ``array``, in file order.

    An index with an unterminated URL is returned with ``url`` None, as is a value in place of the array: an index is
    configured there, but its URL is unknown.
    """
    # A header without body declares an index without a URL.
    headers = [header for header in tables.headers if header.path[:-1] == (*tables.prefix, array)]
    members: dict[Path, dict[str, Value]] = {header.path: {} for header in headers}
    spans = {header.path: header.span for header in headers}
    for setting, depth in TableMatcher(tables, ((array, ARRAY_INDEX),)).settings():
        for member in (setting,) if len(setting.path) > depth else inline_settings(setting):
            if len(member.path) == depth + 1:
                members.setdefault(member.path[:depth], {}).setdefault(str(member.path[depth]), member.value)
                spans.setdefault(member.path[:depth], member.value.span)
    indexes = [DeclaredIndex("", None, span, {}) for span in islice(_invalid_arrays(tables, array), 1)]
    for path, declared in members.items():
        url, name = declared.get("url"), declared.get("name")
        indexes.append(
            DeclaredIndex(
                name.value if isinstance(name, String) else "",
                url if isinstance(url, String) and url.closed else None,
                url.inner if isinstance(url, String) else spans[path],
                declared,
            )
        )
    return indexes


def _invalid_arrays(tables: Tables, array: str) -> Iterator[Span]:
    """Yield the spans of headers and values of ``array`` that are not an array of tables."""
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
    """Yield the index URLs in the settings that match ``pattern``, with their spans; see ``index_urls_in``."""
    for setting, depth in TableMatcher(tables, (pattern,)).settings():
        if len(setting.path) == depth:
            yield from index_urls_in(setting.value)


def enabled_switches(tables: Tables, pattern: Pattern) -> Iterator[Span]:
    """Yield the spans of the settings that match ``pattern`` and are not ``false``; incomplete values count as true."""
    for setting, _ in TableMatcher(tables, (pattern,)).settings():
        if not (isinstance(setting.value, Scalar) and setting.value.value is False):
            yield setting.value.span


def index_urls_in(value: Value) -> Iterator[tuple[Span, str]]:
    """Yield the URLs in a string or an array of strings, with their spans; empty for incomplete or invalid items."""
    for item in value.items if isinstance(value, Array) else (value,):
        is_url = isinstance(item, String) and item.closed
        yield (item.inner, item.value) if isinstance(item, String) and is_url else (item.span, "")


class IndexPins:
    """Resolve the index names in entries to the indexes that the file declares."""

    def __init__(self, indexes: Iterable[DeclaredIndex]) -> None:
        """Initialize with the indexes that the file declares."""
        self._urls = {index.name.lower(): index.url.value if index.url else None for index in indexes}

    def apply(self, dependency: Dependency, pinned: Iterable[Value]) -> Dependency:
        """Pin ``dependency`` to the indexes named in ``pinned``, one for each of its alternatives.

        If the file declares none of them, the dependency is skipped: another file may declare the index, and the name
        must not be sent to any other one.
        """
        names = [value.value.lower() if isinstance(value, String) else "" for value in pinned]
        if not names or dependency.skip_reason is not None:
            return dependency
        urls = list(dict.fromkeys(url for name in names if (url := self._urls.get(name))))
        if urls:
            return dependency._replace(index_url=urls[0], alternative_indexes=tuple(urls[1:]))
        return dependency._replace(skip_reason=SkipReason.NO_INDEX)


_MEMBERS, _EXCLUDE = "members", "exclude"


def read_workspaces(tables: Tables, tool: str, pattern: Pattern) -> Iterator[Workspace]:
    """Yield the workspaces of ``tool`` that are declared in the tables at ``pattern``.

    Incomplete members are omitted. A member may be a table with a ``path``, as in Hatch.
    """
    depth = len(tables.prefix) + len(pattern)
    workspaces: dict[Path, dict[str, tuple[str, ...]]] = {}
    matcher = TableMatcher(tables, (pattern,))
    for header in tables.headers:
        if matcher.matched_depth(header.path):
            workspaces.setdefault(header.path[:depth], {})
    for setting, _ in matcher.settings():
        members = workspaces.setdefault(setting.path[:depth], {})
        for member in (setting,) if len(setting.path) > depth else inline_settings(setting):
            if len(member.path) == depth + 1:
                members.setdefault(str(member.path[depth]), tuple(_path_patterns(member.value)))
    for members in workspaces.values():
        yield Workspace(tool, members.get(_MEMBERS), members.get(_EXCLUDE, ()))


def _path_patterns(value: Value) -> Iterator[str]:
    for item in value.items if isinstance(value, Array) else ():
        if isinstance(item, InlineTable):
            path = next((entry.value for entry in item.entries if entry.path == ("path",)), None)
        else:
            path = item
        if isinstance(path, String) and path.closed and path.value:
            yield path.value
