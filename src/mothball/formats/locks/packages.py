"""Shared code for TOML locks: choose a reader, and convert packages to dependencies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.stanzas import LocatedName, PackageSource
from mothball.formats.locks.toml_reader import read_toml
from mothball.formats.pep508 import NAME_PATTERN, find_leading_name
from mothball.formats.toml.api import Header, TomlEntry, scan
from mothball.model.document import (
    Dependency,
    DependencyGraph,
    DependencyKind,
    Document,
    ParseProblem,
    SkipReason,
    Span,
    new_dependency,
    normalize_name,
)
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mothball.formats.locks.stanzas import Layout, Lock, Schema, Stanza

_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
_HELP = "lock again with a version of the tool that mothball supports, or update mothball"
# Maximum length of a name in a message, in code points.
_MAX_SHOWN = 60


class Package(NamedTuple):
    """The format-specific data of a stanza.

    ``requires`` holds the names of required packages as written. ``source`` is None if another stanza describes the
    same package: then only ``requires`` is used.
    """

    source: PackageSource | None
    requires: Sequence[str]
    extras: tuple[str, ...]
    marker: str


class NormalizedNames(dict[str, str]):
    """Cache of normalized names by spelling."""

    def __missing__(self, spelling: str) -> str:
        """Normalize ``spelling`` and cache the result."""
        self[spelling] = normalized = normalize_name(spelling)
        return normalized


def read_lock(text: str, layout: Layout) -> Lock:
    """Read a TOML lock, complete or incomplete, without byte-order mark. Never raises."""
    return read_lines(text, layout) or read_toml(text, layout)


class LockedPackages(NamedTuple):
    """The dependencies and problems of a lock, and the names that each package requires."""

    dependencies: Sequence[Dependency]
    problems: Sequence[ParseProblem]
    requires: Mapping[str, Sequence[str]]


def collect_packages(
    text: str, lock: Lock, section: str, packages: Iterable[Package], names: NormalizedNames
) -> LockedPackages:
    """Convert each stanza with a valid name to a dependency, and report the others as problems.

    ``packages`` is parallel to the stanzas of ``lock``.
    """
    dependencies: list[Dependency] = []
    problems = list(lock.problems)
    requires: dict[str, list[str]] = {}
    for stanza, (source, required, extras, marker) in zip(lock.stanzas, packages, strict=True):
        written, is_complete = stanza.name, stanza.is_complete
        if written is None or not _NAME.fullmatch(written.text):
            written, is_complete = _leading_name(written), False
            problem = _name_problem(text, stanza)
            problems += [problem] if problem else []
            if written is None:
                continue
        name = names[written.text]
        requires.setdefault(name, []).extend([names[spelling] for spelling in required])
        if source is None:
            continue
        version = stanza.text("version")
        skip_reason = source.skip_reason if is_complete else SkipReason.INCOMPLETE
        dependencies.append(
            new_dependency(
                name=name,
                name_span=written.span,
                entry_span=stanza.span,
                extras=extras,
                marker=marker,
                kind=DependencyKind.LOCKED,
                section=section,
                version=version,
                index_url=source.index_url,
                skip_reason=skip_reason,
            )
        )
    return LockedPackages(dependencies, problems, requires)


def dependency_graph(requires: Mapping[str, Iterable[str]], direct: Iterable[str] | None = None) -> DependencyGraph:
    """Return the graph of the locked packages; required names that are not locked are dropped.

    ``direct`` holds the names that the project requires itself, or is None if the lock does not record them.
    """
    locked = requires.keys()
    return DependencyGraph(
        {
            name: tuple(dict.fromkeys([required for required in names if required in locked and required != name]))
            for name, names in requires.items()
        },
        None if direct is None else tuple(dict.fromkeys(name for name in direct if name in locked)),
    )


def build_document(  # noqa: PLR0913, PLR0917 - the text, how it was read, and the results
    format_name: str, text: str, layout: Layout, lock: Lock, packages: LockedPackages, graph: DependencyGraph | None
) -> Document:
    """Build the document of a lock from its converted packages."""
    problem = _version_problem(text, layout.schema)
    if problem is None and not lock.stanzas and not packages.problems:
        problem = _foreign_key_problem(text, layout.schema)
    problems = tuple(sorted((*packages.problems, problem) if problem else packages.problems))
    dependencies = tuple(packages.dependencies)
    return Document(format_name, dependencies, problems, lock.ignores, graph=graph, is_broken=lock.is_truncated)


def _version_problem(text: str, schema: Schema) -> ParseProblem | None:
    """Return the problem of a format version that is not known; a lock without a version is read as usual."""
    key = schema.version_key
    start = 0 if text.startswith(key) else text.find(f"\n{key}") + 1
    value = r"([^\s\"'#]++)" if schema.is_number else r"[\"']([^\"'\r\n]*+)[\"']"
    version = re.compile(rf"{key}[ \t]*+=[ \t]*+{value}").match(text, start)
    major = version[1].partition(".")[0] if version else ""
    if version is None or (major.isdecimal() and int(major) <= schema.newest):
        return None
    message = f"version {one_line(version[1], _MAX_SHOWN)} of this lock format is not known"
    return ParseProblem(Span(*version.span(1)), message, _HELP)


def _foreign_key_problem(text: str, schema: Schema) -> ParseProblem | None:
    """Return the problem of the first table or key that is not of the format: packages may be in it."""
    document = scan(text)
    parts: list[Header | TomlEntry] = [*document.headers, *document.entries]
    foreign = [part.keys[0] for part in parts if part.path[0] not in schema.keys]
    if not foreign:
        return None
    key = min(foreign, key=lambda key: key.span)
    message = f"no packages found: `{one_line(key.name, _MAX_SHOWN)}` is not a table or key of this lock format"
    return ParseProblem(key.span, message, _HELP)


def _leading_name(written: LocatedName | None) -> LocatedName | None:
    """Return the valid name at the start of an invalid one, or None."""
    leading = find_leading_name(written.text) if written else None
    if written is None or leading is None:
        return None
    start = written.span.start
    return LocatedName(leading.slice(written.text), Span(start + leading.start, start + leading.end))


def _name_problem(text: str, stanza: Stanza) -> ParseProblem | None:
    """Return the problem of a missing or invalid name; incomplete names are already reported as syntax errors."""
    written = stanza.name
    if written is None:
        line_end = text.find("\n", stanza.span.start, stanza.span.end)
        span = Span(stanza.span.start, line_end if line_end >= 0 else stanza.span.end)
        return ParseProblem(span, "package without a name", 'add name = "NAME"')
    if not stanza.is_complete:
        return None
    shown = one_line(written.text, _MAX_SHOWN)
    return ParseProblem(
        written.span, f"`{shown}` is not a valid project name", "write only the name, without version or extras"
    )
