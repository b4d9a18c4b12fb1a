"""The words mothball thinks in: names, places, and what stands in a file.

What an index says of a name is in ``answers``, what our policy makes of that in ``findings``. Everything in the three
is immutable. The types are ``NamedTuple`` rather than dataclasses because the hook is paid for in imports: twenty
frozen dataclasses cost 1.7 times a bare interpreter start, twenty named tuples 0.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from mothball.model.records import NamedTuple, make

# --- names and places -------------------------------------------------------------------------------------------------

_SEPARATORS = re.compile(r"[-_.]+")


def normalize_name(name: str) -> str:
    """Return the normalised form of a project name (PEP 503, "Normalized Names")."""
    return _SEPARATORS.sub("-", name).lower()


class Span(NamedTuple):
    """A half-open range of 0-based code-point offsets into a text."""

    start: int
    end: int

    def slice(self, text: str) -> str:
        """Return the slice of ``text`` that this span covers."""
        return text[self.start : self.end]


class Position(NamedTuple):
    """A place a person can find: 1-based line, 1-based column in code points."""

    line: int
    column: int


class Location(NamedTuple):
    """A range in a file, with the text of its first line for showing; ``line_text`` is None where there is none."""

    path: str
    start: Position
    end: Position
    line_text: str | None = None


# --- what a file says -------------------------------------------------------------------------------------------------


class DependencyKind(StrEnum):
    """What an entry is to its project: the policy is milder to what only restrains or records."""

    REQUIREMENT = "requirement"
    CONSTRAINT = "constraint"
    OVERRIDE = "override"
    LOCKED = "locked"


class SkipReason(StrEnum):
    """Why a name is never sent to an index."""

    URL = "url"
    VCS = "vcs"
    PATH = "path"
    EDITABLE = "editable"
    WORKSPACE = "workspace"
    SELF = "self"
    INCOMPLETE = "incomplete"
    CONDA = "conda"
    PRIVATE = "private"
    VARIABLE = "variable"
    INDEX_VARIABLE = "index-variable"
    NO_INDEX = "no-index"
    UNSAVED = "unsaved"
    CONSENT = "consent"
    TOO_MANY_INDEXES = "too-many-indexes"


class Dependency(NamedTuple):
    """One requirement or locked package at a place in a file.

    ``name`` is normalised; ``name_span``, ``specifier_span`` and ``entry_span`` slice back to exactly the name, the
    version specifier and the whole entry as they are written. ``section`` is where the file keeps it, such as
    ``project.dependencies`` or ``dependency-groups.dev``, and empty where the format has no sections. ``version`` is
    the locked version, None in a manifest. ``index_url`` is the index that the entry itself pins, ``alternative_indexes``
    those that it pins besides for other environments, and ``index_name`` the name of a pinned index that its file does
    not declare. ``skip_reason`` is set where the text alone shows that no index may be asked.
    """

    name: str
    name_span: Span
    entry_span: Span
    specifier_span: Span | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    kind: DependencyKind = DependencyKind.REQUIREMENT
    section: str = ""
    version: str | None = None
    index_url: str | None = None
    skip_reason: SkipReason | None = None
    alternative_indexes: tuple[str, ...] = ()
    index_name: str = ""


def new_dependency(  # noqa: PLR0913 - the fields of the record
    *,
    name: str,
    name_span: Span,
    entry_span: Span,
    specifier_span: Span | None = None,
    specifier: str = "",
    extras: tuple[str, ...] = (),
    marker: str = "",
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    section: str = "",
    version: str | None = None,
    index_url: str | None = None,
    skip_reason: SkipReason | None = None,
    alternative_indexes: tuple[str, ...] = (),
    index_name: str = "",
) -> Dependency:
    """Return ``Dependency(name=name, ...)`` in a tenth of the time, for loops over all dependencies of a file."""
    fields = (
        name,
        name_span,
        entry_span,
        specifier_span,
        specifier,
        extras,
        marker,
        kind,
        section,
        version,
        index_url,
        skip_reason,
        alternative_indexes,
        index_name,
    )
    return make(Dependency, fields)


# Syntax errors reported for a file: one wrong character can spoil many lines.
MAX_SYNTAX_ERRORS = 20


class ParseProblem(NamedTuple):
    """A file or entry that its format's rules reject, with the place and the way out."""

    span: Span
    message: str
    help: str = ""


