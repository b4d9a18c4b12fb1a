"""Results: what an index returned for a project, or why it was not looked up, and what a check found.

All records are immutable. Each member of ``LookupResult`` has a ``kind``: no two kinds compare equal, and JSON can name
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal

from mothball.model.document import UNRESOLVABLE_REASONS, Dependency, LineIndex, Location, Position, SkipReason
from mothball.model.records import NamedTuple

# --- lookup results ---------------------------------------------------------------------------------------------------


class ProjectStatus(StrEnum):
    """The project statuses of PEP 792."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"


class Source(StrEnum):
    """The source of a lookup result."""

    INDEX = "index"
    CACHE = "cache"
    STALE = "stale"
    SNAPSHOT = "snapshot"


class Origin(NamedTuple):
    """The index of a lookup result (its URL without credentials), the Unix time of the lookup, and the source.

    The result is not ``authenticated`` if the user switched off the verification of TLS for the host of the index.
    ``failure`` is why the index was not queried in this run, for a stale result: one line of sanitized text.
    """

    index_url: str
    checked_at: float
    source: Source = Source.INDEX
    authenticated: bool = True
    failure: str = ""


class Cause(StrEnum):
    """The cause of a failed lookup."""

    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    TLS = "tls"
    REFUSED_URL = "refused-url"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    REFUSED_REDIRECT = "refused-redirect"
    UNEXPECTED_RESPONSE = "unexpected-response"
    TOO_LARGE = "too-large"
    OFFLINE = "offline"


# In code points; longer versions are not shown.
MAX_VERSION = 64


class Release(NamedTuple):
    """The latest release of a project: its version (sanitized) and the ISO date of its upload."""

    version: str
    date: str


class PageFiles(NamedTuple):
    """The files on the page of a project, for a query with a pin.

    ``text`` is a list in the format of ``project_page.encode_files``: untrusted. If ``is_whole`` is false, it has only
    the files of the pinned version, and one of them is not yanked. ``origin`` is that of the page: the status may come
    from another one. ``is_kept`` is false if the page is cached without its files: no entry pinned a version then, or
    the cache has deleted them since.
    """

    text: str
    is_whole: bool
    origin: Origin
    is_kept: bool = True


class KnownStatus(NamedTuple):
    """The index states a status.

    ``reason`` is the text that the index gives for it: untrusted, possibly empty. ``release``, here and below, is None
    if the page does not show it, and ``files`` is None if the query has no pin or the list is not known.
    """

    status: ProjectStatus
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["stated"] = "stated"
    files: PageFiles | None = None


class StatusNotStated(NamedTuple):
    """The index has the project, but states no status for it, and has stated none for other projects."""

    origin: Origin
    release: Release | None = None
    kind: Literal["not-stated"] = "not-stated"
    files: PageFiles | None = None


class UnrecognizedStatus(NamedTuple):
    """The index states a status that PEP 792 does not define. ``marker`` and ``reason`` are untrusted text."""

    marker: str
    reason: str
    origin: Origin
    release: Release | None = None
    kind: Literal["unrecognized"] = "unrecognized"
    files: PageFiles | None = None


class Missing(NamedTuple):
    """None of the queried indexes has the project. ``origin`` is that of the last one."""

    origin: Origin
    kind: Literal["missing"] = "missing"


# In code points; the detail of a failed lookup lists where credentials were looked for.
MAX_DETAIL = 600


class Unavailable(NamedTuple):
    """The lookup failed. ``detail`` is one line of plain text. Never treat this as active.

    ``ignorable_status`` is the HTTP status for which ``ignore-error-codes`` would lead to the next index, else 0.
    """

    cause: Cause
    detail: str
    origin: Origin
    ignorable_status: int = 0
    kind: Literal["unavailable"] = "unavailable"


class Skipped(NamedTuple):
    """The dependency was deliberately not looked up.

    ``detail`` says what causes the reason, possibly empty. It contains text of the repository: untrusted.
    """

    reason: SkipReason
    detail: str = ""
    kind: Literal["skipped"] = "skipped"

    @property
    def is_unresolvable(self) -> bool:
        """Whether the dependency may be on an index: its name or its index cannot be determined."""
        return self.reason in UNRESOLVABLE_REASONS


