"""Inputs of a check: parsed files, the configuration that applies to them, and the settings of the run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Literal

from mothball.check.policy import SeverityPolicy
from mothball.config.project import Ignore, NetworkSettings, ProjectConfig
from mothball.index.snapshot import Snapshot
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    IgnoreComment,
    IndexOption,
    Location,
    Span,
    ToolIndex,
)
from mothball.model.findings import CheckedDependency, CheckMode, Finding
from mothball.model.line_index import LineIndex
from mothball.model.lookup import LookupResult
from mothball.model.records import NamedTuple
from mothball.routing.facts import NO_FACTS, LookupFacts
from mothball.routing.route import DeclaredIndexes, Router

# Whether the entries of a requirements file are requirements or constraints; other formats state it themselves.
FileKind = Literal[DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]


class ResolvedConfig(NamedTuple):
    """The configuration that applies to a set of files, with everything that was derived from it.

    ``path`` is the display path of the configuration file, empty without one. ``directory`` is the absolute path
    of the directory that its patterns are relative to. ``ignore_locations`` are the locations of its ignore entries by
    normalized name. ``whole_scope`` is True if this run reads every file that the configuration applies to.
    """

    path: str
    directory: str
    config: ProjectConfig
    network: NetworkSettings
    snapshot: Snapshot | None = None
    ignore_locations: Mapping[str, Location] = MappingProxyType({})
    whole_scope: bool = False


class ResolvedFile(NamedTuple):
    """A parsed dependency file with the configuration that applies to it.

    ``index_options`` are the index options of all files that are installed together with it, in the order of the
    installer: the last ``index-url`` applies. ``tool_indexes`` are the indexes of its own tables and the inherited
    ones. ``project`` is the absolute directory of its project. ``selected`` are the dependencies to check, in the order
    of the document; None selects all. A file with ``is_context`` is only read for the dependency paths of other files,
    and not counted. ``facts`` are the input of ``router`` that its text does not show.
    ``moved_from`` has the display path of the file of another project that an added dependency was moved from.
    """

    path: str
    text: str
    document: Document
    resolved_config: ResolvedConfig
    index_options: tuple[IndexOption, ...] = ()
    project: str = ""
    kind: FileKind = DependencyKind.REQUIREMENT
    tool_indexes: tuple[ToolIndex, ...] = ()
    selected: tuple[Dependency, ...] | None = None
    is_context: bool = False
    facts: LookupFacts = NO_FACTS
    moved_from: Mapping[Dependency, str] = MappingProxyType({})

    @property
    def dependencies_to_check(self) -> tuple[Dependency, ...]:
        """The selected dependencies, or all dependencies of the document."""
        return self.document.dependencies if self.selected is None else self.selected

    def declared_indexes(self) -> DeclaredIndexes:
        """Return the index settings in the file and those that it inherits."""
        document = self.document
        return DeclaredIndexes(document.format, document.tools, self.index_options, self.tool_indexes)

    def router(self) -> Router:
        """Return a router for the dependencies of the file."""
        return Router(self.declared_indexes(), self.resolved_config.network, self.facts)


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


class RunSettings(NamedTuple):
    """Settings of a run that do not depend on the file.

    ``today`` is the current date in ISO format, ``now`` the current time in Unix seconds. ``refresh`` revalidates
    cached results. If ``use_ignores`` is False, ignores are disabled, except the entries of the configuration if
    ``keep_config_ignores`` is True.
    """

    today: str
    now: float
    mode: CheckMode = CheckMode.FULL
    strict: bool = False
    refresh: bool = False
    use_ignores: bool = True
    keep_config_ignores: bool = False

    def severity_policy(self, config: ProjectConfig) -> SeverityPolicy:
        """Return the severity settings of ``config`` and of this run."""
        return SeverityPolicy(config.severities, self.mode, strict=self.strict)


_kind = itemgetter(Dependency._fields.index("kind"))


def is_lock(document: Document) -> bool:
    """Return True if the document is a lock file: it has a dependency graph or locked versions."""
    return document.graph is not None or DependencyKind.LOCKED in map(_kind, document.dependencies)


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
