"""Shared code for TOML locks: choose a reader, and convert packages to dependencies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.stanzas import LocatedName, PackageSource
from mothball.formats.locks.toml_reader import read_toml
from mothball.formats.pep508 import NAME_PATTERN, find_leading_name
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

    from mothball.formats.locks.stanzas import Layout, Lock, Stanza

_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
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


def build_document(format_name: str, lock: Lock, packages: LockedPackages, graph: DependencyGraph | None) -> Document:
    """Build the document of a lock from its converted packages."""
    dependencies, problems = tuple(packages.dependencies), tuple(sorted(packages.problems))
    return Document(format_name, dependencies, problems, lock.ignores, graph=graph)


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
