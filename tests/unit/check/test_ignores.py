from __future__ import annotations

import pytest

from mothball.check.ignores import unused_ignores
from mothball.check.inputs import ResolvedFile, RunSettings
from mothball.check.pipeline import check
from mothball.config.project import Ignore, ProjectConfig
from mothball.model.document import Location, Position
from mothball.model.results import CheckMode, Finding, IndexResult, Report, Rule, Severity
from tests.support.check_inputs import (
    ARCHIVED,
    DOWN,
    NOT_STATED,
    QUARANTINED,
    SETTINGS,
    LookUp,
    ignore,
    resolved_config,
    source,
)

COMMENTED = "some-lib  # mothball: ignore[archived, missing] known\n"
UNREADABLE = Finding(Rule.UNREADABLE, Severity.ERROR, "not valid UTF-8", "", path="other.txt")


def run(
    *files: ResolvedFile,
    answers: dict[str, IndexResult] | None = None,
    settings: RunSettings = SETTINGS,
    unreadable: bool = False,
) -> Report:
    return check(files, LookUp(answers), settings, [UNREADABLE] if unreadable else [])


def unused_or_expired(report: Report) -> list[tuple[Rule, str]]:
    rules = (Rule.UNUSED_IGNORE, Rule.EXPIRED_IGNORE)
    return [(finding.rule, finding.message) for finding in report.findings if finding.rule in rules]


def configured(*ignores: Ignore, text: str = "some-lib\n", whole_scope: bool = True) -> ResolvedFile:
    location = Location("mothball.toml", Position(3, 1), Position(3, 9), 'some-lib = { rules = ["archived"] }')
    under = resolved_config(ProjectConfig(ignores=ignores), locations={"some-lib": location}, whole_scope=whole_scope)
    return source(text, under=under)


# --- comments ---------------------------------------------------------------------------------------------------------


def test_unused_comment_is_reported_at_its_location() -> None:
    [finding] = run(source(f"one-lib\n{COMMENTED}")).findings
    assert (finding.rule, finding.severity) == (Rule.UNUSED_IGNORE, Severity.WARNING)
    assert finding.message == "the ignore of `archived`, `missing` for some-lib matches no finding"
    assert finding.help
    assert finding.path == "requirements.txt"
    assert finding.location is not None
    assert finding.location.start == Position(2, 11)
    assert finding.location.end == Position(2, len(COMMENTED))
    assert finding.location.line_text == COMMENTED.rstrip()


def test_comment_on_a_line_without_entry_is_unused() -> None:
    [finding] = run(source("# mothball: ignore[archived] where is it?\nsome-lib\n")).findings
    assert finding.message == "the ignore of `archived` applies to no dependency"


def test_comment_is_used_if_one_of_its_rules_matches() -> None:
    assert unused_or_expired(run(source(COMMENTED), answers={"some-lib": ARCHIVED})) == []


def test_comment_for_another_rule_is_unused() -> None:
    report = run(source(COMMENTED), answers={"some-lib": QUARANTINED})
    assert [finding.rule for finding in report.findings] == [Rule.QUARANTINED, Rule.UNUSED_IGNORE]


@pytest.mark.parametrize("answer", [DOWN, NOT_STATED])
def test_comment_is_not_unused_if_the_status_is_unknown(answer: IndexResult) -> None:
    assert unused_or_expired(run(source(COMMENTED), answers={"some-lib": answer})) == []


def test_comment_is_not_unused_in_a_file_with_parse_problems() -> None:
    assert unused_or_expired(run(source(f"{COMMENTED}bad=1\n"))) == []


def test_unused_comment_is_reported_despite_failures_elsewhere() -> None:
    report = run(source(f"down-lib\n{COMMENTED}"), answers={"down-lib": DOWN}, unreadable=True)
    assert unused_or_expired(report) == [
        (Rule.UNUSED_IGNORE, "the ignore of `archived`, `missing` for some-lib matches no finding")
    ]


def test_unused_comment_is_reported_without_whole_scope() -> None:
    under = resolved_config(whole_scope=False)
    assert len(unused_or_expired(run(source(COMMENTED, under=under)))) == 1


def test_comment_after_hashes_belongs_to_its_own_entry() -> None:
    text = "one-lib \\\n  --hash=sha256:00  # mothball: ignore[archived] known\nsome-lib\n"
    assert unused_or_expired(run(source(text))) == [
        (Rule.UNUSED_IGNORE, "the ignore of `archived` for one-lib matches no finding"),
    ]


# --- configuration ----------------------------------------------------------------------------------------------------


