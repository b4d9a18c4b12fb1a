"""The policy: which rules a lookup result and a pinned version violate, their severities, ignores, and the exit code.

Dates are ISO strings (``2027-03-01``): they sort chronologically, and a warm run need not import ``datetime``.

The page that has the status also lists the files. Nearly always it has a usable file of the pinned version with a
digest that the lock records: finding that takes a search for the spelling of the version and for the digest. Only if
that fails, all versions are compared (PEP 440) and the files of the lock are read, by ``version_comparison``.
``unlisted`` and ``re-registered`` are only concluded from a whole list that was requested in this run: until then the
verdict is ``UNCONFIRMED``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from mothball.check.inputs import (
    JudgedPlan,
    LookUp,
    LookupPlan,
    NotJudged,
    ResolvedFile,
    RunSettings,
    SeverityPolicy,
    VersionVerdict,
    pin_of,
)
from mothball.config.project import Ignore
from mothball.formats.recorded_files import digests_of, entry_text
from mothball.index.project_page import DIGEST_LENGTH, files_with_version
from mothball.index.resolution import Query
from mothball.model.document import Dependency, DependencyKind, IgnoreComment
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckMode,
    Finding,
    IndexResult,
    KnownStatus,
    LookupResult,
    Missing,
    PageFiles,
    Problem,
    ProjectStatus,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Suppression,
    Unavailable,
    UnrecognizedStatus,
)

# Default severities: of a full check, and those that differ for added dependencies and in editors.
_DEFAULTS: Mapping[Rule, Severity] = {
    Rule.QUARANTINED: Severity.ERROR,
    Rule.ARCHIVED: Severity.ERROR,
    Rule.DEPRECATED: Severity.WARNING,
    Rule.UNRECOGNIZED_STATUS: Severity.WARNING,
    Rule.MISSING: Severity.WARNING,
    Rule.YANKED: Severity.WARNING,
    Rule.UNLISTED: Severity.WARNING,
    Rule.RE_REGISTERED: Severity.ERROR,
    Rule.UNVERIFIED: Severity.ERROR,
    Rule.UNRESOLVABLE: Severity.WARNING,
    Rule.NOT_STATED: Severity.WARNING,
    Rule.UNREADABLE: Severity.ERROR,
    Rule.UNUSED_IGNORE: Severity.WARNING,
    Rule.EXPIRED_IGNORE: Severity.WARNING,
    Rule.IGNORE_WITHOUT_REASON: Severity.WARNING,
}
_MODE_DEFAULTS: Mapping[tuple[Rule, CheckMode], Severity] = {
    (Rule.MISSING, CheckMode.ADDED): Severity.ERROR,
    (Rule.YANKED, CheckMode.ADDED): Severity.ERROR,
    (Rule.UNLISTED, CheckMode.ADDED): Severity.ERROR,
    (Rule.NOT_STATED, CheckMode.ADDED): Severity.ERROR,
    (Rule.NOT_STATED, CheckMode.EDITOR): Severity.NOTE,
    (Rule.UNRESOLVABLE, CheckMode.ADDED): Severity.ERROR,
    (Rule.UNVERIFIED, CheckMode.EDITOR): Severity.WARNING,
}
# If all errors are of these rules, nothing is known to be wrong: the status of a dependency is unknown.
_UNKNOWN_STATUS_RULES = {Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.NOT_STATED}
# Placeholders for the reason in suggested and documented ignores; compared without case and punctuation.
_REASON_PLACEHOLDERS = ("", "why", "reason")
_NEXT_LOWER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE}
DOWNGRADED_RULES = (Rule.ARCHIVED, Rule.DEPRECATED)
# A locked version can be changed without the packages that require it; a constraint installs nothing.
_DOWNGRADED_WITH_VERSIONS = (*DOWNGRADED_RULES, Rule.YANKED, Rule.UNLISTED)
# The rules for possible malware: they stop a first push, and are no note for a dependency that is never installed.
_MALWARE_RULES = frozenset({Rule.QUARANTINED, Rule.RE_REGISTERED})


class Violation(NamedTuple):
    """A rule that a project violates, or the pinned ``version`` of it for a version rule."""

    rule: Rule
    name: str
    version: str | None = None


def rule_of(lookup: LookupResult) -> Rule | None:
    """Return the rule that a lookup result violates, or None.

    ``StatusNotStated`` is reported once per index and not per dependency, so it violates none here.
    """
    match lookup:
        case KnownStatus():
            return None if lookup.status is ProjectStatus.ACTIVE else Rule(lookup.status)
        case UnrecognizedStatus():
            return Rule.UNRECOGNIZED_STATUS
        case Missing():
            return Rule.MISSING
        case Unavailable():
            return Rule.UNVERIFIED
        case Skipped():
            return Rule.UNRESOLVABLE if lookup.is_unresolvable else None
        case StatusNotStated():
            return None
        case _:
            assert_never(lookup)


def is_downgraded(kind: DependencyKind, *, transitive: bool) -> bool:
    """Return True if the user does not control this dependency directly (transitive, constraint, override)."""
    return transitive or kind in (DependencyKind.CONSTRAINT, DependencyKind.OVERRIDE)


def severity_of(  # noqa: PLR0913 - each is a reason for another severity
    rule: Rule,
    severity_policy: SeverityPolicy,
    *,
    downgraded: bool = False,
    moved: bool = False,
    never_installed: bool = False,
    constraint: bool = False,
) -> Severity:
    """Return the severity of ``rule``.

    The most specific setting takes precedence: ``RULE.transitive`` for downgraded dependencies, then ``RULE.added``,
    ``RULE`` and the default. Without ``RULE.transitive``, archived and deprecated are downgraded by one level; so are
    these, yanked and unlisted for a ``constraint`` and what was ``moved`` from another project. A dependency that is
    ``never_installed`` has notes. In a first push, errors of rules that do not stop it are warnings.
    """
    severities, mode = severity_policy.severities, severity_policy.mode
    severity = severities.get(rule, _MODE_DEFAULTS.get((rule, mode), _DEFAULTS[rule]))
    if mode is CheckMode.ADDED:
        severity = severities.get(f"{rule}.added", severity)
    if downgraded and f"{rule}.transitive" in severities:
        severity = severities[f"{rule}.transitive"]
    elif (downgraded and rule in DOWNGRADED_RULES) or ((constraint or moved) and rule in _DOWNGRADED_WITH_VERSIONS):
        severity = _NEXT_LOWER.get(severity, severity)
    if never_installed and rule not in _MALWARE_RULES and severity is not Severity.OFF:
        return Severity.NOTE
    if mode is CheckMode.FIRST_PUSH and rule not in _MALWARE_RULES and severity is Severity.ERROR:
        severity = Severity.WARNING
    return Severity.ERROR if severity_policy.strict and severity is Severity.WARNING else severity


def severity_key(rule: Rule, severities: Mapping[str, Severity], *, downgraded: bool) -> str:
    """Return the key of ``severities`` that sets the severity of ``rule`` without a change, empty if none does."""
    keys = (f"{rule}.transitive", str(rule)) if downgraded else (str(rule),)
    return next((key for key in keys if key in severities), "")


def matching_ignore(
    violation: Violation, comments: Iterable[IgnoreComment], ignores: Iterable[Ignore], today: str
) -> IgnoreComment | Ignore | None:
    """Return the ignore that suppresses ``violation``, or None. Comments take precedence over entries."""
    rule, name, version = violation
    for comment in comments:
        if rule in comment.rules:
            return comment
    for ignore in ignores:
        applies_to_version = version is None or not ignore.versions or _is_any_of(version, ignore.versions)
        if ignore.name == name and rule in ignore.rules and not is_expired(ignore, today) and applies_to_version:
            return ignore
    return None


def _is_any_of(version: str, versions: Iterable[str]) -> bool:
    """Return True if a version is equal to one of ``versions``, in whatever spelling."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - slow to import

    for other in versions:
        try:
            is_same = Version(version) == Version(other)
        except InvalidVersion:
            is_same = version == other
        if is_same:
            return True
    return False


