"""Read what the tables of tools declare: entries by project name, indexes and workspaces.

``requests = "^2.32"``, as in Poetry, Pipenv and pixi: the value is a version string, a table, or an array of
alternatives of either kind. The table may be inline, have its own header, or be written as dotted keys.

Indexes are declared in tables such as ``[[tool.uv.index]]``, ``[[tool.poetry.source]]`` or a Pipfile's ``[[source]]``.
Like index options in a requirements file, they apply to all dependencies of the file, and entries may pin one by name.
How each tool uses its indexes is implemented in its module in ``routing``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import assert_never

from mothball.formats.manifests.document import ManifestItem
from mothball.formats.manifests.tables import ARRAY_INDEX, MAX_SHOWN, Pattern, TableMatcher, Tables, section_name
from mothball.formats.pep508 import NAME_PATTERN, find_leading_name, parse_requirement, skip_reason_for_url
from mothball.formats.toml import values as toml
from mothball.model.document import (
    Dependency,
    DependencyKind,
    ParseProblem,
    SkipReason,
    Span,
    ToolIndex,
    Workspace,
    new_dependency,
    normalize_name,
)
from mothball.model.records import NamedTuple, make
from mothball.model.sanitize import one_line

# The keys and values of a table.
Members = Mapping[str, toml.Value]

_VCS = frozenset({"git", "hg", "svn", "bzr"})
_DIRECT_REFERENCES = ("url", "path", "file")
# Fast path: names that are valid and already normalized.
_NORMALIZED = re.compile("[a-z0-9]++(?>(?:-[a-z0-9]++)*)")
_NAME = f"(?ai:{NAME_PATTERN})"
# An alternative without these keys comes from an index, unless its version is a URL.
_SOURCE_KEYS = _VCS.union(_DIRECT_REFERENCES)


def text_of(value: toml.Value | None) -> str:
    """Return the value of a string, or an empty string."""
    return value.value if isinstance(value, toml.String) else ""


def texts_of(value: toml.Value | None) -> tuple[str, ...]:
    """Return the strings in an array."""
    items = value.items if isinstance(value, toml.Array) else ()
    return tuple(item.value for item in items if isinstance(item, toml.String))


def is_true(value: toml.Value | None) -> bool:
    """Return True for the value ``true``."""
    return isinstance(value, toml.Scalar) and value.value is True


# --- entries by project name ------------------------------------------------------------------------------------------


class NamedEntry(NamedTuple):
    """One entry of a table whose keys are project names.

    ``span`` covers key and value, or header and body. Each alternative maps keys to values; a plain version string is
    stored under ``version``; an empty array has no alternatives. ``complete`` is False if the entry is unterminated or
    a value is missing.
    """

    key: toml.Key
    section: str
    span: Span
    alternatives: tuple[Members, ...]
    complete: bool


def read_named_entries(
    tables: Tables, patterns: Iterable[Pattern], read: Callable[[NamedEntry], Iterable[ManifestItem]]
) -> Iterator[ManifestItem]:
    """Read the entries of all tables that match ``patterns`` with ``read``; yield a problem for what is no table."""
    for entry in find_named_entries(tables, patterns):
        if isinstance(entry, ParseProblem):
            yield entry
        else:
            yield from read(entry)


def find_named_entries(tables: Tables, patterns: Iterable[Pattern]) -> Iterator[NamedEntry | ParseProblem]:
    """Yield the entries of all tables that match ``patterns``, and a problem for each match that is no table."""
    matcher = TableMatcher(tables, patterns)
    # The parts of each entry that is not one key/value pair, with the key of its name.
    spread: dict[toml.Path, list[tuple[toml.Key, toml.Header | toml.TomlEntry]]] = {}
    not_tables: dict[str, Span] = {}
    for header in tables.headers:
        depth = matcher.matched_depth(header.path)
        if depth and (header_key := toml.key_at(header, depth)):
            spread.setdefault(header.path[: depth + 1], []).append((header_key, header))
    sections: dict[toml.Path, str] = {}
    for setting, depth in matcher.settings():
        path, keys, value = setting
        if len(path) == depth + 1 and isinstance(value, toml.String) and isinstance(path[-1], str):
            # Fast path for most entries: a name with a version string.
            key, parent = keys[-1], path[:depth]
            section = sections.get(parent) or sections.setdefault(parent, section_name(parent))
            span = make(Span, (key.span.start, value.span.end))
            yield make(NamedEntry, (key, section, span, ({"version": value},), value.closed))
            continue
        for entry in (setting,) if len(path) > depth else _table_entries(setting):
            entry_key = toml.key_at(entry, depth)
            if entry_key is None:
                not_tables.setdefault(section_name(entry.path[:depth]), entry.value.span)
            elif len(entry.path) == depth + 1:
                yield _whole_entry(entry_key, section_name(entry.path[:depth]), entry.value)
            else:
                spread.setdefault(entry.path[: depth + 1], []).append((entry_key, entry))
    yield from (_spread_entry(parts, len(path) - 1, tables.text) for path, parts in spread.items())
    for section, span in not_tables.items():
        shown = one_line(section, MAX_SHOWN)
        yield ParseProblem(span, f"{shown} must be a table of project names", 'write entries such as requests = "*"')


def _table_entries(table: toml.TomlEntry) -> Iterable[toml.TomlEntry]:
    """Return the settings of an inline table, nothing for an invalid value, ``table`` itself for any other value."""
    if isinstance(table.value, toml.InlineTable):
        return toml.inline_entries(table)
    return () if isinstance(table.value, toml.Invalid) else (table,)


def _spread_entry(parts: Sequence[tuple[toml.Key, toml.Header | toml.TomlEntry]], depth: int, text: str) -> NamedEntry:
    """Return the entry that has its own header or is written as dotted keys; each part has a key of its name."""
    key, first = parts[0]
    span = first.span if isinstance(first, toml.Header) else key.span
    complete = not isinstance(first, toml.Header) or span.slice(text).endswith("]")
    members: dict[int, dict[str, toml.Value]] = {}
    for part_key, part in parts:
        if isinstance(part, toml.TomlEntry):
            steps = part.path[depth + 1 :]
            number, names = (steps[0], steps[1:]) if isinstance(steps[0], int) else (0, steps)
            if len(names) == 1:
                members.setdefault(number, {}).setdefault(str(names[0]), part.value)
            complete = complete and _is_complete(part.value)
            if part_key == key:
                span = Span(span.start, max(span.end, part.value.span.end))
    alternatives = tuple(members[number] for number in sorted(members)) or ({},)
    return NamedEntry(key, section_name(first.path[:depth]), span, alternatives, complete)


def _whole_entry(key: toml.Key, section: str, value: toml.Value) -> NamedEntry | ParseProblem:
    """Return the entry that is written as one key/value pair, or the problem of its value."""
    if isinstance(value, toml.Scalar):
        shown = one_line(key.name, MAX_SHOWN)
        return ParseProblem(value.span, f"{shown} must be a string or a table", 'write a version such as "*"')
    alternatives = tuple(_alternatives(value))
    is_empty_array = isinstance(value, toml.Array) and not value.items
    complete = _is_complete(value) and (bool(alternatives) or is_empty_array)
    return NamedEntry(key, section, Span(key.span.start, value.span.end), alternatives, complete)


def _alternatives(value: toml.Value) -> Iterator[Members]:
    match value:
        case toml.String():
            yield {"version": value}
        case toml.InlineTable():
            # The first of equal keys counts.
            yield {str(entry.path[0]): entry.value for entry in reversed(value.entries) if len(entry.path) == 1}
        case toml.Array():
            for item in value.items:
                if isinstance(item, toml.String | toml.InlineTable):
                    yield from _alternatives(item)
        case toml.Scalar() | toml.Invalid():
            pass
        case _:
            assert_never(value)


def _is_complete(value: toml.Value) -> bool:
    match value:
        case toml.String():
            return value.closed
        case toml.Array():
            return value.closed and all(map(_is_complete, value.items))
        case toml.InlineTable():
            return value.closed and all(_is_complete(entry.value) for entry in value.entries)
        case toml.Scalar():
            return True
        case toml.Invalid():
            return False
        case _:
            assert_never(value)


# --- from entries to dependencies -------------------------------------------------------------------------------------


def skip_reason_of(members: Members) -> SkipReason | None:
    """Return why an alternative is not looked up, or None if it comes from an index."""
    if not _SOURCE_KEYS.isdisjoint(members):
        if not _VCS.isdisjoint(members):
            return SkipReason.VCS
        return skip_reason_for_url(_reference_of(members))
    version = text_of(members.get("version"))
    return skip_reason_for_url(version) if "://" in version else None


def skip_reason_of_source(members: Members) -> SkipReason | None:
    """Return why an alternative in a table of sources is not looked up, or None if it comes from an index.

    ``workspace`` and ``editable`` count here only: in a table of dependencies, Pipenv ignores them and queries an
    index, and Poetry rejects them.
    """
    skip_reason = skip_reason_of(members)
    if skip_reason is None and is_true(members.get("workspace")):
        return SkipReason.WORKSPACE
    if skip_reason is None and is_true(members.get("editable")):
        return SkipReason.EDITABLE
    return skip_reason


def local_path_of(members: Members) -> str:
    """Return the path that an alternative is installed from, empty if it is not installed from a path."""
    reference = _reference_of(members)
    is_local = skip_reason_of(members) is SkipReason.PATH and skip_reason_for_url(reference) is SkipReason.PATH
    return reference.removeprefix("file:") if is_local else ""


def _reference_of(members: Members) -> str:
    return next((text_of(members[key]) for key in (*_DIRECT_REFERENCES, "version") if key in members), "")


def empty_source(name: str, members: Members) -> ParseProblem | None:
    """Return the problem of an alternative with a source that names nothing, such as ``git = ""``."""
    for key in sorted(_SOURCE_KEYS.intersection(members)):
        value = members[key]
        if not isinstance(value, toml.String) or (value.closed and not value.value.strip()):
            message = f"`{key}` of {one_line(name, MAX_SHOWN)} names no source"
            return ParseProblem(value.span, message, f'write where the package comes from, or remove "{key}"')
    return None


def read_named_entry(  # noqa: PLR0913 - the syntax of the tools differs in each of these
    entry: NamedEntry,
    tables: Tables,
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    *,
    pins: IndexPins | None = None,
    url_key: str = "",
    skip_reason: SkipReason | None = None,
    allow_extras: bool = False,
) -> Iterator[Dependency | ParseProblem]:
    """Yield the dependency of ``entry``, and a problem if its name is invalid.

    Several alternatives make one dependency, which is skipped only if none of them comes from an index; the version is
    that of the first one that does. ``pins`` finds the indexes that the entry names; ``url_key`` is the key that holds
    the URL of the index, for tools that have one. ``skip_reason`` takes precedence over that of the entry. With
    ``allow_extras``, the name may have extras in brackets.
    """
    name, name_span = entry.key.name, entry.key.inner
    extras: tuple[str, ...] = ()
    if allow_extras:
        name, name_span, extras = _without_extras(name, name_span, tables.text)
    is_normalized = _NORMALIZED.fullmatch(name) is not None
    is_name = is_normalized or re.fullmatch(_NAME, name) is not None
    if not is_name:
        shown = one_line(name, MAX_SHOWN)
        help_text = 'write extras and versions in the value, such as requests = { version = "*", extras = ["socks"] }'
        yield ParseProblem(name_span, f"`{shown}` is not a valid project name", help_text)
        leading = find_leading_name(name)
        if leading is None or name_span.slice(tables.text) != name:
            return
        name, name_span = leading.slice(name), Span(name_span.start + leading.start, name_span.start + leading.end)
    name = name if is_normalized else normalize_name(name)
    problems = [problem for each in entry.alternatives if (problem := empty_source(entry.key.name, each))]
    if not entry.alternatives:
        problems = [ParseProblem(entry.span, f"{one_line(name, MAX_SHOWN)} has no version", 'write one, such as "*"')]
    yield from problems if entry.complete else ()
    members, own_reason = _select_alternative(entry.alternatives)
    index_urls: tuple[str, ...] = (text_of(members.get(url_key)),) if url_key else ()
    index_name = ""
    if problems or not (entry.complete and is_name):
        own_reason = SkipReason.INCOMPLETE
    elif own_reason is None and name == tables.own_name:
        own_reason = SkipReason.SELF
    elif own_reason is None and pins is not None:
        own_reason, index_urls, index_name = pins.resolve(entry.alternatives)
    version = members.get("version")
    specifier = version.inner if isinstance(version, toml.String) and version.value else None
    entry_span = entry.span
    if not entry.complete:
        # Without the white space before a missing value.
        entry_span = Span(entry.span.start, entry.span.start + len(entry.span.slice(tables.text).rstrip()))
    yield new_dependency(
        name=name,
        name_span=name_span,
        entry_span=entry_span,
        specifier_span=specifier,
        specifier=specifier.slice(tables.text) if specifier else "",
        extras=extras + texts_of(members.get("extras")),
        marker=text_of(members.get("markers")) or text_of(members.get("env-markers")),
        kind=kind,
        section=entry.section,
        index_url=index_urls[0] or None if index_urls else None,
        skip_reason=skip_reason or own_reason,
        alternative_indexes=index_urls[1:],
        index_name=index_name,
        local_path=local_path_of(members),
    )


def _without_extras(name: str, span: Span, text: str) -> tuple[str, Span, tuple[str, ...]]:
    """Return a key without the extras in brackets after it, its span in ``text``, and the extras."""
    if "[" in name and span.slice(text) == name:
        requirement = parse_requirement(name)
        if isinstance(requirement, Dependency) and name.rstrip().endswith("]"):
            start, end = requirement.name_span
            return name[start:end], Span(span.start + start, span.start + end), requirement.extras
    return name, span, ()


def _select_alternative(alternatives: tuple[Members, ...]) -> tuple[Members, SkipReason | None]:
    """Return the first alternative that comes from an index, or else the first one and its skip reason."""
    for members in alternatives:
        if skip_reason_of(members) is None:
            return members, None
    return (alternatives[0], skip_reason_of(alternatives[0])) if alternatives else ({}, None)


# --- indexes ----------------------------------------------------------------------------------------------------------


def declared_indexes(tables: Tables, array: str, tool: str, role_of: Callable[[Members], str]) -> list[ToolIndex]:
    """Return the indexes of ``tool`` declared in the array of tables ``array``, in file order.

    ``role_of`` returns the role that the tool gives to an index. An index with an unterminated URL has no URL, as has a
    value in place of the array: an index is configured there, but its URL is unknown. The span is that of the URL if
    there is one, otherwise that of the header or first value of the table.
    """
    headers = {header.path: header.span for header in tables.headers}
    indexes = [ToolIndex(span, tool, "", role=role_of({})) for span in islice(_invalid_arrays(tables, array), 1)]
    for path, members in _tables_at(tables, (array, ARRAY_INDEX)).items():
        if not members and path not in headers:
            continue
        url, codes = members.get("url"), members.get("ignore-error-codes")
        span = url.inner if isinstance(url, toml.String) else headers.get(path) or next(iter(members.values())).span
        index = ToolIndex(
            span,
            tool,
            url.value if isinstance(url, toml.String) and url.closed else "",
            text_of(members.get("name")),
            role_of(members),
            includes=texts_of(members.get("include_packages")),
            excludes=texts_of(members.get("exclude_packages")),
            ignore_error_codes=tuple(_integers(codes)) if tool == "uv" and isinstance(codes, toml.Array) else (),
        )
        indexes.append(index)
    return indexes


def first_switch(members: Members, *names: str) -> str:
    """Return the first of the keys ``names`` that has the value ``true``, or an empty string."""
    return next((name for name in names if is_true(members.get(name))), "")


def _integers(array: toml.Array) -> Iterator[int]:
    for item in array.items:
        if isinstance(item, toml.Scalar) and isinstance(item.value, int) and not isinstance(item.value, bool):
            yield item.value


def _tables_at(tables: Tables, pattern: Pattern) -> dict[toml.Path, dict[str, toml.Value]]:
    """Return the keys and values of each table that matches ``pattern``, by its path."""
    matcher = TableMatcher(tables, (pattern,))
    depth = len(tables.prefix) + len(pattern)
    found: dict[toml.Path, dict[str, toml.Value]] = {
        header.path[:depth]: {} for header in tables.headers if matcher.matched_depth(header.path)
    }
    for setting, _ in matcher.settings():
        members = found.setdefault(setting.path[:depth], {})
        for member in (setting,) if len(setting.path) > depth else toml.inline_entries(setting):
            if len(member.path) == depth + 1:
                members.setdefault(str(member.path[depth]), member.value)
    return found


def _invalid_arrays(tables: Tables, array: str) -> Iterator[Span]:
    """Yield the spans of headers and values of ``array`` that are not an array of tables."""
    depth = len(tables.prefix) + 1
    for header in tables.headers:
        if header.path[:depth] == (*tables.prefix, array) and not isinstance((*header.path, "")[depth], int):
            yield header.span
    for setting, _ in TableMatcher(tables, ((array,),)).settings():
        below, value = setting.path[depth:], setting.value
        is_array = isinstance(value, toml.Array) and all(isinstance(item, toml.InlineTable) for item in value.items)
        if not (isinstance(below[0], int) if below else is_array):
            yield value.span


def index_urls_in(value: toml.Value) -> Iterator[tuple[Span, str]]:
    """Yield the URLs in a string or an array of strings, with their spans; empty for incomplete or invalid items."""
    for item in value.items if isinstance(value, toml.Array) else (value,):
        yield (item.inner, item.value) if isinstance(item, toml.String) and item.closed else (item.span, "")


class IndexPins:
    """Resolve the index names in entries to the indexes that the file declares.

    ``key`` is the key of the index name in an entry. The index named ``default`` is pinned by its name, also beside
    other sources of the entry.
    """

    def __init__(self, indexes: Iterable[ToolIndex], key: str, default: str | None = None) -> None:
        """Initialize with the indexes that the file declares."""
        self._urls = {index.name.lower(): index.url for index in indexes}
        self._key = key
        self._default = default

    def resolve(self, alternatives: Iterable[Members]) -> tuple[SkipReason | None, tuple[str, ...], str]:
        """Return the URLs and the name of the indexes to which the alternatives of an entry are pinned.

        If the file declares none of them, return the reason to skip the entry: another file may declare the index, and
        the name must not be sent to any other one.
        """
        names = [text_of(members[self._key]).lower() for members in alternatives if self._key in members]
        if not names:
            return None, (), ""
        others = [name for name in names if name != self._default]
        urls = tuple(dict.fromkeys(url for name in others if (url := self._urls.get(name))))
        if others and not urls:
            return SkipReason.NO_INDEX, (), ""
        return None, urls, (self._default or "") if len(others) < len(names) else ""


# --- workspaces -------------------------------------------------------------------------------------------------------


def read_workspaces(tables: Tables, tool: str, pattern: Pattern) -> Iterator[Workspace]:
    """Yield the workspaces of ``tool`` that are declared in the tables at ``pattern``.

    Incomplete members are omitted. A member may be a table with a ``path``, as in Hatch.
    """
    for members in _tables_at(tables, pattern).values():
        patterns = tuple(_path_patterns(members["members"])) if "members" in members else None
        yield Workspace(tool, patterns, tuple(_path_patterns(members.get("exclude"))))


def _path_patterns(value: toml.Value | None) -> Iterator[str]:
    for item in value.items if isinstance(value, toml.Array) else ():
        if isinstance(item, toml.InlineTable):
            path = next((entry.value for entry in item.entries if entry.path == ("path",)), None)
        else:
            path = item
        if isinstance(path, toml.String) and path.closed and path.value:
            yield path.value