# The result if an index has a page of the project.
PageStatus = KnownStatus | StatusNotStated | UnrecognizedStatus
IndexResult = PageStatus | Missing | Unavailable
LookupResult = IndexResult | Skipped


# --- findings ---------------------------------------------------------------------------------------------------------


class Rule(StrEnum):
    """The rules for dependencies, entries and ignores. A finding is a violation of one."""

    QUARANTINED = "quarantined"
    ARCHIVED = "archived"
    DEPRECATED = "deprecated"
    UNRECOGNIZED_STATUS = "unrecognized-status"
    MISSING = "missing"
    YANKED = "yanked"
    UNLISTED = "unlisted"
    RE_REGISTERED = "re-registered"
    UNVERIFIED = "unverified"
    UNRESOLVABLE = "unresolvable"
    NOT_STATED = "not-stated"
    UNREADABLE = "unreadable"
    UNUSED_IGNORE = "unused-ignore"
    EXPIRED_IGNORE = "expired-ignore"
    IGNORE_WITHOUT_REASON = "ignore-without-reason"


# The rules that can be ignored: those about a project. The others are about mistakes in a file.
IGNORABLE_RULES = (
    Rule.QUARANTINED,
    Rule.ARCHIVED,
    Rule.DEPRECATED,
    Rule.UNRECOGNIZED_STATUS,
    Rule.MISSING,
    Rule.YANKED,
    Rule.UNLISTED,
    Rule.RE_REGISTERED,
    Rule.UNVERIFIED,
    Rule.UNRESOLVABLE,
)
# The rules about the version that an entry pins, not about the project.
VERSION_RULES = (Rule.YANKED, Rule.UNLISTED, Rule.RE_REGISTERED)
# The rules about a project, which another project can replace.
PROJECT_RULES = frozenset(IGNORABLE_RULES) - {Rule.YANKED, Rule.UNLISTED, Rule.UNVERIFIED, Rule.UNRESOLVABLE}


class Severity(StrEnum):
    """The severity of a finding. Findings with ``off`` are not reported."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


class CheckMode(StrEnum):
    """The scope of a check: all dependencies, only added ones, or an open document in an editor.

    In a first push, to a remote without commits, all dependencies are checked, and few rules are errors.
    """

    FULL = "full"
    ADDED = "added"
    FIRST_PUSH = "first push"
    EDITOR = "editor"


class Suppression(NamedTuple):
    """The ignore that suppresses a finding.

    ``kind`` is ``comment`` for an ignore comment, ``config`` for an ignore entry; ``reason`` is the reason given there.
    """

    kind: Literal["comment", "config"]
    reason: str


class Finding(NamedTuple):
    """A violation of a rule.

    ``location`` is None if there is no line to show, as for an unreadable file or an index. ``path`` is empty if the
    finding belongs to no file; ``index_url`` is then the index that it is about. ``version`` is the pinned version for
    one of ``VERSION_RULES``. ``successor`` is the configured successor for one of ``PROJECT_RULES``, else empty.
    ``related_locations`` are the positions of the same dependency in lock files. ``message``, ``reason`` (the text of
    the index) and ``help`` are sanitized, one line each. If ``help`` ends with an ignore entry for the configuration,
    as `` `ENTRY` ``, ``ignore_entry`` is that entry.
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
    index_url: str = ""
    version: str | None = None
    successor: str = ""
    ignore_entry: str = ""

    def full_message(self) -> str:
        """Return the message followed by the reason, for output with a single line."""
        return f"{self.message}: {self.reason}" if self.reason else self.message

    def help_without_entry(self) -> str:
        """Return the help without the ignore entry at its end, which differs for each project."""
        return self.help.removesuffix(f" `{self.ignore_entry}`")


