"""What a check takes in: files that were read and parsed, what rules over them, and what holds for the run."""

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
    SkipReason,
    Span,
    ToolIndex,
)
from mothball.model.findings import CheckedDependency, CheckMode, Finding
from mothball.model.line_index import LineIndex
from mothball.model.lookup import LookupResult
from mothball.model.records import NamedTuple
from mothball.routing.route import DeclaredIndexes

# What the entries of a requirements file are to its project; other formats know by themselves.
FileKind = Literal[DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]


class ResolvedConfig(NamedTuple):
    """What rules over a set of files: a configuration and all that follows from it.

    ``path`` is the configuration file as it is shown, empty where none was found; ``directory`` is the absolute one
    that its relative patterns start from. ``ignore_locations`` tells where its ignores stand, by normalised name.
    ``whole_scope`` is true when this run reads every file that the configuration governs.
    """

    path: str
    directory: str
    config: ProjectConfig
    network: NetworkSettings
    snapshot: Snapshot | None = None
    ignore_locations: Mapping[str, Location] = MappingProxyType({})
    whole_scope: bool = False


class LocalName(NamedTuple):
    """A name that no index is asked for in some file, as it stands for a project that comes from elsewhere, and why.

    ``sections`` are the prefixes of the sections it applies to, empty for all. ``declared_by`` is the absolute path of
    the file that declares the name, empty if it is the file itself.
    """

    name: str
    reason: SkipReason
    sections: tuple[str, ...] = ()
    declared_by: str = ""

    def applies_to_section(self, section: str) -> bool:
        """Return whether this holds for the entries in ``section``."""
        return not self.sections or section.startswith(self.sections)


class SourceFile(NamedTuple):
    """A dependency file that was read and parsed, and what rules over it.

    ``index_options`` are those of all files that an installer reads together with it, in its order: the last
    ``index-url`` is the one in force. ``tool_indexes`` are those of its own tables and those that it inherits.
    ``project`` is the absolute directory of the file's project. ``selected`` are the dependencies that
    this run is about, in the order of the document; None stands for all of them. A file that ``is_context`` only shows
    what others in it bring in, and is not counted. ``local_names`` are the names that are at home, at least those
    that it holds.
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
    local_names: tuple[LocalName, ...] = ()

    @property
    def dependencies_to_check(self) -> tuple[Dependency, ...]:
        """The dependencies that this run is about."""
        return self.document.dependencies if self.selected is None else self.selected

    def declared_indexes(self) -> DeclaredIndexes:
        """Return what the file says of indexes."""
        document = self.document
        return DeclaredIndexes(document.format, document.tools, self.index_options, self.tool_indexes)


class CheckedFile(NamedTuple):
    """One file after judgement: what was checked, what was found, and which ignores were needed for it.

    ``lookups`` tells of which kinds the look-ups are: most files have but one, and nothing to be said of the others.
    """

    file: SourceFile
    lines: LineIndex
    checked: tuple[CheckedDependency, ...]
    findings: tuple[Finding, ...]
    used: frozenset[IgnoreComment | Ignore]
    lookups: frozenset[type[LookupResult]]


class RunSettings(NamedTuple):
    """What holds for the whole run.

    ``today`` is an ISO date and ``now`` the same moment in Unix time; ``refresh`` revalidates whatever the cache holds.
    Without ``use_ignores`` no ignore counts but, where it ``keep_config_ignores``, those of the configuration.
    """

    today: str
    now: float
    mode: CheckMode = CheckMode.FULL
    strict: bool = False
    refresh: bool = False
    use_ignores: bool = True
    keep_config_ignores: bool = False

    def severity_policy(self, config: ProjectConfig) -> SeverityPolicy:
        """Return what rules weigh in this run under ``config``."""
        return SeverityPolicy(config.severities, self.mode, strict=self.strict)


_kind = itemgetter(Dependency._fields.index("kind"))


def is_lock(document: Document) -> bool:
    """Return whether ``document`` was written by a tool rather than by people."""
    return document.graph is not None or DependencyKind.LOCKED in map(_kind, document.dependencies)


def required_by_members(document: Document) -> frozenset[str]:
    """Return the names that a lock says its project and the members of its workspace require.

    For these the manifest of a project beneath speaks as well as that of the lock's own.
    """
    return frozenset((document.graph.direct if document.graph else None) or ())


def is_beneath(path: str, directory: str) -> bool:
    """Return whether ``path`` is ``directory`` or lies in it; both are absolute."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def line_range(span: Span, lines: LineIndex) -> range:
    """Return the numbers of the lines that ``span`` touches."""
    return range(lines.number(span.start), lines.number(max(span.start, span.end - 1)) + 1)
