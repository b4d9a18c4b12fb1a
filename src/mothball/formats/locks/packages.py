"""What all TOML locks share: reading one as fast as its layout allows, and what becomes of its packages."""

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
# How much of a name a message repeats.
_MAX_SHOWN = 60


class Package(NamedTuple):
    """What a format makes of a stanza.

    ``requires`` are the names of other packages as they are written. ``source`` is None where another stanza tells of
    the package: only what it requires is new.
    """

    source: PackageSource | None
    requires: Sequence[str]
    extras: tuple[str, ...]
    marker: str


class NormalizedNames(dict[str, str]):
    """Normalised names by their spelling, each made once."""

    def __missing__(self, spelling: str) -> str:
        """Make and keep the normalised form of ``spelling``."""
        self[spelling] = normalised = normalize_name(spelling)
        return normalised


def read_lock(text: str, layout: Layout) -> Lock:
    """Read a TOML lock, whole or half typed, without byte-order mark; raises nothing."""
    return read_lines(text, layout) or read_toml(text, layout)


class LockedPackages(NamedTuple):
    """The packages of a lock, before their document is made."""

    dependencies: Sequence[Dependency]
    problems: Sequence[ParseProblem]
    requires: Mapping[str, Sequence[str]]


def collect_packages(
    text: str, lock: Lock, section: str, packages: Iterable[Package], names: NormalizedNames
) -> LockedPackages:
    """Make a dependency of every stanza with a name, and a problem of every one without.

    ``packages`` are what the format makes of the stanzas, in their order.
    """
    dependencies: list[Dependency] = []
    problems = list(lock.problems)
    requires: dict[str, list[str]] = {}
    for stanza, (source, required, extras, marker) in zip(lock.stanzas, packages, strict=True):
        written, whole = stanza.name, stanza.whole
        if written is None or not _NAME.fullmatch(written.text):
            written, whole = _visible(written), False
            problem = _name_problem(text, stanza)
            problems += [problem] if problem else []
            if written is None:
                continue
        name = names[written.text]
        requires.setdefault(name, []).extend([names[other] for other in required])
        if source is None:
            continue
        version, skip_reason = stanza.text("version"), source.skip_reason if whole else SkipReason.INCOMPLETE
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
    """Return the graph of the packages that are locked; names of others mean nothing in it."""
    known = requires.keys()
    return DependencyGraph(
        {
            name: tuple(dict.fromkeys([other for other in others if other in known and other != name]))
            for name, others in requires.items()
        },
        None if direct is None else tuple(dict.fromkeys(name for name in direct if name in known)),
    )


def build_document(format_name: str, lock: Lock, found: LockedPackages, graph: DependencyGraph | None) -> Document:
    """Put together what a format has made of a lock."""
    return Document(format_name, tuple(found.dependencies), tuple(sorted(found.problems)), lock.ignores, graph=graph)


def _visible(written: LocatedName | None) -> LocatedName | None:
    """Return as much of a name that is none as can be told."""
    seen = find_leading_name(written.text) if written else None
    if written is None or seen is None:
        return None
    start = written.span.start
    return LocatedName(seen.slice(written.text), Span(start + seen.start, start + seen.end))


def _name_problem(text: str, stanza: Stanza) -> ParseProblem | None:
    """Return what is wrong with a name that is none, or is not there; what is half typed has been told of."""
    written = stanza.name
    if written is None:
        line_end = text.find("\n", stanza.span.start, stanza.span.end)
        span = Span(stanza.span.start, line_end if line_end >= 0 else stanza.span.end)
        return ParseProblem(span, "a package without a name", 'write name = "NAME"')
    if not stanza.whole:
        return None
    shown = one_line(written.text, _MAX_SHOWN)
    return ParseProblem(written.span, f"`{shown}` is no project name", "write the name alone")