def is_reason(text: str) -> bool:
    """Return True if the reason of an ignore is neither empty nor a placeholder."""
    return "".join(filter(str.isalnum, text)).casefold() not in _REASON_PLACEHOLDERS


def is_expired(ignore: Ignore, today: str) -> bool:
    """Return True if the last day of ``ignore`` is before ``today``."""
    return ignore.until is not None and ignore.until < today


def suppression_of(matched_ignore: IgnoreComment | Ignore) -> Suppression:
    """Return the suppression that a finding records for an ignore."""
    return Suppression("comment" if isinstance(matched_ignore, IgnoreComment) else "config", matched_ignore.reason)


def exit_code(findings: Iterable[Finding], problems: Iterable[Problem], *, exit_zero: bool = False) -> int:
    """Return the exit code of a check.

    0: clean or warnings only. 1: findings of severity error. 2: unreadable input. 3: the only errors are dependencies
    whose status is unknown (``unverified``, ``unresolvable``, ``not-stated``). 2 takes precedence over 1, and 1 over 3.
    ``exit_zero`` turns 1 and 3 into 0.
    """
    violated = {finding.rule for finding in findings if finding.severity is Severity.ERROR and not finding.suppressed}
    problem_rules = {problem.rule for problem in problems if problem.severity is Severity.ERROR}
    if Rule.UNREADABLE in violated or None in problem_rules:
        return 2
    violated |= {rule for rule in problem_rules if rule}
    if exit_zero or not violated:
        return 0
    return 3 if violated <= _UNKNOWN_STATUS_RULES else 1


# --- version rules ----------------------------------------------------------------------------------------------------

# The results that may have files; a tuple, since a union is created by each call of isinstance.
_WITH_FILES = (KnownStatus, StatusNotStated, UnrecognizedStatus)
_FINE = VersionVerdict()
_NO_LIST = VersionVerdict(not_judged=NotJudged.NO_LIST)
_SNAPSHOT = VersionVerdict(not_judged=NotJudged.SNAPSHOT)


