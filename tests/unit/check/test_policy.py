from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.inputs import SeverityPolicy
from mothball.check.policy import (
    Violation,
    exit_code,
    is_downgraded,
    is_expired,
    is_reason,
    matching_ignore,
    rule_of,
    severity_of,
    suppression_of,
)
from mothball.config.project import Ignore
from mothball.model.document import DependencyKind, IgnoreComment, SkipReason, Span
from mothball.model.results import (
    Cause,
    CheckMode,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    Origin,
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
from tests.tables.severities import ROWS, Row

ORIGIN = Origin("https://index.example/simple/", 0.0)
ERROR, WARNING, NOTE, OFF = Severity.ERROR, Severity.WARNING, Severity.NOTE, Severity.OFF
FULL, ADDED = CheckMode.FULL, CheckMode.ADDED

# --- rules ------------------------------------------------------------------------------------------------------------

UNRESOLVABLE = {
    SkipReason.VARIABLE,
    SkipReason.INDEX_VARIABLE,
    SkipReason.NO_INDEX,
    SkipReason.UNKNOWN_INDEX,
    SkipReason.CONSENT,
    SkipReason.TOO_MANY_INDEXES,
}
RULES: list[tuple[LookupResult, Rule | None]] = [
    (KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN), None),
    (KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN), Rule.ARCHIVED),
    (KnownStatus(ProjectStatus.DEPRECATED, "", ORIGIN), Rule.DEPRECATED),
    (KnownStatus(ProjectStatus.QUARANTINED, "", ORIGIN), Rule.QUARANTINED),
    (UnrecognizedStatus("retired", "", ORIGIN), Rule.UNRECOGNIZED_STATUS),
    (Missing(ORIGIN), Rule.MISSING),
    *((Unavailable(cause, "", ORIGIN), Rule.UNVERIFIED) for cause in Cause),
    (StatusNotStated(ORIGIN), None),
    *((Skipped(reason), Rule.UNRESOLVABLE if reason in UNRESOLVABLE else None) for reason in SkipReason),
]


@pytest.mark.parametrize(("lookup", "rule"), RULES)
def test_rule_of_each_lookup_result(lookup: LookupResult, rule: Rule | None) -> None:
    assert rule_of(lookup) is rule


def test_table_contains_every_lookup_type_and_status() -> None:
    assert {type(lookup) for lookup, _ in RULES} == set(get_args(LookupResult))
    assert {lookup.status for lookup, _ in RULES if isinstance(lookup, KnownStatus)} == set(ProjectStatus)


# --- severities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_default_severities_match_the_documentation(row: Row) -> None:
    assert severity_of(row.rule, SeverityPolicy({}, FULL)) is row.full
    assert severity_of(row.rule, SeverityPolicy({}, ADDED)) is row.added
    assert severity_of(row.rule, SeverityPolicy({}, CheckMode.EDITOR)) is (row.editor or row.full)
    lower = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE}
    for mode, severity in ((FULL, row.transitive or row.full), (ADDED, row.transitive or row.added)):
        expected = lower[severity] if row.lower_for_constraints else severity
        assert severity_of(row.rule, SeverityPolicy({}, mode), downgraded=True, constraint=True) is expected
    assert severity_of(row.rule, SeverityPolicy({}, FULL), downgraded=True) is (row.transitive or row.full)
    assert severity_of(row.rule, SeverityPolicy({}, ADDED), downgraded=True) is (row.transitive or row.added)


def test_every_rule_is_documented() -> None:
    assert [row.rule for row in ROWS] == [*Rule]


def test_full_check_is_the_default_mode() -> None:
    assert severity_of(Rule.MISSING, SeverityPolicy({})) is WARNING


@pytest.mark.parametrize(
    ("kind", "transitive", "downgraded"),
    [
        (DependencyKind.REQUIREMENT, False, False),
        (DependencyKind.LOCKED, False, False),
        (DependencyKind.CONSTRAINT, False, True),
        (DependencyKind.OVERRIDE, False, True),
        *((kind, True, True) for kind in DependencyKind),
    ],
)
def test_constraints_overrides_and_transitive_dependencies_are_downgraded(
    kind: DependencyKind, *, transitive: bool, downgraded: bool
) -> None:
    assert is_downgraded(kind, transitive=transitive) is downgraded


@pytest.mark.parametrize(("configured", "downgraded"), [(ERROR, WARNING), (WARNING, NOTE), (NOTE, NOTE), (OFF, OFF)])
@pytest.mark.parametrize("mode", [FULL, ADDED])
def test_downgrade_starts_at_the_configured_severity(
    mode: CheckMode, configured: Severity, downgraded: Severity
) -> None:
    assert severity_of(Rule.ARCHIVED, SeverityPolicy({"archived": configured}, mode), downgraded=True) is downgraded