class IgnoreComment(NamedTuple):
    """``# mothball: ignore[rule, ...] reason`` in a file.

    ``span`` covers the comment from its ``#``; it speaks of all entries on the lines that ``applies_to`` touches: its own
    line, or all lines of an entry that runs over several and can have a comment only behind the last.
    """

    span: Span
    rules: tuple[str, ...]
    reason: str
    applies_to: Span


class UnnamedEntry(NamedTuple):
    """An entry of which no name can be told, and why: there is nothing that an index could be asked for."""

    span: Span
    reason: SkipReason


class Include(NamedTuple):
    """Another file that this one draws in; ``span`` covers ``target``, the path as it is written."""

    span: Span
    target: str
    kind: Literal[DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]


class IndexOption(NamedTuple):
    """An option in a requirements file that changes which index its installer asks.

    One named ``unknown`` stands for what may say so in any file and cannot be read: a slip in a setting, an include
    that is not there. ``declared_at`` is the file and the line where it stands, empty until somebody knows the file.
    """

    span: Span
    name: Literal["index-url", "extra-index-url", "no-index", "find-links", "unknown"]
    value: str
    declared_at: str = ""


class ToolIndex(NamedTuple):
    """An index that a tool's table declares; ``span`` covers its URL, or what else stands for it.

    ``url`` is empty where the tool knows the index by its ``name`` alone. ``role`` is what the table makes of it, in
    the tool's own words (``routing`` has a module for each tool), ``scope`` the part of the file that it holds for,
    empty for all. ``includes`` and ``excludes`` are patterns of the names that come from it alone, or never. ``declared_at``
    is the file and the line, empty until somebody knows the file.
    """

    span: Span
    tool: str
    url: str
    name: str = ""
    role: str = ""
    scope: str = ""
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    declared_at: str = ""


class Workspace(NamedTuple):
    """Which directories a table of ``tool`` takes for members of one workspace: patterns, from its file's directory on.

    ``members`` is None where the table does not say.
    """

    tool: str
    members: tuple[str, ...] | None
    excludes: tuple[str, ...] = ()


class DependencyGraph(NamedTuple):
    """Who requires whom in a lock; all names normalised.

    ``requires`` holds for each locked package the packages that it requires. ``direct`` are the names that the locked
    project itself (or a member of its workspace) requires, None where the lock does not tell.
    """

    requires: Mapping[str, tuple[str, ...]]
    direct: tuple[str, ...] | None = None


class Document(NamedTuple):
    """What one dependency file says: the outcome of a format's ``parse``.

    ``tool_indexes`` are declared by the tables of ``tools``, those of which the file has any. ``graph`` is None for a
    manifest and for a lock that records no requirements between its packages. ``project_name`` is the normalised name of
    the project itself, empty where the file does not tell it. ``unnamed`` are entries that
    are no dependencies, as nobody can tell of what. ``workspaces`` are those that its tables declare. ``unresolvable``
    are lists of dependencies that a program computes, at the place of the expression. ``is_broken`` is true if the text
    has a syntax error and its format is read whole or not at all: then ``problems`` holds that error alone.
    """

    format: str
    dependencies: tuple[Dependency, ...] = ()
    problems: tuple[ParseProblem, ...] = ()
    ignores: tuple[IgnoreComment, ...] = ()
    includes: tuple[Include, ...] = ()
    index_options: tuple[IndexOption, ...] = ()
    graph: DependencyGraph | None = None
    tool_indexes: tuple[ToolIndex, ...] = ()
    tools: tuple[str, ...] = ()
    project_name: str = ""
    unnamed: tuple[UnnamedEntry, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    unresolvable: tuple[ParseProblem, ...] = ()
    is_broken: bool = False
