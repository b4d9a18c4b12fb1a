"""What our policy makes of a look-up: which rule is broken, how much it weighs, and what excuses it. Pure.

Dates are ISO texts (``2027-03-01``): they compare as they should, and the warm path needs no calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from mothball.config.project import Ignore
from mothball.model.document import DependencyKind, IgnoreComment
from mothball.model.findings import CheckMode, Finding, Problem, Rule, Severity, Suppression
from mothball.model.lookup import (
    KnownStatus,
    LookupResult,
    Missing,
    ProjectStatus,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.records import NamedTuple

# What a rule weighs in a full check and in editors, and when a change adds the dependency.
_DEFAULTS: Mapping[Rule, tuple[Severity, Severity]] = {
    Rule.QUARANTINED: (Severity.ERROR, Severity.ERROR),
    Rule.ARCHIVED: (Severity.ERROR, Severity.ERROR),
    Rule.DEPRECATED: (Severity.WARNING, Severity.WARNING),
    Rule.UNRECOGNIZED_STATUS: (Severity.WARNING, Severity.WARNING),
    Rule.MISSING: (Severity.WARNING, Severity.ERROR),
    Rule.UNVERIFIED: (Severity.WARNING, Severity.ERROR),
    Rule.NOT_STATED: (Severity.NOTE, Severity.NOTE),
    Rule.UNREADABLE: (Severity.ERROR, Severity.ERROR),
    Rule.UNUSED_IGNORE: (Severity.WARNING, Severity.WARNING),
    Rule.EXPIRED_IGNORE: (Severity.WARNING, Severity.WARNING),
}
_RULES: Mapping[ProjectStatus, Rule | None] = {
    ProjectStatus.ACTIVE: None,
    ProjectStatus.ARCHIVED: Rule.ARCHIVED,
    ProjectStatus.DEPRECATED: Rule.DEPRECATED,
    ProjectStatus.QUARANTINED: Rule.QUARANTINED,
}
_NEXT_LOWER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE}
_DOWNGRADED_WHEN_INDIRECT = (Rule.ARCHIVED, Rule.DEPRECATED)


class SeverityPolicy(NamedTuple):
    """What a rule's weight depends on. ``strict`` makes every warning an error."""

    severities: Mapping[str, Severity]
    mode: CheckMode = CheckMode.FULL
    strict: bool = False


def rule_of(lookup: LookupResult) -> Rule | None:
    """Return the rule that a look-up breaks, None when it breaks none.

    ``StatusNotStated`` is told once per index, not per line, and so breaks none here.
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
        case StatusNotStated() | Skipped():
            return None
        case _:
            assert_never(lookup)


def is_downgraded(kind: DependencyKind, *, transitive: bool) -> bool:
    """Return whether the line is not its reader's to choose: a transitive package, a constraint, an override."""
    return transitive or kind in (DependencyKind.CONSTRAINT, DependencyKind.OVERRIDE)


def severity_of(rule: Rule, severity_policy: SeverityPolicy, *, downgraded: bool = False) -> Severity:
    """Return what ``rule`` weighs.

    The configuration's most particular word wins: ``RULE.transitive`` where it applies, then ``RULE.added``, then
    ``RULE``, then the default. Without a word on ``RULE.transitive``, archived and deprecated weigh one step less.
    """
    severities = severity_policy.severities
    in_full, when_added = _DEFAULTS[rule]
    severity = severities.get(rule, when_added if severity_policy.mode is CheckMode.ADDED else in_full)
    if severity_policy.mode is CheckMode.ADDED:
        severity = severities.get(f"{rule}.added", severity)
    if downgraded and f"{rule}.transitive" in severities:
        severity = severities[f"{rule}.transitive"]
    elif downgraded and rule in _DOWNGRADED_WHEN_INDIRECT:
        severity = _NEXT_LOWER.get(severity, severity)
    return Severity.ERROR if severity_policy.strict and severity is Severity.WARNING else severity


def matching_ignore(
    rule: Rule, name: str, comments: Iterable[IgnoreComment], ignores: Iterable[Ignore], today: str
) -> IgnoreComment | Ignore | None:
    """Return what excuses a finding of ``rule`` on ``name``: a comment on its line first, then the configuration."""
    for comment in comments:
        if rule in comment.rules:
            return comment
    for ignore in ignores:
        if ignore.name == name and rule in ignore.rules and not is_expired(ignore, today):
            return ignore
    return None


def is_expired(ignore: Ignore, today: str) -> bool:
    """Return whether the last day of ``ignore`` lies before ``today``."""
    return ignore.until is not None and ignore.until < today


def suppression_of(matched_ignore: IgnoreComment | Ignore) -> Suppression:
    """Return how a finding records what excused it."""
    return Suppression("comment" if isinstance(matched_ignore, IgnoreComment) else "config", matched_ignore.reason)


def exit_code(findings: Iterable[Finding], problems: Iterable[Problem], *, exit_zero: bool = False) -> int:
    """Return the exit code of a check.

    0 clean or warnings only; 1 something was found; 2 something could not be read; 3 the only errors are look-ups that
    failed, or answers in doubt. 2 beats 1 beats 3; ``exit_zero`` hides 1 and 3.
    """
    broken = {finding.rule for finding in findings if finding.severity is Severity.ERROR and not finding.suppressed}
    unmended = {problem.rule for problem in problems if problem.severity is Severity.ERROR}
    if Rule.UNREADABLE in broken or None in unmended:
        return 2
    broken |= {rule for rule in unmended if rule}
    if exit_zero or not broken:
        return 0
    return 3 if broken == {Rule.UNVERIFIED} else 1
