from __future__ import annotations

import pytest

from mothball.check.inputs import RunSettings, SourceFile
from mothball.check.pipeline import check
from mothball.check.unused_ignores import unused_ignores
from mothball.config.project import Ignore, ProjectConfig
from mothball.model.document import Location, Position
from mothball.model.findings import CheckMode, Finding, Report, Rule, Severity
from mothball.model.lookup import IndexResult
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
UNREAD = Finding(Rule.UNREADABLE, Severity.ERROR, "not valid UTF-8", "", path="other.txt")


def judge(
    *files: SourceFile,
    answers: dict[str, IndexResult] | None = None,
    settings: RunSettings = SETTINGS,
    unread: bool = False,
) -> Report:
    return check(files, LookUp(answers), settings, [UNREAD] if unread else [])


def idle(report: Report) -> list[tuple[Rule, str]]:
    rules = (Rule.UNUSED_IGNORE, Rule.EXPIRED_IGNORE)
    return [(finding.rule, finding.message) for finding in report.findings if finding.rule in rules]


def configured(*ignores: Ignore, text: str = "some-lib\n", whole_scope: bool = True) -> SourceFile:
    location = Location("mothball.toml", Position(3, 1), Position(3, 9), 'some-lib = { rules = ["archived"] }')
    under = resolved_config(ProjectConfig(ignores=ignores), locations={"some-lib": location}, whole_scope=whole_scope)
    return source(text, under=under)


# --- comments ---------------------------------------------------------------------------------------------------------


def test_a_comment_that_ignores_nothing_is_found_where_it_stands() -> None:
    [finding] = judge(source(f"one-lib\n{COMMENTED}")).findings
    assert (finding.rule, finding.severity) == (Rule.UNUSED_IGNORE, Severity.WARNING)
    assert finding.message == "the ignore of archived, missing for some-lib matches no finding"
    assert finding.help
    assert finding.path == "requirements.txt"
    assert finding.location is not None
    assert finding.location.start == Position(2, 11)
    assert finding.location.end == Position(2, len(COMMENTED))
    assert finding.location.line_text == COMMENTED.rstrip()


def test_a_comment_beside_no_entry_ignores_nothing() -> None:
    [finding] = judge(source("# mothball: ignore[archived] where is it?\nsome-lib\n")).findings
    assert finding.message == "the ignore of archived applies to no dependency"


def test_a_comment_that_one_of_its_rules_needs_is_in_use() -> None:
    assert idle(judge(source(COMMENTED), answers={"some-lib": ARCHIVED})) == []


def test_a_comment_that_names_another_rule_is_not_in_use() -> None:
    report = judge(source(COMMENTED), answers={"some-lib": QUARANTINED})
    assert [finding.rule for finding in report.findings] == [Rule.QUARANTINED, Rule.UNUSED_IGNORE]


@pytest.mark.parametrize("answer", [DOWN, NOT_STATED])
def test_a_comment_is_not_called_unused_where_nobody_could_tell(answer: IndexResult) -> None:
    assert idle(judge(source(COMMENTED), answers={"some-lib": answer})) == []


def test_a_comment_is_not_called_unused_in_a_file_that_was_not_read_whole() -> None:
    assert idle(judge(source(f"{COMMENTED}bad=1\n"))) == []


def test_a_comment_is_judged_whatever_became_of_other_lines_and_files() -> None:
    report = judge(source(f"down-lib\n{COMMENTED}"), answers={"down-lib": DOWN}, unread=True)
    assert idle(report) == [(Rule.UNUSED_IGNORE, "the ignore of archived, missing for some-lib matches no finding")]


def test_a_comment_is_judged_even_where_only_one_file_is_read() -> None:
    under = resolved_config(whole_scope=False)
    assert len(idle(judge(source(COMMENTED, under=under)))) == 1


def test_a_comment_after_the_hashes_of_another_entry_is_not_confused_with_it() -> None:
    text = "one-lib \\\n  --hash=sha256:00  # mothball: ignore[archived] known\nsome-lib\n"
    assert idle(judge(source(text))) == [
        (Rule.UNUSED_IGNORE, "the ignore of archived for one-lib matches no finding"),
    ]


# --- configuration ----------------------------------------------------------------------------------------------------


def test_an_entry_of_the_configuration_that_ignores_nothing_is_found_where_it_stands() -> None:
    report = judge(configured(ignore("some-lib")))
    [finding] = report.findings
    assert (finding.rule, finding.severity) == (Rule.UNUSED_IGNORE, Severity.WARNING)
    assert finding.message == "the ignore of archived for some-lib matches no finding"
    assert (finding.path, finding.name) == ("mothball.toml", "some-lib")
    assert finding.location is not None
    assert finding.location.start == Position(3, 1)


def test_an_entry_whose_place_is_not_known_is_still_found() -> None:
    [finding] = judge(configured(ignore("gone-lib"))).findings
    assert (finding.rule, finding.name, finding.location) == (Rule.UNUSED_IGNORE, "gone-lib", None)


