"""The words mothball thinks in: the rules, what was found by them, and the report on it. All of it is immutable."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from mothball.model.document import Dependency, Location, Position, SkipReason
from mothball.model.line_index import LineIndex
from mothball.model.lookup import LookupResult
from mothball.model.records import NamedTuple


class Rule(StrEnum):
    """What can be wrong with a dependency, an entry or an ignore."""

    QUARANTINED = "quarantined"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    UNRECOGNIZED_STATUS = "unrecognized-status"
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
    Rule.UNRECOGNIZED_STATUS,
    Rule.MISSING,
    Rule.UNVERIFIED,
)


class Severity(StrEnum):
    """How much a finding weighs; ``off`` is never reported."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


class CheckMode(StrEnum):
    """Whether everything is judged, or only what a change adds."""

    FULL = "full"
    ADDED = "added"


class Suppression(NamedTuple):
    """Why a finding does not count: an ignore, whose ``reason`` is its author's words."""

    kind: Literal["comment", "config"]
    reason: str


class Finding(NamedTuple):
    """A rule broken at a place.

    ``location`` is None where there is no line to show: a file that could not be read, an index. ``path`` is empty
    where the finding belongs to no file. ``related_locations`` are the places in locks that record the same. ``message``,
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
    lookup: LookupResult | None = None
    suppressed: Suppression | None = None
    related_locations: tuple[Location, ...] = ()

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
    lines: LineIndex
    lookup: LookupResult
    transitive: bool = False
    via: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        """The place of its name as a person finds it; made when it is asked for, since few places are ever shown."""
        return self.lines.location(self.path, self.dependency.name_span)


class SkippedEntry(NamedTuple):
    """An entry without a name that could be told, with its place made readable."""

    location: Location
    reason: SkipReason


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

    Each dependency is one of ``checked`` (its index told), ``not_stated``, ``unverified`` and ``skipped``; entries
    without a name are among the last.
    """

    files: int
    dependencies: int
    checked: int
    findings: int
    errors: int
    warnings: int
    ignored: int
    skipped: int
    unverified: int
    not_stated: int


class Report(NamedTuple):
    """The outcome of a check, in a deterministic order, ready for any face."""

    dependencies: tuple[CheckedDependency, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    unnamed: tuple[SkippedEntry, ...] = ()