class VersionRules:
    """The version rules for the entries of one file."""

    def __init__(self, file: ResolvedFile, settings: RunSettings) -> None:
        self._file, self._settings = file, settings
        self._base_locks = file.selected.base_locks if file.selected else ()
        self._records_files = file.parsed.may_record_files
        self._repinned = file.repinned

    def judge(self, dependency: Dependency, query: Query | Skipped, lookup: LookupResult) -> VersionVerdict:
        """Return the verdict on an entry, which is fine without a pin.

        A name that is quarantined or could not be looked up is reported by another rule, which replaces these.
        """
        if not isinstance(query, Query) or not query.pin:
            return _FINE
        if isinstance(lookup, Unavailable):
            # For an added name, the failure is a finding of its own.
            is_finding = dependency not in self._repinned
            return _FINE if is_finding else VersionVerdict(not_judged=NotJudged.FAILED)
        is_quarantined = isinstance(lookup, KnownStatus) and lookup.status is ProjectStatus.QUARANTINED
        if is_quarantined or not isinstance(lookup, _WITH_FILES):
            return _FINE
        if lookup.files is None:
            return _SNAPSHOT if lookup.origin.source is Source.SNAPSHOT else _NO_LIST
        return self._judge_files(dependency, query, lookup.files)

    def _judge_files(self, dependency: Dependency, query: Query, files: PageFiles) -> VersionVerdict:
        if files.origin.source is Source.STALE:
            return VersionVerdict(not_judged=NotJudged.STALE)
        if not files.is_kept:
            return VersionVerdict(not_judged=NotJudged.UNCONFIRMED)
        lacks_base_files = bool(self._base_locks) and self._lacks_base_files(dependency.name, files)
        if not lacks_base_files and self._has_usable_file(dependency, query, files):
            return _FINE
        from mothball.check.version_comparison import PinnedEntry, compare  # noqa: PLC0415 - imports packaging

        entry = PinnedEntry(self._file, dependency, query, files, self._settings)
        return compare(entry, lacks_base_files=lacks_base_files)

    def _lacks_base_files(self, name: str, files: PageFiles) -> bool:
        """Return True if the page has none of the files that a base version of the lock records for the name."""
        for lock in self._base_locks:
            digests = {digest for entry in lock.entries.get(name, ()) for digest in digests_of(lock.parsed, entry)}
            if digests and not any(digest[:DIGEST_LENGTH] in files.text for digest in digests):
                return True
        return False

    def _has_usable_file(self, dependency: Dependency, query: Query, files: PageFiles) -> bool:
        """Return True if the index has a usable file of the version that the lock records.

        This does not compare versions: False means that it is not known.
        """
        if files.is_whole:
            listed = files_with_version(files.text, query.name, pin_of(dependency))
            if not any(file.yanked is None for file in listed):
                return False
            digests = [file.digest for file in listed]
        else:  # the list was reduced to the files of the pinned version, since one of them is not yanked
            digests = [line.split("\t")[2] for line in files.text.split("\n")] if self._records_files else []
        if not self._records_files:
            return True
        written = entry_text(self._file.parsed, dependency).lower()
        return any(digest and digest in written for digest in digests)


def judge_versions(plan: LookupPlan, results: Mapping[Query, IndexResult], settings: RunSettings) -> JudgedPlan:
    """Return the verdicts on the pinned versions of ``plan`` by the ``results`` of all its queries."""
    lookups: list[list[LookupResult]] = []
    verdicts = []
    for file, queries in zip(plan.files, plan.lookups, strict=True):
        judge = VersionRules(file, settings).judge
        of_file = [results[query] if isinstance(query, Query) else query for query in queries]
        lookups.append(of_file)
        verdicts.append(list(map(judge, file.dependencies_to_check, queries, of_file)))
    return JudgedPlan(plan, tuple(lookups), tuple(verdicts))


def confirm_versions(
    plan: LookupPlan, results: Mapping[Query, IndexResult], look_up: LookUp, settings: RunSettings
) -> tuple[JudgedPlan, tuple[Query, ...]]:
    """Judge pinned versions after requesting the pages of suspicious pins again; return also the queries for that.

    A cached page may lack a version that was published since. A page that cannot be requested now keeps its result, and
    the pin is not judged.
    """
    judged = judge_versions(plan, results, settings)
    again: dict[Query, Query] = {}
    for queries, verdicts in zip(plan.lookups, judged.verdicts, strict=True):
        for query, verdict in zip(queries, verdicts, strict=True):
            is_unconfirmed = verdict.not_judged is NotJudged.UNCONFIRMED
            if is_unconfirmed and isinstance(query, Query) and not query.settings.offline:
                again[query] = query.for_whole_list(bypass_cache=True)
    if not again:
        return judged, ()
    distinct = tuple(dict.fromkeys(again.values()))
    confirmed = look_up(distinct)
    usable = {
        query: confirmed[other] for query, other in again.items() if not isinstance(confirmed[other], Unavailable)
    }
    return judge_versions(plan, {**results, **usable}, settings), distinct