def test_an_entry_that_is_needed_in_one_of_its_files_is_in_use() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)))
    files = [source("one-lib\n", under=under), source("some-lib\n", "more-requirements.txt", under)]
    assert idle(judge(*files, answers={"some-lib": ARCHIVED})) == []


def test_an_entry_is_not_needed_where_a_comment_does_its_work() -> None:
    report = judge(configured(ignore("some-lib"), text=COMMENTED), answers={"some-lib": ARCHIVED})
    assert idle(report) == [(Rule.UNUSED_IGNORE, "the ignore of archived for some-lib matches no finding")]


def test_an_entry_is_judged_once_for_all_files_that_its_configuration_governs() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)))
    files = [source("one-lib\n", f"{number}/requirements.txt", under) for number in range(3)]
    assert len(idle(judge(*files))) == 1


def test_entries_of_two_configurations_are_judged_apart() -> None:
    one = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)), path="one/mothball.toml")
    two = resolved_config(ProjectConfig(ignores=(ignore("some-lib"),)), path="two/mothball.toml")
    files = [source("some-lib\n", "one/requirements.txt", one), source("next-lib\n", "two/requirements.txt", two)]
    report = judge(*files, answers={"some-lib": ARCHIVED})
    assert [finding.path for finding in report.findings if finding.rule is Rule.UNUSED_IGNORE] == ["two/mothball.toml"]


def test_an_entry_is_not_called_unused_when_a_look_up_failed() -> None:
    file = configured(ignore("some-lib"), text="some-lib\ndown-lib\n")
    assert idle(judge(file, answers={"down-lib": DOWN})) == []


def test_an_entry_is_not_called_unused_when_its_project_has_no_stated_status() -> None:
    file = configured(ignore("some-lib"), ignore("next-lib"), text="some-lib\nnext-lib\n")
    report = judge(file, answers={"some-lib": NOT_STATED})
    assert idle(report) == [(Rule.UNUSED_IGNORE, "the ignore of archived for next-lib matches no finding")]


def test_an_entry_is_not_called_unused_when_not_all_was_read() -> None:
    assert idle(judge(configured(ignore("some-lib"), whole_scope=False))) == []
    assert idle(judge(configured(ignore("some-lib"), text="bad=1\n"))) == []
    assert idle(judge(configured(ignore("some-lib")), unread=True)) == []


def test_the_last_day_of_an_ignore_is_the_day_that_it_names() -> None:
    file = configured(ignore("some-lib", until="2026-11-18"))
    report = judge(file, answers={"some-lib": ARCHIVED})
    assert [(finding.rule, finding.suppressed is not None) for finding in report.findings] == [(Rule.ARCHIVED, True)]


@pytest.mark.parametrize(
    ("answer", "whole_scope"), [(ARCHIVED, True), (ARCHIVED, False), (DOWN, True), (NOT_STATED, False)]
)
def test_an_expired_ignore_is_found_and_works_no_longer(answer: IndexResult, whole_scope: bool) -> None:  # noqa: FBT001 - a parameter of the test, not of a call
    file = configured(ignore("some-lib", Rule.ARCHIVED, Rule.UNVERIFIED, until="2026-11-17"), whole_scope=whole_scope)
    report = judge(file, answers={"some-lib": answer})
    [expired] = [finding for finding in report.findings if finding.rule is Rule.EXPIRED_IGNORE]
    assert expired.severity is Severity.WARNING
    assert expired.message == "the ignore of some-lib expired on 2026-11-17"
    assert expired.location is not None
    assert expired.location.start == Position(3, 1)
    assert len(report.findings) == 2
    assert report.summary.ignored == 0


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [SETTINGS._replace(mode=CheckMode.ADDED), SETTINGS._replace(use_ignores=False)])
def test_nothing_idle_is_told_of_a_mere_change_or_where_ignores_are_left_aside(settings: RunSettings) -> None:
    file = configured(ignore("some-lib"), ignore("old-lib", until="2020-01-01"), text=COMMENTED)
    assert judge(file, settings=settings).findings == ()


def test_the_weight_of_both_can_be_set() -> None:
    severities = {"unused-ignore": Severity.OFF, "expired-ignore": Severity.ERROR}
    config = ProjectConfig(severities=severities, ignores=(ignore("some-lib"), ignore("old-lib", until="2020-01-01")))
    report = judge(source(COMMENTED, under=resolved_config(config)))
    assert [(finding.rule, finding.severity) for finding in report.findings] == [(Rule.EXPIRED_IGNORE, Severity.ERROR)]


def test_without_files_nothing_is_idle() -> None:
    assert list(unused_ignores([], SETTINGS)) == []


@pytest.mark.parametrize(
    "text", ["# mothball: ignore[archived] x\nold-lib\n", "old-lib\n    # mothball: ignore[archived] x\n"]
)
def test_a_comment_beside_no_dependency_says_where_it_belongs(text: str) -> None:
    report = check([source(text)], LookUp({"old-lib": ARCHIVED}), SETTINGS)

    (finding,) = (one for one in report.findings if one.rule is Rule.UNUSED_IGNORE)
    assert finding.message == "the ignore of archived applies to no dependency"
    assert finding.help == "move it to the end of the line of a dependency, or remove it"