def test_unused_ignore_entry_is_reported_at_its_location() -> None:
    report = run(configured(ignore("some-lib")))
    [finding] = report.findings
    assert (finding.rule, finding.severity) == (Rule.UNUSED_IGNORE, Severity.WARNING)
    assert finding.message == "the ignore of `archived` for some-lib matches no finding"
    assert (finding.path, finding.name) == ("mothball.toml", "some-lib")
    assert finding.location is not None
    assert finding.location.start == Position(3, 1)


def test_unused_ignore_entry_without_location_is_reported() -> None:
    [finding] = run(configured(ignore("gone-lib"))).findings
    assert (finding.rule, finding.name, finding.location) == (Rule.UNUSED_IGNORE, "gone-lib", None)


def test_ignore_entry_is_used_if_it_matches_in_one_file() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)))
    files = [source("one-lib\n", under=under), source("some-lib\n", "more-requirements.txt", under)]
    assert unused_or_expired(run(*files, answers={"some-lib": ARCHIVED})) == []


def test_ignore_entry_is_unused_if_a_comment_matches() -> None:
    report = run(configured(ignore("some-lib"), text=COMMENTED), answers={"some-lib": ARCHIVED})
    assert unused_or_expired(report) == [
        (Rule.UNUSED_IGNORE, "the ignore of `archived` for some-lib matches no finding")
    ]


def test_unused_ignore_entry_is_reported_once_for_all_files() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)))
    files = [source("one-lib\n", f"{number}/requirements.txt", under) for number in range(3)]
    assert len(unused_or_expired(run(*files))) == 1


def test_entries_of_two_configurations_are_independent() -> None:
    one = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)), path="one/mothball.toml")
    two = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)), path="two/mothball.toml")
    files = [source("some-lib\n", "one/requirements.txt", one), source("next-lib\n", "two/requirements.txt", two)]
    report = run(*files, answers={"some-lib": ARCHIVED})
    assert [finding.path for finding in report.findings if finding.rule is Rule.UNUSED_IGNORE] == ["two/mothball.toml"]


def test_ignore_entry_is_not_unused_if_a_lookup_failed() -> None:
    file = configured(ignore("some-lib"), text="some-lib\ndown-lib\n")
    assert unused_or_expired(run(file, answers={"down-lib": DOWN})) == []


def test_ignore_entry_is_not_unused_if_the_status_is_not_stated() -> None:
    file = configured(ignore("some-lib"), ignore("next-lib"), text="some-lib\nnext-lib\n")
    report = run(file, answers={"some-lib": NOT_STATED})
    assert unused_or_expired(report) == [
        (Rule.UNUSED_IGNORE, "the ignore of `archived` for next-lib matches no finding")
    ]


def test_ignore_entry_is_not_unused_if_not_everything_was_read() -> None:
    assert unused_or_expired(run(configured(ignore("some-lib"), whole_scope=False))) == []
    assert unused_or_expired(run(configured(ignore("some-lib"), text="bad=1\n"))) == []
    assert unused_or_expired(run(configured(ignore("some-lib")), unreadable=True)) == []


def test_ignore_entry_applies_on_its_last_day() -> None:
    file = configured(ignore("some-lib", until="2026-11-18"))
    report = run(file, answers={"some-lib": ARCHIVED})
    assert [(finding.rule, finding.suppressed is not None) for finding in report.findings] == [(Rule.ARCHIVED, True)]


@pytest.mark.parametrize(
    ("answer", "whole_scope"), [(ARCHIVED, True), (ARCHIVED, False), (DOWN, True), (NOT_STATED, False)]
)
def test_expired_ignore_entry_is_reported_and_does_not_apply(answer: IndexResult, whole_scope: bool) -> None:  # noqa: FBT001 - a parameter of the test, not of a call
    file = configured(ignore("some-lib", Rule.ARCHIVED, Rule.UNVERIFIED, until="2026-11-17"), whole_scope=whole_scope)
    report = run(file, answers={"some-lib": answer})
    [expired] = [finding for finding in report.findings if finding.rule is Rule.EXPIRED_IGNORE]
    assert expired.severity is Severity.WARNING
    assert expired.message == "the ignore for some-lib expired on 2026-11-17"
    assert expired.location is not None
    assert expired.location.start == Position(3, 1)
    assert len(report.findings) == 2
    assert report.summary.ignored == 0


# --- ignores without a reason -----------------------------------------------------------------------------------------

ADDED = SETTINGS._replace(mode=CheckMode.ADDED)


def without_reason(report: Report) -> list[str]:
    return [finding.message for finding in report.findings if finding.rule is Rule.IGNORE_WITHOUT_REASON]


