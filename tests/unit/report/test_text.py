from __future__ import annotations

import re

from hypothesis import given

from mothball.model.document import Location, Position
from mothball.model.results import (
    Cause,
    Finding,
    Problem,
    Report,
    Rule,
    Severity,
    Source,
    Summary,
    Suppression,
    Unavailable,
)
from mothball.report.text import render_text
from tests.support.check_inputs import ARCHIVED, DOWN, NOW, origin
from tests.support.hostile import COLOUR, assert_harmless
from tests.support.reports import full_report, hostile_reports, plain_report, unverified_report

NOTHING = Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
OLD = Finding(
    Rule.ARCHIVED,
    Severity.ERROR,
    "old-lib is archived",
    "choose another",
    "moved on",
    "a.txt",
    Location("a.txt", Position(12, 3), Position(12, 10), "- old-lib>=1"),
    "old-lib",
    ARCHIVED,
)


def text_of(*findings: Finding, problems: tuple[Problem, ...] = (), color: bool = False) -> str:
    return render_text(Report((), findings, problems, NOTHING), now=NOW, color=color, quiet=True)


# --- exactly ----------------------------------------------------------------------------------------------------------


def test_finding_has_location_snippet_reason_and_help() -> None:
    assert text_of(OLD) == (
        "a.txt:12:3: error[archived] old-lib is archived\n"
        "  12 | - old-lib>=1\n"
        '     |   ^^^^^^^ "moved on"\n'
        "     = help: choose another\n"
    )


def test_level_message_bars_and_carets_are_colored() -> None:
    assert text_of(OLD, color=True) == (
        "a.txt:12:3: \x1b[1;31merror[archived]\x1b[0m \x1b[1mold-lib is archived\x1b[0m\n"
        "  12 \x1b[2m|\x1b[0m - old-lib>=1\n"
        '     \x1b[2m|\x1b[0m \x1b[1;31m  ^^^^^^^ "moved on"\x1b[0m\n'
        "     = help: choose another\n"
    )


def test_missing_reason_and_help_are_omitted() -> None:
    assert text_of(OLD._replace(reason="", help="")) == (
        "a.txt:12:3: error[archived] old-lib is archived\n  12 | - old-lib>=1\n     |   ^^^^^^^\n"
    )


def test_reason_is_a_note_without_a_snippet() -> None:
    bare = OLD._replace(location=None)
    expected = "a.txt: error[archived] old-lib is archived\n  = reason: moved on\n  = help: choose another\n"
    assert text_of(bare) == expected
    unseen = Location("a.txt", Position(12, 3), Position(12, 10))
    assert text_of(bare._replace(location=unseen)) == expected.replace("a.txt:", "a.txt:12:3:")


def test_finding_without_location_reason_and_help_is_one_line() -> None:
    bare = Finding(Rule.UNREADABLE, Severity.WARNING, "no such file", "")
    assert text_of(bare) == "warning[unreadable] no such file\n"


def test_problem_has_location_and_help() -> None:
    problem = Problem(Severity.ERROR, "unknown key `x`", "did you mean `y`?", "mothball.toml", Position(3, 1))
    assert text_of(problems=(problem,)) == "mothball.toml:3:1: error: unknown key `x`\n  = help: did you mean `y`?\n"
    assert text_of(problems=(Problem(Severity.NOTE, "so it is"),), color=True) == "\x1b[1;36mnote: so it is\x1b[0m\n"


def test_ignored_findings_take_one_line_with_their_reason() -> None:
    ignored = OLD._replace(suppressed=Suppression("comment", "until\nJune"))
    findings = (ignored, ignored._replace(suppressed=Suppression("config", "")))
    report = Report((), findings, (), NOTHING._replace(ignored=2))
    assert render_text(report, now=NOW) == (
        "a.txt:12:3: ignored[archived] old-lib is archived: until June\n"
        "a.txt:12:3: ignored[archived] old-lib is archived: no reason given\n"
        "\n"
        "0 dependencies in 0 files: 0 checked, no findings, 2 ignored\n"
    )


def test_report_without_findings_is_one_line_or_empty_when_quiet() -> None:
    assert render_text(plain_report(3), now=NOW) == "3 dependencies in 1 file: 3 checked, no findings\n"
    assert render_text(plain_report(), now=NOW, quiet=True) == ""


