"""Read tables whose keys are project names: ``requests = "^2.32"``, as in Poetry, Pipenv and pixi.

The value is a version string, a table, or an array of alternatives of either kind. The table may be inline, have its
own header, or be written as dotted keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from mothball.formats.manifests.requirement_arrays import MAX_SHOWN
from mothball.formats.manifests.tables import (
    Pattern,
    Setting,
    TableHeader,
    TableMatcher,
    Tables,
    inline_settings,
    section_name,
)
from mothball.formats.pep508 import (
    NAME_PATTERN,
    ParsedRequirement,
    find_leading_name,
    parse_requirement,
    skip_reason_for_url,
)
from mothball.formats.toml.api import Array, InlineTable, Invalid, Key, Path, Scalar, String, Value
from mothball.model.document import (
    Dependency,
    DependencyKind,
    ParseProblem,
    SkipReason,
    Span,
    new_dependency,
    normalize_name,
)
from mothball.model.records import NamedTuple, make
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VCS = frozenset({"git", "hg", "svn", "bzr"})
_DIRECT_REFERENCES = ("url", "path", "file")
# Fast path: names that are valid and already normalized.
_NORMALIZED = re.compile("[a-z0-9]++(?>(?:-[a-z0-9]++)*)")
_NAME = f"(?ai:{NAME_PATTERN})"
# An alternative without these keys comes from an index, unless its version is a URL.
_SOURCE_KEYS = _VCS.union(_DIRECT_REFERENCES)


class NamedEntry(NamedTuple):
    """One entry of a table whose keys are project names.

    ``span`` covers key and value, or header and body. Each alternative maps keys to values; a plain version string is
    stored under ``version``; an empty array has no alternatives. ``complete`` is False if the entry is unterminated or
    a value is missing.
    """

    key: Key
    section: str
    span: Span
    alternatives: tuple[Mapping[str, Value], ...]
    complete: bool

    def name_span(self) -> Span:
        """Return the span of the name without quotes."""
        name, (start, end) = self.key
        quoted = end - start != len(name)
        return make(Span, (start + quoted, end - quoted))


class _EntryBuilder:
    """Collect an entry that has its own header or is written as dotted keys."""

    def __init__(self, key: Key, section: str, span: Span, *, complete: bool) -> None:
        self.key = key
        self.section = section
        self.span = span
        self.complete = complete
        self.members: dict[int, dict[str, Value]] = {}

    def add(self, steps: Path, key: Key, value: Value) -> None:
        """Add ``value`` at the path ``steps`` below the name; ``key`` is the key of the name in that setting."""
        number = steps[0] if isinstance(steps[0], int) else 0
        names = steps[1:] if isinstance(steps[0], int) else steps
        if len(names) == 1:
            self.members.setdefault(number, {}).setdefault(str(names[0]), value)
        self.complete = self.complete and _is_complete(value)
        if key.span == self.key.span:
            self.span = Span(self.span.start, max(self.span.end, value.span.end))

    def to_entry(self) -> NamedEntry:
        alternatives = tuple(self.members[number] for number in sorted(self.members)) or ({},)
        return NamedEntry(self.key, self.section, self.span, alternatives, self.complete)


def find_named_entries(tables: Tables, patterns: Iterable[Pattern]) -> Iterator[NamedEntry | ParseProblem]:
    """Yield the entries of all tables that match ``patterns``, and a problem for each match that is no table."""
    matcher = TableMatcher(tables, patterns)
    builders: dict[Path, _EntryBuilder] = {}
    not_tables: dict[str, Span] = {}
    for header in tables.headers:
        depth = matcher.matched_depth(header.path)
        if depth and len(header.path) > depth:
            _add_header(header, depth, tables, builders)
    sections: dict[Path, str] = {}
    for setting, depth in matcher.settings():
        if len(setting.path) == depth + 1 and isinstance(setting.value, String) and (key := setting.keys[depth]):
            # Fast path for most entries: a name with a version string.
            parent, version = setting.path[:depth], setting.value
            section = sections.get(parent) or sections.setdefault(parent, section_name(parent))
            span = make(Span, (key.span.start, version.span.end))
            yield make(NamedEntry, (key, section, span, ({"version": version},), version.closed))
            continue
        for entry in (setting,) if len(setting.path) > depth else _table_entries(setting):
            key = entry.keys[depth] if len(entry.path) > depth else None
            if key is None:
                not_tables.setdefault(section_name(entry.path[:depth]), entry.value.span)
            else:
                yield from _read_setting(entry, depth, key, builders)
    for builder in builders.values():
        yield builder.to_entry()
    for section, span in not_tables.items():
        shown = one_line(section, MAX_SHOWN)
        yield ParseProblem(span, f"{shown} must be a table of project names", 'write entries such as requests = "*"')


def _table_entries(table: Setting) -> Iterable[Setting]:
    """Return the settings of an inline table, nothing for an invalid value, ``table`` itself for any other value."""
    if isinstance(table.value, InlineTable):
        return inline_settings(table)
    return () if isinstance(table.value, Invalid) else (table,)


def _add_header(header: TableHeader, depth: int, tables: Tables, builders: dict[Path, _EntryBuilder]) -> None:
    """Start a builder for an entry that has its own header."""
    key = header.keys[depth]
    if key is not None:
        closed = header.span.slice(tables.text).endswith("]")
        section = section_name(header.path[:depth])
        builders.setdefault(header.path[: depth + 1], _EntryBuilder(key, section, header.span, complete=closed))


def _read_setting(
    setting: Setting, depth: int, key: Key, builders: dict[Path, _EntryBuilder]
) -> Iterator[NamedEntry | ParseProblem]:
    """Yield the entry if ``setting`` is a whole one, or add its part of an entry to ``builders``."""
    path, _, value = setting
    section = section_name(path[:depth])
    span = Span(key.span.start, value.span.end)
    if len(path) > depth + 1:
        builders.setdefault(path[: depth + 1], _EntryBuilder(key, section, span, complete=True)).add(
            path[depth + 1 :], key, value
        )
    elif isinstance(value, Scalar):
        shown = one_line(key.name, MAX_SHOWN)
        yield ParseProblem(value.span, f"{shown} must be a string or a table", 'write a version such as "*"')
    else:
        alternatives = tuple(_alternatives(value))
        is_empty_array = isinstance(value, Array) and not value.items
        complete = _is_complete(value) and (bool(alternatives) or is_empty_array)
        yield NamedEntry(key, section, span, alternatives, complete)


def _alternatives(value: Value) -> Iterator[Mapping[str, Value]]:
    match value:
        case String():
            yield {"version": value}
        case InlineTable():
            members: dict[str, Value] = {}
            for entry in value.entries:
                if len(entry.path) == 1:
                    members.setdefault(str(entry.path[0]), entry.value)
            yield members
        case Array():
            for item in value.items:
                if isinstance(item, String | InlineTable):
                    yield from _alternatives(item)
        case Scalar() | Invalid():
            pass
        case _:
            assert_never(value)


def _is_complete(value: Value) -> bool:
    match value:
        case String():
            return value.closed
        case Array():
            return value.closed and all(map(_is_complete, value.items))
        case InlineTable():
            return value.closed and all(_is_complete(entry.value) for entry in value.entries)
        case Scalar():
            return True
        case Invalid():
            return False
        case _:
            assert_never(value)


# --- from entries to dependencies -------------------------------------------------------------------------------------


def skip_reason_of(members: Mapping[str, Value]) -> SkipReason | None:
    """Return why an alternative is not looked up, or None if it comes from an index."""
    if not _SOURCE_KEYS.isdisjoint(members):
        if not _VCS.isdisjoint(members):
            return SkipReason.VCS
        for key in _DIRECT_REFERENCES:
            if key in members:
                return skip_reason_for_url(_text(members[key]))
    version = _text(members.get("version"))
    return skip_reason_for_url(version) if "://" in version else None


def skip_reason_of_source(members: Mapping[str, Value]) -> SkipReason | None:
    """Return why an alternative in a table of sources is not looked up, or None if it comes from an index.

    ``workspace`` and ``editable`` count here only: in a table of dependencies, Pipenv ignores them and queries an
    index, and Poetry rejects them.
    """
    skip_reason = skip_reason_of(members)
    if skip_reason is None and _is_true(members.get("workspace")):
        return SkipReason.WORKSPACE
    if skip_reason is None and _is_true(members.get("editable")):
        return SkipReason.EDITABLE
    return skip_reason


def local_path_of(members: Mapping[str, Value]) -> str:
    """Return the path that an alternative is installed from, empty if it is not installed from a path."""
    reference = next((_text(members[key]) for key in (*_DIRECT_REFERENCES, "version") if key in members), "")
    is_local = skip_reason_of(members) is SkipReason.PATH and skip_reason_for_url(reference) is SkipReason.PATH
    return reference.removeprefix("file:") if is_local else ""


def empty_source(name: str, members: Mapping[str, Value]) -> ParseProblem | None:
    """Return the problem of an alternative with a source that names nothing, such as ``git = ""``."""
    for key in sorted(_SOURCE_KEYS.intersection(members)):
        value = members[key]
        if not isinstance(value, String) or (value.closed and not value.value.strip()):
            message = f"`{key}` of {one_line(name, MAX_SHOWN)} names no source"
            return ParseProblem(value.span, message, f'write where the package comes from, or remove "{key}"')
    return None


def read_named_entry(
    entry: NamedEntry,
    tables: Tables,
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    index: str | None = None,
    *,
    allow_extras: bool = False,
) -> Iterator[Dependency | ParseProblem]:
    """Yield the dependency of ``entry``, and a problem if its name is invalid.

    Several alternatives make one dependency, which is skipped only if none of them comes from an index; the version is
    that of the first one that does. ``index`` is the key that holds the URL of the index, for tools that have one.
    With ``allow_extras``, the name may have extras in brackets.
    """
    name, name_span = entry.key.name, entry.name_span()
    extras: tuple[str, ...] = ()
    if allow_extras and "[" in name and name_span.slice(tables.text) == name:
        requirement = parse_requirement(name)
        if isinstance(requirement, ParsedRequirement) and name.rstrip().endswith("]"):
            start = name_span.start
            name_span = Span(start + requirement.name_span.start, start + requirement.name_span.end)
            name, extras = requirement.name, requirement.extras
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
    members, skip_reason = _select_alternative(entry.alternatives)
    problems = [problem for each in entry.alternatives if (problem := empty_source(entry.key.name, each))]
    if not entry.alternatives:
        problems = [ParseProblem(entry.span, f"{one_line(name, MAX_SHOWN)} has no version", 'write one, such as "*"')]
    yield from problems if entry.complete else ()
    if problems or not (entry.complete and is_name):
        skip_reason = SkipReason.INCOMPLETE
    elif skip_reason is None and name == tables.own_name:
        skip_reason = SkipReason.SELF
    version = members.get("version")
    specifier = version.inner if isinstance(version, String) and version.value else None
    yield new_dependency(
        name=name,
        name_span=name_span,
        entry_span=entry.span if entry.complete else _trimmed(entry.span, tables.text),
        specifier_span=specifier,
        specifier=specifier.slice(tables.text) if specifier else "",
        extras=extras + _texts(members.get("extras")),
        marker=_text(members.get("markers")) or _text(members.get("env-markers")),
        kind=kind,
        section=entry.section,
        index_url=(_text(members.get(index)) or None) if index else None,
        skip_reason=skip_reason,
        local_path=local_path_of(members),
    )


def _select_alternative(
    alternatives: tuple[Mapping[str, Value], ...],
) -> tuple[Mapping[str, Value], SkipReason | None]:
    """Return the first alternative that comes from an index, or else the first one and its skip reason."""
    if len(alternatives) == 1:
        return alternatives[0], skip_reason_of(alternatives[0])
    first = None
    for members in alternatives:
        skip_reason = skip_reason_of(members)
        if skip_reason is None:
            return members, None
        first = first or (members, skip_reason)
    return first or ({}, None)


def _trimmed(span: Span, text: str) -> Span:
    """Return ``span`` without the white space before a missing value."""
    return Span(span.start, span.start + len(span.slice(text).rstrip()))


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Scalar) and value.value is True


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, String) else ""


def _texts(value: Value | None) -> tuple[str, ...]:
    return tuple(item.value for item in value.items if isinstance(item, String)) if isinstance(value, Array) else ()