@pytest.mark.parametrize(
    ("severities", "full", "added", "downgraded_full", "downgraded_added"),
    [
        ({"archived": NOTE}, NOTE, NOTE, NOTE, NOTE),
        ({"archived.added": NOTE}, ERROR, NOTE, WARNING, NOTE),
        ({"archived.transitive": NOTE}, ERROR, ERROR, NOTE, NOTE),
        ({"archived": OFF, "archived.added": ERROR}, OFF, ERROR, OFF, WARNING),
        ({"archived": OFF, "archived.transitive": ERROR}, OFF, OFF, ERROR, ERROR),
        ({"archived.added": WARNING, "archived.transitive": ERROR}, ERROR, WARNING, ERROR, ERROR),
        ({"archived": NOTE, "archived.added": OFF, "archived.transitive": WARNING}, NOTE, OFF, WARNING, WARNING),
        ({"deprecated": OFF, "missing.transitive": OFF}, ERROR, ERROR, WARNING, WARNING),
    ],
)
def test_most_specific_setting_takes_precedence(
    severities: dict[str, Severity],
    full: Severity,
    added: Severity,
    downgraded_full: Severity,
    downgraded_added: Severity,
) -> None:
    assert severity_of(Rule.ARCHIVED, SeverityPolicy(severities, FULL)) is full
    assert severity_of(Rule.ARCHIVED, SeverityPolicy(severities, ADDED)) is added
    assert severity_of(Rule.ARCHIVED, SeverityPolicy(severities, FULL), downgraded=True) is downgraded_full
    assert severity_of(Rule.ARCHIVED, SeverityPolicy(severities, ADDED), downgraded=True) is downgraded_added


def test_transitive_setting_applies_to_every_rule() -> None:
    severity_policy = SeverityPolicy({"missing.transitive": OFF}, ADDED)
    assert severity_of(Rule.MISSING, severity_policy, downgraded=True) is OFF
    assert severity_of(Rule.MISSING, severity_policy) is ERROR


SEVERITIES = st.dictionaries(
    st.sampled_from([f"{rule}{scope}" for rule in Rule for scope in ("", ".added", ".transitive")]),
    st.sampled_from([*Severity]),
)


@given(st.sampled_from([*Rule]), SEVERITIES, st.sampled_from([*CheckMode]), st.booleans())
def test_strict_only_changes_warnings(
    rule: Rule,
    severities: dict[str, Severity],
    mode: CheckMode,
    downgraded: bool,  # noqa: FBT001 - drawn
) -> None:
    usual = severity_of(rule, SeverityPolicy(severities, mode), downgraded=downgraded)
    strict = severity_of(rule, SeverityPolicy(severities, mode, strict=True), downgraded=downgraded)
    assert strict is (ERROR if usual is WARNING else usual)


@given(st.sampled_from([*Rule]), SEVERITIES, st.booleans())
def test_first_push_is_stopped_by_quarantined_and_re_registered_projects_only(
    rule: Rule,
    severities: dict[str, Severity],
    downgraded: bool,  # noqa: FBT001 - drawn
) -> None:
    severity = severity_of(rule, SeverityPolicy(severities, CheckMode.FIRST_PUSH), downgraded=downgraded)
    full = severity_of(rule, SeverityPolicy(severities, CheckMode.FULL), downgraded=downgraded)
    assert severity is (WARNING if full is ERROR and rule not in (Rule.QUARANTINED, Rule.RE_REGISTERED) else full)


# --- ignores ----------------------------------------------------------------------------------------------------------

TODAY = "2027-03-01"
COMMENT = IgnoreComment(Span(0, 10), ("archived", "missing"), "known", Span(0, 10))
IGNORE = Ignore("Old.Lib", "old-lib", (Rule.ARCHIVED,), "moving", None)


def matched_ignore(
    rule: Rule, comments: Sequence[IgnoreComment] = (), ignores: Sequence[Ignore] = (), today: str = TODAY
) -> IgnoreComment | Ignore | None:
    return matching_ignore(Violation(rule, "old-lib"), comments, ignores, today)


def test_no_ignore_matches_without_ignores() -> None:
    assert matched_ignore(Rule.ARCHIVED) is None


@pytest.mark.parametrize(("rule", "matches"), [(Rule.ARCHIVED, True), (Rule.MISSING, True), (Rule.QUARANTINED, False)])
def test_comment_matches_its_rules(rule: Rule, *, matches: bool) -> None:
    assert (matched_ignore(rule, [COMMENT]) is COMMENT) is matches


def test_comment_matches_before_ignore_entry() -> None:
    assert matched_ignore(Rule.ARCHIVED, [COMMENT], [IGNORE]) is COMMENT
    assert matched_ignore(Rule.ARCHIVED, [COMMENT._replace(rules=("missing",))], [IGNORE]) is IGNORE


def test_first_matching_comment_is_returned() -> None:
    other = COMMENT._replace(rules=("deprecated",))
    assert matched_ignore(Rule.ARCHIVED, [other, COMMENT, COMMENT._replace(reason="later")]) is COMMENT


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.ARCHIVED])
def test_ignore_entry_does_not_match_other_rules(rule: Rule) -> None:
    assert matched_ignore(rule, (), [IGNORE]) is None