class CheckedDependency(NamedTuple):
    """A dependency of the file at ``path`` (as displayed), and its lookup result.

    ``lines`` is the line index of the file. ``via`` is the dependency path of a transitive package, from the direct
    dependency to the parent. ``not_judged`` is the reason why the version rules could not be applied to its pinned
    version, empty if they were, or if it pins none.
    """

    dependency: Dependency
    path: str
    lines: LineIndex
    lookup: LookupResult
    transitive: bool = False
    via: tuple[str, ...] = ()
    not_judged: str = ""

    @property
    def location(self) -> Location:
        """The location of the name. Computed on access, because few locations are shown."""
        return self.lines.location(self.path, self.dependency.name_span)


class SkippedEntry(NamedTuple):
    """An entry without a name, its location, and why it was not looked up."""

    location: Location
    reason: SkipReason

    @property
    def is_unresolvable(self) -> bool:
        """Whether the entry may be a requirement on an index."""
        return self.reason in UNRESOLVABLE_REASONS


class Problem(NamedTuple):
    """A problem outside the dependency files that makes the check incomplete.

    For example an invalid configuration, an unusable cache or an old snapshot. ``rule`` is ``unverified`` if lookup
    results are missing or outdated because of it, else None. ``index_url`` is the index that failed.
    """

    severity: Severity
    message: str
    help: str = ""
    path: str = ""
    position: Position | None = None
    rule: Literal[Rule.UNVERIFIED] | None = None
    index_url: str = ""


class Summary(NamedTuple):
    """The numbers of a check. ``findings`` excludes suppressed findings, which are counted as ``ignored``.

    Each dependency counts as ``checked`` (its status is known) or as one of the counts from ``skipped`` on. Entries
    without a name count as skipped, or as unresolvable if the name contains a variable. ``repinned`` are pins that a
    change alters: only the version rules apply to them, so they are not among the dependencies. ``not_judged`` are the
    pinned versions to which the version rules could not be applied.
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
    unresolvable: int
    not_stated: int
    missing: int
    unrecognized: int
    repinned: int = 0
    not_judged: int = 0


class Report(NamedTuple):
    """The result of a check, in deterministic order.

    ``not_judged`` has the reason for each pinned version that was not judged, also of dependencies that are not added.
    """

    dependencies: tuple[CheckedDependency, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    unnamed: tuple[SkippedEntry, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def active(self) -> list[Finding]:
        """The findings that are not suppressed."""
        return [finding for finding in self.findings if finding.suppressed is None]

    def with_problems(self, *problems: Problem) -> Report:
        """Return this report with further problems."""
        return self._replace(problems=(*self.problems, *problems))


def new_report(  # noqa: PLR0913 - the parts of a report
    dependencies: Sequence[CheckedDependency],
    findings: Sequence[Finding],
    problems: Iterable[Problem],
    unnamed: Iterable[SkippedEntry],
    not_judged: Iterable[str],
    *,
    files: int,
    repinned: int,
) -> Report:
    """Return the report with these parts and their numbers; ``dependencies`` and ``findings`` must be sorted."""
    unnamed, not_judged = tuple(sorted(unnamed)), tuple(sorted(not_judged))
    severities = [finding.severity for finding in findings if not finding.suppressed]
    lookup_types = [type(item.lookup) for item in dependencies]
    unresolvable = sum(isinstance(item.lookup, Skipped) and item.lookup.is_unresolvable for item in dependencies)
    unresolvable += sum(entry.is_unresolvable for entry in unnamed)
    summary = Summary(
        files=files,
        dependencies=len(dependencies) + len(unnamed),
        checked=lookup_types.count(KnownStatus),
        findings=len(severities),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        ignored=len(findings) - len(severities),
        skipped=lookup_types.count(Skipped) + len(unnamed) - unresolvable,
        unverified=lookup_types.count(Unavailable),
        unresolvable=unresolvable,
        not_stated=lookup_types.count(StatusNotStated),
        missing=lookup_types.count(Missing),
        unrecognized=lookup_types.count(UnrecognizedStatus),
        repinned=repinned,
        not_judged=len(not_judged),
    )
    return Report(tuple(dependencies), tuple(findings), tuple(problems), summary, unnamed, not_judged)
