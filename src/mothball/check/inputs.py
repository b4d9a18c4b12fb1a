"""The records of a check: files, the configuration that applies to them, settings of the run, lookups and results."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from operator import attrgetter, itemgetter
from types import MappingProxyType

from mothball.config.project import Ignore, NetworkSettings, ProjectConfig
from mothball.index.resolution import Query
from mothball.index.snapshot import Snapshot
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    FileKind,
    IgnoreComment,
    LineIndex,
    Location,
    ParsedFile,
    ParseProblem,
    Span,
    UnnamedEntry,
)
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckedDependency,
    CheckMode,
    Finding,
    IndexResult,
    LookupResult,
    Rule,
    Severity,
    Skipped,
    SkippedEntry,
)
from mothball.routing.facts import NO_FACTS, LookupFacts
from mothball.routing.route import DeclaredIndexes, Router


class ResolvedConfig(NamedTuple):
    """The configuration that applies to a set of files, with everything that was derived from it.

    ``path`` is the display path of the configuration file, empty without one. ``edited_path`` is the absolute path of
    the file that a new setting belongs to: this one, or one to create. ``directory`` is the absolute path of the
    directory that its patterns are relative to. ``ignore_locations`` are the locations of its ignore entries by
    normalized name. ``whole_scope`` is True if this run reads every file that the configuration applies to.
    """

    path: str
    directory: str
    config: ProjectConfig
    network: NetworkSettings
    snapshot: Snapshot | None = None
    ignore_locations: Mapping[str, Location] = MappingProxyType({})
    whole_scope: bool = False
    edited_path: str = ""


class BaseLock(NamedTuple):
    """A version of a lock at a base of the change.

    ``entries`` are its dependencies by name. ``committed_at`` returns the time of the base commit (Unix time, seconds),
    None if it is not known.
    """

    parsed: ParsedFile
    entries: Mapping[str, tuple[Dependency, ...]]
    committed_at: Callable[[], float | None]


class SelectedEntries(NamedTuple):
    """The part of a file to check: dependencies, parse problems and unnamed entries, in the order of the document.

    ``moved_from`` has the display path of the file of another project that an added dependency was moved from.
    ``repinned`` are further dependencies, which were there before with another version or other files: only the version
    rules apply to them. ``base_locks`` are the base versions of a lock. ``unresolvable`` are the problems of lists that
    cannot be read completely. ``moved_pins`` are the moved dependencies whose version was pinned there, too.
    """

    dependencies: tuple[Dependency, ...] = ()
    problems: tuple[ParseProblem, ...] = ()
    unnamed: tuple[UnnamedEntry, ...] = ()
    moved_from: Mapping[Dependency, str] = MappingProxyType({})
    repinned: tuple[Dependency, ...] = ()
    base_locks: tuple[BaseLock, ...] = ()
    unresolvable: tuple[ParseProblem, ...] = ()
    moved_pins: frozenset[Dependency] = frozenset()


NOTHING_SELECTED = SelectedEntries()


class ResolvedFile(NamedTuple):
    """A parsed dependency file with everything that other files say about it.

    ``path`` is its display path, ``project`` the absolute directory of its project. ``indexes`` are its own index
    settings, the inherited ones, and the options of all files that are installed together with it, in the order of the
    installer: the last ``index-url`` applies. ``facts`` are the input of ``router`` that its text does not show.
    ``include_problems`` are the includes that cannot be followed. ``selected`` is the part to check; None selects all.
    A file with ``is_context`` is only read for the dependency paths of other files, and not counted.
    """

    path: str
    parsed: ParsedFile
    resolved_config: ResolvedConfig
    indexes: DeclaredIndexes = DeclaredIndexes()
    project: str = ""
    facts: LookupFacts = NO_FACTS
    include_problems: tuple[ParseProblem, ...] = ()
    selected: SelectedEntries | None = None
    is_context: bool = False

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.parsed.text

    @property
    def document(self) -> Document:
        """The content of the file, as its format's parser returns it."""
        return self.parsed.document

    @property
    def kind(self) -> FileKind:
        """The kind of the entries of a requirements file."""
        return self.parsed.kind

    @property
    def dependencies_to_check(self) -> tuple[Dependency, ...]:
        """The selected dependencies, including those to which only the version rules apply, or all dependencies."""
        if self.selected is None:
            return self.document.dependencies
        if not self.selected.repinned:
            return self.selected.dependencies
        both = (*self.selected.dependencies, *self.selected.repinned)
        return tuple(sorted(both, key=attrgetter("name_span.start")))

    @property
    def problems(self) -> tuple[ParseProblem, ...]:
        """The selected parse problems, or all problems of the document and its includes."""
        return (*self.document.problems, *self.include_problems) if self.selected is None else self.selected.problems

    @property
    def unnamed(self) -> tuple[UnnamedEntry, ...]:
        """The selected entries without a name, or all of the document."""
        return self.document.unnamed if self.selected is None else self.selected.unnamed

    @property
    def unresolvable(self) -> tuple[ParseProblem, ...]:
        """The selected problems of lists that cannot be read completely, or all of the document."""
        return self.document.unresolvable if self.selected is None else self.selected.unresolvable

    @property
    def repinned(self) -> frozenset[Dependency]:
        """The selected dependencies to which only the version rules apply; see ``SelectedEntries``."""
        return frozenset(self.selected.repinned) if self.selected else frozenset()

    def router(self) -> Router:
        """Return a router for the dependencies of the file."""
        return Router(self.indexes, self.resolved_config.network, self.facts)


class SeverityPolicy(NamedTuple):
    """The configured severities, and the options that affect them. ``strict`` turns warnings into errors."""

    severities: Mapping[str, Severity]
    mode: CheckMode = CheckMode.FULL
    strict: bool = False