def test_ignore_entry_does_not_match_other_projects() -> None:
    assert matching_ignore(Violation(Rule.ARCHIVED, "old-library"), (), [IGNORE], TODAY) is None
    assert matching_ignore(Violation(Rule.ARCHIVED, "Old.Lib"), (), [IGNORE], TODAY) is None


@pytest.mark.parametrize("text", ["", " ", "WHY", "why?", "REASON", "reason", "<reason>", "...", "…"])
def test_placeholder_is_no_reason(text: str) -> None:
    assert not is_reason(text)


@pytest.mark.parametrize("text", ["#812", "for a reason", "whyever", "bis Juni", "到六月"])
def test_any_other_text_is_a_reason(text: str) -> None:
    assert is_reason(text)


@pytest.mark.parametrize(
    ("until", "expired"),
    [
        (None, False),
        ("2027-03-02", False),
        ("2027-03-01", False),
        ("2027-02-28", True),
        ("2026-12-31", True),
        ("9999-12-31", False),
        ("0999-12-31", True),
    ],
)
def test_ignore_entry_is_valid_through_its_last_day(until: str | None, *, expired: bool) -> None:
    ignore = IGNORE._replace(until=until)
    assert is_expired(ignore, TODAY) is expired
    assert matched_ignore(Rule.ARCHIVED, (), [ignore]) is (None if expired else ignore)


def test_valid_entry_matches_after_an_expired_one() -> None:
    assert matched_ignore(Rule.ARCHIVED, (), [IGNORE._replace(until="2020-01-01"), IGNORE]) is IGNORE


def test_suppression_has_origin_and_reason_of_the_ignore() -> None:
    assert suppression_of(COMMENT) == Suppression("comment", "known")
    assert suppression_of(IGNORE) == Suppression("config", "moving")
    assert suppression_of(IGNORE._replace(reason="")) == Suppression("config", "")


# --- exit codes -------------------------------------------------------------------------------------------------------


def finding(rule: Rule, severity: Severity = ERROR, *, suppressed: bool = False) -> Finding:
    return Finding(rule, severity, "", "", suppressed=Suppression("comment", "") if suppressed else None)


def problem(severity: Severity) -> Problem:
    return Problem(severity, "")


ARCHIVED, UNVERIFIED, NOT_STATED, UNREADABLE = (
    finding(rule) for rule in (Rule.ARCHIVED, Rule.UNVERIFIED, Rule.NOT_STATED, Rule.UNREADABLE)
)


@pytest.mark.parametrize(
    ("findings", "problems", "code"),
    [
        ([], [], 0),
        ([finding(Rule.ARCHIVED, WARNING), finding(Rule.NOT_STATED, NOTE)], [], 0),
        ([finding(Rule.UNVERIFIED, WARNING)], [], 0),
        ([finding(Rule.UNREADABLE, WARNING)], [], 0),
        ([], [problem(WARNING), problem(NOTE)], 0),
        ([ARCHIVED], [], 1),
        ([ARCHIVED, finding(Rule.UNVERIFIED, WARNING)], [problem(WARNING)], 1),
        ([UNVERIFIED], [], 3),
        ([UNVERIFIED, finding(Rule.ARCHIVED, WARNING)], [problem(WARNING)], 3),
        ([NOT_STATED], [], 3),
        ([NOT_STATED, UNVERIFIED, finding(Rule.ARCHIVED, WARNING)], [], 3),
        ([UNREADABLE], [], 2),
        ([], [problem(ERROR)], 2),
        # 2 takes precedence over 1, and 1 over 3.
        ([UNVERIFIED, ARCHIVED], [], 1),
        ([ARCHIVED, UNVERIFIED], [], 1),
        ([UNVERIFIED, UNREADABLE], [], 2),
        ([ARCHIVED, UNREADABLE], [], 2),
        ([ARCHIVED, UNVERIFIED, UNREADABLE], [], 2),
        ([ARCHIVED], [problem(ERROR)], 2),
        ([UNVERIFIED], [problem(ERROR)], 2),
        ([NOT_STATED, ARCHIVED], [], 1),
        ([NOT_STATED, UNREADABLE], [], 2),
        ([NOT_STATED], [problem(ERROR)], 2),
    ],
)
def test_exit_code(findings: list[Finding], problems: list[Problem], code: int) -> None:
    assert exit_code(findings, problems) == code
    assert exit_code(findings, problems, exit_zero=True) == (2 if code == 2 else 0)


@pytest.mark.parametrize(
    "rule",
    [rule for rule in Rule if rule not in {Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.NOT_STATED, Rule.UNREADABLE}],
)
def test_exit_code_is_1_for_errors_of_other_rules(rule: Rule) -> None:
    assert exit_code([finding(rule)], []) == 1


@pytest.mark.parametrize("rule", [*Rule])
def test_suppressed_findings_do_not_affect_the_exit_code(rule: Rule) -> None:
    assert exit_code([finding(rule, suppressed=True)], []) == 0
    assert exit_code([finding(rule, suppressed=True), UNVERIFIED], []) == 3


def test_exit_code_accepts_iterators() -> None:
    assert exit_code(iter([ARCHIVED]), iter([problem(ERROR)])) == 2
