"""The words mothball thinks in: what stands in a file, what an index said of it, what our policy makes of that.

Everything here is immutable. The types are ``NamedTuple`` rather than dataclasses because the hook is paid for in
imports: twenty frozen dataclasses cost 1.7 times a bare interpreter start, twenty named tuples 0.5. The members of the
``Lookup`` union each hold their ``kind``, so that no two kinds ever compare equal and JSON can name them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from mothball.records import NamedTuple

if TYPE_CHECKING:
    from mothball.lines import LineTable

# --- names and places -------------------------------------------------------------------------------------------------

_SEPARATORS = re.compile(r"[-_.]+")


def normalise(name: str) -> str:
    """Return the normalised form of a project name (PEP 503, "Normalized Names")."""
    return _SEPARATORS.sub("-", name).lower()


class Span(NamedTuple):
    """A half-open range of 0-based code-point offsets into a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
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


class Kind(StrEnum):
    """What an entry is to its project: the policy is milder to what only restrains or records."""

    REQUIREMENT = "requirement"
    CONSTRAINT = "constraint"
    OVERRIDE = "override"
    LOCKED = "locked"


class WithheldReason(StrEnum):
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
    the locked version, None in a manifest. ``index_url`` is the index that the entry itself pins, ``also_indexes``
    those that it pins besides for other environments, and ``index_name`` the name of a pinned index that its file does
    not declare. ``withheld`` is set where the text alone shows that no index may be asked.
    """

    name: str
    name_span: Span
    entry_span: Span
    specifier_span: Span | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    kind: Kind = Kind.REQUIREMENT
    section: str = ""
    version: str | None = None
    index_url: str | None = None
    withheld: WithheldReason | None = None
    also_indexes: tuple[str, ...] = ()
    index_name: str = ""


class ParseProblem(NamedTuple):
    """A file or entry that its format's rules reject, with the place and the way out."""

    span: Span
    message: str
    help: str = ""


class IgnoreComment(NamedTuple):
    """``# mothball: ignore[rule, ...] reason`` in a file.

    ``span`` covers the comment from its ``#``; it speaks of all entries on the lines that ``about`` touches: its own
    line, or all lines of an entry that runs over several and can have a comment only behind the last.
    """

    span: Span
    rules: tuple[str, ...]
    reason: str
    about: Span


class Unnamed(NamedTuple):
    """An entry of which no name can be told, and why: there is nothing that an index could be asked for."""

    span: Span
    why: WithheldReason


class Include(NamedTuple):
    """Another file that this one draws in; ``span`` covers ``target``, the path as it is written."""

    span: Span
    target: str
    kind: Literal[Kind.REQUIREMENT, Kind.CONSTRAINT]


class IndexOption(NamedTuple):
    """An option in a requirements file that changes which index its installer asks.

    One named ``unknown`` stands for what may say so in any file and cannot be read: a slip in a setting, an include
    that is not there. ``place`` is the file and the line where it stands, empty until somebody knows the file.
    """

    span: Span
    name: Literal["index-url", "extra-index-url", "no-index", "find-links", "unknown"]
    value: str
    place: str = ""


class ToolIndex(NamedTuple):
    """An index that a tool's table declares; ``span`` covers its URL, or what else stands for it.

    ``url`` is empty where the tool knows the index by its ``name`` alone. ``role`` is what the table makes of it, in
    the tool's own words (``routing`` has a module for each tool), ``scope`` the part of the file that it holds for,
    empty for all. ``includes`` and ``excludes`` are patterns of the names that come from it alone, or never. ``place``
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
    place: str = ""


class Workspace(NamedTuple):
    """Which directories a table of ``tool`` takes for members of one workspace: patterns, from its file's directory on.

    ``members`` is None where the table does not say.
    """

    tool: str
    members: tuple[str, ...] | None
    excludes: tuple[str, ...] = ()


class Graph(NamedTuple):
    """Who requires whom in a lock; all names normalised.

    ``requires`` holds for each locked package the packages that it requires. ``direct`` are the names that the locked
    project itself (or a member of its workspace) requires, None where the lock does not tell.
    """

    requires: Mapping[str, tuple[str, ...]]
    direct: tuple[str, ...] | None = None


class Document(NamedTuple):
    """What one dependency file says: the outcome of a format's ``parse``.

    ``tool_indexes`` are declared by the tables of ``tools``, those of which the file has any. ``graph`` is None for a
    manifest and for a lock that records no requirements between its packages. ``own_name`` is the normalised name of
    the project itself, empty where the file does not tell it. ``unnamed`` are entries that
    are no dependencies, as nobody can tell of what. ``workspaces`` are those that its tables declare.
    """

    format: str
    dependencies: tuple[Dependency, ...] = ()
    problems: tuple[ParseProblem, ...] = ()
    ignores: tuple[IgnoreComment, ...] = ()
    includes: tuple[Include, ...] = ()
    index_options: tuple[IndexOption, ...] = ()
    graph: Graph | None = None
    tool_indexes: tuple[ToolIndex, ...] = ()
    tools: tuple[str, ...] = ()
    own_name: str = ""
    unnamed: tuple[Unnamed, ...] = ()
    workspaces: tuple[Workspace, ...] = ()


# --- what an index says -----------------------------------------------------------------------------------------------


class ProjectStatus(StrEnum):
    """The status markers of PEP 792."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"


class Source(StrEnum):
    """How an answer reached us."""

    INDEX = "index"
    CACHE = "cache"
    STALE = "stale"
    SNAPSHOT = "snapshot"


class Origin(NamedTuple):
    """Whose answer it is (an index URL without credentials), when it was learnt (Unix time, seconds), and how."""

    index_url: str
    checked_at: float
    source: Source = Source.INDEX