def test_order_of_a_full_report() -> None:
    blocks = render_text(full_report(), now=NOW).split("\n\n")
    assert [block.partition("\n")[0].partition("]")[0] for block in blocks] == [
        "latin.txt: error[unreadable",
        "mothball.toml: warning[expired-ignore",
        "requirements.txt:2:1: error[archived",
        "requirements.txt:3:2: error[quarantined",
        "requirements.txt:4:1: warning[unrecognized-status",
        "requirements.txt:5:1: warning[deprecated",
        "requirements.txt:8:1: error[unverified",
        blocks[7].partition("]")[0],
        "requirements/constraints.txt:1:1: warning[missing",
        "requirements/constraints.txt:2:1: warning[archived",
        "warning[not-stated",
        "help[archived",
        "mothball.toml:3:1: warning: unknown key",
        "warning: https://index.example/simple/ could not be queried: 1 result is from the cache, up to 2 d old",
        "requirements.txt:7:1: ignored[archived",
        blocks[15].rstrip("\n"),
    ]
    assert blocks[15].startswith("12 dependencies in 3 files: ")
    assert "requirements.txt:10:" in blocks[7]


def test_quiet_omits_ignored_findings_and_the_summary() -> None:
    whole, quiet = render_text(full_report(), now=NOW), render_text(full_report(), now=NOW, quiet=True)
    assert whole.split("\n\n")[:-2] == quiet.rstrip("\n").split("\n\n")


# --- help of a rule ---------------------------------------------------------------------------------------------------


def test_help_of_several_findings_is_shown_once_below_them() -> None:
    other = OLD._replace(path="b.txt", name="older-lib", message="older-lib is archived", location=None, reason="")
    assert text_of(*[other] * 10).count("choose another") == 1
    assert text_of(OLD, other) == (
        "a.txt:12:3: error[archived] old-lib is archived\n"
        "  12 | - old-lib>=1\n"
        '     |   ^^^^^^^ "moved on"\n'
        "\n"
        "b.txt: error[archived] older-lib is archived\n"
        "\n"
        "help[archived] choose another\n"
    )
    assert text_of(other, other, color=True).endswith("\n\x1b[1;36mhelp[archived]\x1b[0m choose another\n")


def test_help_that_differs_only_in_the_ignore_entry_is_shown_once_with_all_entries() -> None:
    findings = [
        OLD._replace(help=f"upgrade app, or ignore it in [ignore] with `{entry}`", ignore_entry=entry)
        for entry in ("a = 1", "b = 2", "a = 1")
    ]
    assert text_of(*findings).endswith(
        '"moved on"\n\nhelp[archived] upgrade app, or ignore it in [ignore] with\n    a = 1\n    b = 2\n'
    )
    assert text_of(findings[0]).endswith("     = help: upgrade app, or ignore it in [ignore] with `a = 1`\n")


def test_different_helps_of_a_rule_name_the_packages_that_they_are_for() -> None:
    transitive = OLD._replace(help="upgrade its parent")
    findings = (OLD, transitive, OLD._replace(name="b-lib"), transitive, OLD._replace(rule=Rule.DEPRECATED))
    assert text_of(*findings, *findings[-1:]).endswith(
        "\n\n"
        "help[archived] choose another\n"
        "  = old-lib, b-lib\n"
        "help[archived] upgrade its parent\n"
        "  = old-lib\n"
        "help[deprecated] choose another\n"
    )


def test_finding_whose_help_differs_keeps_its_own() -> None:
    transitive = OLD._replace(help="upgrade its parent")
    deprecated = OLD._replace(rule=Rule.DEPRECATED)
    blocks = text_of(OLD, transitive, OLD, transitive._replace(help="upgrade another"), deprecated).split("\n\n")
    assert [block.rpartition("\n")[2].strip() for block in blocks[1:]] == [
        "= help: upgrade its parent",
        '|   ^^^^^^^ "moved on"',
        "= help: upgrade another",
        "= help: choose another",
        "",
    ]
    assert blocks[0].endswith('"moved on"')
    assert blocks[-1] == "help[archived] choose another\n"


