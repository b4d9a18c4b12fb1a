"""Tables whose keys are project names: ``requests = "^2.32"`` as Poetry, Pipenv and pixi write it.

The value is a version, a table that tells more, or an array of such alternatives. The table may have a header of its
own, or be spelled out in dotted keys.
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
from mothball.formats.pep508 import NAME_PATTERN, find_leading_name
from mothball.formats.requirements.entries import skip_reason_for_url
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
_PLACES = ("url", "path", "file")
# What most names are: valid and normalised.
_NORMAL = re.compile("[a-z0-9]++(?>(?:-[a-z0-9]++)*)")
_NAME = f"(?ai:{NAME_PATTERN})"
# Members without which an alternative is of an index, unless its version is an address.
_TELLING = _VCS.union(_PLACES)


class NamedEntry(NamedTuple):
    """One name of such a table with all that is said of it.

    ``span`` covers the whole of it: key and value, or header and body. Each alternative maps the members of a table to
    their values; a plain version is the member ``version``. ``complete`` is False where something is not closed, or not
    there yet.
    """

    key: Key
    section: str
    span: Span
    alternatives: tuple[Mapping[str, Value], ...]
    complete: bool

    def name_span(self) -> Span:
        """Return the place of the name, without the quotes that may stand around it."""
        name, (start, end) = self.key
        quoted = end - start != len(name)
        return make(Span, (start + quoted, end - quoted))


class _Parts:
    """A name whose table has a header, or dotted keys: what was gathered of it so far."""

    def __init__(self, key: Key, section: str, span: Span, *, complete: bool) -> None:
        self.key = key
        self.section = section
        self.span = span
        self.complete = complete
        self.members: dict[int, dict[str, Value]] = {}

    def add(self, steps: Path, key: Key, value: Value) -> None:
        """Take in what stands ``steps`` below the name; ``key`` is the one through which it was reached."""
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
    """Yield every name in the tables at places of ``patterns``, and a problem for each place that is no table."""
    wanted = TableMatcher(tables, patterns)
    parts: dict[Path, _Parts] = {}
    misshapen: dict[str, Span] = {}
    for header in tables.headers:
        depth = wanted.matched_depth(header.path)
        if depth and len(header.path) > depth:
            _open(header, depth, tables, parts)
    sections: dict[Path, str] = {}
    for setting, depth in wanted.settings():
        if len(setting.path) == depth + 1 and isinstance(setting.value, String) and (key := setting.keys[depth]):
            # As nearly all are: a name and its version.
            above, version = setting.path[:depth], setting.value
            section = sections.get(above) or sections.setdefault(above, section_name(above))
            span = make(Span, (key.span.start, version.span.end))
            yield make(NamedEntry, (key, section, span, ({"version": version},), version.closed))
            continue
        for one in (setting,) if len(setting.path) > depth else _entries(setting):
            key = one.keys[depth] if len(one.path) > depth else None
            if key is None:
                misshapen.setdefault(section_name(one.path[:depth]), one.value.span)
            else:
                yield from _take(one, depth, key, parts)
    for spelled_out in parts.values():
        yield spelled_out.to_entry()
    for section, span in misshapen.items():
        yield ParseProblem(
            span, f"{one_line(section, MAX_SHOWN)} must be a table of names", 'for example requests = "*"'
        )


def _entries(table: Setting) -> Iterable[Setting]:
    """Return what stands in an inline table; what is none is returned as it is, what is missing is left out."""
    if isinstance(table.value, InlineTable):
        return inline_settings(table)
    return () if isinstance(table.value, Invalid) else (table,)


def _open(header: TableHeader, depth: int, tables: Tables, parts: dict[Path, _Parts]) -> None:
    """Begin what the header of a name's own table opens."""
    key = header.keys[depth]
    if key is not None:
        closed = header.span.slice(tables.text).endswith("]")
        section = section_name(header.path[:depth])
        parts.setdefault(header.path[: depth + 1], _Parts(key, section, header.span, complete=closed))


