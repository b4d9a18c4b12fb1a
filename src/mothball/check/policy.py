"""Rules, severities, ignores and the exit code.

Dates are ISO strings (``2027-03-01``): they sort chronologically, and a warm run need not import ``datetime``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from mothball.config.project import Ignore
from mothball.model.document import DependencyKind, IgnoreComment
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckMode,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    Problem,
    ProjectStatus,
    Rule,
    Severity,
    Skipped,
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
_RULES: Mapping[ProjectStatus, Rule | None] = {
    ProjectStatus.ACTIVE: None,
    ProjectStatus.ARCHIVED: Rule.ARCHIVED,
    ProjectStatus.DEPRECATED: Rule.DEPRECATED,
    ProjectStatus.QUARANTINED: Rule.QUARANTINED,
}
# Placeholders for the reason in suggested and documented ignores; compared without case and punctuation.
_REASON_PLACEHOLDERS = ("", "why", "reason")
_NEXT_LOWER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE}
DOWNGRADED_RULES = (Rule.ARCHIVED, Rule.DEPRECATED)
# A locked version can be changed without the packages that require it; a constraint installs nothing.
_DOWNGRADED_FOR_CONSTRAINTS = (*DOWNGRADED_RULES, Rule.YANKED, Rule.UNLISTED)
# The rules for possible malware: they stop a first push, and are no note for a dependency that is never installed.
_MALWARE_RULES = frozenset({Rule.QUARANTINED, Rule.RE_REGISTERED})


class SeverityPolicy(NamedTuple):
    """The configured severities, and the options that affect them. ``strict`` turns warnings into errors."""

    severities: Mapping[str, Severity]
    mode: CheckMode = CheckMode.FULL
    strict: bool = False


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
            return _RULES[lookup.status]
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
    ``RULE`` and the default. Without ``RULE.transitive``, archived and deprecated are downgraded by one level. So they
    are for a dependency that was ``moved`` from another project, and yanked and unlisted for a ``constraint``. A
    dependency that is ``never_installed`` has notes. In a first push, errors of rules that do not stop it are warnings.
    """
    severities, mode = severity_policy.severities, severity_policy.mode
    severity = severities.get(rule, _MODE_DEFAULTS.get((rule, mode), _DEFAULTS[rule]))
    if mode is CheckMode.ADDED:
        severity = severities.get(f"{rule}.added", severity)
    if downgraded and f"{rule}.transitive" in severities:
        severity = severities[f"{rule}.transitive"]
    elif ((downgraded or moved) and rule in DOWNGRADED_RULES) or (constraint and rule in _DOWNGRADED_FOR_CONSTRAINTS):
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
    from mothball.check.version_matching import is_same_version  # noqa: PLC0415 - imports packaging

    return any(is_same_version(version, other) for other in versions)


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
