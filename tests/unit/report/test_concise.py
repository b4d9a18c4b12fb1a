from __future__ import annotations

import pytest
from hypothesis import given

from mothball.model.document import UNRESOLVABLE_REASONS, Location, Position, SkipReason
from mothball.model.results import Finding, Problem, Report, Rule, Severity, SkippedEntry, Summary
from mothball.report.text import concise_line, location_prefix, problem_line, render_concise, summary_line
from tests.support.hostile import assert_harmless
from tests.support.reports import full_report, hostile_reports, plain_report

NOTHING = Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
TEN = "10 dependencies in 4 files: 5 checked"

FULL = """\
warning[not-stated] https://mirror.example/simple/ publishes no project statuses: 1 project from it may be archived
latin.txt: error[unreadable] not valid UTF-8
mothball.toml: warning[expired-ignore] the ignore for fled-lib expired on 2026-11-17
requirements.txt:2:1: error[archived] old-lib is archived: moved to new-lib
requirements.txt:3:2: error[quarantined] bad-lib is quarantined: malware
requirements.txt:4:1: warning[unrecognized-status] odd-lib has an unrecognized status: retired: since May
requirements.txt:5:1: warning[deprecated] calm-lib is deprecated
requirements.txt:8:1: error[unverified] down-lib could not be checked: index.example did not answer in time
requirements/constraints.txt:1:1: warning[missing] gone-lib is not on https://index.example/simple/
requirements/constraints.txt:2:1: warning[archived] old-lib is archived: moved to new-lib
mothball.toml:3:1: warning: unknown key
warning: https://index.example/simple/ could not be queried: 1 result is from the cache, up to 2 d old
12 dependencies in 3 files: 6 checked, 11 findings (5 errors, 6 warnings), 1 ignored, 2 skipped \
(direct URL: 1, incomplete entry: 1), 1 unverified, 1 not stated, 1 missing, 1 unrecognized, \
1 pin not judged (no list of files)
"""


def test_findings_and_problems_take_one_line_each() -> None:
    lines = render_concise(full_report()).splitlines()
    # The message is that of the format.
    [unreadable] = [line for line in lines if "error[unreadable] `wrong=1`" in line]
    assert unreadable.startswith("requirements.txt:10:")
    assert [line for line in lines if line is not unreadable] == FULL.splitlines()


def test_quiet_omits_the_summary() -> None:
    assert render_concise(full_report(), quiet=True).splitlines() == render_concise(full_report()).splitlines()[:-1]


def test_report_without_findings_is_its_summary_or_empty_when_quiet() -> None:
    assert render_concise(plain_report()) == "1 dependency in 1 file: 1 checked, no findings\n"
    assert render_concise(plain_report(), quiet=True) == ""


def test_empty_report_has_a_summary() -> None:
    assert render_concise(Report((), (), (), NOTHING)) == "0 dependencies in 0 files: 0 checked, no findings\n"


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        (NOTHING._replace(files=1, dependencies=2, checked=2), "2 dependencies in 1 file: 2 checked, no findings"),
        (NOTHING._replace(findings=1, errors=1), "0 dependencies in 0 files: 0 checked, 1 finding (1 error)"),
        (NOTHING._replace(findings=2, warnings=2), "0 dependencies in 0 files: 0 checked, 2 findings (2 warnings)"),
        (
            NOTHING._replace(repinned=2),
            "0 dependencies and 2 changed versions in 0 files: 0 checked, no findings",
        ),
        (NOTHING._replace(findings=1), "0 dependencies in 0 files: 0 checked, 1 finding (1 note)"),
        (
            Summary(4, 10, 5, 7, 2, 1, 0, 2, 2, 1, 1, 0, 0),
            f"{TEN}, 7 findings (2 errors, 1 warning, 4 notes), 2 skipped, 2 unverified, 1 unresolvable, 1 not stated",
        ),
    ],
)
def test_summary_contains_all_counts(summary: Summary, line: str) -> None:
    assert summary_line(Report((), (), (), summary)) == line


def test_skip_reasons_are_counted_most_frequent_first() -> None:
    location = Location("a.txt", Position(1, 1), Position(1, 2))
    unnamed = tuple(SkippedEntry(location, reason) for reason in [*SkipReason, SkipReason.PATH, SkipReason.PATH])
    line = summary_line(Report((), (), (), NOTHING._replace(skipped=13, unresolvable=6), unnamed))

    assert ", no findings, 13 skipped (local path: 3, direct URL: 1, " in line
    assert line.count(": 1") == len(set(SkipReason) - UNRESOLVABLE_REASONS) - 1
    assert line.endswith("), 6 unresolvable")


def test_single_skip_reason_has_no_count() -> None:
    location = Location("a.txt", Position(1, 1), Position(1, 2))
    unnamed = (SkippedEntry(location, SkipReason.PATH),) * 2

    assert summary_line(Report((), (), (), NOTHING._replace(skipped=2), unnamed)).endswith("2 skipped (local path)")
    assert summary_line(Report((), (), (), NOTHING._replace(skipped=1), unnamed[:1])).endswith("1 skipped (local path)")


def test_location_prefix_contains_what_is_known() -> None:
    finding = Finding(Rule.MISSING, Severity.WARNING, "gone", "")
    location = Location("a.txt", Position(3, 7), Position(3, 9))
    assert location_prefix(finding) == ""
    assert location_prefix(finding._replace(path="a.txt")) == "a.txt: "
    assert location_prefix(finding._replace(path="a.txt", location=location)) == "a.txt:3:7: "


def test_path_is_sanitized() -> None:
    finding = Finding(Rule.MISSING, Severity.WARNING, "gone", "", path="a\n::error::b\u202e.txt")
    assert concise_line(finding) == "a ::error::b .txt: warning[missing] gone"
    problem = Problem(Severity.ERROR, "no\nway", path="\x1b[2Jc.toml", position=Position(1, 2))
    assert problem_line(problem) == "[2Jc.toml:1:2: error: no way"


@given(hostile_reports())
def test_hostile_text_stays_on_its_line(report: Report) -> None:
    text = render_concise(report)
    live = [finding for finding in report.findings if finding.suppressed is None]
    assert text.count("\n") == len(live) + len(report.problems) + 1
    assert_harmless(text)