def _take(setting: Setting, depth: int, key: Key, parts: dict[Path, _Parts]) -> Iterator[NamedEntry | ParseProblem]:
    """Yield the name that ``setting`` is, or keep the part of one that it is."""
    path, _, value = setting
    section = section_name(path[:depth])
    span = Span(key.span.start, value.span.end)
    if len(path) > depth + 1:
        parts.setdefault(path[: depth + 1], _Parts(key, section, span, complete=True)).add(
            path[depth + 1 :], key, value
        )
    elif isinstance(value, Scalar):
        shown = one_line(key.name, MAX_SHOWN)
        yield ParseProblem(value.span, f"{shown} must be a string or a table", 'for example requests = "*"')
    else:
        alternatives = tuple(_members(value))
        yield NamedEntry(key, section, span, alternatives, bool(alternatives) and _is_complete(value))


def _members(value: Value) -> Iterator[Mapping[str, Value]]:
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
                    yield from _members(item)
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


# --- from a name to a dependency --------------------------------------------------------------------------------------


def skip_reason_of(members: Mapping[str, Value]) -> SkipReason | None:
    """Return why no index answers for an alternative; None where one does."""
    if not _TELLING.isdisjoint(members):
        if not _VCS.isdisjoint(members):
            return SkipReason.VCS
        for name in _PLACES:
            if name in members:
                return skip_reason_for_url(_text(members[name]))
    version = _text(members.get("version"))
    return skip_reason_for_url(version) if "://" in version else None


def skip_reason_of_source(members: Mapping[str, Value]) -> SkipReason | None:
    """Return the same for an alternative in a table of sources, where a workspace may be one.

    Where dependencies stand, no tool knows such a word: Pipenv passes it over and asks an index, Poetry refuses it.
    """
    origin = skip_reason_of(members)
    if origin is None and _is_true(members.get("workspace")):
        return SkipReason.WORKSPACE
    if origin is None and _is_true(members.get("editable")):
        return SkipReason.EDITABLE
    return origin


def read_named_entry(
    one: NamedEntry, tables: Tables, kind: DependencyKind = DependencyKind.REQUIREMENT, index: str | None = None
) -> Iterator[Dependency | ParseProblem]:
    """Yield the dependency that ``one`` is, or what is wrong with its name.

    Several alternatives are one dependency, skipped only where no index answers for any of them; its version is that
    of the first for which one does. ``index`` is the member that holds the URL of the index to be asked, where the
    tool has such a member.
    """
    name, place = one.key.name, one.name_span()
    is_normal = _NORMAL.fullmatch(name) is not None
    is_name = is_normal or re.fullmatch(_NAME, name) is not None
    if not is_name:
        shown = one_line(name, MAX_SHOWN)
        yield ParseProblem(place, f"`{shown}` is no project name", "extras and versions belong to the value")
        seen = find_leading_name(name)
        if seen is None or place.slice(tables.text) != name:
            return
        name, place = seen.slice(name), Span(place.start + seen.start, place.start + seen.end)
    name = name if is_normal else normalize_name(name)
    members, skip_reason = _chosen(one.alternatives)
    if not (one.complete and is_name):
        skip_reason = SkipReason.INCOMPLETE
    elif skip_reason is None and name == tables.own_name:
        skip_reason = SkipReason.SELF
    version = members.get("version")
    specifier = version.inner if isinstance(version, String) and version.value else None
    yield new_dependency(
        name=name,
        name_span=place,
        entry_span=one.span if one.complete else _trimmed(one.span, tables.text),
        specifier_span=specifier,
        specifier=specifier.slice(tables.text) if specifier else "",
        extras=_texts(members.get("extras")),
        marker=_text(members.get("markers")) or _text(members.get("env-markers")),
        kind=kind,
        section=one.section,
        index_url=(_text(members.get(index)) or None) if index else None,
        skip_reason=skip_reason,
    )


def _chosen(alternatives: tuple[Mapping[str, Value], ...]) -> tuple[Mapping[str, Value], SkipReason | None]:
    """Return the first alternative for which an index answers; else the first of all, and why none does."""
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
    """Return ``span`` without the white space before a value that is not there yet."""
    return Span(span.start, span.start + len(span.slice(text).rstrip()))


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Scalar) and value.value is True


def _text(value: Value | None) -> str:
    return value.value if isinstance(value, String) else ""


def _texts(value: Value | None) -> tuple[str, ...]:
    return tuple(item.value for item in value.items if isinstance(item, String)) if isinstance(value, Array) else ()