def test_help_is_omitted_where_the_remedies_that_follow_repeat_it() -> None:
    not_stated = Finding(Rule.NOT_STATED, Severity.ERROR, "the index publishes no statuses", "set `statuses`")
    report = Report((), (not_stated, OLD, not_stated._replace(severity=Severity.WARNING)), (), NOTHING)
    assert render_text(report, now=NOW).count("set `statuses`") == 1
    shown = render_text(report, now=NOW, remedies_follow=True)
    assert shown.count("error[not-stated] the index publishes no statuses\n\n") == 1
    assert shown.count("warning[not-stated] the index publishes no statuses\n  = help: set `statuses`\n") == 1
    assert "= help: choose another" in shown


# --- source of a result -----------------------------------------------------------------------------------------------


def test_snapshot_result_has_a_note_with_its_date() -> None:
    blocks = render_text(full_report(), now=NOW).split("\n\n")
    notes = [re.findall(r"\n +(= note: .*)", block) for block in blocks]
    assert [note for of_block in notes for note in of_block] == ["= note: status from the snapshot of 2026-11-15"]


def test_stale_result_has_a_note_with_index_and_age() -> None:
    stale = ARCHIVED._replace(origin=origin(Source.STALE, age=7300))
    assert "     = note: status from https://index.example/simple/, looked up 2 h ago\n" in text_of(
        OLD._replace(lookup=stale)
    )


def test_fresh_and_cached_results_have_no_note() -> None:
    for source in (Source.INDEX, Source.CACHE):
        result = ARCHIVED._replace(origin=origin(source, age=7300))
        assert "note" not in text_of(OLD._replace(lookup=result))


# --- an index that is down --------------------------------------------------------------------------------------------


def test_further_failures_of_one_cause_are_collapsed() -> None:
    text = render_text(unverified_report(*[DOWN] * 5), now=NOW, quiet=True)
    blocks = text.split("\n\n")
    assert [block.partition(":")[0] for block in blocks[:2]] == ["requirements.txt"] * 2
    assert blocks[2] == (
        "error[unverified] 3 more could not be checked for the same reason: https://index.example/simple/, timeout\n"
        "  = c-lib, d-lib, e-lib"
    )
    assert len(blocks) == 4
    assert blocks[3].startswith("help[unverified] check again when the index responds")


def test_two_failures_of_one_cause_are_not_collapsed() -> None:
    text = render_text(unverified_report(DOWN, DOWN), now=NOW)
    assert text.count("error[unverified]") == 2
    assert "more" not in text.splitlines()[-1]


def test_failures_of_other_causes_or_indexes_are_separate() -> None:
    other_index = DOWN._replace(origin=origin(index="https://other.example/simple/"))
    refused = Unavailable(Cause.UNAUTHORIZED, "index.example wants credentials", origin())
    text = render_text(unverified_report(DOWN, other_index, refused, DOWN, other_index, refused), now=NOW)
    assert text.count("error[unverified]") == 6
    assert "more could" not in text
    text = render_text(unverified_report(*[DOWN, other_index] * 4), now=NOW)
    assert text.count("2 more could not be checked") == 2


def test_collapsed_failures_have_the_highest_severity() -> None:
    report = unverified_report(*[DOWN] * 4)
    *first, last = (finding._replace(severity=Severity.WARNING) for finding in report.findings)
    report = report._replace(findings=(*first, last._replace(severity=Severity.ERROR)))
    assert "error[unverified] 2 more" in render_text(report, now=NOW)


def test_collapsed_names_are_unique_and_truncated() -> None:
    report = unverified_report(DOWN, text="a-lib\n" * 5)
    assert "\n  = a-lib\n" in render_text(report, now=NOW)
    findings = tuple(report.findings[0]._replace(name=f"a-rather-long-name-{number}") for number in range(1000))
    [names] = [
        line
        for line in render_text(report._replace(findings=findings), now=NOW).splitlines()
        if line.startswith("  = a-rather")
    ]
    assert len(names) <= 304
    assert names.endswith("…")


# --- hostile ----------------------------------------------------------------------------------------------------------


@given(hostile_reports())
def test_hostile_text_stays_on_its_line(report: Report) -> None:
    plain = render_text(report, now=NOW)
    assert_harmless(plain)
    assert "\x1b" not in plain
    colored = render_text(report, now=NOW, color=True)
    assert_harmless(colored)
    assert COLOUR.sub("", colored) == plain
    # No line begins with untrusted text.
    level = re.compile(
        r"(?:.*: )?(?:(?:error|warning|note|ignored|help)\[[a-z-]+\] |(?:error|warning|note): )|\d+ depend|  "
    )
    assert all(level.match(line) for line in plain.splitlines() if line)