@pytest.mark.parametrize("reason", ["", " WHY", " reason"])
def test_comment_without_reason_applies_with_a_warning_unless_the_dependency_is_added(reason: str) -> None:
    file = source(f"some-lib  # mothball: ignore[archived]{reason}\n")
    report = run(file, answers={"some-lib": ARCHIVED})
    assert without_reason(report) == ["the ignore of `archived` has no reason"]
    assert (report.summary.ignored, report.summary.warnings, report.summary.errors) == (1, 1, 0)
    report = run(file, answers={"some-lib": ARCHIVED}, settings=ADDED)
    assert without_reason(report) == [
        "the ignore of `archived` has no reason and does not apply to an added dependency"
    ]
    assert (report.summary.ignored, report.summary.warnings, report.summary.errors) == (0, 1, 1)


@pytest.mark.parametrize("reason", ["", "WHY"])
def test_entry_without_reason_applies_with_a_warning_unless_the_dependency_is_added(reason: str) -> None:
    file = configured(ignore("some-lib", reason=reason), whole_scope=False)
    report = run(file, answers={"some-lib": ARCHIVED})
    [finding] = [finding for finding in report.findings if finding.rule is Rule.IGNORE_WITHOUT_REASON]
    assert (finding.path, finding.location and finding.location.start) == ("mothball.toml", Position(3, 1))
    assert finding.message == "the ignore of `archived` for some-lib has no reason"
    assert report.summary.ignored == 1
    report = run(file, answers={"some-lib": ARCHIVED}, settings=ADDED)
    assert without_reason(report) == [
        "the ignore of `archived` for some-lib has no reason and does not apply to an added dependency"
    ]
    assert (report.summary.ignored, report.summary.errors) == (0, 1)


def test_ignore_with_reason_applies_beside_one_without() -> None:
    file = configured(ignore("some-lib"), text="some-lib  # mothball: ignore[archived]\n")
    report = run(file, answers={"some-lib": ARCHIVED}, settings=ADDED)
    assert (report.summary.ignored, report.summary.errors, len(without_reason(report))) == (1, 0, 1)


def test_unused_ignore_without_reason_is_reported_once() -> None:
    report = run(configured(ignore("some-lib", reason=""), text="some-lib  # mothball: ignore[archived]\n"))
    assert [finding.rule for finding in report.findings] == [Rule.UNUSED_IGNORE] * 2


def test_ignore_without_reason_is_reported_in_a_change_only_if_it_matches() -> None:
    file = configured(ignore("some-lib", reason=""), text="some-lib  # mothball: ignore[archived]\n")
    assert run(file, settings=ADDED).findings == ()


def test_ignore_without_reason_is_reported_although_the_lookup_failed() -> None:
    report = run(source("some-lib  # mothball: ignore[archived]\n"), answers={"some-lib": DOWN})
    assert without_reason(report) == ["the ignore of `archived` has no reason"]


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [SETTINGS._replace(mode=CheckMode.ADDED), SETTINGS._replace(use_ignores=False)])
def test_unused_ignores_are_not_reported_for_changes_or_disabled_ignores(settings: RunSettings) -> None:
    file = configured(ignore("some-lib"), ignore("old-lib", until="2020-01-01"), text=COMMENTED)
    assert run(file, settings=settings).findings == ()


def test_severities_of_both_rules_can_be_configured() -> None:
    severities = {"unused-ignore": Severity.OFF, "expired-ignore": Severity.ERROR}
    config = ProjectConfig(severities=severities, ignores=(ignore("some-lib"), ignore("old-lib", until="2020-01-01")))
    report = run(source(COMMENTED, under=resolved_config(config)))
    assert [(finding.rule, finding.severity) for finding in report.findings] == [(Rule.EXPIRED_IGNORE, Severity.ERROR)]


def test_no_ignore_is_unused_without_files() -> None:
    assert list(unused_ignores([], SETTINGS)) == []


@pytest.mark.parametrize(
    "text", ["# mothball: ignore[archived] x\nold-lib\n", "old-lib\n    # mothball: ignore[archived] x\n"]
)
def test_help_for_a_misplaced_comment_says_where_it_belongs(text: str) -> None:
    report = check([source(text)], LookUp({"old-lib": ARCHIVED}), SETTINGS)

    (finding,) = (finding for finding in report.findings if finding.rule is Rule.UNUSED_IGNORE)
    assert finding.message == "the ignore of `archived` applies to no dependency"
    assert finding.help == "move it to the end of the line of a dependency, or remove it"