class RunSettings(NamedTuple):
    """Settings of a run that do not depend on the file.

    ``today`` is the current date in ISO format, ``now`` the current time in Unix seconds. If ``use_ignores`` is False,
    ignores are disabled, except the entries of the configuration if ``keep_config_ignores`` is True.
    ``unchanged_since`` returns a time (Unix time, seconds) at which the files of a locked entry were already the same,
    None if it is not known.
    """

    today: str
    now: float
    mode: CheckMode = CheckMode.FULL
    strict: bool = False
    use_ignores: bool = True
    keep_config_ignores: bool = False
    unchanged_since: Callable[[ResolvedFile, Dependency], float | None] = lambda _file, _dependency: None

    def severity_policy(self, config: ProjectConfig) -> SeverityPolicy:
        """Return the severity settings of ``config`` and of this run."""
        return SeverityPolicy(config.severities, self.mode, strict=self.strict)


LookUp = Callable[[Iterable[Query]], Mapping[Query, IndexResult]]


class LookupPlan(NamedTuple):
    """The lookups that a check of ``files`` needs: for each file and dependency a query, or the reason to skip it."""

    files: tuple[ResolvedFile, ...]
    lookups: tuple[Sequence[Query | Skipped], ...]

    def queries(self) -> tuple[Query, ...]:
        """Return the distinct queries."""
        queries = (query for of_file in self.lookups for query in of_file if isinstance(query, Query))
        return tuple(dict.fromkeys(queries))

    def skipped(self) -> Iterator[Skipped]:
        """Yield the reasons of all dependencies that are not looked up."""
        return (skipped for of_file in self.lookups for skipped in of_file if isinstance(skipped, Skipped))


class NotJudged(StrEnum):
    """Why a pinned version was not judged."""

    NO_LIST = "no list of files"
    SNAPSHOT = "snapshot"
    STALE = "outdated result"
    UNCONFIRMED = "not confirmed by the index"
    OTHER_SOURCES = "other sources may have the version"
    FAILED = "failed lookup"


class VersionVerdict(NamedTuple):
    """The version rule that an entry violates, or the reason why it was not judged; both None if it is fine.

    ``reason`` is the text of the index for a yanked version: untrusted. ``replaced`` is true if the index has the
    version, but none of the files that the lock records.
    """

    rule: Rule | None = None
    reason: str = ""
    replaced: bool = False
    not_judged: NotJudged | None = None

    @property
    def is_suspicious(self) -> bool:
        """Return True if a rule is violated, or may be after another lookup."""
        return self.rule is not None or self.not_judged is NotJudged.UNCONFIRMED


class JudgedPlan(NamedTuple):
    """The results of a plan: for each file and dependency the lookup result and the verdict on the pinned version."""

    plan: LookupPlan
    lookups: tuple[Sequence[LookupResult], ...]
    verdicts: tuple[Sequence[VersionVerdict], ...]

    @property
    def is_suspicious(self) -> bool:
        """True if a version rule is violated, or may be after another lookup."""
        return any(verdict.is_suspicious for of_file in self.verdicts for verdict in of_file)


class CheckedFile(NamedTuple):
    """The results of checking one file.

    ``lookup_types`` are the types of its lookup results. They allow to skip files without any result of a type.
    ``rejected_ignores`` match a finding, but do not apply, because they have no reason and the dependency is added.
    """

    file: ResolvedFile
    lines: LineIndex
    dependencies: tuple[CheckedDependency, ...]
    findings: tuple[Finding, ...]
    used_ignores: frozenset[IgnoreComment | Ignore]
    rejected_ignores: frozenset[IgnoreComment | Ignore]
    lookup_types: frozenset[type[LookupResult]]

    @property
    def judged_by_status(self) -> Sequence[CheckedDependency]:
        """The dependencies to which more than the version rules apply."""
        repinned = self.file.repinned
        return (
            [item for item in self.dependencies if item.dependency not in repinned] if repinned else self.dependencies
        )

    @property
    def unnamed(self) -> Iterator[SkippedEntry]:
        """The entries without a name, none if the file is only read as context."""
        for entry in () if self.file.is_context else self.file.unnamed:
            yield SkippedEntry(self.lines.location(self.file.path, entry.span), entry.reason)


_PIN = re.compile(r"\s*+\(?\s*+===?\s*+([^\s,*;$()]++)\s*+\)?\s*+")
_kind = itemgetter(Dependency._fields.index("kind"))


def is_lock(document: Document) -> bool:
    """Return True if the document is a lock file: it has a dependency graph or locked versions."""
    return document.graph is not None or DependencyKind.LOCKED in map(_kind, document.dependencies)


def pin_of(dependency: Dependency) -> str:
    """Return the version that ``dependency`` pins with ``==``, ``===`` or as a lock, as written; empty without one."""
    if dependency.version is not None:
        return dependency.version
    if dependency.kind is DependencyKind.LOCKED or "==" not in dependency.specifier:
        return ""
    match = _PIN.fullmatch(dependency.specifier)
    return match[1] if match else ""


def required_by_members(document: Document) -> frozenset[str]:
    """Return the names that, according to a lock, its project and the members of its workspace require directly.

    The manifest of a member counts as a source of the lock for these names.
    """
    return frozenset((document.graph.direct if document.graph else None) or ())


def is_beneath(path: str, directory: str) -> bool:
    """Return True if ``path`` is ``directory`` or below it; both are absolute."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def line_range(span: Span, lines: LineIndex) -> range:
    """Return the numbers of the lines that ``span`` covers, even partly."""
    return range(lines.number(span.start), lines.number(max(span.start, span.end - 1)) + 1)