class Cause(StrEnum):
    """Why an index could not answer."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    TLS = "tls"
    DECLINED = "declined"
    UNAUTHORISED = "unauthorised"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    REFUSED_REDIRECT = "refused-redirect"
    UNEXPECTED_ANSWER = "unexpected-answer"
    TOO_LARGE = "too-large"
    OFFLINE = "offline"


class Release(NamedTuple):
    """The release of a project that was published last: its version, harmless text, and its day, an ISO date."""

    version: str
    date: str


class Stated(NamedTuple):
    """The index states a status. ``reason`` is the index's own words: hostile text, possibly empty.

    ``release`` here and in the other answers that come of a page is None where the page does not tell.
    """

    status: ProjectStatus
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["stated"] = "stated"


class NotStated(NamedTuple):
    """The index has the project and says nothing of its status, nor has it been seen to state any."""

    origin: Origin
    release: Release | None = None
    kind: Literal["not-stated"] = "not-stated"


class Unrecognised(NamedTuple):
    """The index states a marker that PEP 792 does not know. ``marker`` and ``reason`` are hostile text."""

    marker: str
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["unrecognised"] = "unrecognised"


class Missing(NamedTuple):
    """None of the indexes that may be asked has the project; ``origin`` is that of the last one asked."""

    origin: Origin
    kind: Literal["missing"] = "missing"


class Unavailable(NamedTuple):
    """The index could not answer; ``detail`` says how, in one line of plain text. Never to be read as active."""

    cause: Cause
    detail: str
    origin: Origin
    kind: Literal["unavailable"] = "unavailable"


class Withheld(NamedTuple):
    """The name was sent nowhere."""

    why: WithheldReason
    kind: Literal["withheld"] = "withheld"


Answer = Stated | NotStated | Unrecognised | Missing | Unavailable
Lookup = Answer | Withheld


# --- what our policy says ---------------------------------------------------------------------------------------------


class Rule(StrEnum):
    """What can be wrong with a dependency, an entry or an ignore."""

    QUARANTINED = "quarantined"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    UNRECOGNISED_STATUS = "unrecognised-status"
    MISSING = "missing"
    UNVERIFIED = "unverified"
    NOT_STATED = "not-stated"
    UNREADABLE = "unreadable"
    UNUSED_IGNORE = "unused-ignore"
    EXPIRED_IGNORE = "expired-ignore"


# What an ignore can name: the rules about a project. The others are about places that can be mended.
IGNORABLE_RULES = (
    Rule.QUARANTINED,
    Rule.ARCHIVED,
    Rule.DEPRECATED,
    Rule.UNRECOGNISED_STATUS,
    Rule.MISSING,
    Rule.UNVERIFIED,
)


class Severity(StrEnum):
    """How much a finding weighs; ``off`` is never reported."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


class Mode(StrEnum):
    """Whether everything is judged, or only what a change adds."""

    FULL = "full"
    ADDED = "added"


class Suppression(NamedTuple):
    """Why a finding does not count: an ignore, whose ``reason`` is its author's words."""

    by: Literal["comment", "config"]
    reason: str


class Finding(NamedTuple):
    """A rule broken at a place.

    ``location`` is None where there is no line to show: a file that could not be read, an index. ``path`` is empty
    where the finding belongs to no file. ``elsewhere`` are the places in locks that record the same. ``message``,
    ``reason`` (the index's own words) and ``help`` are plain text, one line each, already harmless.
    """

    rule: Rule
    severity: Severity
    message: str
    help: str
    reason: str = ""
    path: str = ""
    location: Location | None = None
    name: str | None = None
    lookup: Lookup | None = None
    suppressed: Suppression | None = None
    elsewhere: tuple[Location, ...] = ()

    def full_message(self) -> str:
        """Return the message with the index's own words behind it, for faces that have one line to fill."""
        return f"{self.message}: {self.reason}" if self.reason else self.message


class CheckedDependency(NamedTuple):
    """A dependency of the file that is shown as ``path``, and what was learnt of it.

    ``lines`` are those of its file. ``via`` is the path that brings a transitive package in, from a direct dependency
    down to its parent.
    """

    dependency: Dependency
    path: str
    lines: LineTable
    lookup: Lookup
    transitive: bool = False
    via: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        """The place of its name as a person finds it; made when it is asked for, since few places are ever shown."""
        return self.lines.location(self.path, self.dependency.name_span)


class UnnamedEntry(NamedTuple):
    """An entry without a name that could be told, with its place made readable."""

    location: Location
    why: WithheldReason


class Problem(NamedTuple):
    """Something outside the dependency files that kept mothball from doing its whole work.

    A configuration that cannot be used, a cache done without, a snapshot grown old. ``rule`` is ``unverified`` where it
    leaves answers in doubt, None where it does not. ``index_url`` is that of the index that could not be asked.
    """

    severity: Severity
    message: str
    help: str = ""
    path: str = ""
    position: Position | None = None
    rule: Literal[Rule.UNVERIFIED] | None = None
    index_url: str = ""


class Summary(NamedTuple):
    """What was done, in numbers. ``findings`` are those that count; the suppressed ones are ``ignored``.

    Each dependency is one of ``checked`` (its index told), ``not_stated``, ``not_verified`` and ``withheld``; entries
    without a name are among the last.
    """

    files: int
    dependencies: int
    checked: int
    findings: int
    errors: int
    warnings: int
    ignored: int
    withheld: int
    not_verified: int
    not_stated: int


class Report(NamedTuple):
    """The outcome of a check, in a deterministic order, ready for any face."""

    dependencies: tuple[CheckedDependency, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    unnamed: tuple[UnnamedEntry, ...] = ()
